"""Curves of a Lake Shore controller: the standard ones, and those of the user, 21 to 59.

Lake Shore 331 user's manual p. 6-29 (forms of header and points; 335 and 336 add nothing but the number of curves) and
the vendor's Python driver. Assumed: limits of the standard curves and what an empty user curve says. The temperature is
always that of a Pt-100 in the cryostat: a curve is kept and told, but does not convert.
"""

from __future__ import annotations

from dataclasses import dataclass, field

STANDARD, USER = range(1, 21), range(21, 60)
"""Numbers of the curves that are built in, and of those that the user may write."""
POINTS = 200
"""Breakpoints of a curve at most."""


@dataclass
class Curve:
    """Header and points of a curve.

    Attributes
    ----------
    name, serial : str
        Up to 15 and 10 characters.
    form : int
        1 mV/K, 2 V/K, 3 ohm/K, 4 log ohm/K.
    limit_K : float
    coefficient : int
        1 negative, 2 positive.
    points : dict
        Sensor units and kelvin by index, from 1.
    """

    name: str
    serial: str = "STANDARD C"
    form: int = 2
    limit_K: float = 0.0
    coefficient: int = 1
    points: dict[int, tuple[float, float]] = field(default_factory=dict)

    @property
    def header(self) -> str:
        """What ``CRVHDR?`` answers."""
        return f"{self.name:<15.15},{self.serial:<10.10},{self.form},{self.limit_K:+08.3f},{self.coefficient}"


def curves_after_delivery() -> dict[int, Curve]:
    """Return the standard curves and empty ones for the user, by number."""
    curves = {k: Curve(f"User {k}", "", 2, 375.0, 1) for k in USER}
    return curves | {
        1: Curve("DT-470", form=2, limit_K=475.0, coefficient=1),
        2: Curve("DT-670", form=2, limit_K=500.0, coefficient=1),
        3: Curve("DT-500-D", form=2, limit_K=365.0, coefficient=1),
        4: Curve("DT-500-E1", form=2, limit_K=330.0, coefficient=1),
        6: Curve("PT-100", form=3, limit_K=800.0, coefficient=2),
        7: Curve("PT-1000", form=3, limit_K=800.0, coefficient=2),
        8: Curve("RX-102A-AA", form=4, limit_K=40.0, coefficient=1),
        9: Curve("RX-202A-AA", form=4, limit_K=40.0, coefficient=1),
    }
