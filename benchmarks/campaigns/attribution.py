"""Campaign: is a double layer ever called bulk, or a visible bulk memory anything else? (`just attribution`)

Cells are formulae of impedances, not circuits of `fitting`. Those whose reversal comes only from interfaces turn by
turn have: a double layer; one of constant phase; charge transfer beside it; charge transfer beside a constant phase
with another in series; a double layer behind a grain boundary. Those with bulk memory have a Debye or Cole-Cole bulk of
relative permittivity 10 to 30, a time well inside the record, a big or small electrode and a known geometry: even in
series they would hold less than 10 pF at 1 /cm, where grain boundaries begin, and so are the resolvable ones.
Every other interface comes without its geometry.

The family that is fitted is the better of De and Cc by `fitting.rank`, as a user would have it; with `--blind` it is Cc
for every third cell and De else, whatever the cell is, so that a third of the bulk cells are fitted with a family that
does not describe them.

Bulk memory without a geometry is counted apart: its capacitance may then be anything's.

Films, pellets and ceramics, with interphases, double layers and grain boundaries by their geometry, are those of
`benchmarks.campaigns.samples`: no verdict may be wrong there, and resolvable bulk memory must be named.

A fixture's stray capacitance, charged through the lead's resistance, is a third kind: it is of picofarads, as a bulk's
is, and counted apart.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.campaigns.samples import GROUPS, made
from benchmarks.campaigns.tally import Progress, share
from benchmarks.campaigns.truth import Complexes, Floats, SimulatedRecord, current_of, noise
from fitting import CellModel, attribute, fit, rank, reduce_run
from protocols import FitError, PulseSequence, Sample

if TYPE_CHECKING:
    from collections.abc import Callable

SNR = 1e3
CATALOGUE = ("interface", "bulk", "bulk, no geometry", "stray")
INTERFACES = ("layer", "constant phase", "charge transfer", "two electrodes", "grain boundary")
_EPS0 = 8.8541878128e-12
_N = 10_000
_DRIVE = PulseSequence.pump_probe(0.02, 0.25, 0.15, probe_width=0.15, before=0.02, after=0.43)


def parallel(a: Complexes | float, b: Complexes) -> Complexes:
    """Return two impedances side by side."""
    return np.asarray(a * b / (a + b))


def interface(kind: str, rng: np.random.Generator, sample: Sample) -> tuple[Callable[[Complexes], Complexes], float]:
    """Return the impedance of a cell whose bulk is a resistor, and its series resistance."""
    area_cm2, length_cm = 1e4 * (sample.area_m2 or 0.0), 1e2 * (sample.thickness_m or 0.0)
    # Double layers hold 0.3 to 30 uF/cm2, charge transfer relaxes within the record, bulks from ohms to megohms.
    C = area_cm2 * 10.0 ** rng.uniform(-6.5, -4.5)
    R_b = 10.0 ** rng.uniform(-3.0, 0.0) / C
    R_0, n = R_b * 10.0 ** rng.uniform(-2.0, -0.7), rng.uniform(0.75, 0.95)
    R_ct = 10.0 ** rng.uniform(-2.5, -0.5) / C
    # Grain boundaries by Irvine, Sinclair and West: 1e-11 to 1e-8 F at a cell constant of 1 /cm
    C_gb = area_cm2 / length_cm * 10.0 ** rng.uniform(-11.0, -8.0)
    R_gb = 10.0 ** rng.uniform(-2.5, -1.0) / C_gb

    def Z(s: Complexes) -> Complexes:
        layer: Complexes = 1.0 / (s * C)
        cpe: Complexes = np.asarray(R_b / (s * R_b * C) ** n)
        if kind == "layer":
            rest = R_b + layer
        elif kind == "constant phase":
            rest = R_b + cpe
        elif kind == "charge transfer":
            rest = R_b + parallel(R_ct, layer)
        elif kind == "two electrodes":
            rest = R_b + parallel(R_ct, cpe) + 0.1 * cpe
        else:
            rest = R_beside + parallel(R_gb, 1.0 / (s * C_gb)) + layer
        return np.asarray(R_0 + rest)

    # The bulk beside a grain boundary has a tenth to ten times its resistance.
    R_beside = R_gb * 10.0 ** rng.uniform(-1.0, 1.0)
    return Z, R_0


def bulk(rng: np.random.Generator, sample: Sample) -> tuple[Callable[[Complexes], Complexes], float]:
    """Return the impedance of a cell whose bulk remembers, and its series resistance."""
    per_length = (sample.area_m2 or 0.0) / (sample.thickness_m or 1.0)
    tau, W, a = 10.0 ** rng.uniform(-2.7, -1.5), rng.uniform(0.2, 0.45), rng.choice([1.0, rng.uniform(0.7, 0.9)])
    epsilon = 10.0 * 3.0 ** rng.uniform()
    G = epsilon * _EPS0 * per_length / (tau * (1.0 - W))
    n, R_0 = rng.uniform(0.8, 0.98), 10.0 ** rng.uniform(-3.0, -1.0) / G
    blocks_s = 10.0 ** rng.uniform(-0.3, 3.0)

    def Z(s: Complexes) -> Complexes:
        x = (s * tau) ** a
        return np.asarray(R_0 + 1.0 / (G * (W + (1.0 - W) * x / (1.0 + x))) + 1.0 / (G * (s * blocks_s) ** n))

    return Z, R_0


def stray(rng: np.random.Generator, sample: Sample) -> tuple[Callable[[Complexes], Complexes], float]:
    """Return the impedance of a resistor and a double layer with 1 to 50 pF across them, behind a resistor."""
    del sample
    C_stray = 10.0 ** rng.uniform(-12.0, -10.3)
    R_0 = 10.0 ** rng.uniform(-2.7, -1.5) / C_stray
    R_b = R_0 * 10.0 ** rng.uniform(-0.5, 1.0)
    C = 10.0 ** rng.uniform(-0.3, 3.0) / R_b

    def Z(s: Complexes) -> Complexes:
        return np.asarray(R_0 + parallel(1.0 / (s * C_stray), R_b + 1.0 / (s * C)))

    return Z, 0.01 * R_0


def judged(kind: str, k: int, *, blind: bool = False) -> tuple[str, str]:
    """Simulate, fit and attribute cell k of a kind; return what it was and the verdict."""
    rng = np.random.default_rng([20261128, CATALOGUE.index(kind), k])
    sample = Sample(thickness_m=10.0 ** rng.uniform(-3.7, -2.7), area_m2=10.0 ** rng.uniform(-5.0, -3.7))
    what = INTERFACES[k % len(INTERFACES)] if kind == "interface" else kind
    if kind == "interface":
        Z, R_0 = interface(what, rng, sample)
    else:
        Z, R_0 = (stray if kind == "stray" else bulk)(rng, sample)
    t: Floats = (np.arange(_N) + 0.5) / _N
    current = current_of(lambda _, s: 1.0 / Z(s), t, _DRIVE)
    sigma = float(np.sqrt(np.mean(current**2))) / SNR
    reduction = reduce_run(SimulatedRecord.of(t, current + noise(rng, _N, sigma), _DRIVE))
    known = k % 2 == 1 if kind in {"interface", "stray"} else kind == "bulk"
    geometry = sample if known else None
    cells = [CellModel(f"R0-{family}-CPE1", {"R0": R_0}) for family in ("De1", "Cc1")]
    try:
        result = fit(reduction, cells[k % 3 == 2]) if blind else rank(reduction, cells).best
    except FitError:
        return what, "refused"
    return what + ("" if known else " (unknown geometry)"), attribute(reduction, result, geometry).verdict


def judged_sample(group: str, k: int) -> tuple[str, str, str, bool]:
    """Simulate, fit and attribute sample k of a group; return what, right place, verdict, and if it is resolvable."""
    rng = np.random.default_rng([20261126, GROUPS.index(group), k])
    one = made(group, k, rng)
    # A plateau that is known to have nothing else in series, or a lead whose resistance is known.
    R_0 = 0.0 if k % 2 else 0.01 * abs(complex(one.impedance(np.array([1e4 + 0j]))[0]))
    t: Floats = (np.arange(_N) + 0.5) / _N
    current = current_of(lambda _, s: 1.0 / (R_0 + one.impedance(s)), t, _DRIVE)
    sigma = float(np.sqrt(np.mean(current**2))) / SNR
    reduction = reduce_run(SimulatedRecord.of(t, current + noise(rng, _N, sigma), _DRIVE))
    cells = [
        CellModel(f"R0-{family}-CPE1", {"R0": R_0}) if R_0 else CellModel(f"{family}-CPE1") for family in ("De1", "Cc1")
    ]
    try:
        result = rank(reduction, cells).best
    except FitError:
        return one.what, one.place, "refused", one.resolvable
    return one.what, one.place, attribute(reduction, result, one.sample).verdict, one.resolvable


def campaign_of_samples(runs: int, folder: Path, groups: tuple[str, ...] = GROUPS, first: int = 0) -> dict[str, Any]:
    """Judge `runs` samples of each group, from the first one on."""
    progress = Progress(folder / f"attribution-{'-'.join(groups)}.json")
    counts: Counter[tuple[str, str, str]] = Counter()
    trials: Counter[str] = Counter()
    wrong: list[str] = []
    called_bulk, named = 0, 0
    document: dict[str, Any] = {}
    for n in range(len(groups) * runs):
        group, k = groups[n % len(groups)], first + n // len(groups)
        what, place, verdict, resolvable = judged_sample(group, k)
        counts[group, what, verdict] += 1
        trials["resolvable" if resolvable else "not bulk" if place != "bulk" else "bulk in films"] += 1
        called_bulk += place != "bulk" and verdict == "bulk"
        named += resolvable and verdict == "bulk"
        if verdict not in {place, "undecided", "refused"}:
            wrong.append(f"{group} {k}: {what} called {verdict}")
        document = {
            "snr": SNR,
            "not_bulk_called_bulk": share(called_bulk, trials["not bulk"]),
            "resolvable_bulk_called_bulk": share(named, trials["resolvable"]),
            "wrong": wrong,
            "samples": {f"{a}: {what}: {v}": count for (a, what, v), count in sorted(counts.items())},
        }
        progress.report(n + 1, len(groups) * runs, document, f"{called_bulk} wrongly bulk, {named} named")
    return document


def campaign(runs: int, folder: Path, kinds: tuple[str, ...] = CATALOGUE, *, blind: bool = False) -> dict[str, Any]:
    """Judge `runs` cells of each kind."""
    progress = Progress(folder / f"attribution{'-blind' if blind else ''}.json")
    counts: Counter[tuple[str, str, str]] = Counter()
    document: dict[str, Any] = {}
    for k in range(len(kinds) * runs):
        kind = kinds[k % len(kinds)]
        what, verdict = judged(kind, k // len(kinds), blind=blind)
        counts[kind, what, verdict] += 1
        by_kind = {
            one: Counter({v: sum(n for (a, _, b), n in counts.items() if (a, b) == (one, v)) for *_, v in counts})
            for one in CATALOGUE
        }
        document = {
            "snr": SNR,
            "interface_called_bulk": share(by_kind["interface"]["bulk"], by_kind["interface"].total()),
            "bulk_called_bulk": share(by_kind["bulk"]["bulk"], by_kind["bulk"].total()),
            "bulk_called_else": by_kind["bulk"]["grain boundary"] + by_kind["bulk"]["electrode"],
            "stray_called_bulk": share(by_kind["stray"]["bulk"], by_kind["stray"].total()),
            "verdicts": {one: dict(found) for one, found in by_kind.items()},
            "cells": {f"{a}: {what}: {v}": n for (a, what, v), n in sorted(counts.items())},
        }
        progress.report(k + 1, len(kinds) * runs, document, str(document["verdicts"]))
    return document


def main() -> None:
    """Run the campaign."""
    parser = argparse.ArgumentParser(description="Is a double layer ever called bulk?")
    parser.add_argument("--runs", type=int, default=50, help="of each kind of cell")
    parser.add_argument("--folder", type=Path, default=Path("campaigns"))
    parser.add_argument("--kinds", nargs="+", choices=(*CATALOGUE, *GROUPS), default=[*CATALOGUE, *GROUPS])
    parser.add_argument("--blind", action="store_true", help="the family is not chosen by the record")
    parser.add_argument("--first", type=int, default=0, help="number of the first film, pellet and ceramic")
    asked = parser.parse_args()
    cells = tuple(kind for kind in asked.kinds if kind not in GROUPS)
    if cells:
        campaign(asked.runs, asked.folder, cells, blind=asked.blind)
    groups = tuple(kind for kind in asked.kinds if kind in GROUPS)
    if groups:
        campaign_of_samples(asked.runs, asked.folder, groups, asked.first)


if __name__ == "__main__":
    main()
