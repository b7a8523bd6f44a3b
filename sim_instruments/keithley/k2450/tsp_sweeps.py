"""Sweeps and pulses of the TSP set of the Keithley 2450 family.

2461 reference manual (2461-901-01 Rev. A), section 8; "2450" is its manual, 2450-901-01 Rev. B. Of a pulse function's
list the manual says that it "must be defined before sending this command" (pp. 8-197, 8-205), of a sweep's that "the
instrument will create" it (p. 8-210). The front panel's pulse menu generates both lists (p. 2-25), a train "affects"
both (p. 6-121), and the maker's scripts define none: so they are created here.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sim_instruments.keithley.common.trigger_model import Delay, TakeReadings
from sim_instruments.keithley.k2450.pulses import Pulses, list_parameters, set_up_linear
from sim_instruments.keithley.k2450.sweeps import SWEEP_LIST, load_sweep, rename_list
from sim_instruments.keithley.k2600.errors import TspError

if TYPE_CHECKING:
    from sim_instruments.keithley.k2450.tsp_host import TspHost

# Values that switch something on, SCPI's names of ranges, and what a sweep takes that is not told (pp. 8-210 ff.).
_ON = {"smu.ON", 1}
_RANGES = {"smu.RANGE_AUTO": "AUTO", "smu.RANGE_BEST": "BEST", "smu.RANGE_FIXED": "FIX"}
_SWEEP_DEFAULTS: tuple[Any, ...] = (-1, 1, "smu.RANGE_BEST", "smu.ON", "smu.OFF", "defbuffer1")
_LIST_SWEEP_DEFAULTS: tuple[Any, ...] = (1.0, 0.0, 1.0, "smu.ON", "defbuffer1")
"""First point, delay, count, whether it ends at a limit, buffer (2450 p. 8-149)."""


def add_sweeps(host: TspHost, source: Any) -> None:
    """Enter the sweeps: through their SCPI commands, then their list gets its name (p. 8-210)."""
    for name, command in (("sweeplinear", "LIN"), ("sweeplinearstep", "LIN:STEP"), ("sweeplog", "LOG")):
        host.lua.constant(source, name, host.lua.function(partial(_sweep, host, command)))
    host.lua.constant(source, "sweeplist", host.lua.function(partial(_list_sweep, host)))


def _sweep(host: TspHost, command: str, name: Any, *given: Any) -> None:
    required = 3
    if len(given) < required:
        raise TspError(-109)
    optional = [*given[required:], *_SWEEP_DEFAULTS[len(given) - required :]][: len(_SWEEP_DEFAULTS)]
    optional[2] = _RANGES.get(str(optional[2]), optional[2])
    numbers = ", ".join(f"{value:.12g}" for value in (*given[:required], *optional[:2]))
    switches = ", ".join("ON" if value in _ON else "OFF" for value in optional[3:5])
    header = f":SOUR:SWE:{host.meter.source.function}:{command}"
    host.scpi(f'{header} {numbers}, {optional[2]}, {switches}, "{_buffer(optional[5])}"')
    if SWEEP_LIST in host.meter.source_lists:  # else it was refused
        rename_list(host.meter, SWEEP_LIST, _name(name))


def _list_sweep(host: TspHost, name: Any, *given: Any) -> None:
    """Set up a sweep over a list that is there already (2450 p. 8-149)."""
    first, delay, count, fail_abort, buffer = (*given, *_LIST_SWEEP_DEFAULTS[len(given) :])[:5]

    def load() -> None:
        meter = host.meter
        meter.require_idle()
        points, chosen = len(meter.source_list(_name(name))), meter.buffer(_buffer(buffer)).name
        if not 1 <= first <= points:
            raise TspError(1102, f"index {first:g} of {name!r}")
        body = [Delay(delay), TakeReadings(chosen, 1, meter.measure.digitize is not None)]
        loops = (points - int(first) + 1) * int(count)
        load_sweep(meter, name, int(first), chosen, body, loops, fail_abort=fail_abort in _ON)

    host.play(load)


def add_pulses(host: TspHost, source: Any) -> None:
    """Enter the pulse train and the pulse sweeps (2461)."""
    meter = host.meter

    def train(name: Any, bias: float, level: float, width: float, count: float, *given: Any) -> None:
        pulses = Pulses(*_translated(given, 6))
        host.play(lambda: pulses.set_up(meter, _name(name), [level], bias, width, count))

    def linear(name: Any, bias: float, start: float, stop: float, points: float, width: float, *given: Any) -> None:
        levels = np.linspace(start, stop, int(points)).tolist()
        host.play(lambda: set_up_linear(meter, _name(name), bias, levels, width, _translated(given, 7)))

    def stepped(name: Any, bias: float, start: float, stop: float, step: float, width: float, *given: Any) -> None:
        if not step > 0.0:
            raise TspError(1102, f"step {step:g}")
        number = int(abs(stop - start) / step * (1 + 1e-9)) + 1
        levels = (start + np.copysign(step, stop - start) * np.arange(number)).tolist()
        host.play(lambda: set_up_linear(meter, _name(name), bias, levels, width, _translated(given, 7)))

    def listed(name: Any, width: float, *given: Any) -> None:
        first, count, pulses = list_parameters(_translated(given, 6))
        host.play(lambda: pulses.set_up_list(meter, _name(name), first, width, count))

    for function, act in (
        ("pulsetrain", train),
        ("pulsesweeplinear", linear),
        ("pulsesweeplinearstep", stepped),
        ("pulsesweeplist", listed),
    ):
        host.lua.constant(source, function, host.lua.function(act))


def _translated(given: tuple[Any, ...], first_switch: int) -> tuple[Any, ...]:
    """Return what may be given to a pulse function: measure, buffer, numbers, and from an index on switches."""
    return tuple(
        value in _ON if index == 0 or index >= first_switch else _buffer(value) if index == 1 else value
        for index, value in enumerate(given)
    )


def _buffer(value: Any) -> Any:
    return getattr(value, "name", value) or "defbuffer1"


def _name(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TspError(-104, "the name of a configuration list")
    return value
