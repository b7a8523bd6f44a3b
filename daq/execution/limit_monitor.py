"""Limits of voltage, current, charge and energy, and what ends a campaign, checked on every block of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from daq.state import CAMPAIGN_ENDS
from drivers import Status
from protocols import IonechoError, LimitError, format_quantity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from daq.execution.run_request import StopThreshold
    from drivers import Block, DrivePlan
    from protocols import Limits

# Share of a limit by which a reading may exceed it: the source's own grid may sit a rounding error above a decimal
# limit. Far below the resolution of any instrument.
_ROUNDING = 1e-9
# Instruments measure up to 105 % of a range's nominal value before they flag an overload: where that reaches the limit,
# an overload may hide a current over the limit.
_RANGE_USED = 1.05
# Units of what can end a campaign.
_UNITS = {"current": "A", "charge": "C", "energy": "J"}


class StopConditionMet(IonechoError):  # noqa: N818 - nothing went wrong
    """A measured value at which the campaign is to end."""


class LimitMonitor:
    """Voltage, current, charge and energy through a run, against their limits.

    Parameters
    ----------
    limits : Limits
        The strictest of all that apply.
    plan : DrivePlan
        For the measuring range: a reading beyond it may be beyond the limit.
    thresholds : sequence of StopThreshold, optional
        Values that end the run, and its campaign.

    Attributes
    ----------
    charge_C, energy_J : float
        Net charge passed, and the integral of the power's magnitude.
    """

    def __init__(self, limits: Limits, plan: DrivePlan, thresholds: Sequence[StopThreshold] = ()) -> None:
        self._limits, self._thresholds = limits, thresholds
        self._beyond_range_A = _RANGE_USED * plan.current_range_A
        self._interval_s = plan.interval_s
        # Of a model that samples by step itself: each sample stands for the time since the one before.
        is_uneven = plan.grid is not None and not plan.is_averaged
        self._last_s: float | None = 0.0 if is_uneven else None
        self._compliance_A = plan.compliance_A
        self._overload_counts = limits.current_A is not None and self._beyond_range_A >= limits.current_A
        self.charge_C = 0.0
        self.energy_J = 0.0

    def check(self, block: Block) -> None:
        """Take in the next samples and compare them with the limits.

        Raises
        ------
        LimitError
            Names the quantity, its value, the limit and the time of the first sample beyond it.
        StopConditionMet
            If all limits hold, and a value is beyond a threshold.
        """
        if len(block) == 0:
            return
        current = np.nan_to_num(block.current_A, nan=0.0)
        # An overloaded reading may have been as much as the compliance lets through, in the voltage's direction.
        passed = np.where(np.isnan(block.current_A), np.copysign(self._compliance_A, block.voltage_V), block.current_A)
        lasted_s = self._lasted_s(block)
        charge = self.charge_C + np.cumsum(passed * lasted_s)
        energy = self.energy_J + np.cumsum(np.abs(passed * block.voltage_V) * lasted_s)
        self.charge_C, self.energy_J = float(charge[-1]), float(energy[-1])
        limits = self._limits
        _check("voltage", block.voltage_V, "V", block.t_s, limits.voltage_V)
        _check("current", current, "A", block.t_s, limits.current_A)
        _check("charge", charge, "C", block.t_s, limits.charge_C)
        _check("energy", energy, "J", block.t_s, limits.energy_J)
        self._check_flags(block)
        if self._thresholds:
            # An overloaded reading was beyond the range at least, in the voltage's direction.
            beyond = np.copysign(self._beyond_range_A, block.voltage_V)
            seen = np.where(np.isnan(block.current_A), beyond, block.current_A)
            self._check_thresholds({"current": seen, "charge": charge, "energy": energy}, block.t_s)

    def _check_thresholds(self, values: Mapping[str, NDArray[np.float64]], t_s: NDArray[np.float64]) -> None:
        for one in self._thresholds:
            sign = 1.0 if one.above else -1.0
            beyond = np.flatnonzero(sign * (values[one.quantity] - one.value) > _ROUNDING * abs(one.value))
            if beyond.size:
                k = int(beyond[0])
                value = format_quantity(float(values[one.quantity][k]), _UNITS[one.quantity])
                when = format_quantity(float(t_s[k]), "s")
                raise StopConditionMet(f"{CAMPAIGN_ENDS}{one.text} ({one.quantity} {value} at {when})")

    def _lasted_s(self, block: Block) -> NDArray[np.float64]:
        """Return for how long each sample stands."""
        if self._last_s is None:
            return np.full(len(block), self._interval_s)
        lasted_s = np.diff(block.t_s, prepend=self._last_s)
        self._last_s = float(block.t_s[-1])
        return lasted_s

    def _check_flags(self, block: Block) -> None:
        limit = self._limits.current_A
        if limit is None:
            return
        flags = Status.COMPLIANCE | (Status.OVERLOAD if self._overload_counts else 0)
        hit = np.flatnonzero(block.status & flags)
        if hit.size:
            when = format_quantity(float(block.t_s[hit[0]]), "s")
            raise LimitError(
                f"current at the instrument's compliance of {format_quantity(self._compliance_A, 'A')} or beyond its "
                f"measuring range from {when} on: the instrument held it there; the limit is "
                f"{format_quantity(limit, 'A')}"
            )


def _check(name: str, values: NDArray[np.float64], unit: str, t_s: NDArray[np.float64], limit: float | None) -> None:
    if limit is None:
        return
    over = np.flatnonzero(np.abs(values) > limit * (1 + _ROUNDING))
    if over.size:
        k = int(over[0])
        raise LimitError(
            f"{name} {format_quantity(float(values[k]), unit)} at {format_quantity(float(t_s[k]), 's')} "
            f"is over the limit of {format_quantity(limit, unit)}"
        )
