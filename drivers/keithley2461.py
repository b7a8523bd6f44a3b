"""How is a Keithley 2461 SourceMeter made to play a voltage program while its digitizer runs?

Pages are those of the *Model 2461 Reference Manual*, 2461-901-01 A (November 2015).

The program is a trigger model (section 3-94 ff.) that steps through a source configuration list, with the digitizer
running in the background:

    1  BUFFer:CLEar                    9   BRANch:COUNter n, 7    n passes in all (p. 6-187)
    2  CONFig:RECall NAME, 1         10  DIGitize 0             stops the digitizer (p. 6-202)
    3  SOURce:STATe ON                 11  SOURce:STATe OFF       so that even a dead PC ends at off
    4  DELay:CONStant                  the relay settles, ~15 ms (p. 2-82 ff.)
    5  DIGitize NAME, INFinite       goes on in the background (p. 6-202)
    6  BRANch:ALWays 8
    7  CONFig:NEXT NAME              the next level and its dwell (p. 6-198)
    8  DELay:DYNamic SOURce1           the dwell stored with the level, user delay 1 (p. 6-200, 6-91)

Not confirmed on hardware: the time that the blocks themselves take (taken as nothing; readings whose recorded source
value differs from the plan are flagged `Status.TIMING`), and the 1 us resolution of user delays.
"""

from __future__ import annotations

import math
import secrets
from typing import TYPE_CHECKING

import numpy as np

from drivers._planning import Steps, covering, dwell_faults, quantised, sequence_of, staircase_for_ramps
from drivers.contract import (
    Block,
    Capabilities,
    DrivePlan,
    Identity,
    OutputReadback,
    Potentiostat,
    Rounding,
    Status,
)
from protocols import (
    Fault,
    InstrumentError,
    LimitError,
    OutputStateUnknown,
    ProtocolError,
    format_quantity,
)

if TYPE_CHECKING:
    from drivers.session import VisaSession
    from protocols import Protocol

_NAME = "echo"
# Relay settling is about 15 ms (p. 2-82 ff.); twice that before the first sample.
_SETTLE_S = 0.03
# Programming resolution of each voltage source range: 5 1/2 digits of it (assumed from the 2450's data sheet; the
# 2461's was not at hand).
_RESOLUTION_V = {0.2: 5e-6, 2.0: 50e-6, 7.0: 250e-6, 10.0: 500e-6, 20.0: 500e-6, 100.0: 2.5e-3}
# A compact buffer holds 27.5 million readings (p. 3-15 ff.); one is kept free for the sample after the last.
_MAX_SAMPLES = 27_500_000 - 1
# Time stamps of a compact buffer are good to 1 us (p. 3-15 ff.).
_TIME_SLACK_S = 1.5e-6
_POINTS_PER_MESSAGE = 20
_READ_SAMPLES = 100_000
_OVERFLOW_A = 9e37  # "the remote interface returns 9.9e+37" (p. 8-166)

_CAPABILITIES = Capabilities(
    model="Keithley 2461",
    voltage_ranges_V=tuple(_RESOLUTION_V),  # p. 6-98
    current_ranges_A=(1e-6, 10e-6, 100e-6, 1e-3, 10e-3, 100e-3, 1.0, 4.0, 5.0, 7.0),  # p. 6-98; 10 A only pulsed
    min_dwell_s=150e-6,  # shortest pulse, p. 6-119
    max_dwell_s=10_000.0,  # p. 6-91
    time_step_s=1e-6,
    min_interval_s=1e-6,  # 1,000,000 readings/s, p. 6-71
    max_interval_s=1e-3,  # 1,000 readings/s
    max_samples=_MAX_SAMPLES,
    max_edges=100_000,
    response_s=(1.0e-6,),  # settling of source and measurement, assumed: calibrate with a resistor
)


