"""Digital lines of a 2602B: the port of 14 lines, and the three of TSP-Link, with nothing connected to either.

Series 2600B Reference Manual (2600BS-901-01 Rev. F), section 9, ``digio`` and ``tsplink``, and p. 4-42: a line that was
written to 1 is an input; open inputs read 1. What is written reads back. A trigger that is asserted reaches no other
instrument, and its own pulse is not an input. Event numbers and the error of a TSP-Link without nodes are assumed.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sim_instruments.keithley.k2600.errors import TspError
from sim_instruments.keithley.k2600.numbers import number, one_of, whole
from sim_instruments.keithley.k2600.timeline import Detector

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.keithley.k2600.host import Host
    from sim_instruments.keithley.k2600.interpreter import Interpreter
    from sim_instruments.keithley.k2600.timeline import Timeline

_MODES = (
    "TRIG_BYPASS",
    "TRIG_FALLING",
    "TRIG_RISING",
    "TRIG_EITHER",
    "TRIG_SYNCHRONOUSA",
    "TRIG_SYNCHRONOUS",
    "TRIG_SYNCHRONOUSM",
    "TRIG_RISINGA",
    "TRIG_RISINGM",
)
_DIGITAL_EVENTS, _LINK_EVENTS = 100_000, 100_100
"""First event numbers (assumed)."""


class TriggerLine:
    """One line that can be written, and can send and hear triggers.

    Parameters
    ----------
    host : Host
        Whose line it is.
    event : int
        Number of its event.
    """

    def __init__(self, host: Host, event: int) -> None:
        self.event = event
        self.heard = Detector(host.timeline)
        host.timeline.listen(self.heard, event)
        self.stimulus = Detector(host.timeline, self.send)
        self.asserted = 0
        self.reset()

    def reset(self) -> None:
        """Take default settings."""
        self.mode = 0
        self.pulsewidth_s = 10e-6
        self.stimulus.stimulus = 0
        self.heard.clear()

    def send(self) -> None:
        """Assert it: nothing is connected that could hear."""
        self.asserted += 1


class TriggerLines:
    """The commands ``digio`` and ``tsplink``.

    Parameters
    ----------
    lua : Interpreter
        Where they are entered.
    instrument : Host
        Whose lines they are.
    """

    def __init__(self, lua: Interpreter, instrument: Host) -> None:
        self._lua = lua
        self._instrument = instrument
        self._is_online = False
        self._lines = [TriggerLine(instrument, _DIGITAL_EVENTS + k) for k in range(1, 15)]
        self._links = [TriggerLine(instrument, _LINK_EVENTS + k) for k in range(1, 4)]
        digital, link = self._port("digio", self._lines), self._port("tsplink", self._links)
        for k, name in enumerate(_MODES):
            lua.constant(digital, name, k)
            lua.constant(link, name, k)
        settings = {"group": 0, "node": 1, "master": 0}
        for name in ("group", "node"):
            check = whole(0, 64)
            read, write = partial(settings.get, name), partial(_store, settings, name, check)
            lua.attribute(link, name, read, write)
        lua.attribute(link, "master", lambda: settings["node"])
        lua.attribute(link, "state", lambda: "online" if self._is_online else "offline")
        lua.constant(link, "reset", lua.function(self._find_nodes))
        lua.constant(link, "initialize", lua.function(self._find_nodes))

    def reset(self) -> None:
        """Do as ``reset()``: triggers take their default settings, the state of the lines stays (Rev. C p. 7-64)."""
        for line in (*self._lines, *self._links):
            line.reset()

    def _find_nodes(self, expected: Any = 2, *_more: Any) -> float:
        """Return the number of nodes, this one alone; fewer than expected are an error (2600A 19-214)."""
        self._is_online = whole(1, 64)(expected) == 1
        if not self._is_online:
            self._instrument.refuse(TspError(1205))
        return 1.0

    def _port(self, name: str, lines: list[TriggerLine]) -> Any:
        """Enter a port and its lines."""
        lua, node = self._lua, self._lua.node()
        lua.set_global(name, node)
        state = {"written": (1 << len(lines)) - 1, "protected": 0}
        highest = (1 << len(lines)) - 1
        line, port = whole(1, len(lines)), whole(0, highest)

        def write_port(value: Any) -> None:
            kept = state["protected"]
            state["written"] = (port(value) & ~kept) | (state["written"] & kept)

        def write_bit(place: Any, value: Any) -> None:
            bit = 1 << line(place) - 1
            written = state["written"]
            if not state["protected"] & bit:
                state["written"] = written | bit if number(-1e37, 1e37)(value) else written & ~bit

        for entry, act in (
            ("readport", lambda: float(state["written"])),
            ("readbit", lambda place: float(state["written"] >> line(place) - 1 & 1)),
            ("writeport", write_port),
            ("writebit", write_bit),
        ):
            lua.constant(node, entry, lua.function(act))
        protect = partial(_store, state, "protected", port)
        lua.attribute(node, "writeprotect", lambda: state["protected"], protect)
        triggers = lua.node()
        lua.constant(node, "trigger", triggers)
        for place, each in enumerate(lines, 1):
            lua.constant(triggers, place, self._trigger_node(each))
        return node

    def _trigger_node(self, line: TriggerLine) -> Any:
        lua, node = self._lua, self._lua.node()
        lua.constant(node, "EVENT_ID", line.event)
        for name, act in (
            ("assert", line.send),
            ("clear", line.heard.clear),
            ("release", lambda: None),
            ("reset", line.reset),
            ("wait", lambda seconds: self._wait(line.heard, seconds)),
        ):
            lua.constant(node, name, lua.function(act))
        lua.attribute(node, "overrun", lambda: line.heard.overrun)
        for name, holder, attribute, check in (
            ("mode", line, "mode", one_of(*range(len(_MODES)))),
            ("pulsewidth", line, "pulsewidth_s", number(0.0, 1e5)),
            ("stimulus", line.stimulus, "stimulus", whole(0, 1_000_000)),
        ):
            read, write = partial(getattr, holder, attribute), partial(_write, holder, attribute, check)
            lua.attribute(node, name, read, write)
        return node

    def _wait(self, detector: Detector, seconds: Any) -> bool:
        return wait_for(self._lua, self._instrument.timeline, detector, seconds)


def wait_for(lua: Interpreter, timeline: Timeline, detector: Detector, seconds: Any) -> bool:
    """Let a script wait for an event, for some seconds at most; return whether it came, and clear it."""
    until = timeline.now + number(0.0, 1e5)(seconds)
    timeline.at(until, lambda: None)
    lua.wait(lambda: detector.detected or timeline.now >= until)
    found = detector.detected
    detector.clear()
    return found


def _write(holder: object, name: str, check: Callable[[Any], float], value: Any) -> None:
    setattr(holder, name, check(value))


def _store(holder: dict[str, int], name: str, check: Callable[[Any], int], value: Any) -> None:
    holder[name] = check(value)
