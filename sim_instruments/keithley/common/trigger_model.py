"""The trigger model of Keithley instruments: which block runs, at what time, how often.

Blocks run on the instrument's clock. A block takes the time that its delay or its readings take and none besides: the
overhead of a block on the real instrument is not in the manual and is assumed 0. Manual pages are those of the 2461
reference manual.

One file over 400 lines on purpose: what a block is and what it does are read together.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sim_instruments.scpi.status import ScpiError

if TYPE_CHECKING:
    from collections.abc import Sequence

_STATE_CHECK_S = 0.1  # p. 6-234: "checks the state of a started trigger model every 100 ms"
# Blocks without a wait between them after which a model counts as an endless loop (ours: no real clock stands still).
_MAX_INSTANT_BLOCKS = 1_000_000


class State(enum.Enum):
    """States of a trigger model (p. 6-235)."""

    EMPTY = "EMPTY"
    BUILDING = "BUILDING"
    IDLE = "IDLE"
    RUNNING = "RUNNING"
    WAITING = "WAITING"
    FAILED = "FAILED"
    ABORTED = "ABORTED"


class Machine(Protocol):
    """What a trigger model's blocks act on. Every action says when it happens, in instrument seconds."""

    def clear_buffer(self, t_s: float, name: str) -> None:
        """Forget the readings of a buffer."""

    def list_size(self, name: str) -> int:
        """Return how many points a configuration list holds."""

    def recall(self, t_s: float, name: str, index: int) -> None:
        """Make the settings of a configuration list's point (from 1) the active ones."""

    def switch_output(self, t_s: float, *, on: bool) -> None:
        """Switch the output."""

    def switch_pulse(self, t_s: float, *, on: bool) -> None:
        """Begin or end a pulse."""

    def user_delay_s(self, kind: str, number: int) -> float:
        """Return user delay SOUR or MEAS 1 to 5."""

    def take_readings(self, t_s: float, name: str, count: int | None, *, digitize: bool) -> float:
        """Start readings into a buffer, None for no end; return how long they take (0 if endless)."""

    def stop_readings(self, t_s: float) -> None:
        """End endless readings."""

    def limited(self, t_s: float) -> bool:
        """Return whether the source is held back by its limit."""

    def post_event(self, number: int) -> None:
        """Tell the status registers of an event (p. C-10)."""

    def notify(self, number: int, t_s: float) -> None:
        """Let notify event 1 to 8 happen at t_s."""

    def next_event_s(self, event: str, t_s: float, *, only_new: bool) -> float | None:
        """Return when who waits for an event from t_s on may go on; None if it will not come by itself."""

    def post_error(self, error: ScpiError) -> None:
        """Queue the error of a block that could not be executed."""


@dataclass(frozen=True)
class Block:
    """A building block. Subclasses say what happens when it is reached."""

    def text(self) -> str:
        """Return how ``:TRIGger:BLOCk:LIST?`` shows it."""
        values = " ".join(f"{key.upper()}: {value}" for key, value in vars(self).items())
        return f"{type(self).__name__} {values}".rstrip()


@dataclass(frozen=True)
class BufferClear(Block):
    """Clear a reading buffer (p. 6-194)."""

    buffer: str


@dataclass(frozen=True)
class ConfigRecall(Block):
    """Recall a point of a configuration list, or of one of the source and one of the measurement (p. 6-198)."""

    config_list: str
    index: int
    other_list: str = ""
    other_index: int = 1


@dataclass(frozen=True)
class ConfigStep(Block):
    """Recall the next (+1) or previous (-1) point of one or two lists, round and round (pp. 6-196, 6-197, 8-283)."""

    config_list: str
    step: int
    other_list: str = ""


@dataclass(frozen=True)
class Delay(Block):
    """Wait a fixed time (p. 6-199)."""

    seconds: float


@dataclass(frozen=True)
class DynamicDelay(Block):
    """Wait the user delay that is set when the block is reached (p. 6-200)."""

    kind: str
    number: int


@dataclass(frozen=True)
class TakeReadings(Block):
    """Measure (p. 6-207) or digitize (p. 6-202): `count` readings, None for endless, 0 to end endless ones."""

    buffer: str
    count: int | None
    digitize: bool


@dataclass(frozen=True)
class SourceState(Block):
    """Switch the output (p. 6-212)."""

    on: bool