class Keithley2461(Potentiostat):
    """A Keithley 2461 in its SCPI command set.

    Parameters
    ----------
    session : VisaSession
        Its link; this driver owns it from now on.
    """

    capabilities = _CAPABILITIES

    def __init__(self, session: VisaSession) -> None:
        self._session = session
        self._plan: DrivePlan | None = None
        self._n_read = 0
        self._off_at = 0
        self._name = ""
        self._last_row = np.empty(3)

    @classmethod
    def matches(cls, identity: Identity) -> bool:
        """Whether this driver is for that instrument."""
        return "KEITHLEY" in identity.maker.upper() and identity.model.upper().removeprefix("MODEL ") == "2461"

    @classmethod
    def plan(cls, protocol: Protocol) -> DrivePlan:
        """Return what a 2461 will do. See `Potentiostat.plan`."""
        return plan_2461(protocol)

    def identify(self) -> Identity:
        """Ask who is there, and whether it speaks SCPI."""
        language = self._session.query("*LANG?").strip()
        if language != "SCPI":
            raise InstrumentError(
                f"{self._session.resource} speaks {language}: choose MENU > System > Settings > Command Set > SCPI "
                "on its front panel and restart it",
                command="*LANG?",
            )
        return Identity.from_idn(self._session.idn)

    def arm(self, plan: DrivePlan) -> None:
        """Load ranges, limits, off state, level list and trigger model. See `Potentiostat.arm`."""
        levels, dwells = _program(plan)
        # A name that no other program can have by chance: if somebody else's *RST or program comes in between, the
        # buffer of this name is gone, and `read` finds out.
        self._name = f"{_NAME}{secrets.token_hex(4)}"
        send = self._session.write
        send("*RST;*CLS")
        send(
            ":SOUR:FUNC VOLT;:SOUR:VOLT:READ:BACK OFF;"
            f":SOUR:VOLT:RANG {plan.voltage_range_V!r};:SOUR:VOLT:ILIM {plan.compliance_A!r};:SOUR:VOLT:DEL 0;"
            # High impedance: the normal off state is a 0 V source that discharges a cell (p. 2-82).
            ":OUTP:VOLT:SMOD HIMP"
        )
        rate = round(1 / plan.interval_s)
        send(
            f':DIG:FUNC "CURR";:DIG:CURR:RANG {plan.current_range_A!r};:DIG:CURR:SRAT {rate};'
            f":DIG:CURR:APER {plan.aperture_s!r};:DIG:CURR:RSEN {'ON' if plan.four_wire else 'OFF'}"
        )
        self._must_be_content("settings")
        self._load_levels(levels, dwells)
        # The digitizer may run one reading into the last block.
        send(f':TRAC:MAKE "{self._name}", {plan.n_samples + 1000}, COMP')
        self._load_trigger_model(len(levels) * plan.repeats)
        send(":FORM REAL;:FORM:BORD SWAP")
        self._must_be_content("program")
        self._verify(plan, len(levels))
        self._plan = plan
        self._n_read = 0
        self._off_at = plan.n_samples + 1
        self._edge_samples = _samples_over_edges(plan)

    def _load_levels(self, levels: list[float], dwells: list[float]) -> None:
        self._session.write(f':SOUR:CONF:LIST:CRE "{self._name}"')
        points = [
            f':SOUR:VOLT {level!r};:SOUR:VOLT:DEL:USER1 {dwell!r};:SOUR:CONF:LIST:STOR "{self._name}"'
            for level, dwell in zip(levels, dwells, strict=True)
        ]
        for start in range(0, len(points), _POINTS_PER_MESSAGE):
            self._session.write(";".join(points[start : start + _POINTS_PER_MESSAGE]))
            # A query now and then keeps the instrument's input from running over.
            self._must_be_content("level list")

    def _load_trigger_model(self, n_steps: int) -> None:
        blocks = [
            f'BUFF:CLE 1, "{self._name}"',
            f'CONF:REC 2, "{self._name}", 1',
            "SOUR:STAT 3, ON",
            f"DEL:CONS 4, {_SETTLE_S}",
            f'DIG 5, "{self._name}", INF',
            "BRAN:ALW 6, 8",
            f'CONF:NEXT 7, "{self._name}"',
            "DEL:DYN 8, SOUR1",
            f"BRAN:COUN 9, {n_steps}, 7",
            f'DIG 10, "{self._name}", 0',
            "SOUR:STAT 11, OFF",
        ]
        self._session.write(':TRIG:LOAD "Empty"')
        for block in blocks:
            self._session.write(f":TRIG:BLOC:{block}")

    def _verify(self, plan: DrivePlan, n_points: int) -> None:
        wanted = {
            ":SOUR:VOLT:ILIM?": plan.compliance_A,
            ":SOUR:VOLT:RANG?": plan.voltage_range_V,
            ":DIG:CURR:RANG?": plan.current_range_A,
            ":DIG:CURR:SRAT?": round(1 / plan.interval_s),
            ":DIG:CURR:APER?": plan.aperture_s,
            f':SOUR:CONF:LIST:SIZE? "{self._name}"': n_points,
            ":OUTP?": 0,
        }
        for query, value in wanted.items():
            answer = self._session.query(query)
            if not math.isclose(_number(query, answer), value, rel_tol=1e-5, abs_tol=1e-15):
                raise InstrumentError(
                    f"{self._session.resource}: {query} reads back {answer}, not {value!r}; the output is still off",
                    command=query,
                )
        off_state = self._session.query(":OUTP:VOLT:SMOD?")
        if not off_state.upper().startswith("HIMP"):
            raise InstrumentError(
                f"{self._session.resource}: the off state reads back {off_state}, not high impedance",
                command=":OUTP:VOLT:SMOD?",
            )

    def _must_be_content(self, doing: str) -> None:
        """Raise the oldest error in the instrument's queue, if there is one."""
        if int(_number("SYST:ERR:COUN?", self._session.query(":SYST:ERR:COUN?"))) == 0:
            return
        first = self._session.query(":SYST:ERR?")
        number, _, text = first.partition(",")
        raise InstrumentError(
            f"{self._session.resource} refused the {doing}: error {number}, {text.strip()}",
            command=doing,
            number=int(number) if number.lstrip("+-").isdigit() else None,
        )

    def start(self) -> None:
        """Start the trigger model."""
        self._session.write(":INIT")
        self._must_be_content("start")

    def read(self) -> Block | None:
        """Return the readings that have come. See `Potentiostat.read`."""
        plan = self._armed_plan()
        # The state is asked before the count, so that "idle" means that the count is final.
        answer = self._session.query(f':OUTP?;:TRIG:STAT?;:TRAC:ACT? "{self._name}"').split(";")
        if len(answer) != 5:
            raise self._disturbed(f"its buffer does not answer any more ({';'.join(answer)!r})")
        output, state = answer[0].strip(), answer[1].strip().upper()
        if state in {"FAILED", "ABORTED", "ABORTING"}:
            self._must_be_content("program while it ran")
            raise InstrumentError(f"{self._session.resource}: its trigger model says {state}")
        available = min(int(_number("TRAC:ACT?", answer[4])), plan.n_samples)
        if available < self._n_read:
            raise self._disturbed(f"its buffer holds {available} readings after it held {self._n_read}")
        # The output is on before the first reading; the program itself switches it off after the last.
        if output == "0" and state != "IDLE" and self._n_read > 0 and available < plan.n_samples:
            self._off_at = min(self._off_at, available)
        if self._n_read >= self._off_at:
            raise InstrumentError(
                f"{self._session.resource}: its output was switched off at the instrument, or by its interlock, "
                f"before sample {self._off_at} of {plan.n_samples}",
                command=":OUTP?",
            )
        available = min(available, self._off_at)
        if available > self._n_read:
            return self._fetch(self._n_read, min(available, self._n_read + _READ_SAMPLES))
        if available == plan.n_samples or state == "IDLE":
            return None
        return self._block(np.empty((0, 3)), 0)

    def _disturbed(self, how: str) -> InstrumentError:
        return InstrumentError(
            f"{self._session.resource}: {how}: another program has reset or cleared the instrument in mid-run",
            command=":TRAC:ACT?",
        )

    def _fetch(self, first: int, end: int) -> Block:
        # One reading that is known already comes along: if it is another one now, the buffer was cleared in between.
        known = min(first, 1)
        # With FORMat REAL only READing, RELative and SOURce can be had, no status (p. 6-160; else error 1133).
        values = self._session.query_block(
            f':TRAC:DATA? {first + 1 - known}, {end}, "{self._name}", READ, REL, SOUR', 3 * (end - first + known), "<f8"
        )
        rows = values.reshape(-1, 3)
        if known and not np.array_equal(rows[0], self._last_row):
            raise self._disturbed(f"reading {first} of its buffer has changed")
        self._n_read, self._last_row = end, rows[-1]
        return self._block(rows[known:], first)

    def _block(self, rows: np.ndarray, first: int) -> Block:
        plan = self._armed_plan()
        current, begun, source = rows[:, 0].copy(), rows[:, 1], rows[:, 2]
        status = np.zeros(len(rows), dtype=np.uint8)
        overflow = ~(np.abs(current) < _OVERFLOW_A)
        current[overflow] = np.nan
        status[overflow] |= np.uint8(Status.OVERLOAD)
        # The limit's own query says only whether it limits now: what the readings say is kept instead.
        status[np.abs(current) > 0.995 * plan.compliance_A] |= np.uint8(Status.COMPLIANCE)
        index = np.arange(first, first + len(rows))
        late = np.abs(begun - index * plan.interval_s) > max(0.1 * plan.interval_s, _TIME_SLACK_S)
        over_edge = _within(self._edge_samples, first, len(rows))
        differs = self._differs(source, begun) & ~over_edge
        status[late | differs] |= np.uint8(Status.TIMING)
        status[over_edge] |= np.uint8(Status.EDGE)
        # The recorded value is the one programmed when the reading began; at an edge on the sampling grid that may be
        # the old one by a hair. Where it is the plan's, the plan knows the voltage during the aperture better.
        centre = begun + plan.aperture_s / 2
        return Block(centre, np.where(differs, source, plan.sequence.voltage_at(centre)), current, status)

    def _differs(self, source: np.ndarray, begun: np.ndarray) -> np.ndarray:
        """Return where the recorded source value is not the plan's, just before or just after that time."""
        plan = self._armed_plan()
        tolerance = 0.6 * _RESOLUTION_V[plan.voltage_range_V]
        off = [np.abs(source - plan.sequence.voltage_at(begun + shift)) for shift in (-_TIME_SLACK_S, _TIME_SLACK_S)]
        return np.minimum(*off) > tolerance

    def _armed_plan(self) -> DrivePlan:
        if self._plan is None:
            raise InstrumentError("the instrument has no program: arm it first")
        return self._plan

    def abort(self) -> None:
        """Stop the trigger model."""
        self._session.write(":ABOR")

    def safe_state(self) -> OutputReadback:
        """Abort, output off, read back, level 0. See `Potentiostat.safe_state`.

        The output goes off before the level goes to 0: the off state is high impedance, and 0 V on a charged cell
        would be a short circuit.
        """
        try:
            answer = self._session.query(":ABOR;:OUTP OFF;:OUTP?").strip()
        except InstrumentError as fault:
            raise OutputStateUnknown(
                f"the output of {self._session.resource} may still be ON ({fault}). Press the OUTPUT key of the "
                "instrument."
            ) from fault
        if answer != "0":
            raise OutputStateUnknown(
                f"{self._session.resource} was told to switch its output off and says {answer!r}. Press the OUTPUT "
                "key of the instrument."
            )
        self._session.write(":SOUR:VOLT 0")
        return OutputReadback(off=True, answer=answer)

    def close(self) -> None:
        """Close the session."""
        self._session.close()


