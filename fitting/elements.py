"""What does each element of a circuit conduct? Admittance, its derivatives, names, units, bounds, where to start.

Elements are stateless. Their parameters come as one array in the order of `Element.quantities`; derivatives are with
respect to the parameters themselves.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fitting.laplace import step_response

if TYPE_CHECKING:
    from fitting.laplace import Complexes, Floats


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
        """Return a time of the window; `share` 0 is its start, 1 its end, on a log scale."""
        return float(self.shortest_s * (self.longest_s / self.shortest_s) ** share)


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


class Bulk(Element):
    """A hopping conductor: its conductance falls from ``G_inf`` to ``G_inf * W_inf`` as the ions hop back.

    The first parameter of such an element is ``G_inf``, unless it has a `g_inf` of its own.
    """

    def g_inf(self, p: Floats) -> float:
        """Return the conductance at once (S)."""
        return float(p[0])

    def relaxation(self, t_s: Floats, p: Floats) -> Floats:
        """Return ``W(t)``: 1 at once, `W_inf` at last.

        Parameters
        ----------
        t_s : ndarray
            Times (s), above 0.
        p : ndarray, shape (k,)
        """
        return step_response(lambda s: self.evaluate(s, p)[0] / self.g_inf(p), t_s)

    @abstractmethod
    def w_inf(self, p: Floats) -> float:
        """Return the share of the conductance that is left at last, sigma_dc / sigma_inf."""

    @abstractmethod
    def modes(self, p: Floats) -> tuple[tuple[float, float], ...]:
        """Return (relaxation time s, conductance that relaxes with it S) where the element names any."""


class Resistor(Element):
    """``Z = R``."""

    code = "R"
    quantities = (Quantity("R", "ohm"),)

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:  # noqa: D102
        one = np.ones_like(s)
        return one / p[0], -one[None] / p[0] ** 2

    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:  # noqa: D102
        return (10.0 ** (-2.0 + 2.0 * draw[0]) / scale.conductance_S,)


class Capacitor(Element):
    """``Z = 1 / (s C)``."""

    code = "C"
    quantities = (Quantity("C", "F"),)

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:  # noqa: D102
        return s * p[0], s[None]

    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:  # noqa: D102
        return (scale.conductance_S * scale.time(-0.3 + 1.6 * draw[0]),)


class Inductor(Element):
    """``Z = s L``: leads and windings. With a capacitance it may ring, which sums of decays cannot follow."""

    code = "L"
    quantities = (Quantity("L", "H"),)

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:  # noqa: D102
        Y = 1.0 / (s * p[0])
        return Y, -Y[None] / p[0]

    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:  # noqa: D102
        return (scale.time(-0.5 + draw[0]) / scale.conductance_S,)


class ConstantPhase(Element):
    """``Z = 1 / (Q s^n)``, as impedance.py has it; Q in S s^n, 0 < n < 1."""

    code = "CPE"
    quantities = (Quantity("Q", "S·s^n"), Quantity("n", "", 0.0, 1.0))

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:  # noqa: D102
        logarithm = np.log(s)
        power = np.exp(p[1] * logarithm)
        return p[0] * power, np.stack([power, p[0] * power * logarithm])

    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:  # noqa: D102
        n = 0.6 + 0.38 * draw[1]
        return (scale.conductance_S * scale.time(0.3 + draw[0]) ** n, n)


_G_INF = Quantity("G_inf", "S")
_W_INF = Quantity("W_inf", "", 0.0, 1.0)
_TAU = Quantity("tau", "s")


class Debye(Bulk):
    """One relaxation: ``Y = G_inf [W_inf + (1 - W_inf) x / (1 + x)]``, ``x = s tau``, so W is an exponential."""

    code = "De"
    quantities = (_G_INF, _W_INF, _TAU)

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:  # noqa: D102
        G, W, tau = p
        x = s * tau
        h = x / (1.0 + x)
        shape = W + (1.0 - W) * h
        return G * shape, np.stack([shape, G * (1.0 - h), G * (1.0 - W) * s / (1.0 + x) ** 2])

    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:  # noqa: D102
        return (scale.conductance_S * 10.0 ** (0.5 * draw[0]), 0.05 + 0.9 * draw[1], scale.time(0.9 * draw[2]))

    def w_inf(self, p: Floats) -> float:  # noqa: D102
        return float(p[1])

    def modes(self, p: Floats) -> tuple[tuple[float, float], ...]:  # noqa: D102
        return ((float(p[2]), float(p[0] * (1.0 - p[1]))),)


class Prony(Bulk):
    """Some relaxations side by side: ``Y = G_inf [W_inf + (1 - W_inf) sum_k g_k x_k / (1 + x_k)]``.

    The shares g_k add up to 1 and are carried by odds: ``g_k = r_k / sum(r)`` with ``r_1 = 1``, so that each free
    parameter (r_2, r_3, ...) may be any positive number.

    Parameters
    ----------
    n_modes : int
        1 to 4.
    """

    code = "Pr"

    def __init__(self, n_modes: int) -> None:
        self.n_modes = n_modes

    @property
    def quantities(self) -> tuple[Quantity, ...]:  # noqa: D102
        odds = tuple(Quantity(f"r_{k}", "") for k in range(2, self.n_modes + 1))
        taus = tuple(Quantity(f"tau_{k}", "s") for k in range(1, self.n_modes + 1))
        return (_G_INF, _W_INF, *odds, *taus)

    def _shares(self, p: Floats) -> tuple[Floats, Floats]:
        odds = np.concatenate([[1.0], p[2 : self.n_modes + 1]])
        return odds / odds.sum(), p[self.n_modes + 1 :]

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:  # noqa: D102
        G, W = p[0], p[1]
        g, tau = self._shares(p)
        x = s * tau[:, None]
        h = x / (1.0 + x)
        mean = g @ h
        shape = W + (1.0 - W) * mean
        # g_k = r_k / S gives dg_j/dr_k = (delta_jk - g_j) / S, and S = 1 / g_1.
        by_odds = G * (1.0 - W) * g[0] * (h[1:] - mean)
        by_tau = G * (1.0 - W) * g[:, None] * s / (1.0 + x) ** 2
        return G * shape, np.concatenate([shape[None], (G * (1.0 - mean))[None], by_odds, by_tau])

    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:  # noqa: D102
        n = self.n_modes
        odds = 10.0 ** (2.0 * draw[2 : n + 1] - 1.0)
        taus = [scale.time(0.9 * (k + d) / n) for k, d in enumerate(draw[n + 1 :])]
        return (scale.conductance_S * 10.0 ** (0.5 * draw[0]), 0.05 + 0.9 * draw[1], *odds.tolist(), *taus)

    def w_inf(self, p: Floats) -> float:  # noqa: D102
        return float(p[1])

    def modes(self, p: Floats) -> tuple[tuple[float, float], ...]:  # noqa: D102
        g, tau = self._shares(p)
        return tuple((float(t), float(p[0] * (1.0 - p[1]) * share)) for share, t in zip(g, tau, strict=True))


class ColeCole(Bulk):
    """A broadened relaxation: ``Y = G_inf [W_inf + (1 - W_inf) x^a / (1 + x^a)]``, ``x = s tau``, 0 < a < 1.

    W decays as the Mittag-Leffler function ``E_a(-(t / tau)^a)``; Cole, Cole, J. Chem. Phys. 9, 341 (1941).
    """

    code = "Cc"
    quantities = (_G_INF, _W_INF, _TAU, Quantity("a", "", 0.0, 1.0))

    def evaluate(self, s: Complexes, p: Floats) -> tuple[Complexes, Complexes]:  # noqa: D102
        G, W, tau, a = p
        logarithm = np.log(s * tau)
        x = np.exp(a * logarithm)
        h = x / (1.0 + x)
        shape = W + (1.0 - W) * h
        slope = G * (1.0 - W) * x / (1.0 + x) ** 2
        return G * shape, np.stack([shape, G * (1.0 - h), slope * a / tau, slope * logarithm])

    def start(self, scale: StartScale, draw: Floats) -> tuple[float, ...]:  # noqa: D102
        return (
            scale.conductance_S * 10.0 ** (0.5 * draw[0]),
            0.05 + 0.9 * draw[1],
            scale.time(0.9 * draw[2]),
            0.5 + 0.48 * draw[3],
        )

    def w_inf(self, p: Floats) -> float:  # noqa: D102
        return float(p[1])

    def modes(self, p: Floats) -> tuple[tuple[float, float], ...]:  # noqa: D102
        return ((float(p[2]), float(p[0] * (1.0 - p[1]))),)
