"""Verdicts on whether a record determines the parameters that were fitted to it, by their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from fitting.results.estimate import Estimate

if TYPE_CHECKING:
    from fitting.inference.intervals import Interval
    from fitting.inference.least_squares import Minimum
    from fitting.inference.parameter_transform import ParameterTransform
    from fitting.model.circuit import ModelParameter
    from fitting.transforms.laplace import Floats

_WIDEST_RATIO = 4.0
"""Ratio of the ends of an interval from which a parameter counts as not determined (decision 006): its size is then not
known to a factor of two. Doubled, a time known to a factor of three would be called determined."""
_WIDEST_SHARE = 0.5
"""The same for a parameter between two bounds: the share of its range. Doubled, nothing would ever be called open."""


class HasParameters(Protocol):
    """A model, or several records of one."""

    parameters: tuple[ModelParameter, ...]


def verdicts(
    model: HasParameters,
    transform: ParameterTransform,
    best: Minimum,
    intervals: list[Interval],
    covariance: Floats,
    window_s: tuple[float, float],
) -> tuple[Estimate, ...]:
    """Return each parameter with its interval, and whether the record determines it."""
    values = transform.from_unbounded(best.u)
    found = []
    for k, parameter in enumerate(model.parameters):
        low, high = (_value_at(transform, best.u, k, end) for end in (intervals[k].low, intervals[k].high))
        reason = ""
        # A positive number with an upper bound for safety only, such as MIGRATION's B, is no share of that bound.
        is_share = transform.is_logit[k] and (parameter.lower > 0.0 or parameter.upper <= 1.0)
        if is_share and (low is None) != (high is None):
            # Open to one side is what reaches to that bound: an exponent of 0.85 to 1 is well known.
            low, high = parameter.lower if low is None else low, parameter.upper if high is None else high
        if low is None or high is None:
            reason = _open(low, high)
        elif is_share:
            if high - low > _WIDEST_SHARE * (parameter.upper - parameter.lower):
                reason = f"its interval is {(high - low) / (parameter.upper - parameter.lower):.0%} of all it could be"
        elif high > _WIDEST_RATIO * low:
            reason = f"its interval spans a factor of {high / low:.2g}"
        if reason:
            reason += _cause(model, k, float(values[k]), covariance, window_s)
        is_of_one = bool(is_share) and (parameter.lower, parameter.upper) == (0.0, 1.0)
        value = float(values[k])
        found.append(Estimate(parameter.name, parameter.unit, value, (low, high), not reason, reason, is_of_one))
    return tuple(found)


def _value_at(transform: ParameterTransform, u: Floats, k: int, end: float) -> float | None:
    if not np.isfinite(end):
        return None
    moved = u.copy()
    moved[k] = end
    return float(transform.from_unbounded(moved)[k])


def _open(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return "any value fits as well"
    if low is None:
        return f"anything below {high:.3g} fits as well"
    return f"anything above {low:.3g} fits as well"


def _cause(model: HasParameters, k: int, value: float, covariance: Floats, window_s: tuple[float, float]) -> str:
    """Say what stands in the way: a time out of the window, or another parameter that does the same."""
    name = model.parameters[k].name
    if model.parameters[k].unit == "s":
        if value < window_s[0]:
            return f"; {value:.2g} s is faster than the first sample after an edge ({window_s[0]:.2g} s)"
        if value > window_s[1]:
            return f"; {value:.2g} s is longer than the record ({window_s[1]:.2g} s)"
    size = np.sqrt(np.diag(covariance))
    with np.errstate(divide="ignore", invalid="ignore"):
        partners = np.nan_to_num(covariance[k] / (size * size[k]))
    partners[k] = 0.0
    partner = int(np.argmax(np.abs(partners)))
    if abs(partners[partner]) > 0.9:
        other = model.parameters[partner].name
        return f"; a change of {name} is made up by {other} (correlation {partners[partner]:+.3f})"
    return ""
