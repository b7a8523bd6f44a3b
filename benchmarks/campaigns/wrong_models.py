"""Campaign: does a fit of a circuit that is not the cell's ever pass for one that is? (`just wrong-models`)

Six kinds of cells that the fitted circuit does not have, of sizes that leave its residual well above the noise:

- ``leaky layer``: a bulk without a memory, and a double layer of constant phase with a leak across it;
- ``bent layer``: a double layer whose charge grows with the voltage as sinh does (Gouy and Chapman);
- ``sinh bulk``: a bulk whose current grows with its voltage as sinh does (hops over a barrier that the field tilts);
- ``warburg``: a diffusion layer of finite length, open or blocked, behind a bulk without a memory;
- ``drifting resistor``: a bulk without a memory whose resistance changes in the course of the record;
- ``two bulks``: two Debye or Cole-Cole processes in series.

Linear cells come by the inversion of `truth`, the others are integrated by scipy (LSODA, hold by hold). One of the four
families is fitted, R0-<family>-CPE1, turn by turn; every other record has its voltage only as it was sampled. Records
whose residual is less than three times the noise are counted apart: there the circuit may be as good as the cell.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.integrate import solve_ivp

from benchmarks.campaigns.records import FAMILIES
from benchmarks.campaigns.tally import Progress, share
from benchmarks.campaigns.truth import SimulatedRecord, current_of
from fitting import Attribution, FitResult, attribute, fit
from fitting.reduction.prediction import PulseResponse, predict
from protocols import FitError, PulseSequence, Sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from fitting.transforms.laplace import Floats

KINDS = ("leaky layer", "bent layer", "sinh bulk", "warburg", "drifting resistor", "two bulks")
WRONG = 3.0
N, _INTERVAL_S, _LEVEL_V = 6000, 1e-3, 0.1


@dataclass(frozen=True)
class Drawn:
    """A record, what is fitted to it, and the noise that it has (A)."""

    record: SimulatedRecord
    circuit: str
    sample: Sample | None
    sigma_A: float


@dataclass(frozen=True)
class Outcome:
    """What was said of a record.

    Attributes
    ----------
    misfit : float
        Root mean square of what the fit leaves, over the noise.
    questioned : bool
        Whether the fit says that the circuit may not describe the record.
    verdict : str
    resolved : tuple of str
        Memory quantities that are called determined.
    """

    misfit: float
    questioned: bool
    verdict: str
    resolved: tuple[str, ...]

    @property
    def is_wrong(self) -> bool:
        """Whether the circuit is plainly not the cell's."""
        return self.misfit >= WRONG

    @property
    def is_deceived(self) -> bool:
        """Whether something is said of the cell all the same."""
        return self.verdict != "undecided" or (bool(self.resolved) and not self.questioned)


def drawn_record(kind: str, seed: int) -> Drawn:
    """Return the record of a cell that is drawn anew for each seed."""
    rng = np.random.default_rng([20261126, 13, seed, KINDS.index(kind)])
    span = N * _INTERVAL_S
    times = (np.arange(N, dtype=np.float64) + 0.5) * _INTERVAL_S
    places = np.searchsorted(times, np.array([0.02, 0.27, 0.42, 0.57]) * span)
    jumps = times[places] - rng.uniform(0.02, 0.98) * _INTERVAL_S
    level_V = _LEVEL_V * rng.uniform(1.0, 3.0)
    drive = PulseSequence.from_arrays(
        np.concatenate([[0.0], jumps]), [0.0, level_V, 0.0, level_V, 0.0], times[-1] + 1.0
    )
    current = _CURRENTS[kind](rng, times, drive)
    sigma = float(np.sqrt(np.mean(current**2))) * 10.0 ** rng.uniform(-4.0, -3.0)
    record = SimulatedRecord.of(times, current + sigma * rng.standard_normal(N), drive)
    if seed % 2:
        record.drive = None
    known = Sample(thickness_m=10.0 ** rng.uniform(-3.7, -2.7), area_m2=10.0 ** rng.uniform(-5.0, -3.7))
    family = FAMILIES[(seed + KINDS.index(kind)) % len(FAMILIES)]
    return Drawn(record, f"R0-{family}1-CPE1", known if rng.uniform() < 0.5 else None, sigma)


