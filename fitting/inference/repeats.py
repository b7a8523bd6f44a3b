"""Change of a sample from the first to the last of equal pulses of one record.

Did it age while it was measured? Pulses of a train differ by what the ones before them left in the cell, which the fit
knows. So each of equal pulses gets a gain of its own beside the cell: a column of its current, marginalised, and the
cell fitted again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.constants import Z95
from fitting.inference.least_squares import minimise
from fitting.inference.marginalised import Marginalised, Prior
from fitting.inference.observations import PulseObservation
from fitting.reduction.drive import segments_of
from fitting.reduction.history import drive_after
from fitting.reduction.leading_columns import PulseGains
from fitting.reduction.sampled_edges import edges_of

if TYPE_CHECKING:
    from fitting.inference.solution import Solution
    from fitting.records.record import Record
    from fitting.reduction.nuisance import Nuisance
    from fitting.transforms.laplace import Floats

_ALIKE = 0.02
"""Share by which pulses may differ in height and in length and be equal: voltages are read, lengths are sampled."""
_MOST = 32
"""Pulses that get gains of their own: first, last, and some between. Doubled, a pass takes half as long more."""
_LARGEST = 0.3
"""Deviation of the gains beforehand: what changes by more is another sample. Doubled, no change moves."""
_PASSES = 3
"""Fits, each beside the currents of the last one. A fourth moves a change of 2 % by less than 0.01 %."""
_IRRELEVANT = 1e-6
"""Chi-square that a step of the fit must promise. Ten times as much moves no change by 1 % of its deviation."""
_RANK = 1e-8
"""Share of the largest singular value below which a direction of cell and gains is not determined."""


@dataclass(frozen=True)
class RepeatChange:
    """The last of equal pulses against the first.

    Attributes
    ----------
    n_pulses : int
        Equal ones.
    change : float
        By what share the last draws more current, as the fit has both.
    deviation : float
    """

    n_pulses: int
    change: float
    deviation: float

    @property
    def ci95(self) -> tuple[float, float]:
        """Interval of the change."""
        return self.change - Z95 * self.deviation, self.change + Z95 * self.deviation

    @property
    def is_sure(self) -> bool:
        """Whether the interval leaves 0 out."""
        return abs(self.change) > Z95 * self.deviation

    @property
    def values(self) -> dict[str, float | int | str]:
        """Figures of a remark, in per cent."""
        low, high = self.ci95
        return {"n_pulses": self.n_pulses, "change": 100.0 * self.change, "low": 100.0 * low, "high": 100.0 * high}

    def __str__(self) -> str:
        low, high = self.ci95
        return (
            f"the last of {self.n_pulses} equal pulses draws {100.0 * self.change:+.3g} % more current than the first"
            f" (95 %: {100.0 * low:+.3g} to {100.0 * high:+.3g} %)"
        )

    def to_document(self) -> dict[str, Any]:
        """Return plain data (JSON)."""
        return {"n_pulses": self.n_pulses, "change": self.change, "ci95": list(self.ci95)}


def repeat_change(run: Record, solution: Solution) -> RepeatChange | None:
    """Return what the last of equal pulses draws against the first; None where no two are equal.

    Parameters
    ----------
    run : Record
    solution : Solution
        Of this run alone.
    """
    observation = solution.problem.observations[0]
    if not isinstance(observation, PulseObservation):
        return None
    reduction, u = observation.reduction, solution.best.u
    seen = observation.seen(solution.problem.admittance(0, u))
    terms = _with_places(run, reduction.terms, seen.lead_s)
    spans = _equal_pulses(run, terms)
    if spans is None:
        return None
    prior = Prior(np.zeros(len(spans)), np.full(len(spans), _LARGEST))
    weights = reduction.weights_of(solution.problem.admittance(0, u))
    for _ in range(_PASSES):
        columns = PulseGains(spans, weights)
        now = Marginalised.of(run, reduction, terms, columns, prior, solution.problem.parameters)
        found = minimise(now.problem.evaluate, u, now.problem.transform.search_box([u]), irrelevant=_IRRELEVANT)
        u, weights = found.u, now.weights(found.u)
    goodness = now.problem.observations[0].goodness(now.problem.admittance(0, u), len(u))
    gains = now.moves(u)
    asked = np.zeros(len(u) + len(gains))
    asked[len(u)], asked[-1] = -now.deviations[0], now.deviations[-1]
    # Of cell and gains together; along what the record does not determine nothing moves.
    jacobian = now.evaluate(np.append(u, gains / now.deviations))[1]
    deviation = goodness.inflation * float(np.linalg.norm(asked @ np.linalg.pinv(jacobian, rcond=_RANK)))
    return RepeatChange(len(spans), float(gains[-1] - gains[0]), deviation)


def _with_places(run: Record, terms: Nuisance, lead_s: float) -> Nuisance:
    """Return the terms with jumps of a sampled voltage where a fit has found them."""
    edges = edges_of(run, terms)
    if edges is None or edges.leads_s is not None:
        return terms
    return replace(terms, edge_leads_s=(lead_s + 0.5 * edges.aperture_s,) * len(edges.after_s))


def _equal_pulses(run: Record, terms: Nuisance) -> Floats | None:
    """Return when the most numerous equal pulses began and when their answers ended, (h, 2); None where no two are."""
    drive = drive_after(run.drive, terms.before_V)
    if drive is not None:
        starts, jumps, slopes = segments_of(drive)
        if np.any(slopes != 0.0):
            return None
    else:
        edges = edges_of(run, terms)
        if edges is None:
            return None
        starts, jumps = edges.after_s, edges.jumps_V
    starts, jumps = starts[jumps != 0.0], jumps[jumps != 0.0]
    back = np.abs(jumps[1:] + jumps[:-1]) < _ALIKE * np.abs(jumps[:-1])
    lengths, heights = np.diff(starts)[back], jumps[:-1][back]
    begins = starts[:-1][back]
    if len(begins) < 2:
        return None
    alike = (np.abs(lengths - lengths[:, None]) < _ALIKE * lengths) & (
        np.abs(heights - heights[:, None]) < _ALIKE * np.abs(heights)
    )
    # Both edges of two pulses in a row go back: what is held longest of them at rest would be a pulse too.
    mine = np.flatnonzero(alike[int(np.argmax(alike.sum(axis=1)))])
    if len(mine) < 2:
        return None
    mine = mine[np.unique(np.linspace(0, len(mine) - 1, min(len(mine), _MOST)).astype(np.intp))]
    # As long as it lasted, and as long again, but for the next one.
    lasts = min(2.0 * float(lengths[mine].min()), float(np.diff(begins[mine]).min()))
    return np.stack([begins[mine], begins[mine] + lasts], axis=1)
