"""Contract of a potentiostat."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Protocol, final

from drivers.contract.identity import Capabilities, Identity
from drivers.contract.switch_off import OffSwitch
from drivers.visa.dialect import Dialect
from protocols import Problem, ProtocolError, format_quantity
from protocols.acts import Demand

if TYPE_CHECKING:
    from drivers.contract.accuracy import RangeAccuracy
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


_WAYS_OUT = {
    Demand.OPEN_CIRCUIT: "measures no open circuit in a program: hold a voltage instead, or use a PalmSens EmStat",
    Demand.AGAINST_OPEN: "measures no open-circuit potential: write the level against 0 V, or use a PalmSens EmStat",
    Demand.CURRENT: "sets no current in a program: set a voltage, or use a PalmSens EmStat4",
    Demand.UNTIL: "ends no step by a slope: leave out `until`, and it lasts its duration, or use a PalmSens EmStat",
}
"""What an instrument says to a demand that it cannot meet."""


def unmet_demands(protocol: MeasurementProtocol, abilities: frozenset[Demand], model: str) -> tuple[Problem, ...]:
    """Return what steps of a protocol need that a model cannot do, each with the way out."""
    return tuple(
        Problem(f"sequence.{path}", f"{demand}: the {model} {_WAYS_OUT[demand]}")
        for demand, path in protocol.sequence.demands.items()
        if demand not in abilities
    )


class Potentiostat(ABC):
    """An instrument that plays a finite voltage program by itself and gives the current.

    Its life: `identify`, `plan`, `arm`, `start`, `read` until it returns None; `abort` at any time; `safe_state`
    and `close` on every way out. All but `plan` talk to the instrument and belong to the thread that opened it.
    """

    capabilities: ClassVar[Capabilities]
    planner: ClassVar[MakesPlans]
    """Makes the plans of this model."""
    accuracy: ClassVar[tuple[RangeAccuracy, ...]] = ()
    """Accuracy of its measuring ranges by the manual, kept with every run; empty where no page was at hand."""
    abilities: ClassVar[frozenset[Demand]] = frozenset()
    """What its planner and its programs can do besides voltages against the reference."""
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

        A limit that nobody would watch, and a step that the model cannot do, are refused here, for every driver.

        Raises
        ------
        ProtocolError
            If the model cannot do it: with every reason.
        LimitError
            If the sequence goes beyond the protocol's limits.
        """
        unwatched = unwatched_limits(protocol.limits)
        if unmet := unmet_demands(protocol, cls.abilities, cls.capabilities.model):
            raise ProtocolError((*unmet, *unwatched), cls.capabilities.model)
        try:
            plan = cls.planner.plan(protocol)
        except ProtocolError as error:
            raise ProtocolError((*error.problems, *unwatched), error.source) from error
        if unwatched:
            raise ProtocolError(unwatched, plan.model)
        if plan.grid is None and not plan.acts and protocol.sequence.stretches(protocol.sampling.interval_s):
            problem = "steps have a sampling of their own, and the driver of this model does not know how: remove it"
            raise ProtocolError((Problem("sequence", problem),), plan.model)
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
