"""Report of an archive: what the table of `ionecho refit` says of all runs together."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np

from fitting.archive.rows import DUPLICATE, FAILED, FITTED
from fitting.archive.table import read_table
from fitting.results.estimate import Estimate
from protocols import InputError, RunFileError
from reports.content import Facts, Paragraph, Report, Row, Section, Table, Tone, Verdict
from reports.figure import Axis, Columns, Figure, Ink, Layer, Mark, Panel
from reports.numbers import compact_estimate
from reports.run_report import footer
from reports.runs_table import common_folder, name_in, runs_table
from reports.sample_sections import compared_samples, first_of, sample_sections

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fitting.archive.rows import Row as TableRow
    from reports.content import Block

_MOST_ROWS = 200
"""Rows of a table in the report: some ten pages. All are in the table that the report is of."""
_MOST_BARS = 12
"""Circuits that a figure has room for."""
_TIME, _FRACTION = "median_memory_time", "W_inf"


def report_of_archive(path: Path) -> Report:
    """Return the report of a table that `ionecho refit` wrote.

    Raises
    ------
    InputError
        If it is no such table, or has no rows.
    """
    try:
        rows = read_table(path)
    except RunFileError as error:
        raise InputError("this is no table that `ionecho refit` wrote", str(path)) from error
    if not rows:
        raise InputError("this table has no rows", str(path))
    fitted = [row for row in rows if row["status"] == FITTED]
    best = best_rows(fitted)
    sections = [Section("Circuits", tuple(_circuit_blocks(fitted, best)))]
    compared = compared_samples(rows, most_used(best))
    sections += [] if compared is None else sample_sections(compared)
    sections.append(Section("Runs", tuple(_run_blocks(best))))
    for status, heading in ((FAILED, "Not fitted"), (DUPLICATE, "Given twice")):
        others = [row for row in rows if row["status"] == status]
        if others:
            sections.append(Section(heading, tuple(_reason_blocks(others))))
    sections.append(Section("Provenance", (Facts(tuple(_provenance(fitted))),)))
    verdict = _verdict(rows, best, first_of(compared))
    return Report("archive", path.name, tuple(_facts(rows, path)), verdict, tuple(sections), footer())


def best_rows(fitted: Sequence[TableRow]) -> list[TableRow]:
    """Return one row of each run: of the circuits that describe it the one with the least AICc, else of all."""
    by_run: defaultdict[str, list[TableRow]] = defaultdict(list)
    for row in fitted:
        by_run[str(row["run"])].append(row)
    return [
        min(rows, key=lambda row: (not row.get("describes", False), row.get("aicc", np.inf)))
        for rows in by_run.values()
    ]


def most_used(best: Sequence[TableRow]) -> str:
    """Return the circuit that is the best for most of the runs that one describes; empty if there is none."""
    counts = Counter(str(row["circuit"]) for row in best if row.get("describes"))
    return counts.most_common(1)[0][0] if counts else ""


def _verdict(rows: Sequence[TableRow], best: Sequence[TableRow], first: str) -> Verdict:
    counts = Counter(str(row["status"]) for row in rows)
    n_described = sum(bool(row.get("describes")) for row in best)
    evidence = [first] if first else []
    evidence += [f"rows: {', '.join(f'{count:,} {status}' for status, count in counts.items())}"]
    places = Counter(str(row["verdict"]) for row in best if row.get("verdict"))
    if places:
        evidence.append(
            f"memory attributed to: {', '.join(f'{place} {n:,} times' for place, n in places.most_common())}"
        )
    if not best:
        return Verdict("No run of this archive could be fitted.", Tone.BAD, tuple(evidence))
    if n_described < len(best):
        sentence = (
            f"No circuit describes {len(best) - n_described:,} of {len(best):,} runs: their figures must not be used."
        )
        return Verdict(sentence, Tone.BAD, tuple(evidence))
    tone = Tone.GOOD if not counts.get(FAILED) else Tone.OPEN
    circuit, n_best = Counter(str(row["circuit"]) for row in best).most_common(1)[0]
    which = f"{circuit} is the best for {n_best:,} of them" if n_best < len(best) else f"{circuit} is the best for all"
    return Verdict(f"Each of {len(best):,} fitted runs is described by a circuit; {which}.", tone, tuple(evidence))


def _circuit_blocks(fitted: Sequence[TableRow], best: Sequence[TableRow]) -> Iterator[Block]:
    if not fitted:
        yield Paragraph("No run was fitted.")
        return
    n_best = Counter(str(row["circuit"]) for row in best)
    by_circuit: defaultdict[str, list[TableRow]] = defaultdict(list)
    for row in fitted:
        by_circuit[str(row["circuit"])].append(row)
    names = sorted(by_circuit, key=lambda name: -n_best[name])
    described = {name: sum(bool(row.get("describes")) for row in by_circuit[name]) for name in names}
    if len(names) > 1:
        yield _circuit_figure(names[:_MOST_BARS], described, n_best)
    rows = tuple(
        Row(
            (
                name,
                f"{len(by_circuit[name]):,}",
                f"{described[name]:,}",
                f"{n_best[name]:,}",
                _whiteness(by_circuit[name]),
            )
        )
        for name in names
    )
    headings = ("circuit", "runs fitted", "described", "best", "median whiteness")
    caption = "Best: of the circuits that describe a run, the one with the least AICc. Whiteness is 1 for white noise."
    yield Table(headings, rows, frozenset({1, 2, 3, 4}), caption)


def _whiteness(rows: Sequence[TableRow]) -> str:
    values = [row["whiteness"] for row in rows if row.get("whiteness") is not None]
    return f"{np.median(values):.3g}" if values else ""


def _circuit_figure(names: Sequence[str], described: dict[str, int], n_best: Counter[str]) -> Figure:
    columns = Columns()
    place = np.arange(len(names), dtype=np.float64)
    left, right = columns.add("place", place - 0.2), columns.add("place_best", place + 0.2)
    layers = (
        Layer(
            Mark.BARS, left, (columns.add("described", [described[name] for name in names]),), Ink.FIRST, "describes"
        ),
        Layer(Mark.BARS, right, (columns.add("best", [n_best[name] for name in names]),), Ink.MEMORY, "is best"),
    )
    panel = Panel(Axis("circuit", labels=tuple(names)), Axis("runs", "", low=0.0), layers)
    caption = "Of how many runs each circuit describes the record, and of how many it is the best."
    return Figure("circuits", caption, (panel,), columns.values, height_mm=56.0)


def estimate_in(row: TableRow, name: str, unit: str = "") -> Estimate | None:
    """Return a figure of a row with its interval; None where the row has none."""
    suffix = f"_{unit}" if unit else ""
    if row.get(f"{name}{suffix}") is None:
        return None
    ends = (row.get(f"{name}_low{suffix}"), row.get(f"{name}_high{suffix}"))
    return Estimate(name, unit, float(row[f"{name}{suffix}"]), ends, bool(row.get(f"{name}_determined")))


def _run_blocks(best: Sequence[TableRow]) -> Iterator[Block]:
    headings = ("run", "sample", "T", "circuit", "describes", "W_inf", "median memory time", "memory of")
    folder = common_folder(str(row["run"]) for row in best)
    where = f"Folder: {folder}." if folder else ""
    rows = [_run_row(row, folder) for row in best[:_MOST_ROWS]]
    yield runs_table(headings, rows, f"{where}{_cut(len(best))}".strip())


def _cut(n_rows: int) -> str:
    return f" The first {_MOST_ROWS} of {n_rows:,}; the table has all." if n_rows > _MOST_ROWS else ""


def _run_row(row: TableRow, folder: str) -> Row:
    figures = [estimate_in(row, _FRACTION), estimate_in(row, _TIME, "s")]
    texts = ["" if one is None else compact_estimate(one) if one.determined else "not determined" for one in figures]
    T = row.get("temperature_K")
    cells = (
        name_in(folder, str(row["run"])),
        str(row.get("sample") or ""),
        "" if T is None else f"{T:g} K",
        str(row["circuit"]),
        "yes" if row.get("describes") else "no",
        *texts,
        str(row.get("verdict", "")),
    )
    return Row(cells, not row.get("describes"))


def _reason_blocks(rows: Sequence[TableRow]) -> Iterator[Block]:
    shown = tuple(
        Row((str(row["run"]), str(row.get("circuit", "")), str(row.get("reason", "")))) for row in rows[:_MOST_ROWS]
    )
    yield Table(("run", "circuit", "reason"), shown, caption=_cut(len(rows)).strip())


def _facts(rows: Sequence[TableRow], path: Path) -> Iterator[tuple[str, str]]:
    samples = dict.fromkeys(str(row["sample"]) for row in rows if row.get("sample"))
    if samples:
        yield "samples", ", ".join(samples)
    T = [float(row["temperature_K"]) for row in rows if row.get("temperature_K") is not None]
    if T:
        yield "temperature", f"{min(T):g} K to {max(T):g} K"
    instruments = dict.fromkeys(str(row["instrument"]) for row in rows if row.get("instrument"))
    if instruments:
        yield "instruments", ", ".join(instruments)
    starts = sorted(str(row["started"])[:10] for row in rows if row.get("started"))
    if starts:
        yield "measured", " to ".join(dict.fromkeys((starts[0], starts[-1])))
    yield "runs", f"{len({str(row['run']) for row in rows}):,}"
    yield "table", str(path)


def _provenance(fitted: Sequence[TableRow]) -> Iterator[tuple[str, str]]:
    for name, title in (("ionecho", "ionecho"), ("code", "code"), ("numpy", "numpy"), ("settings", "settings")):
        versions = Counter(str(row.get(name, "")) for row in fitted)
        if versions:
            yield title, ", ".join(f"{one or 'not known'} ({n:,} rows)" for one, n in versions.most_common())
    times = sorted(str(row["fitted_at"])[:10] for row in fitted if row.get("fitted_at"))
    if times:
        yield "fitted", " to ".join(dict.fromkeys((times[0], times[-1])))
