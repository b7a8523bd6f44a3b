"""Run file that is open for reading, finished or still growing.

Nothing here believes a file. What never changes is sealed (`daq.files.seal`) and checked before HDF5 sees it; a row of
the block table counts only if it points to the samples behind those of the row before; samples are verified against the
checksum of their row by `Run.require_intact`, which everything calls that uses a whole run. Samples are mapped into
memory; all else is read, since a map of a file that somebody cuts short ends the process that touches it.
"""

from __future__ import annotations

import json
import os
import weakref
import zlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from daq.files.durable import open_in_place, read_at
from daq.files.events import decode_events
from daq.files.layout import EVENT_BYTES, GROWING, ROW, STATE_BYTES, Layout, layout_in, row_checksum
from daq.files.names import is_results, run_of_results
from daq.files.probe import require_readable
from daq.files.seal import check_seal
from daq.state import Outcome, OutputState, RunState
from protocols import OutputStateUnknown, Protocol, PulseSequence, RunFileError, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# Kinds of the event with which a run ends: the words of its final state.
_ENDINGS = frozenset(state.value for state in RunState if state.is_of_file and state.is_final)
# Kinds of events one of which every finished file has.
_CLOSINGS = _ENDINGS | {"imported"}


# Rows of the block table that are read at a time: 51 s of a run.
_ROWS_AT_ONCE = 512
# Bytes of a block that are read at a time to verify it: fast beside the checksum, and no more memory for long blocks.
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True)
class Findings:
    """Result of a check of a run file's blocks.

    Attributes
    ----------
    n_blocks, n_samples : int
    bad_blocks : tuple of int
        Blocks whose checksum does not match their samples.
    problems : tuple of str
        What is wrong with the block table, one sentence each.
    notes : tuple of str
        As `Run.notes`.
    """

    n_blocks: int
    n_samples: int
    bad_blocks: tuple[int, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_intact(self) -> bool:
        """Whether every sample is what was written."""
        return not self.bad_blocks and not self.problems

    def damage(self) -> str:
        """Return what is damaged, for a sentence; empty if nothing is."""
        blocks = ", ".join(map(str, self.bad_blocks))
        bad = [f"the samples of block {blocks} do not match their checksum"] if self.bad_blocks else []
        return "; ".join((*bad, *self.problems))


class _OpenDescriptor:
    """Descriptor that is closed with the last reader of its file."""

    def __init__(self, path: Path) -> None:
        self.number = open_in_place(path)
        weakref.finalize(self, os.close, self.number)

    def read(self, offset: int, count: int) -> bytes:
        return read_at(self.number, offset, count)

    def status(self) -> os.stat_result:
        return os.fstat(self.number)


@dataclass(eq=False)
class Run:
    """A run file, read in place.

    The arrays are memory-mapped and hold what was on disk at the last `refresh`; a growing run grows only then.
    Reading takes no lock and never disturbs the run.

    Attributes
    ----------
    path : Path
    n_samples : int
        Samples that are safely on disk.
    """

    path: Path
    _file: _OpenDescriptor = field(repr=False)
    _layout: Layout = field(repr=False)
    _meta: dict[str, Any] = field(repr=False)
    _columns: dict[str, NDArray[Any]] = field(repr=False)
    _about: dict[str, Any] | None = field(repr=False)
    n_samples: int = 0
    _rows: NDArray[Any] = field(default_factory=lambda: np.zeros(_ROWS_AT_ONCE, ROW), repr=False)
    _rows_seen: int = field(default=0, repr=False)
    _table_problem: str = field(default="", repr=False)
    _intact_at: tuple[int, int, int] | None = field(default=None, repr=False)

    def refresh(self) -> int:
        """Look for new samples and return how many there are now."""
        while not self._table_problem and self._rows_seen < self._layout.n_rows:
            rows = self._read_rows(self._rows_seen)
            n_used = int(np.argmin(rows["count"] != 0)) if np.any(rows["count"] == 0) else len(rows)
            n_right = self._count_right(rows[:n_used])
            self._add_rows(rows[:n_right])
            if n_right < n_used:
                row = rows[n_right]
                self._table_problem = (
                    f"row {self._rows_seen} of the block table points to {row['count']} samples from {row['first']}, "
                    f"where sample {self.n_samples} of {self.n_planned} comes next"
                )
            if n_used < _ROWS_AT_ONCE:
                break
        return self.n_samples

    def _read_rows(self, first: int) -> NDArray[Any]:
        count = min(_ROWS_AT_ONCE, self._layout.n_rows - first)
        content = self._file.read(self._layout.offsets["blocks"] + first * ROW.itemsize, count * ROW.itemsize)
        return np.frombuffer(content[: len(content) // ROW.itemsize * ROW.itemsize], ROW)

    def _count_right(self, rows: NDArray[Any]) -> int:
        """Return how many rows in a row point to the samples behind those of the row before, within the file."""
        planned = self._layout.n_samples
        # A damaged count may be as large as 2^64: sums are made of what can be right only.
        counts = np.minimum(rows["count"], planned + 1).astype(np.int64)
        ends = self.n_samples + np.cumsum(counts)
        right = (rows["first"] == ends - counts) & (ends <= planned)
        return len(rows) if bool(np.all(right)) else int(np.argmin(right))

    def _add_rows(self, rows: NDArray[Any]) -> None:
        end = self._rows_seen + len(rows)
        if end > len(self._rows):
            grown = np.zeros(max(2 * len(self._rows), end), ROW)
            grown[: self._rows_seen] = self._rows[: self._rows_seen]
            self._rows = grown
        self._rows[self._rows_seen : end] = rows
        self._rows_seen = end
        self.n_samples += int(np.sum(rows["count"]))

    @property
    def table_problem(self) -> str:
        """What is wrong with the block table as far as it was read; empty if nothing is."""
        return self._table_problem

    @property
    def n_planned(self) -> int:
        """Number of samples that the plan has."""
        return self._layout.n_samples

    @property
    def run_id(self) -> str:
        """What tells this run from any other; empty for an imported record and files of version 1."""
        return str((self._about or {}).get("run_id", ""))

    @property
    def _state_word(self) -> str:
        content = self._file.read(self._layout.offsets["state"], STATE_BYTES)
        return content.rstrip(b"\0").decode("ascii", "replace")

    @property
    def state(self) -> RunState:
        """State of the run, as its file says it now."""
        return RunState.from_file(self._state_word)

    def _column(self, name: str) -> NDArray[Any]:
        """Return the samples of a column; never of a file that has been cut short, where touching them is fatal."""
        if self._file.status().st_size < self._layout.end:
            raise RunFileError(f"{self.path} was cut short while it was being read: take a copy of it from a backup")
        return self._columns[name][: self.n_samples]

    @property
    def t_s(self) -> NDArray[np.float64]:
        """Time of each sample (s), shape (n_samples,)."""
        return self._column("time")

    @property
    def voltage_V(self) -> NDArray[np.float64]:
        """Voltage (V), shape (n_samples,)."""
        return self._column("voltage")

    @property
    def current_A(self) -> NDArray[np.float64]:
        """Current (A), shape (n_samples,); NaN where the instrument was overloaded."""
        return self._column("current")

    @property
    def status(self) -> NDArray[np.uint8]:
        """Flags of each sample (`drivers.Status`), shape (n_samples,)."""
        return self._column("status")

    @property
    def blocks(self) -> NDArray[Any]:
        """The used rows of the block table, shape (n_blocks,)."""
        return self._rows[: self._rows_seen]

    @property
    def events(self) -> list[dict[str, Any]]:
        """Events of the run in order, each with ``host_ns``, ``kind``, ``message`` and fields of its kind."""
        return self._decoded_events()[0]

    def _decoded_events(self) -> tuple[list[dict[str, Any]], int]:
        content = self._file.read(self._layout.offsets["events"], EVENT_BYTES)
        return decode_events(content, with_checksum=self._about is not None)

    @property
    def has_closing_event(self) -> bool:
        """Whether the events tell how the run ended."""
        return any(event["kind"] in _CLOSINGS for event in self.events)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of this file, one sentence each; damage that touches no sample is among it."""
        if self._about is None:
            return (
                "an earlier version of ionecho wrote this file: its samples have checksums, its protocol, plan and "
                "drive have none",
            )
        events, n_damaged = self._decoded_events()
        notes = [f"{n_damaged} lines of its events are damaged and left out"] if n_damaged else []
        kinds = {event["kind"] for event in events}
        state = self.state
        if self._state_word != state:
            notes.append("the word of its state is damaged: it counts as 'unknown'")
        elif (state.is_final and not kinds & _CLOSINGS) or (state is RunState.RUNNING and "start" not in kinds):
            notes.append(f"it says '{state}', and the event that belongs to that is missing")
        elif state is RunState.CREATED and "start" in kinds:
            notes.append("it says 'created', and its events say that it was started")
        return tuple(notes)

    def recorded_outcome(self) -> Outcome | None:
        """Return the outcome that the run's processes wrote into the file; None if they have not, or not fully."""
        ends = [event for event in self.events if event["kind"] in _ENDINGS and "output" in event]
        if not ends:
            return None
        output = OutputState(ends[-1]["output"])
        error = OutputStateUnknown.__name__ if output is OutputState.UNKNOWN else ""
        warnings = tuple(ends[-1].get("warnings", ()))
        return Outcome(self.state, output, ends[-1]["message"], error, self.n_samples, warnings)

    @property
    def title(self) -> str:
        """Name of the protocol."""
        return str(self._meta["title"])

    @property
    def start_time(self) -> str:
        """When the file was made, ISO 8601."""
        return str(self._meta["start_time"])

    @property
    def protocol_text(self) -> str:
        """The protocol as it was given; empty for an imported record."""
        return str(self._meta["protocol"])

    @cached_property
    def protocol(self) -> Protocol | None:
        """The protocol, or None for an imported record."""
        return Protocol.from_toml(self.protocol_text, self.path.name) if self.protocol_text else None

    @property
    def plan(self) -> dict[str, Any]:
        """Scalars of the plan as carried out."""
        return dict(self._meta["plan"])

    @property
    def drive(self) -> PulseSequence | None:
        """Edges as they were, in run time; None if only the measured voltage is known."""
        sequence: PulseSequence | None = self._meta["drive"]
        return sequence

    @property
    def sample(self) -> Sample:
        """The specimen that was measured."""
        sample: Sample = self._meta["sample"]
        return sample

    @property
    def instrument(self) -> dict[str, str]:
        """What measured it: resource, maker, model, serial, firmware."""
        return dict(self._meta["instrument"])

    @property
    def versions(self) -> dict[str, str]:
        """Versions of the software that wrote the file."""
        return dict(self._meta["program"])

    @property
    def sample_interval_s(self) -> float | None:
        """Time from sample to sample, None if it is not uniform."""
        value = self._meta["plan"].get("interval_s")
        return None if value is None else float(value)

    @property
    def aperture_s(self) -> float:
        """How long each sample averages, centred on its time."""
        return float(self._meta["plan"].get("aperture_s", 0.0))

    @property
    def response_s(self) -> tuple[float, ...]:
        """First-order time constants of the instrument."""
        return tuple(self._meta["plan"].get("response_s", ()))

    def verify(self) -> Findings:
        """Check the block table, and every block's samples against its checksum; reads the whole run."""
        bad = [row for row, block in enumerate(self.blocks) if self._checksum(block) != block["crc32"]]
        return Findings(self._rows_seen, self.n_samples, tuple(bad), tuple(self._table_problems()), self.notes)

    def _checksum(self, block: np.void) -> int:
        checksum = 0
        for name, (_, dtype) in GROWING.items():
            size = np.dtype(dtype).itemsize
            offset = self._layout.offsets[name] + int(block["first"]) * size
            end = offset + int(block["count"]) * size
            while offset < end:
                piece = self._file.read(offset, min(_PIECE_BYTES, end - offset))
                if not piece:
                    return -1  # the file ends here: no checksum is right
                checksum = zlib.crc32(piece, checksum)
                offset += len(piece)
        return checksum if self._about is None else row_checksum(checksum, block)

    def _table_problems(self) -> Iterator[str]:
        if self._table_problem:
            yield self._table_problem
            return
        is_closed = self.state is RunState.COMPLETE or bool((self._about or {}).get("trimmed"))
        if is_closed and self.n_samples < self.n_planned:
            yield f"the block table has {self.n_samples} samples, and the file was closed with {self.n_planned}"
        elif any(
            self._read_rows(row).tobytes().strip(b"\0")
            for row in range(self._rows_seen, self._layout.n_rows, _ROWS_AT_ONCE)
        ):
            yield f"row {self._rows_seen} of the block table is empty, and later ones are not"

    def require_intact(self) -> None:
        """Raise unless every sample is what was written; for whoever uses a whole run.

        The verdict holds for this open file as long as its length and time of change stay what they are; nothing on
        disk vouches for it. A kept reduction vouches for itself by the SHA-256 of the file it was made from.

        Raises
        ------
        RunFileError
            With the blocks that are damaged.
        """
        status = self._file.status()
        now = (status.st_size, status.st_mtime_ns, self._rows_seen)
        if now == self._intact_at:
            return
        if damage := self.verify().damage():
            raise RunFileError(
                f"{self.path} is damaged: {damage}. Take a copy of it from a backup; `ionecho recover` lists the "
                "blocks, and `open_run` still gives the others."
            )
        self._intact_at = now


def open_run(path: str | Path, *, damaged: bool = False) -> Run:
    """Open a run file for reading, also one that is still growing.

    Parameters
    ----------
    path : path
    damaged : bool, default False
        Whether to open a file whose block table is damaged too: then the run ends at the first wrong row.

    Raises
    ------
    RunFileError
        If there is none, it is not a run file, or it was damaged.
    """
    where = Path(path)
    if not where.is_file():
        raise RunFileError(f"{where}: there is no such file")
    if is_results(where):
        raise RunFileError(
            f"{where} holds the results of a run; give the run file itself, {run_of_results(where).name}"
        )
    try:
        run = _opened(where)
        run.refresh()
    except RunFileError:
        raise
    except Exception as error:  # a damaged file makes HDF5 raise whatever comes to it
        reason = "it is no HDF5 file, or cut short" if "signature not found" in str(error) else error
        raise RunFileError(f"{where} is not a run file of ionecho: {reason}") from error
    if not damaged and (problem := run.table_problem):
        raise RunFileError(f"{where} is damaged: {problem}. `ionecho recover` says what is left of it.")
    return run


def _opened(where: Path) -> Run:
    # One opened file for metadata and maps: a run that ends just now may replace the file at that path.
    file = _OpenDescriptor(where)
    seal = check_seal(file.number, "run", where)
    with os.fdopen(file.number, "rb", closefd=False) as raw:
        if seal is None:
            require_readable(where)
        with h5py.File(raw if seal is None else seal.image, "r") as hdf5:
            meta, layout = _metadata(hdf5["entry"]), layout_in(hdf5)
        columns = {
            name: np.memmap(raw, dtype, "r", layout.offsets[name], (layout.n_samples,))
            for name, (_, dtype) in GROWING.items()
        }
    return Run(where, file, layout, meta, columns, None if seal is None else seal.about)


def _metadata(entry: h5py.Group) -> dict[str, Any]:
    plan = entry["plan"]
    return {
        "title": _text(entry["title"]),
        "start_time": _text(entry["start_time"]),
        "protocol": _text(entry["protocol/data"]),
        "plan": json.loads(_text(plan["scalars"])),
        "drive": read_sequence(plan) if "times" in plan else None,
        "sample": _read_sample(entry["sample"]),
        "instrument": {name: _text(value) for name, value in entry["instrument"].items()},
        "program": {name: _text(value) for name, value in entry["program"].items()},
    }


def read_sequence(group: h5py.Group) -> PulseSequence:
    """Return the sequence that `daq.files.layout.write_sequence` wrote."""
    return PulseSequence(
        group["times"][()], group["start"][()], group["end"][()], float(group["duration"][()]), float(group["rest"][()])
    )


def _read_sample(group: h5py.Group) -> Sample:
    def number(name: str) -> float | None:
        return float(group[name][()]) if name in group else None

    return Sample(
        _text(group["name"]), number("thickness"), number("area"), _text(group["electrodes"]), number("temperature")
    )


def _text(dataset: h5py.Dataset) -> str:
    value = dataset[()]
    return value.decode() if isinstance(value, bytes) else str(value)
