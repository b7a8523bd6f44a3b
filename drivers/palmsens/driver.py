"""Driver of the PalmSens EmStat Pico and EmStat4: one finite MethodSCRIPT plays the program.

The whole program is one finite MethodSCRIPT (`drivers.palmsens.methodscript`) that runs on the instrument and ends in
``on_finished: cell_off``: a computer that dies leaves the cell off. Packages of the current stream while it runs;
``Z`` aborts it at any time, and ``on_finished:`` runs then too. *EmStat Pico communication protocol* v1.6 (``t``,
``i``, ``v``, ``e``, ``l``, ``r``, ``Z``); *MethodSCRIPT manual* v1.8, whose array
elements (``lv[k]``) the script needs.

Not confirmed: the shortest interval of ``meas_loop_ca`` (taken as what the serial line can carry, and 1 ms), the
script memory, over which part of the interval a reading averages (taken as its last half), how long commands take, and
the step of the potential (537, 395 and 932 uV of an EmStat Pico's three modes).
There is no query for the state of the cell, but an open-circuit measurement is refused while it is on (error 0014 of
appendix A): that the cell is off is known from a script that switched it off and then made such a measurement.
"""

from __future__ import annotations

import math
import re
import time
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from drivers.contract.block import Block, Status
from drivers.contract.identity import Capabilities, Identity
from drivers.contract.potentiostat import Potentiostat
from drivers.contract.switch_off import OffSwitch, switch_off
from drivers.palmsens.acts import ActsReader
from drivers.palmsens.methodscript import (
    Measured,
    Progress,
    ReadingStatus,
    raise_error,
    segments,
    variables_of,
)
from drivers.palmsens.plan import APERTURE_SHARE, EmStatPlanner, Mode, mode_for
from drivers.visa.dialect import Dialect
from protocols import InstrumentError, format_quantity
from protocols.acts import Demand

if TYPE_CHECKING:
    from drivers.contract.plan import DrivePlan
    from drivers.contract.readback import OutputReadback
    from drivers.visa.session import VisaSession

_DEAF_S = 0.06  # after a failed command the instrument takes nothing for 50 ms
_MOST_LINES = 5000  # so that one `read` returns, however much comes
_SILENCE_S = 10.0  # beyond this and some intervals, a script that sends nothing has ended
_OLDEST = "01.08"  # of MethodSCRIPT: the first with array elements
# What a script sends while it runs and as it ends: packages, beginnings and ends of loops, texts, the word of an abort,
# and the empty line behind all of it.
_OF_SCRIPT = re.compile(r"P.*|M[0-9A-F]{4}|T.*|[*L+Z]|")
_MARKERS = frozenset({"M0007", "*", "L", "+", "Z"})  # of loops and of an abort
_REFUSED_ABORT = re.compile(r"Z!([0-9A-F]{4})$")
_NO_SCRIPT = "0006"  # what an abort is refused with where no script runs
# How long (s) refusals are waited out while the cell is switched off: the twenty of an error storm take 1.3 s, and
# whoever waits for the cell tries for 10 s in all. Doubled: one attempt would take most of that.
_REFUSALS_S = 3.0
_POLL_S = 0.002  # the time of some characters on the serial line
_OFF = "cell is off"  # what our script prints at its end
# The open circuit is measured since that is refused while the cell is on (decision 127).
_OFF_SCRIPT = [
    "cell_off",
    "var p",
    "set_pgstat_chan 0",
    "set_pgstat_mode 2",
    "meas_loop_ocp p 10m 10m",
    "endloop",
    f'send_string "{_OFF}"',
]
_OFF_LINES = ("M000B", "*", f"T{_OFF}", "")
"""What the script prints that switches the cell off and measures the open circuit."""
_SWITCH = OffSwitch("the cell", "Unplug the cell, or the instrument.")


class _StillRunsError(InstrumentError):
    """In place of an answer came what a script sends."""