@dataclass(frozen=True)
class PulseState(Block):
    """Begin or end a pulse (p. 6-207): without an output that is on none is generated."""

    on: bool


@dataclass(frozen=True)
class BranchCounter(Block):
    """Go to a block until this one was reached `target` times (p. 6-186).

    The counter is raised before it is compared: with a target of 5 the loop's body runs 5 times. Reached again after
    that, it starts anew: the manual's example of two nested counters makes 5 x 3 = 15 readings.
    """

    target: int
    branch_to: int


@dataclass(frozen=True)
class BranchAlways(Block):
    """Go to a block (p. 6-185)."""

    branch_to: int


@dataclass(frozen=True)
class BranchDuring(Block):
    """Go to a block for a time after the start: what the DurationLoop template puts in (its block is assumed)."""

    seconds: float
    branch_to: int


@dataclass(frozen=True)
class BranchLimited(Block):
    """Go to a block if the source is held back by its limit: what ``failAbort`` of the sweeps puts in (p. 6-121)."""

    branch_to: int


@dataclass(frozen=True)
class Wait(Block):
    """Wait for an event (p. 6-213): a trigger from the command interface, ``*TRG``, or what a timer generates."""

    event: str
    only_new: bool = False


@dataclass(frozen=True)
class Notify(Block):
    """Generate notify event 1 to 8 (p. 6-210)."""

    number: int


@dataclass(frozen=True)
class LogEvent(Block):
    """Log an event whose number is that of its kind (pp. 6-205, C-10)."""

    number: int
    message: str


@dataclass(frozen=True)
class NoOperation(Block):
    """Do nothing (p. 6-209)."""


