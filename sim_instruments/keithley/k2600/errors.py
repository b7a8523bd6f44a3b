"""Errors that a TSP instrument queues.

Series 2600B Reference Manual (2600BS-901-01 Rev. C), pp. 8-1 ff. The numbers -2xx and their texts are the manual's;
which number answers which other mistake, and the numbers above 1000, are assumed.
"""

from __future__ import annotations

from collections import deque

from protocols import IonechoError

# What ``errorqueue.next()`` returns when there is nothing: code, message, severity, node.
QUEUE_IS_EMPTY = (0, "Queue Is Empty", 0, 1)
# Errors that are kept (assumed).
_QUEUE_LENGTH = 100
# Severity levels (2606B-901-01 Rev. C, errorqueue.next()):
# 0 none, 10 informational, 20 recoverable, 30 serious, 40 fatal.
_RECOVERABLE, _SERIOUS = 20, 30

# Numbers and texts as in the manual's list of errors.
MESSAGES = {
    -109: "Missing parameter",
    -104: "Data type error",
    -221: "Settings conflict",
    -222: "Parameter data out of range",
    -225: "Out of memory or TSP Memory allocation error",
    -285: "TSP Syntax error",
    -286: "TSP Runtime error",
    -350: "Queue overflow",
    -363: "Input buffer overrun",
    -410: "Query INTERRUPTED",
    -420: "Query UNTERMINATED",
    802: "OUTPUT blocked by interlock",
    1101: "Parameter too big",
    1102: "Parameter too small",
    1205: "TSP-Link initialization failed (no remote nodes found)",
    1401: "Parameter is invalid",
    2203: "Cannot open file: no USB drive",
    4900: "Reading buffer index is invalid",
    4909: "Reading buffer not found",
    5007: "Saved setup not found",
    5018: "Operation not permitted while overlapped operations are running",
    5038: "Output was switched off: the instrument is too hot",
    5042: "Buffer is full: measurement stored no further",
    5046: "Sweep source action is not configured",
    5047: "Sweep measure action is not configured",
    5048: "Measure autorange and autozero must be off for asynchronous measurements",
}


class TspError(IonechoError):
    """Something the instrument refuses; the script that asked for it continues (p. 8-2).

    Attributes
    ----------
    number : int
        Entry of the error queue.
    """

    def __init__(self, number: int, detail: str = "") -> None:
        self.number = number
        self.text = MESSAGES[number] + (f"{detail if detail[:1] == ' ' else ': ' + detail}" if detail else "")
        super().__init__(f"{number}, {self.text}")


class ErrorQueue:
    """First in, first out; on overflow the newest entry becomes -350."""

    def __init__(self) -> None:
        self._entries: deque[tuple[int, str, int, int]] = deque()

    def post(self, error: TspError) -> None:
        """Queue an error."""
        if len(self._entries) < _QUEUE_LENGTH:
            severity = _SERIOUS if error.number in {-350, 5038} else _RECOVERABLE
            self._entries.append((error.number, error.text, severity, 1))
        else:
            self._entries[-1] = (-350, MESSAGES[-350], _SERIOUS, 1)

    def next(self) -> tuple[int, str, int, int]:
        """Return and remove the oldest entry: number, text, severity and node."""
        return self._entries.popleft() if self._entries else QUEUE_IS_EMPTY

    def clear(self) -> None:
        """Forget all entries."""
        self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)
