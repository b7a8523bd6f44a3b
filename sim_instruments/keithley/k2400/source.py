"""Source of the Keithley 2400: fixed levels, sweeps, lists, test currents of automatic ohms.

Pages are those of the 2400 series user's manual (2400S-900-01 Rev. K, September 2011), section 18.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sim_instruments.keithley.k2400.readings import MOST
from sim_instruments.scpi.parser import Command, CommandTree, Numeric
from sim_instruments.scpi.settings import add_choice, add_number, add_switch
from sim_instruments.scpi.status import ScpiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.keithley.common.settings import SourceSettings
    from sim_instruments.keithley.common.source_meter import SourceMeter

LARGEST = {"VOLT": Numeric(-210.0, 210.0, 0.0, "V"), "CURR": Numeric(-1.05, 1.05, 0.0, "A")}  # p. 18-77
_UNIT = {"VOLT": "V", "CURR": "A"}
_POINTS_PER_COMMAND = 100  # p. 18-91
_AUTO_DELAY_S = 1e-3  # table 3-4 has 1 to 3 ms by range: 1 ms is taken for all
# Test currents of automatic ohms by range (quoted from memory: assumed).
_TEST_CURRENTS = {2.0: 1.0, 20.0: 0.1, 200.0: 10e-3, 2e3: 1e-3, 20e3: 100e-6, 200e3: 10e-6, 2e6: 1e-6, 20e6: 1e-6}


@dataclass
class _Plan:
    """How the level of one function goes."""

    mode: str = "FIX"
    start: float = 0.0
    stop: float = 0.0
    points: list[float] = field(default_factory=list)


class SourceCommands:
    """The source of one 2400.

    Parameters
    ----------
    tree : CommandTree
        Where the commands are entered.
    meter : SourceMeter
        The instrument.

    Attributes
    ----------
    auto_off : bool
        Output on for each operation only (``:SOURce:CLEar:AUTO``).
    auto_ohms : bool
        Resistance is measured with test currents.
    """

    def __init__(self, tree: CommandTree, meter: SourceMeter) -> None:
        self._meter = meter
        self.reset()
        add_choice(
            tree,
            ":SOURce[1]:FUNCtion[:MODE]",
            ("VOLTage", "CURRent"),
            lambda: meter.source.function,
            lambda name: meter.change_source(function=name),
        )
        for form in ("VOLTage", "CURRent"):
            self._add_function(tree, form)
        self._add_sweep(tree)
        delay = Numeric(0.0, 999.9999, 0.0, "S")  # p. 18-82
        add_number(tree, ":SOURce[1]:DELay", delay, lambda: self._delay_s, self._set_delay)
        add_switch(tree, ":SOURce[1]:DELay:AUTO", lambda: self._auto_delay, self._setter("_auto_delay"))
        add_switch(tree, ":SOURce[1]:CLEar:AUTO", lambda: self.auto_off, self._setter("auto_off"))
        tree.add(":SOURce[1]:CLEar[:IMMediate]", Command(lambda: meter.switch_output(meter.update(), on=False)))
        add_choice(
            tree,
            "[:SENSe[1]]:RESistance:MODE",
            ("MANual", "AUTO"),
            lambda: "AUTO" if self.auto_ohms else "MAN",
            lambda name: setattr(self, "auto_ohms", name == "AUTO"),
        )

    def reset(self) -> None:
        """Go back to the defaults of ``*RST``."""
        self._plans = {"VOLT": _Plan(), "CURR": _Plan()}
        self._delay_s, self._auto_delay = 0.0, True
        self._steps, self._logarithmic = 2500, False
        self.auto_off, self.auto_ohms = False, True

    def _setter(self, name: str) -> Callable[[bool], None]:
        def write(value: bool) -> None:
            self._meter.require_idle()
            setattr(self, name, value)

        return write

    def _set_delay(self, seconds: float) -> None:
        self._meter.require_idle()
        self._delay_s, self._auto_delay = seconds, False

    @property
    def settling_s(self) -> float:
        """Time from sourcing to measuring, s."""
        return _AUTO_DELAY_S if self._auto_delay else self._delay_s

    # -- commands -----------------------------------------------------------------------------------------------------

    def _add_function(self, tree: CommandTree, form: str) -> None:
        meter, short = self._meter, form[:4].upper()
        node, unit, kind = f":SOURce[1]:{form}", _UNIT[form[:4].upper()], LARGEST[form[:4].upper()]
        automatic = "auto_range" if unit == "V" else "auto_range_A"
        choose = meter.electronics.voltage_range if unit == "V" else meter.electronics.current_range
        level = f"{node}[:LEVel][:IMMediate][:AMPLitude]"
        add_number(
            tree,
            level,
            kind,
            lambda: getattr(meter.source, f"level_{unit}"),
            lambda value: meter.change_source(**{f"level_{unit}": value}),
        )
        add_number(
            tree,
            f"{node}:RANGe",
            kind,
            lambda: getattr(meter.source, f"range_{unit}"),
            lambda value: meter.change_source(**{f"range_{unit}": choose(value), automatic: False}),
        )
        add_switch(
            tree,
            f"{node}:RANGe:AUTO",
            lambda: getattr(meter.source, automatic),
            lambda value: meter.change_source(**{automatic: value}),
        )
        plan = self._plan_setter(short)
        modes = ("FIXed", "LIST", "SWEep")
        add_choice(tree, f"{node}:MODE", modes, lambda: self._plans[short].mode, plan("mode"))
        add_number(tree, f"{node}:STARt", kind, lambda: self._plans[short].start, plan("start"))
        add_number(tree, f"{node}:STOP", kind, lambda: self._plans[short].stop, plan("stop"))
        self._add_list(tree, form, kind)

    def _plan_setter(self, function: str) -> Callable[[str], Callable[[object], None]]:
        def setter(name: str) -> Callable[[object], None]:
            def write(value: object) -> None:
                self._meter.require_idle()
                setattr(self._plans[function], name, value)

            return write

        return setter

    def _add_list(self, tree: CommandTree, form: str, kind: Numeric) -> None:
        node, short = f":SOURce[1]:LIST:{form}", form[:4].upper()

        def extend(*values: float) -> None:
            self._meter.require_idle()
            points = self._plans[short].points
            if len(values) > _POINTS_PER_COMMAND or len(points) + len(values) > MOST:
                raise ScpiError(-223, f"{len(values)} values, {len(points) + len(values)} in all")
            points.extend(values)

        def replace(*values: float) -> None:
            self._plans[short].points = []
            extend(*values)

        tree.add(node, Command(replace, (kind,), 1, repeats=True))
        tree.add(f"{node}:APPend", Command(extend, (kind,), 1, repeats=True))
        tree.add(f"{node}:POINts?", Command(lambda: str(len(self._plans[short].points))))
        tree.add(
            f"{node}?", Command(lambda: ",".join(f"{v:+.6E}" for v in self._plans[short].points) or "+0.000000E+00")
        )

    def _add_sweep(self, tree: CommandTree) -> None:
        def set_steps(value: float) -> None:
            self._meter.require_idle()
            self._steps = int(value)

        points = Numeric(2, MOST, MOST, integer=True)  # p. 18-18
        add_number(tree, ":SOURce[1]:SWEep:POINts", points, lambda: self._steps, set_steps)
        add_choice(
            tree,
            ":SOURce[1]:SWEep:SPACing",
            ("LINear", "LOGarithmic"),
            lambda: "LOG" if self._logarithmic else "LIN",
            lambda name: setattr(self, "_logarithmic", name == "LOG"),
        )

    # -- levels -------------------------------------------------------------------------------------------------------

    def levels(self) -> list[SourceSettings]:
        """Return what the source does at each trigger; empty if the level is fixed."""
        function = self._meter.source.function
        plan = self._plans[function]
        if plan.mode == "FIX":
            return []
        values = plan.points if plan.mode == "LIST" else self._swept(plan)
        if not values:
            raise ScpiError(-221, "the source list is empty")
        return [self._at(function, value) for value in values]

    def _swept(self, plan: _Plan) -> list[float]:
        if not self._logarithmic:
            return [float(value) for value in np.linspace(plan.start, plan.stop, self._steps)]
        if plan.start * plan.stop <= 0.0:
            raise ScpiError(-221, "a logarithmic sweep does not pass zero")
        values = np.geomspace(plan.start, plan.stop, self._steps)
        return [float(value) for value in values]

    def _at(self, function: str, value: float) -> SourceSettings:
        settings = copy.deepcopy(self._meter.source)
        setattr(settings, f"level_{_UNIT[function]}", value)
        return settings

    def source_test_current(self) -> None:
        """Source the test current of the resistance range, or of the one that fits the sample."""
        meter = self._meter
        ohms = meter.sample_ohm() if meter.measure.auto_range else meter.measure.resistance_range_ohm
        fitting = [current for full, current in _TEST_CURRENTS.items() if ohms <= full * 1.05]
        current = fitting[0] if fitting else min(_TEST_CURRENTS.values())
        meter.change_source(function="CURR", level_A=current, auto_range_A=True, limit_V=21.0)
