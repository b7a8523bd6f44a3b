"""Driver of the Keithley 2600B: a script plays the program, and stops by itself if nobody listens any more.

Pages are those of the *Series 2600B Reference Manual*, 2600BS-901-01 Rev. F (August 2021), of Rev. C (2016) where said.

Channel a's trigger model steps and measures; two trigger timers give the times (section 4, "Timers"):

- timer 1 has the dwells as its delay list and ends each level (``endpulse.stimulus``); the next level of the list sweep
  follows at once. Lists are used round and round, so repeats need no longer ones (p. 9-273; Rev. C 7-269).
- timer 2 starts a reading every interval (``measure.stimulus``), measured asynchronously beside the source (p. 9-264).

Both start with the event ``ARMED``. A trigger model cannot switch an output off, so a script does
(`drivers.keithley.k2600_program.PROGRAM`): output on, settle, start; then it looks after the run. It says something
only when it is asked to by ``*TRG`` (``trigger.wait``: 2600AS-901-01 Rev. B p. 19-211; *TRG: p. 11-4), so it never
waits for a reader. Its output goes off
when the sweep is over, when the sweep takes longer than it can, and when it was not asked for
`Keithley2600B.silence_s`: a computer that dies leaves the cell switched off.

While a script runs no other command is executed: a second link is answered only afterwards, but the word ``abort`` is
obeyed at once, from any link (manual section 7).

Confirmed by the manual: the commands, lists, timers, status bits of readings. Confirmed by public scripts: 110 us a
point at 0.002 line cycles, each noted to take more than 66 us; the sweeping bit. Assumed: that the blocks of the
trigger model take no time (a reading that is off its time by more than a tenth of the interval is flagged
`Status.TIMING`), that a reading with 20 us aperture is made within 110 us, that time stamps are those of the readings'
beginnings, the settling, the shortest dwells on low ranges, and that the high-impedance relay closes within 30 ms.
"""

from __future__ import annotations

import math
import secrets
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from drivers.contract.block import Block, Status
from drivers.contract.identity import Capabilities, Identity
from drivers.contract.potentiostat import Potentiostat
from drivers.contract.switch_off import OffSwitch, switch_off
from drivers.keithley.answers import number_in
from drivers.keithley.assumptions import OF_2600B, ON_LOW_RANGES
from drivers.keithley.k2600_program import PROGRAM, list_lines, pause_lines, settings_for, trigger_model_for
from drivers.keithley.plan import KeithleyPlanner, program_of
from drivers.planning.planner import Rate
from drivers.planning.steps import Tables
from protocols import ConnectionLost, InstrumentError

if TYPE_CHECKING:
    from drivers.contract.assumption import Assumption
    from drivers.contract.plan import DrivePlan
    from drivers.contract.readback import OutputReadback
    from drivers.visa.session import VisaSession
    from protocols import PulseSequence

# 0.001 line cycles is the shortest aperture: 20 us at 50 Hz.
_SHORTEST_APERTURE_S, _LONGEST_APERTURE_S = 20e-6, 25 / 60
_OVERHEAD_S = 90e-6  # what a reading takes besides its aperture: 110 us less the 20 us (assumed)
_SETTLE_S = 0.03  # from output on to the start: the high-impedance relay (assumed)
_LONGEST_DELAY_S = 100_000.0  # trigger.timer[N].delay
_OVERTIME_S = 1.0  # after which a sweep that should be over is ended
# Of a reading, in the order in which the script sends them.
_COLUMNS = ("readings", "timestamps", "sourcevalues", "statuses")
_COMPLIANCE = 0x40  # of a reading's status, p. 9-34
_READS_BEYOND_A = 9.91e37  # a reading beyond its range
_TIME_SLACK_S = 2e-6  # time stamps are good to 1 us, and so are the timers
_OFF = OffSwitch("the output", "Press the OUTPUT ON/OFF key of channel A.")
# What a reading after a change of voltage needs to settle, by current range (assumed; the 100 us are the data sheet's
# shortest pulse).
_SHORTEST_S = 100e-6
_SHORTEST_DWELL_S = {100e-9: 3e-3, 1e-6: 500e-6, 10e-6: 200e-6, math.inf: _SHORTEST_S}

LOOKS, LOOK_S = 20_000, (0.01, 0.5)
"""How often in a run the script looks whether the sweep is over, and from how shortly to how rarely (s) at most: the
output goes off by so much later. With ten times as many looks a script of 12 h would do little else."""


