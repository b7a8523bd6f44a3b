"""What can every potentiostat do, and what passes between it and a run?"""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from protocols import PulseSequence, format_quantity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from drivers.session import VisaSession
    from protocols import Protocol


class Status(enum.IntFlag):
    """Why a sample must not be trusted. A sample without flags is good."""

    OVERLOAD = 1
    """The current was beyond the measuring range; its value is NaN."""
    COMPLIANCE = 2
    """The instrument limited the current: the voltage was not the programmed one."""
    TIMING = 4
    """Time or source value differ from the plan."""
    GAP = 8
    """Samples before this one were lost."""
    EDGE = 16
    """The voltage changed while this sample was being taken."""


@dataclass(frozen=True)
class Identity:
    """Who answered.

    Attributes
    ----------
    maker, model, serial, firmware : str
        The four fields of ``*IDN?`` (IEEE 488.2-1992, 10.14).
    """

    maker: str
    model: str
    serial: str
    firmware: str

    @classmethod
    def from_idn(cls, idn: str) -> Identity:
        """Return the fields of an answer to ``*IDN?``; missing ones are empty."""
        maker, model, serial, firmware = ([part.strip() for part in idn.split(",", 3)] + [""] * 4)[:4]
        return cls(maker, model, serial, firmware)

    def __str__(self) -> str:
        return f"{self.maker} {self.model}, serial {self.serial}, firmware {self.firmware}"


@dataclass(frozen=True)
class Capabilities:
    """What a model can do, for planning and for telling the user.

    Attributes
    ----------
    model : str
    voltage_ranges_V, current_ranges_A : tuple of float
        Full scales, ascending.
    min_dwell_s, max_dwell_s : float
        Shortest and longest time at one level.
    time_step_s : float
        Resolution of dwell times.
    min_interval_s, max_interval_s : float
        Fastest and slowest sampling.
    max_samples, max_edges : int
        Of one run.
    response_s : tuple of float
        First-order time constants between the true current at a perfect voltage edge and the reading.
    """

    model: str
    voltage_ranges_V: tuple[float, ...]
    current_ranges_A: tuple[float, ...]
    min_dwell_s: float
    max_dwell_s: float
    time_step_s: float
    min_interval_s: float
    max_interval_s: float
    max_samples: int
    max_edges: int
    response_s: tuple[float, ...]


@dataclass(frozen=True)
class Rounding:
    """One thing that the instrument does differently from what was asked.

    Attributes
    ----------
    what : str
    asked, done : float
        In `unit`.
    unit : str
    """

    what: str
    asked: float
    done: float
    unit: str

    def __str__(self) -> str:
        digits = 7
        asked, done = (format_quantity(value, self.unit, digits) for value in (self.asked, self.done))
        return f"{self.what}: {asked} becomes {done}"


@dataclass(frozen=True)
class DrivePlan:
    """What one instrument will really do for a protocol.

    Attributes
    ----------
    model : str
        Whose plan it is.
    sequence : PulseSequence
        Edges as they will be, lead-in and repeats included, in run time: the first sample starts at 0.
    base_points, repeats : int
        The instrument's program: how many levels, played how often.
    interval_s, aperture_s : float
        Sampling, and how long each sample averages.
    n_samples : int
    voltage_range_V, current_range_A, compliance_A : float
    four_wire : bool
    response_s : tuple of float
        See `Capabilities`.
    roundings : tuple of Rounding
    remarks : tuple of str
        What the user should know besides.
    jitter_s : float
        By how much edges may come late because the computer times them; 0 where the instrument does.
    """

    model: str
    sequence: PulseSequence
    base_points: int
    repeats: int
    interval_s: float
    aperture_s: float
    n_samples: int
    voltage_range_V: float
    current_range_A: float
    compliance_A: float
    four_wire: bool
    response_s: tuple[float, ...]
    roundings: tuple[Rounding, ...] = ()
    remarks: tuple[str, ...] = ()
    jitter_s: float = 0.0

    @property
    def duration_s(self) -> float:
        """Length of the run."""
        return self.sequence.duration_s

    @property
    def n_bytes(self) -> int:
        """Size of its samples on disk: three float64 and a status byte each."""
        return self.n_samples * 25


@dataclass(frozen=True)
class Block:
    """Consecutive samples.

    Attributes
    ----------
    t_s : ndarray of float64, shape (n,)
        Centre of each sample's aperture, from the start of the run.
    voltage_V, current_A : ndarray of float64, shape (n,)
    status : ndarray of uint8, shape (n,)
        `Status` flags.
    """

    t_s: NDArray[np.float64]
    voltage_V: NDArray[np.float64]
    current_A: NDArray[np.float64]
    status: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.t_s)


