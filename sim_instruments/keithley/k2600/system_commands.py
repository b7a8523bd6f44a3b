"""Commands of the instrument beside its channels.

Series 2600B Reference Manual (2600BS-901-01 Rev. F), section 9. Not modelled, hence not there: LAN triggers, the file
system, TSP-Net; there are no other nodes on its TSP-Link.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

from sim_instruments.keithley.k2600.buffers import Column, ReadingBuffer
from sim_instruments.keithley.k2600.errors import TspError
from sim_instruments.keithley.k2600.front_panel import FrontPanel
from sim_instruments.keithley.k2600.numbers import ASCII, REAL32, REAL64, number, one_of, true_or_false, whole
from sim_instruments.keithley.k2600.timeline import Detector, Timer
from sim_instruments.keithley.k2600.trigger_lines import TriggerLines, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sim_instruments.keithley.k2600.host import Host
    from sim_instruments.keithley.k2600.interpreter import Interpreter

COMMAND_TRIGGER = 10  # event numbers (assumed)
# First event numbers of timers, generators and blenders (assumed), and readings that are printed at a time (ours).
_TIMERS, _GENERATORS, _BLENDERS = 20, 40, 60
_PRINTED_AT_ONCE = 4096


class SystemCommands:
    """All global functions and nodes but the channels'.

    Parameters
    ----------
    lua : Interpreter
        Where they are entered.
    instrument : Host
        What they command.
    """

    def __init__(self, lua: Interpreter, instrument: Host) -> None:
        self._lua = lua
        self._instrument = instrument
        self._since_s = 0.0
        self.timers = [Timer(instrument.timeline, _TIMERS + k) for k in range(1, 9)]
        self.blenders: list[Detector] = []
        for name, act in (
            ("printbuffer", self._print_buffer),
            ("printnumber", self._print_number),
            ("delay", lambda seconds: lua.sleep(number(0.0, 1e5)(seconds))),
            ("waitcomplete", lambda *_: lua.wait(lambda: not instrument.busy)),
            ("opc", instrument.note_completion),
            ("reset", lambda *_: instrument.reset()),
            ("exit", lua.leave),
        ):
            lua.set_global(name, lua.function(act))
        lua.set_global("print", lua.printing(self._print))
        self._add_errors()
        self._add_format()
        self._add_trigger()
        self._lines = TriggerLines(lua, instrument)
        FrontPanel(lua, instrument)
        self._add_setups()
        self._add_clock()
        self._add_beeper_and_timer()

    # -- output -------------------------------------------------------------------------------------------------------

    def _print(self, *values: Any) -> None:
        text = "\t".join(self._instrument.format.text(value) for value in values)
        self._instrument.say(text.encode("latin-1", "replace") + b"\n", ends=True)

    def _print_number(self, *values: Any) -> None:
        check = number(-1e308, 1e308)
        form, numbers = self._instrument.format, [check(value) for value in values]
        packed = form.packed(numbers, [form.number(value) for value in numbers], first=True)
        self._instrument.say(form.opening + packed + b"\n", ends=True)

    def _print_buffer(self, *given: Any) -> None:
        """Send readings, as they come in while an overlapped operation fills the buffer."""
        if len(given) < 3:
            raise TspError(-109)
        start, end = (int(number(-1e9, 1e9)(bound)) for bound in given[:2])
        columns = [Column(item, "readings") if isinstance(item, ReadingBuffer) else item for item in given[2:]]
        if not all(isinstance(column, Column) for column in columns):
            raise TspError(1401, "what is printed must be reading buffers or their columns")
        form, lua, instrument = self._instrument.format, self._lua, self._instrument
        for column in columns:
            if column.buffer.n:
                column.text(1, form.number)  # refuse what is not collected before anything is sent
        instrument.say(form.opening)
        place = max(start, 1)
        while place <= end:

            def is_there(place: int = place) -> bool:
                return all(column.buffer.n >= place for column in columns) or not instrument.busy

            lua.wait(is_there)
            last = min(end, *(column.buffer.n for column in columns))
            if last < place:
                break
            last = min(last, place + _PRINTED_AT_ONCE - 1)
            instrument.say(self._entries(columns, range(place, last + 1), first=place == max(start, 1)))
            place = last + 1
        instrument.say(b"\n", ends=True)

    def _entries(self, columns: Sequence[Column], places: range, *, first: bool) -> bytes:
        form = self._instrument.format
        pairs = [(column, place) for place in places for column in columns]
        if form.data == ASCII:
            return form.packed([], [column.text(place, form.number) for column, place in pairs], first=first)
        return form.packed([column.number(place) for column, place in pairs], [], first=first)

    # -- errors, format, trigger --------------------------------------------------------------------------------------

    def _add_errors(self) -> None:
        lua, errors, node = self._lua, self._instrument.errors, self._lua.child("errorqueue")
        lua.attribute(node, "count", lambda: len(errors))
        lua.constant(node, "next", lua.function(lambda *_: errors.next()))
        lua.constant(node, "clear", lua.function(errors.clear))

    def _add_format(self) -> None:
        lua, form, node = self._lua, self._instrument.format, self._lua.child("format")
        kinds = {"ASCII": ASCII, "SREAL": REAL32, "REAL32": REAL32, "REAL": REAL64, "DREAL": REAL64, "REAL64": REAL64}
        orders = {"NORMAL": 0, "NETWORK": 0, "BIGENDIAN": 0, "SWAPPED": 1, "LITTLEENDIAN": 1}
        for name, value in (kinds | orders).items():
            lua.constant(node, name, value)
        settings: tuple[tuple[str, str, Callable[[Any], int]], ...] = (
            ("asciiprecision", "precision", whole(1, 16)),
            ("data", "data", one_of(ASCII, REAL32, REAL64)),
            ("byteorder", "byteorder", one_of(0, 1)),
        )
        for name, setting, check in settings:
            lua.attribute(node, name, partial(getattr, form, setting), partial(_set, form, setting, check))

    def _add_trigger(self) -> None:
        lua, timeline = self._lua, self._instrument.timeline
        node = self._lua.child("trigger")
        lua.constant(node, "EVENT_ID", COMMAND_TRIGGER)
        commanded = Detector(timeline)
        timeline.listen(commanded, COMMAND_TRIGGER)
        lua.constant(node, "wait", lua.function(lambda seconds: self._await(commanded, seconds)))
        lua.constant(node, "clear", lua.function(commanded.clear))
        timers = self._lua.child("timer", node)
        for place, timer in enumerate(self.timers, 1):
            lua.constant(timers, place, self._timer_node(timer))
        generators = self._lua.child("generator", node)
        for place in (1, 2):
            generator = lua.node()
            lua.constant(generators, place, generator)
            lua.constant(generator, "EVENT_ID", _GENERATORS + place)
            lua.constant(generator, "assert", lua.function(partial(timeline.fire, _GENERATORS + place)))
        blenders = self._lua.child("blender", node)
        for place in range(1, 7):
            lua.constant(blenders, place, self._blender_node(_BLENDERS + place))

    def _await(self, detector: Detector, seconds: Any) -> bool:
        return wait_for(self._lua, self._instrument.timeline, detector, seconds)

    def _timer_node(self, timer: Timer) -> Any:
        lua, node = self._lua, self._lua.node()
        lua.constant(node, "EVENT_ID", timer.event)
        lua.constant(node, "reset", lua.function(timer.reset))
        lua.constant(node, "clear", lua.function(timer.fired.clear))
        lua.constant(node, "wait", lua.function(lambda seconds: self._await(timer.fired, seconds)))
        lua.attribute(node, "overrun", lambda: timer.overrun)
        delay, count, event = number(0.5e-6, 1e5), whole(0, 1_048_575), whole(0, 10_000)

        def set_delays(values: Any) -> None:
            if not isinstance(values, list) or not values:
                raise TspError(-104)
            delays = [delay(value) for value in values]
            if len(delays) > 1 and sum(delays) / len(delays) < 50e-6 * (1 - 1e-9):  # delaylist, "Details"
                raise TspError(1102, "the delays must be 50 us or more on average")
            timer.delays_s = delays

        lua.attribute(node, "delay", lambda: timer.delays_s[0], lambda value: set_delays([value]))
        lua.attribute(node, "delaylist", lambda: lua.table(timer.delays_s), set_delays)
        lua.attribute(node, "count", lambda: timer.count, lambda value: setattr(timer, "count", count(value)))
        lua.attribute(
            node,
            "passthrough",
            lambda: timer.passthrough,
            lambda value: setattr(timer, "passthrough", true_or_false(value)),
        )
        lua.attribute(
            node,
            "stimulus",
            lambda: timer.stimulus.stimulus,
            lambda value: setattr(timer.stimulus, "stimulus", event(value)),
        )
        return node

    def _blender_node(self, event: int) -> Any:
        lua, timeline = self._lua, self._instrument.timeline
        node, stimuli = lua.node(), lua.node()
        fired = Detector(timeline)
        fired.stimulus = event
        lua.constant(node, "EVENT_ID", event)
        lua.constant(node, "stimulus", stimuli)
        lua.constant(node, "clear", lua.function(fired.clear))
        lua.constant(node, "wait", lua.function(lambda seconds: self._await(fired, seconds)))
        lua.attribute(node, "overrun", lambda: fired.overrun)
        state = {"orenable": False, "heard": 0}
        inputs: list[Detector] = []

        def heard(place: int) -> None:
            state["heard"] |= 1 << place
            wanted = sum(1 << k for k, each in enumerate(inputs) if each.stimulus)
            if state["orenable"] or state["heard"] & wanted == wanted:
                state["heard"] = 0
                timeline.fire(event)

        inputs += [Detector(timeline, partial(heard, place)) for place in range(4)]
        self.blenders += inputs
        for place, each in enumerate(inputs, 1):
            read, write = partial(getattr, each, "stimulus"), partial(_set, each, "stimulus", whole(0, 10_000))
            lua.attribute(stimuli, place, read, write)
        lua.attribute(
            node,
            "orenable",
            lambda: bool(state["orenable"]),
            lambda value: state.update(orenable=true_or_false(value)),
        )

        def reset() -> None:
            state.update(orenable=False, heard=0)
            for each in inputs:
                each.stimulus = 0
            fired.clear()

        lua.constant(node, "reset", lua.function(reset))
        return node

    def reset(self) -> None:
        """Return timers, blenders and format to their reset settings."""
        for timer in self.timers:
            timer.reset()
        for detector in self.blenders:
            detector.stimulus = 0
        self._lines.reset()
        form = self._instrument.format
        form.precision, form.data, form.byteorder = 6, ASCII, 1

    def _add_setups(self) -> None:
        """Enter ``setup``: settings of the channels kept under a number, or a file name on a USB drive."""
        lua, node = self._lua, self._lua.child("setup")
        channels = self._instrument.channels
        kept: dict[str, dict[str, Any]] = {}
        power_on, place = {"value": 0}, whole(0, 5)

        def name_of(where: Any) -> str:
            return where if isinstance(where, str) and not where.isdigit() else str(place(float(where)))

        def save(where: Any) -> None:
            kept[name_of(where)] = {name: unit.setup() for name, unit in channels.items()}

        def recall(where: Any) -> None:
            name = name_of(where)
            if name == "0":
                self._instrument.reset()  # the factory default setup
            elif name not in kept:
                raise TspError(5007, name)
            else:
                for channel, setup in kept[name].items():
                    channels[channel].recall(setup)

        lua.constant(node, "save", lua.function(save))
        lua.constant(node, "recall", lua.function(recall))
        lua.attribute(node, "poweron", lambda: power_on["value"], lambda value: power_on.update(value=place(value)))

    def _add_clock(self) -> None:
        """Enter the clock, which stands at zero when the instrument is switched on."""
        lua, node = self._lua, self._lua.child("os")
        timeline = self._instrument.timeline
        offset = {"seconds": 0.0}
        lua.constant(node, "time", lua.function(lambda *_: math.floor(timeline.now + offset["seconds"])))
        lua.constant(node, "clock", lua.function(lambda: timeline.now))
        seconds = number(0.0, 1e10)
        settime = lua.function(lambda value: offset.update(seconds=seconds(value) - timeline.now))
        lua.set_global("settime", settime)

    def _add_beeper_and_timer(self) -> None:
        lua, beeper, timer = self._lua, self._lua.child("beeper"), self._lua.child("timer")
        timeline = self._instrument.timeline
        lua.constant(beeper, "OFF", 0)
        lua.constant(beeper, "ON", 1)
        kept, switch = {"value": 1}, one_of(0, 1)
        lua.attribute(beeper, "enable", lambda: kept["value"], lambda value: kept.update(value=switch(value)))
        lua.constant(beeper, "beep", lua.function(lambda *_: None))

        def restart() -> None:
            self._since_s = timeline.now

        lua.constant(timer, "reset", lua.function(restart))
        lua.constant(self._lua.child("measure", timer), "t", lua.function(lambda: timeline.now - self._since_s))


def _set(holder: object, name: str, check: Callable[[Any], float], value: Any) -> None:
    setattr(holder, name, check(value))
