"""Campaign: are intervals of imported records true, whatever their edges and their history? (`just records`)

Cells are R0-<family>-CPE1; the voltage is what was read at the samples, the drive is not given. Currents come by
`benchmarks.campaigns.truth`, from edges that lie where an instrument puts them: at samples that the record knows
(known), right after samples, as one clock has them that steps and samples (sample, or stated where its user says so),
anywhere between two samples but all alike (clock), each anywhere (random), or before a burst of fast samples (burst). A
record begins at rest (whole), with the step, later in its first pulse (pulse), at rest long after an earlier pulse that
it does not show (unseen), or soon after one of less than a millivolt (faint).

Values and bounds are counted apart. A share of which a record says only that it is below 0.27, as where a series
resistance explains the same current (R0-De1), lies anywhere below: such a bound holds more often than in 95 %.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.campaigns.coverage import drawn_bulk, holds
from benchmarks.campaigns.tally import Progress, share
from benchmarks.campaigns.truth import Bulk, Cell, SimulatedRecord
from drivers import Status
from fitting import Nuisance, fit
from fitting.constants import Z95
from protocols import FitError, PulseSequence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fitting.transforms.laplace import Floats

FAMILIES = ("De", "Cc", "Kww", "Mig")
EDGES = ("known", "clock", "random", "burst", "sample", "stated")
BEGINNINGS = ("whole", "step", "pulse", "unseen", "faint")
_LEVEL_V = 0.02
_INTERVAL_S = 1e-3
_BURST = 20  # samples of a burst in one slow interval
_RIGHT_AFTER = 1.0 - 1e-6  # of an interval: a sample is before the jump that it sets off
_EARLIER_S = 5.0  # before a record, in which its faint earlier pulse lies


@dataclass(frozen=True)
class Kind:
    """What kind of records a campaign is of: edges, beginning, root mean square of the current over the noise."""

    edges: str = "clock"
    beginning: str = "whole"
    snr: float = 1000.0
    families: tuple[str, ...] = FAMILIES

    def __str__(self) -> str:
        return "-".join([*self.families, self.edges, self.beginning, f"{self.snr:g}"])


@dataclass(frozen=True)
class Drawn:
    """A record and its truth.

    Attributes
    ----------
    record : SimulatedRecord
    terms : Nuisance
        What its user would say of it.
    circuit : str
    bulk : Bulk
        Of the cell.
    truth : dict of str to float
        Parameters and memory quantities, by name.
    whole : SimulatedRecord or None
        The same record with the voltage of the time before it, whose currents are flagged.
    """

    record: SimulatedRecord
    terms: Nuisance
    circuit: str
    bulk: Bulk
    truth: dict[str, float] = field(default_factory=dict)
    whole: SimulatedRecord | None = None


def drawn_record(family: str, kind: Kind, seed: int) -> Drawn:
    """Return the record of a cell that is drawn anew for each seed."""
    edges, beginning, snr = kind.edges, kind.beginning, kind.snr
    drawn_by = (seed, FAMILIES.index(family), EDGES.index(edges), BEGINNINGS.index(beginning), round(snr))
    rng = np.random.default_rng([20261126, *drawn_by])
    n = 10_000
    span = n * _INTERVAL_S
    pulse = 0.25 * span
    G = 10.0 ** rng.uniform(-6.0, -3.0)
    bulk = drawn_bulk(family, rng, G, pulse * 10.0 ** rng.uniform(-2.3, -1.3))
    electrode_n = rng.uniform(0.8, 0.95)
    cell = Cell(
        bulk,
        10.0 ** rng.uniform(-1.3, -0.5) / G,
        G * (pulse * 10.0 ** rng.uniform(0.3, 1.0)) ** electrode_n,
        electrode_n,
    )
    times = _times(edges, n, span)
    places = np.searchsorted(times, np.array([0.02, 0.27, 0.42, 0.57]) * span)
    each, common = rng.uniform(0.0, 1.0, 4), rng.uniform(0.02, 0.98)
    common = {"known": 0.5, "sample": _RIGHT_AFTER, "stated": _RIGHT_AFTER}.get(edges, common)
    leads = each if edges == "random" else np.full(4, common)
    jumps = times[places] - leads * (_INTERVAL_S if edges != "burst" else _INTERVAL_S / _BURST)
    levels, first = [0.0, _LEVEL_V, 0.0, _LEVEL_V, 0.0], _first(beginning, places, rng)
    if beginning == "faint":
        earlier = np.arange(_INTERVAL_S / 2, _EARLIER_S, _INTERVAL_S)
        first, times = len(earlier), np.concatenate([earlier, times + _EARLIER_S])
        jumps = np.concatenate([_EARLIER_S * np.array([0.1, rng.uniform(0.7, 0.95)]), jumps + _EARLIER_S])
        levels = [0.0, _LEVEL_V * 10.0 ** rng.uniform(-5.0, -1.5), *levels]
    drive = PulseSequence.from_arrays(np.concatenate([[0.0], jumps]), levels, times[-1] + 1.0)
    current = cell.current(times, drive)
    current = current + rng.standard_normal(len(times)) * float(np.sqrt(np.mean(current[first:] ** 2))) / snr
    record, whole = SimulatedRecord.of(times[first:], current[first:], drive), SimulatedRecord.of(times, current, drive)
    whole.status[:first] = int(Status.MISSING)
    if edges != "known" or beginning != "whole":
        record.drive = whole.drive = None
    truth = {"R0": cell.R, **{f"{family}1.{name}": value for name, value in bulk.p.items()}}
    truth |= {"CPE1.Q": cell.Q, "CPE1.n": electrode_n}
    truth["back_hop_fraction"] = 1.0 - bulk.w_inf()
    truth["median_memory_time"] = bulk.median_memory_time()
    before: str | float = 0.0 if beginning == "step" else ""
    terms = Nuisance(before=before, edges="sample" if edges == "stated" else "")
    return Drawn(record, terms, f"R0-{family}1-CPE1", bulk, truth, whole)


def _times(edges: str, n: int, span: float) -> Floats:
    """Return when the samples were taken, rising; of a burst, slowly until shortly before each edge's sample."""
    even = (np.arange(n, dtype=np.float64) + 0.5) * _INTERVAL_S
    if edges != "burst":
        return even
    fast = _INTERVAL_S / _BURST
    bursts = [
        even[np.searchsorted(even, share * span)] + fast * np.arange(40 * _BURST) for share in (0.02, 0.27, 0.42, 0.57)
    ]
    slow = even[::4]
    for burst in bursts:
        slow = slow[(slow < burst[0]) | (slow > burst[-1])]
    return np.sort(np.concatenate([slow, *bursts]))


