"""Pulses of the Keithley 2461: trains, sweeps, and the trigger models that play them.

Pages are those of the 2461 reference manual (2461-901-01 Rev. A); "user" is its user's manual (2461-900-01 Rev. A).
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
    PulseState,
    SourceState,
    TakeReadings,
)
from sim_instruments.keithley.k2450.sweeps import add_list
from sim_instruments.scpi.parser import Command, CommandTree, Numeric, boolean, string
from sim_instruments.scpi.settings import add_number
from sim_instruments.scpi.status import ScpiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.keithley.common.settings import SourceSettings
    from sim_instruments.keithley.common.source_meter import SourceMeter

# Limits and defaults of the parameters, pp. 6-119, 6-121, 8-192.
_DELAY = Numeric(0.0, 10e3, 0.0, "S")
_WIDTH = Numeric(150e-6, 10e3, 150e-6, "S")
_PULSES = Numeric(0, 268_435_455, 1, integer=True)  # 0: without end
_POINTS = Numeric(2, 1e6, 2, integer=True)
_LIMIT_A, _LIMIT_V = Numeric(1e-8, 10.5, 1.05e-4, "A"), Numeric(2e-3, 105.0, 7.35, "V")
_UNNAMED_LIST = "SimPulseSource"
"""Of a train or a linear sweep by SCPI: the instrument's own name for it is assumed."""
MEASURE_PREFIX = "Meas"
"""Before a list's name: its measure settings, as the maker's 2461_PulseSweep_TriggerOut.tsp has it."""
_LIST_DEFAULTS: tuple[Any, ...] = (True, "defbuffer1", 1.0, 1.0, 0.0, 0.0, True)
"""Of what may be given of a list sweep after its width."""


@dataclass(frozen=True)
class Pulses:
    """What pulse trains and pulse sweeps have in common, in the order of a train's parameters (p. 6-121)."""

    measure: bool = True
    buffer: str = "defbuffer1"
    delay_s: float = 0.0
    off_s: float = 0.0
    bias_limit: float | None = None
    pulse_limit: float | None = None
    fail_abort: bool = True

    def set_up(
        self, meter: SourceMeter, name: str, levels: list[float], bias: float, width_s: float, count: float
    ) -> None:
        """Make the configuration lists of some pulses, and their trigger model.

        A point of the source's list is a pulse with the bias that it starts from; the measure list keeps the settings
        of now: "executing the pulse command ... takes a snapshot of the active source and digitize settings" (user p.
        10-6).
        """
        meter.require_idle()
        points = [self._point(meter, bias, level) for level in levels]
        _widen(meter, points)
        if not points:
            raise ScpiError(-221, "the pulse list is empty")
        self._check(meter, width_s)
        meter.source_lists[name] = points
        meter.measure_lists[MEASURE_PREFIX + name] = [copy.deepcopy(meter.measure)]
        self._load(meter, ConfigRecall(MEASURE_PREFIX + name, 1, name, 1), width_s, len(points) * int(count))

    def set_up_list(self, meter: SourceMeter, name: str, first: float, width_s: float, count: float) -> None:
        """Make the trigger model of pulses whose list is there already, from a point on."""
        meter.require_idle()
        points = len(meter.source_list(name)) - int(first) + 1
        if points < 1:
            raise ScpiError(-221, f"the list {name!r} is empty from there on")
        self._check(meter, width_s)
        self._load(meter, ConfigRecall(name, int(first)), width_s, points * int(count))

    def _check(self, meter: SourceMeter, width_s: float) -> None:
        meter.buffer(self.buffer)
        reading = meter.measure.interval_s if self.measure else 0.0
        if reading > width_s:
            raise ScpiError(-221, f"a reading takes {reading:g} s, the pulse {width_s:g} s")

    def _point(self, meter: SourceMeter, bias: float, level: float) -> SourceSettings:
        """Return the active source settings with a bias and a pulse; the limits stay unless they are given."""
        point = copy.deepcopy(meter.source)
        unit, limit = ("V", "A") if point.function == "VOLT" else ("A", "V")
        setattr(point, f"level_{unit}", bias)
        setattr(point, f"pulse_level_{unit}", level)
        if self.bias_limit is not None:
            setattr(point, f"limit_{limit}", self.bias_limit)
        if self.pulse_limit is not None:
            setattr(point, f"pulse_limit_{limit}", self.pulse_limit)
        return point

    def _load(self, meter: SourceMeter, recall: ConfigRecall, width_s: float, pulses: int) -> None:
        """Load the trigger model: blocks as in the maker's script; where a limit is looked at is assumed."""
        name = recall.other_list or recall.config_list
        digitize = meter.measure.digitize is not None
        reading = meter.measure.interval_s if self.measure else 0.0
        following = 5
        blocks: list[Block] = [BufferClear(self.buffer), recall, SourceState(on=True), BranchAlways(following + 1)]
        blocks += [ConfigStep(name, 1), Delay(self.delay_s), PulseState(on=True), Delay(width_s - reading)]
        if self.measure:  # the reading ends with the pulse
            blocks.append(TakeReadings(self.buffer, 1, digitize))
        limited_at = len(blocks)
        blocks.append(NoOperation())
        blocks += [PulseState(on=False), Delay(self.off_s)]
        blocks.append(BranchCounter(pulses, following) if pulses else BranchAlways(following))
        blocks.append(SourceState(on=False))
        if self.fail_abort:
            blocks[limited_at] = BranchLimited(len(blocks))
        meter.trigger_model.load(blocks)


