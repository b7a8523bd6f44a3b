"""Commands of a channel: ``smua`` and ``smub``.

Series 2600B Reference Manual (2600BS-901-01 Rev. F), section 9. Calibration and saving to
flash are not modelled: those commands do not exist here. A contact check finds good contacts.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

from sim_instruments.keithley.k2600 import buffers, channel
from sim_instruments.keithley.k2600.buffer_commands import add_buffer_commands
from sim_instruments.keithley.k2600.buffers import ReadingBuffer
from sim_instruments.keithley.k2600.channel import EVENTS, Channel
from sim_instruments.keithley.k2600.errors import TspError
from sim_instruments.keithley.k2600.numbers import number, one_of, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.keithley.k2600.interpreter import Interpreter

# Values of the constants of the TSP language (manual section 9).
_CONSTANTS = {
    "OUTPUT_DCAMPS": 0,
    "OUTPUT_DCVOLTS": 1,
    "OUTPUT_OFF": 0,
    "OUTPUT_ON": 1,
    "OUTPUT_HIGH_Z": 2,
    "OUTPUT_NORMAL": 0,
    "OUTPUT_ZERO": 1,
    "SENSE_LOCAL": 0,
    "SENSE_REMOTE": 1,
    "AUTORANGE_OFF": 0,
    "AUTORANGE_ON": 1,
    "AUTOZERO_OFF": 0,
    "AUTOZERO_ONCE": 1,
    "AUTOZERO_AUTO": 2,
    "DELAY_OFF": 0,
    "DELAY_AUTO": -1,
    "DISABLE": 0,
    "ENABLE": 1,
    "ASYNC": 2,
    "SOURCE_IDLE": 0,
    "SOURCE_HOLD": 1,
    "SETTLE_SMOOTH": 0,
    "SETTLE_FAST_RANGE": 1,
    "SETTLE_FAST_POLARITY": 2,
    "SETTLE_DIRECT_IRANGE": 3,
    "SETTLE_FAST_ALL": 128,
    "FILTER_OFF": 0,
    "FILTER_ON": 1,
    "FILTER_MOVING_AVG": 0,
    "FILTER_REPEAT_AVG": 1,
    "FILTER_MEDIAN": 2,
    "REL_OFF": 0,
    "REL_ON": 1,
    "FILL_ONCE": 0,
    "FILL_WINDOW": 1,
    "LIMIT_AUTO": 0,
    "LIMIT_OFF": "off",
    "CONTACT_FAST": 0,
    "CONTACT_MEDIUM": 1,
    "CONTACT_SLOW": 2,
}
_VOLTS, _AMPS = 40.4, 3.03  # 101 % of the highest ranges
# Attributes with their checks: limits as in the manual's section 9.
_SOURCE = {
    "func": one_of(0, 1),
    "levelv": number(-_VOLTS, _VOLTS),
    "leveli": number(-_AMPS, _AMPS),
    "rangev": number(-_VOLTS, _VOLTS),
    "rangei": number(-_AMPS, _AMPS),
    "autorangev": one_of(0, 1),
    "autorangei": one_of(0, 1),
    "limitv": number(10e-3, _VOLTS),
    "limiti": number(10e-9, _AMPS),
    "delay": number(-1.0, 1e5),
    "offmode": one_of(0, 1, 2),
    "offfunc": one_of(0, 1),
    "offlimiti": number(10e-9, _AMPS),
    "offlimitv": number(10e-3, _VOLTS),
    "highc": one_of(0, 1),
    "settling": one_of(0, 1, 2, 3, 128),
    "sink": one_of(0, 1),
}
# As above, of measurements.
_MEASURE = {
    "rangei": number(-_AMPS, _AMPS),
    "rangev": number(-_VOLTS, _VOLTS),
    "autorangei": one_of(0, 1),
    "autorangev": one_of(0, 1),
    "lowrangei": number(0.0, _AMPS),
    "lowrangev": number(0.0, _VOLTS),
    "nplc": number(0.001, 25.0),
    "autozero": one_of(0, 1, 2),
    "delay": number(-1.0, 1e5),
    "count": whole(1, buffers.LARGEST),
    "interval": number(0.0, 1.0),
    "filter_enable": one_of(0, 1),
    "filter_count": whole(1, 100),
    "filter_type": one_of(0, 1, 2),
}
_CONTACT_OHM = 0.1
"""Resistance of each pair of contacts (ohm) as a contact check finds it: they are good."""
# As above, of sweeps.
_SWEEP = {
    "count": whole(0, 1_000_000),
    "autoclear": one_of(0, 1),
}
# As above, of actions.
_ACTIONS = {
    ("source", "action"): ("source_action", one_of(0, 1)),
    ("measure", "action"): ("measure_action", one_of(0, 1, 2)),
    ("endpulse", "action"): ("endpulse_action", one_of(0, 1)),
    ("endsweep", "action"): ("endsweep_action", one_of(0, 1)),
    ("arm", "count"): ("arm_count", whole(0, 1_000_000)),
}


class ChannelCommands:
    """The node of one channel in the command tree.

    Parameters
    ----------
    lua : Interpreter
        Where it is made.
    unit : Channel
        What it commands.
    """

    def __init__(self, lua: Interpreter, unit: Channel) -> None:
        self._lua = lua
        self._unit = unit
        self.node = lua.node("smu", unit)
        for name, value in _CONSTANTS.items():
            lua.constant(self.node, name, value)
        lua.constant(self.node, "reset", lua.function(unit.reset))
        lua.constant(self.node, "abort", lua.function(unit.abort))
        add_buffer_commands(lua, self.node, unit)
        lua.constant(self.node, "measureivandstep", lua.function(self._measure_and_step))
        lua.attribute(self.node, "sense", lambda: unit.sense, lambda value: unit.set_sense(one_of(0, 1)(value)))
        self._add_source()
        self._add_measure()
        self._add_filter_and_offset()
        self._add_contacts()
        self._add_trigger()

    # -- source and measure -------------------------------------------------------------------------------------------

    def _add_source(self) -> None:
        unit, node = self._unit, self._lua.child("source", self.node)
        for name, check in _SOURCE.items():
            self._lua.setting(node, name, check, _reader(lambda: unit.source, name), partial(unit.set_source, name))
        self._lua.attribute(node, "output", lambda: unit.output, self._switch)
        self._lua.attribute(node, "compliance", lambda: unit.compliance)

    def _switch(self, value: Any) -> None:
        state = one_of(0, 1, 2)(value)
        self._unit.switch(on=state == 1, open_relay=state == 2)

    def _add_measure(self) -> None:
        unit, node = self._unit, self._lua.child("measure", self.node)
        self._measure_node = node
        for name, check in _MEASURE.items():
            if name.startswith("filter_"):
                continue
            self._lua.setting(node, name, check, _reader(lambda: unit.measure, name), partial(unit.set_measure, name))
        for functions in ("i", "v", "r", "p", "iv"):
            self._lua.constant(node, functions, self._lua.function(partial(self._measure, functions)))
            overlapped = self._lua.function(partial(self._overlapped, functions))
            self._lua.constant(node, f"overlapped{functions}", overlapped)

    def _add_filter_and_offset(self) -> None:
        """Enter ``measure.filter`` (p. 9-225) and ``measure.rel`` (p. 2-66)."""
        unit = self._unit
        averaging = self._lua.child("filter", self._measure_node)
        for name in ("enable", "count", "type"):
            setting = f"filter_{name}"
            read = _reader(lambda: unit.measure, setting)
            self._lua.setting(averaging, name, _MEASURE[setting], read, partial(unit.set_measure, setting))
        relative = self._lua.child("rel", self._measure_node)
        level, switch = number(-1e37, 1e37), one_of(0, 1)
        for function in "ivrp":
            enable = partial(unit.set_offset, function, "relative_on")
            offset = partial(unit.set_offset, function, "relative_level")
            is_on, value = (
                partial(_entry, unit, "relative_on", function),
                partial(_entry, unit, "relative_level", function),
            )
            self._lua.setting(relative, f"enable{function}", switch, is_on, enable)
            self._lua.setting(relative, f"level{function}", level, value, offset)

    def _add_contacts(self) -> None:
        lua, node = self._lua, self._lua.child("contact", self.node)
        settings: dict[str, float] = {"speed": 0, "threshold": 50.0}
        checks = {"speed": one_of(0, 1, 2), "threshold": number(0.0, 1e37)}
        for name, check in checks.items():

            def write(value: float, name: str = name) -> None:
                settings[name] = value

            self._lua.setting(node, name, check, partial(settings.__getitem__, name), write)
        lua.constant(node, "check", lua.function(lambda: settings["threshold"] > _CONTACT_OHM))
        lua.constant(node, "r", lua.function(lambda: (_CONTACT_OHM, _CONTACT_OHM)))

    def _measure(self, functions: str, *into: Any) -> Any:
        process = self._unit.start_measuring(_targets(functions, into))
        self._lua.wait(lambda: not process.running)
        self._unit.collect()
        found = tuple(self._unit.converter.last[function] for function in functions)
        return found if len(found) > 1 else found[0]

    def _overlapped(self, functions: str, *into: Any) -> None:
        if not into:
            raise TspError(-109)
        self._unit.start_measuring(_targets(functions, into))

    def _measure_and_step(self, level: Any) -> Any:
        found = self._measure("iv")
        name = "levelv" if self._unit.source.func == channel.DC_VOLTS else "leveli"
        self._unit.set_source(name, _SOURCE[name](level))
        return found

    # -- trigger model ------------------------------------------------------------------------------------------------

    def _add_trigger(self) -> None:
        lua, unit = self._lua, self._unit
        node = self._lua.child("trigger", self.node)
        for event in EVENTS:
            lua.constant(node, event, unit.event(event))
        lua.constant(node, "initiate", lua.function(unit.initiate))
        for name, check in _SWEEP.items():
            self._sweep_setting(node, name, name, check)
        blocks = {name: self._lua.child(name, node) for name in ("arm", "source", "measure", "endpulse", "endsweep")}
        for (block, name), (setting, check) in _ACTIONS.items():
            self._sweep_setting(blocks[block], name, setting, check)
        for name, detector in unit.detectors.items():
            read, write = partial(getattr, detector, "stimulus"), partial(setattr, detector, "stimulus")
            self._lua.setting(blocks[name], "stimulus", whole(0, 10_000), read, write)
            lua.constant(blocks[name], "set", lua.function(detector.set))
        for functions in ("i", "v", "r", "p", "iv"):
            lua.constant(blocks["measure"], functions, lua.function(partial(self._sweep_measure, functions)))
        for kind in "vi":
            limit = _limit(_SOURCE[f"limit{kind}"])
            self._sweep_setting(blocks["source"], f"limit{kind}", f"source_limit{kind}", limit)
            for shape, levels in (("linear", _linear), ("log", _logarithmic), ("list", _listed)):
                configure = lua.function(partial(self._sweep_source, kind, levels))
                lua.constant(blocks["source"], f"{shape}{kind}", configure)

    def _sweep_setting(self, node: Any, name: str, setting: str, check: Callable[[Any], float]) -> None:
        unit = self._unit

        def write(value: float) -> None:
            if unit.sweeping:
                raise TspError(5018)
            setattr(unit.sweep, setting, value)

        self._lua.setting(node, name, check, lambda: getattr(unit.sweep, setting), write)

    def _sweep_measure(self, functions: str, *into: Any) -> None:
        if len(into) != len(functions):
            raise TspError(-109)
        self._unit.sweep.measure_into = _targets(functions, into)

    def _sweep_source(self, kind: str, levels: Callable[..., list[float]], *given: Any) -> None:
        values = levels(*given)
        if not values:
            raise TspError(1401)
        check = _SOURCE[f"level{kind}"]
        unit = self._unit
        unit.sweep.source_values, unit.sweep.source_kind = [check(value) for value in values], kind


def _entry(unit: Channel, name: str, function: str) -> Any:
    return getattr(unit.measure, name)[function]


def _limit(check: Callable[[Any], float]) -> Callable[[Any], float]:
    """Return a check of a sweep's limit: 0 stands for that of the source, ``off`` for none (Rev. C p. 7-267)."""

    def checked(value: Any) -> float:
        if value == "off":
            return math.inf
        return 0.0 if value == 0 else check(value)

    return checked


def _reader(holder: Callable[[], object], name: str) -> Callable[[], Any]:
    """Return a way to read a setting of something that a reset replaces."""
    return lambda: getattr(holder(), name)


def _targets(functions: str, into: tuple[Any, ...]) -> tuple[tuple[str, ReadingBuffer | None], ...]:
    if len(into) > len(functions) or any(not isinstance(buffer, ReadingBuffer) for buffer in into):
        raise TspError(4909)
    return tuple((function, into[place] if place < len(into) else None) for place, function in enumerate(functions))


def _linear(start: float, stop: float, points: float) -> list[float]:
    count = int(points)
    return [start + (stop - start) * k / max(count - 1, 1) for k in range(count)]


def _logarithmic(start: float, stop: float, points: float, asymptote: float = 0.0) -> list[float]:
    count = int(points)
    first, last = math.log(start - asymptote), math.log(stop - asymptote)
    return [asymptote + math.exp(first + (last - first) * k / max(count - 1, 1)) for k in range(count)]


def _listed(values: list[float]) -> list[float]:
    return list(values)
