"""What goes wrong, and when: faults of the link and of the instrument, on demand or by schedule.

A fault is written ``NAME[=VALUE]@WHEN``, e.g. ``drop-fin@1000``, ``late=3s@command=TRAC:DATA``, ``reboot@t=2.5``.
WHEN is

- a number: after so many bytes of answers, as they go over the wire, counted over all clients;
- ``t=SECONDS``: at an instrument time;
- ``n=COUNT``: with the COUNT-th message from a client;
- ``command=TEXT``: with the first message that contains the text.

``+BYTES`` after any of the last three lets so many bytes of answers pass first: ``truncate@command=TRAC:DATA+64``.
Bytes and messages are counted from when the fault is planned.
"""

from __future__ import annotations

import contextlib
import re
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sim_instruments.core.instrument import DEVICE_FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable

LINK_FAULTS = {
    "drop-fin": "close the connection properly in mid-answer",
    "drop-rst": "reset the connection in mid-answer",
    "stall": "say nothing more on the connection",
    "drip": "send one byte each VALUE seconds (0.01)",
    "late": "wait VALUE seconds (1) and go on",
    "truncate": "lose the rest of the answer, then go on",
    "garble": "turn VALUE bytes (8) into their complements",
    "length": "announce a wrong length in the next block",
    "no-lf": "lose the line feed that ends the answer",
    "second-client": "another client sends *RST",
}
# What a fault without a value means: s between bytes, s of delay, one bit in so many bytes.
_VALUES = {"drip": 0.01, "late": 1.0, "garble": 8.0}
_PATTERN = re.compile(r"([a-z-]+)(?:=(\d+\.?\d*|\.\d+)s?)?@(.+?)(?:\+(\d{1,15}))?$")


class FaultError(ValueError):
    """The text of a fault cannot be read."""


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong once.

    Attributes
    ----------
    name : str
        Of `LINK_FAULTS` or `DEVICE_FAULTS`.
    value : float
        Seconds or bytes, where the fault has such.
    at_byte, at_time_s, at_message : float or None
        When.
    command : str
        Text that a message must contain; empty for none.
    later : int
        How many bytes of answers pass first.
    """

    name: str
    value: float = 0.0
    at_byte: int | None = None
    at_time_s: float | None = None
    at_message: int | None = None
    command: str = ""
    later: int = 0

    @property
    def on_link(self) -> bool:
        """Whether it happens to bytes on their way to a client."""
        return self.name in LINK_FAULTS and self.name != "second-client"

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Read a fault.

        Raises
        ------
        FaultError
            If it cannot be read; with the names that there are.
        """
        found = _PATTERN.match(text.strip())
        if found is None:
            raise FaultError(f"{text!r} is no fault: write NAME@WHEN, e.g. drop-fin@1000 or reboot@t=2.5")
        name, value, when, later = found.groups()
        if name not in LINK_FAULTS and name not in DEVICE_FAULTS:
            raise FaultError(f"no fault {name!r}: there are {', '.join(sorted((*LINK_FAULTS, *DEVICE_FAULTS)))}")
        plain = cls(name, float(value) if value else _VALUES.get(name, 0.0), later=int(later or 0))
        key, _, rest = when.partition("=")
        with contextlib.suppress(ValueError):
            match key:
                case "t":
                    return replace(plain, at_time_s=float(rest))
                case "n":
                    return replace(plain, at_message=_whole(rest))
                case "command" if rest:
                    return replace(plain, command=rest)
                case _ if not rest:
                    return replace(plain, at_byte=_whole(when))
        raise FaultError(f"{text!r}: {when!r} is no WHEN: a number of bytes, t=SECONDS, n=COUNT or command=TEXT")


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(text)
    return int(text)