class K2600Planner(KeithleyPlanner):
    """Plan of a 2600B: apertures leave room for what a reading takes besides."""

    samples_freely = True  # by a delay list of the timer that starts the readings (p. 9-273)
    longest_pause_s = _LONGEST_DELAY_S
    assumed = OF_2600B

    def assumptions(self, plan: DrivePlan) -> tuple[Assumption, ...]:
        """Return what the plan rests on."""
        return (*self.assumed, *(ON_LOW_RANGES if self.shortest_dwell_s(plan.current_range_A) > _SHORTEST_S else ()))

    def shortest_dwell_s(self, current_range_A: float) -> float:
        """Return the shortest time at one level on a current range."""
        return next(dwell for range_A, dwell in _SHORTEST_DWELL_S.items() if current_range_A <= range_A * 1.001)

    def rate(self, asked_s: float, current_range_A: float, sequence: PulseSequence) -> Rate:
        """Return the interval on the grid of the timers."""
        step, caps = self.caps.time_step_s, self.caps
        interval = round(min(max(asked_s, caps.min_interval_s), caps.max_interval_s) / step) * step
        interval = float(f"{interval:.9g}")
        aperture = min(max(interval - _OVERHEAD_S, _SHORTEST_APERTURE_S), _LONGEST_APERTURE_S)
        return Rate(interval, float(f"{aperture:.6g}"))


