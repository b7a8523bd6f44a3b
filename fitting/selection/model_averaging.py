"""Memory quantities averaged over several models, by their weights.

What is remembered, whichever of them is the right one?

Akaike weights say how much of the evidence each candidate has (Burnham, Anderson, Model Selection and Multimodel
Inference, 2nd ed. (2002), section 2.9); the figure's distribution is the sum of the candidates' own, so weighted
(section 4.3). An interval of one family alone holds only if that family is right: how many decays a memory has, for
one, no record determines, and one decay more beside the electrode may change the fraction of hops undone by far more
than noise does.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from fitting.constants import Z95
from fitting.results.estimate import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fitting.selection.candidates import Ranked

_LEAST_WEIGHT = 1e-3
"""Weight from which a candidate is counted: below, a tail of 2.5 % changes by 0.1 % at most. Doubled, by 0.2 %."""
_TIGHTEST = 1e-12
"""Least width of a distribution, relative to its middle: rounding. It keeps an exact figure from a division by zero."""


def averaged(candidates: Sequence[Ranked]) -> tuple[Estimate, ...]:
    """Return the memory quantities that all candidates with some weight have, each over all of them.

    The value is the median of the weighted distributions, the interval runs from 2.5 to 97.5 %. Each candidate's own
    is a normal one that is as wide to each side as its interval, on a logarithmic axis for what has a unit; open sides
    have half of its weight at infinity.

    Parameters
    ----------
    candidates : sequence of Ranked
    """
    counted = [one for one in candidates if one.weight > _LEAST_WEIGHT]
    if not counted or any(not one.result.memory for one in counted):
        return ()
    tables = [{quantity.name: quantity for quantity in one.result.memory} for one in counted]
    weights = np.array([one.weight for one in counted])
    weights /= weights.sum()
    return tuple(
        _averaged([table[name] for table in tables], weights.tolist())
        for name in tables[0]
        if all(name in table and np.isfinite(table[name].value) for table in tables)
    )


def _averaged(quantities: list[Estimate], weights: list[float]) -> Estimate:
    first = quantities[0]
    logarithmic = first.unit != ""
    sides = [_sides(one, logarithmic=logarithmic) for one in quantities]
    low, middle, high = (_quantile(sides, weights, share) for share in (0.025, 0.5, 0.975))
    ends = [None if end is None or not logarithmic else float(np.exp(end)) for end in (low, high)]
    ci95 = (ends[0], ends[1]) if logarithmic else (low, high)
    value = first.value if middle is None else float(np.exp(middle)) if logarithmic else middle
    resolved = None not in ci95 and (
        ci95[1] < 4.0 * ci95[0] if logarithmic else ci95[1] - ci95[0] < 0.5  # type: ignore[operator]
    )
    return Estimate(first.name, first.unit, value, ci95, resolved, f"over {len(quantities)} candidates", first.is_share)


def _sides(quantity: Estimate, *, logarithmic: bool) -> tuple[float, float, float]:
    """Return the median of a candidate's distribution and its widths to the left and the right, on the axis."""

    def place(x: float) -> float:
        return float(np.log(max(x, 1e-300))) if logarithmic else x

    middle = place(quantity.value)
    widths = [
        np.inf if end is None else max(abs(place(end) - middle) / Z95, _TIGHTEST * max(abs(middle), 1.0))
        for end in quantity.ci95
    ]
    return middle, widths[0], widths[1]


def _quantile(sides: list[tuple[float, float, float]], weights: list[float], share: float) -> float | None:
    """Return where the weighted distributions have some share below; None where that is at infinity."""
    from scipy.optimize import brentq

    normal = NormalDist()

    def below(x: float) -> float:
        return sum(
            weight * normal.cdf((x - middle) / (left if x < middle else right))
            for weight, (middle, left, right) in zip(weights, sides, strict=True)
        )

    reach = [
        middle + sign * 9.0 * width
        for middle, left, right in sides
        for sign, width in ((-1.0, left), (1.0, right))
        if np.isfinite(width)
    ] + [middle for middle, _, _ in sides]
    lowest, highest = min(reach), max(reach)
    if below(lowest) >= share or below(highest) <= share:
        return None
    return float(brentq(lambda x: below(x) - share, lowest, highest, xtol=1e-15, rtol=1e-12))
