"""Commands that the Keithley 2450, 2460 and 2461 have in common.

From the 2461 reference manual (2461-901-01 Rev. A, November 2015), page numbers are its, and the 2450's (2450-901-01
Rev. B, September 2013) where said. Math and the predefined trigger models other than Empty, SimpleLoop, DurationLoop
and ConfigList are not modelled and are refused. The answers' number formats and the error numbers of values
that do not fit are assumed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim_instruments.keithley.common.faults import inject
from sim_instruments.keithley.common.settings import LINE_HZ, MeasureSettings, SourceSettings
from sim_instruments.keithley.common.source_meter import SourceMeter
from sim_instruments.keithley.k2450.accessories import add_accessories
from sim_instruments.keithley.k2450.buffers import BufferCommands
from sim_instruments.keithley.k2450.digitizer import add_digitizer_commands
from sim_instruments.keithley.k2450.pulses import add_pulse_commands
from sim_instruments.keithley.k2450.sweeps import add_sweep_commands
from sim_instruments.keithley.k2450.trigger import add_trigger_commands
from sim_instruments.keithley.k2450.tsp_instrument import HeldClock, TouchTsp
from sim_instruments.keithley.k2600.client_session import TspClientSession
from sim_instruments.scpi.message_exchange import CommonCommands, Exchange
from sim_instruments.scpi.parser import Choice, Command, CommandTree, Numeric, QuotedChoice, string, words
from sim_instruments.scpi.settings import add_choice, add_number, add_switch, number_text
from sim_instruments.scpi.status import ScpiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.core.clock import Clock
    from sim_instruments.frontend.electronics import Electronics
    from sim_instruments.sample.cell import Cell


@dataclass(frozen=True)
class Model:
    """What tells one instrument of the family from another.

    Attributes
    ----------
    number : str
        Model number.
    electronics : Electronics
        Its analogue front end.
    level_V, level_A, current_limit, voltage_limit : Numeric
        What its source takes.
    current_range, voltage_range, resistance_range : Numeric
        Measuring ranges; their defaults are those after ``*RST``.
    interlock_V : float
        Source level beyond which an open interlock counts.
    protection_V : tuple of int
        Levels of its overvoltage protection.
    digitizes : bool
        Whether it has a digitizer and pulses.
    """

    number: str
    electronics: Electronics
    level_V: Numeric
    level_A: Numeric
    current_limit: Numeric
    voltage_limit: Numeric
    current_range: Numeric
    voltage_range: Numeric
    resistance_range: Numeric
    interlock_V: float
    protection_V: tuple[int, ...]
    digitizes: bool = False
    firmware: str = "1.7.12b"

    @property
    def source(self) -> SourceSettings:
        """Source settings after ``*RST``."""
        return SourceSettings(
            range_V=self.electronics.voltage_range(0.0),
            limit_A=self.current_limit.default,
            range_A=self.electronics.current_range(0.0),
            limit_V=self.voltage_limit.default,
        )

    @property
    def measure(self) -> MeasureSettings:
        """Measure settings after ``*RST``."""
        return MeasureSettings(
            current_range_A=self.electronics.current_range(self.current_range.default),
            voltage_range_V=self.electronics.voltage_range(self.voltage_range.default),
            resistance_range_ohm=self.resistance_range.default,
        )


class TouchSourceMeter:
    """A SourceMeter of the 2450 family with a sample on its terminals.

    Parameters
    ----------
    model : Model
        Which one.
    clock : Clock
        Time base.
    cell : Cell
        The sample.
    seed : int
        Of the noise.
    """

    def __init__(self, model: Model, clock: Clock, cell: Cell, seed: int = 0) -> None:
        self.model = model
        self.identity = f"KEITHLEY INSTRUMENTS,MODEL {model.number},04089762,{model.firmware}"
        self._clock = HeldClock(clock)
        self.meter = SourceMeter(self._clock, cell, model.electronics, seed, model.source, model.measure)
        self.status = self.meter.status
        self.message_available = False
        self._language = "SCPI"
        self.tsp: TouchTsp | None = None
        self.tree = CommandTree()
        CommonCommands(self.tree, self)
        self._add_system()
        self._add_source()
        self._add_sense()
        if model.digitizes:
            add_digitizer_commands(self.tree, self.meter, model.current_range, model.voltage_range)
        self._add_output()
        self._buffers = BufferCommands(self.tree, self.meter, digitizes=model.digitizes)
        add_trigger_commands(self.tree, self.meter)
        add_accessories(self.tree, self.meter)
        add_sweep_commands(self.tree, self.meter, model.level_V, model.level_A)
        if model.digitizes:
            add_pulse_commands(self.tree, self.meter, model.level_V, model.level_A)

    @property
    def output_is_on(self) -> bool:
        """Whether the output is on at this moment."""
        return self.meter.output_on

    def prepare(self) -> None:
        """Work the cell's step response out now: the first reading of all would wait half a second for it."""
        self.meter.prepare()

    def client_session(self, _channel: str = "", /) -> Exchange | TspClientSession:
        """Return a client's session in the command set of now; a change of the set does not reach older sessions."""
        return Exchange(self) if self.tsp is None else TspClientSession(self.tsp)

    def inject(self, fault: str) -> None:
        """Let something happen to it: one of `sim_instruments.core.instrument.DEVICE_FAULTS`."""
        inject(self.meter, fault)
        if fault == "reboot":
            self._buffers.reset()
            self.restart()

    def restart(self) -> None:
        """Start in the command set that was chosen (p. B-6: a change takes a restart)."""
        self.tsp = None
        if self._language == "TSP":
            self.tsp = TouchTsp(self.identity, self.tree, self.meter, self._clock, digitizes=self.model.digitizes)

    def update(self) -> float:
        """Bring the instrument to the present."""
        return self.meter.update() if self.tsp is None else self.tsp.update()

    @property
    def busy(self) -> bool:
        """Whether an overlapped operation is running."""
        return self.meter.busy

    def reset(self) -> None:
        """Do as ``*RST``; error queue, status and enable registers stay (IEEE 488.2 section 10.32)."""
        self.meter.reset()
        self._buffers.reset()
        self.meter.front = True

    def trigger(self) -> None:
        """Do as ``*TRG``: let a Wait block go on; without one that waits it is ignored."""
        if not self.meter.trigger_model.trigger(self.meter.update()):
            raise ScpiError(-211)

    # -- how commands are entered -------------------------------------------------------------------------------------

    def _number(self, pattern: str, kind: Numeric, read: Callable[..., float], write: Callable[..., None]) -> None:
        add_number(self.tree, pattern, kind, read, write)

    def _switch(self, pattern: str, read: Callable[[], float], write: Callable[[bool], None]) -> None:
        add_switch(self.tree, pattern, read, write)

    def _of_measure(self, name: str) -> tuple[Callable[[], float], Callable[[float], None]]:
        meter = self.meter

        def write(value: float) -> None:
            meter.require_idle()
            setattr(meter.measure, name, value)

        return lambda: getattr(meter.measure, name), write

    def _of_source(self, name: str) -> tuple[Callable[[], float], Callable[[float], None]]:
        return lambda: getattr(self.meter.source, name), lambda value: self.meter.change_source(**{name: value})

    # -- subsystems ---------------------------------------------------------------------------------------------------

    def _add_system(self) -> None:
        def choose(language: str) -> None:
            self._language = language

        self.tree.add("*LANG?", Command(lambda: "SCPI" if self.tsp is None else "TSP"))
        self.tree.add("*LANG", Command(choose, (Choice(("SCPI", "TSP")),), 1))  # p. B-6; it takes a restart
        self.tree.add(":SYSTem:VERSion?", Command(lambda: "1996.0"))
        self.tree.add(":SYSTem:LFRequency?", Command(lambda: number_text(LINE_HZ)))
        frequency, duration = Numeric(20, 8000, 1000, "HZ"), Numeric(0.001, 100, 0.1, "S")
        self.tree.add(":SYSTem:BEEPer[:IMMediate]", Command(lambda *_: None, (frequency, duration), 2))

        # There is no display: what is shown changes nothing else.
        self.tree.add(":DISPlay:CLEar", Command(lambda: None))
        self.tree.add(":DISPlay:USER<1-2>:TEXT[:DATA]", Command(lambda *_: None, (string,), 1))
        self.tree.add(":DISPlay:SCReen", Command(lambda _: None, (words,), 1))

    def _add_source(self) -> None:
        meter, tree, model = self.meter, self.tree, self.model
        add_choice(
            tree,
            ":SOURce[1]:FUNCtion[:MODE]",
            ("VOLTage", "CURRent"),
            lambda: meter.source.function,
            lambda name: meter.change_source(function=name),
        )  # p. 6-95
        volt, amps = ":SOURce[1]:VOLTage", ":SOURce[1]:CURRent"
        # p. 6-94
        self._number(f"{volt}:ILIMit[:LEVel]", model.current_limit, *self._of_source("limit_A"))
        self._number(f"{amps}:VLIMit[:LEVel]", model.voltage_limit, *self._of_source("limit_V"))
        for node, limit, level, unit in ((volt, "ILIMit", model.level_V, "V"), (amps, "VLIMit", model.level_A, "A")):
            automatic = "auto_range" if unit == "V" else "auto_range_A"
            self._number(f"{node}[:LEVel][:IMMediate][:AMPLitude]", level, *self._of_source(f"level_{unit}"))
            tree.add(f"{node}:{limit}[:LEVel]:TRIPped?", Command(lambda: str(int(meter.limited(meter.update())))))
            self._number(f"{node}:RANGe", level, *self._source_range(unit, automatic))
            self._switch(f"{node}:RANGe:AUTO", *self._of_source(automatic))
            self._switch(f"{node}:READ:BACK", *self._of_source("read_back"))
            self._add_source_delays(node)
            self._add_protection(node)

    def _add_protection(self, node: str) -> None:
        """Enter the overvoltage protection (p. 6-96): ``PROT2`` ... and ``NONE``."""
        meter = self.meter
        levels = {f"PROT{level}": float(level) for level in self.model.protection_V} | {"NONE": math.inf}

        def write(name: str) -> None:
            if name not in levels:
                raise ScpiError(-224, name)
            meter.change_source(protection_V=levels[name])

        def read() -> str:
            return next(name for name, level in levels.items() if level == meter.source.protection_V)

        self.tree.add(f"{node}:PROTection[:LEVel]", Command(write, (words,), 1))
        self.tree.add(f"{node}:PROTection[:LEVel]?", Command(read))
        self.tree.add(f"{node}:PROTection[:LEVel]:TRIPped?", Command(lambda: str(int(meter.protected))))

    def _add_source_delays(self, node: str) -> None:
        meter = self.meter
        delay = Numeric(0.0, 10e3, 0.0, "S")  # p. 6-89
        self._number(
            f"{node}:DELay",
            delay,
            lambda: meter.source.delay_s,
            lambda value: meter.change_source(delay_s=value, auto_delay=False),
        )
        self._switch(f"{node}:DELay:AUTO", *self._of_source("auto_delay"))

        def set_user_delay(number: int, value: float) -> None:
            delays = list(meter.source.user_delays_s)
            delays[number - 1] = value
            meter.change_source(user_delays_s=delays)

        self._number(
            f"{node}:DELay:USER<1-5>", delay, lambda number: meter.source.user_delays_s[number - 1], set_user_delay
        )  # p. 6-91

    def _source_range(self, unit: str, automatic: str) -> tuple[Callable[[], float], Callable[[float], None]]:
        meter, name = self.meter, f"range_{unit}"
        choose = meter.electronics.voltage_range if unit == "V" else meter.electronics.current_range
        return (
            lambda: getattr(meter.source, name),
            lambda value: meter.change_source(**{name: choose(value), automatic: False}),
        )

    def _add_sense(self) -> None:
        meter, tree = self.meter, self.tree
        functions = QuotedChoice(("CURRent", "CURRent:DC", "VOLTage", "VOLTage:DC", "RESistance"))

        def select(short: str) -> None:
            meter.require_idle()
            meter.measure.function, meter.measure.digitize = short.removesuffix(":DC"), None

        def selected() -> str:
            function = meter.measure.function
            return "NONE" if meter.measure.digitize else f'"{function}{":DC" if function != "RES" else ""}"'

        tree.add("[:SENSe[1]]:FUNCtion[:ON]", Command(select, (functions,), 1))
        tree.add("[:SENSe[1]]:FUNCtion[:ON]?", Command(selected))
        ranges = {
            "CURRent[:DC]": (self.model.current_range, "current_range_A"),
            "VOLTage[:DC]": (self.model.voltage_range, "voltage_range_V"),
            "RESistance": (self.model.resistance_range, "resistance_range_ohm"),
        }
        for function, (kind, field) in ranges.items():
            node = f"[:SENSe[1]]:{function}"
            self._number(f"{node}:RANGe[:UPPer]", kind, self._of_measure(field)[0], self._range_writer(field))
            self._switch(f"{node}:RANGe:AUTO", *self._of_measure("auto_range"))
            self._number(f"{node}:NPLCycles", Numeric(0.01, 10.0, 1.0), *self._of_measure("nplc"))
            self._switch(f"{node}:AZERo[:STATe]", *self._of_measure("auto_zero"))
            self._switch(f"{node}:RSENse", *self._of_measure("four_wire"))
            self._number(f"{node}:DELay:USER<1-5>", Numeric(0.0, 10e3, 0.0, "S"), *self._measure_delay())
            self._add_filter(node)
        tree.add("[:SENSe[1]]:AZERo:ONCE", Command(lambda: None))  # the simulated zero does not drift
        self._number("[:SENSe[1]]:COUNt", Numeric(1, 300_000, 1, integer=True), *self._of_measure("count"))

    def _add_filter(self, node: str) -> None:
        meter = self.meter

        def set_kind(kind: str) -> None:
            meter.require_idle()
            meter.measure.filter_repeats = kind == "REP"

        self._switch(f"{node}:AVERage[:STATe]", *self._of_measure("filter_on"))
        self._number(f"{node}:AVERage:COUNt", Numeric(1, 100, 10, integer=True), *self._of_measure("filter_count"))
        add_choice(
            self.tree,
            f"{node}:AVERage:TCONtrol",
            ("REPeat", "MOVing"),
            lambda: "REP" if meter.measure.filter_repeats else "MOV",
            set_kind,
        )

    def _range_writer(self, field: str) -> Callable[[float], None]:
        electronics, measure = self.meter.electronics, self.meter

        def write(value: float) -> None:
            measure.require_idle()
            choose = {"current_range_A": electronics.current_range, "voltage_range_V": electronics.voltage_range}
            setattr(measure.measure, field, choose[field](value) if field in choose else value)
            measure.measure.auto_range = False

        return write

    def _measure_delay(self) -> tuple[Callable[[int], float], Callable[[int, float], None]]:
        meter = self.meter

        def write(number: int, value: float) -> None:
            meter.measure.user_delays_s[number - 1] = value

        return lambda number: meter.measure.user_delays_s[number - 1], write

    def _add_output(self) -> None:
        meter = self.meter

        def switch(on: bool) -> None:
            high = meter.source.function == "VOLT" and abs(meter.source.level_V) > self.model.interlock_V
            if on and high and not meter.interlock_closed:
                self.status.post_error(ScpiError(5074))  # 2450: p. 6-33; 2461: p. 6-49
            meter.switch_output(meter.update(), on=on)

        self._switch(":OUTPut[1][:STATe]", lambda: meter.output_on, switch)
        self.tree.add(":OUTPut[1]:INTerlock:TRIPped?", Command(lambda: str(int(meter.interlock_closed))))  # 1: closed
        self._add_terminals()
        modes = ("NORMal", "ZERO", "HIMPedance", "GUARd")
        for function, short in (("VOLTage", "VOLT"), ("CURRent", "CURR")):
            reader, writer = _item_reader(meter, short), _item_writer(meter, short)
            add_choice(self.tree, f":OUTPut[1]:{function}:SMODe", modes, reader, writer)

    def _add_terminals(self) -> None:
        def select(which: str) -> None:
            self.meter.switch_output(self.meter.require_idle(), on=False)  # the output goes off (assumed)
            self.meter.front = which == "FRON"

        add_choice(
            self.tree, ":ROUTe:TERMinals", ("FRONt", "REAR"), lambda: "FRON" if self.meter.front else "REAR", select
        )


def _item_writer(meter: SourceMeter, function: str) -> Callable[[str], None]:
    def write(mode: str) -> None:
        meter.update()
        meter.off_modes[function] = mode

    return write


def _item_reader(meter: SourceMeter, function: str) -> Callable[[], str]:
    return lambda: meter.off_modes[function]
