"""Campaign: are 95 % intervals true of runs that were stopped once a time was known to 5 %? (`just adaptive`)

A run of many equal pulses is simulated to its end, and given to the rule bit by bit, as a growing run. Where the rule
is met, the run ends at rest, a hundredth of it later; the interval that counts is that of the fit of all that was there
then. The whole run, which the fixed protocol would have measured, is fitted too: its coverage is the yardstick,
its length what is saved from. Cells and noise differ from run to run: the time is known to 5 % after a tenth of some
runs, and of others never, evenly over the logarithm.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.campaigns.coverage import drawn_bulk, holds
from benchmarks.campaigns.tally import Progress, share
from benchmarks.campaigns.truth import Cell, SimulatedRecord, noise
from fitting import FitResult, fit
from fitting.stopping import KnownTo, Stopping
from protocols import PulseSequence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FAMILIES = ("De", "Cc", "Mig")
PRECISION = 0.05
_PULSES = 24
_SAMPLES = 24_000
_BLOCKS = 240
_NOMINAL, _MOST_NOISE = 1e-3, 200.0
"""Noise, as a share of the current's rms, with which it is found how well a run tells its time, and how many times
larger it may become: a fifth of the current."""
_LATE_BLOCKS = 2
"""Blocks of a run that are still measured while the last look is worked out: a hundredth of it."""


@dataclass(eq=False)
class GrowingRecord:
    """A simulated record of which only the beginning is there yet."""

    whole: SimulatedRecord
    n_samples: int = 0

    def refresh(self) -> int:
        """Return how many samples there are."""
        return self.n_samples

    @property
    def n_planned(self) -> int:
        """How many samples there will be."""
        return self.whole.n_samples

    @property
    def t_s(self) -> Floats:
        """Times so far."""
        return self.whole.t_s[: self.n_samples]

    @property
    def voltage_V(self) -> Floats:
        """Voltages so far."""
        return self.whole.voltage_V[: self.n_samples]

    @property
    def current_A(self) -> Floats:
        """Currents so far."""
        return self.whole.current_A[: self.n_samples]

    @property
    def status(self) -> NDArray[np.uint8]:
        """Flags so far."""
        return self.whole.status[: self.n_samples]

    @property
    def path(self) -> Path:
        """Its name."""
        return self.whole.path

    @property
    def drive(self) -> PulseSequence | None:
        """All of the plan's edges."""
        return self.whole.drive

    @property
    def aperture_s(self) -> float:
        """How long a sample averages."""
        return self.whole.aperture_s

    @property
    def response_s(self) -> tuple[float, ...]:
        """Time constants of the instrument."""
        return self.whole.response_s


def drawn_run(family: str, seed: int, rho: float) -> tuple[SimulatedRecord, str, float]:
    """Return a record, its circuit and the true time of its bulk (s)."""
    rng = np.random.default_rng([20261126, seed, len(family), round(100 * rho)])
    interval = 10.0 ** rng.uniform(-5.0, -3.0)
    period = _SAMPLES * interval / _PULSES
    width = rng.uniform(0.25, 0.5) * period
    drive = PulseSequence.pulse(0.02, width, before=0.1 * period, after=0.9 * period - width).repeated(_PULSES)
    G = 10.0 ** rng.uniform(-6.0, -3.0)
    tau = width * 10.0 ** rng.uniform(-1.6, -0.9)
    electrode_n = rng.uniform(0.8, 0.95)
    Q = G * (width * 10.0 ** rng.uniform(0.5, 1.2)) ** electrode_n
    # Beside a free series resistance the time of these families enters only in combination.
    has_R = family == "Mig"
    R = 10.0 ** rng.uniform(-1.3, -0.5) / G if has_R else 0.0
    bulk = drawn_bulk(family, rng, G, tau)
    t = (np.arange(_SAMPLES) + 0.5) * interval
    current = Cell(bulk, R, Q, electrode_n).current(t, drive)
    circuit, wanted = f"{'R0-' if has_R else ''}{family}1-CPE1", PRECISION * 10.0 ** rng.uniform(-0.6, 0.1)
    white = noise(rng, _SAMPLES, _NOMINAL * float(np.sqrt(np.mean(current**2))), rho)
    nominal = fit(SimulatedRecord.of(t, current + white, drive), circuit)
    k = [one.name for one in nominal.estimates].index(f"{family}1.tau")
    known = 1.96 * float(np.sqrt(nominal.covariance[k, k]))
    # Other noise of the size at which the whole run tells the time to the wanted precision.
    current += noise(rng, _SAMPLES, float(white.std()) * min(wanted / known, _MOST_NOISE), rho)
    return SimulatedRecord.of(t, current, drive), circuit, bulk.p["tau"]


