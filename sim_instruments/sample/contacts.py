"""Contacts of the sample: open, short, an area that is lost, a conductance that drifts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

# States as the compiled code and the tables know them.
WHOLE, OPEN, SHORT = 0, 1, 2


@dataclass(frozen=True)
class Ageing:
    """How the contact area changes with instrument time t: ``(1 + drift t) exp(-t / loss)``.

    The area multiplies bulk and electrode alike, hence the whole current; the series resistance stays small beside
    them, or the factor is one of the current all the same (an assumption where it is not).

    Attributes
    ----------
    loss_s : float
        Time constant in which contact is lost; infinite for none.
    drift_per_s : float
        Relative change per second.
    """

    loss_s: float = math.inf
    drift_per_s: float = 0.0

    def share(self, t_s: Array) -> Array:
        """Return the contact area at times t_s as a share of the first one."""
        return np.maximum(1.0 + self.drift_per_s * t_s, 0.0) * np.exp(-t_s / self.loss_s)

    @property
    def none(self) -> bool:
        """Whether nothing changes."""
        return self.drift_per_s == 0.0 and math.isinf(self.loss_s)


class Contacts:
    """What happens to a cell's contacts in the course of time. All instruments on the cell share it.

    Parameters
    ----------
    ageing : Ageing
        Slow changes.
    short_ohm : float
        Resistance of clips that touch.
    """

    def __init__(self, ageing: Ageing | None = None, short_ohm: float = 1.0) -> None:
        self.ageing = ageing or Ageing()
        self.short_ohm = short_ohm
        self._times = [-math.inf]
        self._states = [WHOLE]

    def open(self, t_s: float) -> None:
        """Let a clip fall off at t_s: no current flows."""
        self._from(t_s, OPEN)

    def short(self, t_s: float) -> None:
        """Let the clips touch at t_s: `short_ohm` lies beside the cell."""
        self._from(t_s, SHORT)

    def mend(self, t_s: float) -> None:
        """Let all be well from t_s on. What the cell did meanwhile is as if nothing had happened."""
        self._from(t_s, WHOLE)

    def _from(self, t_s: float, state: int) -> None:
        if t_s < self._times[-1]:
            raise ValueError(f"contacts cannot change at {t_s:g} s, before their last change at {self._times[-1]:g} s")
        self._times.append(t_s)
        self._states.append(state)

    @property
    def perfect(self) -> bool:
        """Whether nothing has ever happened, nor will by itself."""
        return len(self._states) == 1 and self.ageing.none

    def through(self, current_A: Array, voltage_V: Array, t_s: Array) -> Array:
        """Return what flows through the clips, A, when the cell alone would pass current_A at voltage_V.

        A reading over whose aperture the contact changes is all of the later kind.

        Parameters
        ----------
        current_A, voltage_V, t_s : ndarray, shape (n,)
            Of the perfectly contacted cell; the voltage on it; when.
        """
        if self.perfect:
            return current_A
        state = np.asarray(self._states)[np.searchsorted(self._times, t_s, side="right") - 1]
        flowing = current_A * self.ageing.share(t_s)
        flowing[state == OPEN] = 0.0
        return np.where(state == SHORT, flowing + voltage_V / self.short_ohm, flowing)
