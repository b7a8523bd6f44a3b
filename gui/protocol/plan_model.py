"""Plan of a protocol as the operator reads it before pressing Run. Without Qt, and off the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocols import format_quantity

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from drivers import DrivePlan
    from protocols import Protocol


@dataclass(frozen=True, eq=False)
class PlanView:
    """A protocol, and what an instrument will do for it.

    Attributes
    ----------
    protocol : Protocol
    model : str
    facts : tuple of (str, str)
        Name and value of what is planned.
    changes : tuple of str
        What is rounded, what else differs from what was asked, and what is assumed.
    time_s, level_V : ndarray
        The voltage as it will be, as a line.
    """

    protocol: Protocol
    model: str
    facts: tuple[tuple[str, str], ...]
    changes: tuple[str, ...]
    time_s: NDArray[np.float64]
    level_V: NDArray[np.float64]


def plan_protocol(source: str | Path, driver: str) -> PlanView:
    """Read a protocol and plan it.

    Parameters
    ----------
    source : str or Path
        A protocol file, or the name of a ready protocol.
    driver : str
        Name of the instrument's driver.

    Raises
    ------
    ProtocolError, LimitError
        If the file has problems, or the instrument cannot do it: with every problem.
    """
    from drivers import driver_named  # in a worker thread, with arrays: the window paints before they are there
    from gui.common.traces import waveform
    from protocols import Protocol

    protocol = Protocol.load(source)
    plan = driver_named(driver).plan(protocol)
    time, level = waveform(plan.sequence)
    assumed = (f"assumed ({one.concern}): {one.text}" for one in plan.assumed)
    changes = (*(str(one) for one in plan.roundings), *plan.remarks, *assumed)
    return PlanView(protocol, plan.model, _facts(protocol, plan), changes, time, level)


def _facts(protocol: Protocol, plan: DrivePlan) -> tuple[tuple[str, str], ...]:
    n_edges = len(plan.sequence.jumps()[0])
    return (
        ("Duration", format_quantity(plan.duration_s, "s")),
        ("Edges", f"{n_edges:,}, up to {format_quantity(plan.sequence.max_abs_V, 'V')}"),
        ("Samples", f"{plan.n_recorded:,} ({plan.n_bytes / 1e6:.1f} MB)"),
        ("Sampling", _spacing(plan)),
        ("Limits", str(protocol.limits)),
        ("Compliance", format_quantity(plan.compliance_A, "A")),
        ("Ranges", f"{format_quantity(plan.voltage_range_V, 'V')}, {format_quantity(plan.current_range_A, 'A')}"),
        ("Sensing", "four wires" if plan.four_wire else "two wires"),
    )


def _spacing(plan: DrivePlan) -> str:
    if plan.grid is None:
        return f"every {format_quantity(plan.interval_s, 's')}, mean of {format_quantity(plan.aperture_s, 's')}"
    ends = (format_quantity(float(end), "s") for end in (plan.grid.interval_s.min(), plan.grid.interval_s.max()))
    return " to ".join(ends) + " apart"
