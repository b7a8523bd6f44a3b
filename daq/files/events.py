"""Lines of the events of a run: JSON with a checksum each."""

from __future__ import annotations

import json
import zlib
from typing import Any

# What stands before the checksum in a line; it is always the last field.
_MARK = b', "crc32": "'


def encode_event(fields: dict[str, Any]) -> bytes:
    """Return the line of an event, with the CRC-32 of the line without it."""
    text = json.dumps(fields).encode()
    return text[:-1] + _MARK + f"{zlib.crc32(text):08x}".encode() + b'"}\n'


def decode_events(content: bytes, *, with_checksum: bool) -> tuple[list[dict[str, Any]], int]:
    """Return the events in the bytes of a run file, and how many lines are damaged.

    A last line without its end was being written when the file was read, or when its writer died: it does not count.

    Parameters
    ----------
    content : bytes
    with_checksum : bool
        Whether each line carries one; those of version 1 do not.
    """
    text = content.rstrip(b"\0")
    events, n_damaged = [], 0
    lines = text.split(b"\n")
    for line in lines[:-1]:
        event = _decoded(line, with_checksum=with_checksum)
        if event is None:
            n_damaged += 1
        else:
            events.append(event)
    return events, n_damaged


def _decoded(line: bytes, *, with_checksum: bool) -> dict[str, Any] | None:
    """Return the event of a line; None if it is damaged."""
    if with_checksum:
        head, mark, tail = line.rpartition(_MARK)
        line = head + b"}"
        if not mark or tail != f'{zlib.crc32(line):08x}"}}'.encode():
            return None
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and {"host_ns", "kind", "message"} <= event.keys() else None
