"""The peer scipy alone on a long record: ``python peer_scipy.py record.npz`` prints JSON.

`least_squares` over `fftconvolve`. What is done for speed: the step response of R - Cole-Cole - CPE is found at 241
log-spaced times by a Talbot contour (0.3 ms) and carried to all lags by a cubic spline whose design matrix is made once
(5 ms); parameters are logarithms and logits; the offset is projected out; MINPACK's Levenberg-Marquardt with a
two-point Jacobian. The rest is the convolution.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np
from scipy.interpolate import BSpline, make_interp_spline
from scipy.optimize import least_squares
from scipy.signal import fftconvolve

R0 = 200.0
NODES = 24


def admittance(s: Any, theta: Any) -> Any:
    """Return Y(s) of the series cell."""
    G, W, tau, a, Q, n = theta
    x = (s * tau) ** a
    return 1.0 / (R0 + 1.0 / (G * (W + (1.0 - W) * x / (1.0 + x))) + 1.0 / (Q * s**n))


def talbot(order: int, theta: Any, t: Any) -> Any:
    """Return the inverse transform of Y / s^order at times t."""
    angles = (2 * np.arange(NODES // 2) + 1) * np.pi / NODES
    inner = 0.6407 * angles
    z = NODES * (0.5017 * angles / np.tan(inner) - 0.6122 + 0.2645j * angles)
    dz = NODES * (0.5017 / np.tan(inner) - 0.5017 * inner / np.sin(inner) ** 2 + 0.2645j)
    s = z / t[:, None]
    return np.sum(-2j / NODES * np.exp(z) * dz / t[:, None] * admittance(s, theta) / s**order, axis=1).real


class Model:
    """The current of a record, sample by sample."""

    def __init__(self, data: Any) -> None:
        t, volts = data["t_s"], data["voltage_V"]
        self.n = len(t)
        dt = (t[-1] - t[0]) / (self.n - 1)
        self.steps = np.diff(volts, prepend=0.0)
        if data["measured"]:
            # Linear between samples: differences of the response to a ramp.
            self.knots, self.order = np.geomspace(dt, t[-1] + dt, 241), 2
            lags = (np.arange(self.n) + 1) * dt
            # At rest before, at the mean of the first samples: one alone is wrong by its noise.
            self.steps[0], self.steps[1] = 0.0, volts[1] - volts[:64].mean()
        else:
            # An edge lies midway between two samples.
            self.knots, self.order = np.geomspace(0.4 * dt, t[-1], 241), 1
            lags = (np.arange(self.n) + 0.5) * dt
        self.dt, self.lags = dt, lags
        self.log_knots = np.log(self.knots)
        spline = make_interp_spline(self.log_knots, self.knots)
        self.design = BSpline.design_matrix(np.clip(np.log(lags), *self.log_knots[[0, -1]]), spline.t, 3)

    def current(self, theta: Any) -> Any:
        """Return the current (A) at every sample."""
        response = talbot(self.order, theta, self.knots)
        if self.order == 1:
            kernel = self.design @ make_interp_spline(self.log_knots, response).c
        else:
            # The response to a ramp spans many decades; its mean slope does not.
            mean = self.design @ make_interp_spline(self.log_knots, response / self.knots).c
            kernel = np.diff(mean * self.lags, prepend=0.0) / self.dt
        return fftconvolve(self.steps, kernel)[: self.n]


def from_unbounded(u: Any) -> Any:
    """Return parameters for places on the line."""
    share = 1.0 / (1.0 + np.exp(-u))
    return np.where([False, True, False, True, False, True], share, np.exp(u))


def to_unbounded(theta: Any) -> Any:
    """Return places on the line."""
    with np.errstate(invalid="ignore"):
        return np.where([False, True, False, True, False, True], np.log(theta / (1.0 - theta)), np.log(theta))


def main(path: str) -> None:
    """Fit and print."""
    data = np.load(path)
    current, noise, start = data["current_A"], float(data["noise_A"]), to_unbounded(data["start"])
    data = {name: data[name] for name in data.files}
    begun = time.process_time()
    model = Model(data)

    def residual(u: Any) -> Any:
        off = model.current(from_unbounded(u)) - current
        return (off - off.mean()) / noise

    found = least_squares(residual, start, method="lm", ftol=1e-10, xtol=1e-10, gtol=1e-10)
    seconds = time.process_time() - begun
    print(
        json.dumps(
            {
                "seconds": seconds,
                "cost": 2.0 * found.cost,
                "theta": from_unbounded(found.x).tolist(),
                "evaluations": found.nfev,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
