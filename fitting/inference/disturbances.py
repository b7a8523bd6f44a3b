"""Disturbances of a record as columns: how the current would change if there were some of each.

Small ones are derivatives of the fitted current: a gain that ages, a conductance that depends on the voltage, a
baseline, a history, another relaxation. Delays, lags and clocks of known drives are differences of currents for some
sizes, since an edge moves by more than a column could follow. What a disturbance explains of the residual, and what it
would make of the cell's parameters, is then a matter of projection (a score test).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from fitting.inference.observations import PulseObservation
from fitting.reduction.control import controlled
from fitting.reduction.history import drive_after
from fitting.reduction.leading_columns import EdgeShifts, History, n_decays_of
from fitting.reduction.prediction import PulseResponse, cursor_over, predict
from fitting.reduction.sampled_edges import edges_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from fitting.inference.solution import Solution
    from fitting.records.record import Record
    from fitting.reduction.reduction import Reduction
    from fitting.transforms.laplace import Floats

_BLOCK = 4096
"""Samples at a time: with 150 columns 5 MB."""
_MOST_EDGES = 64
"""Jumps that are asked one by one, as in `fitting.inference.edge_places`."""
_DEGREES = 6
"""Highest degree of a baseline's polynomials: three bends over the record. Doubled, they take in the electrode."""
_THRESHOLDS = 12
"""Currents at which a range may have changed that are asked, three a decade from the largest downwards."""
_ALIKE = 1e-6
"""Relative difference of two times, or currents, that are the same: rounding. Others are factors apart."""
_SIZES = tuple(2.0**k for k in range(-4, 4))
"""Delays, lags and moves of the last edge that are asked, in sampling intervals; those between are mixtures of two."""


class CauseKind(StrEnum):
    """What may be wrong with a record, or with a circuit; the values are codes in documents."""

    EDGE_PLACES = "edge_places"
    """Jumps of a sampled voltage lie each at a place of its own."""
    DELAY = "delay"
    """The current is late, or early, by the same time everywhere."""
    LAG = "lag"
    """The ammeter is slow."""
    CLOCK = "clock"
    """The clock of the samples runs at another speed than that of the drive."""
    DRIFT = "drift"
    """The offset drifts evenly."""
    BASELINE = "baseline"
    """A slow current beside the cell's."""
    HISTORY = "history"
    """The cell was not at rest when the record began."""
    AGEING = "ageing"
    """The current per volt changes in the course of the record."""
    NONLINEAR_EVEN = "nonlinear_even"
    """Conductance depends on the sign of the voltage."""
    NONLINEAR_ODD = "nonlinear_odd"
    """Conductance depends on the size of the voltage."""
    RANGE_STEP = "range_step"
    """Gain or offset differ above a certain current: another range of the ammeter."""
    CLIPPING = "clipping"
    """The current stands at one value where it should be larger."""
    RELAXATION = "relaxation"
    """Another relaxation than those of the circuit."""
    HUM = "hum"
    """A sine, as of the mains."""
    SPIKES = "spikes"
    """A few samples far off."""
    QUANTISATION = "quantisation"
    """Steps of the converter are coarser than the noise."""
    JITTER = "jitter"
    """Samples are taken at uneven times: the scatter follows the slope of the current."""
    COLOURED_NOISE = "coloured_noise"
    """Noise that carries on from sample to sample."""


@dataclass(frozen=True)
class Group:
    """Columns that belong to one cause.

    Attributes
    ----------
    kind : CauseKind
    n_columns : int
    value : tuple of (str, float), or None
        What distinguishes it from others of its kind, such as a time.
    """

    kind: CauseKind
    n_columns: int
    value: tuple[str, float] | None = None

    def is_like(self, other: Group) -> bool:
        """Whether both are of the same cause."""
        if self.kind is not other.kind or (self.value is None) != (other.value is None):
            return False
        return self.value is None or other.value is None or bool(np.isclose(self.value[1], other.value[1], _ALIKE))


