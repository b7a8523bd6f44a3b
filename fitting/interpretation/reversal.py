"""Current and charge that flow back after a pulse into the fitted cell: when, how much, how long, how readable."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from fitting.constants import Z95
from fitting.inference.parameter_transform import ParameterTransform
from fitting.inference.problem import cell_response
from fitting.interpretation.friction import memory_shape
from fitting.interpretation.pulses import first_pulse
from fitting.results.estimate import Estimate
from fitting.transforms.modes import exponentials, mode_map
from protocols import FitError, format_quantity

if TYPE_CHECKING:
    from fitting.results.fit_result import FitResult
    from fitting.transforms.laplace import Floats
    from protocols import PulseSequence

_TIMES = 400
"""Times after a pulse at which the current is looked at, evenly in the logarithm: 2 % apart in a window of four
decades. Doubled, onset and end are half as coarse."""
_WIDEST_BITS = 1.0
"""Widest interval of readable bits that counts as determined: one bit. Doubled, a factor of four in the signal
would pass."""


@dataclass(frozen=True, eq=False)
class ChargeRatio:
    """Share of a pulse's charge that flows back, by the width of the pulse, with its 95 % band.

    Attributes
    ----------
    width_s, ratio, lowest, highest : ndarray, shape (n,)
    rest_s : float
        How long it may flow back.
    """

    width_s: Floats
    ratio: Floats
    lowest: Floats
    highest: Floats
    rest_s: float


def reversal_course(result: FitResult, amplitude_V: float, width_s: float) -> tuple[Estimate, ...]:
    """Return onset, peak and duration of the reversed current after a single pulse.

    Of the fitted cell itself, without the instrument's lag, within the window of times that the record covers; bulk
    and electrode together.

    Parameters
    ----------
    result : FitResult
    amplitude_V, width_s : float
        Of the pulse, from rest.

    Raises
    ------
    FitError
        If the width lies outside the window, so that the fit says nothing of such a pulse.
    """
    return _course(_Cell.of(result), amplitude_V, width_s)


def _course(cell: _Cell, amplitude_V: float, width_s: float) -> tuple[Estimate, ...]:
    t, rows = cell.after_pulse_course(width_s)
    rows = rows * amplitude_V
    current, spread = cell.with_spread(rows)
    back = -np.sign(amplitude_V) * current
    turned = np.flatnonzero(back > 0.0)
    if not len(turned):
        return ()
    top = int(np.argmax(back))
    first = t[turned[0]]
    at_once = turned[0] == 0
    onset = Estimate(
        "reversal_onset",
        "s",
        float(first),
        (None if at_once else float(t[turned[0] - 1]), float(first)),
        True,
        "from the first sample on" if at_once else "",
    )
    peak = Estimate(
        "reversal_peak",
        "A",
        float(back[top]),
        (float(back[top] - spread[top]), float(back[top] + spread[top])),
        bool(spread[top] < 0.5 * back[top]),
        f"{format_quantity(float(t[top]), 's')} after a pulse of {format_quantity(amplitude_V, 'V')} for"
        f" {format_quantity(width_s, 's')}",
    )
    return onset, peak, _end(t, back, spread, cell.result.noise_A, top)


def _end(t: Floats, back: Floats, spread: Floats, noise_A: float, top: int) -> Estimate:
    """Return when the reversed current has fallen to the noise of a sample."""

    def crossing(course: Floats) -> float | None:
        under = np.flatnonzero(course[top:] < noise_A)
        if not len(under):
            return None
        k = int(under[0]) + top
        if k == top:
            return float(t[top])
        high, low = np.log(np.maximum(course[[k - 1, k]], 1e-3 * noise_A) / noise_A)
        return float(t[k - 1] * (t[k] / t[k - 1]) ** (high / max(high - low, 1e-300)))

    value = crossing(back)
    low, high = crossing(back - spread), crossing(back + spread)
    note = f"until it is down to the noise of a sample, {format_quantity(noise_A, 'A')}"
    if value is None:
        value, note = float(t[-1]), "at least: it is above the noise of a sample to the end of the window"
    at_least = float(t[-1]) if low is None else low
    return Estimate("reversal_lasts", "s", value, (at_least, high), True, note)


def charge_ratio(result: FitResult, width_s: Floats, rest_s: float | None = None) -> ChargeRatio:
    """Return Q_back/Q_forward of single pulses of some widths.

    Parameters
    ----------
    result : FitResult
    width_s : ndarray, shape (n,)
    rest_s : float, optional
        How long the charge that flows back is counted; the longest time of the window unless given.
    """
    cell = _Cell.of(result)
    widths = np.asarray(width_s, dtype=np.float64)
    rest = result.window_s[1] if rest_s is None else rest_s
    forward = cell.charge(widths)
    back = forward + cell.charge(np.full(len(widths), rest)) - cell.charge(widths + rest)
    Q_forward, Q_back = forward @ cell.weights, back @ cell.weights
    ratio = Q_back / Q_forward
    gradient = (back - ratio[:, None] * forward) / Q_forward[:, None] @ cell.slopes.T
    spread = Z95 * np.sqrt(np.einsum("nk,kl,nl->n", gradient, result.covariance, gradient))
    far = [(back @ weights) / (forward @ weights) for weights in cell.far_weights]
    low, high = np.min([ratio - spread, *far], axis=0), np.max([ratio + spread, *far], axis=0)
    return ChargeRatio(widths, ratio, low, high, rest)


def readable_bits(result: FitResult, amplitude_V: float, width_s: float, wait_s: float) -> Estimate:
    """Return the bits about the height of a pulse that one sample still holds after a wait; a derived index.

    The capacity of a Gaussian channel, ``log2(1 + (I/sigma)^2) / 2``, Shannon, Proc. IRE 37, 10 (1949): heights
    scattered by `amplitude_V` about rest, I the fitted current after the wait, sigma the noise of one sample. It says
    nothing of a device: neither writing nor reading errors beyond this noise are in it.

    Parameters
    ----------
    result : FitResult
    amplitude_V, width_s : float
        Standard deviation of the height, and width of the pulse.
    wait_s : float
        From the end of the pulse to the sample, within the window.

    Raises
    ------
    FitError
        If the width or the wait lies outside the window.
    """
    return _bits(_Cell.of(result), amplitude_V, width_s, wait_s)


def _bits(cell: _Cell, amplitude_V: float, width_s: float, wait_s: float) -> Estimate:
    cell.check(wait_s, "wait")
    cell.check(width_s, "width")
    current, spread = cell.with_spread(cell.after_pulse(np.array([wait_s]), width_s) * amplitude_V)
    size, off = abs(float(current[0])), float(spread[0])
    bits = [
        0.5 * float(np.log2(1.0 + (x / cell.result.noise_A) ** 2)) for x in (max(size - off, 0.0), size, size + off)
    ]
    note = "derived index of one sample, by the fit and its noise alone"
    return Estimate("readable_bits", "bit", bits[1], (bits[0], bits[2]), bits[2] - bits[0] < _WIDEST_BITS, note)


def memory_of_run(result: FitResult, drive: PulseSequence | None) -> tuple[Estimate, ...]:
    """Return the memory quantities that need the run: spread, reversed current and readable bits of its first pulse.

    Quantities that the circuit, the drive or the window do not determine are left out. Bits are those of a sample that
    comes as long after the pulse as the pulse was long.

    Parameters
    ----------
    result : FitResult
    drive : PulseSequence or None
        Of the run; None if only the voltage was measured.
    """
    found: list[Estimate] = []
    if result.model.bulk is not None:
        found += memory_shape(result)
    pulse = None if drive is None else first_pulse(drive)
    if pulse is not None:
        height_V, width_s = pulse
        cell = _Cell.of(result)
        with suppress(FitError):  # outside the window
            found += _course(cell, height_V, width_s)
            found.append(_bits(cell, height_V, width_s, width_s))
    return tuple(found)


@dataclass(frozen=True, eq=False)
class _Cell:
    """Fitted cell as modes, without the instrument."""

    result: FitResult
    rates: Floats
    weights: Floats
    slopes: Floats
    far_weights: tuple[Floats, ...]

    @classmethod
    def of(cls, result: FitResult) -> _Cell:
        modes = mode_map(result.grid)
        transform = ParameterTransform(result.model.parameters)
        # Without a lag, the fit has asked for the same cells.
        Y, dY = cell_response(result.model, modes.s, result.theta, seen=False)
        slopes = modes.weights(dY) * transform.slope(transform.to_unbounded(result.theta))[:, None]
        places = (transform.from_unbounded(u) for u in result.far_places)
        far = [cell_response(result.model, modes.s, theta, seen=False)[0] for theta in places]
        weights = modes.weights(np.array([Y, *far]))
        return cls(result, result.grid.rates, weights[0], slopes, tuple(weights[1:]))

    def check(self, value_s: float, what: str) -> None:
        low, high = self.result.window_s
        if not low <= value_s <= high:
            seen = f"{format_quantity(low, 's')} to {format_quantity(high, 's')}"
            raise FitError(f"the {what} of {format_quantity(value_s, 's')} is outside the window of the record: {seen}")

    def after_pulse(self, t_s: Floats, width_s: float) -> Floats:
        """Return the modes' contributions to the current at times after a pulse of 1 V, shape (n, m)."""
        return _after_pulse(t_s, width_s, self.rates)

    def after_pulse_course(self, width_s: float) -> tuple[Floats, Floats]:
        """Return times after a pulse within the window, and the modes' contributions to the current at them."""
        self.check(width_s, "width")
        low, high = self.result.window_s
        if high - width_s <= 2.0 * low:
            raise FitError(f"a width of {format_quantity(width_s, 's')} leaves no rest within the window")
        return _course_of_modes(self.rates.tobytes(), (low, high - width_s), width_s)

    def charge(self, t_s: Floats) -> Floats:
        """Return the modes' contributions to the charge by some times after a step of 1 V, shape (n, m)."""
        x = np.multiply.outer(t_s, self.rates)
        return np.where(x > 0.0, -np.expm1(-x) / np.where(self.rates > 0.0, self.rates, 1.0), t_s[:, None])

    def with_spread(self, rows: Floats) -> tuple[Floats, Floats]:
        """Return the current (A) of some rows of modes and half its 95 % interval, to the side that is wider."""
        gradient = rows @ self.slopes.T
        variance = ((gradient @ self.result.covariance) * gradient).sum(axis=1)
        current = rows @ self.weights
        far = [np.abs(rows @ weights - current) for weights in self.far_weights]
        return current, np.max([Z95 * np.sqrt(np.maximum(variance, 0.0)), *far], axis=0)


def _after_pulse(t_s: Floats, width_s: float, rates: Floats) -> Floats:
    return exponentials(t_s + width_s, rates) - exponentials(t_s, rates)


@lru_cache(maxsize=4)
def _course_of_modes(rates: bytes, window_s: tuple[float, float], width_s: float) -> tuple[Floats, Floats]:
    """Return times of a window and the modes after a pulse at these, kept for the next run of the same protocol."""
    t = np.geomspace(*window_s, _TIMES)
    return t, _after_pulse(t, width_s, np.frombuffer(rates))
