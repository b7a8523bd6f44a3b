"""Run file that is open for reading, finished or still growing.

Nothing here believes a file. What never changes is sealed (`daq.files.seal`) and checked before HDF5 sees it; a row of
the block table counts only if it points to the samples behind those of the row before; samples are verified against the
checksum of their row by `Run.require_intact`, which everything calls that uses a whole run. Samples are mapped into
memory; all else is read, since a map of a file that somebody cuts short ends the process that touches it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import h5py
import numpy as np

from daq.files.blocks import BlockTable, Findings
from daq.files.columns import OpenDescriptor, RunReader, reader_of
from daq.files.description import description_of_json, read_description
from daq.files.durable import read_at
from daq.files.events import decode_events
from daq.files.layout import EVENT_BYTES, GROWING, STATE_BYTES, Layout, layout_in
from daq.files.names import is_results, run_of_results
from daq.files.probe import require_readable
from daq.files.run_statements import RunStatements
from daq.files.run_views import RunViews
from daq.files.seal import Seal, check_seal, peek_seal
from daq.files.slow_channels import slow_parts, used_rows
from daq.files.written import RunWritten, WrittenRows
from daq.state import Outcome, OutputState, RunState
from protocols import InstrumentError, OutputStateUnknown, Protocol, RunFileError, printable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from daq.files.origin import Origin

# Kinds of the event with which a run ends: the words of its final state.
_ENDINGS = frozenset(state.value for state in RunState if state.is_of_file and state.is_final)
# Kinds of events one of which every finished file has.
_CLOSINGS = _ENDINGS | {"imported"}


@dataclass(eq=False)
class Run(RunStatements, RunViews, RunWritten):
    """A run file, read in place.

    The arrays are memory-mapped and hold what was on disk at the last `refresh`; a growing run grows only then.
    Reading takes no lock and never disturbs the run.

    Attributes
    ----------
    path : Path
    """

    path: Path
    _file: RunReader = field(repr=False)
    _layout: Layout = field(repr=False)
    _meta: dict[str, Any] = field(repr=False)
    _about: dict[str, Any] | None = field(repr=False)
    _table: BlockTable = field(repr=False)
    _written: WrittenRows = field(repr=False)
    _intact_at: tuple[int, int, int] | None = field(default=None, repr=False)

    @property
    def n_samples(self) -> int:
        """Samples that are safely on disk."""
        return self._table.n_samples

    def refresh(self) -> int:
        """Look for new samples and return how many there are now."""
        self._table.refresh()
        return self._table.n_samples

    @property
    def table_problem(self) -> str:
        """What is wrong with the block table as far as it was read; empty if nothing is."""
        return self._table.problem

    @property
    def n_planned(self) -> int:
        """Number of samples that the plan has."""
        return 0 if self.left_out else self._layout.n_samples

    @property
    def run_id(self) -> str:
        """What tells this run from any other; empty for an imported record and files of version 1."""
        return str((self._about or {}).get("run_id", ""))

    @property
    def _state_word(self) -> str:
        content = self._file.read("state", 0, STATE_BYTES)
        return content.rstrip(b"\0").decode("ascii", "replace")

    @property
    def state(self) -> RunState:
        """State of the run, as its file says it now."""
        return RunState.from_file(self._state_word)

    def _column(self, name: str) -> NDArray[Any]:
        return self._file.column(name)[: self.n_samples]

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

    def read_samples(self, first: int, count: int) -> dict[str, NDArray[Any]]:
        """Return a stretch of the samples, read and not mapped: a pass over a long run needs memory for a stretch only.

        Parameters
        ----------
        first, count : int
            Fewer are returned only where the samples end.

        Returns
        -------
        dict of str to ndarray
            ``time`` (s), ``voltage`` (V), ``current`` (A), ``status``.
        """
        return {name: self.read_column(name, first, first + count) for name in GROWING}

    @property
    def blocks(self) -> NDArray[Any]:
        """The used rows of the block table, shape (n_blocks,)."""
        return self._table.rows

    @property
    def events(self) -> list[dict[str, Any]]:
        """Events of the run in order, each with ``host_ns``, ``kind``, ``message`` and fields of its kind."""
        return self._decoded_events()[0]

    def _decoded_events(self) -> tuple[list[dict[str, Any]], int]:
        content = self._file.read("events", 0, EVENT_BYTES)
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
        notes = [str(self.left_out)] if self.left_out else []
        if n_damaged:
            notes.append(f"{n_damaged} lines of its events are damaged and left out")
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
        error = ""
        if output is OutputState.UNKNOWN:
            error = OutputStateUnknown.__name__
        elif self.state is RunState.ABORTED:  # what failed is told by the message only
            error = InstrumentError.__name__
        warnings = tuple(ends[-1].get("warnings", ()))
        return Outcome(self.state, output, ends[-1]["message"], error, self.n_samples, warnings)

    @property
    def title(self) -> str:
        """Name of the protocol, as it may be shown."""
        return printable(str(self._meta["title"]))

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
    def imported(self) -> dict[str, Any]:
        """What was noted, guessed and remarked when a record was imported, and what was controlled; empty if measured.

        Lists ``notes`` and ``guessed``, texts ``remarks``, ``control`` (``voltage``, ``current`` or empty) and
        ``drive`` (a current that was stated).
        """
        return dict(self._meta["plan"].get("import", {}))

    @property
    def instrument(self) -> dict[str, str]:
        """What measured it: resource, maker, model, serial, firmware, as they may be shown."""
        return {name: printable(value) for name, value in self._meta["instrument"].items()}

    @property
    def accuracy(self) -> list[dict[str, str | float]]:
        """Accuracy of the ranges of the instrument by its manual, a row for each; empty where it is not known.

        Keys ``quantity`` (``current`` or ``voltage``), ``full_scale``, ``gain`` (share of the reading), ``offset``,
        ``source`` (document and page) and ``conditions``.
        """
        return list(self._meta["accuracy"])

    @property
    def origin(self) -> Origin:
        """Who measured, for what, and as which point of which campaign, as the file says it."""
        origin: Origin = self._meta["origin"]
        return origin

    @property
    def tags(self) -> tuple[str, ...]:
        """Words by which the run is found: those of its protocol, with what was stated later."""
        return self.statements.tags_over(self.origin.tags)

    def slow(self, channel: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the readings of a slow channel so far: times from the start of the run (s), and values.

        Parameters
        ----------
        channel : str
            ``temperature`` (K).

        Returns
        -------
        t_s, values : ndarray of float64, shape (n,); empty where the run has no such channel
        """
        if channel not in self._layout.slow:
            return np.empty(0), np.empty(0)
        columns = [
            np.frombuffer(self._file.read(part, 0, 8 * self._layout.slow[channel]), dtype)
            for part, dtype in slow_parts(channel).items()
        ]
        return used_rows(*columns)

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
        is_closed = self.state is RunState.COMPLETE or bool((self._about or {}).get("trimmed"))
        is_closed = is_closed and self.left_out is None
        problems = tuple(self._table.problems(is_closed=is_closed))
        return Findings(len(self.blocks), self.n_samples, self._table.bad_blocks(), problems, self.notes)

    def require_intact(self) -> None:
        """Raise unless every sample is what was written; for whoever uses a whole run.

        The verdict holds for this open file as long as its length and time of change stay what they are; nothing on
        disk vouches for it. A kept reduction vouches for itself by the SHA-256 of the file it was made from.

        Raises
        ------
        RunFileError
            With the blocks that are damaged, or because the samples were left out of the file.
        """
        self.require_samples()
        status = self._file.status()
        now = (status.size, status.changed_ns, len(self.blocks))
        if now == self._intact_at:
            return
        if damage := self.verify().damage():
            raise RunFileError(
                f"{self.path} is damaged: {damage}. Take a copy of it from a backup; `ionecho recover` lists the "
                "blocks, and `open_run` still gives the others."
            )
        self._intact_at = now


