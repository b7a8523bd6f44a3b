"""Commands of a Lake Shore controller about its outputs: set points, ranges, modes, zones, voltage outputs.

docs/reference/sources/lakeshore-336.md names the page of each.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from sim_instruments.lakeshore.controller import (
    CURRENTS_A,
    MONITOR,
    OPEN_LOOP,
    RESISTANCES_OHM,
    WARM_UP,
    Controller,
    MonitorSettings,
    Output,
    Zone,
)
from sim_instruments.lakeshore.refusal import EXECUTION_ERROR, Refused, integer, number, six_digits

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.core.clock import Clock

    Commands = dict[str, Callable[..., str | None]]

_ZONES = 10
"""Zones of an output."""


class Device(Protocol):
    """What these commands need of the instrument."""

    clock: Clock
    controller: Controller
    inputs: int
    has_output_types: bool


class OutputCommands:
    """Commands of the outputs.

    Parameters
    ----------
    device : Device
    """

    def __init__(self, device: Device) -> None:
        self._device = device

    def commands(self) -> Commands:
        """Return what each command does, by its name."""
        return self._loops() | self._heaters() | self._voltage_outputs() | self._zone_table()

    def _output(self, text: str) -> Output:
        output = self._device.controller.outputs.get(int(text))
        if output is None:
            raise Refused(EXECUTION_ERROR)
        return output

    def _voltage_output(self, text: str) -> Output:
        output = self._output(text)
        if not output.is_voltage:
            raise Refused(EXECUTION_ERROR)
        return output

    def _loops(self) -> Commands:
        def set_point(text: str, kelvin: str) -> None:
            output = self._output(text)
            output.target_K = number(kelvin, 0.0, 9999.0)
            if not output.ramping:
                output.setpoint_K = output.target_K

        def ramp(text: str, on: str, rate: str) -> None:
            output = self._output(text)
            output.ramping, output.ramp_K_min = bool(integer(on, 0, 1)), number(rate, 0.0, 100.0)

        def pid(text: str, p: str, i: str, d: str) -> None:
            output = self._output(text)
            output.p, output.i, output.d = number(p, 0.1, 1000), number(i, 0.1, 1000), number(d, 0.0, 200)

        def shown_pid(text: str) -> str:
            output = self._output(text)
            return f"{output.p:+07.1f},{output.i:+07.1f},{output.d:+07.1f}"

        def shown_ramp(text: str) -> str:
            output = self._output(text)
            return f"{int(output.ramping)},{output.ramp_K_min:+06.1f}"

        return {
            "SETP": set_point,
            "SETP?": lambda text="1": six_digits(self._output(text).setpoint_K),
            "RAMP": ramp,
            "RAMP?": shown_ramp,
            "RAMPST?": lambda text: str(int(self._output(text).on_the_way)),
            "PID": pid,
            "PID?": shown_pid,
        }

    def _heaters(self) -> Commands:
        def set_range(text: str, value: str) -> None:
            output = self._output(text)
            wanted = integer(value, 0, 1 if output.is_voltage else 3)
            if wanted == 0:
                output.off()
            elif output.error == 0:
                output.range = wanted
            self._heat()

        def mode(text: str, value: str, sensor: str, powerup: str) -> None:
            output = self._output(text)
            wanted = integer(value, 0, WARM_UP if output.is_voltage else OPEN_LOOP)
            output.sensor, output.powerup = integer(sensor, 0, self._device.inputs), integer(powerup, 0, 1)
            output.mode = wanted
            if wanted == MONITOR:
                output.monitor = replace(output.monitor, sensor=output.sensor)
            self._heat()

        def shown_mode(text: str) -> str:
            output = self._output(text)
            return f"{output.mode},{output.sensor},{output.powerup}"

        def manual(text: str, percent: str) -> None:
            self._output(text).manual = number(percent, 0.0, 100.0)

        def status(text: str) -> str:
            output = self._output(text)
            error, output.error = output.error, 0  # reading it clears it
            return str(error)

        return {
            "RANGE": set_range,
            "RANGE?": lambda text: str(self._output(text).range),
            "OUTMODE": mode,
            "OUTMODE?": shown_mode,
            "MOUT": manual,
            "MOUT?": lambda text: f"{self._output(text).manual:+07.2f}",
            "HTR?": lambda text="1": f"{self._output(text).percent:+06.1f}",
            "HTRST?": status,
            "HTRSET": self._set_heater,
            "HTRSET?": self._heater_setup,
        }

    def _heat(self) -> None:
        self._device.controller.heat(self._device.clock.now())

    def _set_heater(self, text: str, *values: str) -> None:
        output = self._output(text)
        if self._device.has_output_types:  # a 335: current, or voltage for output 2
            kind, *values_left = values
            is_voltage = bool(integer(kind, 0, 1 if output is self._device.controller.outputs[2] else 0))
        else:
            is_voltage, values_left = output.is_voltage, list(values)
            if is_voltage:
                raise Refused(EXECUTION_ERROR)
        resistance, current, user, shown = values_left
        settings = integer(resistance, 1, len(RESISTANCES_OHM)), integer(current, 0, len(CURRENTS_A))
        user_A, shows_power = number(user, 0.0, 2.0), integer(shown, 1, 2) == 2
        output.resistance, output.current = settings
        output.user_A, output.shows_power, output.is_voltage = user_A, shows_power, is_voltage

    def _heater_setup(self, text: str) -> str:
        output = self._output(text)
        kind = f"{int(output.is_voltage)}," if self._device.has_output_types else ""
        shown = 2 if output.shows_power else 1
        return f"{kind}{output.resistance},{output.current},{output.user_A:+.3f},{shown}"

    def _voltage_outputs(self) -> Commands:
        def monitor(text: str, sensor: str, units: str, high: str, low: str, polarity: str) -> None:
            self._voltage_output(text).monitor = MonitorSettings(
                integer(sensor, 0, self._device.inputs),
                integer(units, 1, 3),
                float(high),
                float(low),
                bool(integer(polarity, 0, 1)),
            )

        def shown_monitor(text: str) -> str:
            m = self._voltage_output(text).monitor
            return f"{m.sensor},{m.units},{six_digits(m.high)},{six_digits(m.low)},{int(m.bipolar)}"

        def warm_up(text: str, control: str, percent: str) -> None:
            output = self._voltage_output(text)
            output.warm_up_percent, output.warm_up_continuous = number(percent, 0.0, 100.0), integer(control, 0, 1) == 1

        def shown_warm_up(text: str) -> str:
            output = self._voltage_output(text)
            return f"{int(output.warm_up_continuous)},{output.warm_up_percent:+07.2f}"

        return {
            "ANALOG": monitor,
            "ANALOG?": shown_monitor,
            "AOUT?": lambda text: f"{self._voltage_output(text).percent:+06.1f}",
            "WARMUP": warm_up,
            "WARMUP?": shown_warm_up,
        }

    def _zone_table(self) -> Commands:
        def set_zone(text: str, zone: str, *values: str) -> None:
            upper, p, i, d, manual, span, sensor, rate = values
            self._output(text).zones[integer(zone, 1, _ZONES) - 1] = Zone(
                number(upper, 0.0, 9999.0),
                number(p, 0.1, 1000),
                number(i, 0.1, 1000),
                number(d, 0, 200),
                number(manual, 0, 100),
                integer(span, 0, 3),
                integer(sensor, 0, self._device.inputs),
                number(rate, 0.1, 100),
            )

        def shown_zone(text: str, zone: str) -> str:
            z = self._output(text).zones[integer(zone, 1, _ZONES) - 1]
            pid = f"{z.p:+06.1f},{z.i:+06.1f},{z.d:+05.0f},{z.manual:+06.2f}"
            return f"{six_digits(z.upper_K)},{pid},{z.range},{z.sensor},{z.ramp_K_min:+05.1f}"

        return {"ZONE": set_zone, "ZONE?": shown_zone}