def _scales(rng: np.random.Generator) -> tuple[float, float, float]:
    """Return resistances in series and of the bulk (ohm), and the time in which the bulk charges the electrode (s)."""
    R = 10.0 ** rng.uniform(3.0, 6.0)
    return R * 10.0 ** rng.uniform(-1.3, -0.5), R, 0.25 * N * _INTERVAL_S * 10.0 ** rng.uniform(-1.3, 0.5)


def _leaky_layer(rng: np.random.Generator, t_s: Floats, drive: PulseSequence) -> Floats:
    R_0, R, charges_s = _scales(rng)
    n, leak = rng.uniform(0.7, 0.95), R * 10.0 ** rng.uniform(-0.3, 0.7)

    def impedance(s: Any) -> Any:
        blocking = R / (s * charges_s) ** n
        # Half of it leaks, the other electrode does not.
        return R_0 + R + leak * blocking / (leak + blocking) + 0.3 * R / (s * charges_s) ** 0.9

    return current_of(lambda _, s: 1.0 / impedance(s), t_s, drive)


def _warburg(rng: np.random.Generator, t_s: Floats, drive: PulseSequence) -> Floats:
    R_0, R, charges_s = _scales(rng)
    size, tau, blocks = (
        R * 10.0 ** rng.uniform(-0.5, 0.5),
        charges_s * 10.0 ** rng.uniform(-1.0, 0.0),
        rng.uniform() < 0.5,
    )

    def impedance(s: Any) -> Any:
        root = np.sqrt(s * tau)
        layer = size / np.tanh(root) / root if blocks else size * np.tanh(root) / root
        return R_0 + R + layer + (0.0 if blocks else R / (s * charges_s) ** 0.9)

    return current_of(lambda _, s: 1.0 / impedance(s), t_s, drive)


def _two_bulks(rng: np.random.Generator, t_s: Floats, drive: PulseSequence) -> Floats:
    R_0, R, charges_s = _scales(rng)
    taus = 0.25 * N * _INTERVAL_S * 10.0 ** np.array([rng.uniform(-2.4, -1.9), rng.uniform(-1.3, -0.7)])
    left, a = rng.uniform(0.2, 0.6, 2), rng.choice([1.0, 0.8])

    def impedance(s: Any) -> Any:
        x = [(s * tau) ** a for tau in taus]
        bulks = [R / (W + (1.0 - W) * one / (1.0 + one)) for W, one in zip(left, x, strict=True)]
        return R_0 + bulks[0] + bulks[1] + R / (s * charges_s) ** 0.9

    return current_of(lambda _, s: 1.0 / impedance(s), t_s, drive)


def _bent_layer(rng: np.random.Generator, t_s: Floats, drive: PulseSequence) -> Floats:
    R_0, R, charges_s = _scales(rng)
    bends_V = _LEVEL_V * 10.0 ** rng.uniform(-0.5, 0.3)

    def current(_: float, u_V: Floats, volts: float) -> Floats:
        return np.asarray((volts - u_V) / (R_0 + R))

    def slope(t: float, u_V: Floats, volts: float) -> Floats:
        return np.asarray(current(t, u_V, volts) * R / (charges_s * np.cosh(u_V / bends_V)))

    return integrated(current, slope, t_s, drive)


def _sinh_bulk(rng: np.random.Generator, t_s: Floats, drive: PulseSequence) -> Floats:
    _, R, charges_s = _scales(rng)
    hops_V = _LEVEL_V * 10.0 ** rng.uniform(-0.5, 0.2)

    def current(_: float, u_V: Floats, volts: float) -> Floats:
        return np.asarray(hops_V / R * np.sinh((volts - u_V) / hops_V))

    def slope(t: float, u_V: Floats, volts: float) -> Floats:
        return current(t, u_V, volts) * R / charges_s

    return integrated(current, slope, t_s, drive)


def _drifting_resistor(rng: np.random.Generator, t_s: Floats, drive: PulseSequence) -> Floats:
    R_0, R, charges_s = _scales(rng)
    change, end_s = rng.choice([-1.0, 1.0]) * 10.0 ** rng.uniform(-1.7, -0.5), float(t_s[-1])

    def current(t: float, u_V: Floats, volts: float) -> Floats:
        return np.asarray((volts - u_V) / (R_0 + R * (1.0 + change * t / end_s)))

    def slope(t: float, u_V: Floats, volts: float) -> Floats:
        return current(t, u_V, volts) * R / charges_s

    return integrated(current, slope, t_s, drive)


