"""Sweeps of the Keithley 2450, 2460 and 2461, and their trigger models.

Pages are those of the 2461 reference manual, section 6, and of the 2450's where said.
"""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim_instruments.keithley.common.trigger_model import (
    Block,
    BranchAlways,
    BranchCounter,
    BranchLimited,
    BufferClear,
    ConfigRecall,
    ConfigStep,
    Delay,
    NoOperation,
    SourceState,
    TakeReadings,
)
from sim_instruments.scpi.parser import Choice, Command, CommandTree, Numeric, boolean, string
from sim_instruments.scpi.status import ScpiError

if TYPE_CHECKING:
    from sim_instruments.keithley.common.settings import SourceSettings
    from sim_instruments.keithley.common.source_meter import SourceMeter

# Limits and defaults of sweeps, as in the manual's SOURce subsystem.
_DELAY = Numeric(0.0, 10e3, 0.0, "S")
_AUTO_DELAY_S = 1e-3  # assumed; the real one depends on the range
_SWEEP_DELAY = Numeric(-1.0, 10e3, -1.0, "S")  # -1: automatic
_PULSES = Numeric(0, 268_435_455, 1, integer=True)  # 0: without end
_POINTS_PER_COMMAND = 100  # pp. 6-78, 6-108
_MAX_POINTS = 2500
SWEEP_LIST = "SimSweepSource"
"""Where a sweep without a list of its own keeps its points; the name is assumed."""


def add_sweep_commands(tree: CommandTree, meter: SourceMeter, level_V: Numeric, level_A: Numeric) -> None:
    """Enter the sweeps."""
    _add_sweeps(tree, meter, "VOLTage", level_V)
    _add_sweeps(tree, meter, "CURRent", level_A)


def add_list(tree: CommandTree, node: str, level: Numeric) -> list[float]:
    """Enter a list of levels that is set in groups of 100 (pp. 6-78, 6-108); return the list itself."""
    points: list[float] = []

    def replace(*values: float) -> None:
        _check_length(len(values), len(values))
        points[:] = values

    def append(*values: float) -> None:
        _check_length(len(values), len(points) + len(values))
        points.extend(values)

    tree.add(node, Command(replace, (level,), 1, repeats=True))
    tree.add(f"{node}?", Command(lambda: ", ".join(f"{value:.10G}" for value in points) or "0"))
    tree.add(f"{node}:APPend", Command(append, (level,), 1, repeats=True))
    tree.add(f"{node}:POINts?", Command(lambda: str(len(points))))
    return points


def _check_length(given: int, total: int) -> None:
    if given > _POINTS_PER_COMMAND or total > _MAX_POINTS:
        raise ScpiError(-223, f"{given} values, {total} in all")


def _add_sweeps(tree: CommandTree, meter: SourceMeter, function: str, level: Numeric) -> None:
    points = add_list(tree, f":SOURce[1]:LIST:{function}", level)
    node, short = f":SOURce[1]:SWEep:{function}", function[:4].upper()

    def listed(
        start: float, delay: float = 0.0, count: float = 1.0, fail_abort: bool = True, buffer: str = "defbuffer1"
    ) -> None:
        """Load a sweep over the list from a point on (p. 6-78)."""
        chosen = points[int(start) - 1 :]
        if not chosen:
            raise ScpiError(-221, "the source list is empty from there on")
        _Sweep(delay, count, "AUTO", fail_abort, False, buffer).load(meter, short, chosen)
        rename_list(meter, SWEEP_LIST, f"{function[:4].capitalize()}CustomSweepList")  # p. 6-101

    def linear(start: float, stop: float, number: float, *rest: Any) -> None:
        _Sweep(*rest).load(meter, short, np.linspace(start, stop, int(number)).tolist())

    def stepped(start: float, stop: float, step: float, *rest: Any) -> None:
        number = int(abs(stop - start) / step * (1 + 1e-9)) + 1
        _Sweep(*rest).load(meter, short, (start + np.copysign(step, stop - start) * np.arange(number)).tolist())

    def logarithmic(start: float, stop: float, number: float, *rest: Any) -> None:
        if start * stop <= 0.0:
            raise ScpiError(-221, "a logarithmic sweep does not pass zero")
        _Sweep(*rest).load(meter, short, np.geomspace(start, stop, int(number)).tolist())

    first = Numeric(1, _MAX_POINTS, 1, integer=True)
    number, step = Numeric(2, 1e6, 2, integer=True), Numeric(1e-12, level.high, 1.0, level.unit)
    rest = (_SWEEP_DELAY, _PULSES, Choice(("AUTO", "BEST", "FIXed")), boolean, boolean, string)
    tree.add(f"{node}:LIST", Command(listed, (first, _DELAY, _PULSES, boolean, string), 1))
    tree.add(f"{node}:LINear", Command(linear, (level, level, number, *rest), 3))  # 2450: p. 6-81
    tree.add(f"{node}:LINear:STEP", Command(stepped, (level, level, step, *rest), 3))  # 2450: p. 6-83
    tree.add(f"{node}:LOG", Command(logarithmic, (level, level, number, *rest), 3))


