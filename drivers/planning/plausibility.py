"""Plausibility of readings: what no instrument can have measured was garbled on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from protocols import InstrumentError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from drivers.contract.plan import DrivePlan

    Array = NDArray[np.float64]

OVERFLOW_A = 9e37
"""Instruments answer 9.9e37, or infinity, for a current beyond the range (SCPI-99, volume 1, section 7.2.1)."""


def refuse_impossible(
    resource: str, command: str, plan: DrivePlan, resolution_V: float, readings: tuple[Array, Array, Array]
) -> None:
    """Refuse a whole block with a reading that cannot be: its neighbours may be garbled as well, and look possible.

    The recorded source value is a programmed one, so it is one of the program's levels; a current is within the range
    (105 % or 120 % of it, or the value for an overflow); times are those of the run.

    Parameters
    ----------
    resource, command : str
        Who answered what, for the message.
    plan : DrivePlan
    resolution_V : float
        Of the source.
    readings : tuple of ndarray, shape (n,)
        Currents (A), when their apertures began (s), the source's programmed values then (V).

    Raises
    ------
    InstrumentError
        At the first such reading.
    """
    current, begun, source = readings
    levels = np.unique(np.append(plan.sequence.start_V, [plan.sequence.rest_V, 0.0]))
    above = np.clip(np.searchsorted(levels, source), 1, len(levels) - 1) if len(levels) > 1 else np.zeros(1, int)
    distance = np.minimum(np.abs(source - levels[above]), np.abs(source - levels[above - 1]))
    magnitude = np.abs(current)
    possible = (
        (distance < resolution_V)
        & ((magnitude <= 1.2 * plan.current_range_A) | (magnitude >= OVERFLOW_A))
        & (begun > -1.0)
        & (begun < 2.0 * plan.duration_s + 60.0)
    )
    if not possible.all():
        k = int(np.argmin(possible))
        raise InstrumentError(
            f"{resource}: a reading of {current[k]:g} A at {begun[k]:g} s with a source of {source[k]:g} V cannot be: "
            "the answer was garbled. What came before is kept",
            command=command,
        )