@dataclass
class FaultSchedule:
    """The faults that are still to come; shared by all connections of an instrument.

    Attributes
    ----------
    waiting : list of Fault
        Not yet due.
    due : deque of Fault
        Link faults whose moment has come, for the next bytes that are sent.
    sent, messages : int
        Bytes of answers, and messages of clients, so far.
    """

    waiting: list[Fault] = field(default_factory=list)
    due: deque[Fault] = field(default_factory=deque)
    sent: int = 0
    messages: int = 0

    @property
    def quiet(self) -> bool:
        """Whether nothing is to come any more."""
        return not self.waiting and not self.due

    def add(self, fault: Fault) -> None:
        """Plan a fault; its bytes and messages count from now on."""
        if fault.at_byte is not None:
            fault = replace(fault, at_byte=self.sent + fault.at_byte)
        if fault.at_message is not None:
            fault = replace(fault, at_message=self.messages + fault.at_message)
        self.waiting.append(fault)

    def heard(self, data: bytes) -> list[Fault]:
        """Count messages; return faults of the instrument that come with them."""
        if not self.waiting:
            return []
        self.messages += data.count(b"\n")
        text = data.decode("latin-1").upper()
        return self._now_due(
            lambda fault: (
                (fault.at_message is not None and self.messages >= fault.at_message)
                or (bool(fault.command) and fault.command.upper() in text)
            )
        )

    def at_time(self, now_s: float) -> list[Fault]:
        """Return faults of the instrument that are due by an instrument time."""
        return self._now_due(lambda fault: fault.at_time_s is not None and now_s >= fault.at_time_s)

    def bytes_until_next(self) -> int | None:
        """Return after how many further bytes a link fault comes, None for none."""
        if self.due:
            return 0
        at = [fault.at_byte for fault in self.waiting if fault.at_byte is not None and fault.on_link]
        return max(0, min(at) - self.sent) if at else None

    def drop_due(self) -> Fault | None:
        """Take a drop whose moment has come, None if there is none."""
        found = next((fault for fault in self.due if fault.name.startswith("drop")), None)
        if found is not None:
            self.due.remove(found)
        return found

    def next_on_link(self) -> Fault:
        """Take the link fault whose moment has come."""
        if not self.due:
            found = min(
                (fault for fault in self.waiting if fault.at_byte is not None and fault.on_link),
                key=lambda fault: fault.at_byte or 0,
            )
            self.waiting.remove(found)
            return found
        return self.due.popleft()

    def counted(self, n_bytes: int) -> list[Fault]:
        """Count bytes that were sent; return faults of the instrument that come with them."""
        self.sent += n_bytes
        return self._now_due(
            lambda fault: fault.at_byte is not None and self.sent >= fault.at_byte and not fault.on_link
        )

    def _now_due(self, is_due: Callable[[Fault], bool]) -> list[Fault]:
        chosen = [fault for fault in self.waiting if is_due(fault)]
        self.waiting = [fault for fault in self.waiting if fault not in chosen]
        for fault in chosen:
            if fault.later:
                self.waiting.append(Fault(fault.name, fault.value, at_byte=self.sent + fault.later))
            elif fault.on_link:
                self.due.append(fault)
        return [fault for fault in chosen if not fault.later and not fault.on_link]


def garbled(data: bytes, count: int) -> bytes:
    """Return data with its first `count` bytes complemented; the line feed at its end stays: its loss is ``no-lf``."""
    count = min(count, len(data.removesuffix(b"\n")))
    return bytes(byte ^ 0xFF for byte in data[:count]) + data[count:]


def wrong_length(data: bytes) -> bytes:
    """Return data with another length in the head of its first block: ``#15...`` becomes ``#16...``, ``#0`` ``#19``."""
    found = re.search(rb"#(\d)", data)
    if found is None:
        return data
    digits = int(found[1])
    at = found.end()
    if digits == 0:
        return data[: found.start()] + b"#19" + data[at:]
    announced = data[at : at + digits]
    if not announced.isdigit():  # a number sign within the data of a block
        return data
    length = str(int(announced) + 1).zfill(digits)[-digits:]
    return data[:at] + length.encode() + data[at + digits :]
