"""How much sooner is a fit done than with the tools people use today? Raw samples to parameters, on one core.

    python benchmarks/bench_peers.py [--json]

Peers run as they would be used, each in a process of its own: with the interpreter that IONECHO_PEERS names, or this
one; a peer that is not installed there is left out. Both sides start from the same values, and neither finds
intervals; that the sums of squares agree is checked. The other side of a ratio is the median of 15 runs.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from _cases import Samples, cole_cole, three_modes, two_arcs

from fitting import fit, fit_spectrum, reduce_run, refit

if TYPE_CHECKING:
    from collections.abc import Callable

REPEATS = 15
HERE = Path(__file__).parent
ONE_CORE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True)
class Comparison:
    """One record, fitted by both.

    Attributes
    ----------
    name, peer : str
    ours_s, peer_s : float
        Raw samples to parameters; the peer's is nan where it is not installed.
    whole_s : float
        Ours with all starts, profile intervals and verdicts.
    cost, peer_cost : float
        Sums of squares over the simulated noise.
    target : float
        Ratio that issue 3 asks for.
    """

    name: str
    peer: str
    ours_s: float
    peer_s: float
    whole_s: float
    cost: float
    peer_cost: float
    target: float

    @property
    def ratio(self) -> float:
        """How many times sooner."""
        return self.peer_s / self.ours_s


def median_s(run: Callable[[], object], repeats: int = REPEATS) -> float:
    """Return the median time of something, once warmed up."""
    times = []
    for _ in range(repeats + 1):
        begun = time.perf_counter()
        run()
        times.append(time.perf_counter() - begun)
    return statistics.median(times[1:])


def peer(script: str, samples: Samples) -> dict[str, Any]:
    """Run a peer in its own process; empty where it is not installed."""
    with tempfile.TemporaryDirectory() as folder:
        command = [os.environ.get("IONECHO_PEERS", sys.executable), str(HERE / script), str(samples.save(Path(folder)))]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | ONE_CORE)
    if "ModuleNotFoundError" in done.stderr:
        print(f"{script}: {done.stderr.strip().splitlines()[-1]}; left out", file=sys.stderr)
        return {}
    if done.returncode:
        raise RuntimeError(f"{script} failed: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def descents(name: str, samples: Samples, script: str, target: float) -> Comparison:
    """Compare fits from the same start."""
    theirs = peer(script, samples)
    ours = median_s(lambda: refit(reduce_run(samples), samples.model, samples.start))
    whole = median_s(lambda: fit(samples, samples.model), 3)
    found = refit(reduce_run(samples), samples.model, samples.start)
    cost = samples.n_samples * (found.rms_residual_A / samples.noise_A) ** 2
    return Comparison(
        name,
        script.removeprefix("peer_").removesuffix(".py"),
        ours,
        theirs.get("seconds", np.nan),
        whole,
        cost,
        theirs.get("cost", np.nan),
        target,
    )


def spectra(name: str, samples: Samples, script: str, target: float) -> Comparison:
    """Compare regularised spectra of the same cell."""
    theirs = peer(script, samples)
    ours = median_s(lambda: fit_spectrum(reduce_run(samples)))
    found = fit_spectrum(samples)
    cost = samples.n_samples * (found.rms_residual_A / samples.noise_A) ** 2
    label = script.removeprefix("peer_").removesuffix(".py")
    return Comparison(name, label, ours, theirs.get("seconds", np.nan), ours, cost, theirs.get("cost", np.nan), target)


def main() -> None:
    """Print a table, or JSON."""
    found = [
        descents("1e6 samples, 6 parameters, commanded", cole_cole(1_000_000), "peer_scipy.py", 500.0),
        descents("1e6 samples, 6 parameters, measured V", cole_cole(1_000_000, measured=True), "peer_scipy.py", 100.0),
        descents("20,000 samples, three modes", three_modes(20_000), "peer_lmfit.py", 10.0),
        spectra("30,000 samples, spectrum", two_arcs(30_000), "peer_hybrid_drt.py", 100.0),
    ]
    if "--json" in sys.argv:
        print(json.dumps([vars(one) | {"ratio": one.ratio} for one in found]))
        return
    for one in found:
        print(
            f"{one.name:40s} {one.peer:11s} {one.peer_s:8.3f} s, ours {1e3 * one.ours_s:7.1f} ms:"
            f" {one.ratio:6.0f} times (asked {one.target:.0f}); whole fit {1e3 * one.whole_s:.0f} ms; cost {one.cost:.2f}, {one.peer_cost:.2f}"
        )


if __name__ == "__main__":
    os.environ.update(ONE_CORE)
    main()
