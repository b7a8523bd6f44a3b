"""A run file opened for reading, finished or still growing."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import h5py
import numpy as np

from daq.files.layout import EVENT_BYTES, GROWING, ROW, STATE_BYTES, layout_in
from daq.files.results import is_results, run_of_results
from daq.state import Outcome, OutputState, RunState
from protocols import InstrumentError, OutputStateUnknown, Protocol, PulseSequence, RunFileError, Sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from daq.files.layout import Layout

# Kinds of the event with which a run ends: the words of its final state.
_ENDINGS = frozenset(state.value for state in RunState if state.is_of_file and state.is_final)


@dataclass(frozen=True)
class Findings:
    """Result of a check of a run file's blocks.

    Attributes
    ----------
    n_blocks, n_samples : int
    bad_blocks : tuple of int
        Blocks whose checksum does not match their samples.
    """

    n_blocks: int
    n_samples: int
    bad_blocks: tuple[int, ...]


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
    _layout: Layout = field(repr=False)
    _meta: dict[str, Any] = field(repr=False)
    _columns: dict[str, NDArray[Any]] = field(repr=False)
    n_samples: int = 0
    _rows_seen: int = field(default=0, repr=False)

    @property
    def _table(self) -> NDArray[Any]:
        return self._columns["blocks"]

    def refresh(self) -> int:
        """Look for new samples and return how many there are now."""
        table, row = self._table, self._rows_seen
        while row < len(table) and table["count"][row]:
            self.n_samples += int(table["count"][row])
            row += 1
        self._rows_seen = row
        return self.n_samples

    @property
    def n_planned(self) -> int:
        """Number of samples that the plan has."""
        return self._layout.n_samples

    @property
    def state(self) -> RunState:
        """State of the run, as its file says it now."""
        return RunState.from_file(bytes(self._columns["state"]).rstrip(b"\0").decode("ascii", "replace"))

    @property
    def t_s(self) -> NDArray[np.float64]:
        """Time of each sample (s), shape (n_samples,)."""
        return self._columns["time"][: self.n_samples]

    @property
    def voltage_V(self) -> NDArray[np.float64]:
        """Voltage (V), shape (n_samples,)."""
        return self._columns["voltage"][: self.n_samples]

    @property
    def current_A(self) -> NDArray[np.float64]:
        """Current (A), shape (n_samples,); NaN where the instrument was overloaded."""
        return self._columns["current"][: self.n_samples]

    @property
    def status(self) -> NDArray[np.uint8]:
        """Flags of each sample (`drivers.Status`), shape (n_samples,)."""
        return self._columns["status"][: self.n_samples]

    @property
    def blocks(self) -> NDArray[Any]:
        """The used rows of the block table, shape (n_blocks,)."""
        return self._table[: self._rows_seen]

    @property
    def events(self) -> list[dict[str, Any]]:
        """Events of the run in order, each with ``host_ns``, ``kind``, ``message`` and fields of its kind."""
        lines = bytes(self._columns["events"]).rstrip(b"\0").splitlines()
        return [json.loads(line) for line in lines if line.endswith(b"}")]

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
        """Check every block's samples against its checksum."""
        bad = []
        for row, block in enumerate(self.blocks):
            here = slice(int(block["first"]), int(block["first"] + block["count"]))
            checksum = 0
            for name in GROWING:
                checksum = zlib.crc32(np.ascontiguousarray(self._columns[name][here]).data, checksum)
            if checksum != block["crc32"]:
                bad.append(row)
        return Findings(len(self.blocks), self.n_samples, tuple(bad))


def open_run(path: str | Path) -> Run:
    """Open a run file for reading, also one that is still growing.

    Raises
    ------
    RunFileError
        If there is none, or it is not a run file.
    """
    where = Path(path)
    if not where.is_file():
        raise RunFileError(f"{where}: there is no such file")
    if is_results(where):
        raise RunFileError(
            f"{where} holds the results of a run; give the run file itself, {run_of_results(where).name}"
        )
    try:
        # One opened file for metadata and maps: a run that ends just now may replace the file at that path.
        with where.open("rb") as raw:
            with h5py.File(raw, "r") as file:
                meta, layout = _metadata(file["entry"]), layout_in(file)
            run = Run(where, layout, meta, _mapped(raw, layout))
    except (OSError, KeyError, ValueError) as error:
        reason = "it is no HDF5 file, or cut short" if "signature not found" in str(error) else error
        raise RunFileError(f"{where} is not a run file of ionecho: {reason}") from error
    run.refresh()
    return run


def _mapped(raw: IO[bytes], layout: Layout) -> dict[str, NDArray[Any]]:
    shapes: dict[str, tuple[Any, int]] = {name: (dtype, layout.n_samples) for name, (_, dtype) in GROWING.items()}
    shapes |= {"blocks": (ROW, layout.n_rows), "events": ("u1", EVENT_BYTES), "state": ("u1", STATE_BYTES)}
    return {name: np.memmap(raw, dtype, "r", layout.offsets[name], (count,)) for name, (dtype, count) in shapes.items()}


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
