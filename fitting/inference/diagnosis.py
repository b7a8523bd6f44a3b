"""Diagnosis: which disturbance explains what a fit leaves of a record, how surely, and what would take it out.

A score test for each (Rao, Math. Proc. Camb. Phil. Soc. 44, 50 (1948)): its columns beside those of the cell, and the
chi-square that they take out of the residual. Causes are compared by Schwarz's criterion, half the chi-square less half
a logarithm of the number of samples for each column (Ann. Stat. 6, 461 (1978)). What is no column (a sine, spikes,
steps of the converter, uneven times) is found from the residual itself and compared on the same scale.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.inference.disturbances import CauseKind, Disturbances, Group
from fitting.inference.repeats import RepeatChange, repeat_change
from fitting.reduction.control import controlled, in_words_of, named_for
from fitting.reduction.nuisance import CURRENT
from fitting.reduction.prediction import predict
from protocols import format_quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from fitting.inference.solution import Solution
    from fitting.records.record import Record
    from fitting.transforms.laplace import Floats

LIKELY = 10.0
"""Logarithm of the odds from which a cause is named: 22,000 to 1. Doubled, causes of five deviations go unnamed."""
_FAR = 6.0
"""Deviations from which a sample is a spike: of 1e8 normal ones none. Doubled, spikes of ten deviations are noise."""
_FEW = 0.01
"""Largest share of the samples that can be spikes: more are another distribution."""
_NORMAL = 1.4826
"""Deviation of normal noise over its median size."""
_MAINS = (50.0, 60.0)
"""Frequencies of the mains (Hz): IEC 60038."""
_NEAR = 0.01
"""Share within which a sine has the frequency of the mains: nets hold theirs to a thousandth, clocks of instruments
to less."""
_SLOWEST_HUM = 10
"""Turns over the record from which a sine is hum and not a baseline."""
_BAND = 40
"""Places of a spectrum to either side of a line that it is measured against. Doubled, nothing changes."""
_ABOVE_BAND = 30.0
"""Power of a line over the median beside it: of noise a chance of 1e-9 at each place."""
_MOST_SPARSE = 4
"""Missing samples for each that is there, beyond which no spectrum is taken."""
_FEWEST_SPIKES = 3
"""Spikes that are some: one or two may be the sample at an edge."""
_SHOWN = 6
"""Causes that are shown: columns overlap, so that one disturbance has several names."""
_WORTH_READING = 0.02
"""Share of the misfit from which a further cause is shown."""
_MOST_SAMPLES = 100_000
"""Samples that are asked, evenly over a longer record: a second. Doubled, two, and the same causes."""
_JUMP, _MOST_JUMPS, _AFTER_JUMP = 0.5, 100, 400
"""Share of the largest step from which one is a jump, how many jumps are looked at, and samples after each that are
asked: what clocks and ammeters do shows there. Doubled, nothing changes but the time."""
_EXACT = 1e-12
"""Smallest noise, as a share of the current: rounding."""
_NOTHING = 1e-9
"""Share of a column beyond the cell's own columns below which it is rounding."""
_RANK = 1e-9
"""Share of the largest direction below which columns are mixtures of each other."""
_MOST_UNEVEN = 0.5
"""Deviation of uneven times, in sampling intervals, up to which it is asked. Doubled, every late current is uneven."""
_STUCK = 5
"""Samples with the largest current exactly, from which it is clipped."""
_COARSE = 2.0
"""Steps of the converter, in deviations of the noise, from which they show. Below that the noise rounds them off."""

