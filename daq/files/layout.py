"""Layout of a run file, made whole before anything is measured.

NeXus on HDF5 (docs/explanations/architecture.md, "Data flow"). All groups, attributes and datasets are written once;
every dataset that grows in a run is contiguous, allocated at its planned size and reserved on disk. From then on HDF5's
metadata never changes: samples are written inside the datasets at the offsets that HDF5 reports. So the file is valid
at every instant, whichever process dies. What never changes is sealed (`daq.files.seal`).
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import zlib
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from daq.files.description import DESCRIPTION, description_as_json
from daq.files.durable import open_in_place, write_atomically
from daq.files.image import SparseImage
from daq.files.nexus_groups import (
    DEFINITION,
    DEFINITION_VERSION,
    nexus_group,
    version_of,
    write_accuracy,
    write_instrument,
    write_origin,
    write_programs,
    write_sample,
    write_sequence,
)
from daq.files.seal import SEAL_BYTES, write_seal
from daq.files.slow_channels import MOST_SLOW_CHANNELS, slow_parts, slow_rows
from daq.files.summary import SUMMARY, Summary
from protocols import RunFileError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from daq.files.header import Header


# Room for the events of a run (bytes): some 400 lines. When it is full, later events are dropped.
EVENT_BYTES = 64 * 1024
# Room for the word of the run's state (bytes): the longest word of `RunState` has 8.
STATE_BYTES = 16
# One row stands for one write to disk; it is aligned with its place (`_ALIGNMENT`), and never torn across a page.
ROW = np.dtype([("first", "<u8"), ("count", "<u8"), ("host_ns", "<u8"), ("crc32", "<u4"), ("flags", "<u4")], align=True)
# Where datasets begin: at multiples of so many bytes, a row of the block table never lies across two pages, and numpy
# works on samples in place. It copies a whole column of another place for a search in it.
_ALIGNMENT = 64
# Version of the layout. Version 1 had no seal, and the checksum of a row covered its samples only; version 2 had no
# summary, no slow channels, no accuracy, and of who measured for what only the instrument. In version 3 the rows of the
# newest writes need not be there.
FORMAT = 3
# Rows of the newest writes, which are used in turn: 2.5 s of them at the 50 reads a second of a fast instrument. So a
# reader that looks ten times a second misses none while a disk stalls. Doubled: 4 KiB more to read for each look.
WRITTEN_ROWS = 128
# Datasets with one value a sample: path and type, in the order of the checksum.
GROWING = {
    "time": ("entry/data/time", "<f8"),
    "voltage": ("entry/data/voltage", "<f8"),
    "current": ("entry/data/current", "<f8"),
    "status": ("entry/data/status", "u1"),
}
# Longest time (s) that samples wait for their write to disk: what a crash of the whole computer may cost. Half of it
# doubles the number of writes, which slows a shared disk.
WRITE_INTERVAL_S = 0.1
# Samples for which the block table has a row beyond those for its duration, and rows to spare (32 bytes each): a fast
# record may come in large pieces, and a short one in many small ones.
_SAMPLES_A_ROW = 50_000
_SPARE_ROWS = 1000


@dataclass(frozen=True)
class Layout:
    """Where the growing parts of a run file lie.

    Attributes
    ----------
    offsets : dict of str to int
        Byte offset of ``time, voltage, current, status, blocks, events, state``, of ``written`` (rows of the newest
        writes; not in every file of an earlier version) and of the parts of slow channels.
    n_samples, n_rows : int
        Planned sizes.
    slow : dict of str to int
        Room of each slow channel, in readings.
    summary, description : tuple of (int, int)
        Offset and length (bytes) of the summary, and of the description as JSON, which never change; zeros in a file of
        an earlier version, and of a description that is long.
    """

    offsets: dict[str, int]
    n_samples: int
    n_rows: int
    slow: dict[str, int] = field(default_factory=dict)
    summary: tuple[int, int] = (0, 0)
    description: tuple[int, int] = (0, 0)

    @classmethod
    def from_seal(cls, about: dict[str, Any]) -> Layout:
        """Return the layout that a seal tells."""
        fixed = (tuple(about.get(name, (0, 0))) for name in ("summary", "description"))
        return cls(about["offsets"], about["n_samples"], about["n_rows"], about.get("slow", {}), *fixed)

    @property
    def growing(self) -> dict[str, tuple[int, int]]:
        """Offset and length (bytes) of every part that a run still writes, in the order of the file."""
        lengths = {name: np.dtype(dtype).itemsize * self.n_samples for name, (_, dtype) in GROWING.items()}
        lengths |= {"blocks": ROW.itemsize * self.n_rows, "events": EVENT_BYTES, "state": STATE_BYTES}
        if "written" in self.offsets:
            lengths["written"] = ROW.itemsize * WRITTEN_ROWS
        for channel, count in self.slow.items():
            lengths |= {part: np.dtype(dtype).itemsize * count for part, dtype in slow_parts(channel).items()}
        ranges = {name: (self.offsets[name], length) for name, length in lengths.items()}
        return dict(sorted(ranges.items(), key=lambda item: item[1]))

    @property
    def end(self) -> int:
        """Length (bytes) that a file must have at least."""
        return max(offset + length for offset, length in self.growing.values())


def create_run_file(path: Path, header: Header) -> Layout:
    """Make the whole run file and reserve its space on disk.

    Parameters
    ----------
    path : Path
        Must not exist.
    header : Header

    Raises
    ------
    RunFileError
        If the file exists, or the disk has no room for the whole run.
    """
    if path.exists():
        raise RunFileError(f"{path} exists already: it was left as it is. Choose another name.")
    if header.n_samples < 1:
        raise RunFileError(f"{path}: a run needs at least one sample. Nothing was measured, the output is off.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        image, layout = make_image(lambda file: _write_all(file, header))
        with write_atomically(path, new=True) as making:
            save_image(making, image, layout, header.run_id)
    except OSError as error:
        raise RunFileError(f"{path} could not be made: {error}. Nothing was measured, the output is off.") from error
    return layout


def make_image(write: Callable[[h5py.File], None], *, sealed: bool = True) -> tuple[SparseImage, Layout]:
    """Return a new run file in memory, without its samples, and where its growing parts lie.

    Parameters
    ----------
    write : callable
        Writes everything into the HDF5 file.
    sealed : bool
        Whether there is to be room for a seal.
    """
    image = SparseImage()
    aligned = {"alignment_threshold": 1, "alignment_interval": _ALIGNMENT}
    with h5py.File(image, "w", userblock_size=SEAL_BYTES if sealed else None, **aligned) as file:
        write(file)
        if sealed and DESCRIPTION not in file and (text := description_as_json(file["entry"])):
            _fixed(file, DESCRIPTION, np.frombuffer(text, "u1"))
        layout = layout_in(file)
    return image, layout


def save_image(
    path: Path,
    image: SparseImage,
    layout: Layout,
    run_id: str | None,
    *,
    trimmed: bool = False,
    left_out: dict[str, Any] | None = None,
) -> None:
    """Write a run file that was made in memory, with the space for all its samples, and seal it.

    Parameters
    ----------
    path : Path
        An empty file.
    image, layout
        As `make_image` returned them.
    run_id : str or None
        None leaves the file without a seal.
    trimmed : bool, default False
        Whether all its space is for samples that were measured.
    left_out : dict, optional
        What is to be known of samples that the file is without (`daq.files.left_out`).

    Raises
    ------
    OSError
        If the disk has no room for the whole file, or fails.
    """
    free = shutil.disk_usage(path.parent).free
    descriptor = open_in_place(path, write=True, follow=False)
    try:
        os.ftruncate(descriptor, max(image.size, layout.end))
        _reserve(path, free)
        image.save(descriptor)
        if run_id is not None:
            about = {"run_id": run_id, "trimmed": trimmed, **asdict(layout)}
            if left_out is not None:
                about["left_out_samples"] = left_out
            write_seal(descriptor, "run", about, list(layout.growing.values()))
    finally:
        os.close(descriptor)


def _reserve(path: Path, free: int) -> None:
    """Reserve the space of a whole file; `free` were the bytes on its disk before it was made.

    Where nothing can be reserved (macOS, Windows) there must at least have been room. NTFS takes the length of a file
    from the disk when it is made; a file system that only notes the length does not.
    """
    if not hasattr(os, "posix_fallocate"):
        if free < path.stat().st_size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.posix_fallocate(descriptor, 0, os.fstat(descriptor).st_size)
    finally:
        os.close(descriptor)


def layout_in(file: h5py.File) -> Layout:
    """Return where the growing parts of an open run file lie, as HDF5 itself reports it."""
    names = {name: where for name, (where, _) in GROWING.items()}
    names |= {"blocks": "entry/blocks/table", "events": "entry/events/lines", "state": "entry/state"}
    if "entry/blocks/written" in file:
        names["written"] = "entry/blocks/written"
    slow = {name: len(group["time"]) for name, group in file["entry/slow"].items()} if "entry/slow" in file else {}
    names |= {part: f"entry/{part}" for channel in slow for part in slow_parts(channel)}
    offsets = {name: file[where].id.get_offset() for name, where in names.items()}
    if any(offset is None for offset in offsets.values()):
        raise RunFileError(f"{file.filename} was not made by ionecho: its datasets are not contiguous")
    fixed = [
        (int(file[where].id.get_offset()), int(file[where].shape[0])) if where in file else (0, 0)
        for where in (SUMMARY, DESCRIPTION)
    ]
    return Layout(offsets, file["entry/data/current"].shape[0], file["entry/blocks/table"].shape[0], slow, *fixed)


def _write_all(file: h5py.File, header: Header) -> None:
    start_time = datetime.now(UTC).isoformat(timespec="milliseconds")
    file.attrs["default"] = "entry"
    file.attrs["creator"] = f"ionecho {version_of('ionecho')}"
    file.attrs["ionecho_format"] = FORMAT
    entry = nexus_group(file, "entry", "NXentry")
    entry.attrs["default"] = "data"
    entry["definition"] = DEFINITION
    entry["definition"].attrs["version"] = DEFINITION_VERSION
    entry["title"] = header.title
    entry["start_time"] = start_time
    _fixed(entry, "state", np.array(b"created", dtype=f"S{STATE_BYTES}"))
    _fixed(file, SUMMARY, _encoded_summary(header, start_time))
    _data(entry, header.n_samples)
    blocks = nexus_group(entry, "blocks", "NXcollection")
    growing_dataset(blocks, "table", rows_for(header), ROW).attrs["description"] = (
        "one row a write: first sample, count, host time (ns since 1970), CRC-32 of the samples' time, voltage, "
        "current and status bytes and of the row's first, count, host_ns and flags, OR of the samples' flags; rows "
        "with count 0 are not used yet"
    )
    # In front of the events: a file that was cut short must not get its length back by what is written here.
    growing_dataset(blocks, "written", WRITTEN_ROWS, ROW).attrs["description"] = (
        "rows as those of the table, of the newest writes, in turn: samples that may not be on disk yet. One counts "
        "only if its checksum is right and it follows upon the samples of the table or of another row"
    )
    events = nexus_group(entry, "events", "NXcollection")
    growing_dataset(events, "lines", EVENT_BYTES, np.dtype("u1")).attrs["description"] = (
        "JSON lines, each with the CRC-32 of the line without it, then zeros"
    )
    _slow(entry, header)
    write_sample(entry, header.sample)
    write_instrument(entry, header.identity, header.resource)
    write_accuracy(entry, header.accuracy)
    write_origin(entry, header.origin)
    protocol = nexus_group(entry, "protocol", "NXnote")
    protocol["type"] = "application/toml"
    protocol["data"] = header.protocol_text
    plan = nexus_group(entry, "plan", "NXcollection")
    plan["scalars"] = json.dumps(header.plan)
    if header.drive is not None:
        write_sequence(plan, header.drive)
    write_programs(entry)


def _encoded_summary(header: Header, start_time: str) -> np.ndarray:
    summary = Summary.of_run(
        header.title,
        start_time,
        protocol_text=header.protocol_text,
        sample=header.sample,
        identity=header.identity,
        resource=header.resource,
        origin=header.origin,
        duration_s=header.duration_s,
    )
    return np.frombuffer(summary.to_json().encode(), "u1")


def _slow(entry: h5py.Group, header: Header) -> None:
    """Reserve room for slow channels, each as an NXlog: NaN where nothing was read yet."""
    if not header.slow:
        return
    if len(header.slow) > MOST_SLOW_CHANNELS:
        raise RunFileError(f"a run file has room for {MOST_SLOW_CHANNELS} slow channel, not for {len(header.slow)}")
    slow = nexus_group(entry, "slow", "NXcollection")
    for channel in header.slow:
        group = nexus_group(slow, channel.name, "NXlog")
        count = slow_rows(header.duration_s)
        for part, dtype in slow_parts(channel.name).items():
            dataset = growing_dataset(group, part.rpartition("/")[2], count, np.dtype(dtype))
            dataset[...] = np.nan if dtype == "<f8" else 0
        group["time"].attrs["units"] = "s"
        group["value"].attrs["units"] = channel.unit
        group["check"].attrs["description"] = "CRC-32 of the bytes of time and value; rows without it are not used yet"


def row_checksum(samples: int, row: np.void) -> int:
    """Return the checksum of a row of the block table: that of its samples, continued over its own other fields."""
    return zlib.crc32(b"".join(row[name].tobytes() for name in ("first", "count", "host_ns", "flags")), samples)


def rows_for(header: Header) -> int:
    """Return the size of the block table: twice the writes that a run needs, and some more (decision 031)."""
    return 2 * int(header.duration_s / WRITE_INTERVAL_S) + header.n_samples // _SAMPLES_A_ROW + _SPARE_ROWS


def _data(entry: h5py.Group, n_samples: int) -> None:
    data = nexus_group(entry, "data", "NXdata")
    data.attrs["signal"] = "current"
    data.attrs["axes"] = ["time"]
    data.attrs["auxiliary_signals"] = ["voltage"]
    units = {"time": "s", "voltage": "V", "current": "A", "status": ""}
    names = {
        "time": "time from the start of the run (centre of each sample)",
        "voltage": "voltage at the cell",
        "current": "current through the cell",
        "status": "flags: 1 overload, 2 compliance, 4 timing, 8 gap, 16 edge within the sample, 32 missing; 0 is good",
    }
    for name, (_, dtype) in GROWING.items():
        dataset = growing_dataset(data, name, n_samples, np.dtype(dtype))
        dataset.attrs["units"] = units[name]
        dataset.attrs["long_name"] = names[name]


def growing_dataset(group: h5py.Group, name: str, count: int, dtype: np.dtype[Any]) -> h5py.Dataset:
    """Make an empty contiguous dataset: allocated now, filled by offset later, with no fill values in between."""
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_layout(h5py.h5d.CONTIGUOUS)
    properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    properties.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    space = h5py.h5s.create_simple((count,))
    dataset = h5py.h5d.create(group.id, name.encode(), h5py.h5t.py_create(dtype, logical=True), space, properties)
    return h5py.Dataset(dataset)


def _fixed(group: h5py.Group, name: str, value: np.ndarray) -> None:
    group.create_dataset(name, data=value)
