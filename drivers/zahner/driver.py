"""Driver of the Zahner PP2x2, XPOT2 and EL1002: the computer sets the levels and reads the current.

After the vendor's own client, ``zahner_potentiostat`` 1.1.2 (scpi_control/control.py): every command is answered by
``ok``, a value or ``error n``. "Autonomous operation without a computer is not possible", and a primitive is followed
by a dead time of up to 100 ms in which nothing is measured: so the primitives are not used. The computer sets each
level (``:SESO:UVAL``) when its time has come and asks for the current (``:MEAS:CURR?``) at the sampling times. Edges
come late by what computer and link need, some milliseconds and up to `JITTER_S`; the plan says so, and samples that
were due before their level was set are flagged.

What guards the cell: this driver. "If only the potentiostat is switched on, no ranging is performed and no limits are
monitored" (the client's documentation of ``setPotentiostatEnabled``): the instrument's own limits (``:SESO:ULIM``,
``:SESO:ILIM``) watch primitives only. They are set all the same, because a voltage outside them is refused. Each
reading is held against the plan's current, also between samples (`GUARD_S`), and the potentiostat is switched off at
once when it is beyond (decision 231). docs/reference/sources/zahner.md tells every command.

Not confirmed: that ``:SESO:STAT?`` and the limits can be read back; the current ranges; how long a reading takes (taken
as one mains period, 20 ms).
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np

from drivers.contract.block import Block, Status
from drivers.contract.identity import Identity
from drivers.contract.potentiostat import Potentiostat
from drivers.contract.switch_off import OffSwitch, switch_off
from drivers.visa.dialect import Dialect
from drivers.zahner.plan import CAPABILITIES, JITTER_S, PLANNER, READING_S, RESOLUTION_V
from protocols import InstrumentError, LimitError, format_quantity

if TYPE_CHECKING:
    from drivers.contract.plan import DrivePlan
    from drivers.contract.readback import OutputReadback
    from drivers.visa.session import VisaSession

_OVERLOAD = 1.04  # of the range: what its converter reads at most
_LIMIT_ERRORS = {"1003", "1006"}  # it has switched itself off at a limit
GUARD_S = 0.25
"""Between two samples that are further apart the current is read this often, only to guard the cell."""
_SWITCH = OffSwitch("the potentiostat", "Unplug the cell, or switch the instrument off.")


class Clock(Protocol):
    """A source of time."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""


