"""Entry of the catalogue: what one run file says, with what was stated and fitted later."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from daq.files.blocks import BlockTable
from daq.files.columns import OpenDescriptor, reader_of
from daq.files.durable import read_at
from daq.files.kept_fits import fit_documents
from daq.files.layout import STATE_BYTES, Layout
from daq.files.run import open_run
from daq.files.seal import check_seal, peek_seal
from daq.files.stated_drive import StatementError
from daq.files.statements import read_statements
from daq.files.summary import Summary, in_protocol
from daq.state import RunState
from protocols import RunFileError, Sample, printable, shortened

if TYPE_CHECKING:
    from pathlib import Path

    from daq.files.run import Run

_LONGEST_SUMMARY = 1 << 20
"""Longest summary that is read (bytes): the longest that is written has some 10 kB. Doubled, nothing changes."""
_LONGEST_PROBLEM = 500
"""Longest reason that is kept (characters)."""
_FITTED = ("parameters", "times", "memory", "combinations")
"""Members of a kept fit that hold figures by their names."""


@dataclass(frozen=True)
class Figure:
    """A fitted figure: value and 95 % interval (SI), None where a side is open."""

    name: str
    value: float
    low: float | None
    high: float | None
    unit: str
    determined: bool


@dataclass(frozen=True)
class Entry:
    """What the catalogue keeps of one run file.

    Attributes
    ----------
    summary : Summary
    state : str
    samples : int
        Measured.
    duration_s : float
        Measured; expected, while the run is in progress.
    circuit, verdict : str
        Of the newest fit that is kept beside it; empty if there is none.
    figures : tuple of Figure
        Of that fit, and of fits of other circuits those that it does not have.
    problem : str
        Why the file, or what lies beside it, cannot be read; empty if it can.
    """

    summary: Summary
    state: str = ""
    samples: int = 0
    duration_s: float = 0.0
    circuit: str = ""
    verdict: str = ""
    figures: tuple[Figure, ...] = ()
    problem: str = ""


def needs_trial(path: Path) -> bool:
    """Whether HDF5 would have to read a file, so that a child process must try it first (decision 182)."""
    try:
        file = OpenDescriptor(path)
    except OSError:
        return False
    return not _has_summary(peek_seal(file.number, "run"))


def _has_summary(about: dict[str, Any] | None) -> bool:
    return about is not None and "summary" in about and bool(about["summary"][1])


def refused_entry() -> Entry:
    """Return the entry of a file that no child process came through."""
    problem = "it is damaged, or no file of ionecho: HDF5 fails at it, or does not read it in time"
    return Entry(Summary(title="", start_time=""), problem=problem)


def read_entry(path: Path) -> Entry:
    """Return what a run file says; one that cannot be read has a problem and nothing else.

    A file of an earlier version is read by HDF5: a child process must have come through it first.
    """
    try:
        entry, start_time = _of_file(path)
    except Exception as error:  # noqa: BLE001 - whatever a damaged file raises, it is a row with a reason
        return Entry(Summary(title="", start_time=""), problem=_reason(error))
    try:
        statements = read_statements(path)
        known = entry.summary
        sample = Sample(known.sample, known.thickness_m, known.area_m2, temperature_K=known.temperature_K)
        notes = "\n".join(one for one in (known.notes, statements.notes) if one)
        summary = replace(
            known.with_sample(statements.over(sample)), notes=notes, tags=statements.tags_over(known.tags)
        )
        entry = replace(entry, summary=summary)
        return _with_fits(entry, fit_documents(path, start_time))
    except Exception as error:  # noqa: BLE001 - as above: the run itself can be read
        return replace(entry, problem=_reason(error))


def _reason(error: Exception) -> str:
    return shortened(printable(str(error) or type(error).__name__), _LONGEST_PROBLEM)


def _of_file(path: Path) -> tuple[Entry, str]:
    """Return what a run file says, and when it was made."""
    file = OpenDescriptor(path)
    seal = check_seal(file.number, "run", path)
    if seal is None or not _has_summary(seal.about):
        file.close()
        return _by_hdf5(open_run(path, by_child_first=True))
    layout = Layout.from_seal(seal.about)
    offset, length = layout.summary
    if length > _LONGEST_SUMMARY:
        raise RunFileError(f"{path} is damaged: its summary is too long")
    summary = Summary.from_json(read_at(file.number, offset, length))
    reader = reader_of(file, layout)  # it closes the file on Windows
    state = RunState.from_file(reader.read("state", 0, STATE_BYTES).rstrip(b"\0").decode("ascii", "replace"))
    if seal.about.get("trimmed"):
        samples = layout.n_samples
    else:
        table = BlockTable(reader, layout, covers_rows=True)
        table.refresh()
        if table.problem:
            raise RunFileError(f"{path} is damaged: {table.problem}")
        samples = table.n_samples
    duration_s = summary.duration_s
    if samples and state.is_final:
        ends = [reader.read("time", 8 * k, 8) for k in (0, samples - 1)]
        first, last = (float(np.frombuffer(one, "<f8")[0]) for one in ends)
        duration_s = last - first
    return Entry(summary, str(state), samples, duration_s), summary.start_time


def _by_hdf5(run: Run) -> tuple[Entry, str]:
    """Return what the file of an earlier version says."""
    instrument, sample = run.instrument, Sample()
    with suppress(StatementError):  # told as the problem of this entry, later
        sample = run.sample
    kind, notes = in_protocol(run.protocol_text)
    maker, model, serial, resource = (instrument.get(name, "") for name in ("maker", "model", "serial", "resource"))
    summary = Summary(run.title, run.start_time, kind, notes, maker, model, serial, resource).with_sample(sample)
    t_s = run.t_s
    duration_s = float(t_s[-1] - t_s[0]) if len(t_s) else 0.0
    return Entry(summary, str(run.state), run.n_samples, duration_s), run.start_time


def _with_fits(entry: Entry, fits: tuple[dict[str, Any], ...]) -> Entry:
    """Return an entry with circuit and verdict of the newest fit, and each figure of the newest fit that has it."""
    if not fits:
        return entry
    figures: dict[str, Figure] = {}
    for fit in fits:
        documents = {str(name): one for member in _FITTED for name, one in fit.get(member, {}).items()}
        for name, one in documents.items():
            if name not in figures and _is_figure(one):
                figures[name] = _figure(name, one)
    attribution = fits[0].get("attribution")
    verdict = str(attribution.get("verdict", "")) if isinstance(attribution, dict) else ""
    return replace(entry, circuit=str(fits[0].get("model", "")), verdict=verdict, figures=tuple(figures.values()))


def _is_figure(document: object) -> bool:
    return isinstance(document, dict) and document.get("value") is not None


def _figure(name: str, document: dict[str, Any]) -> Figure:
    low, high = (None if end is None else float(end) for end in document["ci95"])
    # The word of form 1 was "identifiable", or "resolved".
    determined = document.get("determined", document.get("identifiable", document.get("resolved", False)))
    return Figure(name, float(document["value"]), low, high, str(document.get("unit", "")), bool(determined))
