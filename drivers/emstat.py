"""How is a PalmSens EmStat Pico, EmStat4 or Nexus made to play a voltage program?

The whole program is one finite MethodSCRIPT (`drivers._methodscript`) that runs on the instrument and ends in
``on_finished: cell_off``: a computer that dies leaves the cell off. Packages of the current stream while it runs;
``Z`` aborts it at any time, and ``on_finished:`` runs then too. *EmStat Pico communication protocol* v1.3 (``t``,
``i``, ``e``, ``Z``); *MethodSCRIPT manual* v1.8.

Not confirmed: the shortest interval of ``meas_loop_ca`` (taken as what the serial line can carry, and 1 ms), the
script memory, over which part of the interval a reading averages (taken as its last half), and how long commands take.
There is no query for the state of the cell: that it is off is known from a script that ran to its end after
``cell_off`` and said so.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from drivers._methodscript import (
    Measured,
    ReadingStatus,
    packaged,
    raise_fault,
    samples_of,
    script_for,
    segments,
)
from drivers._planning import covering, dwell_faults, quantised, sequence_of, staircase_for_ramps
from drivers.contract import (
    Block,
    Capabilities,
    Dialect,
    DrivePlan,
    Identity,
    OutputReadback,
    Potentiostat,
    Rounding,
    Status,
)
from protocols import Fault, InstrumentError, OutputStateUnknown, ProtocolError, format_quantity

if TYPE_CHECKING:
    from drivers.session import VisaSession
    from protocols import Protocol

_RESOLUTION_V = 1e-4
_DEAF_S = 0.06  # after a failed command nothing is heard for 50 ms
_JITTER_S = 1e-3
_APERTURE_SHARE = 0.5
_MOST_LINES = 5000
_OFF = "cell is off"
_KEY = "Unplug the cell, or the instrument."


class EmStat(Potentiostat):
    """A PalmSens instrument that speaks MethodSCRIPT.

    Parameters
    ----------
    session : VisaSession
        Its link; this driver owns it from now on.
    """

    dialect = Dialect(greeting="t", baud=230_400, software_flow=True)
    interfaces: ClassVar[tuple[str, ...]] = ("ASRL INSTR", "TCPIP SOCKET")
    firmware: ClassVar[str]
    """How the answer to ``t`` begins."""
    modes: ClassVar[tuple[tuple[float, float, float, int, float], ...]]
    """Lowest and highest potential, window (V), number and bandwidth (Hz) of PGStat modes, the fastest first."""
    script_bytes: ClassVar[int]

    def __init__(self, session: VisaSession) -> None:
        self._session = session
        self._plan: DrivePlan | None = None
        self._mode = 0
        self._bandwidth_Hz = 0.0
        self._running = False
        self._over = False
        self._level = -1
        self._in_level = 0
        self._begun_s = 0.0
        self._n_read = 0
        # The answer to the greeting has a second line.
        self._rest_of_greeting = session.read_line()

    @classmethod
    def identity_of(cls, answer: str) -> Identity:
        """Return who it is by its firmware: ``tespico1600#Sep 30 2025 14:38:26``."""
        name, _, built = answer.partition("#")
        known = name.startswith(f"t{cls.firmware}")
        return Identity(
            "PalmSens" if known else name, cls.capabilities.model if known else "", "", f"{name[1:]} {built}"
        )

    @classmethod
    def matches(cls, identity: Identity) -> bool:
        """Whether this driver is for that instrument."""
        return (identity.maker, identity.model) == ("PalmSens", cls.capabilities.model)

    @classmethod
    def plan(cls, protocol: Protocol) -> DrivePlan:
        """Return what the instrument will do. See `Potentiostat.plan`."""
        return _plan(cls, protocol)

    def identify(self) -> Identity:
        """Ask for the serial number."""
        answer = self._session.query("i")
        raise_fault(self._session.resource, answer, "serial number")
        return Identity("PalmSens", self.capabilities.model, answer[1:], self._session.idn[1:])

    def arm(self, plan: DrivePlan) -> None:
        """Switch the cell off, load the script and let the instrument check it, without running it."""
        self.safe_state()
        self._mode, self._bandwidth_Hz = _mode_for(type(self), plan)
        # ``l`` loads as ``e`` does, and does not run.
        self._load("l", script_for(plan, self._mode, self._bandwidth_Hz)[1:], "script")
        self._plan = plan
        self._over, self._level, self._in_level, self._n_read = False, -1, 0, 0

    def _load(self, command: str, lines: list[str], doing: str) -> None:
        self._session.write(command)
        for line in lines:
            self._session.write(line)
        self._session.write("")
        answer = self._session.read_line()
        raise_fault(self._session.resource, answer, doing)
        if answer != command:
            raise InstrumentError(
                f"{self._session.resource} answered the {doing} with {answer!r}, not {command!r}; the cell is off",
                command=doing,
            )

    def start(self) -> None:
        """Run the loaded script."""
        self._armed_plan()
        answer = self._session.query("r")
        raise_fault(self._session.resource, answer, "run")
        if answer != "r":
            raise InstrumentError(f"{self._session.resource} answered r with {answer!r}", command="r")
        self._running = True

    def read(self) -> Block | None:
        """Return what has been sent. See `Potentiostat.read`."""
        plan = self._armed_plan()
        if self._over:
            return None
        rows: list[tuple[float, float, float, int]] = []
        for _ in range(_MOST_LINES):
            line = self._session.poll_line()
            if line is None:
                break
            if line.startswith("P"):
                rows += [self._row(plan, variable) for variable in self._sampled(packaged(line))]
            elif line == "":
                self._over, self._running = True, False
                break
            else:
                raise_fault(self._session.resource, line, "run")
        if self._over and self._n_read < plan.n_samples:
            raise InstrumentError(
                f"{self._session.resource}: its script ended after {self._n_read} of {plan.n_samples} samples: it was "
                "aborted, or the instrument restarted",
                command="r",
            )
        table = np.array(rows, dtype=np.float64).reshape(-1, 4)
        return Block(table[:, 0].copy(), table[:, 1].copy(), table[:, 2].copy(), table[:, 3].astype(np.uint8))

    def _sampled(self, variables: list[Measured]) -> list[Measured]:
        """Take the times of levels in; return the currents."""
        currents = []
        for variable in variables:
            if variable.kind == "eb":
                self._level, self._in_level, self._begun_s = self._level + 1, 0, variable.value
            elif variable.kind == "ba":
                currents.append(variable)
            else:
                raise InstrumentError(
                    f"{self._session.resource} sent a variable {variable.kind!r} that nobody asked for"
                )
        return currents

    def _row(self, plan: DrivePlan, variable: Measured) -> tuple[float, float, float, int]:
        holds = segments(plan)
        if self._level < 0 or self._n_read >= plan.n_samples:
            raise InstrumentError(f"{self._session.resource} sent a current out of its turn: lines were lost")
        level, length = holds[self._level % len(holds)]
        whole = sum(hold for _, hold in holds)
        planned_s = self._level // len(holds) * whole + sum(hold for _, hold in holds[: self._level % len(holds)])
        if self._in_level >= samples_of(length, plan.interval_s):
            raise InstrumentError(f"{self._session.resource} sent more currents than a level has: lines were lost")
        self._in_level += 1
        self._n_read += 1
        end_s = self._begun_s + self._in_level * plan.interval_s
        status = _flags(variable)
        if abs(self._begun_s - planned_s) > _JITTER_S:
            status |= Status.TIMING
        current = math.nan if status & Status.OVERLOAD else variable.value
        if abs(current) > 0.995 * plan.compliance_A:
            status |= Status.COMPLIANCE
        return end_s - 0.5 * plan.aperture_s, level, current, int(status)

    def _armed_plan(self) -> DrivePlan:
        if self._plan is None:
            raise InstrumentError("the instrument has no program: arm it first")
        return self._plan

    def abort(self) -> None:
        """Abort the script; its ``on_finished:`` switches the cell off."""
        self._session.write("Z")

    def safe_state(self) -> OutputReadback:
        """Abort, and run a script that switches the cell off and says so. See `Potentiostat.safe_state`."""
        try:
            # The empty line ends what may have been left of a script or a command.
            self._session.write("")
            self._session.write("Z")
            time.sleep(_DEAF_S)
            self._session.clear()
            self._running = False
            self._load("e", ["cell_off", f'send_string "{_OFF}"'], "cell off")
            said = self._session.read_line()
            ended = self._session.read_line()
        except InstrumentError as fault:
            raise OutputStateUnknown(
                f"the cell of {self._session.resource} may still be ON ({fault}). {_KEY}"
            ) from fault
        if (said, ended) != (f"T{_OFF}", ""):
            raise OutputStateUnknown(
                f"{self._session.resource} was told to switch its cell off and says {said!r}. {_KEY}"
            )
        return OutputReadback(off=True, answer=said)

    def close(self) -> None:
        """Close the session."""
        self._session.close()


