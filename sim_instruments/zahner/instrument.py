"""A Zahner PP212: its two ports and what can happen to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_instruments.zahner.command_port import CommandPort
from sim_instruments.zahner.engine import Engine
from sim_instruments.zahner.settings import LIMIT, OK, Settings

if TYPE_CHECKING:
    from sim_instruments.core.clock import Clock
    from sim_instruments.core.instrument import ClientSession
    from sim_instruments.sample.cell import Cell


class PP212:
    """A Zahner PP212 with a cell on its leads.

    Parameters
    ----------
    clock : Clock
    cell : Cell
    seed : int
        Of noise and dead times.
    """

    identity = "ZAHNER-ELEKTRIK, PP212, 33021, 1.1.0"

    def __init__(self, clock: Clock, cell: Cell, seed: int = 0) -> None:
        self.engine = Engine(clock, cell, seed)

    @property
    def output_is_on(self) -> bool:
        """Whether the output is on at this moment."""
        return self.engine.on

    def prepare(self) -> None:
        """Work the cell's step response out."""
        self.engine.prepare()

    def update(self) -> float:
        """Bring the instrument to the present."""
        return self.engine.update()

    def client_session(self, channel: str = "", /) -> ClientSession:
        """Return what a client says on the command port, or hears on the ``live`` port."""
        return LivePort(self) if channel == "live" else CommandPort(self.engine, self.identity)

    def inject(self, fault: str) -> None:
        """Let something happen to the instrument."""
        engine = self.engine
        now = engine.update()
        match fault:
            case "cell-open":
                engine.cell.contacts.open(now)
            case "cell-short":
                engine.cell.contacts.short(now)
            case "overtemperature" | "interlock-open" | "compliance":  # all end as a limit that latches (assumed)
                engine.trip(LIMIT)
            case "reboot":
                engine.switch(on=False)
                engine.settings, engine.primitive, engine.status = Settings(), None, OK
            case _:
                raise ValueError(f"a PP212 does not know the fault {fault!r}")


class LivePort:
    """The second serial port: packets of what is measured; it answers only ``*IDN?``."""

    def __init__(self, device: PP212) -> None:
        self._device = device
        self._line = bytearray()
        self.output = bytearray()
        device.engine.live.append(self.output)

    @property
    def waiting(self) -> bool:
        """Whether packets may come: always."""
        return True

    def receive(self, data: bytes) -> None:
        """Take bytes from the client."""
        *lines, rest = (bytes(self._line) + data).split(b"\n")
        self._line = bytearray(rest[-1000:])
        for line in lines:
            if line.strip().upper() == b"*IDN?":
                self.output += self._device.identity.encode() + b" binary\n"

    def run(self) -> None:
        """Bring the instrument to the present: packets that are due are put into `output`."""
        self._device.update()