def integrated(
    current: Callable[[Any, Floats, float], Floats],
    slope: Callable[[float, Floats, float], Floats],
    t_s: Floats,
    drive: PulseSequence,
) -> Floats:
    """Return the current (A) of a cell with one voltage of its own, of which a slope (V/s) is told, from rest."""
    last = float(t_s[-1])
    edges = [*(one for one in drive.jumps()[0].tolist() if one < last), last]
    found, u_V = np.zeros(len(t_s)), np.zeros(1)
    for begin, end in pairwise(edges):
        here = (t_s > begin) & (t_s <= end)
        volts = float(drive.voltage_at(np.array([0.5 * (begin + end)]))[0])
        at = np.append(t_s[here], end)
        solved = solve_ivp(slope, (begin, end), u_V, "LSODA", np.unique(at), args=(volts,), rtol=1e-9, atol=1e-12)
        seen, u_V = solved.y[0], solved.y[:, -1]
        found[here] = current(t_s[here], seen[: int(here.sum())], volts)
    return found


_CURRENTS: dict[str, Callable[[np.random.Generator, Floats, PulseSequence], Floats]] = {
    "leaky layer": _leaky_layer,
    "bent layer": _bent_layer,
    "sinh bulk": _sinh_bulk,
    "warburg": _warburg,
    "drifting resistor": _drifting_resistor,
    "two bulks": _two_bulks,
}


def outcome_of(drawn: Drawn, result: FitResult, attribution: Attribution) -> Outcome:
    """Return what was said of a record, beside what the fit leaves of it."""
    record = drawn.record
    response = PulseResponse(result.grid.rates, result.weights, result.nuisance, result.terms)
    left = record.current_A - predict(record, response)
    # The sample at an edge is nobody's misfit.
    whole = np.ones(len(left), np.bool_)
    whole[np.flatnonzero(np.diff(record.voltage_V)) + 1] = False
    return Outcome(
        float(np.sqrt(np.mean(left[whole] ** 2))) / drawn.sigma_A,
        any(one.kind.questions_model for one in result.remarks),
        str(attribution.verdict),
        tuple(one.name for one in result.memory if one.determined),
    )


def campaign(runs: int, folder: Path, kinds: tuple[str, ...] = KINDS, first: int = 0) -> dict[str, Any]:
    """Simulate `runs` records, the kinds in turn, fit them blindly, and count; return what was found."""
    progress = Progress(folder / "wrong-models.json")
    wrong: Counter[str] = Counter()
    others: Counter[str] = Counter()
    deceived: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    document: dict[str, Any] = {}
    for k in range(runs):
        kind, seed = kinds[k % len(kinds)], first + k // len(kinds)
        drawn = drawn_record(kind, seed)
        about: dict[str, Any] = {"kind": kind, "seed": seed, "circuit": drawn.circuit}
        try:
            result = fit(drawn.record, drawn.circuit)
            outcome = outcome_of(drawn, result, attribute(drawn.record, result, drawn.sample))
        except FitError as error:
            refused.append(about | {"refused": str(error)})
        else:
            (wrong if outcome.is_wrong else others)[kind] += 1
            if outcome.is_wrong and outcome.is_deceived:
                deceived.append(about | {**vars(outcome), "remarks": [str(one) for one in result.remarks]})
        document = {
            "wrong_and_deceived": share(len(deceived), wrong.total()),
            "wrong": dict(wrong),
            "as_good_as_the_cell": dict(others),
            "refused": refused,
            "deceived": deceived,
        }
        line = f"{len(deceived)} of {wrong.total()} wrong circuits pass for right; {others.total()} are as good"
        progress.report(k + 1, runs, document, f"{line}, {len(refused)} refused")
    return document


def main() -> None:
    """Run the campaign."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=KINDS, action="append")
    parser.add_argument("--runs", type=int, default=200, help="of all kinds together")
    parser.add_argument("--first", type=int, default=0, help="seed of the first record of each kind")
    parser.add_argument("--folder", type=Path, default=Path("campaigns"))
    asked = parser.parse_args()
    campaign(asked.runs, asked.folder, tuple(asked.kind or KINDS), asked.first)


if __name__ == "__main__":
    main()
