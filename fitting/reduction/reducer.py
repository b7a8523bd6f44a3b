"""Reduction of a record, block by block as it grows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fitting.reduction import measured_blocks as _measured
from fitting.reduction.baseline import with_baseline_weighed
from fitting.reduction.drive import ModeCursor
from fitting.reduction.history import with_history_judged
from fitting.reduction.hold_blocks import BLOCK, CLEAR, MOST_SAMPLES, SETTLED, Hold, HoldBasis
from fitting.reduction.leading_columns import History, LeadingColumns, Together
from fitting.reduction.nuisance import Nuisance, Whitening
from fitting.reduction.reduction import Reduction, noise_of
from fitting.reduction.sampled_edges import SampledVoltage
from fitting.reduction.second_differences import SecondDifferences
from fitting.reduction.voltage_noise import VoltageWatch
from fitting.transforms.memory import aligned_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from fitting.transforms.laplace import Floats
    from fitting.transforms.modes import ModeGrid
    from protocols import PulseSequence

# Samples whose rows are held at once: with 80 modes 1.3 MB, which a cache holds; twice as many take twice that.
_BLOCK = 2048

# Columns of a panel that is absorbed at once (decision 044): 160 kB of rows at 80 modes, which a cache holds.
_PANEL = 256

# Share by which the first steps of a stretch differ when it is not even worth asking whether it is
# even to 1e-9 of the interval.
_PLAINLY_UNEVEN = 1e-3

_OFFSET = Nuisance()
_AS_IT_STANDS = SampledVoltage()


class Reducer:
    """Reduces a record as it grows.

    Parameters
    ----------
    grid : ModeGrid
    drive : PulseSequence or None
        Commanded voltage in the time of the record; None takes the measured one.
    interval_s : float
        Typical time from sample to sample.
    aperture_s : float
        How long each sample averages, centred on its time.
    response_s : tuple of float
        First-order time constants of the instrument (s).
    terms : Nuisance
        What is not the cell's.
    source : str
        Where the samples come from.
    sampled : SampledVoltage
        What is known of a measured voltage.
    leading : sequence of LeadingColumns
        Columns before all others: derivatives to the places of the jumps, which `triangle` has and a `Reduction` has
        not; then decays since the first sample.
    """

    def __init__(
        self,
        grid: ModeGrid,
        drive: PulseSequence | None,
        *,
        interval_s: float,
        aperture_s: float = 0.0,
        response_s: tuple[float, ...] = (),
        terms: Nuisance = _OFFSET,
        source: str = "",
        sampled: SampledVoltage = _AS_IT_STANDS,
        leading: Sequence[LeadingColumns] = (),
    ) -> None:
        self._cursor = ModeCursor(grid.rates, drive, interval_s, aperture_s, sampled, terms.before_V)
        self._first_s = np.nan
        self._history = next((one for one in leading if isinstance(one, History)), None)
        self._leading = Together(leading) if leading else None
        self._n_leading = sum(map(len, leading))
        self._is_plain = terms.is_plain and not (self._leading is not None and self._leading.needs_samples)
        k = self._n_leading + len(terms) + len(grid) + 1
        steps = drive is not None and not drive.has_ramps and not terms.fitted
        self._now = Reduction(
            grid=grid,
            response_s=tuple(response_s),
            terms=terms,
            factor=np.zeros((0, 0)),
            n_samples=0,
            n_excluded=0,
            sum_current_A2=0.0,
            second_difference_A2=0.0,
            n_bends=0,
            drive=drive,
            drive_is_measured=drive is None,
            resolution_s=max(grid.shortest_s, 0.5 * aperture_s) if steps else interval_s,
            source=source,
            most_lead_s=0.0 if sampled.edges is None else sampled.edges.most_s,
            n_history=0 if self._history is None else len(self._history),
            jump_aperture_s=0.0 if sampled.edges is None else sampled.edges.aperture_s,
        )
        self._factor = np.zeros((k, k))
        self._modes = aligned_rows(_BLOCK, len(grid))
        self._panels = np.empty((_BLOCK // _PANEL, k, _PANEL))
        self._basis: HoldBasis | None = None
        self._between: _measured.MeasuredBasis | None = None
        self._watch = VoltageWatch() if drive is None else None
        self._clear_s = CLEAR * BLOCK * interval_s
        self._differences = SecondDifferences(needs_level=drive is not None)
        self._whitening = Whitening(terms.correlation_s) if terms.correlation_s > 0.0 else None

    def append(
        self,
        t_s: ArrayLike,
        voltage_V: ArrayLike,
        current_A: ArrayLike,
        status: ArrayLike,
        weight: Floats | None = None,
    ) -> None:
        """Take in the next samples.

        Parameters
        ----------
        t_s, voltage_V, current_A : array_like, shape (n,)
            Time (s), voltage (V), current (A).
        status : array_like of int, shape (n,)
            Any flag excludes the sample.
        weight : ndarray, shape (n,), optional
            How much the square of each sample's residual counts; 1 unless given.
        """
        t, v, i, flags = np.asarray(t_s), np.asarray(voltage_V), np.asarray(current_A), np.asarray(status)
        if len(t) and np.isnan(self._first_s):  # clocks differ from the first sample on
            self._first_s = float(t[0])
        for first in range(0, len(t), MOST_SAMPLES):
            # Copied chunk by chunk: the columns of a run lie in its file, which cannot be written to.
            here = slice(first, first + MOST_SAMPLES)
            times, current = (np.require(x[here], np.float64, ["C", "W"]) for x in (t, i))
            times = self._now.terms.times_of_drive(times, self._first_s)
            weights = None if weight is None else weight[here]
            flagged = flags[here] != 0
            quick = self._is_plain and weights is None
            done = 0
            while done < len(times):
                left = slice(done, None)
                taken = self.take_hold(times[left], current[left], flagged[left]) if quick else 0
                if quick and not taken:
                    taken = self._take_measured(times[left], v[here][left], current[left], flagged[left])
                if not taken:
                    clear = self._cursor.n_to_hold(times[done:], self._clear_s) if quick else len(times) - done
                    taken = min(_BLOCK, clear)
                    part = slice(done, done + taken)
                    volts = np.require(v[here][part], np.float64, ["C", "W"])
                    good = ~flagged[part] & np.isfinite(current[part])
                    self._take(times[part], volts, current[part], good, None if weights is None else weights[part])
                done += taken

    def take_hold(self, t: Floats, i: Floats, flagged: NDArray[np.bool_]) -> int:
        """Take in whole blocks that lie in one hold, evenly spaced and without flags; return how many samples."""
        from fitting.transforms.loops import absorb

        n = self._cursor.n_in_hold(t, self._clear_s) // BLOCK * BLOCK if len(t) >= BLOCK else 0
        # The spacing here may be wider than is typical.
        since_edge_s = self._cursor.since_edge_s(t[0])
        if self._history is not None:
            since_edge_s = min(since_edge_s, float(t[0]) - self._history.start_s)
        if n == 0 or since_edge_s < CLEAR * float(t[BLOCK - 1] - t[0]):
            return 0
        t, i, flagged = t[:n], i[:n], flagged[:n]
        hold = None if self._basis is None else Hold(t, i, flagged, self._basis.interval_s)
        if hold is None or hold.n_samples < n:
            interval = float(t[-1] - t[0]) / (n - 1)
            other = Hold(t, i, flagged, interval)
            if hold is None or other.n_samples > hold.n_samples:
                hold, self._basis = other, HoldBasis(self._cursor.rates, interval)
        if self._basis is None or hold.n_samples == 0:
            return 0
        n = hold.n_samples
        # To the last sample as well, so that the cursor stands there.
        heights = self._cursor.mode_amplitudes(t[[0, n - 1]])[0]
        level, kept = np.full(SETTLED, heights[0]), np.ones(SETTLED, dtype=np.bool_)
        bend, n_bends = self._differences.observe(level, i[:SETTLED], kept)
        self._differences.resume(level, i[n - SETTLED : n], kept)
        now = self._now
        rows = hold.rows(self._basis, t, since_edge_s, heights, drift=now.terms.drift, leading=self._leading)
        absorb(self._factor, rows[None])
        self._now = replace(
            now,
            n_samples=now.n_samples + n,
            sum_current_A2=now.sum_current_A2 + hold.sum_current_A2,
            second_difference_A2=now.second_difference_A2 + bend + hold.second_difference_A2,
            n_bends=now.n_bends + n_bends + n - SETTLED,
        )
        return n

    def _take_measured(self, t: Floats, v: Floats, i: Floats, flagged: NDArray[np.bool_]) -> int:
        """Take in some whole blocks with a measured voltage, evenly spaced and without flags; return how many samples.

        As many as are worth it, else none.
        """
        from fitting.transforms.loops import absorb

        last = self._cursor.state_before_gap()
        to_edge = self._cursor.n_before_edge(t)
        n_even = len(t) if to_edge is None else to_edge
        n = min(n_even // _measured.BLOCK, _measured.MOST_BLOCKS) * _measured.BLOCK
        if last is None or n < _measured.FEWEST_BLOCKS * _measured.BLOCK:
            return 0
        z, (before_s, before_V) = last
        if abs(t[1] - 2.0 * t[0] + before_s) > _PLAINLY_UNEVEN * (t[0] - before_s):
            return 0
        interval = _measured.even_interval_s(np.concatenate([[before_s], t[:n]]))
        volts = np.concatenate([[before_V], v[:n]])
        if interval is None or flagged[:n].any() or not (np.isfinite(i[:n]).all() and np.isfinite(volts).all()):
            return 0
        if self._between is None or not self._between.suits(interval):
            self._between = _measured.MeasuredBasis(self._cursor.rates, interval)
        now = self._now
        drift, leading = now.terms.drift, self._leading
        absorb(self._factor, self._between.rows(volts, i[:n], z, before_s, drift=drift, leading=leading)[None])
        self._cursor.resume_after_gap(float(t[n - 1]), float(volts[-1]))
        settled = np.ones(n, np.bool_) if self._watch is None else self._watch.observe(t[:n], volts[1:], i[:n])
        zeros = np.zeros(SETTLED)
        bend, n_bends = self._differences.observe(zeros, i[:SETTLED], settled[:SETTLED])
        bends = np.diff(i[SETTLED - 2 : n], 2)[settled[SETTLED:] & settled[SETTLED - 2 : -2]]
        self._differences.resume(zeros, i[n - SETTLED : n], settled[n - SETTLED :])
        self._now = replace(
            now,
            n_samples=now.n_samples + n,
            sum_current_A2=now.sum_current_A2 + float(i[:n] @ i[:n]),
            second_difference_A2=now.second_difference_A2 + bend + float(bends @ bends),
            n_bends=now.n_bends + n_bends + len(bends),
        )
        return n

    def _take(self, t: Floats, v: Floats, i: Floats, good: NDArray[np.bool_], weight: Floats | None = None) -> None:
        from fitting.transforms.loops import absorb

        now = self._now
        modes, clear = self._cursor.rows(t, v, self._modes)
        keep = good & clear
        # Second differences tell noise only where the voltage holds; of commanded edges that is seen there.
        held = keep if self._watch is None else keep & self._watch.observe(t, v, i, keep)
        used = int(np.count_nonzero(keep))
        current = i if used == len(t) else np.where(keep, i, 0.0)
        if self._is_plain and weight is None:
            bend, n_bends = self._differences.observe(modes[:, 0], i, held)
            absorb(self._factor, self._filled(t, modes, current, keep))
        else:
            rows, n = self._rows(t, modes, current, keep, weight), len(t)
            seen = np.zeros(n)
            seen[keep] = rows[:, -1]
            bend, n_bends = self._differences.observe(modes[:, 0], seen, held)
            absorb(self._factor, np.ascontiguousarray(rows.T)[None])
        self._now = replace(
            now,
            n_samples=now.n_samples + used,
            n_excluded=now.n_excluded + len(t) - used,
            sum_current_A2=now.sum_current_A2 + float(current @ current),
            second_difference_A2=now.second_difference_A2 + bend,
            n_bends=now.n_bends + n_bends,
        )

    def _rows(
        self, t: Floats, modes: Floats, current: Floats, keep: NDArray[np.bool_], weight: Floats | None
    ) -> Floats:
        """Rows of the samples that are kept, whitened and weighted, shape (kept, k)."""
        leading = [] if self._leading is None else [self._leading.columns(t, modes)]
        rows = np.column_stack([*leading, self._now.terms.columns(t), modes, current])[keep]
        if self._whitening is not None:
            rows = self._whitening(t[keep], rows)
        if weight is not None:
            rows *= np.sqrt(weight[keep])[:, None]
        return rows

    def _filled(self, t: Floats, modes: Floats, current: Floats, keep: NDArray[np.bool_]) -> Floats:
        """Panels of the samples' rows; samples that are not kept, and the end of the last panel, are zero."""
        n, h = len(t), self._n_leading
        k = h + len(self._now.terms)
        leading = None if self._leading is None else self._leading.columns(t, modes) * keep[:, None]
        whole, rest = divmod(n, _PANEL)
        panels = self._panels[: whole + (rest > 0)]
        spans = [(0, (whole, _PANEL)), (whole * _PANEL, (1, rest))]
        for first, shape in [span for span in spans if min(span[1]) > 0]:
            here = slice(first, first + shape[0] * shape[1])
            block = panels[first // _PANEL : first // _PANEL + shape[0], :, : shape[1]]
            if leading is not None:
                block[:, :h] = leading[here].reshape(*shape, -1).transpose(0, 2, 1)
            block[:, h] = keep[here].reshape(shape)
            if self._now.terms.drift:
                block[:, h + 1] = np.where(keep[here], t[here], 0.0).reshape(shape)
            block[:, k:-1] = modes[here].reshape(*shape, -1).transpose(0, 2, 1)
            block[:, -1] = current[here].reshape(shape)
        if rest:
            panels[-1, :, rest:] = 0.0
        for lost in np.flatnonzero(~keep):
            panels[lost // _PANEL, :, lost % _PANEL] = 0.0
        return panels

    @property
    def triangle(self) -> Floats:
        """The triangle so far, the columns of shifts included."""
        return self._factor.copy()

    def reduction(self, triangle: Floats | None = None) -> Reduction:
        """Return the reduction of all samples so far; of a triangle without shifts, if there are any."""
        now = self._now if self._watch is None else replace(self._now, voltage=self._watch.noise)
        now = replace(now, factor=self.triangle if triangle is None else triangle)
        if now.terms.baseline and now.n_samples > len(now.factor):
            noise_A = noise_of(now.factor, now.n_samples, now.rms_current_A)
            first = now.n_history + 1 + now.terms.drift
            now = replace(now, factor=with_baseline_weighed(now.factor, first, noise_A))
        return now if self._history is None else with_history_judged(now)