# Where a record tells two causes apart by next to nothing: times are wrong more often than ammeters are slow.
_PRIOR = {CauseKind.DELAY: 3.0}
_REMEDIES: dict[CauseKind, str] = {
    CauseKind.EDGE_PLACES: "fit the run itself, not its reduction: each jump then gets a place of its own",
    CauseKind.DELAY: "--delay fit",
    CauseKind.LAG: "@Lag1 behind the circuit",
    CauseKind.CLOCK: "--clock fit",
    CauseKind.DRIFT: "--drift",
    CauseKind.BASELINE: "--baseline smooth",
    CauseKind.HISTORY: "--before unknown",
    CauseKind.AGEING: "fit the first and the last part of the record by themselves",
    CauseKind.NONLINEAR_EVEN: "smaller pulses",
    CauseKind.NONLINEAR_ODD: "smaller pulses",
    CauseKind.RANGE_STEP: "record in one range of the ammeter",
    CauseKind.CLIPPING: "a larger range of the ammeter; flag the clipped samples",
    CauseKind.RELAXATION: "another element in the circuit",
    CauseKind.HUM: "find its source; filter it out before the fit",
    CauseKind.SPIKES: "--robust",
    CauseKind.QUANTISATION: "a smaller range of the ammeter",
    CauseKind.JITTER: "let the instrument time the samples",
    CauseKind.COLOURED_NOISE: "fit the run itself: such noise is whitened where it is short",
}
_WORDS: dict[CauseKind, str] = {
    CauseKind.EDGE_PLACES: "the jumps of the voltage lie each at a place of its own between two samples",
    CauseKind.DELAY: "the current is late by some {delay_s:quantity s} (early if negative)",
    CauseKind.LAG: "the ammeter is slow, by some {lag_s:quantity s}",
    CauseKind.CLOCK: "the samples' clock runs some {ppm:.0f} ppm faster than the drive's (slower if negative)",
    CauseKind.DRIFT: "the offset drifts",
    CauseKind.BASELINE: "a slow baseline lies under the current",
    CauseKind.HISTORY: "the cell was not at rest when the record began",
    CauseKind.AGEING: "the current per volt changes in the course of the record",
    CauseKind.NONLINEAR_EVEN: "the conductance depends on the sign of the voltage",
    CauseKind.NONLINEAR_ODD: "the conductance depends on the size of the voltage",
    CauseKind.RANGE_STEP: "gain or offset differ above {above_A:quantity A}, as in another range of the ammeter",
    CauseKind.CLIPPING: "{n_samples:,.0f} samples stand at {at_A:quantity A}: the current is clipped there",
    CauseKind.RELAXATION: "there is another relaxation, of about {tau_s:quantity s}",
    CauseKind.HUM: "a sine of {frequency_Hz:.4g} Hz and {amplitude_A:quantity A}",
    CauseKind.SPIKES: "{n_samples:,.0f} samples lie far off",
    CauseKind.QUANTISATION: "the converter's steps of {step_A:quantity A} are coarser than the noise",
    CauseKind.JITTER: "the scatter follows the slope of the current: samples are off by {intervals:.2g} intervals",
    CauseKind.COLOURED_NOISE: "noise carries on from sample to sample (correlation {correlation:.2g})",
}


@dataclass(frozen=True)
class Cause:
    """What may be wrong.

    Attributes
    ----------
    kind : CauseKind
    log_odds : float
        By Schwarz's criterion, against nothing being wrong.
    share : float
        Of the residual beyond the noise that it explains, 0 to 1.
    values : mapping of str to float
        Figures of it, SI.
    shift : ndarray, shape (k,), or None
        By how much the unknowns of the fit (on the line) would move beside it; None where that is not known.
    control : str
        Which quantity the instrument controlled; see `Nuisance.control`.
    group : Group or None
        Columns that it was found by; None where it was found in the residual itself.
    """

    kind: CauseKind
    log_odds: float
    share: float
    values: Mapping[str, float] = field(default_factory=dict)
    shift: Floats | None = field(default=None, compare=False)
    control: str = ""
    group: Group | None = None

    @property
    def mains_Hz(self) -> float | None:
        """Frequency of the mains that it is a hum of."""
        frequency_Hz = self.values.get("frequency_Hz", 0.0)
        return next((net for net in _MAINS if abs(frequency_Hz / net - 1.0) < _NEAR), None)

    @property
    def remedy(self) -> str:
        """What would take it out."""
        if self.kind is CauseKind.HUM and self.mains_Hz is not None:
            return f"--mains {self.mains_Hz:.0f}"
        if self.kind is CauseKind.LAG and self.control == CURRENT:
            return "a faster voltmeter"  # whose lag no circuit takes yet
        return in_words_of(self.control, _REMEDIES[self.kind])

    def __str__(self) -> str:
        words = in_words_of(self.control, _WORDS[self.kind])
        answers = "V" if self.control == CURRENT else "A"
        shown = {}
        for name, value in self.values.items():
            unit = {"A": answers, "s": "s"}.get(name.rpartition("_")[2])
            shown[name] = value if unit is None else format_quantity(value, unit, 3)
            words = words.replace(f"{{{name}:quantity {unit}}}", f"{{{name}}}")
        return words.format(**shown)

    def to_document(self) -> dict[str, Any]:
        """Return plain data (JSON)."""
        return {
            "kind": str(self.kind),
            "log_odds": self.log_odds,
            "share": self.share,
            "values": named_for(self.control, self.values),
            "text": str(self),
            "remedy": self.remedy,
        }


