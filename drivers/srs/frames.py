"""Packets of an EC301's binary stream, and what the bits of its samples say.

*EC301 User Manual*, revision 1.1 (02/29/2016), pp. 93-96: figure 33, tables 4 and 5. That a frame's numbers are 4-byte
floats is the public driver's (lib-maxiv-ec301). The checksums are not checked: no page says how they are made.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

_HEADER = struct.Struct("<BBHI6x2s")
"""Marker, length of the header, counter, bytes of frames; 4 + 1 + 1 bytes of no use; end."""
_MARKER = 0x1F
"""First byte of a packet."""
_END = b"\r\n"
_FOOTER_BYTES = 24
"""Figure 33."""
_OVERLOAD_AT = 16
"""Of the overload byte in the footer: temperature and three auxiliary inputs come before."""
_OVERLOADED = 1 << 2 | 1 << 3
"""Bits of that byte: potential or current were overloaded, table 5."""
_LARGEST_PACKET = 1 << 20
"""Bytes of frames: a longer packet is a broken stream."""

FRAME = np.dtype([("flags", "<u4"), ("sync", "<f4"), ("current", "<f4"), ("potential", "<f4"), ("overloaded", "?")])
"""One sample, and whether its packet had an overload. The current is positive where it is cathodic, p. 22."""
_SENT = np.dtype([("flags", "<u4"), ("sync", "<f4"), ("current", "<f4"), ("potential", "<f4")])

CELL_OPEN, LIMITING = 1 << 0, 1 << 3
"""Table 4: the cell switch is off; the compliance limit is at work."""
RUNNING = 1 << 11 | 1 << 19 | 1 << 22
"""Table 4: ramp, pulse or arbitrary generator is running."""


class BrokenStreamError(Exception):
    """What came is not the next packet."""


@dataclass
class PacketReader:
    """Frames from the bytes of a stream, as they come.

    Attributes
    ----------
    expected : int or None
        Counter of the next packet; None for any.
    """

    expected: int | None = None

    def __post_init__(self) -> None:
        self._bytes = bytearray()

    def frames(self, data: bytes) -> np.ndarray:
        """Return the frames of the packets that are complete with these bytes.

        Raises
        ------
        BrokenStreamError
            If the next one is not a packet, or not the next.
        """
        self._bytes += data
        found = []
        while len(self._bytes) >= _HEADER.size:
            marker, length, counter, n_bytes, end = _HEADER.unpack_from(self._bytes)
            in_form = (marker, length, end) == (_MARKER, _HEADER.size, _END)
            if not in_form or n_bytes % _SENT.itemsize or n_bytes > _LARGEST_PACKET:
                raise BrokenStreamError("what came is no packet")
            if self.expected not in {None, counter}:
                raise BrokenStreamError(f"packet {counter} came instead of packet {self.expected}")
            whole = _HEADER.size + n_bytes + _FOOTER_BYTES
            if len(self._bytes) < whole:
                break
            found.append(_unpacked(bytes(self._bytes[_HEADER.size : whole])))
            del self._bytes[:whole]
            self.expected = counter + 1 & 0xFFFF
        return np.concatenate(found) if found else np.empty(0, FRAME)


def _unpacked(body: bytes) -> np.ndarray:
    sent = np.frombuffer(body[:-_FOOTER_BYTES], _SENT)
    frames = np.empty(len(sent), FRAME)
    for name in _SENT.names or ():
        frames[name] = sent[name]
    frames["overloaded"] = bool(body[-_FOOTER_BYTES + _OVERLOAD_AT] & _OVERLOADED)
    return frames


def settings_of(flags: int) -> tuple[int, int]:
    """Return the codes of the current range and of the average in the bits of a sample (table 4)."""
    return flags >> 4 & 0xF, flags >> 15 & 0xF
