"""Which parameters does a run determine, and how well? Starts, the fit, noise, intervals and verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting._intervals import Interval, covariance_of, verdicts
from fitting._leastsquares import Minimum, Scales, minimise, refined
from fitting._rivals import Landscape
from fitting.circuit import CellModel
from fitting.elements import StartScale
from fitting.memory import Fitted, memory_quantities, reversal
from fitting.nuisance import Nuisance
from fitting.reduction import Reduction
from fitting.result import FitResult
from fitting.spectrum import fit_spectrum
from protocols import FitError, format_quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fitting.laplace import Floats
    from fitting.reducer import Record

_SCREENED = 64
_STARTS = 6
_MOST_STARTS = 24
_RINGS = 1e-3
_SOONER, _GROWS = 30.0, 1.1
_TIED = 0.1


@dataclass(frozen=True, eq=False)
class Problem:
    """A model on a reduction: residual and exact Jacobian, in units of the noise.

    Attributes
    ----------
    reduction : Reduction
    model : CellModel
    scales : Scales
    unit_A : float
        Noise that the residual is measured in.
    """

    reduction: Reduction
    model: CellModel
    scales: Scales
    unit_A: float

    @classmethod
    def of(cls, reduction: Reduction, model: CellModel) -> Problem:
        """Return the problem; the noise is what no sum of modes explains."""
        spare = max(reduction.n_samples - len(reduction.grid) - reduction.n_nuisance, 1)
        unit = np.sqrt(reduction.rest_A2 / spare)
        # A record without noise: rounding and the mode map's own error are the measure.
        return cls(reduction, model, Scales(model.parameters), float(max(unit, 1e-9 * reduction.rms_current_A)))

    def weights(self, u: Floats) -> tuple[Floats, Floats]:
        """Return the mode weights (m,) and their derivatives to u, (k, m)."""
        mode_map = self.reduction.mode_map
        Y, dY = self.model.evaluate(mode_map.s, self.scales.outward(u))
        slopes = mode_map.weights(dY) * self.scales.slope(u)[:, None]
        return mode_map.weights(Y), slopes

    def residual(self, u: Floats) -> Floats:
        """Return the residual alone, shape (m,)."""
        mode_map = self.reduction.mode_map
        weights = mode_map.weights(self.model.admittance(mode_map.s, self.scales.outward(u)))
        residual: Floats = (self.reduction.modes_factor @ weights - self.reduction.current_factor) / self.unit_A
        return residual

    def evaluate(self, u: Floats) -> tuple[Floats, Floats]:
        """Return residual (m,) and Jacobian (m, k) at u."""
        weights, slopes = self.weights(u)
        Z = self.reduction.modes_factor
        residual = (Z @ weights - self.reduction.current_factor) / self.unit_A
        return residual, (Z @ slopes.T) / self.unit_A


def fit(
    run_or_reduction: Record | Reduction,
    model: CellModel | str,
    *,
    start: Mapping[str, float] | None = None,
    terms: Nuisance | None = None,
    robust: bool = False,
) -> FitResult:
    """Fit a cell model to a run.

    Levenberg-Marquardt with exact derivatives, from several starts, on the reduced problem: its cost does not depend
    on the length of the run. Intervals are profile likelihoods. Where a run's residual shows noise that carries on
    from sample to sample, the run is reduced again, whitened; what is still not white widens the intervals, and so
    does all of it where only a reduction is at hand.

    Parameters
    ----------
    run_or_reduction : Record or Reduction
    model : CellModel or str
        A circuit, or its string.
    start : mapping of str to float, optional
        Values (SI) that are tried first.
    terms : Nuisance, optional
        What of a run is not the cell's; only an offset unless given. A correlation time that is given is kept.
    robust : bool
        Whether samples far off count less (Huber); needs the run.

    Returns
    -------
    FitResult

    Raises
    ------
    FitError
        If the circuit cannot be read, or the record cannot be fitted.
    """
    cell = CellModel(model) if isinstance(model, str) else model
    if isinstance(run_or_reduction, Reduction):
        if robust or terms is not None:
            raise FitError(
                "a robust fit, or another nuisance, needs the run itself: what a reduction has left is fixed"
            )
        return fit_reduction(run_or_reduction, cell, start or {})
    from fitting.noise import fit_huber, fit_whitened

    if robust:
        return fit_huber(run_or_reduction, cell, start or {}, terms or Nuisance())
    return fit_whitened(run_or_reduction, cell, start or {}, terms or Nuisance())


def fit_reduction(reduction: Reduction, cell: CellModel, start: Mapping[str, float], scale: float = 1.0) -> FitResult:
    """Fit one reduction; `scale` multiplies the noise."""
    n_free = len(cell.parameters)
    if reduction.n_samples <= n_free + reduction.n_nuisance:
        raise FitError(f"{reduction.n_samples} usable samples cannot determine {n_free} parameters of {cell.circuit}")
    problem = Problem.of(reduction, cell)
    starts = _starts(problem, start)
    box = problem.scales.box(starts)
    ends = _ends(problem, starts, box)
    landscape = Landscape(problem.evaluate, cell, problem.scales, box, reduction.window_s)
    ends += landscape.out_of_sight(_best(ends, cell), 1.0)
    best = _best(ends, cell)
    best = refined(problem.evaluate, minimise(problem.evaluate, best.u, box, irrelevant=0.0), box)
    missed = reduction.mode_map.misfit(cell.admittance(reduction.mode_map.s, problem.scales.outward(best.u)))
    if missed > _RINGS:
        raise FitError(
            f"{cell.circuit} rings where it fits this record best: sums of decays, which this engine works with, miss"
            f" its response by {missed:.2g} of the largest; leave the inductance or the capacitance out"
        )
    sudden = _sudden(problem, best)
    misfit_A2 = best.cost * problem.unit_A**2 + reduction.rest_A2
    noise_A = float(np.sqrt(misfit_A2 / (reduction.n_samples - n_free - reduction.n_nuisance)))
    widening, remarks = _widening(problem, best, noise_A)
    widening *= scale
    unit = widening * noise_A / problem.unit_A
    intervals = landscape.intervals(best, ends, unit)
    remarks += sudden + _misread(reduction)
    return _result(problem, best, intervals, _Noise(misfit_A2, noise_A, widening, unit), remarks)


def _best(ends: list[Minimum], cell: CellModel) -> Minimum:
    """Return the best end; of ends that are as good with another lag of the instrument, that with the fastest.

    A relaxation of the cell and a lag may change places. An instrument is faster than what it was chosen to measure.
    """
    finite = [end for end in ends if np.isfinite(end.cost)]
    best = min(finite, key=lambda end: end.cost)
    if not cell.lag_names:
        return best
    lags = [k for k, one in enumerate(cell.parameters) if one.name in cell.lag_names]
    as_good = [end for end in finite if end.cost <= best.cost + _TIED]
    return min(as_good, key=lambda end: float(end.u[lags].sum()))


def _misread(reduction: Reduction) -> tuple[str, ...]:
    """Say so where the noise of a measured voltage counts."""
    if not reduction.is_freed:
        return ()
    shown = format_quantity(reduction.voltage_error_V, "V")
    return (f"the voltage was read with a noise of {shown}, which the current does not follow: its bias is taken out",)


def _sudden(problem: Problem, best: Minimum) -> tuple[str, ...]:
    """Say so, or refuse, where a cell answers a measured voltage faster than it was sampled.

    What lies between two samples nobody knows; the line that is drawn there makes the current of a bare constant phase
    element or capacitor, which has no bound after a step, a matter of the mode grid.
    """
    if not problem.reduction.drive_is_measured:
        return ()
    fastest = 1.0 / problem.reduction.grid.shortest_s
    at = np.array([1.0, _SOONER, 1e9, 1e9 * _SOONER]) * fastest
    with np.errstate(all="ignore"):  # beyond what some elements can be evaluated at: then there is nothing to say
        size = np.abs(problem.model.admittance(at.astype(np.complex128), problem.scales.outward(best.u)))
    if size[3] > _GROWS * size[2]:
        raise FitError(
            f"{problem.model.circuit} has no resistance in series: after a step its current is without bound, and a"
            " voltage that was measured, sample by sample, does not say how steep it was; put R0- before it"
        )
    if size[1] > _GROWS * size[0]:
        return (
            f"{problem.model.circuit} as fitted answers faster than the voltage was sampled: what lies between two"
            " samples is a guess, and the parameters hang on it; sample faster, or fit to the commanded drive",
        )
    return ()


@dataclass(frozen=True)
class _Noise:
    misfit_A2: float
    noise_A: float
    widening: float
    unit: float


def starting_places(reduction: Reduction, model: CellModel) -> list[Floats]:
    """Return values (SI) of the free parameters to start from, the most promising first."""
    problem = Problem.of(reduction, model)
    return [problem.scales.outward(u) for u in _starts(problem, {})]


def _starts(problem: Problem, given: Mapping[str, float]) -> list[Floats]:
    """Return starting places, the most promising first."""
    spectrum = fit_spectrum(problem.reduction)
    shortest, longest = spectrum.window_s
    scale = StartScale(float(spectrum.conductance(np.array([shortest]))[0]), shortest, longest)
    if not scale.conductance_S > 0.0:
        raise FitError(
            f"{problem.reduction.source or 'record'}: the current does not follow the voltage as any passive cell's"
            " does; look at the sign of the current and at the columns"
        )
    random = np.random.default_rng(20050107)
    n_all = problem.model.n_all
    # A Latin hypercube: each parameter's starts are spread evenly over its range.
    places = np.array([random.permutation(_SCREENED) for _ in range(n_all)]).T + random.random((_SCREENED, n_all))
    thetas = [problem.model.start(scale, row) for row in places / _SCREENED]
    starts = [problem.scales.inward(theta) for theta in thetas]
    costs = np.array([np.sum(problem.evaluate(u)[0] ** 2) for u in starts])
    ranked = [starts[k] for k in np.argsort(np.where(np.isfinite(costs), costs, np.inf))]
    if given:
        unknown = set(given) - {parameter.name for parameter in problem.model.parameters}
        if unknown:
            names = ", ".join(parameter.name for parameter in problem.model.parameters)
            raise FitError(f"no free parameter is called {', '.join(sorted(unknown))}; there are {names}")
        first = problem.scales.outward(ranked[0])
        named = [given.get(p.name, value) for p, value in zip(problem.model.parameters, first, strict=True)]
        ranked.insert(0, problem.scales.inward(np.array(named)))
    return ranked


def _ends(problem: Problem, starts: list[Floats], box: Floats) -> list[Minimum]:
    """Follow starts until one explains what modes can explain, or enough have been tried; return where they ended."""
    n_modes = len(problem.reduction.grid)
    white = n_modes + 5.0 * np.sqrt(2.0 * n_modes)
    ends: list[Minimum] = []
    for k, start in enumerate(starts[:_MOST_STARTS]):
        found = minimise(problem.evaluate, start, box, irrelevant=1e-3, max_steps=60)
        if np.isfinite(found.cost):
            ends.append(found)
        if k + 1 >= _STARTS and any(end.cost < white for end in ends):
            break
    if not ends:
        raise FitError(f"{problem.model.circuit} cannot be evaluated from any start on this record")
    return ends


def _widening(problem: Problem, best: Minimum, noise_A: float) -> tuple[float, tuple[str, ...]]:
    """Factor on the intervals, and what to say, where the residual is not white noise; the larger of two."""
    found = [one for one in (_coloured(problem, best, noise_A), _lack_of_fit(problem, best)) if one is not None]
    if not found:
        return 1.0, ()
    widening, remark = max(found, key=lambda one: one[0])
    return widening, (remark,)


def _lack_of_fit(problem: Problem, best: Minimum) -> tuple[float, str] | None:
    """Whether sums of modes explain what the model leaves: its residual in their space is chi-square if it is noise."""
    spare = len(problem.reduction.grid) - len(best.u)
    ratio = best.cost / max(spare, 1)
    if problem.reduction.rest_A2 == 0.0 or ratio <= 1.0 + 5.0 * np.sqrt(2.0 / max(spare, 1)):
        return None
    widening = float(np.sqrt(ratio))
    remark = (
        f"{problem.model.circuit} does not describe this record: free relaxations explain what it leaves; its"
        f" parameters are those of the nearest such cell, their intervals {widening:.3g} times wider for it"
    )
    return widening, remark


def _coloured(problem: Problem, best: Minimum, noise_A: float) -> tuple[float, str] | None:
    """Whether the residual is more than what the samples scatter by from one to the next.

    For AR(1) noise of lag-1 correlation rho, second differences have the variance 2 (1 - rho)(3 - rho) sigma^2, and
    the mean of slow features is as uncertain as if there were (1 - rho)/(1 + rho) as many samples.
    """
    reduction = problem.reduction
    step = reduction.scatter_A(problem.weights(best.u)[0])
    if not (np.isfinite(step) and reduction.n_bends > 30):
        return None
    ratio = (noise_A / step) ** 2 if step > 0.0 else np.inf
    if ratio <= 1.0 + 8.0 / np.sqrt(reduction.n_bends):
        return None
    rho = min(2.0 - float(np.sqrt(1.0 + 3.0 / ratio)), 0.999)
    widening = float(np.sqrt((1.0 + rho) / (1.0 - rho)))
    remark = (
        f"the residual is {np.sqrt(ratio):.3g} times what the samples scatter by from one to the next: the noise is"
        f" not white, or the model does not describe the cell; intervals are {widening:.3g} times wider for it"
    )
    return widening, remark


def _result(
    problem: Problem, best: Minimum, intervals: list[Interval], noise: _Noise, remarks: tuple[str, ...]
) -> FitResult:
    reduction, model = problem.reduction, problem.model
    covariance = covariance_of(best, noise.unit)
    estimates = verdicts(problem.model, problem.scales, best, intervals, covariance, reduction.window_s)
    ends = np.array([[interval.low, interval.high] for interval in intervals])
    memory, band = memory_quantities(Fitted(model, problem.scales, best.u, covariance, ends, reduction.window_s))
    weights, slopes = problem.weights(best.u)
    memory += reversal(reduction.drive, reduction.grid.rates, weights, slopes, covariance)
    return FitResult(
        model=model,
        estimates=estimates,
        covariance=covariance,
        memory=memory,
        band=band,
        grid=reduction.grid,
        window_s=reduction.window_s,
        weights=weights,
        nuisance=reduction.nuisance(weights),
        rms_residual_A=float(np.sqrt(noise.misfit_A2 / reduction.n_samples)),
        rms_current_A=reduction.rms_current_A,
        step_noise_A=reduction.scatter_A(weights),
        noise_A=noise.noise_A,
        widening=noise.widening,
        n_samples=reduction.n_samples,
        n_excluded=reduction.n_excluded,
        warnings=remarks,
        source=reduction.source,
        drive_is_measured=reduction.drive_is_measured,
        terms=reduction.terms,
        voltage_error_V=reduction.voltage_error_V,
    )
