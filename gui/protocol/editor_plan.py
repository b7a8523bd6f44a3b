"""What a protocol asks for and what an instrument will do: curves, ranges, points. Without Qt, off the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gui.common.traces import waveform
from gui.protocol.editor_check import refusal
from protocols import format_duration, format_quantity
from protocols.acts import Control
from protocols.errors import LimitError, ProtocolError
from protocols.steps import StepList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from drivers import DrivePlan
    from drivers.planning.campaign import MakesPlan
    from gui.protocol.editor_check import Fault, Reading
    from protocols import Protocol, PulseSequence
    from protocols.campaigns import Campaign

    Curve = tuple[NDArray[np.float64], NDArray[np.float64]]

MOST_POINTS = 200
"""Points of a campaign that are planned and listed: they take some seconds. Doubled, the answer to a key press comes
twice as late."""
MOST_EDGES = 1500
"""Edges that are drawn in a window of time: one a pixel. Doubled, they are a surface."""
MOST_SAMPLES = 1500
"""Samples that are drawn in a window of time: one a pixel. Doubled, they are a line."""


@dataclass(frozen=True, eq=False)
class Curves:
    """Voltage and current over time as lines; not a number where that quantity is not set.

    Attributes
    ----------
    voltage, against_open, current : tuple of ndarray or None
        Time (s) and level (V, V from open circuit, A); None where it is never set. A voltage program of very many
        edges is thinned.
    sequence : PulseSequence or None
        The voltage program with all its edges; None where there is more to it than voltages.
    shift_s : float
        How much later it is drawn than its own times say.
    """

    voltage: Curve | None
    against_open: Curve | None = None
    current: Curve | None = None
    sequence: PulseSequence | None = None
    shift_s: float = 0.0

    def voltage_within(self, start_s: float, end_s: float) -> Curve | None:
        """Return the voltage in a window of time with all its edges, if they are few enough; else thinned."""
        if self.sequence is None:
            return self.voltage
        times = self.sequence.times_s + self.shift_s
        first = max(int(np.searchsorted(times, start_s)) - 1, 0)
        stop = min(int(np.searchsorted(times, end_s)) + 1, len(times))
        if stop - first > MOST_EDGES or stop <= first:
            return self.voltage
        ends = np.append(times[1:], self.sequence.duration_s + self.shift_s)[first:stop]
        levels = np.column_stack([self.sequence.start_V[first:stop], self.sequence.end_V[first:stop]])
        return np.column_stack([times[first:stop], ends]).ravel(), levels.ravel()

    def voltage_at(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the voltage at some times; not a number where none is set."""
        if self.sequence is not None:
            return self.sequence.voltage_at(times_s - self.shift_s)
        return np.full(len(times_s), np.nan) if self.voltage is None else level_at(self.voltage, times_s)


@dataclass(frozen=True, eq=False)
class Samples:
    """When the planned samples are: blocks within which they are evenly spaced.

    Attributes
    ----------
    first_s, interval_s : ndarray of float64, shape (n,)
    count : ndarray of int64, shape (n,)
    """

    first_s: NDArray[np.float64]
    interval_s: NDArray[np.float64]
    count: NDArray[np.int64]

    def within(self, start_s: float, end_s: float) -> NDArray[np.float64] | None:
        """Return the times (s) of the samples in a window of time; None if they are too many to be seen."""
        low = np.clip(np.ceil((start_s - self.first_s) / self.interval_s), 0, self.count)
        high = np.clip(np.floor((end_s - self.first_s) / self.interval_s) + 1, low, self.count)
        n = (high - low).astype(np.int64)
        if int(n.sum()) > MOST_SAMPLES:
            return None
        here = np.flatnonzero(n)
        blocks = [self.first_s[k] + self.interval_s[k] * np.arange(low[k], high[k]) for k in here]
        return np.concatenate(blocks) if blocks else np.empty(0)


@dataclass(frozen=True)
class PointRow:
    """A point of a campaign in the table: number, values, how long it takes, and why it cannot be measured."""

    number: int
    label: str
    duration_s: float
    refused: str = ""


@dataclass(frozen=True, eq=False)
class Preview:
    """A right text, and what an instrument will do for it.

    Attributes
    ----------
    model : str
    wanted : Curves
    planned : Curves or None
        None if the instrument cannot do it.
    samples : Samples or None
    limit_V, limit_A : float or None
    ranges_V, ranges_A : tuple of float
        Ranges of the instrument.
    facts : str
        What is planned, in a line.
    changes : tuple of str
        What is rounded, and what else differs from what was asked.
    faults : tuple of Fault
        Why the instrument cannot do it.
    rows : tuple of PointRow
        Of a campaign.
    n_points : int
        How many there are; 0 for a protocol.
    duration_s : float
    """

    model: str
    wanted: Curves
    planned: Curves | None
    samples: Samples | None
    limit_V: float | None
    limit_A: float | None
    ranges_V: tuple[float, ...]
    ranges_A: tuple[float, ...]
    facts: str
    changes: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    rows: tuple[PointRow, ...] = ()
    n_points: int = 0
    duration_s: float = 0.0