@dataclass(frozen=True)
class _Sweep:
    """What sweeps have in common, in the order of their parameters (2450: p. 6-81): one reading a point."""

    delay_s: float = -1.0
    count: float = 1.0
    ranging: str = "BEST"
    fail_abort: bool = True
    dual: bool = False
    buffer: str = "defbuffer1"

    def load(self, meter: SourceMeter, function: str, levels: list[float]) -> None:
        """Load the trigger model of the sweep; the one that the instrument makes is assumed."""
        meter.require_idle()
        meter.buffer(self.buffer)
        if self.dual:
            levels = levels + levels[::-1]
        settings = [_swept(meter, function, level) for level in levels]
        if self.ranging == "BEST":
            widest = max(settings, key=lambda point: abs(point.level_V if function == "VOLT" else point.level_A))
            for point in settings:
                point.range_V, point.range_A = widest.range_V, widest.range_A
        for point in settings:
            automatic = self.ranging == "AUTO"
            if function == "VOLT":
                point.auto_range &= automatic
            else:
                point.auto_range_A &= automatic
        meter.source_lists[SWEEP_LIST] = settings
        digitize = meter.measure.digitize is not None
        delay_s = _AUTO_DELAY_S if self.delay_s < 0.0 else self.delay_s
        body: list[Block] = [Delay(delay_s), TakeReadings(self.buffer, 1, digitize)]
        load_sweep(meter, SWEEP_LIST, 1, self.buffer, body, len(levels) * int(self.count), fail_abort=self.fail_abort)


def _swept(meter: SourceMeter, function: str, level: float) -> SourceSettings:
    """Return the active source settings with a function at another level, on a range that holds it."""
    if function == "VOLT":
        settings = copy.deepcopy(meter.source)
        settings.level_V = level
        if settings.auto_range:
            settings.range_V = meter.electronics.voltage_range(level)
    else:
        settings = copy.deepcopy(meter.source)
        settings.level_A = level
        if settings.auto_range_A:
            settings.range_A = meter.electronics.current_range(level)
    settings.function = function
    return settings


def load_sweep(
    meter: SourceMeter, name: str, first: int, buffer: str, body: list[Block], loops: int, *, fail_abort: bool
) -> None:
    """Load a sweep's trigger model: the blocks of a point, `loops` times (0: without end), from a point of a list on.

    Which blocks the instrument makes is assumed.
    """
    blocks: list[Block] = [BufferClear(buffer), ConfigRecall(name, first), SourceState(on=True)]
    again = len(blocks) + 1
    blocks += body
    limited_at = len(blocks)
    if fail_abort:
        blocks.append(NoOperation())
    blocks.append(ConfigStep(name, 1))
    blocks.append(BranchCounter(loops, again) if loops else BranchAlways(again))
    blocks.append(SourceState(on=False))
    if fail_abort:
        blocks[limited_at] = BranchLimited(len(blocks))
    meter.trigger_model.load(blocks)


def rename_list(meter: SourceMeter, old: str, new: str) -> None:
    """Give the source configuration list of the sweep that is loaded another name; one of that name is replaced."""
    meter.source_lists[new] = meter.source_lists.pop(old)
    meter.trigger_model.load(
        [
            dataclasses.replace(block, config_list=new)
            if isinstance(block, ConfigRecall | ConfigStep) and block.config_list == old
            else block
            for block in meter.trigger_model.blocks
        ]
    )
