"""An EC301 with its clients: lines of commands, and the binary stream.

*EC301 User Manual*, revision 1.1 (02/29/2016), chapter 8; lib-maxiv-ec301 for what no page says: a command that is not
understood gets no reply at all, not even a query, and a stream's numbers are 4-byte floats. In verbose mode there is an
unsolicited message instead (pp. 86 and 98). Assumed: that replies end with CR LF; that a query is not answered while
the client has a stream; the checksums (sums of the bytes before them); how many samples a packet has.
"""

from __future__ import annotations

import math
import struct
from collections import ChainMap
from typing import TYPE_CHECKING

import numpy as np

from sim_instruments.srs import registers
from sim_instruments.srs.commands import Commands
from sim_instruments.srs.engine import Engine
from sim_instruments.srs.registers import Registers
from sim_instruments.srs.syntax import BAD_COMMAND, NOT_ALLOWED, RefusedError, arguments, within
from sim_instruments.srs.waveform_commands import WaveformCommands

if TYPE_CHECKING:
    from sim_instruments.core.clock import Clock
    from sim_instruments.sample.cell import Cell
    from sim_instruments.srs.engine import Samples

_FRAMES = 64
"""Samples in a packet; assumed, the header says how many bytes."""
_FRAME = np.dtype([("flags", "<i4"), ("sync", "<f4"), ("current", "<f4"), ("potential", "<f4")])
"""A data frame, figure 33 on p. 94."""
_ON_THE_GRID = 1e-6
"""Share of a sample by which a moment may miss the beginning of one: rounding of times in seconds."""
_LONGEST_LINE = 10_000
"""Bytes without an end that are kept (assumed)."""
_JAMS_WITHIN_S, _JAMMED_FOR_S = 1.0, 3.0
"""With the fault ``reconnect-jam``: how soon after another client one is not heard, and for how long (assumed)."""


class EC301:
    """An EC301 with a cell on its leads.

    Parameters
    ----------
    clock : Clock
    cell : Cell
    seed : int
        Of the noise.
    first_arb_type : int
        Number of the potentiostatic type of ``arbtyp``: 1 as in the manual's examples (pp. 124 and 132), 0 as in its
        table (p. 125).
    """

    identity = "Stanford_Research_Systems,EC301,s/n009012,ver2.0"

    def __init__(self, clock: Clock, cell: Cell, seed: int = 0, *, first_arb_type: int = 1) -> None:
        self.engine = Engine(clock, cell, seed)
        self.registers = Registers()
        self.commands = Commands(self.engine, self.registers)
        waveforms = WaveformCommands(self.engine, first_arb_type)
        self.table = ChainMap(dict(self.commands.table), dict(waveforms.table))
        self._jams = False
        self._connected_s = -_JAMS_WITHIN_S

    @property
    def output_is_on(self) -> bool:
        """Whether the output is on at this moment."""
        self.engine.update()
        return self.engine.cell_on

    def prepare(self) -> None:
        """Work the cell's step response out."""
        self.engine.prepare()

    def update(self) -> float:
        """Bring the instrument to the present."""
        return self.engine.update()

    def client_session(self, _channel: str = "", /) -> ClientSession:
        """Return a client's session."""
        now = self.engine.clock.now()
        deaf_s = _JAMMED_FOR_S if self._jams and now - self._connected_s < _JAMS_WITHIN_S else 0.0
        self._connected_s = now
        return ClientSession(self, deaf_until_s=now + deaf_s)

    def refuse(self, number: int) -> None:
        """Keep an error for ``errlst?`` and the status registers."""
        self.commands.error = number
        self.registers.post("*esr", registers.CME if number == BAD_COMMAND else registers.EXE)
        self.registers.post("insr", registers.ERROR_POSTED)

    def inject(self, fault: str) -> None:
        """Let something happen to the instrument."""
        engine = self.engine
        match fault:
            case "cell-open":
                engine.cell.contacts.open(engine.update())
            case "cell-short":
                engine.cell.contacts.short(engine.update())
            case "error-storm":
                self.refuse(BAD_COMMAND)
            case "interlock-open" | "overtemperature":  # either opens the cell (assumed)
                engine.switch_cell(on=False)
            case "reboot":
                engine.reset()
                self.registers.reset()
            case "reconnect-jam":
                self._jams = True
            case _:
                raise ValueError(f"an EC301 does not know the fault {fault!r}")


