"""Campaign: are intervals of records whose current was controlled true? (`just galvanostatic`)

Cells are R0-<family>-CPE1 with an open-circuit voltage, voltages by the inversion of `truth`, current and voltage as an
instrument samples them, with noise of both. One clock steps the current and samples: each jump comes right after a
sample, and its user says so (``sample``); or anywhere between two, and the fit finds where (``clock``). Four protocols
in turn:

- ``rest``: a pulse, a rest at open circuit, a pulse the other way, a rest;
- ``gitt``: a train of equal pulses, each with a rest at open circuit (galvanostatic intermittent titration);
- ``ici``: a constant current with short interruptions (intermittent current interruption);
- ``cp``: two steps of the current; the record begins with the first, and its user says that nothing flowed before.

A resistance in series cannot be told from the plateau of a Debye or Cole-Cole conductor: it is known for these.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.campaigns.coverage import drawn_bulk, holds
from benchmarks.campaigns.records import FAMILIES, Drawn
from benchmarks.campaigns.tally import Progress, share
from benchmarks.campaigns.truth import Cell, SimulatedRecord
from fitting import CellModel, Nuisance, fit
from protocols import FitError, PulseSequence

PROTOCOLS = ("rest", "gitt", "ici", "cp")
EDGES = ("sample", "clock")
_INTERVAL_S = 1e-2
_N = 6000
_SNR = 1000.0
# Noise of the current that is read beside the one that flows, as a share of its level.
_READING = 1e-4
# How long after a sample a jump comes that comes right after it, in intervals.
_RIGHT_AFTER = 1e-6
# When the current changes, as a share of the record, and to what, in levels.
_SHAPES: dict[str, tuple[list[float], list[float]]] = {
    "rest": ([0.02, 0.27, 0.42, 0.67], [1.0, 0.0, -1.0, 0.0]),
    "gitt": ([0.02 + 0.12 * k for k in range(16 // 2)], [1.0, 0.0] * 4),
    "ici": ([0.02, *(0.2 + 0.1 * k + gap for k in range(8) for gap in (0.0, 0.02))], [1.0, *[0.0, 1.0] * 8]),
    "cp": ([0.02, 0.5], [1.0, 0.4]),
}


def drawn_record(family: str, protocol: str, seed: int, edges: str = "sample") -> Drawn:
    """Return the record of a cell that is drawn anew for each seed."""
    rng = np.random.default_rng([20261126, 14, seed, FAMILIES.index(family), PROTOCOLS.index(protocol)])
    shares, levels = _SHAPES[protocol]
    span = _N * _INTERVAL_S
    hold = span * float(np.max(np.diff([*shares, 1.0])))
    G = 10.0 ** rng.uniform(-6.0, -3.0)
    bulk = drawn_bulk(family, rng, G, hold * 10.0 ** rng.uniform(-2.3, -1.3))
    n = rng.uniform(0.8, 0.95)
    cell = Cell(bulk, 10.0 ** rng.uniform(-1.3, -0.5) / G, G * (hold * 10.0 ** rng.uniform(0.3, 1.0)) ** n, n)
    level_A = 0.02 * G
    times = (np.arange(_N, dtype=np.float64) + 0.5) * _INTERVAL_S
    places = np.searchsorted(times, np.array(shares) * span)
    lead = rng.uniform(0.02, 0.98) if edges == "clock" else 1.0 - _RIGHT_AFTER
    jumps = times[places] - lead * _INTERVAL_S
    drive = PulseSequence.from_arrays(
        np.concatenate([[0.0], jumps]), level_A * np.array([0.0, *levels]), times[-1] + 1.0
    )
    answer, current = cell.voltage(times, drive), drive.voltage_at(times)
    first = int(places[0]) if protocol == "cp" else 0
    noise_V = float(np.sqrt(np.mean(answer[first:] ** 2))) / _SNR
    voltage = rng.uniform(-1.0, 3.6) + answer + noise_V * rng.standard_normal(_N)
    current = current + _READING * level_A * rng.standard_normal(_N)
    record = SimulatedRecord.of(times[first:], current[first:], drive)
    record.drive, record.voltage_V = None, voltage[first:]
    truth = {"R0": cell.R, **{f"{family}1.{name}": value for name, value in bulk.p.items()}}
    truth |= {"CPE1.Q": cell.Q, "CPE1.n": n}
    terms = Nuisance(
        control="current",
        before=0.0 if protocol == "cp" else "",
        edges="sample" if edges == "sample" else "step",
    )
    return Drawn(record, terms, f"R0-{family}1-CPE1", bulk, truth)


def campaign(
    runs: int,
    folder: Path,
    first: int = 0,
    families: tuple[str, ...] = FAMILIES,
    protocols: tuple[str, ...] = PROTOCOLS,
    edges: str = "sample",
) -> dict[str, Any]:
    """Simulate, fit and count; return what was found. The protocols take turns."""
    progress = Progress(folder / f"galvanostatic-{edges}.json")
    held: Counter[str] = Counter()
    told: Counter[str] = Counter()
    refused = questioned = done = 0
    misses: list[dict[str, Any]] = []
    document: dict[str, Any] = {}
    for k in range(runs):
        for family in families:
            seed, protocol = first + k, protocols[(first + k + FAMILIES.index(family)) % len(protocols)]
            about = {"seed": seed, "family": family, "protocol": protocol}
            drawn = drawn_record(family, protocol, seed, edges)
            known = {"R0": drawn.truth["R0"]} if family in {"De", "Cc"} else None
            done += 1
            try:
                result = fit(drawn.record, CellModel(drawn.circuit, known), terms=drawn.terms)
            except FitError as error:
                refused += 1
                misses.append(about | {"refused": str(error)})
                continue
            if any(one.kind.questions_model for one in result.remarks):
                questioned += 1
                misses.append(about | {"questioned": [str(one) for one in result.remarks]})
            for one in result.estimates:
                if not one.determined:
                    continue
                truth = drawn.truth[one.name]
                names = (one.name.split(".")[-1], f"{family} {protocol}")
                told.update(names)
                if holds(one.ci95, truth):
                    held.update(names)
                else:
                    misses.append(about | {"name": one.name, "value": one.value, "ci95": one.ci95, "truth": truth})
        cells = {f"{family} {protocol}" for family in families for protocol in protocols}
        of_all = sum(held[name] for name in cells), sum(told[name] for name in cells)
        document = {
            "campaign": f"galvanostatic-{edges}",
            "all": share(*of_all),
            "quantities": {name: share(held[name], told[name]) for name in told},
            "true_circuit_questioned": share(questioned, done - refused),
            "refused": refused,
            "misses": misses,
        }
        line = f"{of_all[0]} of {of_all[1]} intervals hold the truth; {questioned} questioned, {refused} refused"
        progress.report(k + 1, runs, document, line)
    return document


def main() -> None:
    """Run the campaign."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", choices=FAMILIES, action="append")
    parser.add_argument("--protocol", choices=PROTOCOLS, action="append")
    parser.add_argument("--edges", choices=EDGES, default="sample")
    parser.add_argument("--runs", type=int, default=75, help="of each family")
    parser.add_argument("--first", type=int, default=0, help="seed of the first run")
    parser.add_argument("--folder", type=Path, default=Path("campaigns"))
    asked = parser.parse_args()
    families, protocols = tuple(asked.family or FAMILIES), tuple(asked.protocol or PROTOCOLS)
    campaign(asked.runs, asked.folder, asked.first, families, protocols, asked.edges)


if __name__ == "__main__":
    main()
