"""Commands of an EC301, and its binary stream.

Commands are words with whole numbers, ended by a line feed and chained by semicolons; letter case does not matter
(*EC301 User Manual* rev. 1.2, chapter 4; lib-maxiv-ec301). A command that is not understood gets no reply at all, not
even a query; it is kept as an error for ``errlst?``. While the binary stream runs, queries are not answered.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from sim_instruments.srs.engine import MAX_POINTS, Engine, Settings, StepProgram

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.core.clock import Clock
    from sim_instruments.sample.cell import Cell

# Codes and texts (assumed).
_ERRORS = {0: "no error", 1: "undefined command", 2: "illegal value", 3: "not now", 4: "program cannot be played"}
_UNDEFINED, _ILLEGAL, _NOT_NOW, _UNPLAYABLE = 1, 2, 3, 4
_LIMITS = {
    "ecmode": (0, 2), "irange": (1, 10), "irnaut": (0, 1), "eadcrg": (0, 2), "avgexp": (0, 8), "clbwth": (0, 5),
    "celimt": (0, 1), "celimv": (500, 30000), "eadcfl": (0, 2), "iadcfl": (1, 2), "lpfile": (0, 1), "lpfili": (0, 1),
    "irenab": (0, 1), "irtype": (0, 2), "brenab": (0, 1), "bstren": (0, 1), "autotb": (0, 1), "dcntrl": (0, 1),
    "addscn": (0, 1), "trgarm": (0, 1),
}  # fmt: skip
_FRAMES = 64  # in a packet (assumed; the header says how many bytes)
# Largest set potential (assumed).
_MAX_LEVEL_MV = 15000


class RefusedError(Exception):
    """A command that gets no reply.

    Parameters
    ----------
    number : int
        What ``errlst?`` will say.
    """

    def __init__(self, number: int) -> None:
        super().__init__(_ERRORS[number])
        self.number = number


class EC301:
    """An EC301 with a cell on its leads.

    Parameters
    ----------
    clock : Clock
    cell : Cell
    seed : int
        Of the noise.
    """

    identity = "Stanford_Research_Systems,EC301,s/n009012,ver2.0"

    def __init__(self, clock: Clock, cell: Cell, seed: int = 0) -> None:
        self.engine = Engine(clock, cell, seed)
        self.errors: list[int] = []

    @property
    def output_is_on(self) -> bool:
        """Whether the output is on at this moment."""
        return self.engine.cell_on

    def prepare(self) -> None:
        """Work the cell's step response out."""
        self.engine.prepare()

    def update(self) -> float:
        """Bring the instrument to the present."""
        return self.engine.update()

    def client_session(self, _channel: str = "", /) -> ClientSession:
        """Return a client's session."""
        return ClientSession(self)

    def inject(self, fault: str) -> None:
        """Let something happen to the instrument."""
        engine = self.engine
        match fault:
            case "cell-open":
                engine.cell.contacts.open(engine.update())
            case "cell-short":
                engine.cell.contacts.short(engine.update())
            case "error-storm":
                self.errors += [_UNDEFINED] * 50
            case "interlock-open" | "overtemperature":  # either opens the cell (assumed)
                engine.switch_cell(on=False)
            case "reboot":
                engine.enable(on=False)
                engine.settings, engine.program = Settings(), StepProgram()
            case _:
                raise ValueError(f"an EC301 does not know the fault {fault!r}")


