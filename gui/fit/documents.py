"""Documents of fits that are not studies of one run: families, profiles, diagnoses, comparisons.

Each becomes rows and curves that a page shows. Without Qt; called in a worker thread.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gui.common.language import tr
from protocols import format_estimate, format_quantity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Document = Mapping[str, Any]

_LENGTHS = ((1e-3, "mm"), (1e-6, "µm"), (0.0, "nm"))
"""Units of thicknesses, each with the least (m) of those that are told in it: layers, tapes and pellets."""
_METRES = {"mm": 1e-3, "µm": 1e-6, "nm": 1e-9}
"""Their lengths."""


@dataclass(frozen=True)
class Listing:
    """A table with a sentence above it.

    Attributes
    ----------
    sentence : str
        What the table says, in one line.
    headings : tuple of str
    rows : tuple of tuple of str
    doubted : tuple of bool
        Rows that must not be used.
    notes : tuple of str
        What to know of it.
    """

    sentence: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    doubted: tuple[bool, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trial:
    """What an option leaves, tried.

    Attributes
    ----------
    option : str
    left : str
        Residual, or why there is no such fit.
    is_described : bool
        Whether the circuit then describes the record.
    """

    option: str
    left: str
    is_described: bool


@dataclass(frozen=True)
class DiagnosisView:
    """What explains what a fit leaves.

    Attributes
    ----------
    circuit, sentence : str
    causes : Listing
    trials : tuple of Trial
    """

    circuit: str
    sentence: str
    causes: Listing
    trials: tuple[Trial, ...]


@dataclass(frozen=True)
class ProfileView:
    """How much worse the best fit is with a parameter held.

    Attributes
    ----------
    circuit, name, unit, sentence : str
    values, deviations : tuple of float
    limit : float
        Deviations at the ends of the interval.
    value : float
    """

    circuit: str
    name: str
    unit: str
    sentence: str
    values: tuple[float, ...]
    deviations: tuple[float, ...]
    limit: float
    value: float


@dataclass(frozen=True)
class Points:
    """A quantity over another one, with intervals, and the line through it.

    Attributes
    ----------
    title, x_title, y_title : str
    x_unit, y_unit : str
        Of what the logarithms are of: a unit of length, or none where `x` is no logarithm; an SI unit.
    x, y, low, high : tuple of float
        As drawn: both axes are straight in these.
    line_x, line_y : tuple of float
        Ends of the line; empty without one.
    sentence : str
        What the line says.
    """

    title: str
    x_title: str
    y_title: str
    x_unit: str
    y_unit: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    line_x: tuple[float, ...] = ()
    line_y: tuple[float, ...] = ()
    sentence: str = ""


@dataclass(frozen=True, eq=False)
class ImpedanceView:
    """A measured impedance and the fitted one.

    Attributes
    ----------
    title : str
    frequency_Hz : ndarray, shape (n,)
    measured_ohm, fitted_ohm : ndarray of complex128, shape (n,)
    curve_Hz, curve_ohm : ndarray, shape (m,)
        The fitted one between the measured frequencies too.
    """

    title: str
    frequency_Hz: NDArray[np.float64]
    measured_ohm: NDArray[np.complex128]
    fitted_ohm: NDArray[np.complex128]
    curve_Hz: NDArray[np.float64]
    curve_ohm: NDArray[np.complex128]


@dataclass(frozen=True)
class SeveralView:
    """What several runs, or a spectrum, say.

    Attributes
    ----------
    sentence : str
    is_good : bool
        Whether nothing speaks against the figures.
    listings : tuple of Listing
    plots : tuple of Points
    remarks : tuple of str
        What to know before any figure is used.
    spectra : tuple of ImpedanceView
        Measured and fitted impedances.
    """

    sentence: str
    is_good: bool
    listings: tuple[Listing, ...]
    plots: tuple[Points, ...] = ()
    remarks: tuple[str, ...] = ()
    spectra: tuple[ImpedanceView, ...] = ()


def as_sentence(text: str) -> str:
    """Return a text with a capital letter and a full stop."""
    return text[:1].upper() + text[1:] + "." * (not text.endswith((".", "!", "?")))


def _shown(document: Document) -> tuple[str, str]:
    """Return value and interval of a figure in a document."""
    value, ends = document["value"], document.get("ci95", (None, None))
    if value is None or not math.isfinite(value):
        return "–", "–"
    shown, interval = format_estimate(value, (ends[0], ends[1]), document.get("unit", ""))
    return document.get("bound") or shown, interval


def figures_listing(sentence: str, figures: Document, notes: Sequence[str] = ()) -> Listing:
    """Return figures of a document as a table."""
    from fitting.results.titles import title_of

    rows = tuple((title_of(name), *_shown(one), one.get("note", "")) for name, one in figures.items())
    doubted = tuple(not one.get("determined", True) for one in figures.values())
    return Listing(sentence, (tr("Figure"), tr("Value"), tr("95 %"), tr("Note")), rows, doubted, tuple(notes))


def families_of(document: Document) -> Listing:
    """Return a ranking: circuits, the best first."""
    ranking = document["ranking"]
    best = ranking[0]["model"]
    decided = (
        tr("{best} describes this record decidedly best.")
        if document["decided"]
        else tr("{best} comes first, but the first ones are too close to decide.")
    )
    rows = []
    for one in ranking:
        unit = "V" if "rms_residual_V" in one else "A"
        left = format_quantity(one[f"rms_residual_{unit}"], unit, 3)
        white = one["whiteness"]
        rows.append(
            (
                one["model"],
                f"{one['delta_aicc']:.4g}",
                f"{100.0 * one['weight']:.3g} %",
                "–" if white is None else f"{white:.3g}",
                left,
                str(one["free_parameters"]),
                ", ".join(one["not_determined"]) or tr("all determined"),
            )
        )
    headings = (
        tr("Model"),
        tr("AICc behind"),
        tr("Weight"),
        tr("Whiteness"),
        tr("Residual"),
        tr("Free"),
        tr("Not determined"),
    )
    return Listing(decided.format(best=best), headings, tuple(rows))


def diagnosis_of(document: Document) -> DiagnosisView:
    """Return a diagnosis: causes, the likeliest first, and what each option leaves."""
    unit = "V" if "residual_V" in document else "A"
    left, noise = (format_quantity(document[f"{name}_{unit}"], unit, 3) for name in ("residual", "noise"))
    sentence = tr("{circuit} leaves {left} a sample; neighbouring samples scatter by {noise}.").format(
        circuit=document["circuit"], left=left, noise=noise
    )
    causes = document["causes"]
    rows = tuple((as_sentence(one["text"]), f"{100.0 * one['share']:.0f} %", one["remedy"]) for one in causes)
    first = tr("Likely causes, the likeliest first:") if rows else tr("Nothing but noise is left.")
    listing = Listing(first, (tr("Cause"), tr("Explains"), tr("What would help")), rows)
    trials = tuple(
        Trial(
            one["option"],
            one["problem"] or format_quantity(one.get(f"residual_{unit}") or 0.0, unit, 3),
            one["is_described"],
        )
        for one in document["trials"]
    )
    return DiagnosisView(document["circuit"], sentence, listing, trials)


def profile_of(document: Document) -> ProfileView:
    """Return a profile."""
    value, interval = _shown(document)
    sentence = tr("{name}: {value} (95 %: {interval}).").format(name=document["name"], value=value, interval=interval)
    if not document["determined"]:
        sentence += " " + as_sentence(document["note"])
    return ProfileView(
        document["model"],
        document["name"],
        document["unit"],
        sentence,
        tuple(document["values"]),
        tuple(document["deviations"]),
        document["limit"],
        document["value"],
    )


def comparison_of(document: Document) -> SeveralView:
    """Return a comparison of runs by thickness and temperature."""
    from fitting.interpretation.places import format_length

    runs = document["runs"]
    rows, doubted = [], []
    for one in runs:
        thickness, kelvin = one["thickness_m"], one["temperature_K"]
        time, conductance = one["median_memory_time"], one["steady_conductance"]
        rows.append(
            (
                one["run"],
                "–" if thickness is None else format_length(thickness),
                "–" if kelvin is None else f"{kelvin:g} K",
                "{} ({})".format(*_shown(time)),
                "{} ({})".format(*_shown(conductance)),
            )
        )
        doubted.append(not time["determined"])
    headings = (tr("Run"), tr("Thickness"), tr("Temperature"), tr("Median memory time"), tr("Steady conductance"))
    evidence = [as_sentence(one) for one in document["evidence"]]
    notes = [
        *evidence[1:],
        *(
            as_sentence(one["text"])
            for key in ("linearity", "ohms_law")
            if (one := document.get(key)) and "text" in one
        ),
    ]
    listing = Listing(tr("Each run, fitted alone"), headings, tuple(rows), tuple(doubted), tuple(notes))
    sentence = next((one for one in evidence if "~" in one or "hops" in one), evidence[0] if evidence else "")
    return SeveralView(sentence, not any(doubted), (listing,), _comparison_plots(document))


def _comparison_plots(document: Document) -> tuple[Points, ...]:
    runs, lines = document["runs"], document.get("lines", {})
    plots = []
    if len({one["thickness_m"] for one in runs} - {None}) > 1:
        plots.append(_points(runs, "thickness_m", "median_memory_time", lines.get("time_by_thickness")))
    if len({one["temperature_K"] for one in runs} - {None}) > 1:
        plots.append(_points(runs, "temperature_K", "median_memory_time", lines.get("time_by_temperature")))
        plots.append(_points(runs, "temperature_K", "steady_conductance", lines.get("conductance_by_temperature")))
    return tuple(plots)


def _points(runs: Sequence[Document], by: str, what: str, line: Document | None) -> Points:
    """Return a figure over thickness (both logarithmic) or over 1000 / T (the figure logarithmic)."""
    is_thickness = by == "thickness_m"
    titles = {
        "median_memory_time": (tr("Median memory time"), "s"),
        "steady_conductance": (tr("Steady conductance"), "S"),
    }
    y_title, y_unit = titles[what]
    there = [one for one in _alike(runs, by) if one[by] and (one[what]["value"] or 0.0) > 0.0]

    least = min((one[by] for one in there), default=0.0)
    length = next(unit for bound, unit in _LENGTHS if least >= bound)

    def place(value: float) -> float:
        return math.log10(value / _METRES[length]) if is_thickness else 1000.0 / value

    y = [math.log10(one[what]["value"]) for one in there]
    ends = [[_log_or(end, level) for end in one[what]["ci95"]] for one, level in zip(there, y, strict=True)]
    along = ((), ()) if line is None else (tuple(line["at"]), tuple(line["value"]))
    return Points(
        tr("By thickness") if is_thickness else tr("By temperature"),
        tr("Thickness") if is_thickness else tr("1000 K / temperature"),
        y_title,
        length if is_thickness else "",
        y_unit,
        tuple(place(one[by]) for one in there),
        tuple(y),
        tuple(low for low, _ in ends),
        tuple(high for _, high in ends),
        tuple(map(place, along[0])),
        tuple(math.log10(one) for one in along[1]),
        "" if line is None else line["text"],
    )


def _alike(runs: Sequence[Document], by: str) -> list[Document]:
    """Return the runs that differ in one condition only: of those alike in the other, most differ in this one."""
    other = "temperature_K" if by == "thickness_m" else "thickness_m"
    groups = [[one for one in runs if one[other] == value] for value in {one[other] for one in runs}]
    return max(groups, key=lambda group: len({one[by] for one in group}), default=[])


def _log_or(end: float | None, level: float) -> float:
    return math.log10(end) if end is not None and end > 0.0 else level
