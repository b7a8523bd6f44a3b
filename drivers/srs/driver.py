"""Driver of the SRS EC301: it loads a program of levels, and reads the stream of samples.

After the *EC301 User Manual*, revision 1.1 (02/29/2016); what it says of each command, and what no page says, is in
docs/reference/sources/srs-ec301.md. The program is one of three kinds, see `drivers.srs.program`. Samples come unasked
once ``getbda 1`` is sent.

What the instrument does not have, and what is done about it:

- it gives no reply at all to a command that it does not understand: every message that matters ends in a query, and
  after settings and program the event register (p. 101) must be clear;
- a query is refused while the reply to another one is unread (p. 98): queries go one by one;
- queries make no sense while it streams: the program's end is seen in the bits of the samples (p. 95);
- it has no current limit below its 1 A: the run itself watches the current;
- a pulse program does not end in "cell off": it ends at the rest level, and this driver opens the cell. If the computer
  dies then, the guardian opens it; if both die, the rest level stays on the cell.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from drivers.contract.block import Block, Status
from drivers.contract.identity import Identity
from drivers.contract.potentiostat import Potentiostat
from drivers.contract.switch_off import OffSwitch, switch_off
from drivers.srs.frames import CELL_OPEN, LIMITING, RUNNING, BrokenStreamError, PacketReader, settings_of
from drivers.srs.loading import load_program, query_number
from drivers.srs.plan import CAPABILITIES, CURRENT_CODES, PLANNER, RESOLUTION_V, VOLTAGE_CODES, program_of
from drivers.srs.program import TICK_S, ArbProgram, Program, PulseProgram, RampProgram
from drivers.visa.dialect import Dialect
from protocols import InstrumentError, format_quantity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from drivers.contract.plan import DrivePlan
    from drivers.contract.readback import OutputReadback
    from drivers.visa.session import VisaSession

_CLIP = 1.99
"""Of the range: beyond twice the range is an overload, p. 105; a hundredth less, for a converter that ends there."""
_READ_BYTES = 1 << 20
"""Of one `read`: a quarter of a second of the fastest stream."""
_AVERAGING_SETTLES_S = 0.03
"""After ``avgexp``, p. 92."""
_STREAM_BEGINS_S = 1.4
"""How long the first packet may take: the program must not begin before the stream."""
_STARTS_WITHIN_S = 2.0
"""How long no sample may say that the program runs: a start that is refused gets no reply. A packet of the slowest
samples, 65 ms, has come thirty times by then."""
_REFUSED = 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5
"""Bits of the event register (table 6, p. 101): query, device, execution and command error."""
_LOOK_S = 0.002
"""How often the beginning stream is looked at: a packet of 64 samples of 4 us takes a tenth of that."""
_LEAST_CE_V, _MOST_CE_V = 0.5, 30.0
"""Limits of the counter electrode, p. 79."""
_SWITCH = OffSwitch("the cell", "Pull out the CELL switch on the front panel of the instrument.")
_STOP = {PulseProgram: "plstop", ArbProgram: "arbrun 0", RampProgram: "rampen"}
"""Stops a program (pp. 116, 126, 121); that of an arbitrary waveform opens the cell too."""
_START = {PulseProgram: "pstart", ArbProgram: "arbrun 1", RampProgram: "rampst 0"}
"""Starts a program (pp. 116, 126, 120)."""
_OFF = "plstop;ceenab 0;arbrun 0;rampen;getbda 0"
"""Ends pulses, opens the cell, ends the other waveforms, ends the stream."""


class EC301(Potentiostat):
    """An SRS EC301 on its LAN port 1680.

    Parameters
    ----------
    session : VisaSession
        Its link; this driver owns it from now on.
    """

    capabilities = CAPABILITIES
    planner = PLANNER
    interfaces: ClassVar[tuple[str, ...]] = ("TCPIP SOCKET", "GPIB INSTR")
    dialect = Dialect()
    # Its interface jams on rapid reconnects (a public driver's remark; how rapid is assumed: within a second).
    reconnect_s = 1.5
    off_switch = _SWITCH
    interrupt: ClassVar[tuple[str, ...]] = (_OFF,)  # a stream keeps it from answering

    def __init__(self, session: VisaSession) -> None:
        self.session = session
        self.armed: DrivePlan | None = None
        self._program: Program | None = None
        self._streaming = False
        self._packets = PacketReader()
        self._early: list[np.ndarray] = []
        self._n_read = 0
        self._n_played = 0
        self._problem = ""
        self._started_s = 0.0

    @classmethod
    def matches(cls, identity: Identity) -> bool:
        """Whether this driver is for that instrument."""
        return "STANFORD" in identity.maker.upper() and identity.model.upper() == "EC301"

    def identify(self) -> Identity:
        """Ask for the identity."""
        return Identity.from_idn(self.session.idn)

    # -- before the run -----------------------------------------------------------------------------------------------

    def arm(self, plan: DrivePlan) -> None:
        """Load settings and program with the cell open, and read them back. See `Potentiostat.arm`."""
        send = self.session.write
        # Terse first: an unsolicited message would be taken for a reply (p. 98).
        send("verbmd 0;plstop;ceenab 0;arbrun 0;rampen")
        self.session.query("*ESR?")  # what was before is not this run's
        send("irnaut 0;brenab 0;irenab 0;dcntrl 0;addscn 0;trgarm 0;stsync 0")
        if query_number(self.session, "bstren?"):
            send("bstren 0")
        send("ecmode 0;lpfile 0;lpfili 0;eadcfl 0;iadcfl 1")
        settings = self._settings_for(plan)
        for name, value in settings.items():
            send(f"{name} {value}")
        time.sleep(_AVERAGING_SETTLES_S)
        self._check_register("settings")
        for name, value in (settings | {"cellon": 0}).items():
            self._verify(f"{name}?", value)
        program = program_of(plan)
        if program is None:
            raise InstrumentError(f"{self.session.resource}: there is no program for this plan")
        load_program(self.session, program)
        self._check_register("program")
        self._program = program
        self.armed = plan
        self._n_read, self._n_played, self._problem = 0, 0, ""

    @staticmethod
    def _settings_for(plan: DrivePlan) -> dict[str, int]:
        ce_V = min(_MOST_CE_V, max(_LEAST_CE_V, 2.0 * math.ceil(plan.voltage_range_V)))
        return {
            "ecmode": 0,
            "irnaut": 0,
            "irange": CURRENT_CODES[plan.current_range_A],
            "eadcrg": VOLTAGE_CODES[plan.voltage_range_V],
            "clbwth": 0,
            "celimt": 1,
            "celimv": round(1e3 * ce_V),
            "avgexp": round(math.log2(plan.interval_s / TICK_S)),
            "setvol": round(plan.sequence.rest_V / RESOLUTION_V),
        }

    def _verify(self, query: str, wanted: int) -> None:
        if query_number(self.session, query) != wanted:
            raise InstrumentError(
                f"{self.session.resource}: {query} does not read back {wanted}; the cell is still open", command=query
            )

    def _check_register(self, doing: str) -> None:
        """Refuse to go on if a command since the last look was refused: ``errlst?`` forgets that with the next one."""
        events = int(query_number(self.session, "*ESR?"))
        if events & _REFUSED:
            number = self.session.query("errlst?").strip()
            text = self.session.query(f"errdcd? {number}").strip() if number.isdigit() else ""
            last = f"its last error is {number}, {text}" if number != "0" else "it does not tell which"
            raise InstrumentError(
                f"{self.session.resource} refused a command of the {doing} (event register {events}): {last}; the cell "
                "is still open",
                command=doing,
                number=int(number) if number.isdigit() else None,
            )

    def start(self) -> None:
        """Close the cell at the rest level, let the stream run, then the program."""
        plan = self._armed_plan()
        self.session.write("ceenab 1")
        answer = self.session.query("cellon?").strip()
        if answer != "1":
            raise InstrumentError(
                f"{self.session.resource} does not close its cell ({answer!r}): push the CELL switch in",
                command="cellon?",
            )
        self._streaming, self._packets, self._early = True, PacketReader(), []
        self.session.write("getbda 1")
        self._wait_for_stream(plan)
        self.session.write(_START[type(self._program)])
        self._started_s = time.monotonic()

    def _wait_for_stream(self, plan: DrivePlan) -> None:
        deadline = time.monotonic() + _STREAM_BEGINS_S
        while not self._early:
            frames = self._new_frames()
            if len(frames):
                self._early = [frames]
            elif time.monotonic() > deadline:
                wait = format_quantity(_STREAM_BEGINS_S, "s")
                raise InstrumentError(f"{self.session.resource} sends no samples within {wait}", command="getbda 1")
            else:
                time.sleep(_LOOK_S)
        wanted = CURRENT_CODES[plan.current_range_A], round(math.log2(plan.interval_s / TICK_S))
        found = settings_of(int(self._early[0]["flags"][-1]))
        if found != wanted:
            raise InstrumentError(
                f"{self.session.resource}: its samples are of current range {found[0]} and average {found[1]}, not of "
                f"{wanted[0]} and {wanted[1]}",
                command="getbda 1",
            )

    # -- the run ------------------------------------------------------------------------------------------------------

    def read(self) -> Block | None:
        """Return what has been streamed of the program. See `Potentiostat.read`."""
        plan = self._armed_plan()
        if self._problem:
            raise InstrumentError(f"{self.session.resource}: {self._problem}; what came before is kept")
        if self._n_read == plan.n_samples:
            self._stop_stream()
            return None
        frames = np.concatenate([*self._early, self._new_frames()])
        self._early = []
        running = (frames["flags"] & RUNNING) != 0
        if not self._n_read:
            first = int(np.argmax(running)) if running.any() else len(running)
            if (np.diff((frames["flags"][:first] & CELL_OPEN).astype(np.int8)) > 0).any():
                self._problem = "the cell opened between its closing at the rest level and the start of the program"
            elif first == len(running) and time.monotonic() > self._started_s + _STARTS_WITHIN_S:
                self._problem = "it has not started its program, and does not say why"
            frames, running = frames[first:], running[first:]
        frames = frames[: plan.n_samples - self._n_read]
        self._note_end(frames, running[: len(frames)], plan)
        is_open = (frames["flags"] & CELL_OPEN) != 0
        if is_open.any():
            frames = frames[: int(np.argmax(is_open))]
        block = self._block(frames)
        self._n_read += len(block)
        return block

    def _note_end(self, frames: np.ndarray, running: NDArray[np.bool_], plan: DrivePlan) -> None:
        """Keep as a problem, for the next `read`, that the program or the cell's connection ended too early."""
        was_running = self._n_played == self._n_read
        played = int(np.argmin(running)) if was_running and not running.all() else len(running) * was_running
        self._n_played += played
        edges, _ = plan.sequence.jumps()
        is_open = (frames["flags"] & CELL_OPEN) != 0
        ended = self._n_played < self._n_read + len(frames)
        ended_s = self._n_played * plan.interval_s
        if is_open.any():
            at = format_quantity((self._n_read + int(np.argmax(is_open))) * plan.interval_s, "s")
            self._problem = f"the cell was opened {at} after the start, by its switch or by another client"
        elif ended and len(edges) and ended_s < edges[-1] - plan.interval_s:
            self._problem = (
                f"the program ended after {format_quantity(ended_s, 's')}, before its last edge at "
                f"{format_quantity(float(edges[-1]), 's')}"
            )

    def _new_frames(self) -> np.ndarray:
        try:
            return self._packets.frames(self.session.poll_bytes(_READ_BYTES))
        except BrokenStreamError as broken:
            raise InstrumentError(
                f"{self.session.resource}: its stream is broken: {broken}; what came before is kept",
                command="getbda 1",
            ) from broken

    def _block(self, frames: np.ndarray) -> Block:
        plan = self._armed_plan()
        centre = (np.arange(self._n_read, self._n_read + len(frames), dtype=np.float64) + 0.5) * plan.interval_s
        centre = np.asarray(centre, dtype=np.float64)
        current = -frames["current"].astype(np.float64)  # cathodic is positive there, p. 22
        measured = frames["potential"].astype(np.float64)
        status = np.zeros(len(frames), np.uint8)
        over = ~(np.abs(current) < _CLIP * plan.current_range_A)
        current[over] = np.nan
        over_edge = self._over_edges(plan, centre)
        # An overload that no sample shows was shorter than one: where the current is largest, at an edge.
        hidden = frames["overloaded"] & ~_packets_with(frames["overloaded"], over | over_edge)
        status[over | hidden] |= np.uint8(Status.OVERLOAD)
        # The limit is the protocol's: the instrument has none of its own below 1 A.
        limiting = (frames["flags"] & LIMITING) != 0
        status[limiting | (np.abs(current) > 0.995 * plan.compliance_A)] |= np.uint8(Status.COMPLIANCE)
        planned = plan.sequence.voltage_at(centre)
        differs = (np.abs(measured - planned) > 2 * RESOLUTION_V + 1e-3 * np.abs(planned)) & ~over_edge
        status[differs] |= np.uint8(Status.TIMING)
        status[over_edge] |= np.uint8(Status.EDGE)
        # Where the measured potential is the plan's, the plan knows it without the converter's noise.
        return Block(centre, np.where(differs, measured, planned), current, status)

    def _over_edges(self, plan: DrivePlan, centre_s: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which samples have an edge inside, or a ramp that stands for one."""
        edges, _ = plan.sequence.jumps()
        ramp_s = self._program.ramp_s if isinstance(self._program, RampProgram) else 0.0
        ends = edges + ramp_s * np.arange(1, len(edges) + 1)
        half = 0.5 * plan.interval_s * (1 - 1e-9)
        return np.searchsorted(edges, centre_s + half) > np.searchsorted(ends, centre_s - half)

    def _armed_plan(self) -> DrivePlan:
        if self.armed is None:
            raise InstrumentError("the instrument has no program: arm it first")
        return self.armed

    def _stop_stream(self) -> None:
        if self._streaming:
            self.session.write("getbda 0")
            self._streaming = False
            self.session.clear()

    # -- the end ------------------------------------------------------------------------------------------------------

    def abort(self) -> None:
        """Stop the program; an arbitrary one opens the cell. One that somebody else has loaded is of any kind."""
        stop = _STOP.get(type(self._program))
        self.session.write(stop or ";".join(_STOP.values()))

    def safe_state(self) -> OutputReadback:
        """Stop, open the cell, and ask whether it is open. See `Potentiostat.safe_state`."""
        return switch_off(
            self.off_switch, self.session.resource, exchange=self._open_cell, is_off=lambda answer: answer == "0"
        )

    def _open_cell(self) -> str:
        # The stream runs until it is told to end, perhaps for another client: queries are void meanwhile.
        self.session.write(_OFF)
        self._streaming = False
        self.session.clear()
        return self.session.query("cellon?")

    def close(self) -> None:
        """Close the session."""
        self.session.close()


def _packets_with(overloaded: NDArray[np.bool_], seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which samples are in a stretch of overloaded packets that has one with a mark."""
    stretch = np.cumsum(np.append(True, np.diff(overloaded.astype(np.int8)) != 0)) if len(overloaded) else overloaded
    marked = set(np.asarray(stretch)[seen].tolist())
    return np.isin(stretch, list(marked)) if marked else np.zeros(len(overloaded), bool)
