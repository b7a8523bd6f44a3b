r"""Transcripts: the bytes exchanged with an instrument, recorded as text and played back as a test.

A transcript is a text file. Its first line says what it is; each other one is a time in seconds since the link was
opened, ``>`` for what was sent or ``<`` for what came, and the bytes: as text with escapes as in Python, or after
``=`` in base64 where they are mostly no text.

    # ionecho transcript 2 of TCPIP::192.168.0.10::5025::SOCKET
    0.000112 > *IDN?\n
    0.001533 < KEITHLEY INSTRUMENTS,MODEL 2461,04089762,1.6.8a\n
    # sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    # end

The digest is of all lines above it, with their ends. Without its last line a transcript was cut off: the disk was full,
or the program was killed. Transcripts of earlier versions ("transcript of") have no digest.
"""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocols import InputError, RunFileError, printable, read_file, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from drivers.visa.links import Link

_HEAD = "# ionecho transcript 2 of "
# Without a digest: up to version 0.1.
_OLD_HEAD = "# ionecho transcript of "
_DIGEST = "# sha256 "
_END = "# end"
# Time, direction, whether in base64, and the bytes.
_LINE = re.compile(r"(\d{1,9}\.\d{1,9}) ([<>]) (=?)(.*)", re.ASCII)
# What no line has: what is no printable ASCII is escaped.
_NO_TEXT = re.compile(rb"[^\x20-\x7e\r\n]")
# Longest part of a line that is quoted in a message (characters).
_QUOTED = 60
_VOLATILE = (r"echo[0-9a-f]{8}",)
"""Parts of messages that differ from run to run: the names of buffers."""


class TranscriptError(InputError, RunFileError):
    """A transcript cannot be read, or is not what was recorded."""


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
        self.slowest_Bps, self.is_timed = link.slowest_Bps, link.is_timed
        self._began = time.monotonic()
        self._whole = True
        self._digest = hashlib.sha256()
        try:
            self._file = path.open("w", encoding="ascii", buffering=1, newline="\n")
        except OSError as error:
            raise RunFileError(f"the transcript {path} cannot be written: {error}") from error
        self._note(_HEAD + ascii(resource)[1:-1])

    def send(self, data: bytes, limit_s: float) -> None:
        """Send bytes and record them."""
        self._record(">", data)
        self.link.send(data, limit_s)

    def receive_into(self, memory: memoryview, limit_s: float) -> int:
        """Receive bytes and record them."""
        count = self.link.receive_into(memory, limit_s)
        self._record("<", bytes(memory[:count]))
        return count

    def _record(self, direction: str, data: bytes) -> None:
        self._note(f"{time.monotonic() - self._began:.6f} {direction} {as_text(data)}")

    def _note(self, line: str) -> None:
        if not self._whole:
            return
        self._digest.update(f"{line}\n".encode("ascii"))
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
        self._note(_DIGEST + self._digest.hexdigest())
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


def read_transcript(path: Path, *, cut_off: bool = False) -> list[Exchange]:
    """Return what a transcript says; neighbours of one direction are joined.

    Parameters
    ----------
    path : Path
    cut_off : bool
        Whether one that was cut off is taken too, up to its last whole line.

    Raises
    ------
    TranscriptError
        If it is none, with the line; if it was cut off; if it is not what was recorded.
    """
    lines = _checked_lines(path, cut_off=cut_off)
    exchanges: list[Exchange] = []
    for number, line in enumerate(lines, 2):
        one = _exchange(line)
        if one is None:
            shown = printable(shortened(line, _QUOTED))
            raise TranscriptError(f"line {number} is no exchange, but {shown!r}", str(path))
        if exchanges and exchanges[-1].sent == one.sent:
            first = exchanges.pop()
            one = Exchange(first.at_s, one.sent, first.data + one.data)
        exchanges.append(one)
    return exchanges


def _checked_lines(path: Path, *, cut_off: bool) -> list[str]:
    """Return the lines between head and end of a transcript that is whole, by its digest."""
    where = str(path)
    try:
        content = read_file(path)
    except ValueError as error:
        raise TranscriptError(f"the transcript cannot be read: {error}", where) from error
    if (bad := _NO_TEXT.search(content)) is not None:
        number = content.count(b"\n", 0, bad.start()) + 1
        raise TranscriptError(f"line {number} has the byte 0x{bad[0][0]:02X}, which no transcript has", where)
    # Windows editors may have changed the line ends, in which nothing is recorded.
    head, *lines = content.decode("ascii").replace("\r\n", "\n").split("\n")
    if not head.startswith((_HEAD, _OLD_HEAD)):
        raise TranscriptError(f"this is no transcript: it does not begin with {_HEAD!r}", where)
    if _END not in lines:
        if not cut_off:
            raise TranscriptError("the transcript was cut off: its last line, '# end', is missing", where)
        return [line for line in lines[:-1] if not line.startswith(_DIGEST)]
    lines, rest = lines[: lines.index(_END)], lines[lines.index(_END) + 1 :]
    if any(rest):
        raise TranscriptError(f"something follows line {len(lines) + 2}, '# end'", where)
    if lines and lines[-1].startswith(_DIGEST):
        digest = lines.pop().removeprefix(_DIGEST)
    elif head.startswith(_OLD_HEAD):
        return lines
    else:
        raise TranscriptError("its digest, the line before '# end', is missing: it was changed", where)
    whole = "".join(f"{line}\n" for line in (head, *lines))
    if digest != hashlib.sha256(whole.encode("ascii")).hexdigest():
        raise TranscriptError("it was changed after it was recorded: its digest is another", where)
    return lines


def _exchange(line: str) -> Exchange | None:
    """Return what a line says, None if it is not as `as_text` would have written it."""
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    at, direction, coded, text = match.groups()
    try:
        data = base64.b64decode(text, validate=True) if coded else _unescaped(text)
    except ValueError:  # also of what is no base64, and of escapes that are none
        return None
    return Exchange(float(at), direction == ">", data) if as_text(data) == coded + text else None


def _unescaped(text: str) -> bytes:
    """Return the bytes of a text with escapes as in Python; raises `ValueError` for any other escape."""
    if re.fullmatch(r"(?:[^\\]|\\[\\nrt]|\\x[0-9a-f]{2})*", text) is None:
        raise ValueError(text)
    return text.encode("ascii").decode("unicode_escape").encode("latin-1")


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
