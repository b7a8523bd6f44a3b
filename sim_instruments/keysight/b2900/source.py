"""Source settings of a channel: levels, lists and sweeps of voltage and of current.

Pages are those of the Agilent B2900 SCPI command reference, edition 2 (B2910-90030).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sim_instruments.scpi.status import ScpiError


@dataclass
class Source:
    """What is set for one function, V or A.

    Attributes
    ----------
    level : float
        The immediate level.
    triggered : float or None
        What a trigger brings it to; None for the immediate level.
    range : float
        Full scale.
    is_auto : bool
        Whether the range follows the level.
    mode : str
        FIX, LIST or SWE.
    list_levels, list_start :
        The list, and from which point (1 is the first) it is played.
    sweep_start, sweep_stop : float
    """

    level: float = 0.0
    triggered: float | None = None
    range: float = 2.0
    is_auto: bool = True
    mode: str = "FIX"
    list_levels: list[float] = field(default_factory=lambda: [0.0])
    list_start: int = 1
    sweep_start: float = 0.0
    sweep_stop: float = 0.0


@dataclass
class Sweep:
    """How a channel sweeps, whatever its function (pp. 4-108 and 4-109).

    Attributes
    ----------
    points : int
    direction : str
        UP from start to stop, DOWN from stop to start.
    spacing : str
        LIN or LOG.
    stair : str
        SING, or DOUB: there and back, with the turning point twice (assumed).
    ranging : str
        BEST: one range for a linear sweep, one for each step of a logarithmic one; AUTO: one for each step; FIX: the
        present one.
    """

    points: int = 1
    direction: str = "UP"
    spacing: str = "LIN"
    stair: str = "SING"
    ranging: str = "BEST"

    def levels(self, start: float, stop: float) -> list[float]:
        """Return the levels of a sweep between two values.

        Raises
        ------
        ScpiError
            If a logarithmic sweep touches zero.
        """
        if self.spacing == "LOG":
            if start * stop <= 0.0:
                raise ScpiError(-221, "a logarithmic sweep needs start and stop of one sign")
            found = np.geomspace(start, stop, self.points)
        else:
            found = np.linspace(start, stop, self.points)
        levels = [float(level) for level in found]
        if self.direction == "DOWN":
            levels.reverse()
        return levels + levels[::-1] if self.stair == "DOUB" else levels

    @property
    def has_one_range(self) -> bool:
        """Whether one range covers all steps."""
        return self.ranging == "BEST" and self.spacing == "LIN"
