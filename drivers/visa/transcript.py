r"""Transcripts: the bytes exchanged with an instrument, recorded as text and played back as a test.

A transcript is a text file. Its first line says what it is; each other one is a time in seconds since the link was
opened, ``>`` for what was sent or ``<`` for what came, and the bytes: as text with escapes as in Python, or after
``=`` in base64 where they are mostly no text.

    # ionecho transcript of TCPIP::192.168.0.10::5025::SOCKET
    0.000112 > *IDN?\n
    0.001533 < KEITHLEY INSTRUMENTS,MODEL 2461,04089762,1.6.8a\n
    # end

Without its last line it was cut off: the disk was full, or the program was killed.
"""

from __future__ import annotations

import base64
import re
import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocols import RunFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from drivers.visa.links import Link

_HEAD = "# ionecho transcript of "
_END = "# end"
# Time, direction, whether in base64, and the bytes.
_LINE = re.compile(r"(\d+\.\d+) ([<>]) (=?)(.*)$")
_VOLATILE = (r"echo[0-9a-f]{8}",)
"""Parts of messages that differ from run to run: the names of buffers."""


@dataclass(frozen=True)
class Exchange:
    """Bytes that went one way.

    Attributes
    ----------
    at_s : float
        Since the link was opened.
    sent : bool
        By us; else by the instrument.
    data : bytes
    """

    at_s: float
    sent: bool
    data: bytes


class RecordedLink:
    """A link that writes down what goes over it.

    A disk that is full ends the transcript, without its last line, and not the measurement.

    Parameters
    ----------
    link : Link
    path : Path
        Of the transcript; a new one is begun.
    resource : str

    Raises
    ------
    RunFileError
        If it cannot be written.
    """

    def __init__(self, link: Link, path: Path, resource: str) -> None:
        self.link = link
        self.slowest_Bps = link.slowest_Bps
        self._began = time.monotonic()
        self._whole = True
        try:
            self._file = path.open("w", encoding="ascii", buffering=1)
        except OSError as error:
            raise RunFileError(f"the transcript {path} cannot be written: {error}") from error
        self._file.write(f"{_HEAD}{resource}\n")

    def send(self, data: bytes) -> None:
        """Send bytes and record them."""
        self._record(">", data)
        self.link.send(data)

    def receive_into(self, memory: memoryview) -> int:
        """Receive bytes and record them."""
        count = self.link.receive_into(memory)
        self._record("<", bytes(memory[:count]))
        return count

    def _record(self, direction: str, data: bytes) -> None:
        self._note(f"{time.monotonic() - self._began:.6f} {direction} {as_text(data)}")

    def _note(self, line: str) -> None:
        if not self._whole:
            return
        try:
            self._file.write(line + "\n")
        except OSError:
            self._whole = False

    def waiting(self) -> bool:
        """Whether there is something to be received."""
        return self.link.waiting()

    def clear(self) -> None:
        """Drop what has come."""
        self.link.clear()

    def close(self) -> None:
        """Close link and transcript."""
        self._note(_END)
        with suppress(OSError):
            self._file.close()
        self.link.close()


def as_text(data: bytes) -> str:
    """Return bytes as they stand in a transcript: text with escapes, or base64 where they are mostly no text."""
    readable = sum(32 <= byte < 127 or byte in b"\r\n\t" for byte in data)
    if readable < 0.8 * len(data):
        return "=" + base64.b64encode(data).decode("ascii")
    text = data.decode("latin-1").encode("unicode_escape").decode("ascii")
    return "\\x3d" + text[1:] if text.startswith("=") else text


def read_transcript(path: Path) -> list[Exchange]:
    """Return what a transcript says; neighbours of one direction are joined.

    Raises
    ------
    RunFileError
        If it is none, with the line.
    """
    try:
        head, *lines = path.read_text("ascii").splitlines()
    except (OSError, ValueError) as error:
        raise RunFileError(f"the transcript {path} cannot be read: {error}") from error
    if not head.startswith(_HEAD):
        raise RunFileError(f"{path} is no transcript: it does not begin with {_HEAD!r}")
    exchanges: list[Exchange] = []
    for number, line in enumerate(lines, 2):
        if line == _END:
            break
        match = _LINE.match(line)
        if match is None:
            raise RunFileError(f"{path}, line {number}: {line[:60]!r} is no exchange")
        at, direction, coded, text = match.groups()
        data = base64.b64decode(text) if coded else text.encode("ascii").decode("unicode_escape").encode("latin-1")
        sent = direction == ">"
        if exchanges and exchanges[-1].sent == sent:
            data, at_s = exchanges[-1].data + data, exchanges.pop().at_s
        else:
            at_s = float(at)
        exchanges.append(Exchange(at_s, sent, data))
    return exchanges


@contextmanager
def replayed(path: Path, volatile: Sequence[str] = _VOLATILE) -> Iterator[str]:
    """Serve the instrument's side of a transcript on 127.0.0.1; gives its VISA resource.

    Every byte that the client sends is compared with what was sent when it was recorded; at the first difference the
    connection is closed, and leaving the context fails.

    Parameters
    ----------
    path : Path
    volatile : sequence of str
        Regular expressions of parts that may differ (in content, not in length).

    Raises
    ------
    AssertionError
        On leaving: if the client sent something else, or not all.
    """
    script = read_transcript(path)
    pattern = re.compile("|".join(volatile).encode()) if volatile else None
    problem: list[str] = []
    server = socket.create_server(("127.0.0.1", 0))

    def play() -> None:
        try:
            client, _ = server.accept()
        except OSError:
            problem.append("nobody connected")
            return
        with client:
            client.settimeout(10.0)
            for number, exchange in enumerate(script, 1):
                if not exchange.sent:
                    client.sendall(exchange.data)
                elif (difference := _difference(client, exchange.data, pattern)) is not None:
                    problem.append(f"exchange {number} of {path.name}: {difference}")
                    return

    thread = threading.Thread(target=play, name="replay", daemon=True)
    thread.start()
    try:
        yield f"TCPIP::127.0.0.1::{server.getsockname()[1]}::SOCKET"
    finally:
        server.close()
        thread.join(15.0)
    if problem:
        raise AssertionError(problem[0])


def _difference(client: socket.socket, wanted: bytes, pattern: re.Pattern[bytes] | None) -> str | None:
    """Read as much as was sent then; return in which way it differs."""
    came = bytearray()
    try:
        while len(came) < len(wanted):
            part = client.recv(len(wanted) - len(came))
            if not part:
                break
            came += part
    except OSError as error:
        return f"{len(came)} of {len(wanted)} bytes came ({error})"
    plain = (pattern.sub(b"*", bytes(came)), pattern.sub(b"*", wanted)) if pattern else (bytes(came), wanted)
    if plain[0] == plain[1]:
        return None
    at = next((k for k, (a, b) in enumerate(zip(*plain, strict=False)) if a != b), min(map(len, plain)))
    return f"{plain[0][at : at + 40]!r} was sent where {plain[1][at : at + 40]!r} was recorded"