@dataclass(frozen=True)
class Diagnosis:
    """Causes of what a fit leaves, the likeliest first.

    Attributes
    ----------
    causes : tuple of Cause
        At most one of a kind; none where the residual is noise.
    noise_A, residual_A : float
        Of a sample: from its neighbours and free of spikes, and what the fit leaves (V where the current was
        controlled).
    control : str
        Which quantity the instrument controlled; see `Nuisance.control`.
    change : RepeatChange or None
        The last of equal pulses against the first; None where no two are equal.
    """

    causes: tuple[Cause, ...]
    noise_A: float
    residual_A: float
    control: str = ""
    change: RepeatChange | None = None

    @property
    def shown(self) -> tuple[Cause, ...]:
        """The causes that are worth reading of: the first, and others that explain something of the misfit."""
        return (*self.causes[:1], *(one for one in self.causes[1:_SHOWN] if one.share > _WORTH_READING))

    def __str__(self) -> str:
        changed = [] if self.change is None else [str(self.change)]
        if not self.causes:
            return "\n".join(["nothing but noise is left", *changed])
        causes = [
            f"{k}. {one} (explains {one.share:.0%} of the misfit; {one.remedy})"
            for k, one in enumerate(self.shown, start=1)
        ]
        return "\n".join([*causes, *changed])

    def to_document(self) -> dict[str, Any]:
        """Return plain data (JSON)."""
        figures = named_for(self.control, {"noise_A": self.noise_A, "residual_A": self.residual_A})
        change = None if self.change is None else self.change.to_document()
        return {**figures, "causes": [one.to_document() for one in self.causes], "change": change}


def diagnose(run: Record, solution: Solution) -> Diagnosis:
    """Return what explains the residual of a fitted run.

    Parameters
    ----------
    run : Record
    solution : Solution
        Of this run alone.
    """
    response = solution.response()
    if response is None:
        raise TypeError("a spectrum has no samples")
    run, terms = controlled(run, response.terms)
    control = terms.control
    kept = np.flatnonzero((np.asarray(run.status) == 0) & np.isfinite(np.asarray(run.current_A)))
    current = np.asarray(run.current_A)[kept]
    fitted = predict(run, response)[kept]
    residual = current - fitted
    noise_A = max(_scatter_A(residual), _EXACT * float(np.abs(current).max()))
    excess = max(float(residual @ residual) / noise_A**2 - len(residual), 1.0)
    asked = _asked(run, kept)
    scale = len(kept) / len(asked)
    of_columns = _of_columns(run, solution, kept[asked], residual[asked] / noise_A)
    found: list[_Found] = [(of, scale * gain, n, values, shift) for of, gain, n, values, shift in of_columns]
    found += _of_residual(np.asarray(run.t_s)[kept], current, residual / noise_A, noise_A)
    best: dict[CauseKind, Cause] = {}
    for of, gain, n_columns, values, shift in found:
        kind, group = (of.kind, of) if isinstance(of, Group) else (of, None)
        log_odds = 0.5 * gain - 0.5 * n_columns * float(np.log(len(residual))) + _PRIOR.get(kind, 0.0)
        cause = Cause(kind, log_odds, float(np.clip(gain / excess, 0.0, 1.0)), values, shift, control, group)
        if log_odds > LIKELY and (kind not in best or best[kind].log_odds < log_odds):
            best[kind] = cause
    ranked = tuple(sorted(best.values(), key=lambda one: -one.log_odds))
    residual_A = float(np.sqrt(np.mean(residual**2)))
    return Diagnosis(ranked, noise_A, residual_A, control, repeat_change(run, solution))


