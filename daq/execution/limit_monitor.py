"""Has the cell seen more than it may? Checked on every block of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from drivers import Status
from protocols import LimitError, format_quantity

if TYPE_CHECKING:
    from drivers import Block, DrivePlan
    from protocols import Limits


class LimitWatch:
    """Follows voltage, current, charge and energy through a run.

    Parameters
    ----------
    limits : Limits
        The strictest of all that apply.
    plan : DrivePlan
        For the measuring range: a reading beyond it may be beyond the limit.

    Attributes
    ----------
    charge_C, energy_J : float
        Net charge passed, and the integral of the power's magnitude.
    """

    def __init__(self, limits: Limits, plan: DrivePlan) -> None:
        self._limits = limits
        self._interval_s = plan.interval_s
        self._compliance_A = plan.compliance_A
        self._overload_counts = limits.current_A is not None and 1.05 * plan.current_range_A >= limits.current_A
        self.charge_C = 0.0
        self.energy_J = 0.0

    def check(self, block: Block) -> None:
        """Take in the next samples.

        Raises
        ------
        LimitError
            Names the quantity, its value, the limit and the time of the first sample beyond it.
        """
        if len(block) == 0:
            return
        current = np.nan_to_num(block.current_A, nan=0.0)
        # An overloaded reading may have been as much as the compliance lets through, in the voltage's direction.
        passed = np.where(np.isnan(block.current_A), np.copysign(self._compliance_A, block.voltage_V), block.current_A)
        charge = self.charge_C + np.cumsum(passed) * self._interval_s
        energy = self.energy_J + np.cumsum(np.abs(passed * block.voltage_V)) * self._interval_s
        self.charge_C, self.energy_J = float(charge[-1]), float(energy[-1])
        limits = self._limits
        for name, values, limit, unit in (
            ("voltage", block.voltage_V, limits.voltage_V, "V"),
            ("current", current, limits.current_A, "A"),
            ("charge", charge, limits.charge_C, "C"),
            ("energy", energy, limits.energy_J, "J"),
        ):
            if limit is None:
                continue
            # The source's own grid may sit a hair above a decimal limit.
            over = np.flatnonzero(np.abs(values) > limit * (1 + 1e-9))
            if over.size:
                k = int(over[0])
                raise LimitError(
                    f"{name} {format_quantity(float(values[k]), unit)} at {format_quantity(float(block.t_s[k]), 's')} "
                    f"is over the limit of {format_quantity(limit, unit)}"
                )
        self._check_flags(block)

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
