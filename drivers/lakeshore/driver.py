"""Driver of the Lake Shore 335 and 336 temperature controllers.

Commands: Lake Shore *Model 336 Temperature Controller User's Manual* (rev. 1.9) and that of the 335, chapter 6.

- ``KRDG?`` and ``RDGST?`` (invalid 1, under range 16, over range 32, sensor units zero 64, over range 128) of an input;
- ``SETP``, ``RAMP`` (K/min), ``OUTMODE`` (1: closed loop), ``RANGE`` (0 off, 1 low, 2 medium, 3 high), ``HTRST?``
  (1 open load, 2 short; reading it clears it) of a heater output;
- ``TLIMIT``: above it the controller itself switches all outputs off. It is set with each set point, so that the heater
  goes off even if the computer is dead. `safe_state` switches every output of the model off: 1 and 2, and of a 336 the
voltage outputs 3 and 4 too (decision 230).

A command that it does not take gets no answer, only a bit in ``*ESR?``: so whatever is set is read back. Over a serial
line it speaks 57600 baud, 7 data bits, odd parity; over Ethernet at port 7777; lines end with CR LF.
docs/reference/sources/lakeshore-336.md names the page of every command.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, ClassVar

from drivers.contract.identity import Identity
from drivers.contract.switch_off import OffSwitch, switch_off
from drivers.contract.temperature import Regulation, TemperatureController, TemperatureReading
from drivers.visa.dialect import Dialect
from protocols import InstrumentError, LimitError, format_quantity

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.contract.readback import OutputReadback
    from drivers.visa.session import VisaSession

# Bits of RDGST?, the worst first.
_SENSOR_FAULTS = {
    128: "the sensor is open",
    64: "the sensor is shorted",
    32: "the temperature is over the sensor's range",
    16: "the temperature is under the sensor's range",
    1: "the reading is invalid",
}
_HEATER_FAULTS = {1: "the heater is open", 2: "the heater is shorted"}  # HTRST?
_CLOSED_LOOP = 1  # OUTMODE
_OFF = OffSwitch("the heaters", "Press its ALL OFF key.")
# Rates of a ramp (page of the sources). At 0.0, which a slower one would be sent as, it would jump.
_SLOWEST_K_MIN, _FASTEST_K_MIN = 0.1, 100.0
_SHOWN_K = 2e-3  # what read-back may differ by: three digits after the point


_REGULATION = Regulation()  # unless told otherwise


class _LakeShore(TemperatureController):
    """A Lake Shore controller with one heater output and the sensor that controls it.

    Parameters
    ----------
    session : VisaSession
        Its link; this driver owns it from now on.
    regulation : Regulation
        May be changed until the first set point.
    clock : callable
        Gives seconds; the controller has no clock of its own.
    sleep : callable
        Waits for seconds.
    """

    dialect = Dialect(write_end="\r\n", read_end="\r\n", baud=57600, data_bits=7, odd_parity=True)
    model: ClassVar[str]
    inputs: ClassVar[str]
    outputs: ClassVar[tuple[int, ...]]

    def __init__(
        self,
        session: VisaSession,
        regulation: Regulation = _REGULATION,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.session = session
        self._clock, self._sleep = clock, sleep
        self._wanted_K: float | None = None
        self._still_to_go_K = 0.0
        self._inside_since: float | None = None
        self.regulate(regulation)

    def regulate(self, regulation: Regulation) -> None:
        """Regulate in another way from the next set point on.

        Raises
        ------
        InstrumentError
            If the model has no such input, output or range.
        """
        r = regulation
        if (
            len(r.sensor) != 1
            or r.sensor not in self.inputs
            or r.output not in {1, 2}
            or r.heater_range not in {1, 2, 3}
        ):
            raise InstrumentError(
                f"a Lake Shore {self.model} has inputs {', '.join(self.inputs)}, heater outputs 1 and 2 and ranges "
                f"1 to 3, not {r}"
            )
        if not (r.ramp_K_min == 0.0 or _SLOWEST_K_MIN <= r.ramp_K_min <= _FASTEST_K_MIN):
            raise InstrumentError(
                f"a Lake Shore {self.model} ramps at {_SLOWEST_K_MIN:g} to {_FASTEST_K_MIN:g} K/min, or not at all "
                f"(0), not at {r.ramp_K_min:g}"
            )
        self._use = regulation

    @classmethod
    def matches(cls, identity: Identity) -> bool:
        """Whether this driver is for that instrument."""
        return identity.maker.upper() in {"LSCI", "LAKE SHORE"} and identity.model.upper() == f"MODEL{cls.model}"

    def identify(self) -> Identity:
        """Ask for the identity."""
        return Identity.from_idn(self.session.query("*IDN?"))

    # -- set point ----------------------------------------------------------------------------------------------------

    def set_setpoint(self, temperature_K: float) -> None:
        """Go to a temperature, K. See `TemperatureController.set_setpoint`."""
        use = self._use
        # The controller's own limit is in whole kelvins, and 0 is none: it is never above what was asked for.
        limit_K = math.floor(use.highest_K)
        if not (use.lowest_K <= temperature_K <= limit_K and limit_K > 0):
            raise LimitError(
                f"a set point of {format_quantity(temperature_K, 'K')} is not between "
                f"{format_quantity(use.lowest_K, 'K')} and {format_quantity(limit_K, 'K')}, the controller's own "
                "limit: nothing was set"
            )
        output, rate = use.output, use.ramp_K_min
        self._verify_sensor()
        self._wanted_K, self._inside_since = None, None
        self._set(f"TLIMIT {use.sensor},{limit_K}", f"TLIMIT? {use.sensor}", [limit_K])
        number = self.inputs.index(use.sensor) + 1
        self._set(f"OUTMODE {output},{_CLOSED_LOOP},{number},0", f"OUTMODE? {output}", [_CLOSED_LOOP, number, 0])
        self._set(f"RAMP {output},{int(rate > 0)},{rate:.1f}", f"RAMP? {output}", [int(rate > 0), round(rate, 1)])
        setting = f"SETP {output},{temperature_K:.3f}"
        if rate > 0:
            self.session.write(setting)  # read back by `read`, when the ramp has come there
        else:
            self._set(setting, f"SETP? {output}", [temperature_K])
        self._set(f"RANGE {output},{use.heater_range}", f"RANGE? {output}", [use.heater_range])
        self._wanted_K, self._still_to_go_K = temperature_K, math.inf if rate > 0 else 0.0

    def _set(self, command: str, query: str, wanted: list[float]) -> None:
        answer = self.session.query(f"{command};{query}")
        values = _numbers(query, answer, ",", len(wanted))
        if any(abs(value - want) > _SHOWN_K for value, want in zip(values, wanted, strict=True)):
            raise InstrumentError(f"{self.session.resource}: after {command!r}, {query} says {answer}", command=command)

    def _verify_sensor(self) -> None:
        query = f"RDGST? {self._use.sensor}"
        (status,) = _numbers(query, self.session.query(query), ",", 1)
        self._check_sensor(round(status))

    def _check_sensor(self, status: int) -> None:
        for bit, meaning in _SENSOR_FAULTS.items():
            if status & bit:
                raise InstrumentError(
                    f"{self.session.resource}: input {self._use.sensor}: {meaning}. Switch the heater off and "
                    "look after the sensor.",
                    command="RDGST?",
                )

    # -- reading ------------------------------------------------------------------------------------------------------

    def read(self) -> TemperatureReading:
        """Return the temperature now. See `TemperatureController.read`.

        Raises
        ------
        InstrumentError
            If the sensor or the heater has a fault, or the heater is off although there is a set point, or the
            controller goes to another one.
        """
        query = (
            f"KRDG? {self._use.sensor};RDGST? {self._use.sensor};SETP? {self._use.output};RANGE? {self._use.output};"
            f"HTRST? {self._use.output}"
        )
        answer = self.session.query(query)
        kelvin, status, setpoint, heater_range, heater = _numbers(query, answer, ";", 5)
        self._check_sensor(round(status))
        if problem := _HEATER_FAULTS.get(round(heater)):
            raise InstrumentError(f"{self.session.resource}: output {self._use.output}: {problem}", command="HTRST?")
        if self._wanted_K is not None and round(heater_range) == 0:
            limit = format_quantity(self._use.highest_K, "K")
            raise InstrumentError(
                f"{self.session.resource}: output {self._use.output} is off at {format_quantity(kelvin, 'K')}: "
                f"switched off at the instrument, or by its temperature limit of {limit}",
                command="RANGE?",
            )
        if self._wanted_K is not None and abs(setpoint - self._wanted_K) > self._still_to_go_K + _SHOWN_K:
            raise InstrumentError(
                f"{self.session.resource}: output {self._use.output} goes to {format_quantity(setpoint, 'K')}, not to"
                f" {format_quantity(self._wanted_K, 'K')}: reset, or set at the instrument or by another program",
                command="SETP?",
            )
        if self._wanted_K is not None:
            self._still_to_go_K = abs(setpoint - self._wanted_K)  # a ramp only comes nearer
        return TemperatureReading(kelvin, setpoint, self._is_stable(kelvin, setpoint))

    def _is_stable(self, kelvin: float, setpoint: float) -> bool:
        wanted, now = self._wanted_K, self._clock()
        if wanted is None or abs(setpoint - wanted) > _SHOWN_K or abs(kelvin - wanted) > self._use.band_K:
            self._inside_since = None
            return False
        if self._inside_since is None:
            self._inside_since = now
        return now - self._inside_since >= self._use.settling_s

    def wait_until_stable(self, timeout_s: float, every_s: float = 1.0) -> TemperatureReading:
        """Wait on the driver's clock. See `TemperatureController.wait_until_stable`."""
        began = self._clock()
        while not (reading := self.read()).stable:
            if self._clock() - began > timeout_s:
                raise InstrumentError(
                    f"{self.session.resource}: {format_quantity(reading.temperature_K, 'K')} after "
                    f"{format_quantity(timeout_s, 's')}, not stable at {format_quantity(reading.setpoint_K, 'K')}"
                )
            self._sleep(every_s)
        return reading

    # -- ways out -----------------------------------------------------------------------------------------------------

    def safe_state(self) -> OutputReadback:
        """Switch all outputs of the controller off and read that back. See `TemperatureController.safe_state`."""
        self._wanted_K = self._inside_since = None
        line = ";".join([f"RANGE {k},0" for k in self.outputs] + [f"RANGE? {k}" for k in self.outputs])
        return switch_off(
            _OFF,
            self.session.resource,
            exchange=lambda: self.session.query(line),
            is_off=lambda answer: answer == ";".join("0" for _ in self.outputs),
        )

    def close(self) -> None:
        """Close the session."""
        self.session.close()


class LakeShore335(_LakeShore):
    """A Lake Shore 335."""

    model = "335"
    inputs = "AB"
    outputs = (1, 2)


class LakeShore336(_LakeShore):
    """A Lake Shore 336."""

    model = "336"
    inputs = "ABCD"
    outputs = (1, 2, 3, 4)


def _numbers(query: str, answer: str, separator: str, count: int) -> list[float]:
    """Return the numbers of an answer.

    Raises
    ------
    InstrumentError
        If they are not numbers, or not as many.
    """
    try:
        values = [float(text) for text in answer.split(separator)]
    except ValueError:
        values = []
    if len(values) != count or not all(math.isfinite(value) for value in values):
        raise InstrumentError(f"{query} was answered {answer!r}, not with {count} numbers", command=query)
    return values
