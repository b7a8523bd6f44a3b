"""A client of a simulated EC301 that speaks raw lines, in a time of its own."""

from __future__ import annotations

import struct

import numpy as np

from sim_instruments.core.clock import ManualClock
from sim_instruments.sample.cell import load_cell
from sim_instruments.srs.engine import Inputs
from sim_instruments.srs.instrument import EC301

FRAME = np.dtype([("flags", "<i4"), ("sync", "<f4"), ("current", "<f4"), ("potential", "<f4")])


class Client:
    """One client of an EC301 on a resistor of 10 kOhm, unless told otherwise."""

    def __init__(self, cell: str = "resistor", *, first_arb_type: int = 1) -> None:
        self.clock = ManualClock()
        self.device = EC301(self.clock, load_cell(cell), seed=3, first_arb_type=first_arb_type)
        self.engine = self.device.engine
        self.talk = self.device.client_session()

    def restarted(self) -> Client:
        """Switch the instrument off and on; what was worked out of its cell is kept."""
        self.device.inject("reboot")
        self.engine.inputs = Inputs()
        self.engine.switch_cell(on=True)
        self.clock.advance(1.0)
        self.talk = self.device.client_session()
        return self

    def send(self, line: str) -> None:
        """Send a line."""
        self.talk.receive(line.encode() + b"\n")

    def ask(self, line: str) -> str:
        """Send a line, and read what comes: without its end, empty for nothing."""
        self.send(line)
        answer = bytes(self.talk.output)
        self.talk.output.clear()
        return answer.decode().removesuffix("\r\n")

    def frames(self) -> np.ndarray:
        """Return the frames that have been streamed."""
        self.talk.run()
        data = bytes(self.talk.output)
        self.talk.output.clear()
        found, offset = [], 0
        while offset < len(data):
            marker, head, _, payload, end = struct.unpack("<BBHI6xH", data[offset : offset + 16])
            assert (marker, head, end) == (0x1F, 0x10, 0x0A0D)
            found.append(np.frombuffer(data[offset + 16 : offset + 16 + payload], FRAME))
            offset += 16 + payload + 24
        return np.concatenate(found)

    def levels(self, start: str, seconds: float, bit: int) -> list[tuple[float, float]]:
        """Start a waveform; return potential (V) and length (s) of each level while its generator's bit is set."""
        self.send("getbda 1")
        self.send(start)
        self.clock.advance(seconds)
        frames = self.frames()
        played = frames["potential"][(frames["flags"] & 1 << bit) != 0]
        pieces = np.split(played, np.flatnonzero(np.abs(np.diff(played)) > 5e-3) + 1)
        interval = 4e-6 * 2 ** (int(frames["flags"][0]) >> 15 & 15)
        return [(round(float(np.median(piece)), 3), len(piece) * interval) for piece in pieces]
