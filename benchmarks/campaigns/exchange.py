"""Campaign: are like arcs ever mixed up? (`just exchange`)

Cells of two or three arcs in series, of resistors with capacitors or constant phase elements, each recorded twice with
other noise. The second record is fitted with the circuit string written in another order. The arc of the shortest time
must be the one with the smallest label in both, whatever is determined by design must be called so, and the interval
of each parameter must lie about its own value. The currents are inverted by Abate and Whitt's algorithm, and what is
determined is taken from their finite differences; where valleys are bent these say too much, so that a cell with
another value counts that explains the record as well, by that inversion, and of fits that seem to mix arcs it is told
by how much the cell's own values are worse: within chance no arc is another one. For some fits, each end of each
interval is compared with MINOS of iminuit (James, Roos, Comput. Phys. Commun. 10, 343 (1975)), which knows nothing of
twins, and takes the nearest place at which a profile is high, though it may fall again beyond.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.campaigns.tally import Progress, share
from benchmarks.campaigns.truth import SimulatedRecord, current_of, noise
from fitting import CellModel, reduce_run
from fitting.constants import Z95
from fitting.inference.solution import Solution, solve_single
from protocols import PulseSequence

if TYPE_CHECKING:
    from benchmarks.campaigns.truth import Complexes, Floats

_N = 4000
_STEP = 1e-3
# A logarithm is determined by design if 1.96 deviations are less than this: a factor of 2 from end to end.
_DETERMINED = 0.5 * float(np.log(2.0))
# How many times 1.96 deviations the ends of intervals may be worse than the best: they are read off chords.
_ABOUT = 1.1
# Deviations by which the logarithms of two times must be apart by design to be told apart in every record.
_APART = 6.0
# Chi-square up to which a second minimum counts (decision 089).
_COUNTS = 10.0
# How much worse in chi-square a cell's own values may be than the best of its record by chance, once in ten thousand
# records of ten parameters.
_BEYOND_CHANCE = 35.6
# Deviations by which a fit may be off its own value before it counts as another arc's.
_FAR = 6.0


@dataclass(frozen=True)
class Arcs:
    """A resistor in series with arcs of rising time.

    Attributes
    ----------
    values : dict of str to float
        By the names of the circuit, whose smallest label has the shortest time.
    n_arcs : int
    constant_phase : bool
        Whether the arcs have constant phase elements rather than capacitors.
    noise_A : float
    """

    values: dict[str, float]
    n_arcs: int
    constant_phase: bool
    noise_A: float

    def parts(self) -> list[str]:
        """Return the arcs as circuit strings."""
        code = "CPE" if self.constant_phase else "C"
        return [f"p(R{k},{code}{k})" for k in range(1, self.n_arcs + 1)]

    def circuit(self, rng: np.random.Generator) -> str:
        """Return the circuit in a random order."""
        members = ["R0", *(self._turned(part, rng) for part in self.parts())]
        return "-".join(members[k] for k in rng.permutation(len(members)))

    @staticmethod
    def _turned(part: str, rng: np.random.Generator) -> str:
        first, second = part[2:-1].split(",")
        return part if rng.uniform() < 0.5 else f"p({second},{first})"

    def names_of(self, k: int) -> list[str]:
        """Return the parameters of arc k, from 1 on."""
        return [f"R{k}", f"CPE{k}.Q", f"CPE{k}.n"] if self.constant_phase else [f"R{k}", f"C{k}"]

    def admittance(self, s: Complexes, values: dict[str, float]) -> Complexes:
        """Return the admittance, S."""
        Z = np.full(s.shape, values["R0"], dtype=np.complex128)
        for k in range(1, self.n_arcs + 1):
            R, *electrode = (values[name] for name in self.names_of(k))
            Q, n = electrode if self.constant_phase else (electrode[0], 1.0)
            Z += 1.0 / (1.0 / R + Q * s**n)
        return 1.0 / Z


def drawn(seed: int) -> tuple[Arcs, Floats, PulseSequence]:
    """Return a cell, the times of its samples, and its drive."""
    rng = np.random.default_rng([20261126, seed])
    interval = 10.0 ** rng.uniform(-5.0, -2.0)
    span = _N * interval
    drive = PulseSequence.pulse(0.02, 0.5 * span, before=0.01 * span, after=0.49 * span)
    t = (np.arange(_N) + 0.5) * interval
    n_arcs = int(rng.integers(2, 4))
    constant_phase = bool(rng.uniform() < 0.3)
    # From four intervals to a fifth of the span, at least a factor of 3 apart.
    room = np.log(0.2 * span / (4.0 * interval)) - (n_arcs - 1) * np.log(3.0)
    taus = 4.0 * interval * np.exp(np.sort(rng.uniform(0.0, room, n_arcs)) + np.log(3.0) * np.arange(n_arcs))
    R = 10.0 ** rng.uniform(3.0, 6.0)
    values = {"R0": R * 10.0 ** rng.uniform(-1.5, 0.0)}
    cell = Arcs(values, n_arcs, constant_phase, 0.0)
    for k, tau in enumerate(taus, 1):
        arc = R * 10.0 ** rng.uniform(-0.5, 0.5)
        n = float(rng.uniform(0.8, 0.97)) if constant_phase else 1.0
        values |= dict(zip(cell.names_of(k), (arc, float(tau) ** n / arc, n), strict=False))
    size = float(np.sqrt(np.mean(current(cell, values, t, drive) ** 2)))
    return Arcs(values, n_arcs, constant_phase, size / 10.0 ** rng.uniform(2.0, 4.0)), t, drive


def current(cell: Arcs, values: dict[str, float], t_s: Floats, drive: PulseSequence) -> Floats:
    """Return the true current, A."""
    return current_of(lambda _, s: cell.admittance(s, values), t_s, drive)


def by_design(cell: Arcs, t_s: Floats, drive: PulseSequence) -> tuple[dict[str, float], bool]:
    """Return the deviation of each logarithm by Cramer and Rao, and whether all times are apart by design."""
    names = list(cell.values)

    def moved(name: str, by: float) -> Floats:
        return current(cell, cell.values | {name: cell.values[name] * float(np.exp(by))}, t_s, drive)

    columns = [(moved(name, _STEP) - moved(name, -_STEP)) / (2.0 * _STEP) for name in names]
    design = np.column_stack([*columns, np.full(len(t_s), cell.noise_A)]) / cell.noise_A
    size = np.linalg.norm(design, axis=0)
    _, sizes, axes = np.linalg.svd(design / size, full_matrices=False)
    factor = axes.T / np.maximum(sizes, 1e-12 * sizes[0]) / size[:, None]
    deviations = dict(zip(names, np.linalg.norm(factor, axis=1).tolist(), strict=False))
    apart = True
    slopes, times = zip(*(_time_of(cell, k, names) for k in range(1, cell.n_arcs + 1)), strict=True)
    for (low, first), (high, second) in pairwise(zip(slopes, times, strict=True)):
        deviation = float(np.linalg.norm((high - low) @ factor[:-1]))
        apart = apart and second - first > _APART * deviation
    return deviations, apart


def _time_of(cell: Arcs, k: int, names: list[str]) -> tuple[Floats, float]:
    """Return the derivatives of the logarithm of an arc's time to those of all values, and the logarithm."""
    R, Q, *n = (cell.values[name] for name in cell.names_of(k))
    power = 1.0 / n[0] if n else 1.0
    logarithm = power * float(np.log(R * Q))
    slopes = np.zeros(len(names))
    for name, slope in zip(cell.names_of(k), (power, power, -logarithm), strict=False):
        slopes[names.index(name)] = slope
    return slopes, logarithm


