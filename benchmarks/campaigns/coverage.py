"""Campaign: do 95 % intervals hold the truth in 95 % of runs, each with another cell? (`just coverage`)

Cells are R0-<family>-CPE1, all parameters free or R0 known (as by impedance at a high frequency); noise is a thousandth
of the current's rms. The interval of each parameter that the fit calls identifiable is asked whether it holds the
truth; those of parameters called not identifiable are counted apart. Intervals of one run are not independent: beside
the share of all intervals each parameter has a share of its own, whose trials are independent runs.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.campaigns.tally import Progress, share
from benchmarks.campaigns.truth import Bulk, Cell, SimulatedRecord, noise
from fitting import CellModel, FitResult, fit
from protocols import PulseSequence

SNR = 1e3
RHO = 0.8
_OUTLIER = 8.0


def drawn_bulk(family: str, rng: np.random.Generator, G: float, tau_s: float) -> Bulk:
    """Return a bulk of some family with a shape well inside its bounds."""
    if family == "Mig":
        return Bulk("Mig", {"G_inf": G, "B": rng.uniform(0.7, 1.8), "K": rng.uniform(1.7, 2.5), "tau": 0.3 * tau_s})
    p = {"G_inf": G, "W_inf": rng.uniform(0.2, 0.6), "tau": tau_s}
    if family == "Cc":
        p["a"] = rng.uniform(0.6, 0.9)
    if family == "Kww":
        p["b"] = rng.uniform(0.5, 0.85)
    return Bulk(family, p)


def drawn_run(
    family: str, seed: int, rho: float, voltage_noise: float | None = None
) -> tuple[SimulatedRecord, str, dict[str, float]]:
    """Return a record, its circuit and the true parameters by name.

    With `voltage_noise`, a share of the pulse's height, the fit is given the voltage as it was read, not the drive; one
    clock steps the voltage and samples, so that all jumps come in the middle between two samples.
    """
    rng = np.random.default_rng([20261123, seed, len(family), round(100 * rho)])
    n = int(10.0 ** rng.uniform(4.3, 5.0))
    interval = 10.0 ** rng.uniform(-5.5, -4.0)
    span = n * interval
    parts = np.array([0.02, 0.25, 0.15, 0.15, 0.43]) * span
    if voltage_noise is not None:
        parts = np.round(parts / interval) * interval
    before, pump, delay, probe, after = parts.tolist()
    drive = PulseSequence.pump_probe(0.02, pump, delay, probe_width=probe, before=before, after=after)
    G = 10.0 ** rng.uniform(-6.0, -3.0)
    tau = 0.25 * span * 10.0 ** rng.uniform(-2.3, -1.3)
    electrode_n = rng.uniform(0.8, 0.95)
    # The electrode charges within 2 to 10 pump widths.
    Q = G * (0.25 * span * 10.0 ** rng.uniform(0.3, 1.0)) ** electrode_n
    R = 10.0 ** rng.uniform(-1.3, -0.5) / G
    bulk = drawn_bulk(family, rng, G, tau)
    t = (np.arange(n) + 0.5) * interval
    cell, volts = Cell(bulk, R, Q, electrode_n), drive.voltage_at(t)
    current = cell.current(t, drive)
    current += noise(rng, n, float(np.sqrt(np.mean(current**2))) / SNR, rho)
    truth = {"R0": R, **{f"{family}1.{name}": value for name, value in bulk.p.items()}}
    truth |= {"CPE1.Q": Q, "CPE1.n": electrode_n}
    record = SimulatedRecord.of(t, current, drive)
    if voltage_noise is not None:
        record.drive, record.voltage_V = None, volts + 0.02 * voltage_noise * rng.standard_normal(n)
    return record, f"R0-{family}1-CPE1", truth


def z_score(result: FitResult, name: str, truth: float) -> float:
    """Return by how many standard errors a logarithm (logit) is off, by the linear covariance."""
    k = [one.name for one in result.estimates].index(name)
    parameter = result.model.parameters[k]
    value = result.values[name]

    def to_unbounded(x: float) -> float:
        if np.isinf(parameter.upper):
            return float(np.log(x))
        return float(np.log((x - parameter.lower) / (parameter.upper - x)))

    return (to_unbounded(value) - to_unbounded(truth)) / float(np.sqrt(result.covariance[k, k]))


def holds(ci95: tuple[float | None, float | None], truth: float) -> bool:
    """Whether an interval, open where None, holds the truth."""
    low, high = ci95
    return (low is None or low <= truth) and (high is None or truth <= high)


def campaign(
    family: str,
    rho: float,
    runs: int,
    folder: Path,
    first: int = 0,
    *,
    known_R0: bool = False,
    voltage_noise: float | None = None,
) -> dict[str, Any]:
    """Simulate, fit and count; return what was found."""
    name = f"coverage-{family}-{'ar1' if rho else 'white'}{'-known-R0' if known_R0 else ''}"
    if voltage_noise is not None:
        name += f"-measured-{voltage_noise:g}"
    progress = Progress(folder / f"{name}.json")
    held: Counter[str] = Counter()
    told: Counter[str] = Counter()
    doubtful: Counter[str] = Counter()
    doubtful_held: Counter[str] = Counter()
    scores: dict[str, list[float]] = {}
    outliers: list[dict[str, Any]] = []
    widened = 0
    document: dict[str, Any] = {}
    for k in range(runs):
        record, circuit, truth = drawn_run(family, first + k, rho, voltage_noise)
        model = CellModel(circuit, {"R0": truth.pop("R0")} if known_R0 else None)
        result = fit(record, model)
        widened += result.interval_inflation > 1.0
        for one in result.estimates:
            inside = holds(one.ci95, truth[one.name])
            (told if one.determined else doubtful)[one.name] += 1
            (held if one.determined else doubtful_held)[one.name] += inside
            z = z_score(result, one.name, truth[one.name])
            if one.determined:
                scores.setdefault(one.name, []).append(z)
                if abs(z) > _OUTLIER:
                    outliers.append({"seed": first + k, "name": one.name, "z": z})
        document = {
            "campaign": name,
            "circuit": circuit,
            "rho": rho,
            "snr": SNR,
            "all": share(sum(held.values()), sum(told.values())),
            "parameters": {n: share(held[n], told[n]) for n in truth},
            "not_identifiable": {n: share(doubtful_held[n], doubtful[n]) for n in truth if doubtful[n]},
            "median_square_z": {n: float(np.median(np.square(z))) for n, z in scores.items()},
            "widened_runs": widened,
            "outliers": outliers,
        }
        line = f"{document['all']['successes']} of {document['all']['trials']} intervals hold the truth"
        progress.report(k + 1, runs, document, line)
    return document


def main() -> None:
    """Run one campaign."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("family", choices=["De", "Cc", "Kww", "Mig"])
    parser.add_argument("--noise", choices=["white", "ar1"], default="white")
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--first", type=int, default=0, help="seed of the first run")
    parser.add_argument("--folder", type=Path, default=Path("campaigns"))
    parser.add_argument("--known-R0", action="store_true", help="the series resistance is not fitted")
    parser.add_argument("--voltage-noise", type=float, help="fit to a voltage read with noise, a share of the pulse")
    asked = parser.parse_args()
    rho = RHO if asked.noise == "ar1" else 0.0
    campaign(
        asked.family,
        rho,
        asked.runs,
        asked.folder,
        asked.first,
        known_R0=asked.known_R0,
        voltage_noise=asked.voltage_noise,
    )


if __name__ == "__main__":
    main()