class EmStat(Potentiostat):
    """A PalmSens instrument that speaks MethodSCRIPT.

    Parameters
    ----------
    session : VisaSession
        Its link; this driver owns it from now on.
    """

    # Refused with 0006 it is while a script runs, which ends by no patience.
    dialect = Dialect(greeting="t", baud=230_400, software_flow=True, refusal=r"t!(?!0006)[0-9A-F]{4}")
    off_switch = _SWITCH
    interrupt: ClassVar[tuple[str, ...]] = ("", "Z")  # a running script refuses all else
    interfaces: ClassVar[tuple[str, ...]] = ("ASRL INSTR", "TCPIP SOCKET")
    firmware: ClassVar[str]
    """How the answer to ``t`` begins."""
    planner: ClassVar[EmStatPlanner]

    def __init__(self, session: VisaSession) -> None:
        self.session = session
        self._plan: DrivePlan | None = None
        self._acts: ActsReader | None = None
        self._progress = Progress([], 1)
        self._longest_s = 0.0
        self.n_read = 0
        self._over = False
        self._error: InstrumentError | None = None
        self._last_line_s = 0.0
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

    def identify(self) -> Identity:
        """Ask for the serial number."""
        answer = self.session.query("i")
        raise_error(self.session.resource, answer, "serial number")
        return Identity("PalmSens", self.capabilities.model, answer[1:], self.session.idn[1:])

    def arm(self, plan: DrivePlan) -> None:
        """Switch the cell off, load the script and let the instrument check it, without running it."""
        self.safe_state()
        version = self.session.query("v")
        raise_error(self.session.resource, version, "script version")
        if version[1:] < _OLDEST:
            raise InstrumentError(
                f"{self.session.resource} speaks MethodSCRIPT {version[1:]}, which has no array elements; it must be "
                f"{_OLDEST} at least: update its firmware",
                command="v",
            )
        # ``l`` loads as ``e`` does, and does not run.
        self._load("l", self.planner.script(plan), "script")
        self._plan = plan
        self._acts = ActsReader(plan, self.session.resource, APERTURE_SHARE) if plan.acts else None
        self._progress = Progress([] if plan.acts else segments(plan), plan.repeats)
        intervals_s = [plan.interval_s, *(act.interval_s for act in plan.acts)]
        self._longest_s = max(intervals_s) if plan.grid is None else float(plan.grid.interval_s.max())
        self._over, self._error, self.n_read = False, None, 0

    def _load(self, command: str, lines: list[str], doing: str) -> None:
        self.session.write(command)
        for line in lines:
            self.session.write(line)
        self.session.write("")
        answer = self.session.read_line()
        raise_error(self.session.resource, answer, doing)
        if _OF_SCRIPT.fullmatch(answer):
            raise _StillRunsError(
                f"{self.session.resource} answered the {doing} with {answer!r}: a script still runs", command=doing
            )
        if answer != command:
            raise InstrumentError(
                f"{self.session.resource} answered the {doing} with {answer!r}, not {command!r}; the cell is off",
                command=doing,
            )

    def start(self) -> None:
        """Run the loaded script."""
        self._armed_plan()
        answer = self.session.query("r")
        raise_error(self.session.resource, answer, "run")
        if answer != "r":
            raise InstrumentError(f"{self.session.resource} answered r with {answer!r}", command="r")
        self._last_line_s = time.monotonic()

    def read(self) -> Block | None:
        """Return what has been sent. See `Potentiostat.read`."""
        plan = self._armed_plan()
        if self._error is not None:
            raise self._error
        if self._over:
            return None
        rows: list[tuple[float, float, float, int]] = []
        try:
            self._take_lines(plan, rows)
        except InstrumentError as error:
            # What came before it is good, and goes first.
            if not rows:
                raise
            self._error = error
        table = np.array(rows, dtype=np.float64).reshape(-1, 4)
        return Block(table[:, 0].copy(), table[:, 1].copy(), table[:, 2].copy(), table[:, 3].astype(np.uint8))

    def _take_lines(self, plan: DrivePlan, rows: list[tuple[float, float, float, int]]) -> None:
        for _ in range(_MOST_LINES):
            line = self.session.poll_line()
            if line is None:
                break
            self._last_line_s = time.monotonic()
            if line == "":
                self._over = True
                break
            if self._acts is not None:
                raise_error(self.session.resource, line, "run")
                rows += self._acts.take(line)
                self.n_read = self._acts.n_samples
            elif line.startswith("P"):
                rows += self._samples_of(plan, line)
            elif line not in _MARKERS:
                raise_error(self.session.resource, line, "run")
                raise InstrumentError(f"{self.session.resource} sent {line[:60]!r}: the line is garbled", command="r")
            elif line == "*":
                self._progress.end_level(self.session.resource)
        is_whole = self.n_read >= plan.n_samples if self._acts is None else self._acts.is_finished
        if self._over and not is_whole:
            raise InstrumentError(
                f"{self.session.resource}: its script ended after {self.n_read} of {plan.n_samples} samples: it was "
                f"aborted, or aborted itself because the current passed {format_quantity(plan.compliance_A, 'A')}",
                command="r",
            )
        silent_s = time.monotonic() - self._last_line_s
        if not self._over and silent_s > _SILENCE_S + 5.0 * self._longest_s:
            raise InstrumentError(
                f"{self.session.resource} has sent nothing for {silent_s:.0f} s while its script should run: it has "
                "restarted, or the line is cut",
                command="r",
            )

    def _samples_of(self, plan: DrivePlan, line: str) -> list[tuple[float, float, float, int]]:
        """Return the sample that a package has; one with a time begins a level."""
        variables = variables_of(line)
        kinds = [variable.kind for variable in variables]
        if kinds == ["eb"]:
            self._progress.begin_level(self.session.resource, variables[0].value)
            return []
        if kinds != ["da", "ba"]:
            raise InstrumentError(f"{self.session.resource} sent {line[:60]!r}, which was not asked for", command="r")
        potential, current = variables
        end_s, loop, late = self._progress.next_sample(self.session.resource)
        self.n_read += 1
        level, status = loop.level_V, _flags(current)
        strays = abs(potential.value - level) > 0.6 * mode_for(self.planner.modes, plan.sequence).step_V
        if late or strays:
            status |= Status.TIMING
        if abs(current.value) > 0.995 * plan.compliance_A:
            status |= Status.COMPLIANCE
        value = math.nan if status & Status.OVERLOAD else current.value
        return [
            (end_s - 0.5 * APERTURE_SHARE * loop.interval_s, potential.value if strays else level, value, int(status))
        ]

    def _armed_plan(self) -> DrivePlan:
        if self._plan is None:
            raise InstrumentError("the instrument has no program: arm it first")
        return self._plan

    def abort(self) -> None:
        """Abort the script; its ``on_finished:`` switches the cell off."""
        self.session.write("Z")

    def safe_state(self) -> OutputReadback:
        """Abort, and run a script that switches the cell off and says so. See `Potentiostat.safe_state`."""
        return switch_off(
            self.off_switch,
            self.session.resource,
            exchange=self._switch_off_by_script,
            is_off=lambda answer: answer == _OFF,
        )

    def _switch_off_by_script(self) -> str:
        """Run the script that switches the cell off; return what proves it, or the lines that came instead.

        A refusal is an answer: the line is whole and the instrument lives. So is what a script sends that has not heard
        the abort yet, or ends only now. So it is asked again for a while, unlike after silence or a garbled line (rule
        3 of `drivers.contract.switch_off`).
        """
        patient_until = time.monotonic() + _REFUSALS_S
        while True:
            try:
                self._stop_script(patient_until)
                self._load("e", _OFF_SCRIPT, "cell off")
                lines: list[str] = []
                while not lines or lines[-1]:
                    lines.append(self.session.read_line())
                    raise_error(self.session.resource, lines[-1], "cell off")
            except InstrumentError as refusal:
                is_answer = refusal.number is not None or isinstance(refusal, _StillRunsError)
                if not is_answer or time.monotonic() > patient_until:
                    raise
                time.sleep(_DEAF_S)
            else:
                return _OFF if tuple(lines) == _OFF_LINES else repr(lines)

    def _stop_script(self, patient_until: float) -> None:
        """Abort the script that is running, and drop what it still sends."""
        # The empty line ends what may have been left of a script or a command; if that fails, nothing is heard then.
        self.session.write("")
        time.sleep(_DEAF_S)
        while self._abort_is_refused() and time.monotonic() < patient_until:
            time.sleep(_DEAF_S)
        # Whatever came: the script that follows has the last word.
        time.sleep(_DEAF_S)
        self.session.clear()

    def _abort_is_refused(self) -> bool:
        """Tell the instrument to abort; return whether it refuses although a script may be running."""
        self.session.write("Z")
        aborted = False
        patient_until = time.monotonic() + self.session.timeout_s
        while time.monotonic() < patient_until:
            line = self.session.poll_line()
            if line is None:
                time.sleep(_POLL_S)
            elif (refusal := _REFUSED_ABORT.search(line)) is not None:
                return refusal[1] != _NO_SCRIPT
            elif aborted and (line == "" or "!" in line):
                return False
            elif line.endswith("Z"):
                aborted = True
        return False

    def close(self) -> None:
        """Close the session."""
        self.session.close()


class EmStatPico(EmStat):
    """An EmStat Pico, or a Sensit with one inside."""

    abilities = frozenset({Demand.OPEN_CIRCUIT, Demand.AGAINST_OPEN, Demand.UNTIL})
    firmware = "espico"
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
    planner = EmStatPlanner(
        capabilities,
        modes=(Mode(-1.7, 2.0, 1.214, 3, 200e3, 395e-6), Mode(-1.7, 2.0, 2.6, 4, 100.0, 932e-6)),
        script_bytes=16_384,
    )


class EmStat4(EmStat):
    """An EmStat4 LR on USB."""

    abilities = frozenset(Demand)
    firmware = "es4_lr"
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
    planner = EmStatPlanner(capabilities, modes=(Mode(-3.0, 3.0, 6.0, 3, 200e3, 1e-4),), script_bytes=65_536)


def _flags(variable: Measured) -> Status:
    status = Status(0)
    if variable.status & ReadingStatus.OVERLOAD or math.isnan(variable.value):
        status |= Status.OVERLOAD
    if variable.status & ReadingStatus.TIMING:
        status |= Status.TIMING
    return status
