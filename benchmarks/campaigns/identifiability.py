"""Are parameters that a record cannot tell called so, and only those? (`just identifiability`)

Which they are is settled without any fit, by the Fisher information of the true cell: derivatives of the true current
(central differences of `truth`, an offset projected out) over the true noise give the Cramer-Rao deviation of each
parameter's logarithm (logit for those between two bounds). A parameter is

- *unidentifiable by design* where the 95 % interval of that deviation spans a factor of 16 at least (logit: all but
  a tenth of its range), and
- *identifiable by design* where it spans a factor of 2 at most (logit: a quarter of its range);

the fit's own line, a factor of 4 (half of the range), lies between. What falls between the two is counted apart.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.campaigns.coverage import drawn_bulk
from benchmarks.campaigns.tally import Progress, share
from benchmarks.campaigns.truth import Bulk, Cell, Floats, SimulatedRecord, noise
from fitting import CellModel, fit, reduce_run
from protocols import PulseSequence

SNR = 1e3
KINDS = ("plateau faster than sampling", "pulse shorter than memory", "resolved")
FAMILIES = ("De", "Cc", "Kww", "Mig")
_N = 20_000
_STEP = 0.02


def drawn_cell(kind: str, family: str, rng: np.random.Generator) -> tuple[Cell, PulseSequence, Floats, bool]:
    """Return a cell, its drive, the sampled times, and whether R0 is taken as known."""
    interval = 10.0 ** rng.uniform(-5.5, -4.0)
    span = _N * interval
    width = 0.25 * span
    drive = PulseSequence.pump_probe(
        0.02, width, 0.15 * span, probe_width=0.15 * span, before=0.02 * span, after=0.43 * span
    )
    if kind == "plateau faster than sampling":
        tau = interval * 10.0 ** rng.uniform(-3.0, -1.5)
    elif kind == "pulse shorter than memory":
        tau = span * 10.0 ** rng.uniform(1.0, 2.0)
    else:
        tau = width * 10.0 ** rng.uniform(-2.3, -1.3)
    G = 10.0 ** rng.uniform(-6.0, -3.0)
    bulk = drawn_bulk(family, rng, G, tau)
    n = rng.uniform(0.8, 0.95)
    Q = G * (width * 10.0 ** rng.uniform(0.3, 1.0)) ** n
    cell = Cell(bulk, 10.0 ** rng.uniform(-1.3, -0.5) / G, Q, n)
    return cell, drive, (np.arange(_N) + 0.5) * interval, kind != "plateau faster than sampling"


def named(cell: Cell) -> dict[str, float]:
    """Return the cell's parameters as the circuit R0-<family>1-CPE1 names them."""
    bulk = {f"{cell.bulk.family}1.{name}": value for name, value in cell.bulk.p.items()}
    return {"R0": cell.R, **bulk, "CPE1.Q": cell.Q, "CPE1.n": cell.n}


def rebuilt(family: str, values: dict[str, float]) -> Cell:
    """Return the cell of such names."""
    bulk = {name.split(".")[1]: value for name, value in values.items() if name.startswith(f"{family}1.")}
    return Cell(Bulk(family, bulk), values["R0"], values["CPE1.Q"], values["CPE1.n"])


