"""What is printed and written of a comparison: tables, the verdict, what was left out and why."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.text import Text

from daq.files.durable import write_atomically
from fitting.archive.comparison import SAMPLE, TEMPERATURE, ArchiveComparison, SampleFigures
from fitting.results.tables import ResultTable, result_table
from fitting.results.titles import title_of
from protocols import InputError, RunFileError, format_estimate, printable, reason_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from fitting.interpretation.activation import Activation
    from fitting.interpretation.scattered_line import Interval

CSV, JSON = ".csv", ".json"
_NONE = "–"
_NOTHING = 0.01
"""Scatter from run to run that is not told from none, a percent. Doubled, scatter of 2 % is a bound only."""


@dataclass(frozen=True)
class Texts:
    """A table as it is told, in a terminal and in a report.

    Attributes
    ----------
    title : str
    headings : tuple of str
    rows : tuple of tuple of str
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables_of(found: ArchiveComparison, by: Collection[str]) -> list[ResultTable]:
    """Return the tables that were asked for: activation by temperature, samples by their rank."""
    tables = []
    for wanted, texts_of in ((TEMPERATURE, activation_texts), (SAMPLE, ranking_texts)):
        if wanted in by:
            texts = texts_of(found)
            table = result_table(texts.title, texts.headings)
            for row in texts.rows:
                table.add_row(*(Text(printable(cell)) for cell in row))
            tables.append(table)
    return tables


def activation_texts(found: ArchiveComparison) -> Texts:
    """Return the activation of each sample."""
    headings = ("sample", "used", "K", "E_a", "run scatter", "law")
    rows = []
    for one in sorted(found.samples, key=lambda one: one.name):
        law = one.activation
        used = f"{one.n_used} of {one.n_runs}"
        if law is None:
            rows.append((one.name, used, _NONE, _NONE, _NONE, one.why_no_activation))
            continue
        kelvin = f"{one.coldest_K:g}–{one.warmest_K:g}"
        energy = _shown(law.energy_eV, "eV")
        rows.append((one.name, used, kelvin, energy, _percent(law.line.run_scatter), _law(law)))
    return Texts(f"Activation of the {_lower(found)} ({found.values.circuit})", headings, tuple(rows))


def _law(law: Activation) -> str:
    if law.vogel is None or law.law != "Vogel":
        return law.law
    low, high = law.vogel.temperature_ci95_K
    ends = f"{0.0 if low is None else low:.0f} … {'open' if high is None else f'{high:.0f}'}"
    return f"Vogel, T_0 {law.vogel.temperature_K:.0f} K ({ends} K), B {_shown(law.vogel.energy_eV, 'eV')}"


def _percent(scatter: Interval | None) -> str:
    """Return a deviation of logarithms as a share of the value; below a percent it is nothing."""
    if scatter is None:
        return _NONE
    return f"< {_up(scatter.high)} %" if scatter.low < _NOTHING else f"{_up(scatter.low)} … {_up(scatter.high)} %"


def _up(deviation: float) -> str:
    return f"{100.0 * deviation:.2g}"


def ranking_texts(found: ArchiveComparison) -> Texts:
    """Return the samples by their rank, and which of them are not told apart."""
    at = "" if found.at_K is None else f" at {found.at_K:g} K"
    headings = ("sample", "rank", f"{title_of(found.values.quantity)}{at}", "not told from", "memory of", "")
    rows = []
    for k, one in enumerate(found.samples):
        if one.at is None:
            rows.append((one.name, _NONE, _NONE, "", one.verdict, one.why_not))
            continue
        outside = f"extrapolated by {one.extrapolated_K:.3g} K" if one.extrapolated_K > 0.0 else ""
        others = ", ".join(found.not_told_from(one))
        rows.append((one.name, str(k + 1), _shown(one.at, found.values.unit), others, one.verdict, outside))
    return Texts(f"Samples side by side ({found.values.circuit})", headings, tuple(rows))


def _shown(one: Interval, unit: str) -> str:
    value, interval = format_estimate(one.value, (one.low, one.high), unit)
    return f"{value} ({interval})"


def _lower(found: ArchiveComparison) -> str:
    title = title_of(found.values.quantity)
    return title if title == found.values.quantity else title[0].lower() + title[1:]


