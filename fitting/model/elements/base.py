"""What every circuit element has: admittance, derivatives, names, units, bounds, starting values.

Elements are stateless. Their parameters come as one array in the order of `Element.quantities`; derivatives are with
respect to the parameters themselves.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar

import numpy as np

from fitting.transforms.laplace import step_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from fitting.transforms.laplace import Complexes, Floats

_Start = TypeVar("_Start", bound="Callable[..., tuple[float, ...]]")
# Growth of an admittance over the two highest frequencies, a factor of 30 apart, up to which it counts as level: a
# constant phase of n < 0.028 does (decision 141). Doubled (1.2), n = 0.05 would.
LEVEL = 1.1


@dataclass(frozen=True)
class Quantity:
    """A parameter of an element.

    Attributes
    ----------
    symbol : str
        E.g. ``tau``.
    unit : str
        SI unit as it is printed; empty for a pure number.
    lower, upper : float
        Bounds. Where `upper` is infinite the parameter is fitted as its logarithm, else as the logit of its place
        between the two.
    """

    symbol: str
    unit: str
    lower: float = 0.0
    upper: float = np.inf


@dataclass(frozen=True)
class StartScale:
    """What a record tells about sizes before any model is fitted; starting values are drawn from it.

    Attributes
    ----------
    conductance_S : float
        Current per volt at the shortest time that was seen.
    shortest_s, longest_s : float
        Window of times after an edge.
    """

    conductance_S: float
    shortest_s: float
    longest_s: float

    def time(self, share: float) -> float:
        """Return a time of the window; `share` 0 is its start, 1 its end, on a log scale; for an array, one each."""
        time_s: float = self.shortest_s * (self.longest_s / self.shortest_s) ** share
        return time_s


def plain_formula(start: _Start) -> _Start:
    """Mark an `Element.start` that works for arrays as well: draws of shape (k, n) give n values a parameter."""
    start.takes_many = True  # type: ignore[attr-defined]
    return start


class Element(ABC):
    """An element of a circuit."""

    code: ClassVar[str]
    """Letters that a circuit string calls it by."""

    @property
    @abstractmethod
    def quantities(self) -> tuple[Quantity, ...]:
        """Its parameters, in order."""

    @abstractmethod
    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:
        """Return its admittance and the derivatives.

        Parameters
        ----------
        s : ndarray of complex128, shape (n,)
            Complex frequency (rad/s).
        p : ndarray, shape (k,)
            Parameters.

        Returns
        -------
        admittance : ndarray of complex128, shape (n,)
            Siemens.
        derivatives : ndarray of complex128, shape (k, n)
            With respect to each parameter.
        """

    @abstractmethod
    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:
        """Return starting values; `draw` holds one number of [0, 1) a parameter, which spreads several starts."""

    def starts(self, scale: StartScale, draws: Floats) -> Floats:
        """Return starting values for several draws, shape (n, k), as `start` gives them one by one."""
        if getattr(type(self).start, "takes_many", False):
            return np.stack(np.broadcast_arrays(*self.start(scale, draws.T)), axis=1)
        return np.array([self.start(scale, draw) for draw in draws])

    def is_bounded(self, p: Floats, highest: Complexes) -> bool:
        """Whether its current after a voltage step has a bound, whatever the size of its parameters.

        Unless an element knows better: whether its admittance has levelled off at the highest frequencies.

        Parameters
        ----------
        p : ndarray, shape (k,)
            Parameters.
        highest : ndarray of complex128, shape (2,)
            Two frequencies (rad/s), far beyond what a record tells of.
        """
        with np.errstate(all="ignore"):
            low, high = np.abs(self.evaluate(highest, p)[0])
        return not high > LEVEL * low


class Bulk(Element):
    """A hopping conductor: its conductance falls from ``G_inf`` to ``G_inf * W_inf`` as the ions hop back.

    The first parameter of such an element is ``G_inf``, unless it has a `g_inf` of its own.
    """

    def g_inf(self, p: Floats) -> float:
        """Return the conductance at once (S)."""
        return float(p[0])

    @property
    def is_scaled(self) -> bool:
        """Whether the first parameter is ``G_inf``, which W(t) does not depend on."""
        return type(self).g_inf is Bulk.g_inf

    def relaxation(self, t_s: Floats, p: Floats) -> Floats:
        """Return ``W(t)``: 1 at once, `W_inf` at last.

        Parameters
        ----------
        t_s : ndarray
            Times (s), above 0.
        p : ndarray, shape (k,)
        """
        return step_response(lambda s: self.evaluate(s, p)[0] / self.g_inf(p), t_s)

    def time_of(self, remaining: float, p: Floats) -> float | None:  # noqa: ARG002
        """Return the time (s) by which W has fallen to a value; None unless the element knows better than a search.

        Parameters
        ----------
        remaining : float
            Below 1 and above `w_inf`.
        p : ndarray, shape (k,)
        """
        return None

    @abstractmethod
    def w_inf(self, p: Floats) -> float:
        """Return the share of the conductance that is left at last, sigma_dc / sigma_inf."""

    @abstractmethod
    def modes(self, p: Floats) -> tuple[tuple[float, float], ...]:
        """Return (relaxation time s, conductance that relaxes with it S) where the element names any."""

    def is_bounded(self, p: Floats, highest: Complexes) -> bool:  # noqa: ARG002
        """Return True: it answers at once with `g_inf`."""
        return True
