"""The peer hybrid-drt on one spectrum: ``python peer_hybrid_drt.py record.npz`` prints JSON.

It wants the current commanded and the voltage measured: it gets a chronopotentiogram of as many samples, of a cell of
two arcs and with the same share of noise. Defaults but for downsampling, which is off there as here.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
import warnings

import numpy as np
from hybdrt.models import DRT


def main(path: str) -> None:
    """Fit and print."""
    data = np.load(path)
    t, edges = data["t_s"], data["edges_s"]
    current = np.zeros(len(t))
    volts = 1e-6 * np.random.default_rng(1).standard_normal(len(t))
    for edge, jump in zip(edges, (1e-4, -1e-4), strict=True):
        lag = t[t > edge] - edge
        current[t > edge] += jump
        volts[t > edge] += jump * (150.0 + 200.0 * (1.0 - np.exp(-lag / 2e-2)) + 250.0 * (1.0 - np.exp(-lag)))
    warnings.simplefilter("ignore")
    with contextlib.redirect_stdout(io.StringIO()):
        model = DRT()
        begun = time.process_time()
        model.fit_chrono(t, current, volts)
        seconds = time.process_time() - begun
        misfit = float(np.sum((model.predict_response(t) - volts) ** 2)) / 1e-12
    print(json.dumps({"seconds": seconds, "cost": misfit}))


if __name__ == "__main__":
    main(sys.argv[1])
