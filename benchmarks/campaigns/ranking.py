"""Campaign: does the ranking name the family that made the current? (`just ranking`)

Records of four decades (1e4 samples), noise a thousandth of the current's rms, cells R0-<family>-CPE1 with R0 known.
Cole-Cole with a = 1 and a stretched exponential with b = 1 are Debye's relaxation: shapes are drawn away from there
(a up to 0.9, b up to 0.85).
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.campaigns.coverage import drawn_bulk
from benchmarks.campaigns.tally import Progress, share
from benchmarks.campaigns.truth import Cell, SimulatedRecord, noise
from fitting import CellModel, rank
from protocols import PulseSequence

SNR = 1e3
FAMILIES = ("De", "Cc", "Kww", "Mig")
_N = 10_000
_DRIVE = PulseSequence.pump_probe(0.02, 0.25, 0.15, probe_width=0.15, before=0.02, after=0.43)


def drawn_record(family: str, rng: np.random.Generator) -> tuple[SimulatedRecord, float]:
    """Return a record of one second, and the series resistance."""
    G, n = 10.0 ** rng.uniform(-6.0, -3.0), rng.uniform(0.8, 0.95)
    bulk = drawn_bulk(family, rng, G, 10.0 ** rng.uniform(-2.7, -1.5))
    Q = G * (0.25 * 10.0 ** rng.uniform(0.3, 1.0)) ** n
    R = 10.0 ** rng.uniform(-1.3, -0.5) / G
    t = (np.arange(_N) + 0.5) / _N
    current = Cell(bulk, R, Q, n).current(t, _DRIVE)
    sigma = float(np.sqrt(np.mean(current**2))) / SNR
    return SimulatedRecord.of(t, current + noise(rng, _N, sigma), _DRIVE), R


def campaign(runs: int, folder: Path, families: tuple[str, ...] = FAMILIES, first: int = 0) -> dict[str, Any]:
    """Simulate, rank and count."""
    progress = Progress(folder / "ranking.json")
    named: Counter[tuple[str, str]] = Counter()
    wrong_decided = 0
    document: dict[str, Any] = {}
    for k in range(runs):
        family = families[(first + k) % len(families)]
        record, R = drawn_record(family, np.random.default_rng([20261125, first + k]))
        found = rank(record, [CellModel(f"R0-{one}1-CPE1", {"R0": R}) for one in families])
        chosen = found.best.model.circuit.split("-")[1].rstrip("1")
        named[family, chosen] += 1
        wrong_decided += chosen != family and found.decided
        right = sum(number for (true, verdict), number in named.items() if true == verdict)
        document = {
            "snr": SNR,
            "families": list(families),
            "first": share(right, k + 1),
            "by_family": {
                one: share(named[one, one], sum(named[one, other] for other in families)) for one in families
            },
            "confusions": {f"{a} named {b}": number for (a, b), number in sorted(named.items()) if a != b},
            "wrong_and_decided": wrong_decided,
        }
        progress.report(k + 1, runs, document, f"{right} right")
    return document


def main() -> None:
    """Run the campaign."""
    parser = argparse.ArgumentParser(description="Does the ranking name the family that made the current?")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--folder", type=Path, default=Path("campaigns"))
    parser.add_argument("--first", type=int, default=0, help="seed of the first run")
    asked = parser.parse_args()
    campaign(asked.runs, asked.folder, first=asked.first)


if __name__ == "__main__":
    main()
