"""A simulated Keithley on a clock that only a test moves, and one client's session with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pytest

from sim_instruments.core.clock import Clock, ManualClock
from sim_instruments.keithley.k2450.models import Keithley2461
from sim_instruments.sample.cell import Cell, load_cell
from sim_instruments.scpi.message_exchange import Exchange

# A cell is the same for everyone, and its step response takes half a second.
_cell = lru_cache(load_cell)


class Talk:
    """A client and the instrument's clock."""

    def __init__(
        self, cell: str = "resistor", seed: int = 1, make: Callable[[Clock, Cell, int], Any] = Keithley2461
    ) -> None:
        self.clock = ManualClock()
        self.device = make(self.clock, _cell(cell), seed)
        self.exchange = Exchange(self.device)

    def write(self, *lines: str) -> None:
        for line in lines:
            self.exchange.receive(line.encode() + b"\n")

    def raw(self) -> bytes:
        answer = bytes(self.exchange.output)
        self.exchange.output.clear()
        return answer

    def ask(self, line: str) -> str:
        self.write(line)
        return self.raw().decode().removesuffix("\n")

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.exchange.run()

    def error(self) -> int:
        return int(self.ask(":SYST:ERR?").split(",")[0])


@pytest.fixture
def talk() -> Talk:
    return Talk()


@pytest.fixture(scope="session")
def new_talk() -> Callable[..., Talk]:
    return Talk
