"""Commands of the SOURce subsystem of a B2900.

Pages are those of the Agilent B2900 SCPI command reference, edition 2 (B2910-90030); bounds of the levels are those of
the data sheet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_instruments.keysight.b2900.channel import LIST_POINTS
from sim_instruments.keysight.b2900.channel_commands import nr3
from sim_instruments.scpi.parser import Choice, Command, Numeric, boolean
from sim_instruments.scpi.status import ScpiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.keysight.b2900.channel import Channel
    from sim_instruments.keysight.b2900.channel_commands import ChannelCommands
    from sim_instruments.keysight.b2900.host import Host
    from sim_instruments.keysight.b2900.source import Source

LARGEST_V, LARGEST_A = 210.0, 3.03
"""What a B2911A and B2912A source at most (data sheet)."""
_ROOT = "[:SOURce[c]]"


class SourceCommands:
    """Enters the commands of both functions and of what they share.

    Parameters
    ----------
    commands : ChannelCommands
    device : Host
    """

    def __init__(self, commands: ChannelCommands, device: Host) -> None:
        self._commands = commands
        self._device = device
        self._add_function()
        self._add_sweep()
        for word, short, largest, unit in (("VOLTage", "VOLT", LARGEST_V, "V"), ("CURRent", "CURR", LARGEST_A, "A")):
            level = Numeric(-largest, largest, 0.0, unit)
            self._add_levels(word, short, level)
            self._add_list(word, short, level)

    def _add_function(self) -> None:
        c = self._commands
        modes = Choice(("VOLTage", "CURRent"))
        set_mode = c.writer(lambda channel, mode: channel.set_function(self._device.clock.now(), mode))
        c.enter(f"{_ROOT}:FUNCtion:MODE", Command(set_mode, (modes,), 1))
        c.enter(f"{_ROOT}:FUNCtion:MODE?", Command(lambda n: self._device.channels[n].settings.function))
        c.choice(f"{_ROOT}:FUNCtion[:SHAPe]", Choice(("DC", "PULSe")), lambda ch: ch.settings.shape, "shape")
        c.switch(f"{_ROOT}:FUNCtion:TRIGgered:CONTinuous", "keeps_last")
        c.setting(f"{_ROOT}:PULSe:DELay", Numeric(0.0, 99_999.9, 0.0, "S"), "pulse_delay_s")
        c.setting(f"{_ROOT}:PULSe:WIDTh", Numeric(50e-6, 100_000.0, 50e-6, "S"), "pulse_width_s")
        c.switch(f"{_ROOT}:WAIT[:STATe]", "source_wait")

    def _add_sweep(self) -> None:
        c = self._commands
        points = Numeric(1, LIST_POINTS, 1, integer=True)
        for node in (f"{_ROOT}:VOLTage:POINts", f"{_ROOT}:CURRent:POINts", f"{_ROOT}:SWEep:POINts"):
            c.number(node, points, lambda ch: ch.settings.sweep.points, lambda ch, v: _set_sweep(ch, "points", int(v)))
        for node, words, name in (
            ("DIRection", ("UP", "DOWN"), "direction"),
            ("SPACing", ("LINear", "LOGarithmic"), "spacing"),
            ("STAir", ("SINGle", "DOUBle"), "stair"),
            ("RANGing", ("BEST", "FIXed", "AUTO"), "ranging"),
        ):
            write = c.writer(lambda ch, word, name=name: _set_sweep(ch, name, word))
            c.enter(f"{_ROOT}:SWEep:{node}", Command(write, (Choice(words),), 1))
            read = Command(lambda n, name=name: str(getattr(self._device.channels[n].settings.sweep, name)))
            c.enter(f"{_ROOT}:SWEep:{node}?", read)

    def _add_levels(self, word: str, short: str, level: Numeric) -> None:
        c, node = self._commands, f"{_ROOT}:{word}"

        def source(channel: Channel) -> Source:
            return channel.settings.voltage if short == "VOLT" else channel.settings.current

        def set_mode(channel: Channel, mode: str) -> None:
            source(channel).mode = mode

        def set_range(channel: Channel, value: float) -> None:
            e = channel.electronics
            source(channel).range = e.voltage_range(value) if short == "VOLT" else e.current_range(value)
            source(channel).is_auto = False

        def triggered(channel: Channel) -> float:
            there = source(channel).triggered
            return source(channel).level if there is None else there

        def kept(name: str) -> Callable[[Channel, float], None]:
            return lambda channel, value: setattr(source(channel), name, value)

        def set_step(channel: Channel, value: float) -> None:
            """Change the points, since the span stays (p. 4-98)."""
            span = source(channel).sweep_stop - source(channel).sweep_start
            if span * value < 0.0:
                raise ScpiError(-221, "step and span have different signs")
            channel.settings.sweep.points = 1 if value == 0.0 else int(span / value + 1e-9) + 1

        def step(channel: Channel) -> float:
            points = channel.settings.sweep.points
            span = source(channel).sweep_stop - source(channel).sweep_start
            return span / (points - 1) if points > 1 else 0.0

        c.number(
            f"{node}[:LEVel][:IMMediate][:AMPLitude]",
            level,
            lambda ch: source(ch).level,
            lambda ch, v: ch.set_level(self._device.clock.now(), short, v),
        )
        c.number(f"{node}[:LEVel]:TRIGgered[:AMPLitude]", level, triggered, kept("triggered"))
        modes = Choice(("FIXed", "LIST", "SWEep"))
        c.enter(f"{node}:MODE", Command(c.writer(set_mode), (modes,), 1))
        c.enter(f"{node}:MODE?", Command(lambda n: source(self._device.channels[n]).mode))
        c.number(f"{node}:RANGe", level, lambda ch: source(ch).range, set_range)
        c.enter(f"{node}:RANGe:AUTO", Command(c.writer(kept("is_auto")), (boolean,), 1))
        c.enter(f"{node}:RANGe:AUTO?", Command(lambda n: str(int(source(self._device.channels[n]).is_auto))))
        c.number(f"{node}:STARt", level, lambda ch: source(ch).sweep_start, kept("sweep_start"))
        c.number(f"{node}:STOP", level, lambda ch: source(ch).sweep_stop, kept("sweep_stop"))
        c.number(f"{node}:STEP", level, step, set_step)

    def _add_list(self, word: str, short: str, level: Numeric) -> None:
        c, node = self._commands, f"{_ROOT}:LIST:{word}"

        def source(channel: Channel) -> Source:
            return channel.settings.voltage if short == "VOLT" else channel.settings.current

        def replace(channel: Channel, *levels: float) -> None:
            if len(levels) > LIST_POINTS:
                raise ScpiError(-223)
            source(channel).list_levels, source(channel).list_start = list(levels), 1

        def append(channel: Channel, *levels: float) -> None:
            if len(source(channel).list_levels) + len(levels) > LIST_POINTS:
                raise ScpiError(-223)
            source(channel).list_levels = source(channel).list_levels + list(levels)

        def start(channel: Channel, index: float) -> None:
            if index > len(source(channel).list_levels):
                raise ScpiError(-222)
            source(channel).list_start = int(index)

        def shown(number: int) -> str:
            return ",".join(nr3(value) for value in source(self._device.channels[number]).list_levels)

        c.enter(node, Command(self._idle_writer(replace), (level,), 1, repeats=True))
        c.enter(f"{node}?", Command(shown))
        c.enter(f"{node}:APPend", Command(self._idle_writer(append), (level,), 1, repeats=True))
        c.enter(f"{node}:POINts?", Command(lambda n: str(len(source(self._device.channels[n]).list_levels))))
        index = Numeric(1, LIST_POINTS, 1, integer=True)
        c.number(f"{node}:STARt", index, lambda ch: source(ch).list_start, start)

    def _idle_writer(self, write: Callable[..., None]) -> Callable[..., None]:
        def act(channel: Channel, *values: object) -> None:
            if channel.busy:
                raise ScpiError(-221, "the trigger system is not idle")
            write(channel, *values)

        return self._commands.writer(act)


def _set_sweep(channel: Channel, name: str, value: object) -> None:
    setattr(channel.settings.sweep, name, value)
