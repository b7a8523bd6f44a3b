"""State of the modes at each sample of a drive, commanded or measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting.reduction.sampled_edges import SampledVoltage
from fitting.transforms.plain_loops import modes_of_drive
from protocols import FitError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fitting.transforms.laplace import Floats
    from protocols import PulseSequence

# Share of the interval within which a point sample is "at" a jump and not used (decision 049). Step responses must be
# right from there on: a tenth of it would need seven modes more.
_GUARD_SHARE = 1e-3
# Share of the interval that rounding may put an edge after the sample that begins there. Times of a
# long run are rounded to some 1e-9 of an interval; the guard is a thousand times larger. Twice as much is as good.
_SLACK_SHARE = 1e-6
# Share of the interval by which a jump of a sampled voltage is put before the first sample after it, so that it counts
# there: a thousandth of what a fitted lead can tell.
_JUST_BEFORE = 1e-6
# First samples that are asked for the level before the record (decision 142), and how few are too few to tell.
_AT_REST, _FEWEST_AT_REST = 64, 4
# A voltage of which nothing is known but its samples.
_AS_IT_STANDS = SampledVoltage()
_JUMP = 8.0  # in medians of the steps: more than five deviations of noise


def segments_of(drive: PulseSequence) -> Floats:
    """Return when the segments of a drive start (s), the jump there (V), the slope over each (V/s); shape (3, k).

    A last segment is the rest that follows the sequence.
    """
    ends = np.append(drive.times_s[1:], drive.duration_s)
    slope = (drive.end_V - drive.start_V) / (ends - drive.times_s)
    before = np.concatenate([[drive.rest_V], drive.end_V])
    after = np.append(drive.start_V, drive.rest_V)
    return np.stack([np.append(drive.times_s, drive.duration_s), after - before, np.append(slope, 0.0)])


def modes_at(drive: PulseSequence, rates: Floats, t_s: Floats, *, interval_s: float, aperture_s: float) -> Floats:
    """Return what a few samples of a commanded drive see of every mode, shape (n, m), without the compiled walk.

    Parameters
    ----------
    drive : PulseSequence
    rates : ndarray, shape (m,)
        Rates (1/s), the first 0.
    t_s : ndarray, shape (n,)
        Centres of the samples (s), rising.
    interval_s, aperture_s : float
        As in `ModeCursor`.
    """
    mean = _aperture_means(rates, aperture_s)
    slack = _SLACK_SHARE * interval_s
    return modes_of_drive(t_s - 0.5 * aperture_s, rates, segments_of(drive), mean, slack, aperture_s)


def shortest_lag_s(drive: PulseSequence, t_s: Floats, aperture_s: float) -> float:
    """Return the shortest time from a jump (or a bend) to the start of a sample that sees what follows.

    Step responses must be right from there on. A sample right at a jump is not used (point samples), or averages
    from the jump on (apertures); ramps average over their start as well. Then a small share of the sampling interval
    or the aperture is returned, the part that is left over weighing that little in the mean.

    Parameters
    ----------
    drive : PulseSequence
    t_s : ndarray, shape (n,)
        Centres of the samples (s).
    aperture_s : float
    """
    dt = float(np.median(np.diff(t_s[:100_000])))
    floor = 1e-2 * aperture_s if aperture_s > 0.0 else _GUARD_SHARE * dt
    edges, jumps, slopes = segments_of(drive)
    if np.any(slopes != 0.0):
        return _GUARD_SHARE * dt
    edges = edges[jumps != 0.0]
    # Slack: an edge that rounding puts after the start of its sample belongs to that sample.
    first = np.searchsorted(t_s, edges + 0.5 * aperture_s - _SLACK_SHARE * dt)
    edges, first = edges[first < len(t_s)], first[first < len(t_s)]
    if not len(edges):
        raise FitError("no sample follows an edge of the drive: nothing of the response was recorded")
    lags = t_s[first] - 0.5 * aperture_s - edges
    if aperture_s == 0.0:
        close = lags < floor
        after = np.minimum(first + 1, len(t_s) - 1)
        lags = np.where(close, t_s[after] - edges, lags)
    return float(max(floor, lags.min()))


class ModeCursor:
    """Walks a drive and gives what each sample sees of every mode; blocks may be of any size.

    Parameters
    ----------
    rates : ndarray, shape (m,)
        Rates of the modes (1/s), the first 0.
    drive : PulseSequence or None
        Commanded voltage. None takes the measured one: linear from sample to sample, at rest before the first.
    interval_s : float
        Typical time from sample to sample, the measure of what counts as "at an edge".
    aperture_s : float
        How long each sample averages, centred on its time. A measured voltage averages as the current does, so
        that the mean needs no account there.
    sampled : SampledVoltage
        Of a measured voltage its jumps, which are put right before the first sample after them, and all of it.
    before_V : float, optional
        Level of a measured voltage before its first sample; that of its first samples unless given.
    """

    def __init__(
        self,
        rates: Floats,
        drive: PulseSequence | None,
        interval_s: float,
        aperture_s: float = 0.0,
        sampled: SampledVoltage = _AS_IT_STANDS,
        before_V: float | None = None,
    ) -> None:
        self._before = None if before_V is None else (interval_s, before_V)
        self.rates = np.ascontiguousarray(rates)
        self._edges = sampled.edges if drive is None else None
        self._segments = sampled.segments if drive is None else segments_of(drive)
        # A measured voltage averages as the current does: to the fit both are point samples.
        aperture = 0.0 if drive is None else aperture_s
        guard = _GUARD_SHARE * interval_s if drive is not None and aperture_s == 0.0 else 0.0
        slack = _SLACK_SHARE * interval_s if drive is not None else 0.0
        self._tolerances_s = np.array([aperture, guard, slack])
        self._z = np.zeros(len(rates))
        self._clock = np.array([np.nan, 0.0, -np.inf, 0.0])
        self._last = (np.nan, np.nan)
        self._mean = _aperture_means(self.rates, aperture)

    def rows(self, t_s: Floats, voltage_V: Floats, buffer: Floats | None = None) -> tuple[Floats, NDArray[np.bool_]]:
        """Walk on over some samples.

        Parameters
        ----------
        t_s : ndarray, shape (n,)
            Centres of the samples, rising and after all earlier ones.
        voltage_V : ndarray, shape (n,)
            Measured voltage; only used without a commanded drive.
        buffer : ndarray, shape (at least n, m), optional
            Memory for the rows: fresh memory costs more than the walk itself.

        Returns
        -------
        rows : ndarray, shape (n, m)
            Volts.
        keep : ndarray of bool, shape (n,)
            False where a jump lies inside a sample's aperture, or right at a point sample, or the voltage that was to
            be measured is not known.

        Raises
        ------
        FitError
            If the times do not rise.
        """
        from fitting.transforms.loops import drive_modes

        self._check(t_s)
        volts = voltage_V if self._segments is not None else self._held(t_s, self._known(t_s, voltage_V))
        segments = self._segments if self._segments is not None else self._measured(t_s, volts)
        start_s = t_s - 0.5 * self._tolerances_s[0]
        if np.isnan(self._clock[0]):
            self._clock[0] = min(start_s[0], segments[0, 0])
        out = np.empty((len(t_s), len(self.rates))) if buffer is None else buffer[: len(t_s)]
        keep = np.empty(len(t_s), dtype=np.bool_)
        drive_modes(start_s, self.rates, segments, self._mean, self._tolerances_s, self._clock, self._z, out, keep)
        if self._segments is None:
            keep &= np.isfinite(voltage_V)
        if self._edges is not None and self._segments is None:
            keep &= ~_are_among(t_s, self._edges.partial_s)
        elif self._edges is not None:
            keep &= ~self._edges.are_unclear(t_s)
        self._last = (float(t_s[-1]), float(volts[-1]))
        return out, keep

    def since_edge_s(self, t_s: float) -> float:
        """Return the time from the last edge or bend to the start of the next sample, centred at `t_s`."""
        segment = int(self._clock[3])
        if self._segments is None or segment == 0:
            return np.inf
        return float(t_s - 0.5 * self._tolerances_s[0] - self._segments[0, segment - 1])

    def n_in_hold(self, t_s: Floats, clear_s: float) -> int:
        """Return how many of the next samples see the hold that the cursor is in and nothing else.

        Parameters
        ----------
        t_s : ndarray, shape (n,)
        clear_s : float
            None of them if the first starts less than this after the last edge or bend.
        """
        aperture, guard, slack = self._tolerances_s
        now, slope, _, segment = self._clock
        if self._segments is None or np.isnan(now) or slope != 0.0 or t_s[0] <= self._last[0]:
            return 0
        if self.since_edge_s(t_s[0]) < max(clear_s, guard + slack):
            return 0
        ahead = self._segments[0, int(segment) :]
        if not len(ahead):
            return len(t_s)
        return int(np.searchsorted(t_s, ahead[0] - 0.5 * aperture - guard - 2.0 * slack))

    def n_to_hold(self, t_s: Floats, clear_s: float) -> int:
        """Return how many of the next samples have to be walked before `n_in_hold` is worth asking again."""
        if self._segments is None:
            to_edge = self.n_before_edge(t_s)
            return len(t_s) if to_edge is None or to_edge == len(t_s) else to_edge + 1
        if np.isnan(self._clock[0]):
            return 1
        segment = int(self._clock[3])
        edge = segment - 1 if self.since_edge_s(t_s[0]) < clear_s else segment
        if edge >= self._segments.shape[1]:
            return len(t_s)
        clear_from = self._segments[0, edge] + clear_s + 0.5 * self._tolerances_s[0]
        return max(int(np.searchsorted(t_s, clear_from)), 1)

    def n_before_edge(self, t_s: Floats) -> int | None:
        """Return how many of the next samples come before the next jump of a measured voltage; None without jumps."""
        if self._edges is None:
            return None
        ahead = self._edges.after_s[np.searchsorted(self._edges.after_s, t_s[0]) :]
        return int(np.searchsorted(t_s, ahead[0])) if len(ahead) else len(t_s)

    def mode_amplitudes(self, t_s: Floats) -> Floats:
        """Return what some later samples of the hold see of the modes, shape (n, m), and move on to the last."""
        elapsed = t_s - 0.5 * self._tolerances_s[0] - self._clock[0]
        states = self._z * np.exp(-np.multiply.outer(elapsed, self.rates))
        self._z[:] = states[-1]
        self._clock[0] += elapsed[-1]
        self._last = (float(t_s[-1]), self._last[1])
        seen: Floats = states if self._tolerances_s[0] == 0.0 else states * self._mean[0]
        return seen

    def state_before_gap(self) -> tuple[Floats, tuple[float, float]] | None:
        """Return the modes, to be moved on by another, and when (s) and what (V) the last sample was.

        None where the drive is commanded, or nothing was walked yet.
        """
        return None if self._segments is not None or np.isnan(self._clock[0]) else (self._z, self._last)

    def resume_after_gap(self, t_s: float, voltage_V: float) -> None:
        """Take note that the modes were moved on to a later sample."""
        self._clock[0] = t_s
        self._last = (t_s, voltage_V)

    def whole(self, t_s: Floats, voltage_V: Floats) -> Floats:
        """Return the segments of a whole measured voltage, shape (3, k); bends that are none are left out."""
        segments = self._measured(t_s, self._held(t_s, self._known(t_s, voltage_V)))
        segments = np.append(segments, [[t_s[-1]], [0.0], [0.0]], axis=1)
        bends = np.diff(segments[2], prepend=np.nan) != 0.0
        return np.ascontiguousarray(segments[:, bends | (segments[1] != 0.0)])

    def _check(self, t_s: Floats) -> None:
        before = self._last[0] if np.isfinite(self._last[0]) else t_s[0] - 1.0
        if t_s[0] > before and np.all(t_s[1:] > t_s[:-1]):
            return
        steps = np.diff(t_s, prepend=before)
        bad = t_s[np.flatnonzero(~(steps > 0.0))[0]]
        raise FitError(f"sample times must rise: the one at {bad:g} s does not come after its forerunner")

    def _measured(self, t_s: Floats, voltage_V: Floats) -> Floats:
        first = not np.isfinite(self._last[0])
        if first and self._before is not None:
            interval_s, before_V = self._before
            t, v = np.append(t_s[0] - interval_s, t_s), np.append(before_V, voltage_V)
        else:
            t = t_s if first else np.append(self._last[0], t_s)
            before_V = level_at_rest(voltage_V[:_AT_REST]) if first else self._last[1]
            v = np.append(before_V, voltage_V[first:])
        self._clock[3] = 0.0
        if len(t) == 1:
            return np.array([[t_s[0]], [0.0], [0.0]])
        segments = np.zeros((3, len(t) - 1))
        segments[0] = t[:-1]
        np.divide(np.diff(v), np.diff(t), out=segments[2])
        return segments if self._edges is None else self._with_jumps(segments, t, v)

    def _with_jumps(self, segments: Floats, t: Floats, v: Floats) -> Floats:
        """Return the segments with jumps right before the first samples after them, level until there."""
        edges = self._edges
        if edges is None:
            return segments
        ends = np.flatnonzero(_are_among(t, edges.after_s))
        ends = ends[ends > 0]
        segments[2, ends - 1] = 0.0
        gaps = t[ends] - t[ends - 1]
        wanted = edges.puts_s[np.searchsorted(edges.after_s, t[ends])]
        starts = t[ends] - np.clip(wanted, _JUST_BEFORE * gaps, (1.0 - _JUST_BEFORE) * gaps)
        jumps = np.stack([starts, v[ends] - v[ends - 1], np.zeros(len(ends))])
        return np.ascontiguousarray(np.insert(segments, ends, jumps, axis=1))

    def _held(self, t_s: Floats, volts: Floats) -> Floats:
        """Return the voltage, at samples that averaged over a jump the level before it: they see it as yet to come."""
        if self._edges is None:
            return volts
        partial = np.flatnonzero(_are_among(t_s, self._edges.partial_s))
        held = volts.copy() if len(partial) else volts
        for k in partial:
            held[k] = held[k - 1] if k > 0 else self._last[1]
        return held

    def _known(self, t_s: Floats, voltage_V: Floats) -> Floats:
        """Return the voltage, straight over samples whose own was not read."""
        known = np.isfinite(voltage_V)
        if known.all():
            return voltage_V
        last_s, last_V = self._last
        times, volts = t_s[known], voltage_V[known]
        if np.isfinite(last_s):
            times, volts = np.append(last_s, times), np.append(last_V, volts)
        if not len(times):
            raise FitError("the voltage of the first samples was not read: leave them out")
        return np.interp(t_s, times, volts)


def _are_among(t_s: Floats, times_s: Floats) -> NDArray[np.bool_]:
    """Return which of some rising times are among others."""
    if not len(times_s):
        return np.zeros(len(t_s), dtype=np.bool_)
    place = np.minimum(np.searchsorted(times_s, t_s), len(times_s) - 1)
    return np.asarray(times_s[place] == t_s)


def level_at_rest(voltage_V: Floats) -> float:
    """Return the voltage before a record, from its first samples: their mean up to the first jump, if they are level.

    A cell answers a wrong level for as long as it remembers; one sample alone is wrong by all of its noise.

    Parameters
    ----------
    voltage_V : ndarray, shape (n,)
    """
    steps = np.abs(np.diff(voltage_V))
    far = np.flatnonzero(steps > _JUMP * float(np.median(steps))) if len(steps) else steps
    level = voltage_V[: far[0] + 1] if len(far) else voltage_V
    n = len(level)
    if n < _FEWEST_AT_REST:
        return float(voltage_V[0])
    drift = abs(float(np.mean(level[n // 2 :]) - np.mean(level[: n // 2])))
    # Of noise, steps have twice the variance, and the difference of two halves has four times that of the mean.
    if drift > 3.0 * float(np.sqrt(0.5 * np.mean(steps[: n - 1] ** 2) * 4.0 / n)):
        return float(voltage_V[0])
    return float(voltage_V[0] + np.mean(level - voltage_V[0]))


def _aperture_means(rates: Floats, aperture_s: float) -> Floats:
    """Return what a mean over an aperture takes of a state at its start, and of the slope; shape (2, m)."""
    x = rates * aperture_s
    safe = np.where(x > 0.0, x, 1.0)
    of_state = np.where(x > 0.0, -np.expm1(-safe) / safe, 1.0)
    # (1 - of_state) / rate, by its series where the difference would cancel
    exact = (1.0 - of_state) / np.where(rates > 0.0, rates, 1.0)
    series = aperture_s * (0.5 - x / 6.0 + x**2 / 24.0)
    return np.stack([of_state, np.where(x > 1e-3, exact, series)])
