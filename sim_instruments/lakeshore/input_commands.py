"""Commands of a Lake Shore controller about its inputs: readings, alarms, filter, extremes, curves.

docs/reference/sources/lakeshore-336.md names the page of each.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

from sim_instruments.lakeshore.curves import POINTS, USER, Curve, curves_after_delivery
from sim_instruments.lakeshore.input import ZERO_CELSIUS_K
from sim_instruments.lakeshore.refusal import EXECUTION_ERROR, Refused, integer, number, six_digits

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.core.clock import Clock
    from sim_instruments.lakeshore.controller import Controller
    from sim_instruments.lakeshore.input import Input

    Commands = dict[str, Callable[..., str | None]]

INPUTS = "ABCD"
"""Names of the inputs."""
_JUNCTION_K = 296.15
"""Temperature of the thermocouple block of option 3060 (assumed: a warm laboratory)."""
_SENSOR_TYPES = 4
"""Greatest sensor type of ``INTYPE``: thermocouple."""
_RANGES = 8
"""Greatest input range of ``INTYPE``, of an NTC sensor."""


class Device(Protocol):
    """What these commands need of the instrument."""

    clock: Clock
    controller: Controller
    inputs: int


class InputCommands:
    """Commands of the inputs; the curves are kept here, since they outlive a reset.

    Parameters
    ----------
    device : Device
    """

    def __init__(self, device: Device) -> None:
        self._device = device
        self._curves = curves_after_delivery()

    def commands(self) -> Commands:
        """Return what each command does, by its name."""
        return self._readings() | self._settings() | self._alarms() | self._curve_commands()

    def number_of(self, text: str) -> int:
        """Return the index of an input, from 0.

        Raises
        ------
        Refused
            If there is none of that name.
        """
        index = INPUTS[: self._device.inputs].find(text.upper())
        if index < 0 or len(text) != 1:
            raise Refused(EXECUTION_ERROR)
        return index

    def _input(self, text: str) -> Input:
        return self._device.controller.sensors[self.number_of(text)]

    def _readings(self) -> Commands:
        device = self._device

        def each(show: Callable[[int, float], str]) -> Callable[..., str]:
            def act(text: str = "A") -> str:
                now = device.clock.now()
                numbers = range(device.inputs) if text == "0" else [self.number_of(text)]
                return ",".join(show(k, now) for k in numbers)

            return act

        def temperature(offset_K: float) -> Callable[[int, float], str]:
            def show(index: int, t_s: float) -> str:
                kelvin = device.controller.shown_K(index, t_s)
                return six_digits(0.0 if kelvin is None else kelvin - offset_K)

            return show

        def extremes(text: str) -> str:
            sensor = self._input(text)
            found = (sensor.least_K, sensor.greatest_K)
            return ",".join(six_digits(value if math.isfinite(value) else 0.0) for value in found)

        def forget() -> None:
            for sensor in device.controller.sensors:
                sensor.forget_extremes()

        return {
            "KRDG?": each(temperature(0.0)),
            "CRDG?": each(temperature(ZERO_CELSIUS_K)),
            "SRDG?": each(lambda index, t_s: six_digits(device.controller.sensor_ohm(index, t_s))),
            "RDGST?": lambda text="A": f"{device.controller.status(self.number_of(text), device.clock.now()):03d}",
            "MDAT?": extremes,
            "MNMXRST": forget,
            "TEMP?": lambda: f"{_JUNCTION_K:+.2f}",
        }

    def _settings(self) -> Commands:
        def set_limit(text: str, limit: str) -> None:
            self._input(text).limit_K = number(limit, 0, 9999)

        def set_name(text: str, name: str) -> None:
            self._input(text).name = name.strip('"')[:15]

        def set_kind(text: str, sensor: str, auto: str, span: str, compensated: str, units: str) -> None:
            self._input(text).kind = (
                integer(sensor, 0, _SENSOR_TYPES),
                integer(auto, 0, 1),
                integer(span, 0, _RANGES),
                integer(compensated, 0, 1),
                integer(units, 1, 3),
            )

        def set_filter(text: str, on: str, points: str, window: str) -> None:
            sensor = self._input(text)
            values = integer(points, 2, 64), integer(window, 1, 10)
            sensor.is_filtered, (sensor.points, sensor.window_percent) = bool(integer(on, 0, 1)), values

        def shown_filter(text: str) -> str:
            sensor = self._input(text)
            return f"{int(sensor.is_filtered)},{sensor.points:02d},{sensor.window_percent:02d}"

        return {
            "TLIMIT": set_limit,
            "TLIMIT?": lambda text: f"{self._input(text).limit_K:+05.0f}",
            "INNAME": set_name,
            "INNAME?": lambda text: f"{self._input(text).name:<15}",
            "INTYPE": set_kind,
            "INTYPE?": lambda text: ",".join(str(value) for value in self._input(text).kind),
            "FILTER": set_filter,
            "FILTER?": shown_filter,
        }

    def _alarms(self) -> Commands:
        def set_alarm(text: str, *values: str) -> None:
            alarm = self._input(text).alarm
            if not 1 <= len(values) <= 7:
                raise TypeError
            on, *rest = [*values, *[""] * (7 - len(values))]  # what is left out or empty stays as it is
            high, low, deadband = (
                number(new, -1e6, 1e6) if new else old
                for new, old in zip(rest[:3], (alarm.high, alarm.low, alarm.deadband), strict=True)
            )
            flags = (alarm.is_latched, alarm.is_audible, alarm.is_visible)
            latched, audible, visible = (
                bool(integer(new, 0, 1)) if new else old for new, old in zip(rest[3:], flags, strict=True)
            )
            alarm.is_on, alarm.high, alarm.low, alarm.deadband = bool(integer(on, 0, 1)), high, low, deadband
            alarm.is_latched, alarm.is_audible, alarm.is_visible = latched, audible, visible
            if not alarm.is_on:
                alarm.reset()

        def shown_alarm(text: str) -> str:
            alarm = self._input(text).alarm
            numbers = ",".join(six_digits(value) for value in (alarm.high, alarm.low, alarm.deadband))
            flags = ",".join(str(int(flag)) for flag in (alarm.is_latched, alarm.is_audible, alarm.is_visible))
            return f"{int(alarm.is_on)},{numbers},{flags}"

        def status(text: str) -> str:
            alarm = self._input(text).alarm
            return f"{int(alarm.high_active)},{int(alarm.low_active)}"

        def reset() -> None:
            for sensor in self._device.controller.sensors:
                sensor.alarm.reset()

        return {"ALARM": set_alarm, "ALARM?": shown_alarm, "ALARMST?": status, "ALMRST": reset}

    def _curve_commands(self) -> Commands:
        def choose(text: str, curve: str) -> None:
            wanted = integer(curve, 0, USER.stop - 1)
            self._input(text).curve = wanted if wanted in self._curves else 0

        def of_user(text: str) -> Curve:
            return self._curves[integer(text, USER.start, USER.stop - 1)]

        def any_curve(text: str) -> Curve:
            curve = self._curves.get(int(text))
            if curve is None:
                raise Refused(EXECUTION_ERROR)
            return curve

        def set_header(text: str, name: str, serial: str, form: str, limit: str, coefficient: str) -> None:
            curve = of_user(text)
            values = integer(form, 1, 4), number(limit, 0, 9999), integer(coefficient, 1, 2)
            curve.name, curve.serial = name.strip('"')[:15], serial.strip('"')[:10]
            curve.form, curve.limit_K, curve.coefficient = values

        def set_point(text: str, index: str, units: str, kelvin: str) -> None:
            of_user(text).points[integer(index, 1, POINTS)] = (float(units), number(kelvin, 0, 9999))

        def shown_point(text: str, index: str) -> str:
            units, kelvin = any_curve(text).points.get(integer(index, 1, POINTS), (0.0, 0.0))
            return f"{six_digits(units)},{six_digits(kelvin)}"

        def delete(text: str) -> None:
            of_user(text).points.clear()

        return {
            "INCRV": choose,
            "INCRV?": lambda text: f"{self._input(text).curve:02d}",
            "CRVHDR": set_header,
            "CRVHDR?": lambda text: any_curve(text).header,
            "CRVPT": set_point,
            "CRVPT?": shown_point,
            "CRVDEL": delete,
        }
