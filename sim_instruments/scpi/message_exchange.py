"""Message exchange of IEEE 488.2: program messages become answers, one client at a time.

IEEE 488.2 section 6 (message exchange) and section 10 (common commands).
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sim_instruments.scpi.parser import Command, CommandTree, Numeric, units
from sim_instruments.scpi.status import OPERATION_COMPLETE, ScpiError, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sim_instruments.scpi.parser import Unit
    from sim_instruments.scpi.status import EventRegister

MAX_MESSAGE = 1_000_000  # bytes; longer lines are an input overrun (assumed)
MAX_ANSWER = 1 << 28  # bytes; longer answers to one message are a deadlock (assumed)
_UNREADABLE = re.compile(r"[^ -~\t\r]")
_INDEFINITE = {"*IDN", "*OPT", "*LRN"}
"""Queries answered by arbitrary ASCII, which only the end of the message ends (IEEE 488.2 section 8.7.11)."""


@dataclass(frozen=True)
class Wait:
    """An answer that is not there yet: a reading that takes time, or ``*OPC?``.

    Attributes
    ----------
    ready : callable
        Says whether it is there now.
    answer : callable
        Gives it; None for a command without an answer, such as ``*WAI``.
    """

    ready: Callable[[], bool]
    answer: Callable[[], str | bytes | None]


class Device(Protocol):
    """An instrument as the message exchange sees it."""

    tree: CommandTree
    status: Status
    message_available: bool

    def update(self) -> object:
        """Bring the instrument to the present."""

    @property
    def busy(self) -> bool:
        """Whether an overlapped operation is running."""

    def reset(self) -> None:
        """Do as ``*RST``."""

    def trigger(self) -> None:
        """Do as ``*TRG``."""

    @property
    def identity(self) -> str:
        """Answer of ``*IDN?``."""


class Exchange:
    """One client's session: bytes in, bytes out, in order.

    A raw socket has no END message: an answer that is not read simply queues up, so that -410, -420 and -440 never
    arise there. HiSLIP and VXI-11 carry messages (`message`), and the protocol of IEEE 488.2 section 6.3 holds.

    Parameters
    ----------
    device : Device
        The instrument; several exchanges may share it.
    """

    def __init__(self, device: Device) -> None:
        self._device = device
        self._input = bytearray()
        self._overrun = False
        self._messages: deque[str] = deque()
        self._units: Iterator[Unit] | None = None
        self._answers: list[bytes] = []
        self._wait: Wait | None = None
        self._in_messages = False
        self._indefinite = False
        self.output = bytearray()

    @property
    def waiting(self) -> bool:
        """Whether a command waits for the instrument; later commands of this client queue behind it."""
        return self._wait is not None

    def receive(self, data: bytes) -> None:
        """Take bytes from the client and act on every message that is complete."""
        self._input += data
        *lines, rest = self._input.split(b"\n")
        self._input = bytearray(rest)
        for line in lines:
            if self._overrun or len(line) > MAX_MESSAGE:
                self._overrun_ended()
            else:
                self._messages.append(line.decode("latin-1"))
        if len(self._input) > MAX_MESSAGE:
            self._input.clear()
            self._overrun = True
        self.run()

    def _overrun_ended(self) -> None:
        self._overrun = False
        self._device.status.post_error(ScpiError(-363))

    def run(self) -> None:
        """Go on until no message is left or a command has to wait."""
        while True:
            self._device.update()
            if self._wait is not None:
                if not self._wait.ready():
                    return
                self._answered(self._wait.answer)
                self._wait = None
            elif self._units is not None:
                self._next_unit(self._units)
            elif self._messages:
                self._units = _readable(self._messages.popleft())
            else:
                return

    # -- messages that end --------------------------------------------------------------------------------------------

    def message(self, data: bytes, *, end: bool) -> None:
        """Take a message or a part of one; its end is also that of a line."""
        self._in_messages = True
        self.receive(data + (b"\n" if end and not data.endswith(b"\n") else b""))

    def interrupted(self) -> None:
        """Forget the answer that was not read: -410 (IEEE 488.2 section 6.3.2.3)."""
        self._forget_answer()
        self._device.status.post_error(ScpiError(-410))

    def unterminated(self) -> None:
        """Have nothing to say to a client that reads: -420 (IEEE 488.2 section 6.3.2.2)."""
        self._input.clear()
        self._device.status.post_error(ScpiError(-420))

    def clear(self) -> None:
        """Forget input, output and what waits (device clear, IEEE 488.2 section 5.8)."""
        self._input.clear()
        self._messages.clear()
        self._overrun = False
        self._forget_answer()

    def _forget_answer(self) -> None:
        self.output.clear()
        self._answers, self._units, self._wait, self._indefinite = [], None, None, False

    def trigger(self) -> None:
        """Do as the group execute trigger: as ``*TRG``."""
        try:
            self._device.update()
            self._device.trigger()
        except ScpiError as error:
            self._device.status.post_error(error)

    def status_byte(self, *, message_available: bool) -> int:
        """Return the status byte of a serial poll: as ``*STB?``, without RQS of its own."""
        self._device.update()
        return self._device.status.status_byte(message_available=message_available or bool(self.output))

    # -- units --------------------------------------------------------------------------------------------------------

    def _next_unit(self, program: Iterator[Unit]) -> None:
        try:
            unit = next(program, None)
            if unit is None:
                self._finish()
                return
            if unit.query and self._indefinite and self._in_messages:
                self._after_indefinite()
                return
            self._indefinite |= unit.query and unit.path[-1].upper() in _INDEFINITE
            command, suffixes = self._device.tree.find(unit.path, query=unit.query)
            values = command.values(unit.parameters)
            self._device.message_available = bool(self.output or self._answers)
            result = command.act(*suffixes, *values)
        except ScpiError as error:
            self._refuse(error)
        else:
            if isinstance(result, Wait):
                self._wait = result
            else:
                self._answered(lambda: result)

    def _after_indefinite(self) -> None:
        """Refuse a query after one whose answer only the end of the message ends: -440 (section 6.5.7.5)."""
        self._forget_answer()
        self._device.status.post_error(ScpiError(-440))

    def _refuse(self, error: ScpiError) -> None:
        self._device.status.post_error(error)
        if error.number > -200 and error.number < 0:  # a command error discards the rest of the message
            self._finish()

    def _answered(self, answer: Callable[[], str | bytes | None]) -> None:
        try:
            text = answer()
        except ScpiError as error:
            self._refuse(error)
            return
        if text is not None:
            self._answers.append(text.encode("latin-1") if isinstance(text, str) else text)

    def _finish(self) -> None:
        if self._answers:
            answer = b";".join(self._answers) + b"\n"
            if self._in_messages and any(message.strip() for message in self._messages):
                # The next message is already there: nobody will read this answer (IEEE 488.2 section 6.3.2.3).
                self._device.status.post_error(ScpiError(-410))
            elif self._in_messages and len(answer) > MAX_ANSWER:
                # Nobody reads while the message is still being worked off: IEEE 488.2 section 6.3.1.7.
                self._device.status.post_error(ScpiError(-430))
            else:
                self.output += answer
        self._answers = []
        self._units = None
        self._indefinite = False


def _readable(message: str) -> Iterator[Unit]:
    if _UNREADABLE.search(message):
        raise ScpiError(-101)
    yield from units(message.rstrip("\r"))


class CommonCommands:
    """The mandatory common commands of IEEE 488.2, with SCPI-99's status and error commands.

    Parameters
    ----------
    tree : CommandTree
        Where they are entered.
    device : Device
        The instrument.
    """

    def __init__(self, tree: CommandTree, device: Device) -> None:
        self._device = device
        self._status = device.status
        self._pending = False  # *OPC was sent while an overlapped operation went on
        tree.add("*IDN?", Command(lambda: device.identity))
        tree.add("*RST", Command(device.reset))
        tree.add("*TRG", Command(device.trigger))
        tree.add("*TST?", Command(lambda: "0"))
        tree.add("*OPC", Command(self._operation_complete))
        tree.add("*OPC?", Command(lambda: Wait(lambda: not device.busy, lambda: "1")))
        tree.add("*WAI", Command(lambda: Wait(lambda: not device.busy, lambda: None)))
        self._add_status(tree)
        self._add_errors(tree)

    def _add_status(self, tree: CommandTree) -> None:
        status = self._status
        byte = Numeric(0, 255, 0, integer=True)
        tree.add("*CLS", Command(self._clear))
        tree.add("*ESR?", Command(self._event_status))
        tree.add("*STB?", Command(self._status_byte))
        tree.add("*ESE", Command(lambda value: setattr(status, "event_enable", int(value)), (byte,), 1))
        tree.add("*ESE?", Command(lambda: str(status.event_enable)))
        # Bit 6 cannot be enabled (IEEE 488.2 section 11.3.2).
        tree.add("*SRE", Command(lambda value: setattr(status, "service_enable", int(value) & ~64), (byte,), 1))
        tree.add("*SRE?", Command(lambda: str(status.service_enable)))
        tree.add(":STATus:PRESet", Command(status.preset))
        _add_register(tree, ":STATus:OPERation", status.operation)
        _add_register(tree, ":STATus:QUEStionable", status.questionable)

    def _add_errors(self, tree: CommandTree) -> None:
        status = self._status
        tree.add(":SYSTem:ERRor[:NEXT]?", Command(lambda: '{},"{}"'.format(*status.next_error())))
        tree.add(":SYSTem:ERRor:CODE[:NEXT]?", Command(lambda: str(status.next_error()[0])))
        tree.add(":SYSTem:ERRor:COUNt?", Command(lambda: str(status.error_count)))
        tree.add(":SYSTem:CLEar", Command(status.clear_queue))

    def _operation_complete(self) -> None:
        # The bit comes when the overlapped operation ends; the client continues meanwhile (IEEE 488.2 section 12.5.2).
        self._pending = True
        self._settle()

    def _settle(self) -> None:
        if self._pending and not self._device.busy:
            self._pending = False
            self._status.event_status |= OPERATION_COMPLETE

    def _event_status(self) -> str:
        self._settle()
        return str(self._status.read_event_status())

    def _status_byte(self) -> str:
        self._settle()
        return str(self._status.status_byte(message_available=self._device.message_available))

    def _clear(self) -> None:
        self._pending = False
        self._status.clear()


def _add_register(tree: CommandTree, node: str, register: EventRegister) -> None:
    word = Numeric(0, 65535, 0, integer=True)
    event = Numeric(0, 32767, 0, integer=True)
    bit = Numeric(0, 14, 0, integer=True)
    tree.add(f"{node}[:EVENt]?", Command(lambda: str(register.read_event())))
    tree.add(f"{node}:CONDition?", Command(lambda: str(register.condition)))
    tree.add(f"{node}:ENABle", Command(lambda value: setattr(register, "enable", int(value)), (word,), 1))
    tree.add(f"{node}:ENABle?", Command(lambda: str(register.enable)))

    def map_events(number: float, set_by: float, cleared_by: float = 0.0) -> None:
        register.maps[int(number)] = (int(set_by), int(cleared_by))

    tree.add(f"{node}:MAP", Command(map_events, (bit, event, event), 2))
    tree.add(f"{node}:MAP?", Command(lambda number: "{},{}".format(*register.maps.get(int(number), (0, 0))), (bit,), 1))
