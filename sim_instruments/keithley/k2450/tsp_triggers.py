"""Trigger model, events and timers of the TSP set of the Keithley 2450 family.

2461 reference manual (2461-901-01 Rev. A), section 8: blocks from p. 8-270 on, templates p. 8-260 ff., events p. 8-309.
Lines to the outside can be set, but nothing is connected to them.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sim_instruments.keithley.common.trigger_model import (
    Block,
    BranchAlways,
    BranchCounter,
    BufferClear,
    ConfigRecall,
    ConfigStep,
    Delay,
    DynamicDelay,
    LogEvent,
    NoOperation,
    Notify,
    PulseState,
    SourceState,
    TakeReadings,
    Wait,
)
from sim_instruments.keithley.k2600.errors import TspError
from sim_instruments.keithley.k2600.numbers import number, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.keithley.common.trigger_events import TriggerTimer
    from sim_instruments.keithley.k2450.tsp_host import TspHost

_BLOCKS = (
    "BUFFER_CLEAR",
    "CONFIG_RECALL",
    "CONFIG_NEXT",
    "CONFIG_PREV",
    "DELAY_CONSTANT",
    "DELAY_DYNAMIC",
    "MEASURE",
    "DIGITIZE",
    "MEASURE_DIGITIZE",
    "SOURCE_OUTPUT",
    "SOURCE_PULSE_OUTPUT",  # of the 2461
    "BRANCH_COUNTER",
    "BRANCH_ALWAYS",
    "NOTIFY",
    "WAIT",
    "LOG_EVENT",
    "NOP",
)
# Events, p. 8-309.
_EVENTS = (
    "NONE",
    "DISPLAY",
    "COMMAND",
    "SOURCE_LIMIT",
    *(f"NOTIFY{k}" for k in range(1, 9)),
    *(f"TIMER{k}" for k in range(1, 5)),
    *(f"DIGIO{k}" for k in range(1, 7)),
    *(f"TSPLINK{k}" for k in range(1, 4)),
    *(f"LAN{k}" for k in range(1, 9)),
    *(f"BLENDER{k}" for k in range(1, 3)),
)
# Other constants of the trigger commands, as their pages name them.
_OTHERS = (
    *("CLEAR_ENTER", "CLEAR_NEVER", "WAIT_AND", "WAIT_OR", "COUNT_INFINITE", "COUNT_STOP", "ON", "OFF"),
    *("EDGE_FALLING", "EDGE_RISING", "EDGE_EITHER", "LOGIC_POSITIVE", "LOGIC_NEGATIVE"),
    *("READING_ACTIVE", "READING_MEASURE", "READING_DIGITIZE"),
    *(f"LOG_{kind}{k}" for kind in ("INFO", "WARN", "ERROR") for k in range(1, 5)),
    *(f"USER_DELAY_{kind}{k}" for kind in "MS" for k in range(1, 6)),
)
# Settings of the lines to the outside and their first values.
_LINES = {
    "digin": (6, {"edge": "trigger.EDGE_FALLING", "overrun": False}),
    "digout": (6, {"logic": "trigger.LOGIC_NEGATIVE", "pulsewidth": 10e-6, "stimulus": "trigger.EVENT_NONE"}),
    "tsplinkin": (3, {"edge": "trigger.EDGE_FALLING", "overrun": False}),
    "tsplinkout": (3, {"logic": "trigger.LOGIC_NEGATIVE", "pulsewidth": 10e-6, "stimulus": "trigger.EVENT_NONE"}),
}


def add_triggers(host: TspHost) -> None:
    """Enter ``trigger``."""
    lua = host.lua
    node, model = lua.node(), lua.node()
    lua.set_global("trigger", node)
    lua.constant(node, "model", model)
    for prefix, names in (("BLOCK_", _BLOCKS), ("EVENT_", _EVENTS), ("", _OTHERS)):
        for name in names:
            lua.constant(node, f"{prefix}{name}", f"trigger.{prefix}{name}")
    for state in ("EMPTY", "BUILDING", "IDLE", "RUNNING", "WAITING", "FAILED", "ABORTED"):
        lua.constant(node, f"STATE_{state}", f"trigger.STATE_{state}")
    for name, act in (
        ("setblock", partial(_set_block, host)),
        ("load", partial(_load, host)),
        ("initiate", lambda: host.scpi(":INIT")),
        ("abort", lambda: host.scpi(":ABOR")),
        ("state", partial(_state, host)),
        ("getblocklist", lambda: host.scpi(":TRIG:BLOC:LIST?")),
        ("getbranchcount", lambda block: float(host.meter.trigger_model.loops(int(block)))),
    ):
        lua.constant(model, name, lua.function(act))
    lua.constant(node, "clear", lua.function(host.meter.events.clear))
    lua.constant(node, "wait", lua.function(partial(_wait, host, "COMMAND")))
    timers = lua.node()
    lua.constant(node, "timer", timers)
    for place in range(1, 5):
        lua.constant(timers, place, _timer(host, place - 1))
    for name, (count, settings) in _LINES.items():
        lines = lua.node()
        lua.constant(node, name, lines)
        for place in range(1, count + 1):
            lua.constant(lines, place, _line(host, settings))


def _state(host: TspHost) -> Any:
    state, block = host.meter.trigger_model.shown(host.meter.update())
    return f"trigger.STATE_{state.value}", f"trigger.STATE_{state.value}", float(block)


def _load(host: TspHost, name: Any, *given: Any) -> None:
    """Load a template; its parameters are those of SCPI."""
    values = [getattr(value, "name", value) for value in given if not str(value).startswith("trigger.READING")]
    text = ", ".join(f'"{value}"' if isinstance(value, str) else f"{value:.12g}" for value in values)
    host.scpi(f':TRIG:LOAD "{name}"{", " + text if text else ""}')


def _set_block(host: TspHost, place: Any, kind: Any, *given: Any) -> None:
    meter = host.meter
    name = str(kind).removeprefix("trigger.BLOCK_")
    if (make := _MAKERS.get(name)) is None:
        raise TspError(1401, str(kind))
    block = make(host, *given)
    meter.require_idle()
    meter.trigger_model.set_block(whole(1, 63)(place), block)


def _readings(host: TspHost, digitize: bool | None, buffer: Any = None, count: Any = 1.0) -> Block:
    if isinstance(buffer, int | float):
        buffer, count = None, buffer
    name = getattr(buffer, "name", "defbuffer1")
    total: int | None = (
        None if count == "trigger.COUNT_INFINITE" else 0 if count == "trigger.COUNT_STOP" else int(count)
    )
    chosen = host.meter.measure.digitize is not None if digitize is None else digitize
    return TakeReadings(host.meter.buffer(name).name, total, chosen)


def _recall(_host: TspHost, name: str, index: float = 1.0, other: str = "", other_index: float = 1.0) -> Block:
    return ConfigRecall(name, int(index), other, int(other_index))


def _waiting(_host: TspHost, event: str, clear: str = "trigger.CLEAR_NEVER", *_more: Any) -> Block:
    return Wait(event.removeprefix("trigger.EVENT_"), clear == "trigger.CLEAR_ENTER")


def _delayed(_host: TspHost, which: str) -> Block:
    name = which.removeprefix("trigger.USER_DELAY_")
    return DynamicDelay("SOUR" if name[:1] == "S" else "MEAS", int(name[1:]))


# Blocks by the names of their constants.
_MAKERS: dict[str, Callable[..., Block]] = {
    "BUFFER_CLEAR": lambda _, buffer=None: BufferClear(getattr(buffer, "name", "defbuffer1")),
    "CONFIG_RECALL": _recall,
    "CONFIG_NEXT": lambda _, name, other="": ConfigStep(name, 1, other),
    "CONFIG_PREV": lambda _, name, other="": ConfigStep(name, -1, other),
    "DELAY_CONSTANT": lambda _, seconds: Delay(number(0.0, 10e3)(seconds)),
    "DELAY_DYNAMIC": _delayed,
    "MEASURE": lambda host, *given: _readings(host, False, *given),
    "DIGITIZE": lambda host, *given: _readings(host, True, *given),
    "MEASURE_DIGITIZE": lambda host, *given: _readings(host, None, *given),
    "SOURCE_OUTPUT": lambda _, state: SourceState(state in {"smu.ON", 1}),
    "SOURCE_PULSE_OUTPUT": lambda _, state: PulseState(state in {"smu.ON", 1}),
    "BRANCH_COUNTER": lambda _, target, to: BranchCounter(int(target), int(to)),
    "BRANCH_ALWAYS": lambda _, to: BranchAlways(int(to)),
    "NOTIFY": lambda _, event: Notify(int(event.removeprefix("trigger.EVENT_NOTIFY"))),
    "WAIT": _waiting,
    "LOG_EVENT": lambda _, _kind, text="": LogEvent(2734, str(text)),
    "NOP": lambda _, *_given: NoOperation(),
}


def _timer(host: TspHost, index: int) -> Any:
    lua, events = host.lua, host.meter.events
    node, start = lua.node(), lua.node()

    def timer() -> TriggerTimer:
        return events.timers[index]  # a reset makes new ones

    delay = number(8e-6, 1e5)

    def set_delays(values: Any) -> None:
        timer().delays_s = [delay(value) for value in values]

    def enable(value: Any) -> None:
        """Switch it on: without a stimulus one that generates an event at its start starts at once."""
        each = timer()
        each.enabled, each.busy_until_s = value in {"trigger.ON", 1}, 0.0
        if each.enabled and each.generates and not each.stimulus:
            events.start(each, host.meter.update())

    def stimulate(value: Any) -> None:
        name = str(value).removeprefix("trigger.EVENT_")
        timer().stimulus = "" if name == "NONE" else name

    def generate(value: Any) -> None:
        timer().generates = value in {"trigger.ON", 1}

    lua.attribute(node, "delay", lambda: timer().delays_s[0], lambda value: set_delays([value]))
    lua.attribute(node, "delaylist", lambda: lua.table(timer().delays_s), set_delays)
    count = whole(0, 1_048_575)
    lua.attribute(node, "count", lambda: timer().count, lambda value: setattr(timer(), "count", count(value)))
    lua.attribute(node, "enable", lambda: "trigger.ON" if timer().enabled else "trigger.OFF", enable)
    lua.constant(node, "start", start)
    lua.attribute(start, "stimulus", lambda: f"trigger.EVENT_{timer().stimulus or 'NONE'}", stimulate)
    lua.attribute(start, "generate", lambda: "trigger.ON" if timer().generates else "trigger.OFF", generate)
    lua.attribute(start, "overrun", lambda: False)
    lua.constant(node, "clear", lua.function(lambda: None))
    lua.constant(node, "reset", lua.function(partial(_reset_timer, host, index)))
    lua.constant(node, "wait", lua.function(partial(_wait, host, f"TIMER{index + 1}")))
    return node


def _reset_timer(host: TspHost, index: int) -> None:
    timer = host.meter.events.timers[index]
    timer.delays_s, timer.count, timer.stimulus, timer.generates, timer.enabled = [10e-6], 1, "", False, False


def _wait(host: TspHost, event: str, seconds: Any) -> bool:
    """Wait for an event for some time; say whether it came."""
    now = host.meter.update()
    due = host.meter.events.next_time_s(event, now)
    limit = number(0.0, 1e5)(seconds)
    host.lua.sleep(limit if due is None else min(limit, max(due - now, 0.0)))
    return due is not None and due - now <= limit


def _line(host: TspHost, settings: dict[str, Any]) -> Any:
    lua, node, kept = host.lua, host.lua.node(), dict(settings)
    for name in settings:
        lua.attribute(node, name, partial(kept.get, name), partial(kept.__setitem__, name))
    for name, answer in (("clear", None), ("assert", None), ("release", None), ("wait", False)):
        lua.constant(node, name, lua.function(lambda *_, answer=answer: answer))
    return node