def preview(reading: Reading, driver: str, point: int = 1) -> Preview:
    """Plan a text that is right.

    Parameters
    ----------
    reading : Reading
    driver : str
        Name of the instrument's driver.
    point : int
        Number of the point of a campaign whose curves are wanted; the last one, if there are fewer.
    """
    from drivers import driver_named

    made_by = driver_named(driver)
    rows: tuple[PointRow, ...] = ()
    duration_s: float | None = None
    protocol, campaign = reading.protocol, reading.campaign
    if campaign is not None:
        rows, duration_s = _rows(campaign, made_by)
        protocol = campaign.points[min(point, len(campaign.points)) - 1].protocol
    if protocol is None:
        raise ValueError("a text with faults has no plan")
    plan: DrivePlan | None = None
    faults: tuple[Fault, ...] = ()
    try:
        plan = made_by.plan(protocol)
    except (ProtocolError, LimitError) as error:
        faults = refusal(error, reading.text)
    caps = made_by.capabilities
    length_s = protocol.duration_s if plan is None else plan.duration_s
    return Preview(
        model=caps.model if plan is None else plan.model,
        wanted=_shifted(wanted_curves(protocol), 0.0 if plan is None else _lead_in_s(protocol, plan)),
        planned=None if plan is None else planned_curves(plan),
        samples=None if plan is None else _samples(plan),
        limit_V=protocol.limits.voltage_V,
        limit_A=protocol.limits.current_A,
        ranges_V=tuple(caps.voltage_ranges_V),
        ranges_A=tuple(caps.current_ranges_A),
        facts="" if plan is None else _facts(plan),
        changes=() if plan is None else (*(str(one) for one in plan.roundings), *plan.remarks),
        faults=faults,
        rows=rows,
        n_points=0 if campaign is None else len(campaign.points),
        duration_s=length_s if duration_s is None else duration_s,
    )


def _lead_in_s(protocol: Protocol, plan: DrivePlan) -> float:
    """Return how long after the start of the run an instrument begins with what is asked for (s)."""
    wanted, planned = protocol.sequence.jumps()[0], plan.sequence.jumps()[0]
    return float(planned[0] - wanted[0]) if len(wanted) and len(planned) and not plan.acts else 0.0


def _shifted(curves: Curves, by_s: float) -> Curves:
    if not by_s or curves.voltage is None:
        return curves
    time, level = curves.voltage
    return replace(curves, voltage=(time + by_s, level), shift_s=by_s)


def _facts(plan: DrivePlan) -> str:
    ranges = f"{format_quantity(plan.voltage_range_V, 'V')}, {format_quantity(plan.current_range_A, 'A')}"
    n_edges = len(plan.sequence.jumps()[0])
    return (
        f"{format_duration(plan.duration_s)} · {n_edges:,} edges · {plan.n_recorded:,} samples "
        f"({plan.n_bytes / 1e6:.1f} MB) · {ranges}"
    )


def _rows(campaign: Campaign, driver: MakesPlan) -> tuple[tuple[PointRow, ...], float]:
    """Return the first points of a campaign as an instrument would measure them, and how long all of it takes (s)."""
    from drivers.planning.campaign import plan_campaign

    n = len(campaign.points)
    first = replace(campaign, points=campaign.points[:MOST_POINTS])  # type: ignore[arg-type] # it is only gone through
    plan = plan_campaign(first, driver)
    rows = tuple(
        PointRow(one.number, one.label, one.duration_s, "; ".join(map(str, one.refusal))) for one in plan.points
    )
    return rows, 0.5 * sum(plan.duration_s) * n / max(len(rows), 1)


def wanted_curves(protocol: Protocol) -> Curves:
    """Return what a protocol asks for, its repeats included."""
    recipe = protocol.sequence.recipe
    if isinstance(recipe, StepList) and recipe.demands:
        acts = recipe.acts() * protocol.repeats
        return _of_acts([(one.control, one.against_open, one.start, one.end, one.duration_s) for one in acts])
    whole = protocol.whole_sequence
    return Curves(waveform(whole), sequence=whole)


def planned_curves(plan: DrivePlan) -> Curves:
    """Return what an instrument will do; steps that end by a slope at their longest."""
    if plan.acts:
        return _of_acts(
            [(one.control, one.against_open, one.start, one.end, one.interval_s * one.count) for one in plan.acts]
        )
    return Curves(waveform(plan.sequence), sequence=plan.sequence)


def _of_acts(acts: Sequence[tuple[Control, bool, float, float, float]]) -> Curves:
    lasts = np.array([act[4] for act in acts])
    ends = np.cumsum(lasts)
    time = np.column_stack([ends - lasts, ends]).ravel()
    levels = np.array([[act[2], act[3]] for act in acts]).ravel()

    def where(control: Control, *, against_open: bool) -> Curve | None:
        is_set = np.repeat([act[0] is control and act[1] == against_open for act in acts], 2)
        return (time, np.where(is_set, levels, np.nan)) if is_set.any() else None

    return Curves(
        where(Control.VOLTAGE, against_open=False),
        where(Control.VOLTAGE, against_open=True),
        where(Control.CURRENT, against_open=False),
    )


def _samples(plan: DrivePlan) -> Samples:
    if plan.grid is not None:
        return Samples(plan.grid.first_s, plan.grid.interval_s, plan.grid.count)
    middle = 0.5 * plan.aperture_s
    return Samples(np.array([middle]), np.array([plan.interval_s]), np.array([plan.n_recorded], dtype=np.int64))


def level_at(curve: Curve, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the level of a line at some times; of two at one time the later."""
    time, level = curve
    k = np.clip(np.searchsorted(time, times_s, side="right") - 1, 0, len(time) - 2)
    span = time[k + 1] - time[k]
    share = np.divide(times_s - time[k], span, out=np.zeros_like(times_s), where=span > 0)
    return np.asarray(level[k] + (level[k + 1] - level[k]) * np.clip(share, 0.0, 1.0), dtype=np.float64)