def recorded(cell: Arcs, t_s: Floats, drive: PulseSequence, rng: np.random.Generator) -> Floats:
    """Return the current of one record of the cell, A."""
    return current(cell, cell.values, t_s, drive) + noise(rng, len(t_s), cell.noise_A)


def solved(measured_A: Floats, t_s: Floats, drive: PulseSequence, circuit: str) -> Solution:
    """Return the fit of a record."""
    return solve_single(reduce_run(SimulatedRecord.of(t_s, measured_A, drive)), CellModel(circuit))


def spread_of(
    cell: Arcs, solution: Solution, t_s: Floats, drive: PulseSequence, measured_A: Floats
) -> tuple[dict[str, float], dict[str, float]]:
    """Return by how much the logarithm of each parameter differs in all cells that explain a record.

    In those that do so about as well as the best, and with them in other minima, which count up to 10 in chi-square
    (decision 089). The sums of squares are those of the inverted currents, less an offset; the fit only says which
    cells to look at.
    """
    minima = [one.u for one in solution.profiles.minima]
    places = np.array([solution.best.u, *_ends_of(solution), *minima])
    cells = solution.problem.transform.from_unbounded(places)
    names = list(solution.values)

    squares = np.array(
        [chi_square(cell, dict(zip(names, one.tolist(), strict=True)), t_s, drive, measured_A) for one in cells]
    )
    is_minimum = np.arange(len(cells)) >= len(cells) - len(minima)
    is_as_good = squares <= squares[0] + (_ABOUT * Z95) ** 2
    counts = is_as_good | (is_minimum & (squares <= squares[0] + _COUNTS))
    as_good, counted = (np.ptp(np.log(cells[chosen]), axis=0).tolist() for chosen in (is_as_good, counts))
    return dict(zip(names, as_good, strict=True)), dict(zip(names, counted, strict=True))