def by_design(cell: Cell, model: CellModel, t_s: Floats, drive: PulseSequence, sigma: float) -> dict[str, str]:
    """Return which free parameters the true current tells: ``yes``, ``no`` or ``between``."""
    truth, family = named(cell), cell.bulk.family
    columns = []
    places = {}
    for parameter in model.parameters:
        lower, upper, value = parameter.lower, parameter.upper, truth[parameter.name]
        bounded = np.isfinite(upper)
        u = float(np.log((value - lower) / (upper - value))) if bounded else float(np.log(value))

        def outward(x: float, lower: float = lower, upper: float = upper, bounded: bool = bool(bounded)) -> float:
            return lower + (upper - lower) / (1.0 + float(np.exp(-x))) if bounded else float(np.exp(x))

        ends = [
            rebuilt(family, {**truth, parameter.name: outward(u + step)}).current(t_s, drive)
            for step in (-_STEP, _STEP)
        ]
        column = (ends[1] - ends[0]) / (2.0 * _STEP)
        columns.append(column - column.mean())
        places[parameter.name] = u, outward, bounded, upper - lower
    _, sizes, axes = np.linalg.svd(np.array(columns).T / sigma, full_matrices=False)
    deviation = np.sqrt(np.sum((axes.T / np.maximum(sizes, 1e-12 * sizes[0])) ** 2, axis=1))
    verdict = {}
    for (name, (u, outward, bounded, width)), one in zip(places.items(), deviation, strict=True):
        reach = min(1.96 * float(one), 600.0)
        if bounded:
            part = (outward(u + reach) - outward(u - reach)) / width
            verdict[name] = "yes" if part <= 0.25 else "no" if part >= 0.9 else "between"
        else:
            verdict[name] = "yes" if 2.0 * reach <= np.log(2.0) else "no" if 2.0 * reach >= np.log(16.0) else "between"
    return verdict


def campaign(runs: int, folder: Path, families: tuple[str, ...] = FAMILIES) -> dict[str, Any]:
    """Simulate, fit and count; `runs` cells of each kind."""
    progress = Progress(folder / "identifiability.json")
    counts: Counter[tuple[str, str, str, bool]] = Counter()
    document: dict[str, Any] = {}
    for k in range(len(KINDS) * runs):
        kind, family = KINDS[k % len(KINDS)], families[(k // len(KINDS)) % len(families)]
        rng = np.random.default_rng([20261124, k])
        cell, drive, t, known = drawn_cell(kind, family, rng)
        current = cell.current(t, drive)
        sigma = float(np.sqrt(np.mean(current**2))) / SNR
        model = CellModel(f"R0-{family}1-CPE1", {"R0": cell.R} if known else None)
        design = by_design(cell, model, t, drive, sigma)
        result = fit(reduce_run(SimulatedRecord.of(t, current + noise(rng, _N, sigma), drive)), model)
        for one in result.estimates:
            counts[kind, one.name, design[one.name], one.identifiable] += 1
        document = _document(counts)
        line = f"flagged {document['flagged']['share']}, wrongly {document['wrongly_flagged']['share']}"
        progress.report(k + 1, len(KINDS) * runs, document, line)
    return document


def _document(counts: Counter[tuple[str, str, str, bool]]) -> dict[str, Any]:
    def of(design: str, *, flagged: bool, **where: str) -> int:
        return sum(
            number
            for (kind, name, found, identifiable), number in counts.items()
            if found == design
            and identifiable is not flagged
            and where.get("kind", kind) == kind
            and where.get("name", name) == name
        )

    def flags(design: str, **where: str) -> dict[str, Any]:
        hits = of(design, flagged=True, **where)
        return share(hits, hits + of(design, flagged=False, **where))

    cases = sorted({(kind, name, design) for kind, name, design, _ in counts})
    return {
        "snr": SNR,
        "flagged": flags("no"),
        "wrongly_flagged": flags("yes"),
        "between": flags("between"),
        "flagged_by_kind": {kind: flags("no", kind=kind) for kind in KINDS},
        "wrongly_flagged_by_kind": {kind: flags("yes", kind=kind) for kind in KINDS},
        "cases": [
            {"kind": kind, "parameter": name, "design": design, "flagged": flags(design, kind=kind, name=name)}
            for kind, name, design in cases
        ],
    }


def main() -> None:
    """Run the campaign."""
    parser = argparse.ArgumentParser(description="Are parameters that a record cannot tell called so?")
    parser.add_argument("--runs", type=int, default=100, help="of each kind of cell")
    parser.add_argument("--folder", type=Path, default=Path("campaigns"))
    asked = parser.parse_args()
    campaign(asked.runs, asked.folder)


if __name__ == "__main__":
    main()