def stopped(record: SimulatedRecord, rule: KnownTo) -> tuple[int, list[float]]:
    """Return after how many samples a rule ends a run, and the half width at each look."""
    growing = GrowingRecord(record)
    stopping = Stopping(growing, rule)
    for block in range(1, _BLOCKS + 1):
        growing.n_samples = block * record.n_samples // _BLOCKS
        stopping.look()
        if stopping.is_met:
            growing.n_samples = min(growing.n_samples + _LATE_BLOCKS * record.n_samples // _BLOCKS, record.n_samples)
            while not stopping.is_at_rest():
                growing.n_samples += record.n_samples // _BLOCKS
            break
    return min(growing.n_samples, record.n_samples), [look.half_width for look in stopping.looks]


def campaign(runs: int, folder: Path, first: int = 0, rho: float = 0.0) -> dict[str, Any]:
    """Simulate, stop, fit and count; return what was found."""
    name = f"adaptive-{'ar1' if rho else 'white'}"
    progress = Progress(folder / f"{name}.json")
    counts: Counter[str] = Counter()
    saved: list[float] = []
    cells: list[dict[str, Any]] = []
    document: dict[str, Any] = {}
    for k in range(runs):
        family = FAMILIES[k % len(FAMILIES)]
        record, circuit, tau = drawn_run(family, first + k, rho)
        rule = KnownTo(f"{family}1.tau", PRECISION, circuit)
        n, widths = stopped(record, rule)
        whole = fit(record, circuit)
        ended = whole if n == record.n_samples else fit(_beginning(record, n), circuit)
        is_stopped = n < record.n_samples
        counts["stopped"] += is_stopped
        cells.append({"seed": first + k, "family": family, "samples": n, "looks": widths})
        for which, result in (("stopped", ended), ("whole", whole)):
            estimate = result[rule.name]
            cells[-1][which] = {"width": rule.half_width(estimate), "z": _z(result, rule.name, tau)}
            if not estimate.determined:
                counts[f"{which} not determined"] += 1
                continue
            counts[f"{which} told"] += 1
            inside = holds(estimate.ci95, tau)
            counts[f"{which} held"] += inside
            if is_stopped:
                counts[f"{which} early told"] += 1
                counts[f"{which} early held"] += inside
        if is_stopped:
            counts["wide"] += rule.half_width(ended[rule.name]) > 1.2 * PRECISION
            saved.append(1.0 - n / record.n_samples)
        document = {
            "campaign": name,
            "rule": f"tau known to {PRECISION:.0%}",
            "all": share(counts["stopped held"], counts["stopped told"]),
            "stopped_early": share(counts["stopped early held"], counts["stopped early told"]),
            "fixed_protocol": share(counts["whole held"], counts["whole told"]),
            "fixed_protocol_of_these": share(counts["whole early held"], counts["whole early told"]),
            "n_stopped": counts["stopped"],
            "n_wider_than_asked": counts["wide"],
            "n_not_determined": counts["stopped not determined"],
            "median_saved": float(np.median(saved)) if saved else None,
            "cells": cells,
        }
        held, of = counts["stopped early held"], counts["stopped early told"]
        line = f"{held} of {of} stopped hold the truth, median saved {document['median_saved']}"
        progress.report(k + 1, runs, document, line)
    return document


def _beginning(record: SimulatedRecord, n: int) -> SimulatedRecord:
    """Return the first samples of a record, with the edges that belong to them, as a stopped run has it."""
    drive = record.drive
    if drive is None:
        raise TypeError("a simulated run has edges")
    return SimulatedRecord.of(record.t_s[:n], record.current_A[:n], drive)


def _z(result: FitResult, name: str, truth: float) -> float:
    """Return by how many standard deviations the logarithm of an estimate is off."""
    k = [one.name for one in result.estimates].index(name)
    deviation = float(np.sqrt(result.covariance[k, k]))
    return float(np.log(result[name].value / truth)) / deviation if deviation > 0.0 else float("nan")


def main() -> None:
    """Run the campaign."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--noise", choices=["white", "ar1"], default="white")
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--first", type=int, default=0, help="seed of the first run")
    parser.add_argument("--folder", type=Path, default=Path("campaigns"))
    asked = parser.parse_args()
    campaign(asked.runs, asked.folder, asked.first, 0.8 if asked.noise == "ar1" else 0.0)


if __name__ == "__main__":
    main()