class Keithley2600B(Potentiostat):
    """Channel a of a Keithley Series 2600B SourceMeter.

    Parameters
    ----------
    session : VisaSession
        Its link; this driver owns it from now on.
    """

    models: ClassVar[frozenset[str]]
    tables: ClassVar[Tables]
    off_switch = _OFF
    # A running script keeps all else waiting, but the word ``abort`` (manual section 7).
    interrupt: ClassVar[tuple[str, ...]] = ("abort", "smua.abort() smua.source.output = smua.OUTPUT_OFF")
    silence_s: ClassVar[float] = 10.0
    """How long the instrument keeps running without being read, s."""

    def __init__(self, session: VisaSession) -> None:
        self.session = session
        self._plan: DrivePlan | None = None
        self._finished = False
        self._last_index = -1

    @classmethod
    def matches(cls, identity: Identity) -> bool:
        """Whether this driver is for that instrument."""
        model = identity.model.upper().removeprefix("MODEL ")
        return "KEITHLEY" in identity.maker.upper() and model in cls.models

    def identify(self) -> Identity:
        """Return who answered when the link was opened."""
        return Identity.from_idn(self.session.idn)

    # -- arming -------------------------------------------------------------------------------------------------------

    def arm(self, plan: DrivePlan) -> None:
        """Load ranges, limits, off state, lists, timers and script. See `Potentiostat.arm`."""
        program = program_of(plan)
        self._send("reset()", "errorqueue.clear()", "status.reset()", "format.asciiprecision = 16")
        line_Hz = self._number("localnode.linefreq")
        wanted = settings_for(plan, line_Hz)
        self._send(*(f"{name} = {value!r}" for name, value in wanted.items()))
        self._check_error_queue("settings")
        self._send(*list_lines("echo_levels", program.levels_V), *list_lines("echo_dwells", program.dwells_s))
        self._send(*pause_lines("echo_pauses", plan), *trigger_model_for(plan))
        self._check_error_queue("program")
        self._send("loadandrunscript", *PROGRAM.strip().splitlines(), "endscript")
        self._check_error_queue("script")
        self._verify(wanted | {"table.getn(echo_levels)": len(program.levels_V), "smua.source.output": 0})
        self._plan = plan
        self._finished = False
        self._last_index = -1

    def _send(self, *lines: str) -> None:
        for line in lines:
            self.session.write(line)

    def _number(self, name: str) -> float:
        return number_in(f"print({name})", self.session.query(f"print({name})"))

    def _verify(self, wanted: dict[str, float]) -> None:
        for name, value in wanted.items():
            answer = self._number(name)
            if not math.isclose(answer, value, rel_tol=1e-5, abs_tol=1e-15):
                raise InstrumentError(
                    f"{self.session.resource}: {name} reads back {answer!r}, not {value!r}; the output is still off",
                    command=name,
                )

    def _check_error_queue(self, doing: str) -> None:
        """Raise the oldest error in the instrument's queue, if there is one."""
        if self._number("errorqueue.count") == 0:
            return
        number, _, text = self.session.query("print(errorqueue.next())").partition("\t")
        raise InstrumentError(
            f"{self.session.resource} refused the {doing}: error {float(number):.0f}, {text.split(chr(9))[0]}",
            command=doing,
            number=int(float(number)),
        )

    # -- running ------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the script."""
        plan = self._armed_plan()
        longest = plan.duration_s + _OVERTIME_S
        look_s = min(max(plan.duration_s / LOOKS, LOOK_S[0]), LOOK_S[1])
        self.session.write(f"echo_run({_SETTLE_S!r}, {longest!r}, {self.silence_s!r}, {look_s!r})")

    def read(self) -> Block | None:
        """Return the readings that have come. See `Potentiostat.read`."""
        plan = self._armed_plan()
        if self._finished:
            return None
        held, sweeping, sent, coming = self._query_progress()
        if not held:
            raise self._output_lost(sent)
        if coming:
            rows = self.session.query_block("*TRG", coming * len(_COLUMNS), "<f8").reshape(-1, len(_COLUMNS))
            self._refuse_garbled(rows)
            return self._block(rows)
        if sweeping:
            return Block(np.empty(0), np.empty(0), np.empty(0), np.empty(0, dtype=np.uint8))
        self._finished = True
        self._check_error_queue("program while it ran")
        if self._last_index < plan.n_samples - 1:
            raise InstrumentError(
                f"{self.session.resource}: its program ended after sample {self._last_index + 1} of {plan.n_samples}",
                command="*TRG",
            )
        return None

    def _output_lost(self, sent: int) -> InstrumentError:
        plan = self._armed_plan()
        self._finished = True
        return InstrumentError(
            f"{self.session.resource}: its output was switched off at the instrument, or by its output-enable line or "
            f"heat, after sample {sent} of {plan.n_samples}",
            command="smua.source.output",
        )

    def _query_progress(self) -> tuple[int, int, int, int]:
        """Return whether the output held, sweeping, number of readings sent, and number that come next."""
        try:
            answer = self.session.query("*TRG")
        except ConnectionLost as error:
            raise ConnectionLost(
                f"{error}. The script in the instrument does not answer: the link is lost, or somebody aborted it",
                command="*TRG",
            ) from error
        counts = answer.split()
        if len(counts) != 4 or not all(count.isdigit() for count in counts):
            raise InstrumentError(f"{self.session.resource}: *TRG was answered {answer!r}", command="*TRG")
        held, sweeping, sent, coming = map(int, counts)
        return held, sweeping, sent, coming

    def _refuse_garbled(self, rows: np.ndarray) -> None:
        """Refuse a block with a number in it that no reading can be: its bytes were garbled, and who knows which more.

        Eight neighbouring bytes that are spoilt always reach the exponent of a number.
        """
        plan = self._armed_plan()
        current, begun, source, bits = rows.T
        good = (np.abs(current) <= 1.1 * plan.current_range_A) | (np.abs(current / _READS_BEYOND_A - 1.0) < 1e-3)
        good &= (
            (begun >= 0.0) & (begun <= plan.duration_s + _OVERTIME_S) & (np.abs(source) <= 1.1 * plan.voltage_range_V)
        )
        good &= (bits >= 0.0) & (bits < 256.0) & (bits == np.rint(bits))
        if not good.all() or (np.diff(begun) <= 0.0).any():
            worst = rows[int(np.argmin(good))]
            raise InstrumentError(f"{self.session.resource}: garbled readings ({worst})", command="*TRG")

    def _block(self, rows: np.ndarray) -> Block:
        plan = self._armed_plan()
        current, begun, source, bits = rows.T.copy()
        status = np.zeros(len(rows), dtype=np.uint8)
        overflow = np.abs(current) > 0.9 * _READS_BEYOND_A
        current[overflow] = np.nan
        status[overflow] |= np.uint8(Status.OVERLOAD)
        status[(bits.astype(np.int64) & _COMPLIANCE) != 0] |= np.uint8(Status.COMPLIANCE)
        if plan.grid is None:
            index = np.rint(begun / plan.interval_s).astype(np.int64)
            due = index * plan.interval_s
        else:
            index = plan.grid.nearest(begun)
            due = plan.grid.begins_s[index]
        status[np.abs(begun - due) > max(0.1 * plan.interval_s, _TIME_SLACK_S)] |= np.uint8(Status.TIMING)
        status[np.diff(index, prepend=self._last_index) > 1] |= np.uint8(Status.GAP)
        self._last_index = int(index[-1])
        edges, _ = plan.sequence.jumps()
        margin = 1e-9  # an edge where the aperture begins or ends spoils nothing
        over_edge = np.searchsorted(edges, begun + plan.aperture_s - margin) > np.searchsorted(edges, begun + margin)
        status[over_edge] |= np.uint8(Status.EDGE)
        centre = begun + plan.aperture_s / 2
        planned = plan.sequence.voltage_at(centre)
        tolerance = 0.6 * self.tables.resolution_V[plan.voltage_range_V]
        # Just before or after an edge the recorded level may be that of the other side.
        near = [np.abs(source - plan.sequence.voltage_at(begun + shift)) for shift in (-_TIME_SLACK_S, _TIME_SLACK_S)]
        differs = (np.minimum(*near) > tolerance) & ~over_edge
        status[differs] |= np.uint8(Status.TIMING)
        return Block(centre, np.where(differs, source, planned), current, status)

    def _armed_plan(self) -> DrivePlan:
        if self._plan is None:
            raise InstrumentError("the instrument has no program: arm it first")
        return self._plan

    # -- stopping -----------------------------------------------------------------------------------------------------

    def abort(self) -> None:
        """End script and sweep. The output stays on until `safe_state`."""
        self._finished = True
        self._send("abort", "smua.abort()")

    def safe_state(self) -> OutputReadback:
        """Abort, output off, read back, level 0. See `Potentiostat.safe_state`."""
        self._finished = True
        mark = f"off{secrets.token_hex(4)}"

        def exchange() -> str:
            self._send("abort", "smua.abort()", "smua.source.output = smua.OUTPUT_OFF")
            answer = self.session.query(f'print("{mark}", smua.source.output)')
            marked, _, state = answer.partition("\t")
            # Without our mark it is the answer to something else, of a script that was still running.
            return state if marked == mark else repr(answer)

        return switch_off(
            self.off_switch,
            self.session.resource,
            exchange=exchange,
            is_off=lambda answer: float(answer) == 0.0,
            afterwards=lambda: self.session.write("smua.source.levelv = 0"),
        )

    def close(self) -> None:
        """Close the session."""
        self.session.close()


