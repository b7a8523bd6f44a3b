"""Commands of the Keysight B2912A.

From the Agilent B2900 SCPI command reference (B2910-90030, edition 2); page numbers are its, and each command is in
docs/reference/sources/keysight-b2900.md. Limit tests, arithmetic, digital I/O, external triggers, program memory and
display are not modelled and are refused. The cell is connected to channel 1; channel 2 has open terminals. Assumed: the
operation status bits are those of the B2961A reference, an over-temperature switches the outputs off without an entry
of the error queue, averaging, and the form of the timer's count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_instruments.frontend.electronics import Electronics
from sim_instruments.keysight.b2900.channel import Channel
from sim_instruments.keysight.b2900.channel_commands import ChannelCommands
from sim_instruments.keysight.b2900.readout import Readout
from sim_instruments.keysight.b2900.source_commands import LARGEST_A, LARGEST_V, SourceCommands
from sim_instruments.keysight.b2900.trigger_commands import TriggerCommands
from sim_instruments.sample.cell import Cell
from sim_instruments.sample.relaxation import constant
from sim_instruments.scpi.message_exchange import CommonCommands, Exchange
from sim_instruments.scpi.parser import Choice, Command, CommandTree, Numeric, boolean, string
from sim_instruments.scpi.status import EventRegister, ScpiError, Status

if TYPE_CHECKING:
    from sim_instruments.core.clock import Clock

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
        self.line_Hz, self._timer_zero_s = 60.0, 0.0
        self.tree = CommandTree()
        # Errors are numbered with their sign (p. 5-2); the first entry of a header in the tree holds.
        self.tree.add(":SYSTem:ERRor[:NEXT]?", Command(lambda: '{:+d},"{}"'.format(*self.status.next_error())))
        self.tree.add(":SYSTem:ERRor:ALL?", Command(self._all_errors))
        self.tree.add("*OPT?", Command(lambda: "0"))  # IEEE 488.2, 10.20: no options
        CommonCommands(self.tree, self)
        self._commands = ChannelCommands(self.tree, self)
        self._add_system()
        SourceCommands(self._commands, self)
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
        self.tree.add(":SYSTem:LFRequency", Command(self._set_line_frequency, (Numeric(50, 60, 60, "HZ"),), 1))
        self.tree.add(":SYSTem:LFRequency?", Command(lambda: f"{self.line_Hz:.0f}"))
        timer = ":SYSTem:TIME:TIMer:COUNt"
        self.tree.add(f"{timer}?", Command(lambda: f"{self.clock.now() - self._timer_zero_s:+.9E}"))
        self.tree.add(f"{timer}:RESet[:IMMediate]", Command(self._reset_timer))
        self.tree.add(":SYSTem:BEEPer:STATe", Command(lambda _: None, (boolean,), 1))
        self.tree.add(":SYSTem:INTerlock:TRIPped?", Command(lambda: str(int(self._interlock_open))))
        self.tree.add(":STATus:MEASurement:CONDition?", Command(lambda: str(self.measurement.condition)))
        self.tree.add(":STATus:MEASurement[:EVENt]?", Command(lambda: str(self.measurement.read_event())))

    def _set_line_frequency(self, hertz: float) -> None:
        """Keep 50 or 60 Hz, by which ``NPLC`` counts; ``*RST`` does not change it."""
        if hertz not in {50.0, 60.0}:
            raise ScpiError(-222, f"{hertz:g}")
        self.line_Hz = hertz

    def _reset_timer(self) -> None:
        """Let time stamps begin at 0."""
        self._timer_zero_s = self.update()
        for channel in self.channels.values():
            channel.timer_zero_s = self._timer_zero_s

    def _all_errors(self) -> str:
        """Return and forget all entries of the error queue, the oldest first."""
        entries = [self.status.next_error()]
        while self.status.error_count:
            entries.append(self.status.next_error())
        return ",".join('{:+d},"{}"'.format(*entry) for entry in entries)

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
            f"{s}:CURRent[:DC]:PROTection[:LEVel]", Numeric(1e-10, LARGEST_A, 1e-4, "A"), "compliance_A"
        )
        self._commands.setting(
            f"{s}:VOLTage[:DC]:PROTection[:LEVel]", Numeric(2e-4, LARGEST_V, 2.0, "V"), "compliance_V"
        )
        for word, function in (("CURRent", "VOLT"), ("VOLTage", "CURR")):
            tripped = Command(lambda n, function=function: self._tripped(n, function))
            self._commands.enter(f"{s}:{word}[:DC]:PROTection:TRIPped?", tripped)
        self._add_auto_ranges(s)
        current = Numeric(-LARGEST_A, LARGEST_A, 1e-4, "A")
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
                lambda c: c.settings.aperture_s * self.line_Hz,
                lambda c, v: _set_cycles(c, v, self.line_Hz),
            )
        self._commands.switch(f"{s}:REMote", "four_wire")
        self._commands.switch(f"{s}:WAIT[:STATe]", "wait")
        self._commands.setting(f"{s}:WAIT:OFFSet", Numeric(0.0, 1.0, 0.0, "S"), "wait_offset_s")

    def _tripped(self, number: int, function: str) -> str:
        """Whether a limit holds: that of the current if voltage is sourced, that of the voltage if current is."""
        channel = self.channels[number]
        limited = channel.settings.function == function and channel.limited(self.clock.now())
        return str(int(channel.tripped or limited))

    def _add_auto_ranges(self, s: str) -> None:
        """Enter the bounds of automatic measurement ranges (p. 4-78), and averaging (no page was at hand)."""
        for word, unit, largest, names in (
            ("CURRent", "A", LARGEST_A, ("lowest_auto_A", "highest_auto_A")),
            ("VOLTage", "V", LARGEST_V, ("lowest_auto_V", "highest_auto_V")),
        ):
            for node, name in zip(("LLIMit", "ULIMit"), names, strict=True):

                def read(channel: Channel, name: str = name) -> float:
                    return float(getattr(channel.settings, name))

                def write(channel: Channel, value: float, name: str = name, unit: str = unit) -> None:
                    _set_auto_bound(channel, name, value, unit)

                self._commands.number(
                    f"{s}:{word}[:DC]:RANGe:AUTO:{node}",
                    Numeric(0.0, largest, 1e-6 if unit == "A" else 0.2, unit),
                    read,
                    write,
                )
        self._commands.switch(f"{s}:AVERage[:STATe]", "averages")
        self._commands.number(
            f"{s}:AVERage:COUNt",
            Numeric(1, 100, 10, integer=True),
            lambda c: c.settings.average_count,
            lambda c, v: setattr(c.settings, "average_count", int(v)),
        )

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


def _set_range(channel: Channel, value: float) -> None:
    channel.settings.current_range_A = channel.electronics.current_range(value)
    channel.settings.auto_current_range = False


def _set_auto_bound(channel: Channel, name: str, value: float, unit: str) -> None:
    """Set a bound of automatic ranging; the least range may not be above the largest (p. 4-78)."""
    e, settings = channel.electronics, channel.settings
    before = getattr(settings, name)
    setattr(settings, name, e.current_range(value) if unit == "A" else e.voltage_range(value))
    if settings.lowest_auto_A > settings.highest_auto_A or settings.lowest_auto_V > settings.highest_auto_V:
        setattr(settings, name, before)
        raise ScpiError(-221, "the least automatic range is above the largest")


def _set_cycles(channel: Channel, cycles: float, line_Hz: float) -> None:
    channel.settings.aperture_s = min(max(cycles, 4.8e-4), 120.0) / line_Hz
