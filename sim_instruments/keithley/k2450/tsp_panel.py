"""What else the TSP set of the Keithley 2450 family has: display, lines, event log, timers of scripts, the instrument.

2461 reference manual (2461-901-01 Rev. A), section 8. The touchscreen shows nothing: what is drawn on it changes
nothing else. An operator answers what is asked there: from a list, then with the value that is offered, or OK. What is
named in capitals below ``display`` is a constant of that name.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sim_instruments.keithley.common.settings import LINE_HZ
from sim_instruments.keithley.k2600.errors import TspError
from sim_instruments.keithley.k2600.numbers import number, one_of

if TYPE_CHECKING:
    from sim_instruments.keithley.k2450.tsp_host import TspHost

_ANSWER_S = 1.0
"""Time (s) that the operator takes for an answer (assumed)."""
_SILENT = (
    "settext",
    "changescreen",
    "clear",
    "setobject",
    "setevent",
    "delete",
    "waitevent",
    "setstate",
    "activebuffer",
)
# Severities of the event log, as bits that can be added (values assumed).
_SEVERITIES = {"SEV_ERROR": 1, "SEV_WARN": 2, "SEV_INFO": 4, "SEV_ALL": 7}


def add_panel(host: TspHost) -> None:
    """Enter all of that."""
    _add_display(host)
    _add_lines(host)
    _add_event_log(host)
    _add_instrument(host)
    _add_time(host)
    _add_files(host)


def _add_display(host: TspHost) -> None:
    lua = host.lua
    node, asks = lua.named_constants("display"), lua.node()
    lua.set_global("display", node)
    ids = {"next": 0}

    def create(*_given: Any) -> float:
        ids["next"] += 1
        return float(ids["next"])

    def answer(offered: Any) -> Any:
        lua.sleep(_ANSWER_S)
        return host.answers.popleft() if host.answers else offered

    def ask_number(_title: Any, _form: Any = None, default: Any = 0.0, low: Any = -1e37, high: Any = 1e37) -> float:
        return min(max(float(answer(default)), float(low)), float(high))

    for name in _SILENT:
        lua.constant(node, name, lua.function(lambda *_: None))
    lua.constant(node, "create", lua.function(create))
    lua.constant(node, "input", asks)
    lua.constant(asks, "number", lua.function(ask_number))
    lua.constant(asks, "option", lua.function(lambda *_: answer("display.BUTTON_OPTION1")))
    lua.constant(asks, "prompt", lua.function(lambda *_: answer("display.BUTTON_OK")))
    lua.constant(asks, "string", lua.function(lambda *_: answer("")))
    lua.constant(node, "format", lua.function(lambda value, unit="", *_: f"{float(value):.6G} {unit}"))
    kept = {"lightstate": "display.STATE_LCD_100", "readingformat": "display.FORMAT_PREFIX"}
    for name in kept:
        lua.attribute(node, name, partial(kept.get, name), partial(kept.__setitem__, name))


def _add_lines(host: TspHost) -> None:
    lua = host.lua

    link = {"state": "offline"}

    def find_nodes(expected: Any = 2, *_more: Any) -> float:
        link["state"] = "online" if expected == 1 else "offline"
        if expected != 1:
            host.refuse(TspError(1205))  # there are no other nodes (the error's number is assumed)
        return 1.0

    for name, count in (("digio", 6), ("tsplink", 3)):
        node, lines = lua.named_constants(name), lua.node()
        lua.set_global(name, node)
        lua.constant(node, "line", lines)
        for place in range(1, count + 1):
            line, kept = lua.node(), {"mode": f"{name}.MODE_DIGITAL_IN", "state": f"{name}.STATE_HIGH"}
            lua.constant(lines, place, line)
            for setting in kept:
                lua.attribute(line, setting, partial(kept.get, setting), partial(kept.__setitem__, setting))
            lua.constant(line, "reset", lua.function(lambda: None))
        if name == "tsplink":
            lua.constant(node, "initialize", lua.function(find_nodes))
            lua.attribute(node, "state", partial(link.get, "state"))
            own = {"group": 0, "node": 1}
            for setting in own:
                lua.attribute(node, setting, partial(own.get, setting), partial(own.__setitem__, setting))


def _add_event_log(host: TspHost) -> None:
    lua, log = host.lua, host.meter.status
    node = lua.node()
    lua.set_global("eventlog", node)
    for name, value in _SEVERITIES.items():
        lua.constant(node, name, value)

    def following(kinds: Any = 7) -> Any:
        for entry in log.log:
            if entry[2] & int(kinds):
                log.log.remove(entry)
                return float(entry[0]), entry[1], float(entry[2]), 1.0
        return 0.0, "No error", 0.0, 0.0

    lua.constant(
        node,
        "getcount",
        lua.function(lambda kinds=7: float(sum(bool(entry[2] & int(kinds)) for entry in log.log))),
    )
    lua.constant(node, "next", lua.function(following))
    # An older name, as the maker's scripts use it.
    queue = lua.node()
    lua.set_global("errorqueue", queue)
    lua.constant(queue, "next", lua.function(lambda: following(1)))
    lua.constant(queue, "clear", lua.function(log.log.clear))
    lua.attribute(queue, "count", lambda: float(sum(bool(entry[2] & 1) for entry in log.log)))
    lua.constant(node, "clear", lua.function(lambda *_: log.log.clear()))
    lua.constant(node, "post", lua.function(lambda text, kind=4: log.log.append((1000, str(text), int(kind)))))


def _add_instrument(host: TspHost) -> None:
    lua = host.lua
    _, model, serial, version = host.identity.split(",")
    node = lua.node()
    lua.set_global("localnode", node)
    for name, value in (
        ("model", model.removeprefix("MODEL ")),
        ("serialno", serial),
        ("version", version),
        ("revision", version),
        ("linefreq", LINE_HZ),
    ):
        lua.constant(node, name, value)
    kept = {"prompts": "localnode.DISABLE", "showevents": 0}
    for name in kept:
        lua.attribute(node, name, partial(kept.get, name), partial(kept.__setitem__, name))
    for name in ("ENABLE", "DISABLE"):
        lua.constant(node, name, f"localnode.{name}")
    lua.set_global("reset", lua.function(lambda *_: host.scpi("*RST")))
    lua.set_global("opc", lua.function(lambda: host.scpi("*OPC")))
    lua.set_global("waitcomplete", lua.function(lambda *_: host.wait(lambda: not host.meter.busy)))
    lua.set_global("exit", lua.function(lua.leave))
    beeper = lua.node()
    lua.set_global("beeper", beeper)
    lua.constant(beeper, "beep", lua.function(lambda seconds, _frequency: lua.sleep(number(0.0, 100.0)(seconds))))
    status, standard = lua.node(), lua.node()
    lua.set_global("status", status)
    lua.constant(status, "standard", standard)
    lua.attribute(status, "condition", host.status.byte)
    lua.attribute(standard, "event", host.meter.status.read_event_status)
    enable = one_of(*range(256))
    lua.attribute(
        standard,
        "enable",
        lambda: host.meter.status.event_enable,
        lambda value: setattr(host.meter.status, "event_enable", enable(value)),
    )


def _add_time(host: TspHost) -> None:
    lua, clock = host.lua, host.meter.clock
    since = {"s": clock.now()}
    timer, system = lua.node(), lua.node()
    lua.set_global("timer", timer)
    lua.constant(timer, "cleartime", lua.function(lambda: since.update(s=clock.now())))
    lua.constant(timer, "gettime", lua.function(lambda: clock.now() - since["s"]))
    lua.set_global("delay", lua.function(lambda seconds: lua.sleep(number(0.0, 1e5)(seconds))))
    lua.set_global("os", system)
    lua.constant(system, "time", lua.function(lambda *_: float(int(clock.now()))))
    lua.constant(system, "clock", lua.function(clock.now))


def _add_files(host: TspHost) -> None:
    """Enter ``file``: no USB drive is plugged in."""
    lua, node = host.lua, host.lua.named_constants("file")
    lua.set_global("file", node)

    def refuse(*_given: Any) -> None:
        raise TspError(2203)

    lua.constant(node, "usbdriveexists", lua.function(lambda: 0.0))
    for name in ("open", "close", "read", "write", "flush", "mkdir"):
        lua.constant(node, name, lua.function(refuse))
