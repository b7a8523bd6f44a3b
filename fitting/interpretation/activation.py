"""Activation of a quantity of one sample: Arrhenius' law or Vogel's, and which of both the values tell.

``ln(value) = a + E_a / (k T)`` against ``a + B / (k (T - T_0))`` (Vogel, Phys. Z. 22, 645 (1921); Fulcher; Tammann and
Hesse). At ``T_0 = 0`` Vogel's law is Arrhenius', so that the profile of the likelihood over ``T_0`` holds both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import stdtrit

from fitting.constants import BOLTZMANN_eV_K
from fitting.interpretation.scattered_line import Interval, Points, ScatteredLine
from protocols import FitError

if TYPE_CHECKING:
    from fitting.transforms.laplace import Floats

_STEPS = 31
"""Vogel temperatures that are tried between 0 and the coldest run, and again where it may be. Doubled, ends of
intervals move by a hundredth of their width."""
_NEAREST = 0.97
"""Highest Vogel temperature that is tried, over the coldest temperature: nearer, the law has a step there. Doubled
distance, sharper laws end at the edge and are called undetermined."""
_DECIDED = 2.0
"""Difference of AICc from which one law is said to be told from the other (Burnham and Anderson, Model Selection and
Multimodel Inference, 2nd ed., p. 70). Doubled, more curved lines stay undecided."""
_FEWEST_TEMPERATURES = 4
"""Temperatures that three parameters of Vogel's law need to be judged."""


@dataclass(frozen=True)
class Vogel:
    """Vogel's law through the values of a sample.

    Attributes
    ----------
    energy_eV : Interval
        B, the energy in ``B / (k (T - T_0))``.
    temperature_K : float
        T_0 of the largest likelihood.
    temperature_ci95_K : tuple of float or None
        None at an end where the range that can be tried ends: below, Arrhenius' law is not excluded.
    """

    energy_eV: Interval
    temperature_K: float
    temperature_ci95_K: tuple[float | None, float | None]

    def to_document(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "energy_eV": self.energy_eV.to_document(),
            "vogel_temperature_K": {"value": self.temperature_K, "ci95": list(self.temperature_ci95_K)},
        }


