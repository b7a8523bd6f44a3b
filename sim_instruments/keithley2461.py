"""Which commands does a Keithley 2461 understand?

From the 2461 reference manual (2461-901-01 Rev. A, November 2015); page numbers are its. Sourcing current, sweeps
other than list sweeps, filters, limit tests and the predefined trigger models other than Empty and SimpleLoop are not
modelled and are refused. The answers' number formats and the error numbers of values that do not fit are assumed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_instruments._keithley2461_buffers import BufferCommands
from sim_instruments._keithley2461_trigger import add_trigger_commands
from sim_instruments.electronics import KEITHLEY_2461
from sim_instruments.exchange import CommonCommands, Exchange
from sim_instruments.scpi import Choice, Command, CommandTree, Numeric, QuotedChoice, boolean
from sim_instruments.source_meter import LINE_HZ, SourceMeter
from sim_instruments.status import ScpiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.cell import Cell
    from sim_instruments.clock import Clock

_LARGEST_V, _LARGEST_A = 105.0, 10.5


class Keithley2461:
    """A Keithley 2461 with a sample on its terminals.

    Parameters
    ----------
    clock : Clock
        Time base.
    cell : Cell
        The sample.
    seed : int
        Of the noise.
    """

    identity = "KEITHLEY INSTRUMENTS,MODEL 2461,04089762,1.6.8a"

    def __init__(self, clock: Clock, cell: Cell, seed: int = 0) -> None:
        self.meter = SourceMeter(clock, cell, KEITHLEY_2461, seed)
        self.status = self.meter.status
        self.message_available = False
        self.tree = CommandTree()
        CommonCommands(self.tree, self)
        self._add_system()
        self._add_source()
        self._add_sense()
        self._add_digitize()
        self._add_output()
        self._buffers = BufferCommands(self.tree, self.meter)
        add_trigger_commands(self.tree, self.meter)

    def prepare(self) -> None:
        """Work the cell's step response out now: the first reading of all would wait half a second for it."""
        self.meter.prepare()

    def conversation(self, _channel: str = "", /) -> Exchange:
        """Return a client's message exchange."""
        return Exchange(self)

    def update(self) -> float:
        """Bring the instrument to the present."""
        return self.meter.update()

    @property
    def busy(self) -> bool:
        """Whether an overlapped operation goes on."""
        return self.meter.busy

    def reset(self) -> None:
        """Do as ``*RST``; error queue, status and enable registers stay (IEEE 488.2 section 10.32)."""
        self.meter.reset()
        self._buffers.reset()

    def trigger(self) -> None:
        """Do as ``*TRG``: let a Wait block go on; without one that waits it is ignored."""
        if not self.meter.trigger_model.trigger(self.meter.update()):
            raise ScpiError(-211)

    # -- how commands are entered -------------------------------------------------------------------------------------

    def _number(self, pattern: str, kind: Numeric, read: Callable[..., float], write: Callable[..., None]) -> None:
        """Enter a numeric setting: command, query, and query of MIN, MAX, DEF."""

        def query(*arguments: float | None) -> str:
            *suffixes, value = (
                arguments if arguments and isinstance(arguments[-1], float | None) else (*arguments, None)
            )
            return _text(read(*suffixes) if value is None else value)

        def bound(text: str) -> float | None:
            if (value := kind.keyword(text)) is None:
                raise ScpiError(-224, text)
            return value

        self.tree.add(pattern, Command(write, (kind,), 1))
        self.tree.add(f"{pattern}?", Command(query, (bound,)))

    def _switch(self, pattern: str, read: Callable[[], float], write: Callable[[bool], None]) -> None:
        self.tree.add(pattern, Command(write, (boolean,), 1))
        self.tree.add(f"{pattern}?", Command(lambda: str(int(read()))))

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
        self.tree.add("*LANG?", Command(lambda: "SCPI"))
        self.tree.add("*LANG", Command(lambda _: None, (Choice(("SCPI",)),), 1))  # p. B-6; another set needs a reboot
        self.tree.add(":SYSTem:VERSion?", Command(lambda: "1996.0"))
        self.tree.add(":SYSTem:LFRequency?", Command(lambda: _text(LINE_HZ)))
        frequency, duration = Numeric(20, 8000, 1000, "HZ"), Numeric(0.001, 100, 0.1, "S")
        self.tree.add(":SYSTem:BEEPer[:IMMediate]", Command(lambda *_: None, (frequency, duration), 2))

    def _add_source(self) -> None:
        meter, tree = self.meter, self.tree
        tree.add(":SOURce[1]:FUNCtion[:MODE]", Command(lambda _: None, (Choice(("VOLTage",)),), 1))  # p. 6-93
        tree.add(":SOURce[1]:FUNCtion[:MODE]?", Command(lambda: "VOLT"))
        volt = ":SOURce[1]:VOLTage"
        level = Numeric(-_LARGEST_V, _LARGEST_V, 0.0, "V")
        self._number(f"{volt}[:LEVel][:IMMediate][:AMPLitude]", level, *self._of_source("level_V"))
        limit = Numeric(1e-8, _LARGEST_A, 1.05e-4, "A")
        self._number(f"{volt}:ILIMit[:LEVel]", limit, *self._of_source("limit_A"))
        tree.add(f"{volt}:ILIMit[:LEVel]:TRIPped?", Command(lambda: str(int(meter.limited(meter.update())))))
        self._number(f"{volt}:RANGe", level, *self._source_range())
        self._switch(f"{volt}:RANGe:AUTO", *self._of_source("auto_range"))
        self._switch(f"{volt}:READ:BACK", *self._of_source("read_back"))
        delay = Numeric(0.0, 10e3, 0.0, "S")  # p. 6-89
        self._number(
            f"{volt}:DELay",
            delay,
            lambda: meter.source.delay_s,
            lambda value: meter.change_source(delay_s=value, auto_delay=False),
        )
        self._switch(f"{volt}:DELay:AUTO", *self._of_source("auto_delay"))

        def set_user_delay(number: int, value: float) -> None:
            delays = list(meter.source.user_delays_s)
            delays[number - 1] = value
            meter.change_source(user_delays_s=delays)

        self._number(
            f"{volt}:DELay:USER<1-5>", delay, lambda number: meter.source.user_delays_s[number - 1], set_user_delay
        )  # p. 6-91

    def _source_range(self) -> tuple[Callable[[], float], Callable[[float], None]]:
        meter = self.meter

        def write(value: float) -> None:
            meter.change_source(range_V=meter.electronics.voltage_range(value), auto_range=False)

        return lambda: meter.source.range_V, write

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
            "CURRent[:DC]": (Numeric(-_LARGEST_A, _LARGEST_A, 1e-6, "A"), "current_range_A"),
            "VOLTage[:DC]": (Numeric(-_LARGEST_V, _LARGEST_V, 2.0, "V"), "voltage_range_V"),
            "RESistance": (Numeric(2.0, 200e6, 200e3, "OHM"), "resistance_range_ohm"),
        }
        for function, (kind, field) in ranges.items():
            node = f"[:SENSe[1]]:{function}"
            self._number(f"{node}:RANGe[:UPPer]", kind, self._of_measure(field)[0], self._range_writer(field))
            self._switch(f"{node}:RANGe:AUTO", *self._of_measure("auto_range"))
            self._number(f"{node}:NPLCycles", Numeric(0.01, 10.0, 1.0), *self._of_measure("nplc"))
            self._switch(f"{node}:AZERo[:STATe]", *self._of_measure("auto_zero"))
            self._switch(f"{node}:RSENse", *self._of_measure("four_wire"))
            self._number(f"{node}:DELay:USER<1-5>", Numeric(0.0, 10e3, 0.0, "S"), *self._measure_delay())
        tree.add("[:SENSe[1]]:AZERo:ONCE", Command(lambda: None))  # the simulated zero does not drift
        self._number("[:SENSe[1]]:COUNt", Numeric(1, 300_000, 1, integer=True), *self._of_measure("count"))

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

    def _add_digitize(self) -> None:
        meter, tree = self.meter, self.tree
        node = "[:SENSe[1]]:DIGitize"

        def select(short: str) -> None:
            meter.require_idle()
            meter.measure.digitize = short

        tree.add(f"{node}:FUNCtion[:ON]", Command(select, (QuotedChoice(("CURRent", "VOLTage")),), 1))
        tree.add(
            f"{node}:FUNCtion[:ON]?",
            Command(lambda: f'"{meter.measure.digitize}"' if meter.measure.digitize else "NONE"),
        )
        self._number(f"{node}:COUNt", Numeric(1, 55_000_000, 1, integer=True), *self._of_measure("digitize_count"))

        def set_rate(value: float) -> None:
            meter.require_idle()
            measure = meter.measure
            measure.digitize_rate_Hz = value
            if measure.digitize_aperture_s is not None:  # p. 6-71: adjusted to the largest that the rate allows
                measure.digitize_aperture_s = min(measure.digitize_aperture_s, 1.0 / value)

        def set_aperture(value: float) -> None:
            meter.require_idle()
            if value > (1.0 + 1e-9) / meter.measure.digitize_rate_Hz:  # p. 8-106
                raise ScpiError(-222, "the aperture is longer than the sample interval: set the rate first")
            # Whole microseconds, rounded down (p. 6-52); 0 stands for AUTO.
            meter.measure.digitize_aperture_s = max(1.0, int(value * 1e6 + 1e-6)) * 1e-6 if value else None

        rate = Numeric(1e3, 1e6, 1e5, integer=True)
        aperture = Numeric(0.0, 1e-3, 0.0, "S", words=(("AUTO", 0.0),))
        for function in ("CURRent", "VOLTage"):
            self._number(f"{node}:{function}:SRATe", rate, lambda: meter.measure.digitize_rate_Hz, set_rate)
            self._number(
                f"{node}:{function}:APERture",
                aperture,
                lambda: meter.measure.digitize_aperture_s or 1.0 / meter.measure.digitize_rate_Hz,
                set_aperture,
            )
            self._switch(f"{node}:{function}:RSENse", *self._of_measure("four_wire"))

        def set_range(value: float) -> None:
            meter.require_idle()
            meter.measure.digitize_range_A = meter.electronics.current_range(value)

        self._number(
            f"{node}:CURRent:RANGe[:UPPer]",
            Numeric(-_LARGEST_A, _LARGEST_A, 1e-6, "A"),
            lambda: meter.measure.digitize_range_A,
            set_range,
        )

    def _add_output(self) -> None:
        meter = self.meter

        def switch(on: bool) -> None:
            meter.switch_output(meter.update(), on=on)

        self._switch(":OUTPut[1][:STATe]", lambda: meter.output_on, switch)
        modes = Choice(("NORMal", "ZERO", "HIMPedance", "GUARd"))
        for function, short in (("VOLTage", "VOLT"), ("CURRent", "CURR")):
            write = _item_writer(meter, short)
            self.tree.add(f":OUTPut[1]:{function}:SMODe", Command(write, (modes,), 1))
            self.tree.add(f":OUTPut[1]:{function}:SMODe?", Command(_item_reader(meter, short)))


def _item_writer(meter: SourceMeter, function: str) -> Callable[[str], None]:
    def write(mode: str) -> None:
        meter.update()
        meter.off_modes[function] = mode

    return write


def _item_reader(meter: SourceMeter, function: str) -> Callable[[], str]:
    return lambda: meter.off_modes[function]


def _text(value: float) -> str:
    return f"{value:.10G}"
