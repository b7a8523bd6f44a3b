"""Commands of the Keithley 2400.

From the 2400 series user's manual (2400S-900-01 Rev. K, September 2011); page numbers are its. Math (CALCulate1),
limit tests (CALCulate2), source memory, output pulses and the digital port are not modelled and are refused. Unlike the
real instrument, queries are answered while an operation is running.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_instruments.frontend.electronics import KEITHLEY_2400
from sim_instruments.keithley.common.faults import inject
from sim_instruments.keithley.common.settings import LINE_HZ, MeasureSettings, SourceSettings
from sim_instruments.keithley.common.source_meter import SourceMeter
from sim_instruments.keithley.k2400.readings import ReadingCommands, Status2400
from sim_instruments.keithley.k2400.source import SourceCommands
from sim_instruments.keithley.k2400.trigger import TriggerCommands
from sim_instruments.scpi.message_exchange import CommonCommands, Exchange
from sim_instruments.scpi.parser import Choice, Command, CommandTree, Numeric, QuotedChoice, boolean
from sim_instruments.scpi.settings import add_choice, add_number, add_switch
from sim_instruments.scpi.status import ScpiError, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.core.clock import Clock
    from sim_instruments.sample.cell import Cell

_FUNCTIONS = QuotedChoice(("CURRent", "CURRent:DC", "VOLTage", "VOLTage:DC", "RESistance"))
_ORDER = {"VOLT": '"VOLT:DC"', "CURR": '"CURR:DC"', "RES": '"RES"'}


class Keithley2400:
    """A Keithley 2400 with a sample on its terminals.

    Parameters
    ----------
    clock : Clock
        Time base.
    cell : Cell
        The sample.
    seed : int
        Of the noise.
    """

    identity = "KEITHLEY INSTRUMENTS INC.,MODEL 2400,1234567,C32   Oct  4 2010 14:20:11/A02  /S/K"

    def __init__(self, clock: Clock, cell: Cell, seed: int = 0) -> None:
        status = Status2400(queue_length=10)  # p. 15-21
        self.status: Status = status
        source = SourceSettings(range_V=0.2, limit_A=1.05e-4, limit_V=21.0)  # p. 18-68
        measure = MeasureSettings(current_range_A=1e-4, voltage_range_V=20.0, resistance_range_ohm=2e5)
        self.meter = SourceMeter(clock, cell, KEITHLEY_2400, seed, source, measure, status=status)
        self.meter.off_resets_sense = False
        self.message_available = False
        self.tree = CommandTree()
        CommonCommands(self.tree, self)
        self._source = SourceCommands(self.tree, self.meter)
        self._readings = ReadingCommands(self.tree, self.meter, status)
        self._triggers = TriggerCommands(self.tree, self.meter, self._source, self._readings)
        self._reset_system()
        self._add_system()
        self._add_sense()
        self._add_output()

    @property
    def output_is_on(self) -> bool:
        """Whether the output is on at this moment."""
        return self.meter.output_on

    def prepare(self) -> None:
        """Work the cell's step response out now: the first reading of all would wait half a second for it."""
        self.meter.prepare()

    def client_session(self, _channel: str = "", /) -> Exchange:
        """Return a client's message exchange."""
        return Exchange(self)

    def inject(self, fault: str) -> None:
        """Let something happen to it: one of `sim_instruments.core.instrument.DEVICE_FAULTS`."""
        inject(self.meter, fault)
        if fault == "reboot":
            self.reset()

    def update(self) -> float:
        """Bring the instrument to the present."""
        now = self.meter.update()
        self._readings.collect()
        return now

    @property
    def busy(self) -> bool:
        """Whether an overlapped operation is running."""
        return self.meter.busy

    def reset(self) -> None:
        """Do as ``*RST``."""
        self.meter.reset()
        self._source.reset()
        self._readings.reset()
        self._triggers.reset()
        self._reset_system()

    def trigger(self) -> None:
        """Do as ``*TRG``: it counts only where the arm layer waits for the bus (p. 16-4)."""
        if not self._triggers.trigger(self.meter.update()):
            raise ScpiError(-211)

    # -- subsystems ---------------------------------------------------------------------------------------------------

    def _reset_system(self) -> None:
        self._auto_line = True
        self._display_on = True
        self._concurrent = True
        self._readings.front = True

    def _add_system(self) -> None:
        meter, tree = self.meter, self.tree
        tree.add("*OPT?", Command(lambda: "0"))
        tree.add(":SYSTem:PRESet", Command(self.reset))
        tree.add(":SYSTem:VERSion?", Command(lambda: "1996.0"))  # p. 18-112
        tree.add(":SYSTem:TIME?", Command(lambda: f"{meter.update():.3f}"))
        frequency, duration = Numeric(65, 2e6, 1000, "HZ"), Numeric(0.0, 7.9, 0.1, "S")
        tree.add(":SYSTem:BEEPer[:IMMediate]", Command(lambda *_: None, (frequency, duration), 2))

        def set_line(value: float) -> None:
            if value not in {50.0, 60.0}:
                raise ScpiError(-222, f"{value:g}")
            meter.require_idle()
            meter.measure.line_Hz, self._auto_line = value, False

        line = Numeric(50.0, 60.0, LINE_HZ, "HZ")
        add_number(tree, ":SYSTem:LFRequency", line, lambda: meter.measure.line_Hz, set_line)
        add_switch(tree, ":SYSTem:LFRequency:AUTO", lambda: self._auto_line, self._setter("_auto_line"))
        add_switch(tree, ":SYSTem:RSENse", *self._of_measure("four_wire"))
        tree.add(":SYSTem:AZERo[:STATe]", Command(self._auto_zero, (_on_off_or_once,), 1))
        tree.add(":SYSTem:AZERo[:STATe]?", Command(lambda: str(int(meter.measure.auto_zero))))
        add_switch(tree, ":DISPlay:ENABle", lambda: self._display_on, self._setter("_display_on"))

    def _setter(self, name: str) -> Callable[[bool], None]:
        return lambda value: setattr(self, name, value)

    def _auto_zero(self, on: bool | None) -> None:
        self.meter.require_idle()
        if on is not None:  # ONCE: the simulated zero does not drift
            self.meter.measure.auto_zero = on

    def _of_measure(self, name: str) -> tuple[Callable[[], float], Callable[[float], None]]:
        meter = self.meter

        def write(value: float) -> None:
            meter.require_idle()
            setattr(meter.measure, name, value)

        return lambda: getattr(meter.measure, name), write

    def _add_sense(self) -> None:
        tree, meter = self.tree, self.meter
        self._add_functions()
        electronics = meter.electronics
        ranges = {
            "CURRent[:DC]": (Numeric(-1.05, 1.05, 1.05e-4, "A"), "current_range_A", electronics.current_range),
            "VOLTage[:DC]": (Numeric(-210.0, 210.0, 21.0, "V"), "voltage_range_V", electronics.voltage_range),
            "RESistance": (Numeric(0.0, 2.1e8, 2.1e5, "OHM"), "resistance_range_ohm", _resistance_range),
        }
        for function, (kind, name, choose) in ranges.items():
            node = f"[:SENSe[1]]:{function}"
            add_number(tree, f"{node}:RANGe[:UPPer]", kind, self._of_measure(name)[0], self._ranger(name, choose))
            add_switch(tree, f"{node}:RANGe:AUTO", *self._of_measure("auto_range"))
            # One setting for all functions (p. 18-69).
            add_number(tree, f"{node}:NPLCycles", Numeric(0.01, 10.0, 1.0), *self._of_measure("nplc"))
        for function, name, kind in (
            ("CURRent[:DC]", "limit_A", Numeric(-1.05, 1.05, 1.05e-4, "A")),
            ("VOLTage[:DC]", "limit_V", Numeric(-210.0, 210.0, 21.0, "V")),
        ):
            node = f"[:SENSe[1]]:{function}:PROTection"
            add_number(tree, f"{node}[:LEVel]", kind, self._limit_reader(name), self._limit_writer(name))
            tree.add(f"{node}:TRIPped?", Command(lambda: str(int(meter.limited(meter.update())))))
        add_switch(tree, "[:SENSe[1]]:AVERage[:STATe]", *self._of_measure("filter_on"))
        count = Numeric(1, 100, 10, integer=True)
        add_number(tree, "[:SENSe[1]]:AVERage:COUNt", count, *self._of_measure("filter_count"))
        add_choice(
            tree,
            "[:SENSe[1]]:AVERage:TCONtrol",
            ("REPeat", "MOVing"),
            lambda: "REP" if meter.measure.filter_repeats else "MOV",
            lambda name: self._of_measure("filter_repeats")[1](name == "REP"),
        )

    def _limit_reader(self, name: str) -> Callable[[], float]:
        return lambda: getattr(self.meter.source, name)

    def _limit_writer(self, name: str) -> Callable[[float], None]:
        return lambda value: self.meter.change_source(**{name: max(abs(value), 1e-9)})

    def _ranger(self, name: str, choose: Callable[[float], float]) -> Callable[[float], None]:
        def write(value: float) -> None:
            self.meter.require_idle()
            setattr(self.meter.measure, name, choose(value / self.meter.electronics.overrange))
            self.meter.measure.auto_range = False

        return write

    def _add_functions(self) -> None:
        tree, readings = self.tree, self._readings

        def switch_on(*names: str) -> None:
            self.meter.require_idle()
            chosen = {name.removesuffix(":DC") for name in names}
            readings.functions = readings.functions | chosen if self._concurrent else {names[-1].removesuffix(":DC")}
            if "RES" in chosen and self._source.auto_ohms:
                self._source.source_test_current()

        def switch_off(*names: str) -> None:
            self.meter.require_idle()
            readings.functions = readings.functions - {name.removesuffix(":DC") for name in names}

        def keep(functions: set[str]) -> None:
            self.meter.require_idle()
            readings.functions = functions

        node = "[:SENSe[1]]:FUNCtion"
        tree.add(f"{node}[:ON]", Command(switch_on, (_FUNCTIONS,), 1, repeats=True))
        tree.add(
            f"{node}[:ON]?", Command(lambda: ",".join(text for k, text in _ORDER.items() if k in readings.functions))
        )
        tree.add(f"{node}[:ON]:ALL", Command(lambda: keep(set(_ORDER))))
        tree.add(f"{node}[:ON]:COUNt?", Command(lambda: str(len(readings.functions))))
        tree.add(f"{node}:OFF", Command(switch_off, (_FUNCTIONS,), 1, repeats=True))
        tree.add(f"{node}:OFF:ALL", Command(lambda: keep(set())))
        add_switch(tree, f"{node}:CONCurrent", lambda: self._concurrent, self._setter("_concurrent"))

    def _add_output(self) -> None:
        meter, tree = self.meter, self.tree

        def switch(on: bool) -> None:
            if on and not meter.interlock_closed:
                raise ScpiError(802)
            if not on:
                meter.abort()  # "Turning the source off places the SourceMeter in the idle state" (p. 18-55)
            meter.switch_output(meter.update(), on=on)

        def set_mode(mode: str) -> None:
            meter.off_modes = dict.fromkeys(meter.off_modes, mode)

        add_switch(tree, ":OUTPut[1][:STATe]", lambda: meter.output_on, switch)
        modes = ("HIMPedance", "NORMal", "ZERO", "GUARd")
        add_choice(tree, ":OUTPut[1]:SMODe", modes, lambda: meter.off_modes["VOLT"], set_mode)
        tree.add(":OUTPut[1]:ENABle:TRIPped?", Command(lambda: str(int(meter.interlock_closed))))  # 1: not tripped
        add_choice(
            tree,
            ":ROUTe:TERMinals",
            ("FRONt", "REAR"),
            lambda: "FRON" if self._readings.front else "REAR",
            self._select_terminals,
        )

    def _select_terminals(self, which: str) -> None:
        self.meter.switch_output(self.meter.require_idle(), on=False)  # the output goes off (assumed)
        self._readings.front = which == "FRON"


def _on_off_or_once(text: str) -> bool | None:
    """Read ON, OFF or ONCE (None)."""
    try:
        return boolean(text)
    except ScpiError:
        Choice(("ONCE",))(text)
        return None


def _resistance_range(ohm: float) -> float:
    """Return the smallest resistance range that holds a value, ohm (p. 18-61)."""
    ranges = (2.0, 20.0, 200.0, 2e3, 20e3, 200e3, 2e6, 20e6, 200e6)
    return next((full for full in ranges if ohm <= full * (1 + 1e-9)), ranges[-1])
