"""Figures of one run: protocol, record, responses to edges, fit and residual, memory, spectrum, impedance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from daq.files.run_views import thinned
from fitting.constants import Z95
from fitting.interpretation.conduction_spectrum import ConductionSpectrum
from fitting.interpretation.friction import fitted_of
from fitting.reduction.commanded import commanded
from fitting.reduction.control import controlled
from fitting.reduction.prediction import cursor_over, predict
from fitting.reduction.sampled_edges import edges_of
from fitting.study_options import StudyOptions
from protocols import FitError, format_quantity
from reports.figure import SERIES, SINGLE_MM, Axis, Columns, Figure, Ink, Layer, Mark, Panel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from daq import Run
    from fitting.records.record import Record
    from fitting.reduction.nuisance import Nuisance
    from fitting.results.fit_result import FitResult
    from fitting.study import Study
    from fitting.transforms.laplace import Complexes
    from protocols import PulseSequence, Sample
    from reports.figure import Floats

_DRAWN = 4000
"""Points of a curve over time: at 178 mm a printer of 600 dpi has 4200 columns. Doubled, nothing looks otherwise."""
_STRETCHES = 300
"""Stretches of a residual: each some points of a printed page wide. Doubled, points lie over each other."""
_BLOCK = 100_000
"""Samples that are walked at a time: some megabytes. Doubled, no faster."""
_MOST_EDGES = len(SERIES)
"""Edges whose responses are drawn over each other: as many as there are colours."""
_BINS_PER_DECADE = 24
"""Means of samples a decade after an edge; doubled, early means hold no more samples, and later ones scatter more."""
_FEWEST_OF_RESPONSE = 8
"""Means without which the response to an edge is not drawn."""
_WIDEST = 100.0
"""Factor at which a band of a conductivity is cut: what is less sure than that leaves no curve to be seen."""
_FREQUENCIES_PER_DECADE = 12
"""Frequencies of an impedance: its arcs look round. Doubled, no rounder."""


def protocol_figure(sequence: PulseSequence, caption: str, *, unit: str = "V") -> Figure:
    """Return the picture of a commanded sequence: its levels and ramps over time."""
    ends = np.append(sequence.times_s[1:], sequence.duration_s)
    t = np.column_stack([sequence.times_s, ends]).ravel()
    level = np.column_stack([sequence.start_V, sequence.end_V]).ravel()
    lead = 0.02 * sequence.duration_s
    t = np.concatenate([[-lead, 0.0], t, [sequence.duration_s, sequence.duration_s + lead]])
    level = np.concatenate([[sequence.rest_V] * 2, level, [sequence.rest_V] * 2])
    quantity = "voltage" if unit == "V" else "current"
    columns = Columns()
    layer = Layer(Mark.LINE, columns.add("time_s", t), (columns.add(f"{quantity}_{unit}", level),), Ink.VOLTAGE)
    panel = Panel(Axis("time", "s"), Axis(quantity, unit), (layer,))
    return Figure("protocol", caption, (panel,), columns.values, height_mm=44.0)


def record_figure(run: Run) -> Figure:
    """Return voltage and current over time, as they were measured."""
    columns = Columns()
    panels = []
    for quantity, values, unit, ink, height in (
        ("voltage", run.voltage_V, "V", Ink.VOLTAGE, 1.0),
        ("current", run.current_A, "A", Ink.FIRST, 1.8),
    ):
        t, thin = thinned(run.t_s, values, _DRAWN)
        x, y = columns.add(f"{quantity}_time_s", t), columns.add(f"{quantity}_{unit}", thin)
        panels.append(Panel(Axis("time", "s"), Axis(quantity, unit), (Layer(Mark.LINE, x, (y,), ink),), height))
    kept = "" if run.n_samples <= _DRAWN else "; of each stretch of samples the least and the greatest are drawn"
    caption = f"Voltage and current as measured, {run.n_samples:,} samples{kept}."
    return Figure("record", caption, tuple(panels), columns.values, height_mm=82.0)


@dataclass(frozen=True, eq=False)
class FittedRun:
    """Run and its kept fit: what the cell answered, and what the fit makes of it.

    Attributes
    ----------
    record : Record
        With the edges that the fit took.
    study : Study
    answer, fitted : ndarray, shape (n,)
        Amperes; volts where the current was controlled. NaN where the fit left a sample out.
    """

    record: Record
    study: Study
    answer: Floats
    fitted: Floats

    @classmethod
    def of(cls, run: Run, study: Study) -> FittedRun:
        """Return a run with what its kept fit makes of every sample."""
        options = (study.provenance or {}).get("options")
        drive = StudyOptions.from_document(options).drive if options else None
        record: Record = run if drive is None else commanded(run, drive)
        answering, _ = controlled(record, study.result.terms)
        is_used = (np.asarray(answering.status) == 0) & _is_clear(record, study.result)
        answer = np.where(is_used, np.asarray(answering.current_A), np.nan)
        return cls(record, study, answer, predict(record, study.result))

    @property
    def result(self) -> FitResult:
        """The fit."""
        return self.study.result

    @property
    def quantity(self) -> str:
        """What answered."""
        return "current" if self.result.unit == "A" else "voltage"

    def edges_s(self) -> Floats:
        """Return when the drive jumped (s), as the fit took it."""
        return _edges(self.record, self.result.terms)


def _is_clear(record: Record, result: FitResult) -> NDArray[np.bool_]:
    """Return which samples have no edge within, shape (n,): the fit leaves the others out."""
    record, terms = controlled(record, result.terms)
    own = np.ascontiguousarray(record.t_s)
    times = terms.times_of_drive(own, float(own[0]))
    volts = np.ascontiguousarray(record.voltage_V)
    interval_s = float(np.median(np.diff(times[:_BLOCK])))
    cursor = cursor_over(record, result.rates[:2], terms, interval_s)  # of any modes: only edges matter
    clear = [
        cursor.rows(times[first : first + _BLOCK], volts[first : first + _BLOCK])[1]
        for first in range(0, len(times), _BLOCK)
    ]
    return np.concatenate(clear)


def _edges(record: Record, terms: Nuisance) -> Floats:
    record, terms = controlled(record, terms)
    if record.drive is not None:
        return np.asarray(record.drive.jumps()[0])
    found = edges_of(record, terms)
    return np.empty(0) if found is None else np.asarray(found.after_s)


def response_figure(fitted: FittedRun) -> Figure | None:
    """Return the answer since each edge over the logarithm of time; None without an edge that has enough samples."""
    t, unit = np.asarray(fitted.record.t_s), fitted.result.unit
    edges = fitted.edges_s()
    edges = edges[(edges >= t[0]) & (edges < t[-1])]
    columns = Columns()
    layers: list[Layer] = []
    for edge, end in zip(edges, np.append(edges[1:], np.inf), strict=True):
        first, last = np.searchsorted(t, (edge, end))
        means = _log_means(t[first:last] - edge, fitted.answer[first:last], fitted.fitted[first:last])
        if len(means[0]) < _FEWEST_OF_RESPONSE:
            continue
        ink = SERIES[len(layers) // 2]
        x = columns.add("since_edge_s", means[0])
        at = f"edge at {format_quantity(edge, 's')}"
        layers.append(Layer(Mark.POINTS, x, (columns.add(f"{fitted.quantity}_{unit}", means[1]),), ink, at))
        layers.append(Layer(Mark.LINE, x, (columns.add(f"fitted_{unit}", means[2]),), ink))
        if len(layers) >= 2 * _MOST_EDGES:
            break
    if not layers:
        return None
    panel = Panel(Axis("time since the edge", "s", log=True), Axis(fitted.quantity, unit), tuple(layers))
    more = "" if len(layers) // 2 == len(edges) else f" The first {len(layers) // 2} of {len(edges)} edges."
    caption = (
        f"{fitted.quantity.capitalize()} since each edge of the drive: means of samples (points), {_BINS_PER_DECADE} a"
        f" decade, and the fit averaged alike (lines).{more}"
    )
    return Figure("response", caption, (panel,), columns.values, height_mm=70.0)


def _log_means(since_s: Floats, answer: Floats, fitted: Floats) -> tuple[Floats, Floats, Floats]:
    """Return means of samples that lie in the same bin of log time: time, answer, fit."""
    good = (since_s > 0.0) & np.isfinite(answer)
    since_s, answer, fitted = since_s[good], answer[good], fitted[good]
    bins = np.floor(_BINS_PER_DECADE * np.log10(since_s)).astype(np.int64)
    _, place, count = np.unique(bins, return_inverse=True, return_counts=True)
    totals = [np.bincount(place, weights=one) for one in (np.log(since_s), answer, fitted)] if len(bins) else [bins] * 3
    log_t, mean, of_fit = (one / count for one in totals)
    return np.exp(log_t), mean, of_fit


def fit_figure(fitted: FittedRun) -> Figure:
    """Return measured and fitted answer over time, and below it the residual in deviations of a sample."""
    t, unit, noise = np.asarray(fitted.record.t_s), fitted.result.unit, fitted.result.noise_A
    columns = Columns()
    measured = Layer(
        Mark.LINE, *_thin(columns, "measured", t, fitted.answer, f"{fitted.quantity}_{unit}"), Ink.CURRENT, "measured"
    )
    line = Layer(Mark.DASHED, *_thin(columns, "fitted", t, fitted.fitted, f"fitted_{unit}"), Ink.FIT, "fitted")
    scale, of, shown = (noise, "of_noise", "") if noise > 0.0 else (1.0, unit, unit)
    left, told = _residual_layers(columns, t, (fitted.answer - fitted.fitted) / scale, of)
    panels = (
        Panel(Axis("time", "s"), Axis(fitted.quantity, unit), (measured, line), 1.5),
        Panel(Axis("time", "s"), Axis("residual / noise" if noise > 0.0 else "residual", shown), left),
    )
    in_units = f", in units of the noise of a sample ({format_quantity(noise, unit)})" if noise > 0.0 else ""
    caption = f"Measured and fitted {fitted.quantity}, and what the fit leaves{in_units}: {told}."
    return Figure("fit", caption, panels, columns.values, height_mm=92.0)


def _residual_layers(columns: Columns, t: Floats, residual: Floats, of: str) -> tuple[tuple[Layer, ...], str]:
    """Return what is drawn of a residual, and what that is: each sample of few; of many their range and their means."""
    good = np.isfinite(residual)
    t, residual = t[good], residual[good]
    zero = columns.add("zero", [0.0])
    if len(t) <= _STRETCHES:
        x = columns.add("residual_time_s", t)
        points = Layer(Mark.POINTS, x, (columns.add(f"residual_{of}", residual),), Ink.CURRENT)
        return (Layer(Mark.LEVEL, x, (zero,), Ink.FIT), points), "each sample"
    starts = np.unique(np.linspace(0, len(t), _STRETCHES, endpoint=False).astype(np.int64))
    count = np.diff(np.append(starts, len(t)))
    x = columns.add("residual_time_s", np.add.reduceat(t, starts) / count)
    low = columns.add(f"least_residual_{of}", np.minimum.reduceat(residual, starts))
    high = columns.add(f"greatest_residual_{of}", np.maximum.reduceat(residual, starts))
    mean = columns.add(f"scaled_mean_residual_{of}", np.add.reduceat(residual, starts) / np.sqrt(count))
    layers = (
        Layer(Mark.BAND, x, (low, high), Ink.CURRENT),
        Layer(Mark.LEVEL, x, (zero,), Ink.CURRENT),
        Layer(Mark.POINTS, x, (mean,), Ink.FIT),
    )
    each = f"{int(np.median(count)):,}"
    return layers, f"the range of each {each} samples (grey), and their mean times √{each}, ±1 if it is white (points)"


def _thin(columns: Columns, what: str, t: Floats, values: Floats, name: str) -> tuple[str, tuple[str]]:
    x, y = thinned(t, values, _DRAWN)
    return columns.add(f"{what}_time_s", x), (columns.add(name, y),)


def memory_figure(result: FitResult) -> Figure | None:
    """Return W(t) with its 95 % band; None for a circuit without a hopping conductor."""
    band = result.band
    if band is None:
        return None
    columns = Columns()
    t = columns.add("time_s", band.t_s)
    low, high = columns.add("W_low", band.lowest), columns.add("W_high", band.highest)
    layers = (
        Layer(Mark.BAND, t, (low, high), Ink.MEMORY, "95 %"),
        Layer(Mark.LINE, t, (columns.add("W", band.W),), Ink.MEMORY, "fitted"),
    )
    panel = Panel(Axis("time after a step", "s", log=True), Axis("W(t)", "", low=0.0, high=1.03), layers)
    caption = (
        "Conductance of the bulk since a step, as a share of its first value: W(t), over the window of the record."
    )
    return Figure("memory", caption, (panel,), columns.values, height_mm=62.0, width_mm=SINGLE_MM)


def conduction_figure(result: FitResult, sample: Sample) -> Figure | None:
    """Return the conductivity (conductance, where the geometry is not known) of the hopping conductor."""
    if result.model.bulk is None:
        return None
    try:
        fitted = fitted_of(result)
        spectrum = ConductionSpectrum(fitted)
        seen = spectrum.seen
        log_G = np.log(spectrum.admittance(fitted.u).real[seen])
        spread = Z95 * fitted.deviation(fitted.gradient(lambda u: np.log(spectrum.admittance(u).real[seen])))
    except FitError:
        return None
    is_cut = bool(np.any(spread > np.log(_WIDEST)))
    spread = np.minimum(spread, np.log(_WIDEST))
    per_siemens, quantity, unit = 1.0, "conductance", "S"
    if sample.thickness_m and sample.area_m2:
        per_siemens, quantity, unit = sample.thickness_m / sample.area_m2, "conductivity", "S/m"
    columns = Columns()
    f = columns.add("frequency_Hz", spectrum.omega[seen] / (2.0 * np.pi))
    name = f"{quantity}_{unit.replace('/', '_')}"
    ends = tuple(columns.add(f"{name}_{k}", per_siemens * np.exp(log_G + sign * spread)) for k, sign in _ENDS)
    line = columns.add(name, per_siemens * np.exp(log_G))
    layers = (Layer(Mark.BAND, f, ends, Ink.MEMORY), Layer(Mark.LINE, f, (line,), Ink.MEMORY))
    panel = Panel(Axis("frequency", "Hz", log=True), Axis(quantity, unit, log=True), layers)
    cut = f" The band is cut at a factor of {_WIDEST:g}." if is_cut else ""
    caption = (
        f"{quantity.capitalize()} of the fitted hopping conductor alone, real part, with its 95 % band, over the"
        f" frequencies that the record tells of.{cut}"
    )
    return Figure("conduction", caption, (panel,), columns.values, height_mm=62.0, width_mm=SINGLE_MM)


_ENDS = (("low", -1.0), ("high", 1.0))
"""Sides of a band, and which way they lie."""


def impedance_figures(result: FitResult) -> tuple[Figure, Figure]:
    """Return the impedance of the fitted cell over the frequencies that the record tells of: Nyquist, and Bode."""
    low, high = 1.0 / (2.0 * np.pi * result.window_s[1]), 1.0 / (2.0 * np.pi * result.window_s[0])
    f = np.geomspace(low, high, max(int(_FREQUENCIES_PER_DECADE * np.log10(high / low)), 2) + 1)
    Z = 1.0 / result.model.admittance(np.asarray(2j * np.pi * f, dtype=np.complex128), result.theta, seen=False)
    return nyquist_figure(f, Z), bode_figure(f, Z)


def nyquist_figure(f: Floats, Z: Complexes) -> Figure:
    """Return the impedance of a fitted cell in the plane."""
    columns = Columns()
    columns.add("frequency_Hz", f)
    x, y = columns.add("re_Z_ohm", Z.real), columns.add("minus_im_Z_ohm", -Z.imag)
    panel = Panel(Axis("Re Z", "ohm"), Axis("−Im Z", "ohm"), (Layer(Mark.LINE, x, (y,), Ink.FIRST),), equal=True)
    caption = "Impedance of the fitted cell in the plane, over the frequencies that the record tells of."
    return Figure("nyquist", caption, (panel,), columns.values, height_mm=62.0, width_mm=SINGLE_MM)


def bode_figure(f: Floats, Z: Complexes) -> Figure:
    """Return size and phase of the impedance of a fitted cell."""
    columns = Columns()
    x = columns.add("frequency_Hz", f)
    size, phase = columns.add("abs_Z_ohm", np.abs(Z)), columns.add("phase_deg", np.degrees(np.angle(Z)))
    axis = Axis("frequency", "Hz", log=True)
    panels = (
        Panel(axis, Axis("|Z|", "ohm", log=True), (Layer(Mark.LINE, x, (size,), Ink.FIRST),), 1.4),
        Panel(axis, Axis("phase (°)", ""), (Layer(Mark.LINE, x, (phase,), Ink.SECOND),)),
    )
    caption = "The same by frequency: size and phase."
    return Figure("bode", caption, panels, columns.values, height_mm=62.0, width_mm=SINGLE_MM)
