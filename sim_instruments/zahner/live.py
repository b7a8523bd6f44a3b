"""Packets of the live port of a Zahner potentiostat.

After the vendor's own client, ``zahner_potentiostat`` 1.1.2 (scpi_control/datareceiver.py), which reads them: each
packet is a u64 type, a u64 length in bytes and that many bytes; strings end in NUL; numbers are little-endian.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Marks, states and tracks of packets.
DATA = 0xFEEDDA7A22222222
HEADER = 0xB007F00D11111111
TRACKS = 0xADDDF00D11111111
PENDING, START, RUNNING, DONE, FINISHING, ABORTED, CANCELLED = range(7)
_TIU = 21
_TRACKS = ((13, "TIME", "s"), (11, "VOLTAGE", "V"), (12, "CURRENT", "A"))


def header(state: int, name: str) -> bytes:
    """Return the packet that says how a primitive stands."""
    return _packet(HEADER, struct.pack("<QQ", _TIU, state) + b"\0" + name.encode() + b"\0")


def tracks() -> bytes:
    """Return the packet that says which numbers a data packet holds."""
    body = struct.pack("<Q", len(_TRACKS))
    for number, name, unit in _TRACKS:
        body += struct.pack("<Q", number) + name.encode() + b"\0" + unit.encode() + b"\0\0"
    return _packet(TRACKS, body)


def data(rows: Iterable[tuple[float, float, float]]) -> bytes:
    """Return a data packet for each row of time (s), voltage (V) and current (A)."""
    return b"".join(_packet(DATA, struct.pack("<ddd", *row)) for row in rows)


def _packet(kind: int, body: bytes) -> bytes:
    return struct.pack("<QQ", kind, len(body)) + body
