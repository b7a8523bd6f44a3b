"""Driver of the SRS EC301: it plays a step program and streams its samples.

After the *EC301 User Manual*, rev. 1.2 (12/2017; p. 79 bandwidth, p. 89 current ranges) and the public driver
lib-maxiv-ec301. The program is a list of levels (mV) and holds (units of 4 us) that the instrument plays by itself:
``plinit``, ``ppoint``, ``pdatap``, ``pholdt``, ``plimit`` (passes), ``pprogm?``, ``pstart``. Samples come unasked once
``getbda 1`` is sent: packets of a 16-byte header, frames of 16 bytes and a 24-byte trailer.

What the instrument does not have, and what is done about it:

- it gives no reply at all to a command that it does not understand: every message that matters ends in a query;
- it answers no queries while it streams: the program's end is seen in the frames' flags;
- it has no current limit below its 1 A: the run itself watches the current;
- its program does not end in "cell off": it ends at the rest level, and this driver opens the cell. If the computer
  dies then, the guardian opens it; if both die, the rest level stays on the cell.

Not confirmed: that points count from 0 and are played `plimit` times, how many there may be, the flag bits of overloads
(an overload is seen in the current as well: the converter clips at twice the range), and that a program begins with a
sample.
"""

from __future__ import annotations

import math
import struct
import time
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from drivers.contract.block import Block, Status
from drivers.contract.identity import Identity
from drivers.contract.potentiostat import Potentiostat
from drivers.contract.switch_off import OffSwitch, switch_off
from drivers.srs.plan import CAPABILITIES, CURRENT_CODES, PLANNER, RESOLUTION_V, TICK_S, VOLTAGE_CODES
from drivers.visa.dialect import Dialect
from protocols import InstrumentError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from drivers.contract.plan import DrivePlan
    from drivers.contract.readback import OutputReadback
    from drivers.visa.session import VisaSession

