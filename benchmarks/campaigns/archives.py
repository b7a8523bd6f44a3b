"""Campaign: do activation energies of an archive hold the truth, and is a ranking of samples right? (`just archives`)

Planted archives of five samples, eight temperatures and five repeats. Each sample has an energy and a prefactor of its
own; the cryostat is off by something at each visit to a temperature, the sample changes from run to run, and what a fit
does not know is drawn last, with an interval as a fit gives it. What is slower than the window has no upper end. The
truth is this file's own: nothing of it is shared with `fitting`.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from scipy.constants import e, k

from benchmarks.campaigns.tally import Progress, share
from fitting.archive.comparison import ArchiveComparison, compare_archive
from fitting.archive.values import values_of

KELVIN = (240.0, 250.0, 260.0, 270.0, 280.0, 290.0, 300.0, 310.0)
REPEATS, SAMPLES = 5, 5
WINDOW_S = 0.5
"""Longest time that a record tells."""
K_EV = k / e


@dataclass(frozen=True)
class Truth:
    """What was planted in one sample."""

    energy_eV: float
    prefactor_s: float
    vogel_K: float = 0.0

    def time_s(self, kelvin: float) -> float:
        """Return the median memory time at a temperature."""
        return self.prefactor_s * math.exp(self.energy_eV / (K_EV * (kelvin - self.vogel_K)))


def drawn_truths(rng: np.random.Generator, *, vogel: bool = False) -> dict[str, Truth]:
    """Return five samples of like materials, some 20 ms at room temperature.

    0.3 to 0.5 eV; or Vogel's law with 140 to 180 K and 0.06 to 0.1 eV, which is 0.3 to 0.5 eV near room temperature.
    """
    found = {}
    for number in range(SAMPLES):
        energy, vogel_K = (rng.uniform(0.06, 0.1), rng.uniform(140.0, 180.0)) if vogel else (rng.uniform(0.3, 0.5), 0.0)
        at_room_s = 0.02 * math.exp(rng.normal(0.0, 0.4))
        prefactor_s = at_room_s * math.exp(-energy / (K_EV * (298.15 - vogel_K)))
        found[f"sample {number + 1}"] = Truth(energy, prefactor_s, vogel_K)
    return found


def drawn_archive(truths: dict[str, Truth], rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return the rows that a refit would give.

    The set-up of an archive is drawn with it: how far the cryostat is off (0 to 0.6 K), by how much runs differ (0 to
    10 %), and what fits do not know (2 to 8 %, not alike from run to run).
    """
    off_K, of_runs, unknown = rng.uniform(0.0, 0.6), rng.uniform(0.0, 0.1), rng.uniform(0.02, 0.08)
    rows = []
    for name, truth in truths.items():
        for kelvin in KELVIN:
            reached_K = kelvin + rng.normal(0.0, off_K)
            for repeat in range(REPEATS):
                true_s = truth.time_s(reached_K) * math.exp(rng.normal(0.0, of_runs))
                sigma = unknown * math.exp(rng.normal(0.0, 0.3))
                rows.append(_row(f"{name} {kelvin:g} {repeat}", name, kelvin, true_s, sigma, rng))
    return rows


def _row(run: str, sample: str, kelvin: float, true_s: float, sigma: float, rng: np.random.Generator) -> dict[str, Any]:
    slow = true_s > WINDOW_S
    value = true_s * math.exp(rng.normal(0.0, 5.0 * sigma if slow else sigma))
    return {
        "run": run,
        "circuit": "R0-Mig1-CPE1",
        "status": "fitted",
        "describes": True,
        "sample": sample,
        "temperature_K": kelvin,
        "verdict": "bulk",
        "median_memory_time_s": value,
        "median_memory_time_low_s": min(value, 0.5 * WINDOW_S) if slow else value * math.exp(-1.959964 * sigma),
        "median_memory_time_high_s": None if slow else value * math.exp(1.959964 * sigma),
        "median_memory_time_determined": not slow,
    }


@dataclass
class Counts:
    """What came of some archives."""

    held: int = 0
    energies: int = 0
    told_apart: int = 0
    pairs: int = 0
    right: int = 0
    undetermined: int = 0
    width_meV: float = 0.0
    vogel_K_held: int = 0
    values_held: int = 0
    laws: Counter[str] = field(default_factory=Counter)

    def add(self, found: ArchiveComparison, truths: dict[str, Truth]) -> None:
        """Count one archive."""
        for one in found.samples:
            self.undetermined += sum(one.undetermined.values())
            if one.activation is None:
                continue
            truth, law = truths[one.name], one.activation
            energy = law.vogel.energy_eV if truth.vogel_K and law.vogel else law.energy_eV
            self.energies += 1
            self.held += energy.low <= truth.energy_eV <= energy.high
            self.laws[law.law] += 1
            if law.vogel is not None:
                low, high = law.vogel.temperature_ci95_K
                self.vogel_K_held += (low or 0.0) <= truth.vogel_K <= (high or math.inf)
            self.width_meV += 500.0 * (energy.high - energy.low)
        if found.at_K is None:
            return
        for one in found.ranked:
            if one.at is not None:
                self.values_held += one.at.low <= truths[one.name].time_s(found.at_K) <= one.at.high
        for first, second in combinations(found.ranked, 2):
            self.pairs += 1
            if second.name not in found.not_told_from(first):
                self.told_apart += 1
                # The first is said to remember longer.
                self.right += truths[first.name].time_s(found.at_K) > truths[second.name].time_s(found.at_K)

    def document(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "energies": share(self.held, self.energies),
            "values_at_one_temperature": share(self.values_held, self.energies),
            "laws": dict(self.laws),
            "vogel_temperatures": share(self.vogel_K_held, self.energies),
            "half_width_meV": self.width_meV / max(self.energies, 1),
            "told_apart": share(self.told_apart, self.pairs),
            "right_where_told_apart": share(self.right, self.told_apart),
            "undetermined_values": self.undetermined,
        }


def campaign(archives: int, folder: Path, seed: int = 0, *, vogel: bool = False) -> dict[str, Any]:
    """Plant archives, compare their samples, and count."""
    progress = Progress(folder / "archives.json")
    counts = Counts()
    document: dict[str, Any] = {}
    for number in range(archives):
        rng = np.random.default_rng([20261126, seed + number])
        truths = drawn_truths(rng, vogel=vogel)
        counts.add(compare_archive(values_of(drawn_archive(truths, rng), "median_memory_time")), truths)
        document = counts.document()
        line = f"{counts.held} of {counts.energies} hold, {counts.right} of {counts.told_apart} pairs right"
        progress.report(number + 1, archives, document, line)
    return document


def main() -> None:
    """Run the campaign."""
    parser = argparse.ArgumentParser(description="Do activation energies of an archive hold the truth?")
    parser.add_argument("--archives", type=int, default=50)
    parser.add_argument("--folder", type=Path, default=Path("campaigns"))
    parser.add_argument("--first", type=int, default=0, help="seed of the first archive")
    parser.add_argument("--vogel", action="store_true", help="plant Vogel's law")
    asked = parser.parse_args()
    campaign(asked.archives, asked.folder, asked.first, vogel=asked.vogel)


if __name__ == "__main__":
    main()