def plan_2461(protocol: Protocol) -> DrivePlan:
    """Return what a 2461 will do for a protocol.

    Raises
    ------
    ProtocolError
        If it cannot, with every reason.
    LimitError
        If the sequence goes beyond the protocol's voltage limit.
    """
    can = _CAPABILITIES
    protocol.limits.check_sequence(protocol.sequence)
    faults: list[Fault] = []
    roundings: list[Rounding] = []
    remarks: list[str] = []
    voltage_range = covering(can.voltage_ranges_V, protocol.sequence.max_abs_V)
    current_range, compliance = _current_settings(protocol, faults)
    if voltage_range is None:
        faults.append(
            Fault("sequence", f"{format_quantity(protocol.sequence.max_abs_V, 'V')} is beyond the highest range, 100 V")
        )
        raise ProtocolError(tuple(faults), f"{can.model}")
    resolution = _RESOLUTION_V[voltage_range]
    sequence, n_stairs = staircase_for_ramps(protocol.sequence, can.min_dwell_s, resolution)
    if n_stairs:
        remarks.append(f"ramps become {n_stairs} stairs: this source steps")
    if protocol.limits.temperature_K is not None:
        remarks.append("nothing watches the temperature limit: this instrument has no thermometer")
    steps, rounded = quantised(sequence, can.time_step_s, resolution)
    roundings += rounded
    interval, aperture = _sampling(protocol.sampling.interval_s, roundings)
    steps = _with_lead_in(steps, protocol, interval, remarks)
    faults += dwell_faults(steps, can)
    n_edges = len(steps) * protocol.repeats
    n_samples = int(steps.dwell_ticks.sum() * protocol.repeats * can.time_step_s / interval + 1e-6)
    if n_edges > can.max_edges:
        faults.append(Fault("sequence", f"{n_edges} levels in all; at most {can.max_edges}"))
    if n_samples > can.max_samples:
        faults.append(
            Fault("sampling", f"{n_samples} samples in all; the buffer holds {can.max_samples}: sample more slowly")
        )
    if faults:
        raise ProtocolError(tuple(faults), can.model)
    realised = sequence_of(steps, can.time_step_s, protocol.sequence.rest_V, protocol.repeats)
    protocol.limits.check_sequence(realised)
    return DrivePlan(
        model=can.model,
        sequence=realised,
        base_points=len(steps),
        repeats=protocol.repeats,
        interval_s=interval,
        aperture_s=aperture,
        n_samples=n_samples,
        voltage_range_V=voltage_range,
        current_range_A=current_range,
        compliance_A=compliance,
        four_wire=protocol.sampling.four_wire,
        response_s=can.response_s,
        roundings=tuple(roundings),
        remarks=tuple(remarks),
    )