class EmStatPico(EmStat):
    """An EmStat Pico, or a Sensit with one inside."""

    firmware = "espico"
    modes = ((-1.7, 2.0, 1.214, 3, 200e3), (-1.7, 2.0, 2.6, 4, 100.0))
    script_bytes = 16_384
    capabilities = Capabilities(
        model="EmStat Pico",
        voltage_ranges_V=(2.0,),
        current_ranges_A=(1e-7, 1e-6, 6e-6, 1.3e-5, 2.5e-5, 5e-5, 1e-4, 2e-4, 1e-3, 5e-3),
        min_dwell_s=0.02,
        max_dwell_s=100_000.0,
        time_step_s=1e-3,
        min_interval_s=2e-3,  # a package of 20 characters takes 0.9 ms at 230400 baud
        max_interval_s=1000.0,
        max_samples=10_000_000,
        max_edges=100_000,
        response_s=(1e-6,),
    )


class EmStat4(EmStat):
    """An EmStat4 LR on USB."""

    firmware = "es4_lr"
    modes = ((-3.0, 3.0, 6.0, 3, 200e3),)
    script_bytes = 65_536
    capabilities = Capabilities(
        model="EmStat4 LR",
        voltage_ranges_V=(3.0,),
        current_ranges_A=tuple(10.0 ** (decade - 9) for decade in range(8)),
        min_dwell_s=0.005,
        max_dwell_s=100_000.0,
        time_step_s=1e-3,
        min_interval_s=5e-4,
        max_interval_s=1000.0,
        max_samples=10_000_000,
        max_edges=100_000,
        response_s=(1e-6,),
    )