class Zahner(Potentiostat):
    """A Zahner external potentiostat on its command port.

    Parameters
    ----------
    session : VisaSession
        Its link; this driver owns it from now on.
    clock : Clock
        Times the levels.
    """

    capabilities = CAPABILITIES
    planner = PLANNER
    interfaces: ClassVar[tuple[str, ...]] = ("ASRL INSTR", "TCPIP SOCKET")
    dialect = Dialect()
    off_switch = _SWITCH
    interrupt: ClassVar[tuple[str, ...]] = ("ABOR", ":SESO:STAT OFF")  # an answer may be due to a dead client

    def __init__(self, session: VisaSession, clock: Clock = time) -> None:
        self.session = session
        self._clock = clock
        self._plan: DrivePlan | None = None
        self._wanted: dict[str, float] = {}
        self._began = math.nan
        self._edge = 0
        self._sample = 0
        self._guarded = -math.inf  # when the current was last held against its limit

    @classmethod
    def matches(cls, identity: Identity) -> bool:
        """Whether this driver is for that instrument; its live port says "binary" and is not meant."""
        return "ZAHNER" in identity.maker.upper() and "binary" not in identity.firmware

    def identify(self) -> Identity:
        """Ask for the identity."""
        return Identity.from_idn(self.session.idn)

    def arm(self, plan: DrivePlan) -> None:
        """Set ranges and limits with the potentiostat off, and read them back. See `Potentiostat.arm`."""
        # Another program may have left voltages relative to the open circuit: the relation outlives it.
        for command in ("ABOR", ":SESO:STAT OFF", "*CLS", ":SESO:COUP pot", ":SESO:UREL 0", ":SESO:CRNG:AUTO 0"):
            self._command(command)
        largest = float(np.max(np.abs(np.concatenate([plan.sequence.start_V, [plan.sequence.rest_V]]))))
        window = 1.1 * largest + 0.01
        limits = {
            "ULIM:MAX": window,
            "ULIM:MIN": -window,
            "ILIM:MAX": plan.compliance_A,
            "ILIM:MIN": -plan.compliance_A,
        }
        for name, value in limits.items():
            self._command(f":SESO:{name} {value!r}")
        for command in (":SESO:UILT 0", ":SESO:ULIM:STAT ON", ":SESO:ILIM:STAT ON"):
            self._command(command)
        self._command(f":SESO:CRNG {plan.current_range_A!r}")
        self._command(f":SESO:UVAL {plan.sequence.rest_V!r}")
        self._wanted = {f":SESO:{name}?": value for name, value in limits.items()}
        self._wanted |= {":SESO:ULIM:STAT?": 1, ":SESO:ILIM:STAT?": 1}
        self._wanted |= {":SESO:CRNG?": plan.current_range_A, ":SESO:STAT?": 0}
        self._verify()
        self._plan = plan
        self._edge = self._sample = 0

    def _verify(self) -> None:
        for query, value in self._wanted.items():
            answer = self._ask(query)
            if not math.isclose(answer, value, rel_tol=1e-5, abs_tol=1e-12):
                raise InstrumentError(
                    f"{self.session.resource}: {query} reads back {answer!r}, not {value!r}; the output is still off",
                    command=query,
                )

    def _command(self, command: str) -> None:
        answer = self.session.query(command).strip()
        if answer != "ok":
            raise self._refused(command, answer)

    def _ask(self, query: str) -> float:
        answer = self.session.query(query).strip()
        try:
            return float(answer)
        except ValueError:
            raise self._refused(query, answer) from None

    def _refused(self, command: str, answer: str) -> InstrumentError | LimitError:
        number = answer.removeprefix("error").strip()
        if answer.startswith("error") and number in _LIMIT_ERRORS:
            return LimitError(
                f"{self.session.resource}: {command}: the instrument has switched itself off at one of its limits "
                f"(error {number}); the protocol's current limit is one of them"
            )
        return InstrumentError(
            f"{self.session.resource} answered {command} with {answer!r}",
            command=command,
            number=int(number) if number.isdigit() else None,
        )

    def start(self) -> None:
        """Switch the potentiostat on at the rest level; from now on `read` sets the levels.

        What was armed is read back once more: an instrument that has restarted since has no limits.
        """
        self._armed_plan()
        self._verify()
        self._command(":SESO:STAT ON")
        self._began = self._clock.monotonic()

    def read(self) -> Block | None:
        """Set the level that is due, and take the sample that is due. See `Potentiostat.read`."""
        plan = self._armed_plan()
        if self._sample == plan.n_samples:
            return None
        now = self._since()
        times = plan.sequence.times_s
        due = int(np.searchsorted(times, now, side="right"))
        if due > self._edge:
            self._command(f":SESO:UVAL {float(plan.sequence.start_V[due - 1])!r}")
            self._edge = due
        if self._since() < self._due_s(plan):
            self._guard(plan)
            return _block([])
        before, level = self._since(), float(plan.sequence.start_V[max(self._edge - 1, 0)])
        current = self._ask(":MEAS:CURR?")
        centre = 0.5 * (before + self._since())
        self._check_current(current)
        self._verify_on()
        return _block([self._row(centre, level, current)])

    def _due_s(self, plan: DrivePlan) -> float:
        """Return when the next sample begins."""
        return self._sample * plan.interval_s if plan.grid is None else float(plan.grid.begins_s[self._sample])

    def _guard(self, plan: DrivePlan) -> None:
        """Read the current between samples, if there is time before the next sample and the next edge."""
        now = self._since()
        edges = plan.sequence.times_s[self._edge : self._edge + 1]
        due = min(self._due_s(plan), float(edges[0]) if len(edges) else math.inf)
        if now - self._guarded >= GUARD_S and due - now > 2.0 * JITTER_S:
            self._check_current(self._ask(":MEAS:CURR?"))

    def _check_current(self, current_A: float) -> None:
        """Switch off if the current is beyond the plan's: nobody else watches it."""
        self._guarded = self._since()
        limit = self._armed_plan().compliance_A
        if abs(current_A) <= limit:
            return
        self._switch_off()
        raise LimitError(
            f"{self.session.resource}: {format_quantity(current_A, 'A')} flowed, more than the limit of "
            f"{format_quantity(limit, 'A')}: the potentiostat was switched off"
        )

    def _verify_on(self) -> None:
        """Ask after a reading whether the potentiostat is still on: the reading itself does not say."""
        if self._ask(":SESO:STAT?") != 1.0:
            # One that has switched itself off at a limit says so to any reading.
            self._ask(":MEAS:CURR?")
            raise InstrumentError(
                f"{self.session.resource}: its potentiostat is off in mid-run: it has restarted, or another program "
                "has reset it",
                command=":SESO:STAT?",
            )

    def _row(self, t_s: float, level_V: float, current_A: float) -> tuple[float, float, float, int]:
        plan = self._armed_plan()
        status = Status(0)
        if not abs(current_A) < _OVERLOAD * plan.current_range_A:
            current_A, status = math.nan, status | Status.OVERLOAD
        if abs(current_A) > 0.995 * plan.compliance_A:
            status |= Status.COMPLIANCE
        if abs(t_s - (self._due_s(plan) + 0.5 * READING_S)) > max(JITTER_S, 0.5 * plan.interval_s):
            status |= Status.TIMING
        planned = float(plan.sequence.voltage_at(np.array([t_s]))[0])
        if abs(planned - level_V) > 0.6 * RESOLUTION_V:
            status |= Status.TIMING
        edges, _ = plan.sequence.jumps()
        if len(edges) and float(np.min(np.abs(edges - t_s))) < 0.5 * READING_S + JITTER_S:
            status |= Status.EDGE
        self._sample += 1
        return t_s, level_V, current_A, int(status)

    def _since(self) -> float:
        return self._clock.monotonic() - self._began

    def _armed_plan(self) -> DrivePlan:
        if self._plan is None:
            raise InstrumentError("the instrument has no program: arm it first")
        return self._plan

    def abort(self) -> None:
        """Stop at once: ``ABOR`` is obeyed beside anything that is running."""
        self.session.query("ABOR")

    def safe_state(self) -> OutputReadback:
        """Abort, potentiostat off, and ask whether it is. See `Potentiostat.safe_state`."""
        return switch_off(
            self.off_switch, self.session.resource, exchange=self._switch_off, is_off=lambda answer: answer == "0"
        )

    def _switch_off(self) -> str:
        self.session.query("ABOR")
        self.session.query(":SESO:STAT OFF")
        return self.session.query(":SESO:STAT?")

    def close(self) -> None:
        """Close the session."""
        self.session.close()


def _block(rows: list[tuple[float, float, float, int]]) -> Block:
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)
    return Block(table[:, 0].copy(), table[:, 1].copy(), table[:, 2].copy(), table[:, 3].astype(np.uint8))
