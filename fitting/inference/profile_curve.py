"""Profile of a parameter: how much worse the best fit is with it held, place by place.

How sure is one parameter, and is its valley straight?
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.constants import Z95
from fitting.inference.intervals import profile_heights
from protocols import FitError

if TYPE_CHECKING:
    from fitting.inference.solution import Solution
    from fitting.results.estimate import Estimate
    from fitting.transforms.laplace import Floats

_PLACES = 10
"""Places to either side of the best. Doubled, a drawn profile looks no smoother, and takes twice the refits."""
_BEYOND = 1.5
"""How far beyond the end of the interval a profile is drawn. Doubled, half of the refits are where nobody looks."""
_OPEN = 6.0
"""How far on the line (logarithms, logits) an open side is drawn: a factor of 400. Doubled, only more of a plain."""


@dataclass(frozen=True, eq=False)
class ProfileCurve:
    """A profile.

    Attributes
    ----------
    model, source : str
        Circuit, and name of the run.
    estimate : Estimate
        The parameter, with its interval.
    values : ndarray, shape (n,)
        Rising (SI).
    deviations : ndarray, shape (n,)
        Square root of the chi-square that the best refit is worse: 1.96 at the ends of the interval.
    """

    model: str
    source: str
    estimate: Estimate
    values: Floats
    deviations: Floats

    def to_document(self) -> dict[str, Any]:
        """Return plain data (JSON)."""
        return {
            "model": self.model,
            "source": self.source,
            "name": self.estimate.name,
            **self.estimate.to_document(),
            "values": self.values.tolist(),
            "deviations": self.deviations.tolist(),
            "limit": Z95,
        }

    def __str__(self) -> str:
        lines = [str(self.estimate), f"{self.estimate.name:>12}  deviations from the best"]
        unit = self.estimate.unit
        rows = zip(self.values.tolist(), self.deviations.tolist(), strict=True)
        return "\n".join([*lines, *(f"{value:12.5g}  {z:6.3f}  {unit}" for value, z in rows)])


def profile_curve(solution: Solution, name: str, source: str = "") -> ProfileCurve:
    """Return the profile of one unknown.

    Parameters
    ----------
    solution : Solution
    name : str
        A free parameter.
    source : str
        Name of the run.

    Raises
    ------
    FitError
        If there is no such free parameter.
    """
    names = [one.name for one in solution.problem.parameters.parameters]
    if name not in names:
        raise FitError(f"no free parameter is called {name!r}; there are {', '.join(names)}")
    k = names.index(name)
    at, interval = float(solution.best.u[k]), solution.intervals[k]
    box = solution.profiles.search.box
    low, high = (
        at + _BEYOND * (end - at) if np.isfinite(end) else at + sign * _OPEN
        for end, sign in ((interval.low, -1.0), (interval.high, 1.0))
    )
    below = np.linspace(at, max(low, float(box[0, k])), _PLACES + 1)[1:]
    above = np.linspace(at, min(high, float(box[1, k])), _PLACES + 1)[1:]
    evaluate = solution.problem.walled(solution.unit)
    sides = [
        profile_heights(evaluate, solution.best, box, solution.unit, k, one, ends=interval.places)
        for one in (below, above)
    ]
    line = np.concatenate([below[::-1], [at], above])
    u = np.tile(solution.best.u, (len(line), 1))
    u[:, k] = line
    values = solution.problem.transform.from_unbounded(u)[:, k]
    deviations = np.concatenate([sides[0][::-1], [0.0], sides[1]])
    return ProfileCurve(solution.model.circuit, source, solution.estimates[k], values, deviations)