def verdicts_of(found: ArchiveComparison, by: Collection[str]) -> list[str]:
    """Return the lines under the tables: who is first, exponents, what was left out."""
    lines = [_first(found)] if SAMPLE in by else []
    for one in found.scalings:
        lines.append(f"by {one.by}: {one.line}" if one.exponent is None else one.line)
        if one.scatter:
            lines.append(f"  {one.scatter}")
    return [*lines, *_left_out(found)]


def _first(found: ArchiveComparison) -> str:
    ranked = found.ranked
    if not ranked:
        return "no sample has a value at a common temperature"
    first = ranked[0]
    if len(ranked) == 1:
        return f"one sample alone has a value: {first.name}; whose memory: {first.verdict}"
    tied = found.not_told_from(first)
    most = "remembers longest" if found.values.unit == "s" else f"has the largest {_lower(found)}"
    if tied:
        names, whose = ", ".join([first.name, *tied]), _whose(found, 1 + len(tied))
        return f"which sample {most} is not told apart: {names}. Whose memory: {whose}"
    return f"{first.name} {most}, told apart from all others. Whose memory: {first.verdict}"


def _whose(found: ArchiveComparison, most: int) -> str:
    return "; ".join(f"{one.name}: {one.verdict}" for one in found.ranked[:most])


def _left_out(found: ArchiveComparison) -> list[str]:
    """Return what was not used, and why: nothing leaves without a word."""
    values = found.values
    lines = [f"{len(values.determined):,} of {len(values.values):,} values are used"]
    lines += [f"{n:,} not used as numbers: {why}" for why, n in sorted(found.undetermined.items())]
    contradicting = [one for one in found.samples if one.n_contradicting]
    lines += [
        f"{one.name}: {one.n_contradicting} one-sided values contradict the law of the others" for one in contradicting
    ]
    lines += [f"{n:,} runs without a value: {why}" for why, n in sorted(values.left_out.items())]
    if found.n_not_described:
        lines.append(
            f"{found.n_not_described:,} of the values used are of fits whose circuit does not describe the record"
        )
    return lines


def write_comparison(path: Path, found: ArchiveComparison, document: dict[str, Any]) -> None:
    """Write a comparison: all of it as JSON, or the values as CSV with the rank and law of their samples.

    Raises
    ------
    InputError
        If the name ends otherwise.
    RunFileError
        If it cannot be written.
    """
    check_output(path)
    try:
        with write_atomically(path) as making:
            if path.suffix.lower() == JSON:
                text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
                making.write_text(text, encoding="utf-8", newline="")
                return
            with making.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([_COLUMNS, *(_row(k, one, found) for k, one in enumerate(found.samples))])
    except OSError as error:
        raise RunFileError(f"{path} could not be written: {reason_of(error)}") from error


def check_output(path: Path) -> None:
    """Raise `InputError` if no comparison can be written to a path."""
    if path.suffix.lower() not in {CSV, JSON}:
        raise InputError(f"a comparison is written as {CSV} or {JSON}, not {path.name!r}", "--output")
    if not path.parent.is_dir():
        raise InputError("there is no such folder: make it first", str(path.parent))


_COLUMNS = (
    "rank", "sample", "quantity", "unit", "at_K", "value", "low", "high", "extrapolated_by_K", "not_told_from",
    "verdict", "runs", "values_used", "coldest_K", "warmest_K", "law", "E_a_eV", "E_a_low_eV", "E_a_high_eV",
    "vogel_gain_aicc", "why_no_value",
)  # fmt: skip


def _row(place: int, one: SampleFigures, found: ArchiveComparison) -> tuple[Any, ...]:
    at, law = one.at, one.activation
    ends = ("", "", "") if at is None else (at.value, at.low, at.high)
    energy = ("", "", "", "", "")
    activation = (
        energy
        if law is None
        else (law.law, law.energy_eV.value, law.energy_eV.low, law.energy_eV.high, law.vogel_gain_aicc)
    )
    return (
        "" if at is None else place + 1,
        one.name,
        found.values.quantity,
        found.values.unit,
        found.at_K,
        *ends,
        one.extrapolated_K,
        "; ".join(found.not_told_from(one)),
        one.verdict,
        one.n_runs,
        one.n_used,
        one.coldest_K,
        one.warmest_K,
        *activation,
        one.why_not,
    )