def _widen(meter: SourceMeter, points: list[SourceSettings]) -> None:
    """Give points on a fixed range one that holds all of them: "the instrument will select a best fixed range".

    The words are of the maker's 2461_PulseSweep_TriggerOut.tsp; its Pulse_10Aat100V.tsp pulses to 10 A from the 1 A
    range.
    """
    electronics = meter.electronics
    widest_V = max((max(abs(point.level_V), abs(point.pulse_level_V)) for point in points), default=0.0)
    widest_A = max((max(abs(point.level_A), abs(point.pulse_level_A)) for point in points), default=0.0)
    for point in points:
        if point.function == "VOLT" and not point.auto_range:
            point.range_V = max(point.range_V, electronics.voltage_range(widest_V))
        if point.function == "CURR" and not point.auto_range_A:
            point.range_A = max(point.range_A, electronics.current_range(widest_A))


def add_pulse_commands(tree: CommandTree, meter: SourceMeter, level_V: Numeric, level_A: Numeric) -> None:
    """Enter the pulses."""
    for function, level, limit, node in (
        ("VOLTage", level_V, _LIMIT_A, "ILIMit"),
        ("CURRent", level_A, _LIMIT_V, "VLIMit"),
    ):
        _add_settings(tree, meter, function, level, limit, node)
        _add_sweeps(tree, meter, function, level, limit)

    def switch(number: float, state: bool) -> None:
        meter.require_idle()
        meter.trigger_model.set_block(int(number), PulseState(state))

    block = Numeric(1, 63, 1, integer=True)
    tree.add(":TRIGger:BLOCk:SOURce:PULSe:STATe", Command(switch, (block, boolean), 2))  # p. 6-207


def _add_settings(
    tree: CommandTree, meter: SourceMeter, function: str, level: Numeric, limit: Numeric, limit_node: str
) -> None:
    """Enter pulse level (p. 6-105) and limit (p. 6-104)."""

    def setting(field: str) -> tuple[Callable[[], float], Callable[[float], None]]:
        return lambda: getattr(meter.source, field), lambda value: meter.change_source(**{field: value})

    node = f":SOURce[1]:PULSe:{function}"
    add_number(tree, f"{node}[:LEVel][:IMMediate][:AMPLitude]", level, *setting(f"pulse_level_{level.unit}"))
    add_number(tree, f"{node}:{limit_node}[:LEVel]", limit, *setting(f"pulse_limit_{limit.unit}"))


def _add_sweeps(tree: CommandTree, meter: SourceMeter, function: str, level: Numeric, limit: Numeric) -> None:
    """Enter train, linear sweep and list sweep of a source function."""
    levels = add_list(tree, f":SOURce[1]:PULSe:LIST:{function}", level)
    short = function[:4].upper()

    def checked() -> None:
        if meter.source.function != short:
            raise ScpiError(-221, f"the source function is {meter.source.function}")

    def train(bias: float, top: float, width: float, count: float, *rest: Any) -> None:
        checked()
        Pulses(*rest).set_up(meter, _UNNAMED_LIST, [top], bias, width, count)

    def linear(bias: float, start: float, stop: float, points: float, width: float, *rest: Any) -> None:
        checked()
        set_up_linear(meter, _UNNAMED_LIST, bias, np.linspace(start, stop, int(points)).tolist(), width, rest)

    def listed(width: float, *rest: Any) -> None:
        """Take the parameters in the order of the example on p. 6-107."""
        checked()
        source, first, count, pulses = meter.source, *list_parameters(rest)
        bias = source.level_V if short == "VOLT" else source.level_A
        name = f"{short.capitalize()}PulseCustomSweepList"  # p. 6-107
        pulses.set_up(meter, name, levels[first - 1 :], bias, width, count)

    before = (boolean, string, _DELAY, _DELAY)
    node = ":SOURce[1]:PULSe"
    limits = (limit, limit, boolean)
    tree.add(f"{node}:TRain:{function}", Command(train, (level, level, _WIDTH, _PULSES, *before, *limits), 4))
    swept = (level, level, level, _POINTS, _WIDTH)
    tree.add(f"{node}:SWEep:{function}:LINear", Command(linear, (*swept, *before, _PULSES, *limits, boolean), 5))
    kinds = (_WIDTH, boolean, string, Numeric(1, 2500, 1, integer=True), _PULSES, _DELAY, _DELAY, boolean)
    tree.add(f"{node}:SWEep:{function}:LIST", Command(listed, kinds, 1))


def set_up_linear(
    meter: SourceMeter, name: str, bias: float, levels: list[float], width_s: float, rest: tuple[Any, ...]
) -> None:
    """Set up a sweep through some levels.

    Parameters
    ----------
    meter : SourceMeter
    name : str
        Of its configuration list.
    bias : float
        Between pulses.
    levels : list of float
        Of the pulses.
    width_s : float
    rest : tuple
        What may be given besides, in the order of p. 6-110: measure, buffer, delay, off time, count, limits of bias and
        pulse, whether it ends at a limit, whether it goes back.
    """
    if len(rest) > 8 and rest[8]:
        levels = levels + levels[::-1]
    Pulses(*rest[:4], *rest[5:8]).set_up(meter, name, levels, bias, width_s, rest[4] if len(rest) > 4 else 1)


def list_parameters(rest: tuple[Any, ...]) -> tuple[int, float, Pulses]:
    """Return the first point of a list sweep, how often it is played, and the rest.

    Parameters
    ----------
    rest : tuple
        What may be given after the width, in the order of the example on p. 6-107: measure, buffer, first point, count,
        delay, off time, whether it ends at a limit.
    """
    measure, buffer, first, count, delay, off, fail_abort = (*rest, *_LIST_DEFAULTS[len(rest) :])
    return int(first), count, Pulses(measure, buffer, delay, off, fail_abort=fail_abort)
