"""Run file of an imported record."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

from daq.files.finalize import finalize_run_file
from daq.files.header import Header
from daq.files.layout import create_run_file
from daq.files.open_file import RunFileBytes
from daq.state import RunState
from protocols import Sample, printable

if TYPE_CHECKING:
    from pathlib import Path

    from daq.files.readers.record import TextRecord
    from daq.files.readers.samples import SampleStore

# Bytes of the source whose checksum is taken at once.
_A_PIECE = 4 * 1024**2
# Share of the mean interval by which intervals of one length may differ.
_SAME_INTERVAL = 1e-6
# Room for the notes in the events of a run file (characters), of 64 KiB for all events.
_MOST_NOTES = 20_000


def import_record(
    record: TextRecord, source: Path, target: Path, sample: Sample | None = None, remarks: str = ""
) -> None:
    """Make a run file of a record; its drive is what was measured, unless the commanded one was stated.

    What was guessed and what is to be known of the reading is kept in the plan, under ``import``.

    Parameters
    ----------
    record : TextRecord
    source : Path
        The text; its name and checksum are kept.
    target : Path
        Must not exist.
    sample : Sample, optional
    remarks : str
        Notes of its owner.

    Raises
    ------
    RunFileError
        If the file exists.
    """
    n = len(record.samples)
    first, last = record.samples.rows(0, 1), record.samples.rows(n - 1, n)
    described = {name: f"column {one.index + 1} {one.name!r} in {one.unit}" for name, one in record.columns.items()}
    about = {
        "notes": list(record.notes),
        "guessed": [str(one) for one in record.guesses],
        "remarks": remarks,
        "control": record.control,
        "drive": record.current_drive,
    }
    header = Header(
        title=printable(source.stem),
        protocol_text="",
        sample=sample or Sample(),
        identity=None,
        resource=origin_of(source),
        plan={
            "interval_s": _interval_s(record.samples),
            "aperture_s": 0.0,
            "imported": described,
            "import": about,
        },
        drive=record.drive,
        n_samples=n,
        duration_s=float(last.t_s[0] - first.t_s[0]),
    )
    create_run_file(target, header)
    file = RunFileBytes(target)
    try:
        notes = printable("; ".join(record.notes))[:_MOST_NOTES]
        file.add_event("imported", f"from {printable(source.name)}", **described, notes=notes)
        start = 0
        for row, block in enumerate(record.samples.chunks()):
            start += file.write_samples(start, row, [block])
    finally:
        file.close()
    finalize_run_file(target, RunState.COMPLETE)


def origin_of(source: Path) -> str:
    """Return what a run file says of the text that it was imported from: its name and its sum."""
    return f"imported from {printable(source.name)} (CRC-32 {_checksum(source):08x})"


def _checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while data := file.read(_A_PIECE):
            checksum = zlib.crc32(data, checksum)
    return checksum


def _interval_s(samples: SampleStore) -> float | None:
    """Return the interval of samples that are equally far apart, None if they are not."""
    n = len(samples)
    if n < 2:
        return None
    mean = float(samples.rows(n - 1, n).t_s[0] - samples.rows(0, 1).t_s[0]) / (n - 1)
    before: float | None = None
    for part in samples.chunks():
        steps = np.diff(part.t_s if before is None else np.concatenate([[before], part.t_s]))
        if not bool(np.all(np.abs(steps - mean) < _SAME_INTERVAL * mean)):
            return None
        before = float(part.t_s[-1])
    return mean