@dataclass(frozen=True)
class Dialect:
    """How lines end on an instrument's link, and what makes it say who it is.

    Attributes
    ----------
    greeting : str
        What is sent when a link is opened; the answer must name the instrument.
    write_end, read_end : str
        Line ends.
    baud : int
        On serial lines.
    software_flow : bool
        XON/XOFF on serial lines.
    data_bits : int
        On serial lines.
    odd_parity : bool
        On serial lines; else there is none.
    """

    greeting: str = "*IDN?"
    write_end: str = "\n"
    read_end: str = "\n"
    baud: int = 9600
    software_flow: bool = False
    data_bits: int = 8
    odd_parity: bool = False


@dataclass(frozen=True)
class OutputReadback:
    """The answer to "is the output off?".

    Attributes
    ----------
    off : bool
        Read back from the instrument, not assumed.
    answer : str
        What it said.
    """

    off: bool
    answer: str = field(default="")


class Potentiostat(ABC):
    """An instrument that plays a finite voltage program by itself and gives the current.

    Its life: `identify`, `plan`, `arm`, `start`, `read` until it returns None; `abort` at any time; `safe_state`
    and `close` on every way out. All but `plan` talk to the instrument and belong to the thread that opened it.
    """

    capabilities: ClassVar[Capabilities]
    dialect: ClassVar[Dialect] = Dialect()
    interfaces: ClassVar[tuple[str, ...]] = ("TCPIP SOCKET", "TCPIP INSTR", "USB INSTR", "GPIB INSTR")
    """By which VISA interfaces and resource classes it can be reached."""

    @abstractmethod
    def __init__(self, session: VisaSession) -> None:
        """Take a link over; the driver owns it from now on."""

    @classmethod
    def identity_of(cls, answer: str) -> Identity:
        """Return who it is that answered the greeting so; by default the four fields of ``*IDN?``."""
        return Identity.from_idn(answer)

    @classmethod
    @abstractmethod
    def matches(cls, identity: Identity) -> bool:
        """Whether this driver is for the instrument that answered."""

    @classmethod
    @abstractmethod
    def plan(cls, protocol: Protocol) -> DrivePlan:
        """Return what this model will do for a protocol. Needs no instrument.

        Raises
        ------
        ProtocolError
            If the model cannot do it: with every reason.
        LimitError
            If the sequence goes beyond the protocol's limits.
        """

    @abstractmethod
    def identify(self) -> Identity:
        """Ask who is there."""

    @abstractmethod
    def arm(self, plan: DrivePlan) -> None:
        """Load limits, ranges, off state and program, and verify them by read-back. The output stays off.

        Raises
        ------
        InstrumentError
            If the instrument refuses anything or reads back something else.
        """

    @abstractmethod
    def start(self) -> None:
        """Let the loaded program run; its last step switches the output off."""

    @abstractmethod
    def read(self) -> Block | None:
        """Return the samples that have come since the last call (perhaps none), or None after the last one."""

    @abstractmethod
    def abort(self) -> None:
        """Stop the program at once."""

    @abstractmethod
    def safe_state(self) -> OutputReadback:
        """Stop, switch the output off, and read that back. May be called at any time, any number of times.

        Raises
        ------
        OutputStateUnknown
            If the instrument does not say that its output is off.
        """

    @abstractmethod
    def close(self) -> None:
        """Let the link go. Does not touch the output."""


@dataclass(frozen=True)
class TemperatureReading:
    """What a thermometer says.

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
        """Take a link over; the driver owns it from now on."""

    @classmethod
    def identity_of(cls, answer: str) -> Identity:
        """Return who it is that answered the greeting so; by default the four fields of ``*IDN?``."""
        return Identity.from_idn(answer)

    @classmethod
    @abstractmethod
    def matches(cls, identity: Identity) -> bool:
        """Whether this driver is for the instrument that answered."""

    @abstractmethod
    def identify(self) -> Identity:
        """Ask who is there."""

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
        """Switch the heaters off and read that back. May be called at any time, any number of times.

        Raises
        ------
        OutputStateUnknown
            If the instrument does not say that its heaters are off.
        """

    @abstractmethod
    def close(self) -> None:
        """Let the link go. Does not touch the heaters."""
