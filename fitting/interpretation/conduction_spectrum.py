"""Spectrum of a fitted conductor's own admittance, and the frequencies, slopes and strengths that are read off it.

Contacts and electrodes in series are left out: all is of the hopping conductor alone, ``Y(i omega)`` of its element.
What does not exist for a model, such as a loss peak where the loss only rises to low frequencies, is not a number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting.interpretation.memory import bulk_of
from fitting.transforms.laplace import step_response

if TYPE_CHECKING:
    from fitting.inference.optimum import Fitted
    from fitting.transforms.laplace import Complexes, Floats

_PER_DECADE = 20
"""Frequencies a decade: with cubics through four of them, frequencies are good to 1e-5. Doubled, to 1e-6."""
_BELOW, _ABOVE = 1e-5, 1e2
"""How far beyond the reciprocal window the spectrum is worked out, as factors: a loss peak just within it has its
low-frequency plateau four decades lower. Doubled, nothing changes."""
_PEAKS = 0.1
"""How far below the reciprocal window a loss peak is searched, as a factor: further down the difference of two almost
equal conductivities is left to rounding. Doubled, nothing changes."""
_PLATEAU = (1e-4, 1e-3)
"""Frequencies, as shares of that of the loss peak, over which a permittivity must be level. Ten times as high, that of
a stretched exponential of b = 0.3 is not level yet."""
_LEVEL = 0.01
"""Relative change over these frequencies from which there is no plateau. Doubled, a MIGRATION of K = 1.8 has one."""
_TIMES_PER_DECADE = 10
"""Times a decade at which decays are worked out; polynomials through six give their slope to 1e-4. Doubled, to 1e-5."""


class ConductionSpectrum:
    """The hopping conductor of a fit over frequency, for any place on the line.

    Parameters
    ----------
    fitted : Fitted
        Of a circuit with a hopping conductor.
    """

    def __init__(self, fitted: Fitted) -> None:
        self._fitted = fitted
        shortest, longest = fitted.window_s
        low, high = _BELOW / longest, _ABOVE / shortest
        self.omega: Floats = np.geomspace(low, high, int(_PER_DECADE * np.log10(high / low)) + 1)
        """Angular frequencies (rad/s), rising."""
        self.seen = (self.omega >= 1.0 / longest) & (self.omega <= 1.0 / shortest)
        """Which of them the record tells of."""
        n_times = int(_TIMES_PER_DECADE * np.log10(1e4 * longest / shortest)) + 1
        self._times_s = np.geomspace(1e-2 * shortest, 1e2 * longest, n_times)
        self._kept: dict[bytes, Complexes] = {}

    def admittance(self, u: Floats) -> Complexes:
        """Return the conductor's admittance (S) at `omega`."""
        bulk, p = bulk_of(self._fitted, u)
        key = p.tobytes()
        if key not in self._kept:
            self._kept[key] = bulk.evaluate(np.asarray(1j * self.omega, dtype=np.complex128), p)[0]
        return self._kept[key]

    def conductances(self, u: Floats) -> tuple[float, float]:
        """Return conductances (S) in the steady state and at once."""
        bulk, p = bulk_of(self._fitted, u)
        return bulk.g_inf(p) * bulk.w_inf(p), bulk.g_inf(p)

    def hop_rate(self, u: Floats) -> float:
        """Return the frequency (rad/s) at which the conductivity has twice its steady value; NaN if nowhere."""
        dispersion = np.log(self.admittance(u).real / (2.0 * self.conductances(u)[0]))
        return _crossing(self.omega, dispersion)

    def loss_peak(self, u: Floats) -> float:
        """Return the frequency (rad/s) of the dielectric loss peak, conduction taken out; NaN without a peak."""
        loss = (self.admittance(u).real - self.conductances(u)[0]) / self.omega
        first = int(np.searchsorted(self.omega, _PEAKS / self._fitted.window_s[1]))
        k = first + int(np.argmax(loss[first:]))
        if not first < k < len(loss) - 1 or not np.all(loss[k - 1 : k + 2] > 0.0):
            return float("nan")
        return float(self.omega[k] * (self.omega[1] / self.omega[0]) ** _top(np.log(loss[k - 1 : k + 2]))[0])

    def relaxing_capacitance(self, u: Floats) -> float:
        """Return what the relaxation adds to the capacitance (F) at low frequencies; NaN if it has no plateau."""
        peak = self.loss_peak(u)
        capacitance = self.admittance(u).imag / self.omega
        low, high = (float(np.interp(np.log(share * peak), np.log(self.omega), capacitance)) for share in _PLATEAU)
        return low if abs(high - low) < _LEVEL * low else float("nan")

    def bnn_figure(self, u: Floats) -> float:
        """Return ``sigma_dc / (eps_0 delta_eps omega_m)``."""
        return self.conductances(u)[0] / (self.relaxing_capacitance(u) * self.loss_peak(u))

    def exponent(self, u: Floats) -> float:
        """Return the steepest slope of the conductivity over frequency, both logarithmic, within what was seen."""
        y, step = np.log(self.admittance(u).real), float(np.log(self.omega[1] / self.omega[0]))
        # Five points: at 20 a decade the slope is good to 1e-5.
        slope = (y[:-4] - 8.0 * y[1:-3] + 8.0 * y[3:-1] - y[4:]) / (12.0 * step)
        seen = slope[self.seen[2:-2]]
        if not len(seen):
            return float("nan")
        k = int(np.argmax(seen))
        return float(seen[k]) if not 0 < k < len(seen) - 1 else _top(seen[k - 1 : k + 2])[1]

    def coupling(self, u: Floats) -> float:
        """Return ``1 - beta``, where ``beta = d ln(-ln phi) / d ln t`` at ``phi = 1/e``; NaN if phi is not seen there.

        phi is the decay of the field at constant charge where the circuit has a capacitor beside the conductor; else
        the conductor's own relaxation.
        """
        phi = self._decay(u)
        inside = (phi > 1e-6) & (phi < 1.0 - 1e-6)
        x, z = np.log(self._times_s[inside]), np.log(-np.log(phi[inside]))
        k = int(np.argmax(z > 0.0)) if len(z) else 0
        if not 3 <= k <= len(z) - 3:
            return float("nan")
        near = slice(k - 3, k + 3)
        middle = float(_inverted(x[near], z[near]))
        through = np.polynomial.Polynomial.fit(x[near], z[near], 5)
        return 1.0 - float(through.deriv()(middle))

    def _decay(self, u: Floats) -> Floats:
        bulk, p = bulk_of(self._fitted, u)
        C = self._geometric_capacitance(u)
        if C is None:
            W_inf = bulk.w_inf(p)
            decay: Floats = (bulk.relaxation(self._times_s, p) - W_inf) / max(1.0 - W_inf, 1e-300)
            return decay
        return step_response(
            lambda s: np.asarray(s * C / (bulk.evaluate(s, p)[0] + s * C), dtype=np.complex128), self._times_s
        )

    def _geometric_capacitance(self, u: Floats) -> float | None:
        model = self._fitted.model
        capacitor = model.geometric_capacitor
        if capacitor is None:
            return None
        theta = self._fitted.transform.from_unbounded(u)
        return float(model.complete(theta)[capacitor.place.start])


def _top(three: Floats) -> tuple[float, float]:
    """Return place (in steps from the middle one) and height of the top of the parabola through three points."""
    low, middle, high = (float(one) for one in three)
    place = 0.5 * (low - high) / (low - 2.0 * middle + high)
    return place, middle - 0.25 * (low - high) * place


def _crossing(omega: Floats, height: Floats) -> float:
    """Return where a height first rises through 0, by a cubic through four points; NaN if it does not."""
    above = np.flatnonzero((height[1:] > 0.0) & (height[:-1] <= 0.0))
    if not len(above):
        return float("nan")
    first = int(np.clip(above[0] - 1, 0, len(omega) - 4))
    near = slice(first, first + 4)
    return float(np.exp(_inverted(np.log(omega[near]), height[near])))


def _inverted(x: Floats, y: Floats) -> float:
    """Return where a rising y is 0, x as a polynomial of y (Lagrange)."""
    total = 0.0
    for k in range(len(x)):
        others = np.delete(y, k)
        total += float(x[k] * np.prod(others / (others - y[k])))
    return total
