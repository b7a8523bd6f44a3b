"""Source-measure operations of the Keithley 2400: arm layer, trigger layer, READ?, MEASure?.

Pages are those of the 2400 series user's manual (2400S-900-01 Rev. K, September 2011), section 11. The two layers
become blocks of a trigger model. Nothing but ``*TRG`` is connected to the simulator: an operation that waits for a key
or a line waits without end.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from sim_instruments.keithley.common.trigger_model import (
    Block,
    BranchAlways,
    BranchCounter,
    BufferClear,
    ConfigStep,
    Delay,
    NoOperation,
    SourceState,
    TakeReadings,
    Wait,
)
from sim_instruments.keithley.k2400.readings import MOST, SAMPLES
from sim_instruments.scpi.message_exchange import Wait as Answer
from sim_instruments.scpi.parser import Choice, Command, CommandTree, Numeric
from sim_instruments.scpi.settings import add_choice, add_number
from sim_instruments.scpi.status import ScpiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.keithley.common.source_meter import SourceMeter
    from sim_instruments.keithley.k2400.readings import ReadingCommands
    from sim_instruments.keithley.k2400.source import SourceCommands

_LEVELS = "levels"
_FUNCTIONS = ("CURRent", "CURRent:DC", "VOLTage", "VOLTage:DC", "RESistance")
_ARM_SOURCES = ("IMMediate", "TLINk", "TIMer", "MANual", "BUS", "NSTest", "PSTest", "BSTest")


class TriggerCommands:
    """Arm and trigger layer of one 2400.

    Parameters
    ----------
    tree : CommandTree
        Where the commands are entered.
    meter : SourceMeter
        The instrument.
    source : SourceCommands
        What it sources.
    readings : ReadingCommands
        What becomes of its readings.
    """

    def __init__(
        self, tree: CommandTree, meter: SourceMeter, source: SourceCommands, readings: ReadingCommands
    ) -> None:
        self._meter = meter
        self._source = source
        self._readings = readings
        self.reset()
        for layer, sources in (("ARM", _ARM_SOURCES), ("TRIGger", ("IMMediate", "TLINk"))):
            self._add_layer(tree, layer, sources)
        add_number(tree, ":TRIGger:DELay", Numeric(0.0, 999.9999, 0.0, "S"), *self._of("delay_s"))
        add_number(tree, ":ARM:TIMer", Numeric(0.001, 99999.99, 0.1, "S"), *self._of("timer_s"))
        tree.add(":TRIGger:CLEar", Command(lambda: None))  # no input trigger is ever latched: nothing is connected
        tree.add(":INITiate[:IMMediate]", Command(self._initiate))
        tree.add(":ABORt", Command(meter.abort))
        tree.add(":READ?", Command(self._read))
        for form in _FUNCTIONS:
            short = Choice(("CURRent", "VOLTage", "RESistance"))(form.split(":")[0])
            tree.add(f":CONFigure:{form}", Command(self._configurer(short)))
            tree.add(f":MEASure:{form}?", Command(self._measurer(short)))
        tree.add(":MEASure?", Command(lambda: self._read(switch_on=True)))

    def reset(self) -> None:
        """Go back to the GPIB defaults (p. 11-12): one immediate operation."""
        self.delay_s, self.timer_s = 0.0, 0.1
        self.counts = {"ARM": 1.0, "TRIG": 1.0}
        self.sources = {"ARM": "IMM", "TRIG": "IMM"}
        self.lines = {("ARM", "IN"): 1.0, ("ARM", "OUT"): 2.0, ("TRIG", "IN"): 1.0, ("TRIG", "OUT"): 2.0}
        self.events = {"ARM": "NONE", "TRIG": "NONE"}

    def _of(self, name: str) -> tuple[Callable[[], float], Callable[[float], None]]:
        def write(value: float) -> None:
            self._meter.require_idle()
            setattr(self, name, value)

        return lambda: getattr(self, name), write

    def _add_layer(self, tree: CommandTree, layer: str, sources: tuple[str, ...]) -> None:
        short = layer[:4].upper()
        other = "TRIG" if short == "ARM" else "ARM"
        count = Numeric(1, MOST, 1, integer=True)

        def set_count(value: float) -> None:
            self._meter.require_idle()
            if value * self.counts[other] > MOST:
                raise ScpiError(-221, f"arm and trigger count make {value * self.counts[other]:.0f} readings")
            self.counts[short] = value

        add_number(tree, f":{layer}:COUNt", count, lambda: self.counts[short], set_count)
        add_choice(tree, f":{layer}:SOURce", sources, lambda: self.sources[short], self._word("sources", short))
        events = ("TENTer", "TEXit", "NONE") if short == "ARM" else ("SOURce", "DELay", "SENSe", "NONE")
        add_choice(tree, f":{layer}:OUTPut", events, lambda: self.events[short], self._word("events", short))
        for name, where in (("ILINe", "IN"), ("OLINe", "OUT")):
            add_number(
                tree,
                f":{layer}:{name}",
                Numeric(1, 4, 1, integer=True),
                *self._line(short, where),
            )

    def _line(self, layer: str, where: str) -> tuple[Callable[[], float], Callable[[float], None]]:
        def write(value: float) -> None:
            self._meter.require_idle()
            self.lines[layer, where] = value

        return lambda: self.lines[layer, where], write

    def _word(self, name: str, layer: str) -> Callable[[str], None]:
        def write(value: str) -> None:
            self._meter.require_idle()
            getattr(self, name)[layer] = value

        return write

    # -- operations ---------------------------------------------------------------------------------------------------

    def trigger(self, t_s: float) -> bool:
        """Do as ``*TRG``; return whether an operation waited for the bus."""
        return self.sources["ARM"] == "BUS" and self._meter.trigger_model.trigger(t_s)

    def _initiate(self) -> None:
        self._start(switch_on=False)

    def _start(self, *, switch_on: bool) -> None:
        meter = self._meter
        now = meter.update()
        if meter.busy:
            raise ScpiError(-213)
        if switch_on:
            meter.switch_output(now, on=True)
        if not meter.output_on and not self._source.auto_off:
            raise ScpiError(803)
        # The function that is measured is the one that is not sourced; what is sourced is measured with it.
        meter.measure.function = "CURR" if meter.source.function == "VOLT" else "VOLT"
        meter.trigger_model.load(self._blocks())
        self._readings.started()
        meter.start_model()

    def _blocks(self) -> list[Block]:
        """Return arm and trigger layer as blocks (figure 11-3): source, delay, measure."""
        levels = self._source.levels()
        blocks: list[Block] = [BufferClear(SAMPLES)]
        arm = len(blocks) + 1
        blocks.append(NoOperation() if self.sources["ARM"] in {"IMM", "TIM"} else Wait("COMMAND"))
        trigger = len(blocks) + 1
        if self.sources["TRIG"] == "TLIN":
            blocks.append(Wait("COMMAND"))
        blocks.append(Delay(self.delay_s))
        if levels:
            self._meter.source_lists[_LEVELS] = levels
            blocks.append(ConfigStep(_LEVELS, 1))
        if self._source.auto_off:
            blocks.append(SourceState(on=True))
        blocks += [Delay(self._source.settling_s), TakeReadings(SAMPLES, 1, digitize=False)]
        if self._source.auto_off:
            blocks.append(SourceState(on=False))
        blocks.append(BranchCounter(int(self.counts["TRIG"]), trigger))
        wait = len(blocks) + 3
        blocks += [BranchCounter(int(self.counts["ARM"]), wait), BranchAlways(wait + 2)]
        rest_s = max(0.0, self.timer_s - self._pass_s()) if self.sources["ARM"] == "TIM" else 0.0
        return [*blocks, Delay(rest_s), BranchAlways(arm), NoOperation()]

    def _pass_s(self) -> float:
        """Return how long the trigger layer takes, s."""
        cycle = self.delay_s + self._source.settling_s + self._meter.measure.interval_s
        return self.counts["TRIG"] * cycle

    def _read(self, *, switch_on: bool = False) -> Answer:
        self._meter.abort()
        self._start(switch_on=switch_on)
        return Answer(lambda: not self._meter.busy, self._readings.latest)

    def _configurer(self, function: str) -> Callable[[], None]:
        def configure() -> None:
            """Prepare a one-shot measurement (p. 17-2)."""
            self._meter.abort()
            defaults = copy.deepcopy(self._meter.measure)
            defaults.auto_range, defaults.nplc = True, 1.0
            self._meter.measure = defaults
            self._readings.functions = {function}
            self.delay_s = 0.0
            self.counts = {"ARM": 1.0, "TRIG": 1.0}
            self.sources = {"ARM": "IMM", "TRIG": "IMM"}
            if function == "RES" and self._source.auto_ohms:
                self._source.source_test_current()
            self._meter.switch_output(self._meter.update(), on=True)  # table 17-1: "Output turns on"

        return configure

    def _measurer(self, function: str) -> Callable[[], Answer]:
        configure = self._configurer(function)

        def measure() -> Answer:
            configure()
            return self._read(switch_on=True)

        return measure
