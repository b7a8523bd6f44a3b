"""What do several records say together: pulses, temperatures, impedance spectra, with parameters in common?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.inference.intervals import covariance_of, profile_intervals, verdicts
from fitting.inference.joint_parameters import Layout
from fitting.inference.least_squares import Minimum, Scales, minimise, refined
from fitting.inference.observations import Evidence, Misfit, PulseEvidence, evidence_of
from fitting.inference.optimum import Fitted
from fitting.interpretation.memory import memory_quantities
from fitting.interpretation.pulses import reversal
from fitting.model.circuit import CellModel
from fitting.reduction.nuisance import Nuisance
from protocols import FitError, format_estimate, format_quantity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike
    from rich.table import Table

    from fitting.records.conductivity import ConductivitySpectrum
    from fitting.records.impedance import ImpedanceSpectrum
    from fitting.records.record import Record
    from fitting.reduction.reduction import Reduction
    from fitting.results.estimate import Band, Estimate, MemoryQuantity
    from fitting.results.remarks import Remark
    from fitting.transforms.laplace import Complexes, Floats

_SCREENED = 64
_STARTS = 6
_MOST_STARTS = 24


@dataclass(frozen=True, eq=False)
class FittedPart:
    """One record of a joint fit; `predict` takes it for a pulsed run.

    Attributes
    ----------
    source : str
    temperature_K : float or None
    values : dict of str to float
        The circuit's free parameters for this record.
    rates, weights, nuisance : ndarray
        Fitted modes (1/s, S) and coefficients of `terms` (A, A/s) of a pulsed run; empty for a spectrum.
    terms : Nuisance
    residual : ndarray
        In units of `noise`: of the reduced run, or of a spectrum's real, then imaginary parts.
    noise : float
        Standard deviation of a sample: amperes for a run, a share of abs(Z) for a spectrum.
    noise_unit : str
    widening : float
        By how much more its noise counts, for a residual that is not white.
    n_samples : int
    memory : tuple of MemoryQuantity
    band : Band or None
    """

    source: str
    temperature_K: float | None
    values: dict[str, float]
    rates: Floats
    weights: Floats
    nuisance: Floats
    terms: Nuisance
    residual: Floats
    noise: float
    noise_unit: str
    widening: float
    n_samples: int
    memory: tuple[MemoryQuantity, ...]
    band: Band | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "source": self.source,
            "temperature_K": self.temperature_K,
            "values": self.values,
            "noise": self.noise,
            "noise_unit": self.noise_unit or "share of abs(Z)",
            "interval_widening": self.widening,
            "samples_used": self.n_samples,
            "memory": {quantity.name: quantity.to_dict() for quantity in self.memory},
        }


@dataclass(frozen=True, eq=False)
class JointResult:
    """Records fitted together.

    Attributes
    ----------
    model : CellModel
    estimates : tuple of Estimate
        All unknowns: shared ones by their name, those of record k as ``R0[k]`` (from 1), activated ones as
        ``Mig1.tau.prefactor`` and ``Mig1.tau.E_a``.
    covariance : ndarray, shape (k, k)
        On the line (logarithms, logits where there are two bounds).
    parts : tuple of FittedPart
    remarks : tuple of Remark
    """

    model: CellModel
    estimates: tuple[Estimate, ...]
    covariance: Floats
    parts: tuple[FittedPart, ...]
    remarks: tuple[Remark, ...] = ()

    @property
    def values(self) -> dict[str, float]:
        """Fitted unknowns (SI) by name."""
        return {estimate.name: estimate.value for estimate in self.estimates}

    def impedance(self, frequency_Hz: ArrayLike, part: int = 0) -> Complexes:
        """Return the fitted impedance (ohm) of one record's cell."""
        theta = np.array([self.parts[part].values[parameter.name] for parameter in self.model.parameters])
        s = np.asarray(2j * np.pi * np.asarray(frequency_Hz, dtype=np.float64), dtype=np.complex128)
        impedance: Complexes = 1.0 / self.model.admittance(s, theta, seen=False)
        return impedance

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain data (JSON)."""
        return {
            "model": self.model.circuit,
            "fixed": dict(self.model.fixed),
            "parameters": {estimate.name: estimate.to_dict() for estimate in self.estimates},
            "records": [part.to_dict() for part in self.parts],
            "remarks": [remark.to_document() for remark in self.remarks],
        }

    def table(self) -> Table:
        """Return unknowns and records as a table for the terminal."""
        from rich.table import Table
        from rich.text import Text

        table = Table(
            title=f"{self.model.circuit} on {len(self.parts)} records",
            caption=Text("\n".join(map(str, self.remarks))),
        )
        for heading in ("", "value", "95 % interval", ""):
            table.add_column(heading, justify="right" if heading in {"value", "95 % interval"} else "left")
        for one in self.estimates:
            remark = "" if one.identifiable else f"not identifiable: {one.reason}"
            table.add_row(Text(one.name), *format_estimate(one.value, one.ci95, one.unit), Text(remark))
        table.add_section()
        for k, part in enumerate(self.parts, 1):
            noise = format_quantity(part.noise, "A") if part.noise_unit else f"{100.0 * part.noise:.3g} % of |Z|"
            at = "" if part.temperature_K is None else f" at {part.temperature_K:.1f} K"
            table.add_row(Text(f"[{k}] {part.source or 'record'}{at}"), noise, "", f"{part.n_samples:,} samples")
        return table


def fit_joint(
    observations: Sequence[Record | Reduction | ImpedanceSpectrum | ConductivitySpectrum],
    model: CellModel | str,
    *,
    shared: Sequence[str] | None = None,
    activated: Sequence[str] = (),
    temperature_K: ArrayLike | None = None,
    start: Mapping[str, float] | None = None,
) -> JointResult:
    """Fit one circuit to several records at once.

    A run enters by its reduction, a spectrum by the same admittance at ``s = i omega``, with the real and imaginary
    parts' deviations as shares of abs(Z). Each record is weighted by its own noise: first by what no causal cell
    explains of it, then, once, by what the fit left of it. Amplitudes and widths of pulses may differ.

    Parameters
    ----------
    observations : sequence of Record, Reduction, ImpedanceSpectrum or ConductivitySpectrum
    model : CellModel or str
    shared : sequence of str, optional
        Parameters with one value for all, or elements (``Mig1``) for all of theirs; unless given, all that are not
        activated. The others have a value for each record.
    activated : sequence of str
        Times, resistances (``prefactor exp(E_a / kT)``) and conductances (``prefactor exp(-E_a / kT)``); E_a is
        positive where the cell gets faster as it gets warmer.
    temperature_K : array_like, shape (n_observations,), optional
    start : mapping of str to float, optional
        Values (SI) of unknowns that are tried first.

    Raises
    ------
    FitError
        If a name is unknown, temperatures are missing, or there is nothing that can be fitted.
    """
    if not observations:
        raise FitError("a joint fit needs a record")
    cell = CellModel(model) if isinstance(model, str) else model
    T = None if temperature_K is None else np.asarray(temperature_K, dtype=np.float64)
    if T is not None and (T.shape != (len(observations),) or not np.all(T > 0.0)):
        raise FitError(f"{len(observations)} records need as many temperatures above 0 K, not {T.tolist()}")
    layout = Layout(cell, shared, activated, len(observations), T)
    evidence = tuple(evidence_of(one) for one in observations)
    if cell.lag_names and not any(one.through_instrument for one in evidence):
        raise FitError(f"{cell.circuit}: a spectrum has no lag of the instrument in it; leave @Lag out")
    total = sum(one.n_samples for one in evidence)
    if total <= len(layout.parameters):
        raise FitError(f"{total} samples cannot determine {len(layout.parameters)} unknowns of {cell.circuit}")
    even = _Problem(layout, evidence, (1.0,) * len(evidence))
    starts, box = _starts(even, start or {})
    tried = [minimise(even.evaluate, one, box, irrelevant=1e-3, max_steps=100) for one in starts]
    best = min((one for one in tried if np.isfinite(one.cost)), key=lambda one: one.cost, default=None)
    if best is None:
        raise FitError(f"{cell.circuit} cannot be evaluated from any start on these records")
    best = minimise(even.evaluate, best.u, box)
    misfits = even.misfits(best.u)
    factors = tuple(m.widening * m.noise / one.noise for m, one in zip(misfits, evidence, strict=True))
    problem = _Problem(layout, evidence, factors)
    best = refined(problem.evaluate, minimise(problem.evaluate, best.u, box, irrelevant=0.0), box)
    return _result(problem, best, box, misfits)


def fit_impedance(
    spectrum: ImpedanceSpectrum | ConductivitySpectrum,
    model: CellModel | str,
    *,
    start: Mapping[str, float] | None = None,
) -> JointResult:
    """Fit a circuit to an impedance or conductivity spectrum, with proportional weights; `fit_joint` of one record."""
    return fit_joint([spectrum], model, start=start)


@dataclass(frozen=True, eq=False)
class _Problem:
    """Residual and Jacobian of all records over the unknowns on the line; `factors` multiply their noise."""

    layout: Layout
    evidence: tuple[Evidence, ...]
    factors: tuple[float, ...]

    def part(self, k: int, u: Floats) -> tuple[Floats, Floats]:
        """Return residual (m,) and Jacobian (m, n) of record k, in units of its own first noise."""
        theta, slopes = self.layout.theta_of_line(k, u)
        one = self.evidence[k]
        residual, jacobian = one.residual(*self.layout.model.evaluate(one.s, theta, seen=one.through_instrument))
        return residual, jacobian @ slopes

    def evaluate(self, u: Floats) -> tuple[Floats, Floats]:
        rows = [self.part(k, u) for k in range(len(self.evidence))]
        residual = np.concatenate([r / f for (r, _), f in zip(rows, self.factors, strict=True)])
        jacobian = np.concatenate([J / f for (_, J), f in zip(rows, self.factors, strict=True)])
        return residual, jacobian

    def misfits(self, u: Floats) -> tuple[Misfit, ...]:
        n_free = len(self.layout.model.parameters)
        return tuple(one.misfit(self.part(k, u)[0], n_free) for k, one in enumerate(self.evidence))


def _alone(one: Evidence, model: CellModel, seed: int) -> tuple[Minimum, Floats]:
    """Fit one record alone, for a start; also how far its search may go."""
    scales = Scales(model.parameters)

    def evaluate(u: Floats) -> tuple[Floats, Floats]:
        residual, jacobian = one.residual(*model.evaluate(one.s, scales.outward(u), seen=one.through_instrument))
        return residual, jacobian * scales.slope(u)

    random = np.random.default_rng([20050107, seed])
    # A Latin hypercube: each parameter's starts are spread evenly over its range.
    places = np.array([random.permutation(_SCREENED) for _ in range(model.n_all)]).T
    draws = (places + random.random(places.shape)) / _SCREENED
    starts = [scales.inward(model.start(one.scale, row)) for row in draws]
    costs = np.array([np.sum(evaluate(u)[0] ** 2) for u in starts])
    box = scales.box(starts)
    ranked = np.argsort(np.where(np.isfinite(costs), costs, np.inf))[:_MOST_STARTS]
    rows = len(evaluate(starts[0])[0])
    white = rows + 5.0 * np.sqrt(2.0 * rows)
    best: Minimum | None = None
    for n, k in enumerate(ranked):
        found = minimise(evaluate, starts[k], box, irrelevant=1e-2, max_steps=60)
        if best is None or found.cost < best.cost or not np.isfinite(best.cost):
            best = found
        if n + 1 >= _STARTS and best.cost < white:
            break
    assert best is not None  # noqa: S101 - there are starts
    return best, box


def _starts(problem: _Problem, given: Mapping[str, float]) -> tuple[list[Floats], Floats]:
    """Return starting places for all unknowns, and the box about them."""
    layout, own = problem.layout, Scales(problem.layout.model.parameters)
    alone = [_alone(one, layout.model, k) for k, one in enumerate(problem.evidence)]
    thetas = np.array([own.outward(minimum.u) for minimum, _ in alone])
    certainty = np.array([1.0 / np.diag(covariance_of(minimum, 1.0)) for minimum, _ in alone])
    leaders: list[int | None] = [None, *range(len(alone))] if len(alone) > 1 else [0]
    unknowns = [layout.joined(thetas, certainty, leader) for leader in leaders]
    names = [parameter.name for parameter in layout.parameters]
    if set(given) - set(names):
        raise FitError(
            f"no unknown is called {', '.join(sorted(set(given) - set(names)))}; there are {', '.join(names)}"
        )
    if given:
        named = [given.get(name, value) for name, value in zip(names, unknowns[0], strict=True)]
        unknowns.insert(0, np.array(named))
    starts = [layout.scales.inward(one) for one in unknowns]
    box = layout.scales.box(starts)
    for (_, around), row in zip(alone, layout.places, strict=True):
        for i, place in enumerate(row):
            if place.energy is None:
                box[0, place.level] = min(box[0, place.level], around[0, i])
                box[1, place.level] = max(box[1, place.level], around[1, i])
            else:
                box[:, place.level] = -layout.scales.end[place.level], layout.scales.end[place.level]
    return starts, box


def _result(problem: _Problem, best: Minimum, box: Floats, misfits: tuple[Misfit, ...]) -> JointResult:
    layout = problem.layout
    intervals = profile_intervals(problem.evaluate, best, box, 1.0)
    covariance = covariance_of(best, 1.0)
    ends = np.array([[interval.low, interval.high] for interval in intervals])
    windows = np.array([one.window_s for one in problem.evidence])
    window = float(windows[:, 0].min()), float(windows[:, 1].max())
    estimates = verdicts(layout, layout.scales, best, intervals, covariance, window)
    parts = tuple(_part(problem, best.u, k, covariance, ends, misfit) for k, misfit in enumerate(misfits))
    remarks = tuple(remark for misfit in misfits for remark in misfit.remarks)
    return JointResult(layout.model, estimates, covariance, parts, remarks)


def _part(problem: _Problem, u: Floats, k: int, covariance: Floats, ends: Floats, misfit: Misfit) -> FittedPart:
    layout, one = problem.layout, problem.evidence[k]
    theta, slopes = layout.theta_of_line(k, u)
    fitted = Fitted(
        layout.model, layout.scales, u, covariance, ends, one.window_s, lambda line: layout.theta_of_line(k, line)[0]
    )
    memory, band = memory_quantities(fitted)
    rates = weights = nuisance = np.empty(0)
    if isinstance(one, PulseEvidence):
        mode_map, rates = one.reduction.mode_map, one.reduction.grid.rates
        Y, dY = layout.model.evaluate(mode_map.s, theta)
        weights = mode_map.weights(Y)
        nuisance = one.reduction.nuisance(weights)
        memory += reversal(one.reduction.drive, rates, weights, slopes.T @ mode_map.weights(dY), covariance)
    names = [parameter.name for parameter in layout.model.parameters]
    return FittedPart(
        source=one.source,
        temperature_K=None if layout.temperature_K is None else float(layout.temperature_K[k]),
        values=dict(zip(names, theta.tolist(), strict=True)),
        rates=rates,
        weights=weights,
        nuisance=nuisance,
        terms=one.reduction.terms if isinstance(one, PulseEvidence) else Nuisance(),
        residual=problem.part(k, u)[0] * one.noise / misfit.noise,
        noise=misfit.noise,
        noise_unit=one.unit,
        widening=misfit.widening,
        n_samples=one.n_samples,
        memory=memory,
        band=band,
    )
