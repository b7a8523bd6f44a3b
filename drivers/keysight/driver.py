"""Driver of Keysight B2900 source-measure units: a list of levels, and measurements beside it.

Pages are those of the Agilent *B2900 SCPI Command Reference*, edition 2 (B2910-90030), unless another book is named.

Source (transient) and measurement (acquire) have triggers of their own (user's guide, edition 5, p. 6-27), both by
timer here. The program is a list on one time step, in which a level that is held for long stands many times; the
measurement runs at its own interval, so that many samples fall on one level:

- ``:SOUR1:VOLT:MODE LIST``, ``:SOUR1:LIST:VOLT[:APP]``: 2500 points at most (data sheet p. 17); repeats are more
  triggers than points. That the list then begins anew is assumed: each sample comes with the source's setting, and one
  that is not the plan's is flagged `Status.TIMING`.
- ``:TRIG1:TRAN:SOUR TIM``, ``:TRIG1:ACQ:SOUR TIM`` with ``:TIM`` and ``:COUN`` (100,000 at most).
- ``:SENS1:CURR:APER`` 8 us to 2 s (p. 4-73), ``:SENS1:WAIT OFF``, ``:SOUR1:WAIT OFF``.
- The trace buffer takes 100,000 samples (p. 4-147) and is read while it fills.

``:OUTP:ON:AUTO OFF``, since else ``:INIT`` switches the output on by itself (B2961A reference p. 4-67);
``:OUTP:OFF:AUTO ON`` switches it off when both actions have come to their end, so that even a dead PC ends at off;
``:OUTP:OFF:MODE HIZ`` leaves the cell open; ``:OUTP:PROT ON`` switches off at once when the current limit is reached
(B2961A reference pp. 4-66, 4-67; the same command family). All of it is read back.

Assumed, for want of an instrument: the B2961A's pages hold for the B2900; timers resolve 1 us; the time stamp is the
start of the aperture; status bits 1 and 4 of ``:STAT:OPER:COND?`` mean idle; settling takes 10 us.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from drivers.contract.block import Block, Status
from drivers.contract.identity import Capabilities, Identity
from drivers.contract.potentiostat import Potentiostat
from drivers.contract.switch_off import OffSwitch, switch_off
from drivers.keysight.accuracy import ACCURACY
from drivers.keysight.plan import TRIGGERS, B2900Planner
from drivers.planning.plausibility import OVERFLOW_A, refuse_impossible
from drivers.planning.steps import Tables
from protocols import InstrumentError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from drivers.contract.plan import DrivePlan
    from drivers.contract.readback import OutputReadback
    from drivers.visa.session import VisaSession

    Array = NDArray[np.float64]

_SETTLE_S = 0.03  # for the output relay, before either action begins
_POINTS_PER_MESSAGE = 100  # some 2 kB: well below what the input of the instrument takes
_READ_SAMPLES = 20_000  # of one answer: 0.6 MB, well within the timeout of an exchange (1.5 s)
_ELEMENTS = "CURR,TIME,STAT,SOUR"  # in the instrument's own order (p. 4-35)
_COLUMNS = 4  # of a sample: its elements
_IDLE = 1 << 1 | 1 << 4  # transient and acquire of channel 1
# Status of a sample, table 1-2 on p. 1-14.
_COMPLIANCE, _OVER_RANGE = 2 | 4 | 16, 8192
_TIME_SLACK_S = 1.5e-6  # time stamps are good to 1 us
_OFF = OffSwitch("the output", "Press the On/Off key of its channel 1.")


class _B2900(Potentiostat):
    """A Keysight B2900 with the cell on its channel 1.

    Parameters
    ----------
    session : VisaSession
        Its link; this driver owns it from now on.
    """

    models: ClassVar[re.Pattern[str]]
    tables: ClassVar[Tables]
    off_switch = _OFF
    accuracy = ACCURACY

    def __init__(self, session: VisaSession) -> None:
        self.session = session
        self.armed: DrivePlan | None = None
        self.n_read = 0
        self._last_row = np.empty(_COLUMNS)
        self._limited = False

    @classmethod
    def matches(cls, identity: Identity) -> bool:
        """Whether this driver is for that instrument."""
        makers = ("KEYSIGHT", "AGILENT")
        return identity.maker.upper().startswith(makers) and bool(cls.models.fullmatch(identity.model.upper()))

    def identify(self) -> Identity:
        """Ask for the identity."""
        return Identity.from_idn(self.session.query("*IDN?"))

    # -- arm ----------------------------------------------------------------------------------------------------------

    def arm(self, plan: DrivePlan) -> None:
        """Load ranges, limits, off state, list and triggers. See `Potentiostat.arm`."""
        self.armed = None
        step_s, levels = _list_of(plan, self.capabilities.time_step_s)
        triggers = len(levels) * plan.repeats
        send = self.session.write
        send("*RST;*CLS")
        send(":OUTP1:ON:AUTO OFF;:OUTP1:OFF:AUTO ON;:OUTP1:OFF:MODE HIZ;:OUTP1:PROT ON")
        send(
            f":SOUR1:FUNC:MODE VOLT;:SOUR1:FUNC:SHAP DC;:SOUR1:FUNC:TRIG:CONT ON;:SOUR1:WAIT OFF;"
            f":SOUR1:VOLT:RANG {plan.voltage_range_V!r};:SOUR1:VOLT {plan.sequence.rest_V!r}"
        )
        send(
            f':SENS1:FUNC "CURR";:SENS1:CURR:PROT {plan.compliance_A!r};:SENS1:CURR:RANG:AUTO OFF;'
            f":SENS1:CURR:RANG {plan.current_range_A!r};:SENS1:CURR:APER {plan.aperture_s!r};:SENS1:WAIT OFF;"
            f":SENS1:REM {'ON' if plan.four_wire else 'OFF'}"
        )
        self._check_error_queue("settings")
        self._load_list(levels)
        send(
            f":ARM1:ALL:SOUR AINT;:ARM1:ALL:COUN 1;:ARM1:ALL:DEL {_SETTLE_S!r};:TRIG1:ALL:SOUR TIM;:TRIG1:ALL:DEL 0;"
            f":TRIG1:TRAN:TIM {step_s!r};:TRIG1:TRAN:COUN {triggers};"
            f":TRIG1:ACQ:TIM {plan.interval_s!r};:TRIG1:ACQ:COUN {plan.n_samples}"
        )
        send(
            f":TRAC1:FEED:CONT NEV;:TRAC1:CLE;:TRAC1:POIN {plan.n_samples};:TRAC1:FEED SENS;:TRAC1:TST:FORM ABS;"
            ":TRAC1:FEED:CONT NEXT"
        )
        send(f":FORM:ELEM:SENS {_ELEMENTS};:FORM REAL,64;:FORM:BORD NORM")
        self._check_error_queue("program")
        self._verify(plan, step_s, len(levels))
        self.n_read, self._limited = 0, False
        self.armed = plan

    def _load_list(self, levels: list[float]) -> None:
        for start in range(0, len(levels), _POINTS_PER_MESSAGE):
            values = ",".join(repr(level) for level in levels[start : start + _POINTS_PER_MESSAGE])
            self.session.write(f":SOUR1:LIST:VOLT{':APP' if start else ''} {values}")
            # A query now and then keeps the instrument's input from running over.
            self._check_error_queue("level list")
        self.session.write(":SOUR1:VOLT:MODE LIST")

    def _verify(self, plan: DrivePlan, step_s: float, points: int) -> None:
        wanted = {
            ":OUTP1:ON:AUTO?": 0,
            ":OUTP1:OFF:AUTO?": 1,
            ":OUTP1:PROT?": 1,
            ":SENS1:CURR:PROT?": plan.compliance_A,
            ":SENS1:CURR:RANG?": plan.current_range_A,
            ":SENS1:CURR:APER?": plan.aperture_s,
            ":SENS1:REM?": int(plan.four_wire),
            ":SOUR1:VOLT:RANG?": plan.voltage_range_V,
            ":SOUR1:VOLT?": plan.sequence.rest_V,
            ":SOUR1:LIST:VOLT:POIN?": points,
            ":TRIG1:TRAN:TIM?": step_s,
            ":TRIG1:TRAN:COUN?": points * plan.repeats,
            ":TRIG1:ACQ:TIM?": plan.interval_s,
            ":TRIG1:ACQ:COUN?": plan.n_samples,
            ":TRAC1:POIN?": plan.n_samples,
            ":OUTP1?": 0,
        }
        for query, value in wanted.items():
            answer = self.session.query(query)
            if not math.isclose(_number(query, answer), value, rel_tol=1e-5, abs_tol=1e-12):
                raise InstrumentError(
                    f"{self.session.resource}: {query} reads back {answer}, not {value!r}; the output is still off",
                    command=query,
                )
        off_state = self.session.query(":OUTP1:OFF:MODE?")
        if off_state.strip().upper() != "HIZ":
            raise InstrumentError(
                f"{self.session.resource}: the off state reads back {off_state}, not high impedance",
                command=":OUTP1:OFF:MODE?",
            )

    def _check_error_queue(self, doing: str) -> None:
        """Raise the oldest error in the instrument's queue, if there is one."""
        first = self.session.query(":SYST:ERR?")
        number, _, text = first.partition(",")
        if not number.strip().lstrip("+-").isdigit():
            raise InstrumentError(f"{self.session.resource}: :SYST:ERR? was answered {first!r}", command=":SYST:ERR?")
        if int(number) != 0:
            raise InstrumentError(
                f"{self.session.resource} refused the {doing}: error {number}, {text.strip()}",
                command=doing,
                number=int(number),
            )

    # -- run ----------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Switch the output on and initiate both actions, in one message: there is no moment in between."""
        self._armed_plan()
        self.session.write(":OUTP1 ON;:INIT (@1)")
        self._check_error_queue("start")

    def read(self) -> Block | None:
        """Return the samples that have come. See `Potentiostat.read`."""
        plan = self._armed_plan()
        # The state is asked before the count, so that "idle" means that the count is final.
        answer = self.session.query(":OUTP1?;:STAT:OPER:COND?;:TRAC1:POIN:ACT?")
        parts = answer.split(";")
        if len(parts) != 3:
            raise InstrumentError(f"{self.session.resource}: its state was answered {answer!r}", command=":OUTP1?")
        on, condition, count = (round(_number("its state", part)) for part in parts)
        available = min(count, plan.n_samples)
        if available < self.n_read:
            raise self._disturbance(f"its trace buffer holds {available} samples after it held {self.n_read}")
        if available > self.n_read:
            return self._fetch(self.n_read, min(available, self.n_read + _READ_SAMPLES))
        if available == plan.n_samples:
            return None
        if condition & _IDLE == _IDLE or not on:
            raise self._ended_early(available)
        return self._block(np.empty((0, _COLUMNS)), 0)

    def _ended_early(self, available: int) -> InstrumentError:
        plan = self._armed_plan()
        self._check_error_queue("program while it ran")
        cause = (
            "its current limit was reached and the protection switched the output off"
            if self._limited
            else "its output was switched off at the instrument, by its interlock, or by another program"
        )
        return InstrumentError(
            f"{self.session.resource}: the program ended after sample {available} of {plan.n_samples}: {cause}",
            command=":OUTP1?",
        )

    def _disturbance(self, how: str) -> InstrumentError:
        return InstrumentError(
            f"{self.session.resource}: {how}: another program has reset or cleared the instrument in mid-run",
            command=":TRAC1:POIN:ACT?",
        )

    def _fetch(self, first: int, end: int) -> Block:
        # One sample that is known already comes along: if it is another one now, the buffer was cleared in between.
        known = min(first, 1)
        count = end - first + known
        values = self.session.query_block(f":TRAC1:DATA? {first - known},{count}", _COLUMNS * count, ">f8")
        rows = values.reshape(-1, _COLUMNS)
        if known and not np.array_equal(rows[0], self._last_row, equal_nan=True):
            raise self._disturbance(f"sample {first} of its trace buffer has changed")
        self.n_read, self._last_row = end, rows[-1]
        return self._block(rows[known:], first)

    def _block(self, rows: Array, first: int) -> Block:
        plan = self._armed_plan()
        current, begun, source = rows[:, 0].copy(), rows[:, 1], rows[:, 3]
        resolution_V = self.tables.resolution_V[plan.voltage_range_V]
        refuse_impossible(self.session.resource, ":TRAC1:DATA?", plan, resolution_V, (current, begun, source))
        bits = np.nan_to_num(rows[:, 2]).astype(np.int64)
        status = np.zeros(len(rows), dtype=np.uint8)
        overflow = ~(np.abs(current) < OVERFLOW_A) | ((bits & _OVER_RANGE) != 0)
        current[overflow] = np.nan
        status[overflow] |= np.uint8(Status.OVERLOAD)
        limited = (bits & _COMPLIANCE) != 0
        status[limited] |= np.uint8(Status.COMPLIANCE)
        self._limited |= bool(limited.any())
        index = np.arange(first, first + len(rows))
        late = np.abs(begun - index * plan.interval_s) > max(0.1 * plan.interval_s, _TIME_SLACK_S)
        over_edge = _over_edges(plan, begun)
        planned = [plan.sequence.voltage_at(begun + shift) for shift in (-_TIME_SLACK_S, _TIME_SLACK_S)]
        tolerance = 0.6 * resolution_V
        differs = (np.minimum(*[np.abs(source - voltage) for voltage in planned]) > tolerance) & ~over_edge
        status[late | differs] |= np.uint8(Status.TIMING)
        status[over_edge] |= np.uint8(Status.EDGE)
        # The source's setting is that when the sample began; at an edge on the sampling grid it may be the old one by a
        # hair. Where it is the plan's, the plan knows the voltage during the aperture better.
        centre = begun + plan.aperture_s / 2
        return Block(centre, np.where(differs, source, plan.sequence.voltage_at(centre)), current, status)

    def _armed_plan(self) -> DrivePlan:
        if self.armed is None:
            raise InstrumentError("the instrument has no program: arm it first")
        return self.armed

    # -- ways out -----------------------------------------------------------------------------------------------------

    def abort(self) -> None:
        """Stop both actions; with ``:OUTP:OFF:AUTO ON`` that switches the output off."""
        self.session.write(":ABOR")

    def safe_state(self) -> OutputReadback:
        """Abort, output off, read back, level 0. See `Potentiostat.safe_state`.

        The output goes off before the level goes to 0: the off state is high impedance, and 0 V on a charged cell
        would be a short circuit.
        """
        return switch_off(
            self.off_switch,
            self.session.resource,
            exchange=lambda: self.session.query(":ABOR;:OUTP1:OFF:MODE HIZ;:OUTP1 OFF;:OUTP1?"),
            is_off=lambda answer: answer in {"0", "+0"},
            afterwards=lambda: self.session.write(":SOUR1:VOLT:MODE FIX;:SOUR1:VOLT 0"),
        )

    def close(self) -> None:
        """Close the session."""
        self.session.close()


