"""Benchmark against today's tools: raw samples to parameters, on one core.

    python -m benchmarks.bench_peers [--json]

Peers run as they would be used, each in a process of its own: with the interpreter that IONECHO_PEERS names, or this
one; a peer that is not installed there is left out. Both sides start from the same values, and neither finds
intervals; the table shows both sums of squares. Our side of a ratio is the median of 15 runs. Times are of the
processor, which on an idle machine are those of the clock, so that other work on the machine weighs less.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._cases import Samples, cole_cole, three_modes, two_arcs
from benchmarks.processor_time import median_s
from docs._svg_plot import Axis, Plot
from fitting import Nuisance, SpectrumResult, fit, fit_spectrum, reduce_run, refit

REPEATS = 15
JUMPS = Nuisance()
HERE = Path(__file__).parent
CATALOGUE = {
    "commanded": "ionecho, commanded drive",
    "measured": "ionecho, measured voltage, edges found",
    "kept": "ionecho, from a kept reduction",
}
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
    samples : int
    """

    name: str
    peer: str
    ours_s: float
    peer_s: float
    whole_s: float
    cost: float
    peer_cost: float
    target: float
    samples: int

    @property
    def ratio(self) -> float:
        """How many times sooner."""
        return self.peer_s / self.ours_s


def peer(script: str, samples: Samples) -> dict[str, Any]:
    """Run a peer in its own process; empty where it is not installed."""
    with tempfile.TemporaryDirectory() as folder:
        command = [os.environ.get("IONECHO_PEERS", sys.executable), str(HERE / script), str(samples.save(Path(folder)))]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, env=os.environ | ONE_CORE)
    if "ModuleNotFoundError" in done.stderr:
        print(f"{script}: {done.stderr.strip().splitlines()[-1]}; left out", file=sys.stderr)
        return {}
    if done.returncode:
        raise RuntimeError(f"{script} failed: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def descents(name: str, samples: Samples, script: str, target: float, terms: Nuisance = JUMPS) -> Comparison:
    """Compare fits from the same start, under the same assumption of what lies between two samples."""
    theirs = peer(script, samples)
    ours = median_s(lambda: refit(reduce_run(samples, terms), samples.model, samples.start), REPEATS)
    whole = median_s(lambda: fit(samples, samples.model), 3)
    found = refit(reduce_run(samples, terms), samples.model, samples.start)
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
        samples.n_samples,
    )


def spectra(name: str, samples: Samples, script: str, target: float) -> Comparison:
    """Compare regularised spectra of the same cell."""
    theirs = peer(script, samples)
    ours = median_s(lambda: fit_spectrum(reduce_run(samples)), REPEATS)
    found = fit_spectrum(samples)
    if not isinstance(found, SpectrumResult):
        raise TypeError("a run is driven by its voltage")
    cost = samples.n_samples * (found.rms_residual_A / samples.noise_A) ** 2
    return Comparison(
        name,
        script.removeprefix("peer_").removesuffix(".py"),
        ours,
        theirs.get("seconds", np.nan),
        ours,
        cost,
        theirs.get("cost", np.nan),
        target,
        samples.n_samples,
    )


def _from_samples(samples: Samples) -> object:
    return refit(reduce_run(samples), samples.model, samples.start)


def lengths() -> dict[str, list[float]]:
    """Return seconds from raw samples against their number, commanded and measured, and from a kept reduction."""
    found: dict[str, list[float]] = {"samples": [], "commanded": [], "measured": [], "kept": []}
    for n in (10_000, 100_000, 1_000_000, 10_000_000):
        found["samples"].append(float(n))
        for name in ("commanded", "measured"):
            samples = cole_cole(n, measured=name == "measured")
            repeats = REPEATS if n < 10_000_000 else 3
            found[name].append(median_s(partial(_from_samples, samples), repeats))
        kept = reduce_run(samples)
        found["kept"].append(median_s(partial(refit, kept, samples.model, samples.start), REPEATS))
    return found


def figures() -> dict[str, Any]:
    """Return all comparisons."""
    found = [
        descents("1e6 samples, 6 parameters, commanded", cole_cole(1_000_000), "peer_scipy.py", 500.0),
        # The peer convolves straight lines from sample to sample with a cell that was at rest before the first; ours
        # would find where in the interval the voltage jumped, and whether anything carried on from before.
        descents(
            "1e6 samples, 6 parameters, measured V",
            cole_cole(1_000_000, measured=True),
            "peer_scipy.py",
            100.0,
            Nuisance(edges="ramp", before="rest"),
        ),
        descents("20,000 samples, three modes", three_modes(20_000), "peer_lmfit.py", 10.0),
        spectra("30,000 samples, spectrum", two_arcs(30_000), "peer_hybrid_drt.py", 100.0),
    ]
    return {"comparisons": [vars(one) | {"ratio": one.ratio} for one in found], "lengths": lengths()}


def table(found: dict[str, Any]) -> str:
    """Return the figures as text."""
    lines = []
    for one in found["comparisons"]:
        lines += [
            f"{one['name']:38s} {one['peer']:10s} {one['peer_s']:8.3f} s, ours {1e3 * one['ours_s']:7.1f} ms:"
            f" {one['ratio']:6.0f} times (asked {one['target']:.0f})",
            f"    cost {one['cost']:.2f} and {one['peer_cost']:.2f}; ours with starts and intervals"
            f" {1e3 * one['whole_s']:.0f} ms",
        ]
    for k, n in enumerate(found["lengths"]["samples"]):
        times = ", ".join(f"{name} {1e3 * found['lengths'][name][k]:.1f} ms" for name in CATALOGUE)
        lines.append(f"  {n:.0e} samples, ours: {times}")
    return "\n".join(lines)


def plot(found: dict[str, Any], path: Path) -> None:
    """Draw seconds against samples, ours and the peers'."""
    drawn = Plot(
        Axis("samples", log=True),
        Axis("seconds, on one core", log=True, high=1e8),
        "From raw samples to parameters",
        legend="top left",
    )
    lengths_ = found["lengths"]
    for name, label in CATALOGUE.items():
        drawn.line(lengths_["samples"], lengths_[name], label)
    for one in found["comparisons"]:
        if np.isfinite(one["peer_s"]):
            drawn.points([one["samples"]], [one["peer_s"]], f"{one['peer']}: {one['name'].split(', ', 1)[1]}")
    drawn.write(path)


if __name__ == "__main__":
    os.environ.update(ONE_CORE)
    measured = figures()
    print(json.dumps(measured) if "--json" in sys.argv else table(measured))
