"""What ends a primitive of a Zahner potentiostat before its time.

After the vendor's client ``zahner_potentiostat`` 1.1.2, ``scpi_control/control.py``: the global limits switch off and
are an error; the parameters' limits, charges and tolerances end a primitive with ok. Limits act "at the latest at the
next integer multiple of the sampling period" (``setGlobalLimitCheckToleranceTime``): here at each sample.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_instruments.zahner.settings import LIMIT, OK

if TYPE_CHECKING:
    from sim_instruments.zahner.settings import Settings

POLARIZATION, RAMP, OCV_SCAN, STAIRS = "Polarization", "Ramp", "OCV Scan", "IE Stairs"
"""Names of primitives on the live port (assumed)."""


class Watch:
    """Looks at every sample of one primitive.

    Parameters
    ----------
    settings : Settings
    name : str
        Of the primitive.
    """

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings = settings
        self._name = name
        self._outside_s: dict[bool, float] = {}
        self._charge_C = 0.0
        self._first: float | None = None
        self._before = (0.0, 0.0)

    @property
    def active(self) -> bool:
        """Whether anything can end the primitive."""
        s = self._settings
        limits = (s.voltage_limits, s.current_limits, s.para_voltage_limits, s.para_current_limits)
        return any(each.on for each in (*limits, s.para_charge_limits, s.para_change))

    def ends(self, time_s: float, voltage_V: float, current_A: float) -> int | None:
        """Return what the primitive ends with at a sample, or None if it goes on.

        Parameters
        ----------
        time_s : float
            Since its start.
        voltage_V, current_A : float
        """
        s = self._settings
        inside = s.voltage_limits.holds(voltage_V) and (self._name == OCV_SCAN or s.current_limits.holds(current_A))
        if self._outside_for(time_s, inside=inside, is_global=True) > s.tolerance_s:
            return LIMIT
        # "The voltage is checked in galvanostatic primitives", the current in potentiostatic ones; of an OCV scan "if
        # the voltage ... exceeds a maximum or falls below a minimum".
        by_voltage = s.galvanostatic or self._name == OCV_SCAN
        limits, value = (s.para_voltage_limits, voltage_V) if by_voltage else (s.para_current_limits, current_A)
        if self._outside_for(time_s, inside=limits.holds(value), is_global=False) > s.para_tolerance_s:
            return OK
        charged = self._charged(time_s, current_A)
        settled = self._settled(time_s, value)
        self._before = (time_s, value)
        return OK if charged or settled else None

    def _outside_for(self, time_s: float, *, inside: bool, is_global: bool) -> float:
        """Return for how long a limit has been passed, and a little more; -1 if it is not."""
        if inside:
            self._outside_s.pop(is_global, None)
            return -1.0
        return time_s - self._outside_s.setdefault(is_global, time_s) + 1e-9

    def _charged(self, time_s: float, current_A: float) -> bool:
        """Whether the charge since the start, positive and negative, has passed its limits: of a polarization."""
        self._charge_C += current_A * (time_s - self._before[0])
        return self._name == POLARIZATION and not self._settings.para_charge_limits.holds(self._charge_C)

    def _settled(self, time_s: float, value: float) -> bool:
        """Whether the complementary quantity changes more slowly than a tolerance: polarization and OCV scan."""
        s, (before_s, before) = self._settings, self._before
        if self._first is None:
            self._first = value
            return False
        if not s.para_change.on or self._name == RAMP or time_s < s.para_shortest_s:
            return False
        rate = abs(value - before) / (time_s - before_s)
        # "The current change is divided by the size at the start."
        return rate < s.para_change.absolute or rate < s.para_change.relative * abs(self._first)