class Activation:
    """The activation of one quantity of a sample.

    Values at one temperature share an error (it was set once, and is off by as much for all of them), and each run has
    one of its own; see `scattered_line`.

    Parameters
    ----------
    kelvin : ndarray, shape (n,)
    points : Points
        Grouped by temperature.
    sign : int
        1 for a time, which falls when it gets warmer; -1 for a conductance or a rate.

    Attributes
    ----------
    energy_eV : Interval
        Arrhenius' activation energy, above zero for what is activated.
    line : ScatteredLine
    vogel : Vogel or None
        None with too few temperatures.
    vogel_gain_aicc : float or None
        AICc of Arrhenius' law less that of Vogel's.

    Raises
    ------
    FitError
        With fewer than two temperatures.
    """

    def __init__(self, kelvin: Floats, points: Points, sign: int = 1) -> None:
        self.kelvin, self._points, self._sign = kelvin, points, sign
        if len(np.unique(kelvin)) < 2:
            raise FitError("an activation energy needs determined values at two temperatures at least")
        self._middle = float(np.mean(1.0 / (BOLTZMANN_eV_K * kelvin)))
        self.line = ScatteredLine(self._design(0.0), points)
        self.energy_eV = self.line.combination(np.array([0.0, float(sign)]))
        self.vogel: Vogel | None = None
        self.vogel_gain_aicc: float | None = None
        self._at_T0: list[tuple[float, ScatteredLine, float]] = []
        if len(np.unique(kelvin)) >= _FEWEST_TEMPERATURES and self.line.run_scatter_known:
            self._try_vogel()

    def _x(self, kelvin: Floats, T0_K: float) -> Floats:
        x: Floats = 1.0 / (BOLTZMANN_eV_K * (kelvin - T0_K))
        return x

    def _design(self, T0_K: float) -> Floats:
        x = self._x(self.kelvin, T0_K)
        return np.column_stack([np.ones(len(x)), x - x.mean()])

    def _aicc(self, line: ScatteredLine, n_parameters: int) -> float:
        count = n_parameters + line.n_scatters
        n = line.n_points
        correction = 2.0 * count * (count + 1) / (n - count - 1) if n > count + 1 else np.inf
        return float(-2.0 * line.log_likelihood + 2.0 * count + correction)

    def _try_vogel(self) -> None:
        """Profile the Vogel temperature: coarsely over all, then finely where it may be."""
        highest = _NEAREST * float(self.kelvin.min())
        T0, lines, evidence = self._lines_over(np.linspace(0.0, highest, _STEPS))
        # At 0 K it is Arrhenius' law.
        of_arrhenius = self._aicc(lines[0], 2)
        allowed = np.flatnonzero(self._left(evidence, float(evidence.max())) >= 0.0)
        first, last = max(int(allowed[0]) - 1, 0), min(int(allowed[-1]) + 1, _STEPS - 1)
        largest = float(evidence.max())
        T0, lines, evidence = self._lines_over(np.linspace(T0[first], T0[last], _STEPS))
        left = self._left(evidence, max(largest, float(evidence.max())))
        allowed = np.flatnonzero(left >= 0.0)
        first, last = int(allowed[0]), int(allowed[-1])
        self._at_T0 = [(float(T0[k]), lines[k], float(left[k])) for k in allowed]
        best = int(np.argmax(left))
        self._best = float(T0[best]), lines[best]
        self.vogel_gain_aicc = of_arrhenius - min(self._aicc(line, 3) for line in lines)
        ends = (
            None if T0[first] == 0.0 else _crossing(T0, left, max(first - 1, 0)),
            None if T0[last] >= highest else _crossing(T0, left, min(last, _STEPS - 2)),
        )
        energy = self._profiled(lines[best], lambda _: np.array([0.0, float(self._sign)]))
        self.vogel = Vogel(energy, float(T0[best]), ends)

    def _lines_over(self, T0_K: Floats) -> tuple[Floats, list[ScatteredLine], Floats]:
        """Return lines at some Vogel temperatures, and the evidence of each."""
        lines = [ScatteredLine(self._design(float(one)), self._points, self.line) for one in T0_K]
        return T0_K, lines, np.array([line.log_evidence for line in lines])

    def _left(self, evidence: Floats, largest: float) -> Floats:
        """Return by how much each evidence is allowed: below 0 it is outside of 95 %.

        Over a scatter that was integrated out, it has the shape of Student's distribution, with the degrees of freedom
        of the temperatures, not of the runs, where runs at one temperature share something.
        """
        n = len(np.unique(self.kelvin)) if self.line.group_scatter_known else len(self.kelvin)
        free = max(n - 3, 1)
        threshold = (free + 1) * np.log1p(float(stdtrit(free, 0.975)) ** 2 / free)
        left: Floats = threshold - 2.0 * (largest - evidence)
        return left

    def _profiled(self, best: ScatteredLine, factors: Any) -> Interval:
        """Return a linear combination over the Vogel temperatures that are allowed, as the hull of all of them."""
        T0_best = next(T0 for T0, line, _ in self._at_T0 if line is best)
        value, _ = best.mean_and_deviation(factors(T0_best))
        lows, highs = [], []
        for T0, line, left in self._at_T0:
            mean, deviation = line.mean_and_deviation(factors(T0))
            lows.append(mean - deviation * np.sqrt(left))
            highs.append(mean + deviation * np.sqrt(left))
        return Interval(value, float(min(lows)), float(max(highs)))

    @property
    def law(self) -> str:
        """``Arrhenius`` or ``Vogel``, or ``not told apart``; ``Arrhenius`` too where Vogel's cannot be judged.

        Vogel's needs the lower AICc, and an interval of its temperature that ends above 0 K.
        """
        if self.vogel is None or self.vogel_gain_aicc is None or self.vogel_gain_aicc <= -_DECIDED:
            return "Arrhenius"
        excludes_arrhenius = self.vogel.temperature_ci95_K[0] is not None
        return "Vogel" if self.vogel_gain_aicc >= _DECIDED and excludes_arrhenius else "not told apart"

    def at(self, kelvin: float) -> Interval:
        """Return ln(value) at a temperature with its interval, by Vogel's law where the values tell it.

        Where the laws are not told apart, the interval holds those of both: they differ outside what was measured.
        """
        by_line = self.line.combination(self._factors(kelvin, 0.0))
        if self.law == "Arrhenius":
            return by_line
        by_vogel = self._profiled(self._best[1], lambda T0: self._factors(kelvin, T0))
        if self.law == "Vogel":
            return by_vogel
        return Interval(by_line.value, min(by_line.low, by_vogel.low), max(by_line.high, by_vogel.high))

    def _factors(self, kelvin: float, T0_K: float) -> Floats:
        x = self._x(self.kelvin, T0_K)
        return np.array([1.0, float(self._x(np.array([kelvin]), T0_K)[0] - x.mean())])

    def to_document(self) -> dict[str, Any]:
        """Return plain data."""
        scatters = {"between_runs": self.line.run_scatter, "between_temperatures": self.line.group_scatter}
        return {
            "law": self.law,
            "activation_energy_eV": self.energy_eV.to_document(),
            "vogel": None if self.vogel is None else self.vogel.to_document(),
            "vogel_gain_aicc": self.vogel_gain_aicc,
            "scatter_of_logarithm": {k: None if one is None else one.to_document() for k, one in scatters.items()},
            "temperatures": len(np.unique(self.kelvin)),
            "values_used": self.line.n_points,
        }


def _crossing(x: Floats, left: Floats, k: int) -> float:
    """Return where a profile crosses 0 between two of its points."""
    return float(x[k] + (x[k + 1] - x[k]) * left[k] / (left[k] - left[k + 1]))