def open_run(path: str | Path, *, damaged: bool = False, by_child_first: bool = False) -> Run:
    """Open a run file for reading, also one that is still growing.

    Parameters
    ----------
    path : path
    damaged : bool, default False
        Whether to open a file whose block table is damaged too: then the run ends at the first wrong row.
    by_child_first : bool, default False
        Whether a child process must have read the file under limits, whatever its seal says: for files from anywhere.
        One without a seal is always tried so.

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
        run = _opened(where, by_child_first=by_child_first)
        run.refresh()
    except RunFileError:
        raise
    except Exception as error:  # a damaged file makes HDF5 raise whatever comes to it
        reason = "it is no HDF5 file, or cut short" if "signature not found" in str(error) else error
        raise RunFileError(f"{where} is not a run file of ionecho: {reason}") from error
    if not damaged and (problem := run.table_problem):
        raise RunFileError(f"{where} is damaged: {problem}. `ionecho recover` says what is left of it.")
    return run


def peek_state(path: Path) -> RunState | None:
    """Return the state that a run file says it has, without HDF5 and without a check; None if that cannot be told.

    For a first look at a whole folder.
    """
    with suppress(OSError):
        file = OpenDescriptor(path)
        about = peek_seal(file.number, "run")
        if about is not None:
            content = read_at(file.number, int(about["offsets"]["state"]), STATE_BYTES)
            return RunState.from_file(content.rstrip(b"\0").decode("ascii", "replace"))
    return None


def _opened(where: Path, *, by_child_first: bool) -> Run:
    # One opened file for metadata and maps: a run that ends just now may replace the file at that path.
    file = OpenDescriptor(where)
    seal = check_seal(file.number, "run", where)
    with os.fdopen(file.number, "rb", closefd=False) as raw:
        if seal is None or by_child_first:
            require_readable(where)
        meta, layout = _described(raw, seal)
    reader = reader_of(file, layout)
    table = BlockTable(reader, layout, covers_rows=seal is not None)
    return Run(where, reader, layout, meta, None if seal is None else seal.about, table, WrittenRows(reader, layout))


def _described(raw: BinaryIO, seal: Seal | None) -> tuple[dict[str, Any], Layout]:
    """Return the description of a run and where its parts are, of a file of this version without HDF5."""
    layout = None if seal is None else Layout.from_seal(seal.about)
    if seal is not None and layout is not None and layout.description[1]:
        return description_of_json(seal.image.get(*layout.description)), layout
    with h5py.File(raw if seal is None else seal.image, "r") as hdf5:
        return read_description(hdf5["entry"]), layout or layout_in(hdf5)
