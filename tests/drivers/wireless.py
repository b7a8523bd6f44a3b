"""A link without a wire to a simulated instrument on a clock that only the test moves: 12 h take seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from drivers import Block
from sim_instruments.catalogue import CATALOGUE
from sim_instruments.core.clock import ManualClock
from sim_instruments.sample.cell import load_cell
from tests.drivers.conformance import joined

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from drivers import DrivePlan, Potentiostat

_STEP_S = 1e-3  # by which time is moved while an answer is awaited
_PATIENCE_S = 30.0  # instrument time


class Wireless:
    """What a driver needs of a session, over the simulator's own lines. The clock is the driver's too."""

    timeout_s = 1.5

    def __init__(self, kind: str, cell: str = "resistor", seed: int = 2) -> None:
        self.clock = ManualClock()
        self.device = CATALOGUE[kind].make(self.clock, load_cell(cell), seed)
        self.device.prepare()
        self._talk = self.device.client_session()
        self._pending = bytearray(b"\n" if kind.startswith("emstat") else b"")  # an EmStat's greeting has a second line
        self.resource = kind
        self.idn = ""

    def monotonic(self) -> float:
        return self.clock.now()

    def time(self) -> float:
        return 1.7e9 + self.clock.now()

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass for both."""
        self.clock.advance(seconds)
        self._turn()

    def _turn(self) -> None:
        self._talk.run()
        self._pending += bytes(self._talk.output)
        self._talk.output.clear()

    def write(self, message: str) -> None:
        self._talk.receive(message.encode() + b"\n")
        self._turn()

    def query(self, message: str) -> str:
        self.write(message)
        return self.read_line()

    def _await(self, is_enough: Callable[[], bool]) -> None:
        until = self.clock.now() + _PATIENCE_S
        while not is_enough():
            assert self.clock.now() < until, f"no answer; so far {bytes(self._pending[:80])!r}"
            self.advance(_STEP_S)

    def read_line(self) -> str:
        self._await(lambda: b"\n" in self._pending)
        line, _, rest = self._pending.partition(b"\n")
        self._pending = bytearray(rest)
        return line.decode()

    def poll_line(self) -> str | None:
        self._turn()
        return self.read_line() if b"\n" in self._pending else None

    def query_block(self, message: str, count: int, dtype: str) -> NDArray[np.float64]:
        self.write(message)
        size = count * np.dtype(dtype).itemsize
        self._await(lambda: len(self._pending) >= size + 3)
        assert self._pending[:2] == b"#0"
        values = np.frombuffer(bytes(self._pending[2 : 2 + size]), dtype).astype(np.float64)
        del self._pending[: size + 3]
        return values

    def clear(self) -> None:
        self._turn()
        self._pending.clear()

    def close(self) -> None:
        pass


def played_by_clock(link: Wireless, driver: Potentiostat, plan: DrivePlan, step_s: float) -> Block:
    """Run a plan to its end, letting `step_s` pass after reads that bring nothing; the output is off afterwards."""
    driver.arm(plan)
    driver.start()
    blocks = []
    longest = 1.2 * plan.duration_s + 30.0
    began = link.clock.now()
    while (block := driver.read()) is not None:
        blocks.append(block)
        if not len(block):
            assert link.clock.now() - began < longest, "the instrument does not come to its end"
            link.advance(step_s)
    assert driver.safe_state().off
    return joined(blocks)
