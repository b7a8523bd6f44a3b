"""Status model: what an instrument remembers of errors and events.

IEEE 488.2 section 11; SCPI-99 volume 1 section 9 and volume 2 section 21.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from protocols import IonechoError

# SCPI-99 volume 2, 21.8; the positive numbers are Keithley's own (manual pp. 3-3 and 6-46).
MESSAGES = {
    -101: "Invalid character",
    -102: "Syntax error",
    -103: "Invalid separator",
    -104: "Data type error",
    -108: "Parameter not allowed",
    -109: "Missing parameter",
    -112: "Program mnemonic too long",
    -113: "Undefined header",
    -114: "Header suffix out of range",
    -120: "Numeric data error",
    -121: "Invalid character in number",
    -131: "Invalid suffix",
    -138: "Suffix not allowed",
    -141: "Invalid character data",
    -151: "Invalid string data",
    -161: "Invalid block data",
    -168: "Block data not allowed",
    -171: "Invalid expression",
    -178: "Expression data not allowed",
    -200: "Execution error",
    -211: "Trigger ignored",
    -213: "Init ignored",
    -221: "Settings conflict",
    -222: "Parameter data out of range",
    -223: "Too much data",
    -224: "Illegal parameter value",
    -230: "Data corrupt or stale",
    -310: "System error",
    -350: "Queue overflow",
    -363: "Input buffer overrun",
    -410: "Query INTERRUPTED",
    -420: "Query UNTERMINATED",
    -430: "Query DEADLOCKED",
    -440: "Query UNTERMINATED after indefinite response",
    802: "OUTPUT blocked by output enable",
    803: "Not permitted with OUTPUT off",
    1115: "Parameter error: TRACe:MAKE cannot take an existing reading buffer name",
    1133: "Parameter 4, Syntax error, expected valid name parameters",
    2771: "Instrument is nearing an internal temperature where corrective action is necessary",
    4915: "Attempting to store past capacity of reading buffer",
    5074: "Output voltage limited by interlock",
}

# Standard event status register, IEEE 488.2 section 11.5.1.
POWER_ON, COMMAND_ERROR, EXECUTION_ERROR, DEVICE_ERROR, QUERY_ERROR, OPERATION_COMPLETE = 128, 32, 16, 8, 4, 1
# Status byte; bit 0 as the 2461 has it (reference manual appendix C).
MEASUREMENT_SUMMARY, ERROR_AVAILABLE, QUESTIONABLE_SUMMARY = 1, 4, 8
MESSAGE_AVAILABLE, EVENT_SUMMARY, MASTER_SUMMARY, OPERATION_SUMMARY = 16, 32, 64, 128


class ScpiError(IonechoError):
    """A command that the instrument refuses.

    Attributes
    ----------
    number : int
        The entry of the error queue.
    """

    def __init__(self, number: int, detail: str = "") -> None:
        self.number = number
        # SCPI-99 volume 2, 21.8.2: 255 characters at most. The text is answered in double quotes.
        self.text = (MESSAGES[number] + (f"; {detail}" if detail else "")).replace('"', "'")[:255]
        super().__init__(f"{number}, {self.text}")


@dataclass
class EventRegister:
    """One register set: condition, event, enable, and which events set and clear each bit (``:STATus:...:MAP``)."""

    condition: int = 0
    event: int = 0
    enable: int = 0
    maps: dict[int, tuple[int, int]] = field(default_factory=dict)

    def post(self, number: int) -> None:
        """Let instrument event `number` set and clear the bits that are mapped to it."""
        for bit, (set_by, cleared_by) in self.maps.items():
            if number == set_by:
                self.condition |= 1 << bit
                self.event |= 1 << bit
            elif number == cleared_by:
                self.condition &= ~(1 << bit)

    def read_event(self) -> int:
        """Return the event register and clear it."""
        value, self.event = self.event, 0
        return value

    @property
    def summary(self) -> bool:
        """Whether an enabled event is set."""
        return bool(self.event & self.enable)


class Status:
    """The status registers and the error queue of one instrument.

    Parameters
    ----------
    queue_length : int
        Entries the error queue holds; on overflow the newest becomes -350.

    Attributes
    ----------
    log : deque of (int, str, int)
        Event log of instruments that have one: number, text, and 1 for an error, 2 for a warning, 4 for information.
    """

    def __init__(self, queue_length: int = 100) -> None:
        self.length = queue_length
        self.power_on()

    def power_on(self) -> None:
        """Be as after switching on: nothing enabled, nothing remembered but the switching on itself."""
        self._queue: deque[tuple[int, str]] = deque()
        self.log: deque[tuple[int, str, int]] = deque(maxlen=1000)
        self.event_status = POWER_ON
        self.event_enable = 0
        self.service_enable = 0
        self.operation = EventRegister()
        self.questionable = EventRegister()

    def post_error(self, error: ScpiError) -> None:
        """Queue an error and set its bit in the standard event status register."""
        if len(self._queue) < self.length:
            self._queue.append((error.number, error.text))
        else:
            self._queue[-1] = (-350, MESSAGES[-350])
        self.log.append((error.number, error.text, 1))
        self.event_status |= _event_bit(error.number)

    def post_event(self, number: int) -> None:
        """Tell the operation and questionable registers of an instrument event (2461 reference manual p. C-10)."""
        self.operation.post(number)
        self.questionable.post(number)

    def next_error(self) -> tuple[int, str]:
        """Return and remove the oldest entry of the queue; 0 if there is none."""
        return self._queue.popleft() if self._queue else (0, "No error")

    @property
    def error_count(self) -> int:
        """Entries in the error queue."""
        return len(self._queue)

    def clear_queue(self) -> None:
        """Empty the error queue, and the event log."""
        self._queue.clear()
        self.log.clear()

    def clear(self) -> None:
        """Do as ``*CLS``: clear events and the queue, not the enable registers."""
        self._queue.clear()
        self.event_status = 0
        self.operation.event = self.questionable.event = 0

    def preset(self) -> None:
        """Do as ``:STATus:PRESet``: clear the enable registers of operation and questionable."""
        self.operation.enable = self.questionable.enable = 0

    def read_event_status(self) -> int:
        """Return the standard event status register and clear it (``*ESR?``)."""
        value, self.event_status = self.event_status, 0
        return value

    def status_byte(self, *, message_available: bool) -> int:
        """Return the status byte with its master summary (``*STB?``)."""
        byte = 0
        if self._queue:
            byte |= ERROR_AVAILABLE
        if self.questionable.summary:
            byte |= QUESTIONABLE_SUMMARY | MEASUREMENT_SUMMARY
        if message_available:
            byte |= MESSAGE_AVAILABLE
        if self.event_status & self.event_enable:
            byte |= EVENT_SUMMARY
        if self.operation.summary:
            byte |= OPERATION_SUMMARY
        if byte & self.service_enable & ~MASTER_SUMMARY:
            byte |= MASTER_SUMMARY
        return byte


def _event_bit(number: int) -> int:
    if -199 <= number <= -100:
        return COMMAND_ERROR
    if -299 <= number <= -200 or number in {802, 803, 1133}:
        return EXECUTION_ERROR
    if -499 <= number <= -400:
        return QUERY_ERROR
    return DEVICE_ERROR
