"""Current of a cell after a unit voltage step, by a Volterra equation in the time domain.

The cell is a series resistance R_s, a bulk of conductance G W(t), and a constant phase element Q, n. With bulk voltage
v, electrode voltage e and current i,

    i(t) = G [W(t) v(0) + int_0^t W(t - s) v'(s) ds]
    e(t) = [i(0) t^n + int_0^t (t - s)^n i'(s) ds] / (Q Gamma(n + 1))
    1    = R_s i + v + e

v and i are piecewise linear on a log-graded mesh; the kernels are integrated exactly over each interval (product
integration), so that v' and i' only meet antiderivatives of W and t^n. With h the log spacing the error goes as h where
the bulk relaxes faster than the mesh resolves (v' is then its mean over an interval, not its end), else as h^2: three
nested meshes and two Richardson steps remove both. Measured against closed forms with 200 points a decade: below
1.5e-7 of the peak.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim_instruments.sample.relaxation import Relaxation

    Array = NDArray[np.float64]


def step_current(  # the parts of the circuit, one by one
    mesh_s: Array, R_s: float, G_S: float, relaxation: Relaxation, Q: float | None, n: float
) -> Array:
    """Return the current per volt at the mesh points (A/V).

    Parameters
    ----------
    mesh_s : ndarray, shape (m,)
        Log-graded, m - 1 a multiple of 4; the first interval [0, mesh_s[0]] must be far below every time constant of
        the cell.
    R_s : float
        Series resistance, ohm.
    G_S : float
        Bulk conductance at short times, S.
    relaxation : Relaxation
        W(t).
    Q, n : float
        Constant phase element, S s^n; n = 1 is a capacitor of Q farad; Q None for no electrode.
    """
    fine, middle, coarse = (_solve(mesh_s[::k], R_s, G_S, relaxation, Q, n) for k in (1, 2, 4))
    first_order = [2.0 * fine[::4] - middle[::2], 2.0 * middle[::2] - coarse]
    extrapolated = (4.0 * first_order[0] - first_order[1]) / 3.0
    # The correction is small and smooth in ln t: between the coarse points it is interpolated.
    return fine + np.interp(np.log(mesh_s), np.log(mesh_s[::4]), extrapolated - fine[::4])


def _solve(mesh: Array, R_s: float, G: float, relaxation: Relaxation, Q: float | None, n: float) -> Array:
    t = np.concatenate([[0.0], mesh])
    dt = np.diff(t)
    inverse_Q = 0.0 if Q is None else 1.0 / (Q * math.gamma(n + 1.0))
    W = relaxation(t)
    v = 1.0 / (1.0 + R_s * G)
    i0 = G * v
    v_slopes = np.empty(len(dt))
    i_slopes = np.empty(len(dt))
    current = np.empty(len(mesh))
    v_last, i_last = v, i0
    for m in range(len(mesh)):
        lags = t[m + 1] - t[: m + 2]
        bulk = relaxation.integral_over(lags[1:], dt[: m + 1])
        i_known = G * (W[m + 1] * v + bulk[:m] @ v_slopes[:m])
        gain = G * bulk[m] / dt[m]  # of the current, per volt that v moves in this interval
        if inverse_Q:
            electrode = _power_over(lags[:-1], dt[: m + 1], n)
            e_known = inverse_Q * (i0 * t[m + 1] ** n + electrode[:m] @ i_slopes[:m])
            e_gain = inverse_Q * electrode[m] / dt[m]
        else:
            e_known = e_gain = 0.0
        # 1 = R_s i + v_last + dv + e_known + e_gain (i - i_last), with i = i_known + gain dv.
        dv = (1.0 - v_last - e_known + e_gain * i_last - (R_s + e_gain) * i_known) / (1.0 + (R_s + e_gain) * gain)
        i_now = i_known + gain * dv
        v_slopes[m], i_slopes[m] = dv / dt[m], (i_now - i_last) / dt[m]
        v_last, i_last = v_last + dv, i_now
        current[m] = i_now
    return current


def _power_over(lags: Array, widths: Array, n: float) -> Array:
    """Return the integrals of t^n from lag - width to lag, without the cancellation of a plain difference."""
    shrink = np.log1p(-np.minimum(widths / lags, 1.0 - 1e-16))
    return -(lags ** (n + 1.0)) * np.expm1((n + 1.0) * shrink) / (n + 1.0)
