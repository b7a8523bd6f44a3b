"""Friction kernel, spread in time and back-hop probabilities of a fitted memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting.inference.optimum import Fitted
from fitting.inference.parameter_transform import ParameterTransform
from fitting.interpretation.memory import band_of, bulk_of, derived_quantity, times_of_loss
from fitting.results.remarks import RemarkKind
from fitting.transforms.laplace import step_response
from protocols import FitError

if TYPE_CHECKING:
    from fitting.model.elements.base import Bulk
    from fitting.results.estimate import Estimate
    from fitting.results.fit_result import FitResult
    from fitting.transforms.laplace import Complexes, Floats

NEIGHBOURS = {
    "chain": 2,
    "honeycomb": 3,
    "square": 4,
    "diamond": 4,
    "simple cubic": 6,
    "bcc": 8,
    "fcc": 12,
}
"""Sites that an ion can hop to, by lattice."""


@dataclass(frozen=True, eq=False)
class FrictionKernel:
    """The memory of the friction, with its 95 % band.

    Attributes
    ----------
    t_s, kappa_per_s, lowest, highest : ndarray, shape (n,)
    """

    t_s: Floats
    kappa_per_s: Floats
    lowest: Floats
    highest: Floats


def friction_kernel(result: FitResult, t_s: Floats | None = None) -> FrictionKernel:
    """Return the kernel of the generalised Langevin equation that belongs to the fitted bulk.

    With ``phi = -dW/dt`` the Volterra equation ``kappa = phi + int phi(t - t') kappa(t') dt'`` has the transform
    ``kappa~ = phi~ / (1 - phi~)``. As ``phi~ = 1 - Y / G_inf``, it is ``G_inf / Y - 1``: the bulk's impedance over that
    of its first instant. No equation has to be solved; the transform is turned to time by the contour of
    `fitting.transforms.laplace`.

    Parameters
    ----------
    result : FitResult
    t_s : ndarray, optional
        Times (s), above 0; the window of the record unless given.

    Raises
    ------
    FitError
        If the circuit has no hopping conductor.
    """
    fitted = fitted_of(result)
    t = np.geomspace(*fitted.window_s, 120) if t_s is None else np.asarray(t_s, dtype=np.float64)

    def line(u: Floats) -> Floats:
        return np.log(np.maximum(kappa(*bulk_of(fitted, u), t), 1e-300))

    low, high = (np.exp(np.clip(end, -700.0, 700.0)) for end in band_of(fitted, line))
    return FrictionKernel(t, np.exp(line(fitted.u)), low, high)


def kappa(bulk: Bulk, p: Floats, t_s: Floats) -> Floats:
    """Return the friction kernel (1/s) of a bulk element with parameters `p` at times above 0."""

    def transform(s: Complexes) -> Complexes:
        # `step_response` turns Y(s) / s to time.
        return np.asarray(s * (p[0] / bulk.evaluate(s, p)[0] - 1.0), dtype=np.complex128)

    return step_response(transform, t_s)


def memory_shape(result: FitResult, lattice: str | None = None) -> tuple[Estimate, ...]:
    """Return the spread of the memory, the growth of friction and, for a named lattice, the back-hop probability.

    Parameters
    ----------
    result : FitResult
    lattice : str, optional
        One of `NEIGHBOURS`.

    Raises
    ------
    FitError
        If the circuit has no hopping conductor, or the lattice is not known.
    """
    fitted = fitted_of(result)

    def decades(bulk: Bulk, p: Floats) -> float:
        first, last = times_of_loss(bulk, p, (0.16, 0.84))
        return float(np.log10(last / first))

    found = [
        derived_quantity(
            fitted,
            "memory_spread_decades",
            "",
            decades,
            "from 16 % to 84 % of the memory lost; 1.02 for a single time",
            of_shape=True,
        ),
        derived_quantity(
            fitted,
            "friction_growth",
            "",
            lambda bulk, p: 1.0 / bulk.w_inf(p) - 1.0,
            "1/W_inf - 1: steady friction beyond that of the first hop",
        ),
    ]
    if lattice is not None:
        found += _back_hops(fitted, lattice)
    return tuple(found)


def _back_hops(fitted: Fitted, lattice: str) -> list[Estimate]:
    """Return the probability that a hop is undone by the next, by two pictures that do not agree."""
    if lattice not in NEIGHBOURS:
        raise FitError(f"no lattice {lattice!r}; there are {', '.join(NEIGHBOURS)}")
    z = NEIGHBOURS[lattice]

    def of_walk(bulk: Bulk, p: Floats) -> float:
        # All directions out of a site add up to zero, so that those that do not lead back have the mean 1 / (z - 1).
        W = bulk.w_inf(p)
        cosine = (W - 1.0) / (W + 1.0)
        return float((1.0 - (z - 1.0) * cosine) / z)

    return [
        derived_quantity(
            fitted,
            "back_hop_probability_walk",
            "",
            of_walk,
            f"if every hop depends on the last in the same way, W_inf = (1 + <cos>)/(1 - <cos>); {lattice}, by chance"
            f" {1.0 / z:.3g}",
            share=True,
        ),
        derived_quantity(
            fitted,
            "back_hop_probability_mismatch",
            "",
            lambda bulk, p: 1.0 - bulk.w_inf(p),
            "if only a hop that strained its surroundings is undone: W_inf = 1 + 2 <cos>, <cos> = -p/2",
            share=True,
        ),
    ]


def fitted_of(result: FitResult) -> Fitted:
    """Return where a fit ended, for figures that are derived afterwards.

    Raises
    ------
    FitError
        If the circuit has no hopping conductor.
    """
    transform = ParameterTransform(result.model.parameters)
    u = transform.to_unbounded(result.theta)
    given = np.array([[np.nan if end is None else end for end in one.ci95] for one in result.estimates])
    ends = np.where(np.isnan(given), [-np.inf, np.inf], transform.to_unbounded(given.T).T)
    combined = [one.values["parameters"] for one in result.remarks if one.kind is RemarkKind.DEGENERATE]
    names = {name for text in combined for name in str(text).split(", ")}
    members = frozenset(k for k, one in enumerate(result.estimates) if one.name in names)
    fitted = Fitted(
        result.model,
        transform,
        u,
        result.covariance,
        ends,
        result.window_s,
        combined=members,
        far_places=result.far_places,
    )
    bulk_of(fitted, u)
    return fitted