_LARGEST_A = {0.2: 3.0, 2.0: 3.0, 20.0: 1.5, 200.0: 0.1}  # data sheet: 31.8 W at most


class B2901(_B2900):
    """A Keysight B2901A, B2901B, B2902A or B2902B."""

    models = re.compile(r"B290[12][AB]")
    tables = Tables({0.2: 1e-6, 2.0: 10e-6, 20.0: 100e-6, 200.0: 1e-3}, _LARGEST_A)
    capabilities = Capabilities(
        model="Keysight B2901/B2902",
        voltage_ranges_V=(0.2, 2.0, 20.0, 200.0),
        current_ranges_A=(100e-9, 1e-6, 10e-6, 100e-6, 1e-3, 10e-3, 100e-3, 1.0, 1.5, 3.0),
        min_dwell_s=50e-6,  # shortest pulse, data sheet p. 17
        max_dwell_s=1e5,
        time_step_s=1e-6,
        min_interval_s=20e-6,  # shortest trigger interval, data sheet p. 17
        max_interval_s=1e5,
        max_samples=100_000,
        max_edges=TRIGGERS,
        response_s=(10e-6,),
    )
    planner = B2900Planner(capabilities, tables)


class B2911(_B2900):
    """A Keysight B2911A, B2911B, B2912A or B2912B."""

    models = re.compile(r"B291[12][AB]")
    tables = Tables({0.2: 100e-9, 2.0: 1e-6, 20.0: 10e-6, 200.0: 100e-6}, _LARGEST_A)
    capabilities = Capabilities(
        model="Keysight B2911/B2912",
        voltage_ranges_V=(0.2, 2.0, 20.0, 200.0),
        current_ranges_A=(10e-9, 100e-9, 1e-6, 10e-6, 100e-6, 1e-3, 10e-3, 100e-3, 1.0, 1.5, 3.0),
        min_dwell_s=50e-6,
        max_dwell_s=1e5,
        time_step_s=1e-6,
        min_interval_s=10e-6,
        max_interval_s=1e5,
        max_samples=100_000,
        max_edges=TRIGGERS,
        response_s=(10e-6,),
    )
    planner = B2900Planner(capabilities, tables)


def _list_of(plan: DrivePlan, time_step_s: float) -> tuple[float, list[float]]:
    """Return the time step (s) and the levels (V) of one repeat's list."""
    n = plan.base_points
    bounds = np.append(plan.sequence.times_s, plan.sequence.duration_s)[: n + 1]
    edges = np.rint(bounds / time_step_s).astype(np.int64)
    dwells = edges[1:] - edges[:-1]
    step = int(np.gcd.reduce(dwells))
    levels: list[float] = np.repeat(plan.sequence.start_V[:n], dwells // step).tolist()
    return float(f"{step * time_step_s:.9g}"), levels


def _over_edges(plan: DrivePlan, begun: Array) -> NDArray[np.bool_]:
    """Return in whose aperture, which starts at `begun` (s), the voltage changes; edges on its rim do not count."""
    edges, _ = plan.sequence.jumps()
    margin = 1e-9
    first = np.searchsorted(edges, begun + margin, side="right")
    last = np.searchsorted(edges, begun + plan.aperture_s - margin, side="left")
    return last > first


def _number(query: str, answer: str) -> float:
    try:
        return float(answer)
    except ValueError:
        raise InstrumentError(f"{query} was answered {answer!r}, which is no number", command=query) from None