def _flags(variable: Measured) -> Status:
    status = Status(0)
    if variable.status & ReadingStatus.OVERLOAD or math.isnan(variable.value):
        status |= Status.OVERLOAD
    if variable.status & ReadingStatus.TIMING:
        status |= Status.TIMING
    return status


def _mode_for(model: type[EmStat], plan: DrivePlan) -> tuple[int, float]:
    levels = np.append(plan.sequence.start_V, plan.sequence.rest_V)
    for low, high, window, mode, bandwidth in model.modes:
        if levels.min() >= low and levels.max() <= high and np.ptp(levels) <= window:
            return mode, bandwidth
    raise InstrumentError(f"no mode of the {model.capabilities.model} has these levels")


def _plan(model: type[EmStat], protocol: Protocol) -> DrivePlan:
    """Return what a model will do for a protocol; see `Potentiostat.plan`."""
    can = model.capabilities
    protocol.limits.check_sequence(protocol.sequence)
    faults: list[Fault] = []
    roundings: list[Rounding] = []
    limit = protocol.limits.current_A or math.inf
    remarks = [
        f"the instrument has no current limit: the run stops when {format_quantity(limit, 'A')} is passed",
        "the last sampling interval of each level has no sample: the instrument makes the next level ready",
    ]
    low, high, window, *_ = max(model.modes, key=lambda mode: mode[2])
    levels = np.concatenate([protocol.sequence.start_V, protocol.sequence.end_V, [protocol.sequence.rest_V]])
    if levels.min() < low or levels.max() > high or np.ptp(levels) > window:
        faults.append(Fault("sequence", f"levels must be from {low:g} to {high:g} V and within {window:g} V"))
    wanted = protocol.sampling.current_range_A or limit
    current_range = covering(can.current_ranges_A, wanted)
    if current_range is None:
        faults.append(Fault("sampling.current_range", f"{format_quantity(wanted, 'A')} is beyond its ranges"))
    interval = min(max(protocol.sampling.interval_s, can.min_interval_s), can.max_interval_s)
    # Levels are whole numbers of intervals: the instrument's loops can be no other.
    sequence, n_stairs = staircase_for_ramps(protocol.sequence, can.min_dwell_s, _RESOLUTION_V)
    if n_stairs:
        remarks.append(f"ramps become {n_stairs} stairs")
    interval = _dividing(sequence.times_s, sequence.duration_s, interval, can.time_step_s)
    if not math.isclose(interval, protocol.sampling.interval_s, rel_tol=1e-9):
        roundings.append(Rounding("sampling interval", protocol.sampling.interval_s, interval, "s"))
    steps, rounded = quantised(sequence, max(interval, can.time_step_s), _RESOLUTION_V)
    roundings += rounded
    ticks = Capabilities(**{**can.__dict__, "time_step_s": max(interval, can.time_step_s)})
    faults += dwell_faults(steps, ticks)
    if faults or current_range is None:
        raise ProtocolError(tuple(faults), can.model)
    realised = sequence_of(steps, ticks.time_step_s, protocol.sequence.rest_V, protocol.repeats)
    protocol.limits.check_sequence(realised)
    plan = DrivePlan(
        model=can.model,
        sequence=realised,
        base_points=len(steps),
        repeats=protocol.repeats,
        interval_s=interval,
        aperture_s=_APERTURE_SHARE * interval,
        n_samples=sum(samples_of(ticks_held * ticks.time_step_s, interval) for ticks_held in steps.dwell_ticks.tolist())
        * protocol.repeats,
        voltage_range_V=can.voltage_ranges_V[-1],
        current_range_A=current_range,
        compliance_A=min(limit, can.current_ranges_A[-1]),
        four_wire=protocol.sampling.four_wire,
        response_s=can.response_s,
        roundings=tuple(roundings),
        remarks=tuple(remarks),
        jitter_s=_JITTER_S,
    )
    size = sum(len(line) + 1 for line in script_for(plan, *_mode_for(model, plan)))
    if size > model.script_bytes:
        raise ProtocolError(
            (Fault("sequence", f"{len(steps)} levels make a script of {size} bytes; {model.script_bytes} fit"),),
            can.model,
        )
    return plan


def _dividing(times_s: np.ndarray, duration_s: float, interval_s: float, step_s: float) -> float:
    """Return the interval nearest above the one asked for of which all dwells are whole numbers, if there is one."""
    unit = max(1, round(interval_s / 1e-4))
    dwells = np.rint(np.diff(np.append(times_s, duration_s)) / 1e-4).astype(np.int64)
    common = int(np.gcd.reduce(dwells)) if len(dwells) else unit
    fitting = [k for k in range(unit, common + 1) if common % k == 0]
    if not fitting or fitting[0] > 4 * unit:
        return max(step_s, math.ceil(interval_s / step_s - 1e-9) * step_s)
    return float(f"{fitting[0] * 1e-4:.9g}")
