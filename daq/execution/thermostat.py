"""Temperature controller of a bench, which may be used from any thread.

A session belongs to the thread that opened it, and the cells of a notebook may run in different ones: so a thread of
its own opens the controller and talks to it. Waiting for a temperature is done by the caller, who can be interrupted
while the controller stays within reach.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from daq.execution.worker import Worker
from drivers import open_temperature_controller, resolved
from protocols import InstrumentError, ProtocolError, format_quantity, parse_quantity

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers import Identity, OutputReadback, Regulation, TemperatureController, TemperatureReading

_T = TypeVar("_T")
_SLOWEST_LOOK_S = 1.0
"""Interval (s) of looks at a temperature that is to become stable. Doubled, a point begins a second later."""
_LOOKS = 4
"""Looks within the time for which a temperature must be stable: so many show whether it was all along."""
_POLL_S = 0.2
"""How often (s) a wait for the controller's thread can be interrupted."""


class Thermostat:
    """The controller at an address, opened by a thread of its own.

    Parameters
    ----------
    resource : str
        VISA resource, or a name in the address book.
    regulation : Regulation, optional
        How it regulates and when a temperature is stable; as the driver has it unless given.

    Raises
    ------
    ConnectionLost, InstrumentError
        If nobody answers, it is no temperature controller, or it cannot regulate so.
    """

    def __init__(self, resource: str, regulation: Regulation | None = None) -> None:
        self.resource = resolved(resource)
        self._worker = Worker("temperature controller")
        self._controller = self._done(lambda: open_temperature_controller(self.resource))
        self._look_s = _SLOWEST_LOOK_S
        self._is_closed = False
        if regulation is not None:
            try:
                self.regulate(regulation)
            except BaseException:
                self._done(self._controller.close)
                raise

    def _done(self, function: Callable[[], _T]) -> _T:
        """Return what the controller's thread returns, or raise what it raises."""
        job = self._worker.submit(function)
        while not job.wait(_POLL_S):
            pass
        return job.result()

    def _use(self, function: Callable[[TemperatureController], _T]) -> _T:
        if self._is_closed:
            raise InstrumentError(f"{self.resource}: this link has been closed; open the bench anew")
        return self._done(lambda: function(self._controller))

    def identify(self) -> Identity:
        """Return who the controller is."""
        return self._use(lambda controller: controller.identify())

    def regulate(self, regulation: Regulation) -> None:
        """Regulate in another way from the next set point on.

        Raises
        ------
        InstrumentError
            If the controller cannot.
        """
        self._use(lambda controller: controller.regulate(regulation))
        self._look_s = min(_SLOWEST_LOOK_S, regulation.settling_s / _LOOKS) or _SLOWEST_LOOK_S

    def read(self) -> TemperatureReading:
        """Return temperature, set point, and whether it is stable.

        Raises
        ------
        InstrumentError
            If a sensor or a heater has a fault.
        """
        return self._use(lambda controller: controller.read())

    def go_to(self, temperature: float | str, at_most: float | str = "1 h") -> TemperatureReading:
        """Go to a temperature and wait until it is stable.

        Parameters
        ----------
        temperature : float or str
            K, or text such as ``"25 degC"``.
        at_most : float or str
            How long to wait: s, or text.

        Returns
        -------
        TemperatureReading
            The first that is stable.

        Raises
        ------
        ProtocolError
            If a quantity cannot be understood.
        LimitError
            If the temperature is beyond what the controller may do.
        InstrumentError
            If it is not stable in time, or something has a fault. The heater stays as it is.
        """
        kelvin, limit_s = _quantity(temperature, "K", "temperature"), _quantity(at_most, "s", "at_most")
        self._use(lambda controller: controller.set_setpoint(kelvin))
        deadline = time.monotonic() + limit_s
        while not (reading := self.read()).stable:
            if time.monotonic() > deadline:
                raise InstrumentError(
                    f"{self.resource}: {reading.temperature_K:.3f} K is not stable at {kelvin:g} K after"
                    f" {format_quantity(limit_s, 's')}; the heater stays as it is"
                )
            time.sleep(self._look_s)
        return reading

    def off(self) -> OutputReadback:
        """Switch the heaters off and read that back.

        Raises
        ------
        OutputStateUnknown
            If the controller does not say that they are off.
        """
        return self._use(lambda controller: controller.safe_state())

    def close(self) -> None:
        """Close the link; the heaters stay as they are. May be called more than once."""
        if not self._is_closed:
            self._is_closed = True
            self._done(self._controller.close)


def _quantity(given: float | str, unit: str, name: str) -> float:
    try:
        return parse_quantity(given, unit)
    except ValueError as error:
        raise ProtocolError(f"{name}: {error}", "thermostat") from None