_Found = tuple["CauseKind | Group", float, int, dict[str, float], "Floats | None"]


def _asked(run: Record, kept: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return which of the samples are asked what disturbs them: of many all after jumps, and some of the others."""
    if len(kept) <= _MOST_SAMPLES:
        return np.arange(len(kept))
    volts = np.asarray(run.voltage_V)[kept] if run.drive is None else run.drive.voltage_at(np.asarray(run.t_s)[kept])
    steps = np.abs(np.diff(volts))
    jumps = np.flatnonzero(steps > _JUMP * float(steps.max()))[:_MOST_JUMPS]
    near = np.clip(np.add.outer(jumps, np.arange(-_AFTER_JUMP // 8, _AFTER_JUMP)).ravel(), 0, len(kept) - 1)
    return np.union1d(near, np.linspace(0, len(kept) - 1, _MOST_SAMPLES).astype(np.intp))


def _scatter_A(residual: Floats) -> float:
    """Return the deviation of a sample from its neighbours, whatever is slow or rare."""
    return _NORMAL * float(np.median(np.abs(np.diff(residual)))) / float(np.sqrt(2.0))


def _of_columns(run: Record, solution: Solution, kept: NDArray[np.intp], residual: Floats) -> Iterator[_Found]:
    """Give the chi-square that each disturbance takes out, its columns and figures, and how it moves the unknowns."""
    from fitting.transforms.loops import absorb

    disturbances = Disturbances(run, solution, kept)
    n_base, n_unknowns = disturbances.n_base, disturbances.n_unknowns
    n_all = n_base + sum(group.n_columns for group in disturbances.groups) + 1
    triangle = np.zeros((n_all, n_all))
    for here, clear, base, columns in disturbances.blocks():
        rows = np.column_stack([base, columns, residual[here]])[clear]
        if len(rows):
            absorb(triangle, np.ascontiguousarray(rows.T)[None])
    beyond = _beyond_base(triangle, n_base)
    first = n_base
    for group in disturbances.groups:
        mine = slice(first, first + group.n_columns)
        first += group.n_columns
        size = np.linalg.norm(beyond[:, mine], axis=0)
        moves = size > _NOTHING * np.linalg.norm(triangle[:, mine], axis=0)
        if not moves.any():
            continue
        onto, sizes, back = np.linalg.svd(beyond[:, mine][:, moves] / size[moves], full_matrices=False)
        kept_sizes = sizes > _RANK * sizes[0]
        shares = onto.T[kept_sizes] @ beyond[:, -1]
        amplitudes = back[kept_sizes].T @ (shares / sizes[kept_sizes])
        # What the unknowns would be beside the disturbance, less what they are.
        pulled = triangle[:n_base, -1] - triangle[:n_base, mine][:, moves] / size[moves] @ amplitudes
        shift = np.linalg.lstsq(triangle[:n_base, :n_base], pulled, rcond=_RANK)[0][:n_unknowns]
        values = {} if group.value is None else dict([group.value])
        yield group, float(shares @ shares), int(kept_sizes.sum()), values, np.asarray(shift)


def _beyond_base(triangle: Floats, n_base: int) -> Floats:
    """Return the rows of a triangle that are left once the base is taken out, shape (n, k).

    Of a circuit whose parameters enter only in combination, one column of the base is a mixture of the others. Its own
    row of the triangle is a direction of rounding, which must not take out anything of a disturbance.
    """
    base = triangle[:n_base, :n_base]
    lengths = np.linalg.norm(base, axis=0)
    onto, sizes, _ = np.linalg.svd(base / np.where(lengths > 0.0, lengths, 1.0))
    of_rounding = onto[:, sizes <= _RANK * sizes[0]]
    return np.vstack([of_rounding.T @ triangle[:n_base], triangle[n_base:]])


def _of_residual(t: Floats, current: Floats, z: Floats, noise_A: float) -> Iterator[_Found]:
    """Give causes that are seen in the residual itself, in deviations of the noise."""
    n = len(z)
    everything = float(z @ z)
    far = np.abs(z) > _FAR
    # A spike stands alone: what is off for long is a misfit.
    alone = far & ~np.roll(far, 2) & ~np.roll(far, -2)
    if _FEWEST_SPIKES <= alone.sum() <= max(_FEW * n, 1.0):
        yield CauseKind.SPIKES, float(np.sum(z[alone] ** 2)), int(alone.sum()), {"n_samples": float(alone.sum())}, None
    steps = np.diff(np.sort(current))
    levels = steps[steps > _EXACT * np.ptp(current)]
    is_coarse = 0 < len(levels) < 0.5 * len(steps) and float(levels.min()) > _COARSE * noise_A
    if is_coarse:
        yield CauseKind.QUANTISATION, everything, 1, {"step_A": float(levels.min())}, None
    for extreme in (float(current.max()), float(current.min())):
        stuck = np.flatnonzero(current == extreme)
        if not is_coarse and np.count_nonzero(np.diff(stuck) == 1) >= _STUCK - 1 and len(stuck) < n:
            values = {"n_samples": float(len(stuck)), "at_A": extreme}
            yield CauseKind.CLIPPING, everything, 1, values, None
    yield from _hum(t, z, noise_A)
    yield from _jitter(t, current / noise_A - z, z)
    rho = float(z[1:] @ z[:-1]) / everything if everything > 0.0 else 0.0
    if 0.0 < rho < 1.0:
        # Against white noise, AR(1) noise is likelier by this much (Gaussian).
        yield CauseKind.COLOURED_NOISE, -n * float(np.log1p(-(rho**2))), 1, {"correlation": rho}, None


def _jitter(t: Floats, fitted: Floats, z: Floats) -> Iterator[_Found]:
    """Give how much likelier the residual is if its variance grows with the square of the current's slope."""
    slope = np.gradient(fitted, t)
    inner = np.median(np.abs(np.diff(t))) * np.abs(slope)
    best, at = 0.0, 0.0
    for share in np.geomspace(1e-4, _MOST_UNEVEN, 30):
        variance = 1.0 + (share * inner) ** 2
        gain = float(np.sum(z**2 * (1.0 - 1.0 / variance) - np.log(variance)))
        if gain > best:
            best, at = gain, float(share)
    # Uneven by as much as is asked, times would be out of order: it is a misfit where the current is steep.
    if best > 0.0 and at < _MOST_UNEVEN:
        yield CauseKind.JITTER, best, 2, {"intervals": at}, None


def _hum(t: Floats, z: Floats, noise_A: float) -> Iterator[_Found]:
    """Give the strongest sine of evenly taken samples."""
    n, interval = len(z), float(np.median(np.diff(t)))
    places = np.round((t - t[0]) / interval).astype(np.int64)
    if places[-1] > _MOST_SPARSE * n:
        return
    even = np.zeros(int(places[-1]) + 1)
    even[places] = np.clip(z, -_FAR, _FAR)
    power = np.abs(np.fft.rfft(even)) ** 2 / n
    if len(power) <= _SLOWEST_HUM + 2:
        return
    peak = _SLOWEST_HUM + int(np.argmax(power[_SLOWEST_HUM:]))
    # Against its neighbourhood: a misfit has power over a broad band, a sine in a line.
    around = power[max(peak - _BAND, _SLOWEST_HUM) : peak + _BAND]
    if power[peak] < _ABOVE_BAND * np.median(around):
        return
    tried = (peak + np.linspace(-1.0, 1.0, 81)) / (len(even) * interval)
    waves = np.array([abs(complex(np.exp(-2j * np.pi * one * (t - t[0])) @ z)) for one in tried])
    frequency, wave = float(tried[np.argmax(waves)]), float(waves.max())
    values = {"frequency_Hz": frequency, "amplitude_A": 2.0 * wave / n * noise_A}
    yield CauseKind.HUM, 2.0 * wave**2 / n, 3, values, None
