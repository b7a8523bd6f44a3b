"""Sample of a run as `ionecho fit` was told of it, beside what the run file says."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from ionecho.commands.refusals import UsageError
from protocols import Sample, parse_quantity


@dataclass(frozen=True)
class GivenSample:
    """What the command line says of a sample; None where it says nothing.

    Attributes
    ----------
    thickness_m, area_m2, permittivity, grain_size_m, temperature_K : float or None
    """

    thickness_m: float | None = None
    area_m2: float | None = None
    permittivity: float | None = None
    grain_size_m: float | None = None
    temperature_K: float | None = None

    @classmethod
    def parsed(
        cls, thickness: str, area: str, permittivity: float | None, grain_size: str, temperature_K: float | None
    ) -> GivenSample:
        """Read what was given, with units; empty or None is not given.

        Raises
        ------
        UsageError
            If a text is no quantity, or a number cannot be meant.
        """
        if permittivity is not None and not 1.0 <= permittivity < math.inf:
            raise UsageError(f"a relative permittivity is a number from 1 on, not {permittivity:g}", "--permittivity")
        return cls(
            parsed(thickness, "m", "--thickness") if thickness else None,
            parsed(area, "m^2", "--area") if area else None,
            permittivity,
            parsed(grain_size, "m", "--grain-size") if grain_size else None,
            temperature_K,
        )

    def over(self, known: Sample) -> Sample:
        """Return a sample with what is given in place of what is known."""
        return replace(known, **{name: value for name, value in vars(self).items() if value is not None})


def parsed(text: str, unit: str, option: str) -> float:
    """Return a quantity above zero of the command line (SI).

    Raises
    ------
    UsageError
        If it is none.
    """
    try:
        value = parse_quantity(text, unit)
    except ValueError as error:
        raise UsageError(str(error), option) from None
    if not (math.isfinite(value) and value > 0.0):
        raise UsageError(f"expected more than zero, not {text!r}", option)
    return value