class ClientSession:
    """One client's commands, answers and stream.

    Parameters
    ----------
    device : EC301
    """

    def __init__(self, device: EC301) -> None:
        self._device = device
        self._engine = device.engine
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
        self._line = bytearray(rest[-10_000:])
        self.run()
        for line in lines:
            for command in line.decode("latin-1").split(";"):
                if command.strip():
                    self._obey(command.strip())

    def _obey(self, command: str) -> None:
        try:
            answer = self._answer(command.lower())
        except RefusedError as refused:
            self._device.errors.append(refused.number)
            return
        if answer is not None and self._streamed is None:
            self.output += answer.encode("latin-1") + b"\r\n"

    def _answer(self, command: str) -> str | None:
        name, *words = command.replace(",", " ").split()
        try:
            values = [int(float(word)) for word in words]
        except ValueError:
            raise RefusedError(_ILLEGAL) from None
        if name in _LIMITS:
            self._set(name, values)
            return None
        if name.endswith("?") and name[:-1] in (*_LIMITS, "setvol"):
            return str(getattr(self._engine.settings, name[:-1]))
        act = self._actions().get(name)
        if act is None:
            raise RefusedError(_UNDEFINED)
        try:
            return act(*values)
        except TypeError:
            raise RefusedError(_ILLEGAL) from None

    def _set(self, name: str, values: list[int]) -> None:
        low, high = _LIMITS[name]
        if len(values) != 1 or not low <= values[0] <= high:
            raise RefusedError(_ILLEGAL)
        if name == "avgexp" and self._streamed is not None:
            raise RefusedError(_NOT_NOW)
        setattr(self._engine.settings, name, values[0])

    def _actions(self) -> dict[str, Callable[..., str | None]]:
        engine = self._engine
        return {
            "*idn?": lambda: self._device.identity,
            "ceenab": self._enable,
            "ceenab?": lambda: str(int(engine.enabled)),
            "cellon?": lambda: str(int(engine.cell_on)),
            "setvol": self._set_potential,
            "vlevel?": lambda: f"{self._now()[1]:.6e}",
            "ilevel?": lambda: f"{self._now()[0]:.6e}",
            "plinit": self._new_program,
            "psteps": lambda steps: self._program("steps", steps, 1_000_000),
            "plimit": lambda passes: self._program("passes", passes, 65_535),
            "ppoint": lambda points: self._program("points", points, MAX_POINTS),
            "plendm": lambda mode: self._program("end_mode", mode, 3),
            "pdatap": lambda point, level: self._point("levels_mV", point, level, -_MAX_LEVEL_MV, _MAX_LEVEL_MV),
            "pholdt": lambda point, hold: self._point("holds", point, hold, 1, 2**31 - 1),
            "pincrm": lambda point, _by, _type: self._increment(point),
            "pprogm?": self._check_program,
            "pstart": lambda _trigger: self._start(),
            "plstop": engine.stop_program,
            "rampen": lambda: None,
            "getbda": self._stream,
            "errlst?": lambda: str(self._device.errors.pop(0) if self._device.errors else 0),
            "errdcd?": lambda number: _ERRORS.get(number, "unknown error"),
        }

    def _enable(self, state: int) -> None:
        if state not in {0, 1}:
            raise RefusedError(_ILLEGAL)
        self._engine.enable(on=bool(state))

    def _set_potential(self, millivolts: int) -> None:
        if abs(millivolts) > _MAX_LEVEL_MV:
            raise RefusedError(_ILLEGAL)
        self._engine.set_potential(millivolts)

    def _now(self) -> tuple[float, float]:
        newest = max(0, int(self._engine.update() / self._engine.interval_s) - 1)
        _, current, potential = self._engine.samples(newest, 1)
        return float(current[0]), float(potential[0])

    def _new_program(self) -> None:
        if self._engine.running:
            raise RefusedError(_NOT_NOW)
        self._engine.program = StepProgram()

    def _program(self, field: str, value: int, largest: int) -> None:
        if not 0 <= value <= largest:
            raise RefusedError(_ILLEGAL)
        setattr(self._engine.program, field, value)

    def _point(self, field: str, point: int, value: int, low: int, high: int) -> None:
        if not (0 <= point < MAX_POINTS and low <= value <= high):
            raise RefusedError(_ILLEGAL)
        getattr(self._engine.program, field)[point] = value

    @staticmethod
    def _increment(point: int) -> None:
        if not 0 <= point < MAX_POINTS:
            raise RefusedError(_ILLEGAL)

    def _check_program(self) -> str:
        if self._engine.program.fault:
            raise RefusedError(_UNPLAYABLE)
        return "0"

    def _start(self) -> None:
        if self._engine.program.fault:
            raise RefusedError(_UNPLAYABLE)
        if self._engine.running or not self._engine.cell_on:
            raise RefusedError(_NOT_NOW)
        self._engine.start_program()

    def _stream(self, state: int) -> None:
        if state not in {0, 1}:
            raise RefusedError(_ILLEGAL)
        self._streamed = int(self._engine.update() / self._engine.interval_s) if state else None

    def run(self) -> None:
        """Send the packets that have become full."""
        now = self._engine.update()
        if self._streamed is None:
            return
        complete = int(now / self._engine.interval_s) - self._streamed
        count = complete // _FRAMES * _FRAMES
        if count:
            self.output += self._packed(*self._engine.samples(self._streamed, count))
            self._streamed += count

    def _packed(self, flags: np.ndarray, current: np.ndarray, potential: np.ndarray) -> bytes:
        """Return packets: 16 bytes of header (counter at 2, bytes of frames at 4), frames of 16, a trailer of 24."""
        frame = np.dtype([("flags", "<i4"), ("aux", "<f4"), ("current", "<f4"), ("potential", "<f4")])
        frames = np.zeros(len(flags), frame)
        frames["flags"], frames["aux"], frames["current"], frames["potential"] = flags, 5.0, current, potential
        packets = bytearray()
        for start in range(0, len(flags), _FRAMES):
            packets += struct.pack("<xxHI8x", self._packets & 0xFFFF, _FRAMES * frame.itemsize)
            packets += frames[start : start + _FRAMES].tobytes() + bytes(24)
            self._packets += 1
        return bytes(packets)
