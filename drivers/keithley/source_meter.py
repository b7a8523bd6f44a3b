"""Driver of the Keithley 2450 family: a trigger model plays the program and measures in the background.

Pages are those of the *Model 2461 Reference Manual*, 2461-901-01 A (November 2015).

The program is a trigger model (section 3-94 ff.) that steps through a source configuration list; SAMPLE is DIGitize
(2461, p. 6-202) or MEASure (2450 and 2460, p. 6-204), whose readings run on in the background when their count is
infinite:

    1  BUFFer:CLEar                    8  DELay:DYNamic SOURce1   the dwell stored with the level (pp. 6-200, 6-91)
    2  CONFig:RECall NAME, 1           9  BRANch:COUNter n, 7     n passes in all (p. 6-187)
    3  SOURce:STATe ON                10  CONFig:RECall NAME, 1   the rest that follows, if the plan has one,
    4  DELay:CONStant                 11  DELay:CONStant          for readings that come late
    5  SAMPLE NAME, INFinite          12  SAMPLE 0                stops the readings
    6  BRANch:ALWays 8                13  SOURce:STATe OFF        so that even a dead PC ends at off
    7  CONFig:NEXT NAME               the next level (p. 6-196)

Block 4 gives the relay time to settle, some 15 ms (p. 2-82 ff.).

Not confirmed on hardware: the time that the blocks themselves take (taken as nothing; readings whose recorded source
value differs from the plan are flagged `Status.TIMING`), and the 1 us resolution of user delays.
"""

from __future__ import annotations

import math
import secrets
import time
from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from drivers.contract.block import Block, Status
from drivers.contract.identity import Identity
from drivers.contract.potentiostat import Potentiostat
from drivers.contract.switch_off import OffSwitch, switch_off
from drivers.keithley.answers import EVENT_REASONS, KnownReadings, number_in
from drivers.keithley.plan import program_of
from drivers.planning.plausibility import OVERFLOW_A, refuse_impossible
from protocols import InstrumentError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from drivers.contract.plan import DrivePlan
    from drivers.contract.readback import OutputReadback
    from drivers.keithley.plan import Program
    from drivers.planning.steps import Tables
    from drivers.visa.session import VisaSession

    Array = NDArray[np.float64]

_NAME = "echo"  # how the names of our lists and buffers begin
_SETTLE_S = 0.03  # twice the 15 ms or so of the relay (p. 2-82 ff.)
_POINTS_PER_MESSAGE = 20  # some 2 kB: well below what the input of the instrument takes
_STATE_LAG_S = 0.25
"""Time (s) after which a state is up to date: "checks the state of a started trigger model every 100 ms" (p. 6-234)."""
# Above this the source needs its interlock closed (2450: 20 V, p. 6-33 of its manual; 2460, 2461: 21 V, p. 6-49).
_INTERLOCK_V = 20.0
# Time stamps of a compact buffer are good to 1 us (p. 3-15 ff.).
TIME_SLACK_S = 1.5e-6
_OFF = OffSwitch("the output", "Press the OUTPUT key of the instrument.")