_CLIP = 1.99  # of the range: the current converter ends at twice the range
_RUNNING = 1 << 22 | 1 << 19 | 1 << 11  # flags of a frame while the program runs
# Of a packet, after the public driver.
_HEADER_BYTES, _TRAILER_BYTES = 16, 24
_LARGEST_PACKET = 1 << 20  # bytes: a longer one is a broken stream
# One sample.
_FRAME = np.dtype([("flags", "<i4"), ("aux", "<f4"), ("current", "<f4"), ("potential", "<f4")])
_READ_BYTES = 1 << 20  # of one `read`: a quarter of a second of the fastest stream
_AVERAGING_SETTLES_S = 0.03  # after `avgexp`; assumed
_SWITCH = OffSwitch("the cell", "Pull out the CELL switch on the front panel of the instrument.")


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
    off_switch = _SWITCH
    interrupt: ClassVar[tuple[str, ...]] = ("plstop;ceenab 0;getbda 0",)  # a stream keeps it from answering

    def __init__(self, session: VisaSession) -> None:
        self.session = session
        self.armed: DrivePlan | None = None
        self._streaming = False
        self._bytes = bytearray()
        self._next_packet: int | None = None
        self._n_read = 0
        self._begun = False
        self._over = False

    @classmethod
    def matches(cls, identity: Identity) -> bool:
        """Whether this driver is for that instrument."""
        return "STANFORD" in identity.maker.upper() and identity.model.upper() == "EC301"

    def identify(self) -> Identity:
        """Ask for the identity."""
        return Identity.from_idn(self.session.idn)

    def arm(self, plan: DrivePlan) -> None:
        """Load settings and program with the cell open, and read them back. See `Potentiostat.arm`."""
        send = self.session.write
        send("plstop;ceenab 0")
        send("ecmode 0;irnaut 0;bstren 0;lpfile 0;lpfili 0;eadcfl 0;iadcfl 1;irenab 0;brenab 0;dcntrl 0;addscn 0")
        averaging = round(math.log2(plan.interval_s / TICK_S))
        settings = {
            "ecmode": 0,
            "irange": CURRENT_CODES[plan.current_range_A],
            "eadcrg": VOLTAGE_CODES[plan.voltage_range_V],
            "clbwth": 0,
            "celimt": 1,
            "celimv": min(30_000, max(500, 2000 * math.ceil(plan.voltage_range_V))),
            "avgexp": averaging,
            "setvol": round(plan.sequence.rest_V / RESOLUTION_V),
        }
        for name, value in settings.items():
            send(f"{name} {value}")
        time.sleep(_AVERAGING_SETTLES_S)  # after avgexp
        for name, value in (settings | {"cellon": 0}).items():
            self._verify(f"{name}?", value)
        self._load_program(plan)
        self.armed = plan
        self._n_read, self._begun, self._over = 0, False, False

    def _load_program(self, plan: DrivePlan) -> None:
        n = plan.base_points
        holds = np.rint(np.diff(np.append(plan.sequence.times_s, plan.sequence.duration_s)[: n + 1]) / TICK_S)
        levels = np.rint(plan.sequence.start_V[:n] / RESOLUTION_V)
        self.session.write(f"plinit;ppoint {n};plimit {plan.repeats};psteps {n * plan.repeats};plendm 1")
        for point, (level, hold) in enumerate(zip(levels.tolist(), holds.tolist(), strict=True)):
            self.session.write(f"pdatap {point} {level:.0f};pholdt {point} {hold:.0f};pincrm {point} 0 0")
        self._check_error_queue("program")
        self._verify("pprogm?", 0)

    def _verify(self, query: str, wanted: int) -> None:
        answer = self.session.query(query).strip()
        if answer != str(wanted):
            raise InstrumentError(
                f"{self.session.resource}: {query} reads back {answer!r}, not {wanted}; the cell is still open",
                command=query,
            )

    def _check_error_queue(self, doing: str) -> None:
        number = self.session.query("errlst?").strip()
        if number != "0":
            text = self.session.query(f"errdcd? {number}").strip()
            raise InstrumentError(
                f"{self.session.resource} refused the {doing}: error {number}, {text}",
                command=doing,
                number=int(number) if number.isdigit() else None,
            )

    def start(self) -> None:
        """Close the cell at the rest level, let the stream run, then the program."""
        self._armed_plan()
        self.session.write("ceenab 1")
        answer = self.session.query("cellon?").strip()
        if answer != "1":
            raise InstrumentError(
                f"{self.session.resource} does not close its cell ({answer!r}): push the CELL switch in",
                command="cellon?",
            )
        self._streaming, self._bytes, self._next_packet = True, bytearray(), None
        self.session.write("getbda 1")
        self.session.write("trgarm 0;pstart 0")

    def read(self) -> Block | None:
        """Return what has been streamed of the program. See `Potentiostat.read`."""
        plan = self._armed_plan()
        if self._n_read == plan.n_samples or self._over:
            self._stop_stream()
            return None
        self._bytes += self.session.poll_bytes(_READ_BYTES)
        frames = [self._packet(packet) for packet in self._packets()]
        together = np.concatenate(frames) if frames else np.empty(0, _FRAME)
        running = (together["flags"] & _RUNNING) != 0
        if not self._begun:
            first = int(np.argmax(running)) if running.any() else len(running)
            self._begun = first < len(running)
            together, running = together[first:], running[first:]
        if not running.all():
            self._over = self._begun
            together = together[: int(np.argmin(running))]
        together = together[: plan.n_samples - self._n_read]
        block = self._block(together)
        self._n_read += len(block)
        return block

    def _packets(self) -> list[bytes]:
        packets = []
        while len(self._bytes) >= _HEADER_BYTES:
            counter, payload = struct.unpack_from("<xxHI", self._bytes)
            expected = self._next_packet
            if payload % _FRAME.itemsize or payload > _LARGEST_PACKET or expected not in {None, counter}:
                raise InstrumentError(
                    f"{self.session.resource}: its stream is broken: packet {counter} of {payload} bytes came "
                    f"instead of packet {expected}; what came before is kept",
                    command="getbda 1",
                )
            whole = _HEADER_BYTES + payload + _TRAILER_BYTES
            if len(self._bytes) < whole:
                break
            packets.append(bytes(self._bytes[_HEADER_BYTES : _HEADER_BYTES + payload]))
            del self._bytes[:whole]
            self._next_packet = (counter + 1) & 0xFFFF
        return packets

    @staticmethod
    def _packet(data: bytes) -> np.ndarray:
        return np.frombuffer(data, _FRAME)

    def _block(self, frames: np.ndarray) -> Block:
        plan = self._armed_plan()
        centre = (np.arange(self._n_read, self._n_read + len(frames), dtype=np.float64) + 0.5) * plan.interval_s
        centre = np.asarray(centre, dtype=np.float64)
        current = frames["current"].astype(np.float64)
        measured = frames["potential"].astype(np.float64)
        status = np.zeros(len(frames), np.uint8)
        over = ~(np.abs(current) < _CLIP * plan.current_range_A)
        current[over] = np.nan
        status[over] |= np.uint8(Status.OVERLOAD)
        # The limit is the protocol's: the instrument has none of its own below 1 A.
        status[np.abs(current) > 0.995 * plan.compliance_A] |= np.uint8(Status.COMPLIANCE)
        over_edge = _over_edges(plan, centre)
        planned = plan.sequence.voltage_at(centre)
        differs = (np.abs(measured - planned) > 2 * RESOLUTION_V + 1e-3 * np.abs(planned)) & ~over_edge
        status[differs] |= np.uint8(Status.TIMING)
        status[over_edge] |= np.uint8(Status.EDGE)
        # Where the measured potential is the plan's, the plan knows it without the converter's noise.
        return Block(centre, np.where(differs, measured, planned), current, status)

    def _armed_plan(self) -> DrivePlan:
        if self.armed is None:
            raise InstrumentError("the instrument has no program: arm it first")
        return self.armed

    def _stop_stream(self) -> None:
        if self._streaming:
            self.session.write("getbda 0")
            self._streaming = False
            self.session.clear()

    def abort(self) -> None:
        """Stop the program."""
        self.session.write("plstop")

    def safe_state(self) -> OutputReadback:
        """Stop, open the cell, and ask whether it is open. See `Potentiostat.safe_state`."""
        return switch_off(
            self.off_switch, self.session.resource, exchange=self._open_cell, is_off=lambda answer: answer == "0"
        )

    def _open_cell(self) -> str:
        # The stream runs until it is told to end, perhaps for another client: queries are void meanwhile.
        self.session.write("plstop;ceenab 0;getbda 0")
        self._streaming = False
        self.session.clear()
        return self.session.query("cellon?")

    def close(self) -> None:
        """Close the session."""
        self.session.close()


def _over_edges(plan: DrivePlan, centre_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which samples have an edge inside."""
    edges, _ = plan.sequence.jumps()
    half = 0.5 * plan.interval_s * (1 - 1e-9)
    return np.searchsorted(edges, centre_s + half) > np.searchsorted(edges, centre_s - half)
