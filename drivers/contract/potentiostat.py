"""Contract of a potentiostat."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Protocol, final

from drivers.contract.identity import Capabilities, Identity
from drivers.contract.switch_off import OffSwitch
from drivers.visa.dialect import Dialect
from protocols import Problem, ProtocolError, format_quantity

if TYPE_CHECKING:
    from drivers.contract.block import Block
    from drivers.contract.plan import DrivePlan
    from drivers.contract.readback import OutputReadback
    from drivers.visa.session import VisaSession
    from protocols import Limits
    from protocols import Protocol as MeasurementProtocol


class MakesPlans(Protocol):
    """What makes the plans of a driver; `drivers.Planner` is one over tables and hooks."""

    def plan(self, protocol: MeasurementProtocol) -> DrivePlan:
        """Return what the model will do, or raise `ProtocolError` with every reason."""


def unwatched_limits(limits: Limits) -> tuple[Problem, ...]:
    """Return which limits of a protocol no run can watch: those of quantities that a potentiostat does not measure."""
    if limits.temperature_K is None:
        return ()
    kelvin = format_quantity(limits.temperature_K, "K")
    return (
        Problem(
            "limits.temperature",
            f"nothing would watch the limit of {kelvin}: no run reads a thermometer yet. Remove this limit, and give "
            "the temperature controller a limit of its own",
        ),
    )


class Potentiostat(ABC):
    """An instrument that plays a finite voltage program by itself and gives the current.

    Its life: `identify`, `plan`, `arm`, `start`, `read` until it returns None; `abort` at any time; `safe_state`
    and `close` on every way out. All but `plan` talk to the instrument and belong to the thread that opened it.
    """

    capabilities: ClassVar[Capabilities]
    planner: ClassVar[MakesPlans]
    """Makes the plans of this model."""
    dialect: ClassVar[Dialect] = Dialect()
    interfaces: ClassVar[tuple[str, ...]] = ("TCPIP SOCKET", "TCPIP INSTR", "USB INSTR", "GPIB INSTR")
    """By which VISA interfaces and resource classes it can be reached."""
    off_switch: ClassVar[OffSwitch] = OffSwitch("the output", "Press the OUTPUT key of the instrument.")
    """What a person can do at the instrument if nothing else can switch it off."""
    interrupt: ClassVar[tuple[str, ...]] = ()
    """Messages that end whatever it does and sends unasked, before it is greeted after a run that lost it.

    Their answers are dropped, so the output is best switched off by them already. Needed only where a running program
    keeps the instrument from answering the greeting."""

    reconnect_s: ClassVar[float] = 0.0
    """Least time (s) from one connection to the next, for interfaces that jam on rapid ones."""

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

    @final
    @classmethod
    def plan(cls, protocol: MeasurementProtocol) -> DrivePlan:
        """Return what this model will do for a protocol. Needs no instrument.

        A limit that nobody would watch is refused here, for every driver.

        Raises
        ------
        ProtocolError
            If the model cannot do it: with every reason.
        LimitError
            If the sequence goes beyond the protocol's limits.
        """
        unwatched = unwatched_limits(protocol.limits)
        try:
            plan = cls.planner.plan(protocol)
        except ProtocolError as error:
            raise ProtocolError((*error.problems, *unwatched), error.source) from error
        if unwatched:
            raise ProtocolError(unwatched, plan.model)
        return plan

    @abstractmethod
    def identify(self) -> Identity:
        """Ask for the identity."""

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
        """Stop, switch the output off, and read that back, by `drivers.switch_off`.

        May be called at any time, any number of times.

        Raises
        ------
        OutputStateUnknown
            If the instrument does not say that its output is off.
        """

    @abstractmethod
    def close(self) -> None:
        """Close the link. Does not touch the output."""