def _first(beginning: str, places: NDArray[np.intp], rng: np.random.Generator) -> int:
    """Return which sample the record begins with."""
    if beginning == "step":
        return int(places[0])
    if beginning == "pulse":
        return int(places[0] + rng.uniform(0.1, 0.6) * (places[1] - places[0]))
    if beginning == "unseen":
        return int(places[1] + rng.uniform(0.1, 0.6) * (places[2] - places[1]))
    return 0


def campaign(kind: Kind, runs: int, folder: Path, first: int = 0) -> dict[str, Any]:
    """Simulate, fit and count; return what was found."""
    progress = Progress(folder / f"records-{kind}.json")
    held: Counter[str] = Counter()
    told: Counter[str] = Counter()
    bounds: Counter[bool] = Counter()
    moved: defaultdict[str, list[float]] = defaultdict(list)
    refused = questioned = done = 0
    misses: list[dict[str, Any]] = []
    document: dict[str, Any] = {}
    for k in range(runs):
        for family in kind.families:
            seed = {"seed": first + k, "family": family}
            drawn = drawn_record(family, kind, first + k)
            done += 1
            try:
                result = fit(drawn.record, drawn.circuit, terms=drawn.terms)
            except FitError as error:
                refused += 1
                misses.append(seed | {"refused": str(error)})
                continue
            questioned += any(one.kind.questions_model for one in result.remarks)
            truths = drawn.truth | {"memory_time": drawn.bulk.memory_time(result.window_s[1])}
            for one in (*result.estimates, *result.memory):
                if one.name not in truths or one.value is None or not one.determined:
                    continue
                name, truth = one.name.split(".")[-1], truths[one.name]
                held_here = holds(one.ci95, truth)
                if one.bound:
                    bounds[held_here] += 1
                else:
                    told[name] += 1
                    held[name] += held_here
                    moved[name].append(_deviations(one.value, one.ci95, truth))
                if not held_here:
                    misses.append(seed | {"name": one.name, "value": one.value, "ci95": one.ci95, "truth": truth})
        document = {
            "campaign": str(kind),
            "all": share(sum(held.values()), sum(told.values())),
            "quantities": {
                name: share(held[name], told[name]) | {"mean_deviation": float(np.mean(moved[name]))} for name in told
            },
            "bounds": share(bounds[True], bounds.total()),
            "true_circuit_questioned": share(questioned, done - refused),
            "refused": refused,
            "misses": misses,
        }
        line = f"{sum(held.values())} of {sum(told.values())} intervals of values hold the truth"
        line += f", {bounds[True]} of {bounds.total()} bounds; {questioned} questioned, {refused} refused"
        progress.report(k + 1, runs, document, line)
    return document


def _deviations(value: float, ci95: tuple[float, float], truth: float) -> float:
    """Return how far a value is from the truth, in deviations of that side of its interval.

    Intervals may hold the truth as often as they should though all values that miss it lie on one side.
    """
    width = value - ci95[0] if truth < value else ci95[1] - value
    return Z95 * (value - truth) / width if width > 0.0 else 0.0


def main() -> None:
    """Run one campaign."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", choices=FAMILIES, action="append")
    parser.add_argument("--edges", choices=EDGES, default="clock")
    parser.add_argument("--begins", choices=BEGINNINGS, default="whole")
    parser.add_argument("--snr", type=float, default=1000.0)
    parser.add_argument("--runs", type=int, default=100, help="of each family")
    parser.add_argument("--first", type=int, default=0, help="seed of the first run")
    parser.add_argument("--folder", type=Path, default=Path("campaigns"))
    asked = parser.parse_args()
    kind = Kind(asked.edges, asked.begins, asked.snr, tuple(asked.family or FAMILIES))
    campaign(kind, asked.runs, asked.folder, asked.first)


if __name__ == "__main__":
    main()