def _current_settings(protocol: Protocol, faults: list[Fault]) -> tuple[float, float]:
    limit = protocol.limits.current_A
    if limit is None:
        raise LimitError("the protocol has no current limit")
    wanted = protocol.sampling.current_range_A or limit
    full_scale = covering(_CAPABILITIES.current_ranges_A, wanted)
    if full_scale is None:
        faults.append(
            Fault("sampling.current_range", f"{format_quantity(wanted, 'A')} is beyond the highest range, 7 A")
        )
        return math.nan, math.nan
    # The limit is set between 1 % and 105 % of the range; a smaller one is enforced by the run itself.
    compliance = min(max(limit, 0.01 * full_scale), 1.05 * full_scale)
    return full_scale, compliance


def _sampling(asked_s: float, roundings: list[Rounding]) -> tuple[float, float]:
    rate = min(max(round(1 / asked_s), 1000), 1_000_000)  # whole readings per second, p. 6-71
    interval = 1 / rate
    if not math.isclose(interval, asked_s, rel_tol=1e-9):
        roundings.append(Rounding("sampling interval", asked_s, interval, "s"))
    # Whole microseconds (p. 6-52), some less than the interval: so an edge between two readings spoils neither.
    aperture = max(1, math.floor(0.9 * interval * 1e6 + 1e-6)) * 1e-6
    return interval, float(f"{aperture:.9g}")