class TriggerModel:
    """A trigger model and its run: EMPTY -> BUILDING -> RUNNING (-> WAITING) -> IDLE, ABORTED or FAILED.

    Parameters
    ----------
    machine : Machine
        What the blocks act on.
    """

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.load([])

    def load(self, blocks: Sequence[Block]) -> None:
        """Replace all blocks."""
        self._blocks = list(blocks)
        self.state = State.BUILDING if self._blocks else State.EMPTY
        self._position = 0  # the block that comes next
        self._executing = 0
        self._time = self._begun_s = 0.0
        self._counts: dict[int, int] = {}
        self._indices: dict[str, int] = {}
        self._shown = (self.state, 0)
        self._next_check = 0.0

    def set_block(self, number: int, block: Block) -> None:
        """Put a block at a position (from 1); positions that were skipped become no-operations (p. 6-209)."""
        self._blocks += [NoOperation()] * (number - len(self._blocks))
        self._blocks[number - 1] = block
        self.state = State.BUILDING
        self._shown = (self.state, 0)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks in order."""
        return tuple(self._blocks)

    @property
    def running(self) -> bool:
        """Whether it runs or waits."""
        return self.state in {State.RUNNING, State.WAITING}

    def loops(self, number: int) -> int:
        """Return how often the counter block at a position was reached in its present round (p. 6-187)."""
        return self._counts.get(number, 0)

    def start(self, t_s: float) -> None:
        """Run from block 1 at t_s."""
        self.state = State.RUNNING
        self._position, self._executing, self._time = 1, 1, t_s
        self._begun_s = t_s
        self._counts, self._indices = {}, {}
        self._shown, self._next_check = (self.state, 1), t_s + _STATE_CHECK_S
        self._machine.post_event(2731)

    def abort(self, t_s: float) -> None:
        """Stop at once. Settings and output stay as they are (SCPI-99 volume 2, 24.1; assumed for the 2461)."""
        if self.running:
            self._machine.stop_readings(t_s)
            self._end(State.ABORTED, 2728)
            self._shown = (self.state, self._executing)

    def trigger(self, t_s: float) -> bool:
        """Let a waiting model go on (``*TRG``); return whether it waited."""
        if self.state is not State.WAITING:
            return False
        self.state = State.RUNNING
        self._time = t_s
        self._position += 1
        return True

    def shown(self, t_s: float) -> tuple[State, int]:
        """Return state and block as ``:TRIGger:STATe?`` tells them: as they were at the last check, every 100 ms."""
        self._check(t_s)
        return self._shown

    @property
    def due_s(self) -> float:
        """When the next block is due, instrument seconds; infinite if none is."""
        return self._time if self.state is State.RUNNING else math.inf

    def advance(self, now_s: float) -> None:
        """Execute every block that is due by now_s; go on from a wait whose event has come meanwhile."""
        if self.state is State.WAITING:
            self._pass_wait()
        instant, since = 0, self._time
        while self.state is State.RUNNING and self._time <= now_s:
            if self._position > len(self._blocks):
                self._machine.stop_readings(self._time)
                self._end(State.IDLE, 2732)
                return
            self._check(self._time)
            self._executing = self._position
            try:
                self._execute(self._blocks[self._position - 1])
            except ScpiError as error:
                self._machine.post_error(error)
                self._fail()
                return
            instant = instant + 1 if self._time == since else 0
            since = self._time
            if instant > _MAX_INSTANT_BLOCKS:  # a loop without a delay would never come back
                self._fail()
                return
        self._check(now_s)

    def _pass_wait(self) -> None:
        block = self._blocks[self._position - 1]
        if not isinstance(block, Wait):
            return
        due = self._machine.next_event_s(block.event, self._time, only_new=block.only_new)
        if due is not None:
            self.trigger(max(due, self._time))

    def _check(self, t_s: float) -> None:
        if t_s >= self._next_check:
            self._shown = (self.state, self._executing)
            missed = int((t_s - self._next_check) / _STATE_CHECK_S)
            self._next_check += (missed + 1) * _STATE_CHECK_S

    def _fail(self) -> None:
        self._machine.stop_readings(self._time)
        self._end(State.FAILED, 2730)

    def _end(self, state: State, event: int) -> None:
        self.state = state
        self._machine.post_event(event)

    def _execute(self, block: Block) -> None:
        following = self._position + 1
        match block:
            case BranchCounter(target, branch_to):
                following = self._count(target, branch_to)
            case BranchAlways(branch_to):
                following = branch_to
            case BranchDuring(seconds, branch_to) if self._time - self._begun_s < seconds:
                following = branch_to
            case BranchLimited(branch_to) if self._machine.limited(self._time):
                following = branch_to
            case Wait(event, only_new):
                due = self._machine.next_event_s(event, self._time, only_new=only_new)
                if due is None:
                    self.state = State.WAITING
                    following = self._position
                else:
                    self._time = due
            case _:
                self._act(block)
        self._position = following

    def _act(self, block: Block) -> None:
        """Execute a block after which the next one follows."""
        t, machine = self._time, self._machine
        match block:
            case Delay(seconds):
                self._time += seconds
            case DynamicDelay(kind, number):
                self._time += machine.user_delay_s(kind, number)
            case ConfigRecall() | ConfigStep():
                self._configure(block)
            case TakeReadings(_, 0):
                machine.stop_readings(t)
            case TakeReadings(buffer, count, digitize):
                self._time += machine.take_readings(t, buffer, count, digitize=digitize)
            case SourceState(on) | PulseState(on):
                switch = machine.switch_output if isinstance(block, SourceState) else machine.switch_pulse
                switch(t, on=on)
            case BufferClear(buffer):
                machine.clear_buffer(t, buffer)
            case LogEvent(number):
                machine.post_event(number)
            case Notify(number):
                machine.notify(number, t)

    def _configure(self, block: ConfigRecall | ConfigStep) -> None:
        """Recall a point of each configuration list of a block."""
        if isinstance(block, ConfigRecall):
            points = [(block.config_list, block.index), (block.other_list, block.other_index)]
        else:
            lists = [name for name in (block.config_list, block.other_list) if name]
            points = [(name, self._neighbour(name, block.step)) for name in lists]
        for name, index in points:
            if name:
                self._recall(name, index)

    def _count(self, target: int, branch_to: int) -> int:
        count = self._counts.get(self._position, 0) + 1
        self._counts[self._position] = count
        if count < target:
            return branch_to
        self._counts[self._position] = 0
        return self._position + 1

    def _neighbour(self, name: str, step: int) -> int:
        size = self._machine.list_size(name)
        if (index := self._indices.get(name)) is None:
            return 1 if step > 0 else size  # pp. 8-283, 8-285: the first time, unless a recall block came before
        return (index - 1 + step) % size + 1

    def _recall(self, name: str, index: int) -> None:
        self._indices[name] = index
        self._machine.recall(self._time, name, index)
