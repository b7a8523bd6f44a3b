"""Campaign: are exactly those parameters flagged that a record cannot determine? (`just identifiability`)

Which they are is settled without any fit of ours. First, the Fisher information of the true cell: derivatives of the
true current (central differences of `truth`, an offset projected out) over the true noise give the Cramer-Rao deviation
of each parameter's logarithm (logit for those between two bounds). That is local, so scipy's least_squares then looks
for other cells that give the true current to less than an interval of 95 % allows (3.84 in the sum of squares, without
any noise). A parameter is

- *unidentifiable by design* where the 95 % interval of that deviation spans a factor of 16 at least (logit: 90 % of its
  range), and there are such cells that far apart;
- *identifiable by design* where it spans a factor of 2 at most (logit: a quarter of its range), and it does so at such
  a cell with a memory too fast or too slow to be seen as well, the two taken together.

The fit's own line, a factor of 4 (half of the range), lies between. What is neither is counted apart.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import least_squares

from benchmarks.campaigns.coverage import drawn_bulk
from benchmarks.campaigns.tally import Progress, share
from benchmarks.campaigns.truth import Bulk, Cell, Floats, SimulatedRecord, noise
from fitting import CellModel, fit, reduce_run
from protocols import PulseSequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SNR = 1e3
CATALOGUE = ("plateau faster than sampling", "pulse shorter than memory", "resolved")
FAMILIES = ("De", "Cc", "Kww", "Mig")
_N = 20_000
_STEP = 0.02
_CHI2_95 = 3.84
_FAR = 4.0


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


@dataclass(frozen=True)
class _Axis:
    """A parameter on the whole line: its logarithm, or its logit between two bounds."""

    lower: float
    upper: float

    @property
    def bounded(self) -> bool:
        return bool(np.isfinite(self.upper))

    def to_unbounded(self, value: float) -> float:
        share = (value - self.lower) / (self.upper - value) if self.bounded else value
        return float(np.log(share))

    def from_unbounded(self, u: float) -> float:
        u = min(max(u, -600.0), 600.0)
        return self.lower + (self.upper - self.lower) / (1.0 + float(np.exp(-u))) if self.bounded else float(np.exp(u))

    def far(self, place: float) -> list[list[float]]:
        """Return sets of places of which an unidentifiable parameter reaches one: a factor of 16, or 90 %, apart."""
        if not self.bounded:
            far, half = float(np.log(16.0)), float(np.log(4.0))
            return [[place + far], [place - far], [place - half, place + half]]
        ends = [float(np.log(share / (1.0 - share))) for share in (0.05, 0.95)]
        return [[end for end, inside in zip(ends, (place > ends[0], place < ends[1]), strict=True) if inside]]

    def verdict(self, low: float, high: float) -> str:
        """Whether an interval of u is one of an identifiable parameter."""
        if self.bounded:
            part = (self.from_unbounded(high) - self.from_unbounded(low)) / (self.upper - self.lower)
            return "yes" if part <= 0.25 else "no" if part >= 0.9 else "between"
        return "yes" if high - low <= np.log(2.0) else "no" if high - low >= np.log(16.0) else "between"


def by_design(cell: Cell, model: CellModel, t_s: Floats, drive: PulseSequence, sigma: float) -> dict[str, str]:
    """Return which free parameters the true current tells: ``yes``, ``no`` or ``between``."""
    truth, family = named(cell), cell.bulk.family
    axes = {parameter.name: _Axis(parameter.lower, parameter.upper) for parameter in model.parameters}
    places = {name: axis.to_unbounded(truth[name]) for name, axis in axes.items()}

    def current(u: dict[str, float], times: Floats) -> Floats:
        moved = {name: axes[name].from_unbounded(place) for name, place in u.items()}
        return rebuilt(family, truth | moved).current(times, drive)

    times, weight = _thinned(t_s, drive)
    root = np.sqrt(weight) / sigma
    ends = _reach(partial(current, times=times), places, root)
    verdict = {name: axes[name].verdict(*ends[name]) for name in places}
    for rival in _rivals(partial(current, times=times), places, f"{family}1.tau", root, t_s):
        others = _reach(partial(current, times=times), rival, root)
        for name in [name for name, found in verdict.items() if found == "yes"]:
            low, high = (pick(ends[name][side], others[name][side]) for side, pick in enumerate((min, max)))
            if axes[name].verdict(low, high) != "yes":
                verdict[name] = "between"
    for name in [name for name, found in verdict.items() if found == "no"]:

        def reached(end: float, name: str = name) -> bool:
            return _nearest(partial(current, times=times), places, {name: end}, root)[0] < _CHI2_95

        if not any(all(reached(end) for end in ends) for ends in axes[name].far(places[name])):
            verdict[name] = "between"
    return verdict


def _reach(
    current: Callable[[dict[str, float]], Floats], places: dict[str, float], weight: Floats
) -> dict[str, tuple[float, float]]:
    """Return the interval of each parameter by Cramer and Rao, on the whole line."""
    columns = []
    for name, place in places.items():
        below, above = (current({**places, name: place + step}) for step in (-_STEP, _STEP))
        column = (above - below) / (2.0 * _STEP)
        columns.append(weight * (column - np.average(column, weights=weight**2)))
    _, sizes, directions = np.linalg.svd(np.array(columns).T, full_matrices=False)
    deviation = np.sqrt(np.sum((directions.T / np.maximum(sizes, 1e-12 * sizes[0])) ** 2, axis=1))
    return {
        name: (place - 1.96 * float(one), place + 1.96 * float(one))
        for (name, place), one in zip(places.items(), deviation, strict=True)
    }


def _thinned(t_s: Floats, drive: PulseSequence) -> tuple[Floats, Floats]:
    """Return some of the times, dense after edges, and how many samples each stands for."""
    edges = np.append(np.searchsorted(t_s, drive.jumps()[0]), len(t_s))
    first = np.unique(
        np.concatenate(
            [[0]] + [a + np.unique(np.geomspace(1, b - a, 80).astype(int)) - 1 for a, b in pairwise(edges) if b > a]
        )
    )
    return t_s[first], np.diff(np.append(first, len(t_s))).astype(float)


def _rivals(
    current: Callable[[dict[str, float]], Floats], places: dict[str, float], time: str, weight: Floats, t_s: Floats
) -> Iterator[dict[str, float]]:
    """Yield cells with a memory out of sight that give the true current, on the whole line."""
    for time_s in (1e-2 * (t_s[1] - t_s[0]), 1e3 * t_s[-1]):
        chi2, cell = _nearest(current, places, {time: float(np.log(time_s))}, weight)
        if chi2 < _CHI2_95:
            yield cell


def _nearest(
    current: Callable[[dict[str, float]], Floats], places: dict[str, float], held: dict[str, float], weight: Floats
) -> tuple[float, dict[str, float]]:
    """Return the cell with some parameters held that is nearest to the true current, and by how much it misses it."""
    expected = current(places)
    others = [name for name in places if name not in held]

    def moved(u: Floats) -> dict[str, float]:
        return {**places, **dict(zip(others, u.tolist(), strict=True)), **held}

    def residual(u: Floats) -> Floats:
        off = current(moved(u)) - expected
        return weight * (off - np.average(off, weights=weight**2))

    start = np.array([places[name] for name in others])
    found = least_squares(residual, start, bounds=(start - _FAR, start + _FAR), max_nfev=30)
    return 2.0 * float(found.cost), moved(found.x)


def campaign(runs: int, folder: Path, families: tuple[str, ...] = FAMILIES) -> dict[str, Any]:
    """Simulate, fit and count; `runs` cells of each kind."""
    progress = Progress(folder / "identifiability.json")
    counts: Counter[tuple[str, str, str, bool]] = Counter()
    document: dict[str, Any] = {}
    for k in range(len(CATALOGUE) * runs):
        kind, family = CATALOGUE[k % len(CATALOGUE)], families[(k // len(CATALOGUE)) % len(families)]
        rng = np.random.default_rng([20261124, k])
        cell, drive, t, known = drawn_cell(kind, family, rng)
        current = cell.current(t, drive)
        sigma = float(np.sqrt(np.mean(current**2))) / SNR
        model = CellModel(f"R0-{family}1-CPE1", {"R0": cell.R} if known else None)
        design = by_design(cell, model, t, drive, sigma)
        result = fit(reduce_run(SimulatedRecord.of(t, current + noise(rng, _N, sigma), drive)), model)
        for one in result.estimates:
            counts[kind, one.name, design[one.name], one.determined] += 1
        document = _document(counts)
        line = f"flagged {document['flagged']['share']}, wrongly {document['wrongly_flagged']['share']}"
        progress.report(k + 1, len(CATALOGUE) * runs, document, line)
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
        "flagged_by_kind": {kind: flags("no", kind=kind) for kind in CATALOGUE},
        "wrongly_flagged_by_kind": {kind: flags("yes", kind=kind) for kind in CATALOGUE},
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