def _with_lead_in(steps: Steps, protocol: Protocol, interval_s: float, remarks: list[str]) -> Steps:
    """Put a rest before a sequence that starts with an edge: the digitizer must run when the edge comes."""
    rest = protocol.sequence.rest_V
    if abs(steps.levels_V[0] - rest) < 1e-12:
        return steps
    lead_s = max(_CAPABILITIES.min_dwell_s, 100 * interval_s)
    remarks.append(f"a rest of {format_quantity(lead_s, 's')} is put before the first edge")
    ticks = round(lead_s / _CAPABILITIES.time_step_s)
    return Steps(np.concatenate([[ticks], steps.dwell_ticks]), np.concatenate([[rest], steps.levels_V]))


def _program(plan: DrivePlan) -> tuple[list[float], list[float]]:
    """Return levels (V) and dwells (s) of one repeat."""
    n = plan.base_points
    bounds = np.append(plan.sequence.times_s, plan.sequence.duration_s)[: n + 1]
    dwells = [float(f"{dwell:.9g}") for dwell in np.diff(bounds)]
    return plan.sequence.start_V[:n].tolist(), dwells


def _samples_over_edges(plan: DrivePlan) -> np.ndarray:
    """Return the sorted indices of the samples in whose aperture the voltage changes."""
    times, _ = plan.sequence.jumps()
    first = np.floor(times / plan.interval_s * (1 + 1e-12)).astype(np.int64)
    offset = times - first * plan.interval_s
    margin = 1e-9
    return np.unique(first[(offset > margin) & (offset < plan.aperture_s - margin)])


def _within(indices: np.ndarray, first: int, count: int) -> np.ndarray:
    """Return a mask of the rows ``first ... first + count - 1`` that stand in the sorted `indices`."""
    mask = np.zeros(count, dtype=bool)
    lo, hi = np.searchsorted(indices, [first, first + count])
    mask[indices[lo:hi] - first] = True
    return mask


def _number(query: str, answer: str) -> float:
    try:
        return float(answer)
    except ValueError:
        raise InstrumentError(f"{query} was answered {answer!r}, which is no number", command=query) from None
