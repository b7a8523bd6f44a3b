"""Profile-likelihood intervals of fitted parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from fitting.constants import Z95
from fitting.inference.least_squares import NEAR, Minimum, damped_step, minimise
from fitting.inference.profile_ends import CLOSE, CLOSE_AT_ALL, CLOSE_BY_CHORD, Bracket, Height

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from fitting.transforms.laplace import Floats

_MOST_REFITS = 16
"""Refits for one end of an interval. Ends take 1 to 4; a bent valley up to 12. Doubled, only lost ones take longer."""
_FLAT = 1e-6
"""Singular values, relative to the largest, along which nothing changes. Doubled or halved, no interval moves."""
_SEEN = 1e-4
"""The same from which all directions count as seen, so that squares of them still have eight digits. Doubled or halved,
no interval moves."""
_FAR = 1.5
"""How many times further than the curvature has it a profile must end for figures to be looked at there. Doubled, some
are told up to three times too surely; halved, all are looked at there, for nothing."""
_NO_FURTHER = 1.1
"""How many times the chi-square of the 95 % region such a place may have: it is read off a chord. Doubled, figures are
told a third less surely than they are."""
_ENOUGH = 1e-2
"""Chi-square that the step of a refit may promise and not be taken. What it promises is taken off. Ten times that saves
one step in fifteen, and of 600 fits of like arcs seven have an end that is 2 to 9 % of its distance too near."""
_FEW = 4
"""Steps after which a refit is no more expected to be near. Ends in straight valleys take one or two."""
_SHORT = 0.5
"""Half width, on the line, up to which intervals by the curvature count as short: profiles of records that tell each
parameter to a factor of 1.6. Doubled, ends of bent valleys are too short; halved, a third more refits are followed."""
_REACHED = 0.3
"""How far that last step may lead, on the line. Doubled, ends of bent valleys are too short."""
_MOST_BEND = 0.5
"""How far a start is moved, on the line, for what another profile says of its valley's bend: a valley that is bent by
more is not told by one parabola. Doubled, no fewer steps are taken."""
_SAME_WAY = 0.5
"""Cosine from which two profiles go the same way, or back. Doubled, none does; halved, no fewer steps are taken."""


_STUCK = 0.1
"""How far beyond the end of an interval a refit for another parameter must have been as good, as a share of its length,
for the profile to have been stuck: ends are right to 2 %. Doubled, intervals are up to a fifth too short."""
_ABOUT = 1.1
"""How many times 1.96 deviations such a refit may be worse: who begins there goes back if need be. Doubled, refits that
lead nowhere."""
_SWEEPS = 3
"""How often all intervals are looked at for that. Doubled, nothing is found by the last."""


@dataclass(frozen=True)
class Interval:
    """A 95 % interval on the line; infinite where no value is too far.

    Attributes
    ----------
    low, high : float
    places : tuple of ndarray, shape (k,)
        Where all unknowns are about ends of it, as far as that is known. Who uses them looks how good the fit is there.
    """

    low: float
    high: float
    places: tuple[Floats, ...] = field(default=(), compare=False, repr=False)

    def hull(self, other: Interval) -> Interval:
        """Return the interval that holds both."""
        return Interval(min(self.low, other.low), max(self.high, other.high), self.places + other.places)


@dataclass(frozen=True, eq=False)
class Displaced:
    """Where the unknowns would be beside a disturbance of the record.

    Attributes
    ----------
    shift : ndarray, shape (k,)
        Less where they are.
    intervals : tuple of Interval
    """

    shift: Floats
    intervals: tuple[Interval, ...]


def covariance_of(best: Minimum, unit: float) -> Floats:
    """Return the covariance of u; huge, but finite, along what the record does not determine.

    Parameters
    ----------
    best : Minimum
    unit : float
        Standard deviation of the residual's components.
    """
    factor = covariance_factor_of(best, unit)
    return factor @ factor.T


def covariance_factor_of(best: Minimum, unit: float) -> Floats:
    """Return F, shape (k, r), with the covariance ``F F^T`` of u.

    The variance of a figure with gradient g is the square of ``F^T g``. Along what the record does not determine, the
    product's huge entries would cancel to nothing but rounding.
    """
    _, sizes, axes = np.linalg.svd(best.jacobian, full_matrices=False)
    sizes = np.maximum(sizes, 1e-12 * sizes.max(initial=1e-300))
    factor: Floats = axes.T / sizes * unit
    return factor


def profile_intervals(
    evaluate: Callable[[Floats], tuple[Floats, Floats]],
    best: Minimum,
    box: Floats,
    unit: float,
    only: Iterable[int] | None = None,
) -> list[Interval]:
    """Return the interval of each parameter over which refits of all others stay within 1.96^2 of the best.

    Venzon, Moolgavkar, Appl. Statist. 37, 87 (1988). The first refit is at the end of the linear interval; where the
    two agree it is the last.

    Parameters
    ----------
    evaluate : callable
        Residual and Jacobian.
    best : Minimum
    box : ndarray, shape (2, k)
        How far the parameters may go; a side is open where even there the refit is not too bad.
    unit : float
        Standard deviation of the residual's components.
    only : iterable of int, optional
        Places of the parameters that are asked for; all unless given.
    """
    profile = _Profile(evaluate, best, box, unit)
    asked = list(range(len(best.u)) if only is None else only)
    found = [profile.interval(k) for k in asked]
    for _ in range(_SWEEPS):
        before, found = found, [profile.unstuck(k, one) for k, one in zip(asked, found, strict=True)]
        if before == found:
            break
    return found


def far_places(
    evaluate: Callable[[Floats], tuple[Floats, Floats]], best: Minimum, unit: float, intervals: Iterable[Interval]
) -> Floats:
    """Return the places of intervals outside of the 95 % region by the curvature and within the true one, shape (n, k).

    Parameters
    ----------
    evaluate : callable
        Residual and Jacobian.
    best : Minimum
    unit : float
        Standard deviation of the residual's components.
    intervals : iterable of Interval
    """
    edge, found = Z95 * unit, []
    for place in (place for one in intervals for place in one.places):
        if float(np.linalg.norm(best.jacobian @ (place - best.u))) > _FAR * edge:
            residual, _ = evaluate(place)
            if float(residual @ residual) < best.cost + _NO_FURTHER * edge**2:
                found.append(place)
    return np.array(found)


def profile_heights(
    evaluate: Callable[[Floats], tuple[Floats, Floats]],
    best: Minimum,
    box: Floats,
    unit: float,
    k: int,
    places: Floats,
    *,
    ends: Sequence[Floats] = (),
) -> Floats:
    """Return by how many deviations the best refit of all others is worse, with one parameter held at some places.

    Parameters
    ----------
    evaluate : callable
        Residual and Jacobian.
    best : Minimum
    box : ndarray, shape (2, k)
        How far the parameters may go.
    unit : float
        Standard deviation of the residual's components.
    k : int
        Which parameter.
    places : ndarray, shape (n,)
        On the line, to one side of the best, ever further away: each refit begins where the one before it ended.
    ends : sequence of ndarray, shape (k,)
        Where all unknowns are about ends of the interval: from that to the same side refits begin as well, since others
        may be stuck.
    """
    profile = _Profile(evaluate, best, box, unit)
    direction, _ = profile.tangent(k)
    near, heights = best.u, []
    for place in places.tolist():
        start = near + np.clip(direction * (place - near[k]), -2.0, 2.0)
        start[k] = place
        near, z, _ = profile.refitted(start, k)
        for end in (end for end in ends if (end[k] - best.u[k]) * (place - best.u[k]) > 0.0):
            start = end.copy()
            start[k] = place
            there, other, _ = profile.refitted(start, k)
            near, z = (there, other) if other < z else (near, z)
        heights.append(z)
    return np.array(heights)


@dataclass(frozen=True, eq=False)
class _Bend:
    """How a valley was found to be bent: what a straight way changes of the residual, and how far aside it led."""

    seen: Floats
    size: float
    aside: Floats


@dataclass(frozen=True, eq=False)
class _Profile:
    evaluate: Callable[[Floats], tuple[Floats, Floats]]
    best: Minimum
    box: Floats
    unit: float

    def tangent(self, k: int) -> tuple[Floats, float]:
        """Return how all parameters move with parameter k along the valley, and how fast its floor rises.

        Directions in which nothing changes are left alone: along them the linearisation reaches nowhere.
        """
        if self._spread is not None:
            variance = float(self._spread[k, k])
            return self._spread[k] / variance, 1.0 / (np.sqrt(variance) * self.unit)
        direction = self._tangent_at(self.best.jacobian, k)
        return direction, float(np.linalg.norm(self.best.jacobian @ direction)) / self.unit

    @staticmethod
    def _tangent_at(jacobian: Floats, k: int) -> Floats:
        others = np.arange(jacobian.shape[1]) != k
        direction = np.ones(jacobian.shape[1])
        direction[others] = np.linalg.lstsq(jacobian[:, others], -jacobian[:, k], rcond=_FLAT)[0]
        return direction

    def interval(self, k: int) -> Interval:
        """Follow the profile of parameter k to both sides."""
        direction, rise = self.tangent(k)
        sides = [self._side(k, sign, sign * direction, rise) for sign in (-1.0, 1.0)]
        (low, _), (high, _) = sides
        return Interval(low, high, tuple(place for _, place in sides if place is not None))

    def unstuck(self, k: int, interval: Interval) -> Interval:
        """Return an interval that holds what refits for other parameters have found as good, where its own were stuck.

        A parameter that has gone where it changes nothing, as a resistance to 0 on its logarithmic line, has no slope
        there and never comes back as another one moves, although the two would make up for each other.
        """
        for sign, end in ((-1.0, interval.low), (1.0, interval.high)):
            place = max(self._as_good, key=lambda one: sign * float(one[k]), default=self.best.u)
            if sign * (place[k] - end) > _STUCK * abs(end - self.best.u[k]):
                direction = self._tangent_at(self.evaluate(place)[1], k)
                other, there = self._side(k, sign, sign * direction, 0.0, place)
                ends = (other, interval.high) if sign < 0.0 else (interval.low, other)
                interval = interval.hull(Interval(*ends, () if there is None else (there,)))
        return interval

    def _side(
        self, k: int, sign: float, direction: Floats, rise: float, begin: Floats | None = None
    ) -> tuple[float, Floats | None]:
        """Follow the profile of parameter k along a tangent to one side, from the best or from another place.

        Return where it is 1.96 high, and where all parameters are there; of an open side, at the end of the box.
        """
        u = self.best.u
        reach = float(self.box[1, k] - u[k] if sign > 0.0 else u[k] - self.box[0, k])
        if reach < 1e-6:
            return float(sign * np.inf), None
        at = min(Z95 / max(rise, Z95 / reach), reach)
        bracket = Bracket()
        near, inner = u, Height(0.0, 0.0, rise)
        bend = self._bend_along(direction * at, k)
        if begin is not None:
            near, at, bend = begin, float(abs(begin[k] - u[k])), np.zeros(len(u))
        for _ in range(_MOST_REFITS):
            start = near + np.clip(direction * (at - sign * (near[k] - u[k])), -2.0, 2.0) + bend
            start[k] = u[k] + sign * at
            there, z, slope = self.refitted(start, k)
            if z < _ABOUT * Z95:
                self._as_good.append(there)
            here = Height(at, z, sign * slope)
            is_known = bool(np.isfinite(slope)) and begin is None
            end = inner.end_with(here) if is_known else bracket.end_near(at, z)
            if abs(end - at) < (CLOSE * at if is_known else min(CLOSE_BY_CHORD * at, CLOSE_AT_ALL)):
                if is_known:
                    self._bends.append(self._seen_bend(direction * at, there - u))
                share = min(max((Z95 - inner.z) / (z - inner.z), 0.0), 1.0) if z > Z95 else 1.0
                return float(u[k] + sign * min(end, reach)), near + (there - near) * share
            if z < Z95:
                if at >= reach:
                    return float(sign * np.inf), there
                near, inner = there, here
                bend = np.zeros(len(u))
            at = bracket.next_place(at, z, reach, end if is_known else np.inf)
        return float(u[k] + sign * bracket.outer), near if inner.at > 0.0 else None

    def _seen_bend(self, straight: Floats, moved: Floats) -> _Bend:
        """Return by how much a valley was found to be bent."""
        seen = self.best.jacobian @ straight
        return _Bend(seen, float(np.linalg.norm(seen)), moved - straight)

    def _bend_along(self, straight: Floats, k: int) -> Floats:
        """Return how far from a straight way the valley is expected, by the profile that went most nearly that way.

        Profiles of parameters that make up for each other follow one valley, there and back.
        """
        seen = self.best.jacobian @ straight
        size = float(np.linalg.norm(seen)) or 1.0
        shares = [float(one.seen @ seen) / (one.size * size) for one in self._bends]
        nearest = max(range(len(shares)), key=lambda j: abs(shares[j]), default=-1)
        if nearest < 0 or abs(shares[nearest]) < _SAME_WAY:
            return np.zeros(len(straight))
        one = self._bends[nearest]
        aside = one.aside * (shares[nearest] * size / one.size) ** 2
        # Parameter k stays where it is held: what the bend says of it is made up for along the way.
        bend: Floats = np.clip(aside - straight * (aside[k] / straight[k]), -_MOST_BEND, _MOST_BEND)
        return bend

    @cached_property
    def _spread(self) -> Floats | None:
        """Inverse of the Jacobian's square, which has the tangents of all profiles; None where a direction is flat."""
        _, sizes, axes = np.linalg.svd(self.best.jacobian, full_matrices=False)
        if len(sizes) < len(self.best.u) or not sizes[-1] > _SEEN * sizes[0]:
            return None
        factor = axes.T / sizes
        spread: Floats = factor @ factor.T
        return spread

    @cached_property
    def _is_straight(self) -> bool:
        """Whether all intervals by the curvature are short: valleys are straight then, and two refits tell an end."""
        if self._spread is None:
            return bool(Z95 * np.sqrt(float(np.max(np.diag(covariance_of(self.best, self.unit))))) < _SHORT)
        return bool(Z95 * self.unit * np.sqrt(float(np.max(np.diag(self._spread)))) < _SHORT)

    @cached_property
    def _bends(self) -> list[_Bend]:
        return []

    @cached_property
    def _as_good(self) -> list[Floats]:
        """Where refits ended that are no worse than the ends of intervals."""
        return []

    def refitted(self, start: Floats, k: int) -> tuple[Floats, float, float]:
        """Return the best of all others with parameter k held, by how many deviations it is worse, and how that rises.

        Where the linearisation reaches the best, the last step is not taken, only what it promises. Elsewhere, along
        bent valleys, steps promise little and lead far: they are followed, and how fast it rises is not known.
        """
        held = np.arange(len(start)) == k
        unit2 = self.unit**2
        left = None
        if self._is_straight:
            there = minimise(
                self.evaluate, start, self.box, held=held, irrelevant=_ENOUGH * unit2, max_steps=_FEW, damping=NEAR
            )
            start, left = there.u, self._last_left(there, held)
        if left is None:
            there = minimise(
                self.evaluate, start, self.box, held=held, irrelevant=1e-4 * unit2, max_steps=200, damping=NEAR
            )
            return there.u, float(np.sqrt(max(there.cost - self.best.cost, 0.0))) / self.unit, np.nan
        z = float(np.sqrt(max(float(left @ left) - self.best.cost, 0.0))) / self.unit
        # Where all others are at their best, only parameter k itself moves the sum of squares.
        return there.u, z, float(left @ there.jacobian[:, k]) / (max(z, 1e-3) * unit2)

    def _last_left(self, there: Minimum, held: NDArray[np.bool_]) -> Floats | None:
        """Return the residual after a last step that is not taken; None where the linearisation does not reach it."""
        if held.all():
            return there.residual
        if there.left is None:
            return None
        free = there.jacobian[:, ~held]
        anywhere = np.array([[-np.inf], [np.inf]]).repeat(free.shape[1], axis=1)
        step, change = damped_step(free, there.residual, _FLAT**2, anywhere)
        is_near = float(np.max(np.abs(step))) < _REACHED and float(change @ change) < 2.0 * _ENOUGH * self.unit**2
        return there.left if is_near else None
