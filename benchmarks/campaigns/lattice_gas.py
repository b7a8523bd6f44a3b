"""Campaign: does a fit find the back-hop fraction that was counted from hops? (`just lattice-gas`)

Each run lets another lattice gas walk, twice with seeds of its own. The first walk's counted W(t) is the bulk of a cell
behind a blocking electrode, whose noisy current (a thousandth of the rms) is fitted with 1, 2, 3 and 4 Prony modes. As
no fit knows how many there are, the back-hop fraction is that over all four, weighted by AICc (`Ranking.memory`). Asked
is

- whether its interval holds what was counted in the *same* walk (the fit alone is tested), and
- whether it agrees with the *other* walk's count: the difference against both standard errors of the counts and the
  interval together.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.campaigns.tally import Progress, share
from benchmarks.campaigns.truth import Floats, SimulatedRecord, noise
from fitting import CellModel, Estimate, Reduction, rank, reduce_run
from protocols import PulseSequence
from sim_instruments.sample.cell import Cell
from sim_instruments.sample.counted_memory import CountedMemory, smooth
from sim_instruments.sample.lattice_gas import LatticeGas, count_hops

SNR = 1e3
_Z95 = 1.959964
_N = 20_000
_SPAN_S = 10.0
_LAG_S = 2.5
_DRIVE = PulseSequence.pump_probe(0.02, 2.5, 1.5, probe_width=1.5, before=0.2, after=4.3)


def drawn_gas(rng: np.random.Generator) -> LatticeGas:
    """Return a gas of 5 to 20 ions on 64 sites whose strained states live 10 to 80 ms."""
    return LatticeGas(
        (4, 4, 4),
        ions=int(rng.integers(5, 21)),
        hop_rate_Hz=1.0,
        mismatch_kT=rng.uniform(2.0, 4.0),
        relaxation_rate_Hz=rng.uniform(5.0, 30.0),
        spread_kT=rng.uniform(0.0, 0.5),
        energy_seed=int(rng.integers(1 << 30)),
    )


def counted(gas: LatticeGas, duration_s: float, seed: int) -> CountedMemory:
    """Return the memory that one walk shows."""
    return smooth(count_hops(gas, duration_s, _LAG_S, seed))


def current_of(memory: CountedMemory, G: float, Q: float, n: float, t_s: Floats) -> Floats:
    """Return the current of a cell with such a bulk, A; 100 ohm in series."""
    cell = Cell("counted", {"R_s": 0.01 / G, "G_inf": G, "Q": Q, "n": n}, memory.relaxation())
    total = np.zeros(len(t_s))
    for edge, step in zip(*_DRIVE.jumps(), strict=True):
        after = t_s > edge
        total[after] += step * cell.step_response(t_s[after] - edge)
    return total


def back_hops(reduction: Reduction, R: float, most_modes: int) -> tuple[str, Estimate, Estimate]:
    """Return the circuit that comes first, its back-hop fraction, and that over all numbers of modes."""
    ranking = rank(reduction, [CellModel(f"R0-Pr1:{n}-CPE1", {"R0": R}) for n in range(1, most_modes + 1)])
    best, over_all = (
        next(one for one in memory if one.name == "back_hop_fraction")
        for memory in (ranking.best.memory, ranking.memory)
    )
    return ranking.best.model.circuit, best, over_all


def campaign(runs: int, folder: Path, duration_s: float = 7e3, most_modes: int = 4) -> dict[str, Any]:
    """Walk, count, fit and compare."""
    progress = Progress(folder / "lattice-gas.json")
    found: list[dict[str, Any]] = []
    document: dict[str, Any] = {}
    t = (np.arange(_N) + 0.5) * _SPAN_S / _N
    for k in range(runs):
        rng = np.random.default_rng([20261126, k])
        gas = drawn_gas(rng)
        own, other = (counted(gas, duration_s, 2 * k + one) for one in (0, 1))
        G, n = 10.0 ** rng.uniform(-6.0, -4.0), rng.uniform(0.8, 0.95)
        current = current_of(own, G, G * (10.0 ** rng.uniform(0.7, 1.4)) ** n, n, t)
        sigma = float(np.sqrt(np.mean(current**2))) / SNR
        record = SimulatedRecord.of(t, current + noise(rng, _N, sigma), _DRIVE)
        circuit, best, over_all = back_hops(reduce_run(record), 0.01 / G, most_modes)
        told_by = {"run": k, "circuit": circuit, "of_best_alone": compared(best.value, best.ci95, own, other)}
        found.append(told_by | compared(over_all.value, over_all.ci95, own, other))
        told = [one for one in found if one["width"] is not None]
        document = {
            "snr": SNR,
            "duration_s": duration_s,
            "same_walk_by_best_alone": share(sum(one["of_best_alone"]["holds_own"] for one in found), k + 1),
            "same_walk": share(sum(one["holds_own"] for one in found), k + 1),
            "other_walk": share(sum(one["agrees"] for one in found), k + 1),
            "open_intervals": len(found) - len(told),
            "median_width": float(np.median([one["width"] for one in told])) if told else None,
            "median_count_error": float(np.median([one["count_error"] for one in found])),
            "fits": found,
        }
        line = f"{document['same_walk']['successes']} hold the same walk's, {document['other_walk']['successes']} agree"
        progress.report(k + 1, runs, document, line)
    return document


def compared(
    value: float, ci95: tuple[float | None, float | None], own: CountedMemory, other: CountedMemory
) -> dict[str, Any]:
    """Return how a fitted back-hop fraction stands to those of two walks; an open side is where the fraction ends."""
    low, high = (end if end is not None else ends for end, ends in zip(ci95, (0.0, 1.0), strict=True))
    (mine, mine_error), (theirs, theirs_error) = own.back_hop_fraction, other.back_hop_fraction
    # Both counts err: the cell is the first walk's, the comparison the other's.
    counts = _Z95 * float(np.hypot(mine_error, theirs_error))
    side = value - low if theirs < value else high - value
    return {
        "fitted": value,
        "interval": [low, high],
        "width": None if None in ci95 else high - low,
        "counted": mine,
        "counted_other": theirs,
        "count_error": theirs_error,
        "holds_own": bool(low <= mine <= high),
        "agrees": bool(abs(theirs - value) <= np.hypot(side, counts)),
    }


def main() -> None:
    """Run the campaign."""
    parser = argparse.ArgumentParser(description="Does a fit find the back-hop fraction that was counted from hops?")
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--folder", type=Path, default=Path("campaigns"))
    parser.add_argument("--most-modes", type=int, default=4)
    asked = parser.parse_args()
    campaign(asked.runs, asked.folder, most_modes=asked.most_modes)


if __name__ == "__main__":
    main()
