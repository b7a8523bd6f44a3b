"""Sweeps and pulses of the Keithley 2450, 2460 and 2461, and their trigger models.

Pages are those of the 2461 reference manual, section 6, and of the 2450's where said.
"""

from __future__ import annotations

import copy
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
_LIMIT = Numeric(1e-8, 10.5, 1.05e-4, "A")
_WIDTH = Numeric(150e-6, 10e3, 150e-6, "S")  # p. 6-121: minimum pulse width 150 us
_PULSES = Numeric(0, 268_435_455, 1, integer=True)  # 0: without end
_POINTS_PER_COMMAND = 100  # pp. 6-78, 6-108
_MAX_POINTS = 2500
# Where the generated sweeps keep their points; the names are assumed.
_SWEEP_LIST, _PULSE_LIST = "SimSweepSource", "SimPulseSource"


def add_sweep_commands(
    tree: CommandTree, meter: SourceMeter, level_V: Numeric, level_A: Numeric, *, pulses: bool
) -> None:
    """Enter the sweeps, and the pulses if the model has them."""
    _add_sweeps(tree, meter, "VOLTage", level_V)
    _add_sweeps(tree, meter, "CURRent", level_A)
    if pulses:
        _add_pulses(tree, meter, level_V)


def _add_list(tree: CommandTree, node: str, level: Numeric) -> list[float]:
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
    points = _add_list(tree, f":SOURce[1]:LIST:{function}", level)
    node, short = f":SOURce[1]:SWEep:{function}", function[:4].upper()

    def listed(
        start: float, delay: float = 0.0, count: float = 1.0, fail_abort: bool = True, buffer: str = "defbuffer1"
    ) -> None:
        """Load a sweep over the list from a point on (p. 6-78)."""
        chosen = points[int(start) - 1 :]
        if not chosen:
            raise ScpiError(-221, "the source list is empty from there on")
        _Sweep(delay, count, "AUTO", fail_abort, False, buffer).load(meter, short, chosen)

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
        meter.source_lists[_SWEEP_LIST] = settings
        digitize = meter.measure.digitize is not None
        delay_s = _AUTO_DELAY_S if self.delay_s < 0.0 else self.delay_s
        body: list[Block] = [Delay(delay_s), TakeReadings(self.buffer, 1, digitize)]
        _load(meter, _SWEEP_LIST, self.buffer, body, len(levels) * int(self.count), fail_abort=self.fail_abort)


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


@dataclass(frozen=True)
class Pulses:
    """What pulse trains and pulse list sweeps have in common, in the order of their parameters (p. 6-121)."""

    measure: bool = True
    buffer: str = "defbuffer1"
    delay_s: float = 0.0
    off_s: float = 0.0
    bias_limit: float | None = 1.05e-4
    pulse_limit: float | None = 1.05e-4
    fail_abort: bool = True

    def load(self, meter: SourceMeter, levels: list[float], bias_V: float, width_s: float, count: int) -> None:
        """Load the trigger model of the pulses; the one that the instrument makes is assumed."""
        meter.require_idle()
        meter.buffer(self.buffer)
        if not levels:
            raise ScpiError(-221, "the pulse list is empty")
        reading = meter.measure.interval_s if self.measure else 0.0
        if reading > width_s:
            raise ScpiError(-221, f"a reading takes {reading:g} s, the pulse {width_s:g} s")
        alternating: list[SourceSettings] = []
        for level in levels:
            alternating += [_at(meter, bias_V, self.bias_limit), _at(meter, level, self.pulse_limit)]
        meter.source_lists[_PULSE_LIST] = alternating
        # The reading ends with the pulse.
        digitize = meter.measure.digitize is not None
        top: list[Block] = [TakeReadings(self.buffer, 1, digitize)] if self.measure else []
        body = [Delay(self.delay_s), ConfigStep(_PULSE_LIST, 1), Delay(width_s - reading), *top]
        pulses = len(levels) * count
        _load(meter, _PULSE_LIST, self.buffer, body, pulses, fail_abort=self.fail_abort, off_s=self.off_s)


def _add_pulses(tree: CommandTree, meter: SourceMeter, level: Numeric) -> None:
    points = _add_list(tree, ":SOURce[1]:PULSe:LIST:VOLTage", level)
    before = (boolean, string, _DELAY, _DELAY)
    after = (_LIMIT, _LIMIT, boolean)

    def train(bias: float, top: float, width: float, count: float, *rest: Any) -> None:
        Pulses(*rest).load(meter, [top], bias, width, int(count))

    def sweep(bias: float, width: float, *rest: Any) -> None:
        """Take the parameters in the order of the linear pulse sweep (p. 6-110) less its levels: assumed."""
        count = int(rest[4]) if len(rest) > 4 else 1
        Pulses(*rest[:4], *rest[5:]).load(meter, list(points), bias, width, count)

    tree.add(":SOURce[1]:PULSe:TRain:VOLTage", Command(train, (level, level, _WIDTH, _PULSES, *before, *after), 4))
    tree.add(":SOURce[1]:PULSe:SWEep:VOLTage:LIST", Command(sweep, (level, _WIDTH, *before, _PULSES, *after), 2))


def _at(meter: SourceMeter, level: float, limit: float | None = None) -> SourceSettings:
    """Return the active source settings at another level and limit, on a range that holds it."""
    settings = copy.deepcopy(meter.source)
    if settings.function == "CURR":
        settings = _swept(meter, "CURR", level)
        settings.limit_V = settings.limit_V if limit is None else limit
        return settings
    settings.level_V = level
    if limit is not None:
        settings.limit_A = limit
    if settings.auto_range:
        settings.range_V = meter.electronics.voltage_range(level)
    return settings


def _load(
    meter: SourceMeter,
    config_list: str,
    buffer: str,
    body: list[Block],
    loops: int,
    *,
    fail_abort: bool,
    off_s: float | None = None,
) -> None:
    """Load a sweep's trigger model: `body` and a recall (then, for pulses, `off_s`), `loops` times (0: without end)."""
    blocks: list[Block] = [BufferClear(buffer), ConfigRecall(config_list, 1), SourceState(on=True)]
    first = len(blocks) + 1
    blocks += body
    limited_at = len(blocks)
    if fail_abort:
        blocks.append(NoOperation())
    blocks.append(ConfigStep(config_list, 1))
    if off_s is not None:
        blocks.append(Delay(off_s))
    blocks.append(BranchCounter(loops, first) if loops else BranchAlways(first))
    blocks.append(SourceState(on=False))
    if fail_abort:
        blocks[limited_at] = BranchLimited(len(blocks))
    meter.trigger_model.load(blocks)
