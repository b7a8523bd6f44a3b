"""The peer lmfit with three relaxations: ``python peer_lmfit.py record.npz`` prints JSON.

The exact response of a Prony sum to every edge, superposed, vectorised over samples; bounded parameters;
`leastsq` with its two-point Jacobian.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import lmfit
import numpy as np


def main(path: str) -> None:
    """Fit and print."""
    data = np.load(path)
    t, current, noise = data["t_s"], data["current_A"], float(data["noise_A"])
    edges, jumps, start = data["edges_s"], data["jumps_V"], data["start"]
    begun = time.process_time()
    firsts = np.searchsorted(t, edges)
    since = [t[first:] - edge for first, edge in zip(firsts, edges, strict=True)]
    names = ("G", "W", "r2", "r3", "tau1", "tau2", "tau3")
    parameters = lmfit.Parameters()
    for name, value in zip(names, start, strict=True):
        parameters.add(name, value=value, min=0.0, max=1.0 if name == "W" else np.inf)

    def residual(p: Any) -> Any:
        G, W, r2, r3, *taus = (p[name].value for name in names)
        shares = np.array([1.0, r2, r3]) / (1.0 + r2 + r3)
        model = np.zeros_like(t)
        for first, jump, lag in zip(firsts, jumps, since, strict=True):
            fall = shares[0] * np.exp(-lag / taus[0])
            fall += shares[1] * np.exp(-lag / taus[1])
            fall += shares[2] * np.exp(-lag / taus[2])
            model[first:] += jump * G * (W + (1.0 - W) * fall)
        model -= current
        return (model - model.mean()) / noise

    found = lmfit.minimize(residual, parameters, method="leastsq", calc_covar=False)
    seconds = time.process_time() - begun
    theta = [found.params[name].value for name in names]
    print(json.dumps({"seconds": seconds, "cost": found.chisqr, "theta": theta, "evaluations": found.nfev}))


if __name__ == "__main__":
    main(sys.argv[1])
