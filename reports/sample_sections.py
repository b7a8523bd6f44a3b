"""Samples of an archive side by side, as `ionecho compare` finds them.

Which electrolyte remembers longest, and is it the bulk?
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from fitting.archive.comparison import ALL, SAMPLE, compare_archive
from fitting.archive.comparison_table import activation_texts, ranking_texts, verdicts_of
from fitting.archive.rows import FITTED
from fitting.archive.values import by_sample, values_of
from fitting.results.estimate import Estimate
from fitting.results.titles import title_of
from protocols import FitError, InputError, shortened
from reports.comparison_figures import interval_layers
from reports.content import Points, Row, Section, Table
from reports.figure import SERIES, Axis, Columns, Figure, Ink, Layer, Mark, Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fitting.archive.comparison import ArchiveComparison, SampleFigures
    from fitting.archive.comparison_table import Texts
    from fitting.archive.rows import Row as TableRow
    from reports.content import Block

_QUANTITY = "median_memory_time"
"""What samples are compared by."""
_LAW = 50
"""Points of a law over 1/T: Vogel's is smooth with them. Doubled, no smoother."""
_MOST_RANKED = 20
"""Samples that the figure of ranks has room for: a page. All are in the table."""
_LONGEST_NAME = 30
"""Longest name of a sample beside a figure (characters): a third of its width. Doubled, names take most of it."""
_RANK_MM, _FRAME_MM = 9.0, 16.0
"""Height of a sample in the figure of ranks, two lines of text, and of its axis (mm)."""
_NUMERIC = {"used", "K", "rank"}
"""Headings of columns that are set to the right."""


def compared_samples(rows: Sequence[TableRow], circuit: str) -> ArchiveComparison | None:
    """Return how samples compare by the fits of a circuit that describe their runs; None where there is too little.

    Parameters
    ----------
    rows : sequence of Row
        Of the table.
    circuit : str
    """
    described = [row for row in rows if row["status"] != FITTED or row.get("describes")]
    fitted = [row for row in rows if row["status"] == FITTED and row["circuit"] == circuit]
    n_missed = sum(not row.get("describes") for row in fitted)
    without = Counter({f"{circuit} does not describe them": n_missed} if n_missed else {})
    try:
        return compare_archive(values_of(described, _QUANTITY, circuit, without), ALL)
    except (FitError, InputError):  # no memory, or none that a record determines
        return None


def first_of(found: ArchiveComparison | None) -> str:
    """Return which sample remembers longest, in a sentence; empty where that is not known."""
    return verdicts_of(found, (SAMPLE,))[0] if found is not None and found.ranked else ""


def sample_sections(found: ArchiveComparison) -> list[Section]:
    """Return what a comparison shows: ranks, activation, what geometry and pulse change, what was left out."""
    ranks: list[Block] = [] if not found.ranked else [ranking_figure(found)]
    ranks.append(_table(ranking_texts(found), "These are the figures of ionecho compare, with the same circuit."))
    activation = activation_figure(found)
    blocks: list[Block] = [] if activation is None else [activation]
    scatter = "Run scatter: by how much runs of a sample differ by more than their own intervals say."
    blocks += [_table(activation_texts(found), scatter), Points(tuple(one.strip() for one in verdicts_of(found, ())))]
    return [
        Section("Which sample remembers longest", tuple(ranks)),
        Section("Memory by temperature, geometry and pulse", tuple(blocks)),
    ]


def _table(texts: Texts, caption: str) -> Table:
    """Return a table without the columns that say nothing."""
    kept = [k for k in range(len(texts.headings)) if k == 0 or any(row[k] for row in texts.rows)]
    headings = tuple(texts.headings[k] for k in kept)
    rows = tuple(Row(tuple(row[k] for k in kept)) for row in texts.rows)
    numeric = frozenset(k for k, heading in enumerate(headings) if heading in _NUMERIC)
    return Table(headings, rows, numeric, f"{texts.title}. {caption}")


