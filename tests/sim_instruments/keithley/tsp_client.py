"""A client of a simulated 2602B whose time passes only here."""

from __future__ import annotations

from functools import lru_cache

from sim_instruments.core.clock import ManualClock
from sim_instruments.keithley.k2600.instrument import TspInstrument
from sim_instruments.sample.cell import load_cell

_cell = lru_cache(load_cell)


class Talk:
    """A client of a 2602B whose time passes only here."""

    def __init__(self, cell: str = "resistor") -> None:
        self.clock = ManualClock()
        self.device = TspInstrument(self.clock, _cell(cell), 1)
        self.talk = self.device.client_session()

    def send(self, *lines: str) -> None:
        for line in lines:
            self.talk.receive(line.encode() + b"\n")

    def raw(self, *lines: str) -> bytes:
        """Send, wait until all is done, and return what came."""
        self.send(*lines)
        for _ in range(100_000):
            if not self.device.scripting and not self.talk.lines:
                break
            self.wait(0.001)
        else:
            raise AssertionError("it does not end")
        return self.take()

    def take(self) -> bytes:
        answer = bytes(self.talk.output)
        self.talk.output.clear()
        return answer

    def ask(self, *lines: str) -> str:
        return self.raw(*lines).decode("latin-1").removesuffix("\n")

    def numbers(self, *lines: str) -> list[float]:
        return [float(text) for text in self.ask(*lines).replace(",", "\t").split("\t")]

    def errors(self) -> list[int]:
        found = []
        while (number := self.numbers("print((errorqueue.next()))")[0]) != 0:
            found.append(int(number))
        return found

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.talk.run()