class KeithleySourceMeter(Potentiostat):
    """A Keithley SourceMeter in its SCPI command set.

    Parameters
    ----------
    session : VisaSession
        Its link; this driver owns it from now on.

    Attributes
    ----------
    buffer_name : str
        Of the reading buffer and of the level list in the instrument; empty until it is armed.
    """

    number: ClassVar[str]
    """Model number."""
    tables: ClassVar[Tables]
    sample_block: ClassVar[str]
    """The trigger block that makes readings."""
    buffer_style: ClassVar[str]
    """What is kept of each reading: COMPact, or STANdard with its status."""
    off_switch = _OFF

    def __init__(self, session: VisaSession) -> None:
        self.session = session
        self._plan: DrivePlan | None = None
        self.n_read = 0
        self._off_at = 0
        self._off_since_s = math.inf
        self._known = KnownReadings()
        self.buffer_name = ""

    @classmethod
    def matches(cls, identity: Identity) -> bool:
        """Whether this driver is for that instrument."""
        return "KEITHLEY" in identity.maker.upper() and identity.model.upper().removeprefix("MODEL ") == cls.number

    # -- what the models do differently -------------------------------------------------------------------------------

    @abstractmethod
    def _set_measurement(self, plan: DrivePlan) -> dict[str, float]:
        """Send the settings of the readings; return what queries must read back."""

    @abstractmethod
    def read_rows(self, first: int, last: int) -> Array:
        """Return readings of the buffer, from 1, one row each: reading, relative time, source value, and what else.

        Raises
        ------
        InstrumentError
            If the answer is no such table.
        """

    @abstractmethod
    def _fetch(self, first: int, available: int) -> Block:
        """Return readings from index `first` on, at most up to `available`."""

    # -- life ---------------------------------------------------------------------------------------------------------

    def identify(self) -> Identity:
        """Ask for the identity, and for the command set: it must be SCPI."""
        language = self.session.query("*LANG?").strip()
        if language != "SCPI":
            raise InstrumentError(
                f"{self.session.resource} speaks {language}: choose MENU > System > Settings > Command Set > SCPI "
                "on its front panel and restart it",
                command="*LANG?",
            )
        return Identity.from_idn(self.session.idn)

    def arm(self, plan: DrivePlan) -> None:
        """Load ranges, limits, off state, level list and trigger model. See `Potentiostat.arm`."""
        program = program_of(plan)
        # A name that no other program can have by chance: if somebody else's *RST or program comes in between, the
        # buffer of this name is gone, and `read` finds out.
        self.buffer_name = f"{_NAME}{secrets.token_hex(4)}"
        send = self.session.write
        send("*RST;*CLS")
        send(
            ":SOUR:FUNC VOLT;:SOUR:VOLT:READ:BACK OFF;"
            f":SOUR:VOLT:RANG {plan.voltage_range_V!r};:SOUR:VOLT:ILIM {plan.compliance_A!r};:SOUR:VOLT:DEL 0;"
            # High impedance: the normal off state is a 0 V source that discharges a cell (p. 2-82).
            ":OUTP:VOLT:SMOD HIMP"
        )
        wanted = self._set_measurement(plan)
        self._check_error_queue("settings")
        self._load_levels(program)
        # Readings may run on into the last block, and in the rest that follows.
        rest = int(program.rest_s / plan.interval_s)
        send(f':TRAC:MAKE "{self.buffer_name}", {plan.n_samples + rest + 1000}, {self.buffer_style}')
        self._load_trigger_model(program, plan.repeats)
        self._check_error_queue("program")
        self._verify(
            wanted | self._verified_of_source(plan) | {f':SOUR:CONF:LIST:SIZE? "{self.buffer_name}"': plan.base_points}
        )
        self._check_interlock(plan)
        self._plan = plan
        self.n_read = 0
        self._off_at = plan.n_samples + 1
        self._off_since_s = math.inf
        self._known = KnownReadings()

    def _load_levels(self, program: Program) -> None:
        self.session.write(f':SOUR:CONF:LIST:CRE "{self.buffer_name}"')
        points = [
            f':SOUR:VOLT {level!r};:SOUR:VOLT:DEL:USER1 {dwell!r};:SOUR:CONF:LIST:STOR "{self.buffer_name}"'
            for level, dwell in zip(program.levels_V, program.dwells_s, strict=True)
        ]
        for start in range(0, len(points), _POINTS_PER_MESSAGE):
            self.session.write(";".join(points[start : start + _POINTS_PER_MESSAGE]))
            # A query now and then keeps the instrument's input from running over.
            self._check_error_queue("level list")

    def _load_trigger_model(self, program: Program, repeats: int) -> None:
        name = f'"{self.buffer_name}"'
        rest = [f"CONF:REC 10, {name}, 1", f"DEL:CONS 11, {program.rest_s!r}"] if program.rest_s else []
        last = 10 + len(rest)
        blocks = [
            f"BUFF:CLE 1, {name}",
            f"CONF:REC 2, {name}, 1",
            "SOUR:STAT 3, ON",
            f"DEL:CONS 4, {_SETTLE_S}",
            f"{self.sample_block} 5, {name}, INF",
            "BRAN:ALW 6, 8",
            f"CONF:NEXT 7, {name}",
            "DEL:DYN 8, SOUR1",
            f"BRAN:COUN 9, {len(program.levels_V) * repeats}, 7",
            *rest,
            f"{self.sample_block} {last}, {name}, 0",
            f"SOUR:STAT {last + 1}, OFF",
        ]
        self.session.write(':TRIG:LOAD "Empty"')
        for block in blocks:
            self.session.write(f":TRIG:BLOC:{block}")

    def _verified_of_source(self, plan: DrivePlan) -> dict[str, float]:
        return {":SOUR:VOLT:ILIM?": plan.compliance_A, ":SOUR:VOLT:RANG?": plan.voltage_range_V, ":OUTP?": 0}

    def _verify(self, wanted: dict[str, float]) -> None:
        for query, value in wanted.items():
            answer = self.session.query(query)
            if not math.isclose(number_in(query, answer), value, rel_tol=1e-5, abs_tol=1e-15):
                raise InstrumentError(
                    f"{self.session.resource}: {query} reads back {answer}, not {value!r}; the output is still off",
                    command=query,
                )
        off_state = self.session.query(":OUTP:VOLT:SMOD?")
        if not off_state.upper().startswith("HIMP"):
            raise InstrumentError(
                f"{self.session.resource}: the off state reads back {off_state}, not high impedance",
                command=":OUTP:VOLT:SMOD?",
            )

    def _check_interlock(self, plan: DrivePlan) -> None:
        # Below that an open interlock does not matter, unless a newer firmware is set to mind it: then the output goes
        # off, and `read` says why.
        if plan.sequence.max_abs_V <= _INTERLOCK_V:
            return
        query = ":OUTP:INT:TRIP?"  # 1 means closed (p. 6-49)
        if number_in(query, self.session.query(query)) != 1:
            raise InstrumentError(
                f"{self.session.resource}: its interlock is open: it sources no more than {_INTERLOCK_V:g} V. Close "
                "the interlock, or stay below.",
                command=query,
            )

    def _check_error_queue(self, doing: str) -> None:
        """Raise the oldest error in the instrument's queue, if there is one."""
        if int(number_in("SYST:ERR:COUN?", self.session.query(":SYST:ERR:COUN?"))) == 0:
            return
        number, text = self._next_error()
        raise InstrumentError(
            f"{self.session.resource} refused the {doing}: error {number}, {text}", command=doing, number=number
        )

    def _next_error(self) -> tuple[int | None, str]:
        number, _, text = self.session.query(":SYST:ERR?").partition(",")
        return (int(number) if number.strip().lstrip("+-").isdigit() else None), text.strip()

    def start(self) -> None:
        """Start the trigger model."""
        self.session.write(":INIT")
        self._check_error_queue("start")

    def read(self) -> Block | None:
        """Return the readings that have come. See `Potentiostat.read`."""
        plan = self._armed_plan()
        # The state comes before the count: "idle" means that the count is final.
        answer = self.session.query(f':OUTP?;:TRIG:STAT?;:TRAC:ACT? "{self.buffer_name}"').split(";")
        if len(answer) != 5:
            raise self._disturbance(f"its buffer does not answer any more ({';'.join(answer)!r})")
        output, state = answer[0].strip(), answer[1].strip().upper()
        if state in {"FAILED", "ABORTED", "ABORTING"}:
            self._check_error_queue("program while it ran")
            raise InstrumentError(f"{self.session.resource}: its trigger model says {state}")
        made = int(number_in("TRAC:ACT?", answer[4]))
        if made < self.n_read:
            raise self._disturbance(f"its buffer holds {made} readings after it held {self.n_read}")
        # The output is on before the first reading; the program itself switches it off after the last.
        if output == "0" and state != "IDLE" and 0 < made < plan.n_samples:
            self._off_at = min(self._off_at, made)
            self._off_since_s = min(self._off_since_s, time.monotonic())
        available = min(made, plan.n_samples, self._off_at)
        if available > self.n_read:
            block = self._fetch(self.n_read, available)
            self.n_read += len(block)
            return block
        if available == plan.n_samples:
            return None
        # The state may be an old one: what looks like an output that was lost may be the end of the program.
        lasting = time.monotonic() - self._off_since_s > _STATE_LAG_S
        if self.n_read >= self._off_at and (lasting or (state == "IDLE" and made >= plan.n_samples)):
            raise self._output_lost(plan)
        if state == "IDLE":
            raise self._ended_early(made, plan)
        return Block(np.empty(0), np.empty(0), np.empty(0), np.empty(0, dtype=np.uint8))

    def _new_rows(self, first: int, end: int) -> Array:
        """Return readings from index `first` to before `end`; some that are known already come along.

        If those are others now, the buffer was cleared in between.
        """
        known = min(first, len(self._known))
        rows = self.read_rows(first + 1 - known, end)
        self._require_known(rows[:known], first)
        self._known.keep(rows)
        return rows[known:]

    def _check_known_readings(self) -> None:
        if known := len(self._known):
            self._require_known(self.read_rows(self.n_read + 1 - known, self.n_read), self.n_read)

    def _require_known(self, rows: Array, n_read: int) -> None:
        if not self._known.are(rows):
            raise self._disturbance(f"the readings of its buffer before number {n_read + 1} have changed")

    def _ended_early(self, made: int, plan: DrivePlan) -> InstrumentError:
        self._check_known_readings()
        how = f"its program ended after {made} of {plan.n_samples} readings"
        why = self._events() or "they took longer than planned"
        return InstrumentError(f"{self.session.resource}: {how} ({why})", command=":TRAC:ACT?")

    def _output_lost(self, plan: DrivePlan) -> InstrumentError:
        self._check_known_readings()
        why = self._events() or "by hand, or by its interlock"
        how = f"its output was switched off at the instrument ({why}) before sample {self._off_at} of {plan.n_samples}"
        return InstrumentError(f"{self.session.resource}: {how}", command=":OUTP?")

    def _events(self) -> str:
        """Return what the instrument's error queue says about an unexpected end."""
        reasons = []
        while (event := self._next_error())[0]:
            number, text = event
            reasons.append(EVENT_REASONS.get(number or 0, f"error {number}, {text}"))
        return "; ".join(reasons[:3])

    def _disturbance(self, how: str) -> InstrumentError:
        return InstrumentError(
            f"{self.session.resource}: {how}: another program has reset or cleared the instrument in mid-run",
            command=":TRAC:ACT?",
        )

    def _block(
        self,
        current: Array,
        begun: Array,
        source: Array,
        status: NDArray[np.uint8],
        over_edge: NDArray[np.bool_],
    ) -> Block:
        """Return a block of readings: what every model finds in them is flagged here.

        Parameters
        ----------
        current, begun, source : ndarray, shape (n,)
            Reading (A), when it began (s), and the source's programmed value then (V).
        status : ndarray of uint8, shape (n,)
            What the model's driver has found.
        over_edge : ndarray of bool, shape (n,)
            Where the voltage changes in the aperture.
        """
        plan = self._armed_plan()
        resolution_V = self.tables.resolution_V[plan.voltage_range_V]
        refuse_impossible(self.session.resource, ":TRAC:DATA?", plan, resolution_V, (current, begun, source))
        overflow = ~(np.abs(current) < OVERFLOW_A)
        if overflow.any():
            current = np.where(overflow, np.nan, current)
            status[overflow] |= np.uint8(Status.OVERLOAD)
        # The limit's own query says only whether it limits now: what the readings say is kept instead.
        status[np.abs(current) > 0.995 * plan.compliance_A] |= np.uint8(Status.COMPLIANCE)
        # The recorded value is the one programmed when the reading began; at an edge that may be the old one by a
        # hair. Where it is the plan's, the plan knows the voltage during the aperture better.
        centre = begun + plan.aperture_s / 2
        voltage = plan.sequence.voltage_at(centre)
        differs = self._differs(source, begun, voltage) & ~over_edge
        status[differs] |= np.uint8(Status.TIMING)
        status[over_edge] |= np.uint8(Status.EDGE)
        return Block(centre, np.where(differs, source, voltage), current, status)

    def _differs(self, source: Array, begun: Array, voltage: Array) -> NDArray[np.bool_]:
        """Return where the recorded source value is neither the plan's at the centre nor just before or after begun."""
        plan = self._armed_plan()
        tolerance = 0.6 * self.tables.resolution_V[plan.voltage_range_V]
        differs = np.abs(source - voltage) > tolerance
        for shift in (-TIME_SLACK_S, TIME_SLACK_S):
            doubtful = np.flatnonzero(differs)
            expected = plan.sequence.voltage_at(begun[doubtful] + shift)
            differs[doubtful] = np.abs(source[doubtful] - expected) > tolerance
        return differs

    def _armed_plan(self) -> DrivePlan:
        if self._plan is None:
            raise InstrumentError("the instrument has no program: arm it first")
        return self._plan

    def abort(self) -> None:
        """Stop the trigger model."""
        self.session.write(":ABOR")

    def safe_state(self) -> OutputReadback:
        """Abort, output off, read back, level 0. See `Potentiostat.safe_state`.

        The output goes off before the level goes to 0: the off state is high impedance, and 0 V on a charged cell
        would be a short circuit.
        """
        return switch_off(
            self.off_switch,
            self.session.resource,
            exchange=lambda: self.session.query(":ABOR;:OUTP OFF;:OUTP?"),
            is_off=lambda answer: answer == "0",
            afterwards=lambda: self.session.write(":SOUR:VOLT 0"),
        )

    def close(self) -> None:
        """Close the session."""
        self.session.close()