def chi_square(cell: Arcs, values: dict[str, float], t_s: Floats, drive: PulseSequence, measured_A: Floats) -> float:
    """Return the sum of squares that some values leave of a record by the inverted currents, in variances."""
    off = measured_A - current(cell, values, t_s, drive)
    return float(np.sum((off - off.mean()) ** 2)) / cell.noise_A**2


def _ends_of(solution: Solution) -> list[Floats]:
    return [place for interval in solution.intervals for place in interval.places]


def swapped(cell: Arcs, solution: Solution, deviations: dict[str, float]) -> list[str]:
    """Return the names whose values are another arc's rather than their own."""
    fitted = solution.values
    found = []
    for k in range(1, cell.n_arcs + 1):
        for column, name in enumerate(cell.names_of(k)):
            off = abs(float(np.log(fitted[name] / cell.values[name])))
            others = [cell.values[cell.names_of(j)[column]] for j in range(1, cell.n_arcs + 1) if j != k]
            nearest = min(abs(float(np.log(fitted[name] / value))) for value in others)
            if off > _FAR * deviations[name] and nearest < off:
                found.append(name)
    return found


def compared_with_minos(solution: Solution) -> float | None:
    """Return the largest difference to MINOS of any end of any interval, as a share of its distance from the best.

    Ends beyond which another cell was found that fits as well do not count: MINOS stops before it. None where MIGRAD
    finds no valid minimum, so that MINOS cannot begin.
    """
    from iminuit import Minuit

    problem, best = solution.problem, solution.best.u

    def cost(u: Floats) -> float:
        residual = problem.residual(np.asarray(u))
        return float(residual @ residual) / solution.unit**2

    def gradient(u: Floats) -> Floats:
        residual, jacobian = problem.evaluate(np.asarray(u))
        slopes: Floats = 2.0 * (residual @ jacobian) / solution.unit**2
        return slopes

    minuit = Minuit(cost, best, grad=gradient)
    minuit.errordef, minuit.strategy, minuit.tol = Z95**2, 2, 1e-4
    minuit.migrad(iterate=20)
    if not minuit.valid:
        return None
    minuit.minos()
    worst, places = 0.0, _ends_of(solution)
    for k, interval in enumerate(solution.intervals):
        error = minuit.merrors[k]
        if not (error.lower_valid and error.upper_valid):
            continue
        for end, theirs in ((interval.low, error.lower), (interval.high, error.upper)):
            beyond = [one for one in places if np.sign(theirs) * (one[k] - minuit.values[k]) > 1.02 * abs(theirs)]
            if any(cost(one) < minuit.fval + (_ABOUT * Z95) ** 2 for one in beyond):
                continue
            # MINOS counts from its own minimum.
            off = abs(end - minuit.values[k] - theirs) / abs(theirs)
            worst = max(worst, float(off))
    return worst


