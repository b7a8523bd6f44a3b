"""A Keithley 2450, 2460 or 2461 in its TSP command set: scripts in Lua on the same source and measurement as in SCPI.

Pages are those of the 2461 reference manual (2461-901-01 Rev. A), section 8 where none is named. Commands stand for
those of the SCPI set (`tsp_commands`), so that both sets have the same effects; that errors have the numbers of the
SCPI set is assumed. Scripts run in a thread as those of the 2602B do (`k2600.interpreter`).
"""

from __future__ import annotations

import heapq
from collections import deque
from typing import TYPE_CHECKING, Any

from sim_instruments.keithley.k2450.tsp_commands import add_commands
from sim_instruments.keithley.k2600.client_session import IDENTITY
from sim_instruments.keithley.k2600.interpreter import Interpreter
from sim_instruments.keithley.k2600.lua_dialect import translated, with_operators
from sim_instruments.keithley.k2600.numbers import Format
from sim_instruments.keithley.k2600.script_host import ScriptHost
from sim_instruments.scpi.message_exchange import Wait
from sim_instruments.scpi.parser import units
from sim_instruments.scpi.status import ScpiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.core.clock import Clock
    from sim_instruments.keithley.common.source_meter import SourceMeter
    from sim_instruments.keithley.k2600.errors import TspError
    from sim_instruments.keithley.k2600.host import Client
    from sim_instruments.scpi.parser import CommandTree


class HeldClock:
    """A clock that can be held: scripts act at their own times, not at those of looks at the instrument.

    Parameters
    ----------
    base : Clock
        What it shows while it is not held.
    """

    def __init__(self, base: Clock) -> None:
        self.base = base
        self.held_s: float | None = None

    def now(self) -> float:
        """Return instrument seconds since power-on."""
        return self.base.now() if self.held_s is None else self.held_s

    def wall_s(self, instrument_s: float) -> float:
        """Return how many wall seconds a span of instrument time takes."""
        return self.base.wall_s(instrument_s)


class _StatusByte:
    """The status byte as a TSP client's session asks for it."""

    def __init__(self, meter: SourceMeter) -> None:
        self._meter = meter
        self.message_available = False

    def byte(self) -> int:
        return self._meter.status.status_byte(message_available=self.message_available)


class TouchTsp(ScriptHost):
    """The instrument as clients of its TSP command set see it.

    Parameters
    ----------
    identity : str
    tree : CommandTree
        Of the SCPI set.
    meter : SourceMeter
    clock : HeldClock
        By which `meter` lives.
    digitizes : bool
        Whether the model has a digitizer and pulses.
    """

    shows_images = True

    def __init__(
        self, identity: str, tree: CommandTree, meter: SourceMeter, clock: HeldClock, *, digitizes: bool
    ) -> None:
        self.identity = identity
        self.tree = tree
        self.meter = meter
        self._clock = clock
        self.format = Format(precision=7)
        self.status = _StatusByte(meter)
        self.active_client: Client | None = None
        self.answers: deque[str] = deque()
        self._wakes: list[float] = []
        self.lua = Interpreter(
            clock.now,
            lambda t_s: heapq.heappush(self._wakes, t_s),
            self.refuse,
            lambda chunk: translated(with_operators(chunk)),
        )
        add_commands(self, digitizes=digitizes)

    # -- what a client's session asks for -----------------------------------------------------------------------------

    def update(self) -> float:
        """Bring the instrument to the present, and scripts with it: each goes on at the time that it waited for."""
        now = self._clock.base.now()
        while self._wakes and self._wakes[0] <= now:
            self._clock.held_s = heapq.heappop(self._wakes)
            self.meter.update()
            self._go_on()
        self._clock.held_s = None
        self.meter.update()
        self._go_on()
        return now

    def _go_on(self) -> None:
        while self.lua.run():
            pass
        if not self.lua.running:
            self._wakes.clear()
            self.active_client = None

    def execute(self, chunk: str, active_client: Client) -> None:
        """Run a chunk for a client."""
        self.active_client = active_client
        active_client.answered = False
        word = chunk.strip().upper()
        if chunk == IDENTITY:
            chunk = f"print([[{self.identity}]])"
        elif word == "*LANG?":
            chunk = "print([[TSP]])"
        elif word.startswith("*LANG "):
            chunk = ""
            self.scpi(word)
        self.lua.start(chunk)
        self._go_on()

    def refuse(self, error: TspError) -> None:
        """Note an error in the event log."""
        self.note(error.number, error.text)

    def note(self, number: int, text: str) -> None:
        """Note an error in the event log."""
        self.meter.status.log.append((number, text, 1))

    def abort(self) -> None:
        """Do as the message ``abort``: end the script that runs, and the trigger model."""
        self.update()
        self.lua.abort()
        self.meter.abort()
        self._go_on()

    def trigger(self) -> None:
        """Do as ``*TRG``."""
        self.update()
        self.meter.trigger_model.trigger(self.meter.update())

    def clear_status(self) -> None:
        """Do as ``*CLS``."""
        self.meter.status.clear()
        self.meter.status.log.clear()

    # -- what scripts ask for -----------------------------------------------------------------------------------------

    def scpi(self, message: str) -> Any:
        """Do what a SCPI message does, waiting for what takes time; return its last answer.

        What the instrument refuses is noted, and the script goes on.
        """
        answer: Any = None
        try:
            for unit in units(message):
                command, suffixes = self.tree.find(unit.path, query=unit.query)
                answer = command.act(*suffixes, *command.values(unit.parameters))
                if isinstance(answer, Wait):
                    waiting = answer
                    self.wait(waiting.ready)
                    answer = waiting.answer()
        except ScpiError as error:
            self.note(error.number, error.text)
            return None
        return answer

    def play(self, act: Callable[[], None]) -> None:
        """Do something that the instrument may refuse: that is noted, and the script goes on."""
        try:
            act()
        except ScpiError as error:
            self.note(error.number, error.text)

    def wait(self, ready: Callable[[], bool]) -> None:
        """Let the script wait until something is so, looking whenever something happens in the instrument."""
        while not ready():
            due = self.meter.due_s
            now = self._clock.now()
            self.lua.sleep(min(max(due - now, 1e-6), 1e-3) if due > now else 1e-4)
