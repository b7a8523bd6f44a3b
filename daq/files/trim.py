"""Copies of a run file without the space that was reserved for samples that never came."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from daq.files.durable import copy_range, open_in_place
from daq.files.layout import GROWING, ROW, WRITTEN_ROWS, growing_dataset, make_image, save_image
from daq.files.slow_channels import slow_parts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from daq.files.layout import Layout
    from daq.files.open_file import RunFileBytes


def write_trimmed(file: RunFileBytes, making: Path, n_samples: int, n_rows: int) -> None:
    """Write what was measured, with events and state, into another file.

    Parameters
    ----------
    file : RunFileBytes
    making : Path
        An empty file.
    n_samples, n_rows : int
        Samples, and rows of the block table; at least one of each, since HDF5 gives empty datasets no place in a file.

    Raises
    ------
    OSError
        If a disk has no room or fails.
    """
    layout = save_without_samples(file, making, n_samples, n_rows)
    target = open_in_place(making, write=True, follow=False)
    try:
        for name, (offset, length) in layout.growing.items():
            if name == "written":  # only what was acknowledged is kept
                continue
            copy_range(file.fileno(), file.layout.offsets[name], target, offset, length)
    finally:
        os.close(target)


def save_without_samples(file: RunFileBytes, making: Path, n_samples: int, n_rows: int) -> Layout:
    """Write the description of a run into another file, with room for so many samples, and return where they go."""
    cut = {where: (n_samples, np.dtype(dtype)) for where, dtype in GROWING.values()}
    cut["entry/blocks/table"] = (n_rows, ROW)
    cut["entry/blocks/written"] = (WRITTEN_ROWS, ROW)
    for channel, count in file.layout.slow.items():
        cut |= {f"entry/{part}": (count, np.dtype(dtype)) for part, dtype in slow_parts(channel).items()}
    with _description(file) as old:
        image, layout = make_image(lambda new: copy_description(old, new, cut), sealed=file.run_id is not None)
    save_image(making, image, layout, file.run_id, trimmed=True)
    return layout


@contextmanager
def _description(file: RunFileBytes) -> Iterator[h5py.File]:
    """Yield a run file as HDF5: from memory if it is sealed, else from the disk."""
    if file.image is not None:
        with h5py.File(file.image, "r") as old:
            yield old
        return
    with os.fdopen(file.fileno(), "rb", closefd=False) as raw, h5py.File(raw, "r") as old:
        yield old


def copy_description(
    old: h5py.Group, new: h5py.Group, cut: dict[str, tuple[int, np.dtype[Any]]], under: str = ""
) -> None:
    """Copy a group; a group copy of HDF5's own would take the unused capacity with it.

    Parameters
    ----------
    old, new : h5py.Group
    cut : dict of str to (int, dtype)
        Length and type of each dataset below the file that is made without content.
    under : str
        Path of the group.
    """
    new.attrs.update(old.attrs)
    for name, item in old.items():
        where = f"{under}{name}"
        if isinstance(item, h5py.Group):
            copy_description(item, new.create_group(name), cut, f"{where}/")
        elif where in cut:
            growing_dataset(new, name, *cut[where]).attrs.update(item.attrs)
        else:
            old.copy(name, new)