def campaign(runs: int, folder: Path, minos: int = 100, first: int = 0) -> dict[str, Any]:
    """Simulate, fit each cell twice and count."""
    progress = Progress(folder / "exchange.json")
    mixed: list[dict[str, Any]] = []
    wrongly: list[dict[str, Any]] = []
    elsewhere: list[dict[str, Any]] = []
    second: list[dict[str, Any]] = []
    differences: list[dict[str, Any]] = []
    n_determined = n_apart = 0
    document: dict[str, Any] = {}
    for seed in range(first, first + runs):
        cell, t, drive = drawn(seed)
        deviations, apart = by_design(cell, t, drive)
        n_apart += apart
        rng = np.random.default_rng([20261127, seed])
        for circuit in (f"R0-{'-'.join(cell.parts())}", cell.circuit(rng)):
            measured = recorded(cell, t, drive, rng)
            solution = solved(measured, t, drive, circuit)
            if not apart:
                continue
            names = swapped(cell, solution, deviations)
            if names:
                told = [one.name for one in solution.estimates if one.determined and one.name in names]
                own, best = (chi_square(cell, one, t, drive, measured) for one in (cell.values, dict(solution.values)))
                note = {"seed": seed, "circuit": circuit, "names": names, "called_determined": told}
                mixed.append({**note, "own_values_worse": own - best})
            by_design_told = [one for one in solution.estimates if Z95 * deviations[one.name] <= _DETERMINED]
            n_determined += len(by_design_told)
            missing = [one for one in by_design_told if not one.determined]
            as_good, counted = spread_of(cell, solution, t, drive, measured) if missing else ({}, {})
            for one in missing:
                note = {"seed": seed, "circuit": circuit, "name": one.name, "note": one.note}
                is_rightly = as_good[one.name] > 2.0 * _DETERMINED
                is_second = counted[one.name] > 2.0 * _DETERMINED
                (elsewhere if is_rightly else second if is_second else wrongly).append(note)
            if len(differences) < minos and all(one.determined for one in solution.estimates):
                difference = compared_with_minos(solution)
                if difference is not None:
                    differences.append({"seed": seed, "circuit": circuit, "difference": difference})
        document = {
            "cells_with_times_apart": n_apart,
            "mixed_fits": share(len(mixed), 2 * n_apart),
            "mixed_and_called_determined": sum(bool(one["called_determined"]) for one in mixed),
            "mixed_beyond_chance": sum(one["own_values_worse"] > _BEYOND_CHANCE for one in mixed),
            "wrongly_not_determined": share(len(wrongly), n_determined),
            "minos": {
                "fits": len(differences),
                "largest_difference": max((one["difference"] for one in differences), default=None),
                "over_2_percent": [one for one in differences if not one["difference"] < 0.02],
            },
            "mixed": mixed,
            "wrongly": wrongly,
            "another_cell_fits_as_well": elsewhere,
            "a_second_minimum_counts": second,
        }
        line = f"{len(mixed)} fits mix arcs, {len(wrongly)} of {n_determined} wrongly not determined"
        progress.report(seed - first + 1, runs, document, line)
    return document


def main() -> None:
    """Run the campaign."""
    parser = argparse.ArgumentParser(description="Are like arcs ever mixed up?")
    parser.add_argument("--runs", type=int, default=1000, help="cells")
    parser.add_argument("--minos", type=int, default=100, help="fits that are compared with MINOS")
    parser.add_argument("--first", type=int, default=0, help="seed of the first")
    parser.add_argument("--folder", type=Path, default=Path("campaigns"))
    asked = parser.parse_args()
    found = campaign(asked.runs, asked.folder, asked.minos, asked.first)
    print(found)


if __name__ == "__main__":
    main()