class Disturbances:
    """Columns of all disturbances of a fitted run.

    Parameters
    ----------
    run : Record
    solution : Solution
        Of this run alone.
    places : ndarray of int, shape (n,)
        Samples that are asked, rising.
    only : Group, optional
        The one that is wanted; all unless given.
    """

    def __init__(self, run: Record, solution: Solution, places: NDArray[np.intp], only: Group | None = None) -> None:
        observation = solution.problem.observations[0]
        response = solution.response()
        if not isinstance(observation, PulseObservation) or response is None:
            raise TypeError("a spectrum has no samples")
        reduction = observation.reduction
        run, _ = controlled(run, reduction.terms)
        self._run, self._terms, self._response, self._places = run, response.terms, response, places
        own = np.ascontiguousarray(run.t_s)
        self._t = response.terms.times_of_drive(own, float(own[0]))
        self._interval_s = float(np.median(np.diff(self._t[:100_000])))
        self._rates, self._weights = response.rates, response.weights
        # Seen later by the lead of the edges, as the fitted weights are.
        Y = solution.problem.admittance(0, solution.best.u)
        later = np.exp(-self._rates * observation.seen(Y).lead_s)
        slopes = solution.weight_slopes() * later
        self._slopes = (slopes * solution.problem.transform.slope(solution.best.u)[:, None]).T
        self._is_lead_free = reduction.most_lead_s > 0.0
        self._n_history = reduction.n_history
        n_decays = self._n_history or n_decays_of(self._rates, self._interval_s)
        self._history = History(float(self._t[0]), self._rates, n_decays)
        self._shifts = self._shifts_of()
        self._began_s, self._lasts_s = float(self._t[0]), float(self._t[-1] - self._t[0])
        largest = float(np.nanmax(np.abs(run.current_A)))
        self._thresholds = largest * 10.0 ** (-(np.arange(_THRESHOLDS) + 1) / 3.0)
        if only is not None and only.kind is CauseKind.RANGE_STEP and only.value is not None:
            self._thresholds = np.array([only.value[1]])  # anywhere between those
        finite = list(self._of_clocks(solution, reduction, later, only))
        self._finite = [pair for _, pair in finite]
        groups = (*(group for group, _ in finite), *self._small())
        ends = np.cumsum([0, *(group.n_columns for group in groups)])
        wanted = [k for k, group in enumerate(groups) if only is None or group.is_like(only)]
        self.groups: tuple[Group, ...] = tuple(groups[k] for k in wanted)
        self._wanted = np.concatenate([np.arange(ends[k], ends[k + 1]) for k in wanted] or [np.empty(0, np.intp)])

    @property
    def n_base(self) -> int:
        """Columns that are taken out first: the unknowns, then what was fitted beside them."""
        return self.n_unknowns + self._n_history + len(self._terms) + int(self._is_lead_free)

    @property
    def n_unknowns(self) -> int:
        """Unknowns of the fit."""
        return int(self._slopes.shape[1])

    def _shifts_of(self) -> EdgeShifts | None:
        edges = edges_of(self._run, self._terms)
        if edges is None or len(edges.after_s) > _MOST_EDGES or edges.leads_s is not None:
            return None
        return EdgeShifts(edges.after_s, edges.jumps_V, self._rates, self._weights)

    def _of_clocks(
        self, solution: Solution, reduction: Reduction, later: Floats, only: Group | None
    ) -> Iterator[tuple[Group, tuple[Floats, Floats]]]:
        """Give the changes by a delay, a lag or another clock, each of some sizes, at the samples that are asked."""
        run, interval_s = self._run, self._interval_s
        t = np.ascontiguousarray(run.t_s)[self._places]
        fitted = predict(run, self._response, t)
        mode_map, answer = reduction.mode_map, reduction.response_of(solution.problem.admittance(0, solution.best.u))

        def lagging(lag_s: float) -> Floats:
            weights = mode_map.weights(answer / (1.0 + mode_map.s * lag_s)) * later
            return predict(run, PulseResponse(self._rates, weights, self._response.nuisance, self._terms), t) - fitted

        def timed(delay_s: float, ppm: float) -> Floats:
            terms = replace(
                placed.terms, delay_s=placed.terms.delay_s + delay_s, clock_ppm=placed.terms.clock_ppm + ppm
            )
            return predict(run, replace(placed, terms=terms), t) - fitted

        placed = self._placed(solution, reduction)
        sizes = [size * interval_s for size in _SIZES]
        yield from _neighbours(CauseKind.LAG, "lag_s", sizes, lagging, only)
        for sign in (1.0, -1.0):
            signed = [sign * one for one in sizes]
            yield from _neighbours(CauseKind.DELAY, "delay_s", signed, lambda one: timed(one, 0.0), only)
            if run.drive is not None:  # what samples a voltage beside the current does so by one clock
                ppm = [1e6 * one / float(t[-1] - t[0]) for one in signed]
                yield from _neighbours(CauseKind.CLOCK, "ppm", ppm, lambda one: timed(0.0, one), only)

    def _placed(self, solution: Solution, reduction: Reduction) -> PulseResponse:
        """Return the response with jumps of a sampled voltage where the fit has found them, not its weights later."""
        edges, observation = edges_of(self._run, self._terms), solution.problem.observations[0]
        if edges is None or edges.leads_s is not None or not isinstance(observation, PulseObservation):
            return self._response
        Y = solution.problem.admittance(0, solution.best.u)
        lead_s = observation.seen(Y).lead_s + 0.5 * edges.aperture_s
        terms = replace(self._terms, edge_leads_s=(lead_s,) * len(edges.after_s))
        return replace(self._response, weights=reduction.weights_of(Y), terms=terms)

    def _small(self) -> Iterator[Group]:
        if self._shifts is not None:
            yield Group(CauseKind.EDGE_PLACES, len(self._shifts))
        yield Group(CauseKind.DRIFT, 1)
        yield Group(CauseKind.BASELINE, _DEGREES)
        if self._n_history == 0:
            yield Group(CauseKind.HISTORY, len(self._history))
        yield Group(CauseKind.AGEING, 1)
        yield Group(CauseKind.NONLINEAR_EVEN, 1)
        yield Group(CauseKind.NONLINEAR_ODD, 1)
        for threshold in self._thresholds:
            yield Group(CauseKind.RANGE_STEP, 2, ("above_A", float(threshold)))
        for rate in self._rates[1:]:
            yield Group(CauseKind.RELAXATION, 1, ("tau_s", float(1.0 / rate)))

    def blocks(self) -> Iterator[tuple[slice, NDArray[np.bool_], Floats, Floats]]:
        """Give, block by block of the places, which samples count, base columns and those of all groups."""
        run, terms, places = self._run, self._terms, self._places
        drive = drive_after(run.drive, terms.before_V)
        cursor = cursor_over(run, self._rates, terms, self._interval_s)
        moving = -self._rates * self._weights
        for first in range(0, len(places), _BLOCK):
            here = slice(first, min(first + _BLOCK, len(places)))
            mine = places[here]
            t = self._t[mine]
            if drive is None and not terms.moves_samples:  # the voltage is walked from sample to sample
                walked = slice(int(places[first - 1]) + 1 if first else 0, int(mine[-1]) + 1)
                rows, whole = cursor.rows(self._t[walked], np.ascontiguousarray(run.voltage_V[walked]))
                modes, clear = rows[mine - walked.start], whole[mine - walked.start]
            else:
                modes, clear = cursor.rows(t, np.zeros(len(t)))
            current = modes @ self._weights
            since = self._history.columns(t)
            base = [modes @ self._slopes, *([since] if self._n_history else []), terms.columns(t)]
            if self._is_lead_free:
                base.append((modes @ moving)[:, None])
            x = (t - self._began_s) / self._lasts_s
            level = np.asarray(run.voltage_V)[mine] if drive is None else drive.voltage_at(t)
            columns = [np.stack([one[here] for one in pair], axis=1) for pair in self._finite]
            if self._shifts is not None:
                columns.append(self._shifts.columns(t))
            columns += [
                x[:, None],
                np.asarray(np.polynomial.legendre.legvander(2.0 * x - 1.0, _DEGREES)[:, 1:]),
            ]
            if not self._n_history:
                columns.append(since)
            columns += [(c * current)[:, None] for c in (x, level, level**2)]
            for threshold in self._thresholds:
                above = np.abs(current) > threshold
                columns.append(np.stack([above * current, above * np.sign(current)], axis=1))
            columns.append(modes[:, 1:])
            yield here, clear, np.concatenate(base, axis=1), np.concatenate(columns, axis=1)[:, self._wanted]

    @property
    def times_s(self) -> Floats:
        """When the samples that are asked were taken by the clock of the drive, shape (n,)."""
        seen: Floats = self._t[self._places]
        return seen


def _neighbours(
    kind: CauseKind, name: str, sizes: list[float], change: Callable[[float], Floats], only: Group | None
) -> Iterator[tuple[Group, tuple[Floats, Floats]]]:
    """Give each size with the next, and their changes: what lies between is a mixture of both."""
    known = cache(change)
    for one, other in pairwise(sizes):
        group = Group(kind, 2, (name, float(np.sign(one) * np.sqrt(one * other))))
        if only is None or group.is_like(only):
            yield group, (known(one), known(other))
