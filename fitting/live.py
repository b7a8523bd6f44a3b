"""Live fit: follows a run that is still growing, and never reads a sample twice."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

import numpy as np

from fitting.constants import Z95
from fitting.inference.intervals import covariance_of
from fitting.inference.least_squares import minimise, refined
from fitting.inference.observations import PulseObservation
from fitting.inference.optimum import Fitted
from fitting.inference.problem import Problem
from fitting.inference.starts import starting_values
from fitting.interpretation.assembly import fit_reduction
from fitting.interpretation.memory import relaxation_band
from fitting.model.circuit import CellModel
from fitting.records.record import Record
from fitting.reduction.reduce import reducer_for
from protocols import FitError

if TYPE_CHECKING:
    from fitting.reduction.reducer import Reducer
    from fitting.reduction.reduction import Reduction
    from fitting.results.estimate import Band
    from fitting.results.fit_result import FitResult
    from fitting.transforms.laplace import Floats

_GROWTH = 2.0
"""Growth of the record after which other starts are tried. Doubled, a fit led astray early stays so twice as long."""
_GROWTH_UNEXPLAINED = 1.1
"""The same where the fit does not explain the record. Doubled (1.2), it is found again some samples later."""
_STARTS = 6
"""Other starts that are tried, one an update. Doubled, a search takes twelve updates of two descents."""
_MORE = 20
"""Samples beyond the parameters before there is a fit. Doubled, the first comes 20 samples later."""


class GrowingRecord(Record, Protocol):
    """What a live fit reads of a run; `daq.Run` is one."""

    @property
    def n_planned(self) -> int: ...  # noqa: D102
    def refresh(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, eq=False)
class LiveEstimate:
    """Fit of a run so far.

    Attributes
    ----------
    names : tuple of str
        Free parameters.
    theta : ndarray, shape (k,)
        Their values (SI).
    deviations : ndarray, shape (k,)
        Standard deviations from the curvature alone, for white noise; `LiveFit.result` has the intervals to quote.
    n_samples : int
        Usable samples so far.
    rms_residual_A : float
    explains : bool
        Whether the model explains what sums of modes do, to five deviations of what noise would leave.
    fitted : Fitted
        Where the descent ended; its intervals are those of the curvature.
    """

    names: tuple[str, ...]
    theta: Floats
    deviations: Floats
    n_samples: int
    rms_residual_A: float
    explains: bool
    fitted: Fitted

    def intervals(self) -> Floats:
        """Return the 95 % interval of each parameter (SI), shape (k, 2), by the curvature alone."""
        transform = self.fitted.transform
        return np.column_stack([transform.from_unbounded(end) for end in self.fitted.ends.T])

    def band(self) -> Band | None:
        """Return W(t) with its 95 % band by the curvature alone; None for a circuit that has no hopping conductor."""
        return relaxation_band(self.fitted)


def refit(reduction: Reduction, model: CellModel, theta: Floats) -> LiveEstimate:
    """Follow a fit to a reduction that differs little from the one that it was made from.

    One descent from `theta`: no other starts, no profiles.

    Parameters
    ----------
    reduction : Reduction
    model : CellModel
    theta : ndarray, shape (k,)
        Values (SI) of the free parameters to start from.

    Raises
    ------
    FitError
        If there are too few samples.
    """
    spare = reduction.n_samples - len(model.parameters) - reduction.n_nuisance
    if spare <= 0:
        raise FitError(f"{reduction.n_samples} usable samples cannot determine {model.circuit}")
    problem = Problem.single(PulseObservation(reduction), model)
    start = problem.transform.to_unbounded(theta)
    box = problem.transform.search_box([start])
    best = problem.ordered(refined(problem.evaluate, minimise(problem.evaluate, start, box, irrelevant=1e-6), box))
    unit_A = problem.noises[0]
    misfit_A2 = best.cost * unit_A**2 + reduction.rest_A2
    unit = float(np.sqrt(misfit_A2 / spare)) / unit_A
    n_modes = len(reduction.grid)
    covariance = covariance_of(best, unit)
    on_the_line = np.sqrt(np.diag(covariance))
    ends = best.u[:, None] + Z95 * on_the_line[:, None] * np.array([-1.0, 1.0])
    return LiveEstimate(
        tuple(parameter.name for parameter in model.parameters),
        problem.transform.from_unbounded(best.u),
        on_the_line * problem.transform.slope(best.u),
        reduction.n_samples,
        float(np.sqrt(misfit_A2 / reduction.n_samples)),
        bool(best.cost < n_modes + 5.0 * np.sqrt(2.0 * n_modes)),
        Fitted(model, problem.transform, best.u, covariance, ends, problem.window_s),
    )


class LiveFit:
    """Follows a run and keeps its reduction and its fit up to date.

    The modes are chosen for the run as planned. A fit follows the last. At first, whenever the record has doubled, and
    when the last no longer explains the record, other starts are tried too: one an update, so that none of them takes
    longer than two descents. Offline it is the same; `result` then is the whole fit.

    Parameters
    ----------
    run : GrowingRecord
        E.g. `daq.Run`.
    model : CellModel or str
    """

    def __init__(self, run: GrowingRecord, model: CellModel | str) -> None:
        self.prepare()
        self.run = run
        self.model = CellModel.of(model)
        self._reducer: Reducer | None = None
        self._n_read = 0
        self._n_searched = 0
        self._theta: Floats | None = None
        self._untried: list[Floats] = []

    @staticmethod
    def prepare() -> None:
        """Import what is slow to import: before the run, not in the middle of it."""
        import_module("scipy.optimize")
        import_module("fitting.transforms.loops")

    @property
    def is_searching(self) -> bool:
        """Whether starts are left that the next updates try, of new samples or not."""
        return bool(self._untried)

    def update(self) -> LiveEstimate | None:
        """Take in the samples that are new and fit.

        Returns
        -------
        LiveEstimate or None
            None while there is no response to fit yet.
        """
        if not self.take_in():
            return None
        reduction = self.reduction()
        estimate = None if self._theta is None else refit(reduction, self.model, self._theta)
        # A short record leads astray: followed from there, the fit may stay in a valley that the longer one rules out.
        growth = _GROWTH if estimate is None or estimate.explains else _GROWTH_UNEXPLAINED
        if estimate is None or reduction.n_samples >= growth * self._n_searched:
            self._n_searched = reduction.n_samples
            self._untried = starting_values(PulseObservation(reduction), self.model)[:_STARTS]
        if self._untried:
            other = refit(reduction, self.model, self._untried.pop(0))
            if estimate is None or other.rms_residual_A < estimate.rms_residual_A:
                estimate = other
        if estimate is None:
            return None
        self._theta = estimate.theta
        return estimate

    def take_in(self) -> bool:
        """Take in the samples that are new, and return whether there is a response to fit yet."""
        self.run.refresh()
        if self.run.n_samples < 3:
            return False
        if self._reducer is None:
            self._reducer = self._planned()
        new = slice(self._n_read, self.run.n_samples)
        self._reducer.append(self.run.t_s[new], self.run.voltage_V[new], self.run.current_A[new], self.run.status[new])
        self._n_read = new.stop
        return self._answers(self._reducer.reduction())

    def reduction(self) -> Reduction:
        """Return the reduction of all samples taken in.

        Raises
        ------
        FitError
            If there are none yet.
        """
        if self._reducer is None:
            raise FitError(f"{self.run.path.name}: no samples yet")
        return self._reducer.reduction()

    def result(self) -> FitResult:
        """Return the whole fit of all samples taken in, with profile intervals and verdicts."""
        return fit_reduction(self.reduction(), self.model)

    def _planned(self) -> Reducer:
        """Return a reducer for all samples that the plan has, at the spacing of those that are there."""
        t = self.run.t_s
        # The mean, not the median: over the whole plan even its rounding would move samples across edges.
        interval = float(t[-1] - t[0]) / (len(t) - 1)
        planned = t[0] + interval * np.arange(max(self.run.n_planned, len(t)))
        return reducer_for(
            planned,
            self.run.drive,
            aperture_s=self.run.aperture_s,
            response_s=self.run.response_s,
            source=self.run.path.name,
        )

    def _answers(self, reduction: Reduction) -> bool:
        """Whether some samples have followed the first edge, more than there are parameters."""
        drive = self.run.drive
        edges = self.run.t_s[:1] if drive is None else drive.jumps()[0]
        if drive is not None and drive.has_ramps:
            edges = drive.times_s
        after = self._n_read - int(np.searchsorted(self.run.t_s, edges[0])) if len(edges) else 0
        wanted = len(self.model.parameters) + reduction.n_nuisance + _MORE
        return min(after, reduction.n_samples) > wanted