class ClientSession:
    """One client's commands, answers and stream.

    Parameters
    ----------
    device : EC301
    deaf_until_s : float
        Until when (instrument seconds) it is not heard: the interface is jammed.
    """

    def __init__(self, device: EC301, deaf_until_s: float = 0.0) -> None:
        self._device = device
        self._engine = device.engine
        self._deaf_until_s = deaf_until_s
        self._line = bytearray()
        self._streamed: int | None = None  # the next sample to be sent
        self._packets = 0
        self.output = bytearray()

    @property
    def waiting(self) -> bool:
        """Whether samples will come without being asked for."""
        return self._streamed is not None

    def receive(self, data: bytes) -> None:
        """Take bytes from the client."""
        self._line += data
        *lines, rest = self._line.split(b"\n")
        self._line = bytearray(rest[-_LONGEST_LINE:])
        self.run()
        if self._engine.clock.now() < self._deaf_until_s:
            return
        for line in lines:
            for command in line.decode("latin-1").split(";"):
                if command.strip():
                    self._obey(command.strip())

    def _obey(self, text: str) -> None:
        device = self._device
        name, _, rest = text.lower().partition(" ")
        is_query = name.endswith("?")
        if is_query and self.output and self._streamed is None:  # p. 98: the last reply has not been read
            device.registers.post("insr", registers.QUERY_REFUSED)
            device.registers.post("*esr", registers.QYE)
            return
        try:
            answer = self._answer(name, rest)
        except RefusedError as refused:
            device.refuse(refused.number)
            if self._engine.settings.verbmd:
                self.output += b"remote command error\r\n"
            return
        if not is_query:  # a set command clears the error, p. 109
            device.commands.error = 0
            device.registers.post("insr", registers.REMOTE_SET)
        if answer is not None and self._streamed is None:
            self.output += answer if isinstance(answer, bytes) else answer.encode("latin-1") + b"\r\n"

    def _answer(self, name: str, rest: str) -> str | bytes | None:
        self._engine.update()
        match name:
            case "*idn?":
                return self._device.identity
            case "ifcclr":
                self.output.clear()
                return None
            case "getbda":
                self._stream(*arguments("i", rest))
                return None
            case "polbda?":
                newest = int(self._engine.update() / self._engine.interval_s)
                return self._packets_of(max(0, newest - _FRAMES), _FRAMES)
            case "avgexp" if self._streamed is not None:
                raise RefusedError(NOT_ALLOWED)
        command = self._device.table.get(name)
        if command is None:
            raise RefusedError(BAD_COMMAND)
        return command.act(*arguments(command.form, rest))

    def _stream(self, state: float | str) -> None:
        within(float(state), 0, 1)
        # From the next sample that begins; a decimal clock is on the grid to within rounding.
        begins = math.ceil(self._engine.update() / self._engine.interval_s - _ON_THE_GRID)
        self._streamed = begins if state else None

    def run(self) -> None:
        """Send the packets that have become full."""
        now = self._engine.update()
        if self._streamed is None:
            return
        complete = int(now / self._engine.interval_s + _ON_THE_GRID) - self._streamed
        count = complete // _FRAMES * _FRAMES
        if count > 0:
            self.output += self._packets_of(self._streamed, count)
            self._streamed += count

    def _packets_of(self, first: int, count: int) -> bytes:
        samples = self._engine.samples(first, count)
        self._device.registers.post("mesr", int(samples.over_E.any()) << 1 | int(samples.over_I.any()) << 2)
        frames = np.zeros(count, _FRAME)
        frames["flags"], frames["sync"] = samples.flags, samples.sync_V
        frames["current"], frames["potential"] = samples.current_A, samples.potential_V
        packets = bytearray()
        for start in range(0, count, _FRAMES):
            within_it = slice(start, start + _FRAMES)
            footer = self._footer(samples, within_it)
            packets += _packet(self._packets, frames[within_it].tobytes(), footer)
            self._packets = self._packets + 1 & 0xFFFF
        return bytes(packets)

    def _footer(self, samples: Samples, which: slice) -> bytes:
        inputs = self._engine.inputs
        overloads = int(samples.over_E[which].any()) << 2 | int(samples.over_I[which].any()) << 3  # table 5, p. 96
        return struct.pack("<4fB6x", inputs.rtd_C or 0.0, *inputs.aux_V, overloads)


def _packet(counter: int, frames: bytes, footer: bytes) -> bytes:
    """Return a packet as in figure 33, p. 94."""
    header = struct.pack("<BBHI5x", 0x1F, 0x10, counter, len(frames))
    header += bytes([sum(header) & 0xFF]) + b"\r\n"
    packet = header + frames + footer
    return packet + bytes([sum(packet) & 0xFF])
