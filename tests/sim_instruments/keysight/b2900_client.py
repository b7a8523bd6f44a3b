"""A client of the simulated B2912A, without a link."""

from __future__ import annotations

from functools import lru_cache

from sim_instruments.core.clock import ManualClock
from sim_instruments.keysight.b2900.instrument import B2912A
from sim_instruments.sample.cell import load_cell

_cell = lru_cache(load_cell)


class Talk:
    """A client and the instrument's clock."""

    def __init__(self, cell: str = "resistor") -> None:
        self.clock = ManualClock()
        self.device = B2912A(self.clock, _cell(cell), 1)
        self.exchange = self.device.client_session()

    def write(self, *lines: str) -> None:
        for line in lines:
            self.exchange.receive(line.encode() + b"\n")

    def raw(self, line: str) -> bytes:
        self.write(line)
        while not self.exchange.output and self.exchange.waiting:
            self.wait(0.001)
        answer = bytes(self.exchange.output)
        self.exchange.output.clear()
        return answer

    def ask(self, line: str) -> str:
        return self.raw(line).decode().removesuffix("\n")

    def numbers(self, line: str) -> list[float]:
        return [float(text) for text in self.ask(line).split(",")]

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.exchange.run()

    def error(self) -> int:
        return int(self.ask(":SYST:ERR?").split(",")[0])

    def start_list(self, *more: str) -> None:
        """Play 0, 10, 10, 0 mV for 1 ms each while a sample is taken every 100 us."""
        self.write(
            ":SOUR:VOLT:MODE LIST;:SOUR:LIST:VOLT 0,0.01,0.01,0;:SOUR:VOLT:RANG 0.2",
            ":SENS:CURR:RANG 1e-5;:SENS:CURR:APER 8e-5;:SENS:WAIT OFF;:SENS:CURR:PROT 1e-5",
            ":TRIG:SOUR TIM;:TRIG:TRAN:TIM 1e-3;:TRIG:TRAN:COUN 4;:TRIG:ACQ:TIM 1e-4;:TRIG:ACQ:COUN 40",
            ":TRAC:FEED:CONT NEV;:TRAC:CLE;:TRAC:POIN 40;:TRAC:FEED SENS;:TRAC:FEED:CONT NEXT",
            *more,
            ":INIT (@1)",
        )