def _capabilities(model: str, voltages_V: tuple[float, ...], currents_A: tuple[float, ...]) -> Capabilities:
    return Capabilities(
        model=model,
        voltage_ranges_V=voltages_V,
        current_ranges_A=currents_A,
        min_dwell_s=100e-6,
        max_dwell_s=_LONGEST_DELAY_S,
        time_step_s=1e-6,
        min_interval_s=110e-6,
        max_interval_s=1.0,
        max_samples=60_000,  # of a dedicated buffer with time stamps: what memory holds for sure
        max_edges=100_000,
        response_s=(10e-6,),  # assumed: calibrate with a resistor
    )


# Ranges, source resolution and power envelope: data sheets of the models.
class Keithley2602B(Keithley2600B):
    """A Keithley 2601B, 2602B or 2604B: 40 V."""

    models = frozenset({"2601B", "2602B", "2604B"})
    capabilities = _capabilities(
        "Keithley 2602B", (0.1, 1.0, 6.0, 40.0), (100e-9, 1e-6, 10e-6, 100e-6, 1e-3, 10e-3, 100e-3, 1.0, 3.0)
    )
    tables = Tables({0.1: 5e-6, 1.0: 50e-6, 6.0: 50e-6, 40.0: 500e-6}, {0.1: 3.0, 1.0: 3.0, 6.0: 3.0, 40.0: 1.0})
    planner = K2600Planner(capabilities, tables)


class Keithley2612B(Keithley2600B):
    """A Keithley 2611B, 2612B or 2614B: 200 V."""

    models = frozenset({"2611B", "2612B", "2614B"})
    capabilities = _capabilities(
        "Keithley 2612B", (0.2, 2.0, 20.0, 200.0), (100e-9, 1e-6, 10e-6, 100e-6, 1e-3, 10e-3, 100e-3, 1.0, 1.5)
    )
    tables = Tables({0.2: 5e-6, 2.0: 50e-6, 20.0: 500e-6, 200.0: 5e-3}, {0.2: 1.5, 2.0: 1.5, 20.0: 1.5, 200.0: 0.1})
    planner = K2600Planner(capabilities, tables)


class Keithley2636B(Keithley2600B):
    """A Keithley 2634B, 2635B or 2636B: 200 V, and ranges down to 1 nA."""

    models = frozenset({"2634B", "2635B", "2636B"})
    capabilities = _capabilities(
        "Keithley 2636B",
        (0.2, 2.0, 20.0, 200.0),
        (1e-9, 10e-9, 100e-9, 1e-6, 10e-6, 100e-6, 1e-3, 10e-3, 100e-3, 1.0, 1.5),
    )
    tables = Keithley2612B.tables
    planner = K2600Planner(capabilities, tables)
