"""Commands of the Keysight B2912A.

From the Agilent B2900 SCPI command reference (B2910-90030, edition 2); page numbers are its. Current sources, limit
tests, arithmetic, digital I/O, external triggers, program memory and display are not modelled and are refused. The
cell is connected to channel 1; channel 2 has open terminals. Assumed: the operation status bits are those of the B2961A
reference, and an over-temperature switches the outputs off without an entry of the error queue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_instruments.frontend.electronics import Electronics
from sim_instruments.keysight.b2900.channel import LIST_POINTS, Channel
from sim_instruments.keysight.b2900.channel_commands import ChannelCommands, nr3
from sim_instruments.keysight.b2900.readout import Readout
from sim_instruments.keysight.b2900.trigger_commands import TriggerCommands
from sim_instruments.sample.cell import Cell
from sim_instruments.sample.relaxation import constant
from sim_instruments.scpi.message_exchange import CommonCommands, Exchange
from sim_instruments.scpi.parser import Choice, Command, CommandTree, Numeric, boolean, string
from sim_instruments.scpi.status import EventRegister, ScpiError, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.core.clock import Clock

# Of a B2911A and B2912A (data sheet).
_LARGEST_V, _LARGEST_A = 210.0, 3.03
# Operation status: idle bits of transient and acquire; the bits after them say which layer waits.
_BITS = {(1, "transient"): 1, (1, "acquire"): 4, (2, "transient"): 7, (2, "acquire"): 10}
# Questionable status, table on p. 4-116.
_INTERLOCK_BIT, _TEMPERATURE_BIT, _LOST_BITS = (
    10,
    4,
    {(1, "transient"): 11, (1, "acquire"): 12, (2, "transient"): 13, (2, "acquire"): 14},
)

# Ranges and resolution: B2911/B2912 data sheet. Assumed: noise and settling.
KEYSIGHT_B2912 = Electronics(
    current_ranges_A=(10e-9, 100e-9, 1e-6, 10e-6, 100e-6, 1e-3, 10e-3, 100e-3, 1.0, 1.5, 3.0),
    voltage_steps={0.2: 100e-9, 2.0: 1e-6, 20.0: 10e-6, 200.0: 100e-6},
    response_s=10e-6,
    noise_1us=1e-4,
)
_OPEN = {"R_s": 1.0, "G_inf": 1e-15}


class B2912A:
    """A Keysight B2912A with a sample on channel 1.

    Parameters
    ----------
    clock : Clock
        Time base.
    cell : Cell
        The sample.
    seed : int
        Of the noise.
    """

    identity = "Keysight Technologies,B2912A,MY51143912,3.4.2011.5100"

    def __init__(self, clock: Clock, cell: Cell, seed: int = 0) -> None:
        self.clock = clock
        self._cell = cell
        self.status = Status()
        self.measurement = EventRegister()
        self.message_available = False
        nothing = Cell("open terminals", _OPEN, constant())
        self.channels = {
            number: Channel(sample, KEYSIGHT_B2912, seed + 1000 * (number - 1), shortest_s=1e-5)
            for number, sample in ((1, cell), (2, nothing))
        }
        self._interlock_open = False
        self.tree = CommandTree()
        # Errors are numbered with their sign (p. 5-2); the first entry of a header in the tree holds.
        self.tree.add(":SYSTem:ERRor[:NEXT]?", Command(lambda: '{:+d},"{}"'.format(*self.status.next_error())))
        CommonCommands(self.tree, self)
        self._commands = ChannelCommands(self.tree, self)
        self._add_system()
        self._add_source()
        self._add_sense()
        self._add_output()
        TriggerCommands(self._commands, self)
        self._readout = Readout(self.tree, self)

    # -- as the message exchange and the server see it ----------------------------------------------------------------

    @property
    def output_is_on(self) -> bool:
        """Whether the output is on at this moment."""
        return any(channel.output_on for channel in self.channels.values())

    def prepare(self) -> None:
        """Work the cell's step response out now: the first reading of all would wait for it."""
        self._cell.step_charge(1.0)

    def client_session(self, _channel: str = "", /) -> Exchange:
        """Return a client's message exchange."""
        return Exchange(self)

    def update(self) -> float:
        """Bring the instrument to the present; return it, instrument seconds."""
        now = self.clock.now()
        for channel in self.channels.values():
            channel.advance(now)
        self._update_registers()
        return now

    @property
    def busy(self) -> bool:
        """Whether an overlapped operation is running."""
        return any(channel.busy for channel in self.channels.values())

    def reset(self) -> None:
        """Do as ``*RST``."""
        now = self.clock.now()
        for channel in self.channels.values():
            channel.reset(now)
        self._readout.reset()

    def trigger(self) -> None:
        """Do as ``*TRG``: an event for every layer that waits for the bus."""
        now = self.update()
        waited = [action.event(now) for c in self.channels.values() for action in (c.transient, c.acquire)]
        if not any(waited):
            raise ScpiError(-211)

    def inject(self, fault: str) -> None:
        """Let one of `sim_instruments.core.instrument.DEVICE_FAULTS` happen now.

        Raises
        ------
        ValueError
            If there is no such fault.
        """
        now, channel = self.update(), self.channels[1]
        if fault == "cell-open":
            channel.contacts.open(now)
        elif fault == "cell-short":
            channel.contacts.short(now)
        elif fault == "compliance":
            channel.overdriven = True
        elif fault == "error-storm":
            for _ in range(2 * self.status.length):
                self.status.post_error(ScpiError(-310, "simulated fault"))
        elif fault == "interlock-open":
            self._interlock_open = True
            channel.trip(now)
        elif fault == "overtemperature":
            channel.overheated = True
            channel.trip(now)
        elif fault == "buffer-overrun":
            channel.trace.points, channel.trace_on = channel.trace.count, False
        elif fault == "reboot":
            self.reset()
            self.status.power_on()
            self._interlock_open = False
        else:
            raise ValueError(f"no such fault of a B2900: {fault!r}")

    def _update_registers(self) -> None:
        operation = measurement = questionable = 0
        for number, channel in self.channels.items():
            for name, action in (("transient", channel.transient), ("acquire", channel.acquire)):
                first = _BITS[number, name]
                operation |= 1 << (first + {"idle": 0, "trigger": 1, "arm": 2}[action.phase])
                questionable |= action.event_lost << _LOST_BITS[number, name]
            questionable |= channel.overheated << _TEMPERATURE_BIT
            full = channel.trace.count == channel.trace.points
            measurement |= ((channel.trace.count > 0) << 3 | full << 4) << 6 * (number - 1)
        questionable |= self._interlock_open << _INTERLOCK_BIT
        for register, condition in (
            (self.status.operation, operation),
            (self.status.questionable, questionable),
            (self.measurement, measurement),
        ):
            register.event |= condition & ~register.condition  # positive transitions only
            register.condition = condition

    # -- subsystems ---------------------------------------------------------------------------------------------------

    def _add_system(self) -> None:
        self.tree.add(":SYSTem:VERSion?", Command(lambda: "1999.0"))
        self.tree.add(":SYSTem:LFRequency?", Command(lambda: "60"))
        self.tree.add(":SYSTem:BEEPer:STATe", Command(lambda _: None, (boolean,), 1))
        self.tree.add(":SYSTem:INTerlock:TRIPped?", Command(lambda: str(int(self._interlock_open))))
        self.tree.add(":STATus:MEASurement:CONDition?", Command(lambda: str(self.measurement.condition)))
        self.tree.add(":STATus:MEASurement[:EVENt]?", Command(lambda: str(self.measurement.read_event())))

    def _add_source(self) -> None:
        s = "[:SOURce[c]]"
        level = Numeric(-_LARGEST_V, _LARGEST_V, 0.0, "V")
        self._commands.choice(f"{s}:FUNCtion:MODE", Choice(("VOLTage",)), lambda _: "VOLT", "function")
        self._commands.choice(f"{s}:FUNCtion[:SHAPe]", Choice(("DC", "PULSe")), lambda c: c.settings.shape, "shape")
        self._commands.switch(f"{s}:FUNCtion:TRIGgered:CONTinuous", "keeps_last")
        volt = f"{s}:VOLTage"
        amplitude = "[:LEVel][:IMMediate][:AMPLitude]"
        self._commands.number(
            volt + amplitude, level, lambda c: c.settings.level_V, lambda c, v: c.set_level(self.clock.now(), v)
        )
        self._commands.number(
            f"{volt}[:LEVel]:TRIGgered[:AMPLitude]",
            level,
            lambda c: c.settings.level_V if c.settings.triggered_V is None else c.settings.triggered_V,
            lambda c, v: setattr(c.settings, "triggered_V", v),
        )
        self._commands.choice(f"{volt}:MODE", Choice(("FIXed", "LIST", "SWEep")), lambda c: c.settings.mode, "mode")
        self._commands.number(f"{volt}:RANGe", level, lambda c: c.settings.voltage_range_V, _set_voltage_range)
        self._commands.switch(f"{volt}:RANGe:AUTO", "auto_voltage_range")
        self._commands.setting(f"{volt}:STARt", level, "sweep_start_V")
        self._commands.setting(f"{volt}:STOP", level, "sweep_stop_V")
        points = Numeric(1, LIST_POINTS, 1, integer=True)
        for node in (f"{volt}:POINts", f"{s}:SWEep:POINts"):
            self._commands.number(
                node,
                points,
                lambda c: c.settings.sweep_points,
                lambda c, v: setattr(c.settings, "sweep_points", int(v)),
            )
        self._commands.setting(f"{s}:PULSe:DELay", Numeric(0.0, 99_999.9, 0.0, "S"), "pulse_delay_s")
        self._commands.setting(f"{s}:PULSe:WIDTh", Numeric(50e-6, 100_000.0, 50e-6, "S"), "pulse_width_s")
        self._commands.switch(f"{s}:WAIT[:STATe]", "source_wait")
        self._add_lists(s, level)

    def _add_lists(self, s: str, level: Numeric) -> None:
        def replace(channel: Channel, *levels: float) -> None:
            if len(levels) > LIST_POINTS:
                raise ScpiError(-223)
            channel.settings.list_V, channel.settings.list_start = list(levels), 1

        def append(channel: Channel, *levels: float) -> None:
            if len(channel.settings.list_V) + len(levels) > LIST_POINTS:
                raise ScpiError(-223)
            channel.settings.list_V = channel.settings.list_V + list(levels)

        def start(channel: Channel, index: float) -> None:
            if index > len(channel.settings.list_V):
                raise ScpiError(-222)
            channel.settings.list_start = int(index)

        node = f"{s}:LIST:VOLTage"
        self._commands.enter(node, Command(self._idle_writer(replace), (level,), 1, repeats=True))
        self._commands.enter(f"{node}?", Command(lambda n: ",".join(nr3(v) for v in self.channels[n].settings.list_V)))
        self._commands.enter(f"{node}:APPend", Command(self._idle_writer(append), (level,), 1, repeats=True))
        self._commands.enter(f"{node}:POINts?", Command(lambda n: str(len(self.channels[n].settings.list_V))))
        index = Numeric(1, LIST_POINTS, 1, integer=True)
        self._commands.number(f"{node}:STARt", index, lambda c: c.settings.list_start, start)

    def _idle_writer(self, write: Callable[..., None]) -> Callable[..., None]:
        def act(channel: Channel, *values: object) -> None:
            if channel.busy:
                raise ScpiError(-221, "the trigger system is not idle")
            write(channel, *values)

        return self._commands.writer(act)

    def _add_sense(self) -> None:
        s = ":SENSe[c]"
        self._commands.enter(
            f"{s}:FUNCtion[:ON]", Command(self._commands.writer(_set_functions), (string,), 1, repeats=True)
        )
        quoted = Command(lambda n: ",".join(f'"{f}"' for f in self.channels[n].settings.functions))
        self._commands.enter(f"{s}:FUNCtion[:ON]?", quoted)
        self._commands.enter(
            f"{s}:FUNCtion[:ON]:ALL", Command(self._commands.writer(lambda c: _set_functions(c, *_FUNCTIONS)))
        )
        self._commands.setting(
            f"{s}:CURRent[:DC]:PROTection[:LEVel]", Numeric(1e-10, _LARGEST_A, 1e-4, "A"), "compliance_A"
        )
        tripped = Command(lambda n: str(int(self.channels[n].tripped or self.channels[n].limited(self.clock.now()))))
        self._commands.enter(f"{s}:CURRent[:DC]:PROTection:TRIPped?", tripped)
        current = Numeric(-_LARGEST_A, _LARGEST_A, 1e-4, "A")
        self._commands.number(
            f"{s}:CURRent[:DC]:RANGe[:UPPer]", current, lambda c: c.settings.current_range_A, _set_range
        )
        self._commands.switch(f"{s}:CURRent[:DC]:RANGe:AUTO", "auto_current_range")
        for function in ("CURRent", "VOLTage"):
            # Beyond its limits the time becomes the limit (p. 4-73); one aperture holds for all functions.
            self._commands.number(
                f"{s}:{function}[:DC]:APERture",
                Numeric(-float("inf"), float("inf"), 0.1 / 60.0, "S"),
                lambda c: c.settings.aperture_s,
                lambda c, v: setattr(c.settings, "aperture_s", min(max(v, 8e-6), 2.0)),
            )
            self._commands.number(
                f"{s}:{function}[:DC]:NPLCycles",
                Numeric(-float("inf"), float("inf"), 0.1),
                lambda c: c.settings.aperture_s * 60.0,
                lambda c, v: setattr(c.settings, "aperture_s", min(max(v, 4.8e-4), 120.0) / 60.0),
            )
        self._commands.switch(f"{s}:REMote", "four_wire")
        self._commands.switch(f"{s}:WAIT[:STATe]", "wait")
        self._commands.setting(f"{s}:WAIT:OFFSet", Numeric(0.0, 1.0, 0.0, "S"), "wait_offset_s")

    def _add_output(self) -> None:
        o = ":OUTPut[c]"
        self._commands.enter(f"{o}[:STATe]", Command(self._switch_output, (boolean,), 1))
        self._commands.enter(f"{o}[:STATe]?", Command(lambda n: str(int(self.channels[n].output_on))))
        self._commands.choice(
            f"{o}:OFF:MODE", Choice(("NORMal", "HIZ", "ZERO")), lambda c: c.settings.off_mode, "off_mode"
        )
        self._commands.switch(f"{o}:OFF:AUTO", "off_auto")
        self._commands.switch(f"{o}:ON:AUTO", "on_auto")
        self._commands.switch(f"{o}:PROTection[:STATe]", "protection")
        self._commands.switch(f"{o}:FILTer[:LPASs][:STATe]", "filter_on")
        low = Choice(("GROund", "FLOat"))
        self._commands.choice(f"{o}:LOW", low, lambda c: c.settings.low_terminal, "low_terminal")

    def _switch_output(self, number: int, on: bool) -> None:
        now, channel = self.update(), self.channels[number]
        if on and (self._interlock_open or channel.overheated):
            raise ScpiError(-221, "an emergency condition holds the output off")
        if not on and channel.busy:
            channel.abort(now)  # assumed: a measurement ends with the output
        channel.switch_output(now, on=on)


_FUNCTIONS = ("CURR", "VOLT", "RES")


def _set_functions(channel: Channel, *functions: str) -> None:
    forms = Choice(("CURRent", "VOLTage", "RESistance"))
    chosen = {forms(name.upper().removesuffix(":DC")) for name in functions}
    channel.settings.functions = tuple(f for f in _FUNCTIONS if f in chosen or f in channel.settings.functions)


def _set_voltage_range(channel: Channel, value: float) -> None:
    channel.settings.voltage_range_V = channel.electronics.voltage_range(value)
    channel.settings.auto_voltage_range = False


def _set_range(channel: Channel, value: float) -> None:
    channel.settings.current_range_A = channel.electronics.current_range(value)
    channel.settings.auto_current_range = False
