"""Contract of a temperature controller."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from drivers.contract.identity import Identity
from drivers.visa.dialect import Dialect
from protocols import InstrumentError, Problem
from protocols.definitions import Quantity, count, quantity, text
from protocols.records import Record, record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivers.contract.readback import OutputReadback
    from drivers.visa.session import VisaSession

_MOST_INPUT = 20
"""Longest name of an input (characters): controllers have letters or numbers."""
_MOST_OUTPUTS = 16
"""Most heater outputs of a controller: those that are driven have two."""


@record
class Regulation(Record):
    """How a controller regulates, and when a temperature counts as stable; numbers in SI, or text (``"50 mK"``).

    Attributes
    ----------
    sensor : str
        Input of the sensor at the cell.
    output : int
        Heater output, 1 or 2.
    heater_range : int
        1 low, 2 medium, 3 high.
    ramp_K_min : float
        How fast the set point goes, kelvins a minute; 0 for at once.
    lowest_K, highest_K : float
        Beyond these no set point is taken; the upper one is also given to the controller as its own limit.
    band_K, settling_s : float
        Stable is what has been so near the set point for so long.
    """

    sensor: str = text("Input of the sensor at the cell.", default="A", filled=True, most=_MOST_INPUT)
    output: int = count("Heater output, 1 or 2.", default=1, at_most=_MOST_OUTPUTS)
    heater_range: int = count("1 low, 2 medium, 3 high.", default=3, at_most=3)
    ramp_K_min: float = quantity("", "How fast the set point goes, K/min; 0 for at once.", default=0.0, at_least=0.0)
    lowest_K: Quantity = quantity("K", "Below it no set point is taken.", default=10.0, above=0.0)
    highest_K: Quantity = quantity("K", "Above it no set point is taken.", default=400.0, above=0.0)
    band_K: Quantity = quantity("K", "How near the set point is stable.", default=0.05, above=0.0)
    settling_s: Quantity = quantity("s", "For how long it must have been so near.", default=60.0, at_least=0.0)

    def problems(self) -> Iterator[Problem]:
        """Give what is wrong between the limits."""
        if self.lowest_K >= self.highest_K:
            yield Problem("lowest_K", f"{self.lowest_K:g} K is not below highest_K, {self.highest_K:g} K")


@dataclass(frozen=True)
class TemperatureReading:
    """A reading of a thermometer.

    Attributes
    ----------
    temperature_K : float
    setpoint_K : float
    stable : bool
        Whether it has been within its band around the setpoint for the settling time.
    """

    temperature_K: float
    setpoint_K: float
    stable: bool


class TemperatureController(ABC):
    """An instrument that keeps the cell's cryostat or oven at a temperature.

    Its methods talk to the instrument and belong to the thread that opened it.
    """

    dialect: ClassVar[Dialect] = Dialect()
    interfaces: ClassVar[tuple[str, ...]] = ("TCPIP SOCKET", "ASRL INSTR", "USB INSTR", "GPIB INSTR")

    @abstractmethod
    def __init__(self, session: VisaSession) -> None:
        """Take over a link; the driver owns it from now on."""

    @classmethod
    def identity_of(cls, answer: str) -> Identity:
        """Return the identity in an answer to the greeting; by default the four fields of ``*IDN?``."""
        return Identity.from_idn(answer)

    @classmethod
    @abstractmethod
    def matches(cls, identity: Identity) -> bool:
        """Whether this driver is for the instrument that answered."""

    @abstractmethod
    def identify(self) -> Identity:
        """Ask for the identity."""

    def regulate(self, regulation: Regulation) -> None:
        """Regulate in another way from the next set point on.

        Raises
        ------
        InstrumentError
            If this controller has no such input, output or range, or its regulation is set at the instrument only.
        """
        raise InstrumentError(f"the regulation of a {type(self).__name__} is set at the instrument, not from here")

    @abstractmethod
    def set_setpoint(self, temperature_K: float) -> None:
        """Go to a temperature, K; verified by read-back.

        Raises
        ------
        LimitError
            If it is beyond what the sensor or the controller allows.
        InstrumentError
            If it reads back something else.
        """

    @abstractmethod
    def read(self) -> TemperatureReading:
        """Return the temperature now."""

    @abstractmethod
    def wait_until_stable(self, timeout_s: float, every_s: float = 1.0) -> TemperatureReading:
        """Read until the temperature is stable; return the last reading.

        Parameters
        ----------
        timeout_s : float
            How long at most.
        every_s : float
            How often is read.

        Raises
        ------
        InstrumentError
            If it is not stable in time, or something has a fault. The heater stays as it is.
        """

    @abstractmethod
    def safe_state(self) -> OutputReadback:
        """Switch the heaters off and read that back, by `drivers.switch_off`.

        May be called at any time, any number of times.

        Raises
        ------
        OutputStateUnknown
            If the instrument does not say that its heaters are off.
        """

    @abstractmethod
    def close(self) -> None:
        """Close the link. Does not touch the heaters."""