def ranking_figure(found: ArchiveComparison) -> Figure:
    """Return the samples side by side, the one that remembers longest on top, with whose memory it is."""
    ranked = found.ranked[:_MOST_RANKED][::-1]
    columns = Columns()
    layers = [_ranked_layer(columns, found, place, one) for place, one in enumerate(ranked)]
    labels = tuple(f"{shortened(one.name, _LONGEST_NAME)}\nmemory of: {one.verdict}" for one in ranked)
    at = "" if found.at_K is None else f" at {found.at_K:g} K"
    panel = Panel(Axis(f"{_title(found)}{at}", found.values.unit, log=True), Axis("", labels=labels), tuple(layers))
    cut = f" The first {_MOST_RANKED} of {len(found.ranked)}." if len(found.ranked) > _MOST_RANKED else ""
    caption = (
        f"{title_of(found.values.quantity)}{at} of each sample by the law of its activation, with 95 % intervals"
        f" ({found.values.circuit}). Samples whose intervals overlap are not told apart.{cut}"
    )
    return Figure("ranking", caption, (panel,), columns.values, height_mm=_FRAME_MM + _RANK_MM * len(ranked))


def _ranked_layer(columns: Columns, found: ArchiveComparison, place: int, one: SampleFigures) -> Layer:
    at = one.at
    value, low, high = (np.nan, np.nan, np.nan) if at is None else (at.value, at.low, at.high)
    unit = found.values.unit
    x = columns.add(f"memory_time_{unit}", value)
    ends = (columns.add(f"memory_time_low_{unit}", low), columns.add(f"memory_time_high_{unit}", high))
    return Layer(Mark.POINTS, x, (columns.add("place", place),), _ink(found, one), across=ends)


def _ink(found: ArchiveComparison, one: SampleFigures) -> Ink:
    """Return the colour of a sample, one in all figures; after as many as there are they come again."""
    return SERIES[_number(found, one) % len(SERIES)]


def _number(found: ArchiveComparison, one: SampleFigures) -> int:
    return sorted(other.name for other in found.samples).index(one.name)


def _title(found: ArchiveComparison) -> str:
    title = title_of(found.values.quantity)
    return title[0].lower() + title[1:]


def activation_figure(found: ArchiveComparison) -> Figure | None:
    """Return memory times over 1000/T with the law of each sample; None where there is none."""
    if not any(one.activation is not None for one in found.samples):
        return None
    columns = Columns()
    layers: list[Layer] = []
    values, unit = by_sample(found.values.determined), found.values.unit
    is_named = len(found.samples) <= 2 * len(SERIES)
    for one in sorted(found.samples, key=lambda one: one.name):
        known = [value for value in values.get(one.name, ()) if value.temperature_K]
        if not known:
            continue
        kelvin = np.array([value.temperature_K for value in known], dtype=np.float64)
        times = [Estimate(_QUANTITY, unit, value.ends[0], value.ends[1:], True) for value in known]
        label = shortened(one.name, _LONGEST_NAME) if is_named else ""
        layers += interval_layers(
            columns, "memory_time", unit, x=1000.0 / kelvin, values=times, factor=np.ones_like(kelvin),
            ink=_ink(found, one), label=label,
        )  # fmt: skip
        if one.activation is not None and one.coldest_K and one.warmest_K:
            over = np.linspace(one.coldest_K, one.warmest_K, _LAW)
            law = [one.value_at(float(T), unit) for T in over]
            mark = Mark.LINE if _number(found, one) < len(SERIES) else Mark.DASHED
            x = columns.add("law_1000_over_T", 1000.0 / over)
            layers.append(Layer(mark, x, (columns.add(f"law_{unit}", law),), _ink(found, one)))
    panel = Panel(Axis("1000 K / T", ""), Axis(_title(found), unit, log=True), tuple(layers))
    caption = (
        f"{title_of(found.values.quantity)} of each run that {found.values.circuit} describes, with 95 % intervals, and"
        " the law of each sample."
    )
    return Figure("memory_times", caption, (panel,), columns.values, height_mm=84.0)
