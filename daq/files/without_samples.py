"""Copies of a run file without its samples, for publications that leave the raw data out."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import h5py
import numpy as np

from daq.files.durable import copy_range, open_in_place, write_atomically
from daq.files.layout import GROWING, ROW, Layout, make_image, save_image
from daq.files.left_out import LeftOut
from daq.files.run import open_run
from daq.files.seal import check_seal
from daq.files.slow_channels import slow_parts
from daq.files.trim import copy_description
from protocols import RunFileError

if TYPE_CHECKING:
    from pathlib import Path

    from daq.files.run import Run

_PLACES = 1
"""Room that is left for samples, and for rows of their table: HDF5 gives empty datasets no place in a file."""


def write_without_samples(run_path: Path, target: Path) -> LeftOut:
    """Write a run file that has all of a run but its samples, and says whose they are.

    The run counts as itself there: it has its identity, and the SHA-256 of the file with the samples, with which
    a reduction kept beside it goes.

    Parameters
    ----------
    run_path : Path
        Run that has ended.
    target : Path
        Must not exist.

    Raises
    ------
    RunFileError
        If the run is damaged or in progress, or an earlier version of ionecho wrote it.
    FileExistsError
    """
    run = open_run(run_path)
    run.require_intact()
    if not run.state.is_final:
        raise RunFileError(f"{run_path}: the run is {run.state}: publish it when it has ended")
    source = open_in_place(run_path)
    try:
        seal = check_seal(source, "run", run_path)
        if seal is None:
            raise RunFileError(
                f"{run_path}: an earlier version of ionecho wrote it, and its samples cannot be left out:"
                " publish it whole"
            )
        out = _left_out(run, source)
        old = Layout.from_seal(seal.about)
        cut = {where: (_PLACES, np.dtype(dtype)) for where, dtype in GROWING.values()}
        cut["entry/blocks/table"] = (_PLACES, ROW)
        for channel, count in old.slow.items():
            cut |= {f"entry/{part}": (count, np.dtype(dtype)) for part, dtype in slow_parts(channel).items()}
        with h5py.File(seal.image, "r") as file:
            image, new = make_image(lambda made: copy_description(file, made, cut))
        with write_atomically(target, new=True) as making:
            save_image(making, image, new, str(seal.about["run_id"]), left_out=out.to_seal())
            _copy_rest(source, old, making, new)
    finally:
        os.close(source)
    target.chmod(0o444)
    return out


def _left_out(run: Run, descriptor: int) -> LeftOut:
    ends = run.ends_s
    if ends is None:
        raise RunFileError(f"{run.path}: it has no samples that could be left out")
    with os.fdopen(os.dup(descriptor), "rb") as file:
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return LeftOut(digest, run.n_samples, *ends)


def _copy_rest(source: int, old: Layout, making: Path, new: Layout) -> None:
    """Copy events, state and slow channels."""
    target = open_in_place(making, write=True, follow=False)
    try:
        for name, (offset, length) in new.growing.items():
            if name not in {*GROWING, "blocks"}:
                copy_range(source, old.offsets[name], target, offset, length)
    finally:
        os.close(target)
