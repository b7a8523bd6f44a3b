"""Status registers of an EC301 (*EC301 User Manual*, revision 1.1, pp. 101-110)."""

from __future__ import annotations

_POWER_ON = 1 << 7
"""Bit PON of the standard event register, table 6."""
_WIDTHS = {"*esr": 8, "insr": 16, "mesr": 16}
"""Bits of each event register; the enable registers have as many (pp. 102, 104, 106)."""
_ENABLES = {"*ese": "*esr", "inse": "insr", "mese": "mesr"}
"""Event register of each enable register."""
_PROMOTED = {"insr": 0, "mesr": 1, "*esr": 5}
"""Bit of the status byte for each event register, figure 34."""
_MAV, _SRQ = 4, 6
"""Bits of the status byte: an answer waits; service is requested (table 9)."""

OPC, QYE, EXE, CME = 1 << 0, 1 << 2, 1 << 4, 1 << 5
"""Bits of the standard event register, table 6."""
REMOTE_SET, RANGE_CHANGE, ERROR_POSTED, QUERY_REFUSED = 1 << 3, 1 << 4, 1 << 14, 1 << 15
"""Bits of the instrument status register, table 7."""


class Registers:
    """Event registers, their enable registers, and the status byte."""

    def __init__(self) -> None:
        self._values: dict[str, int] = {}
        self.reset()

    def reset(self) -> None:
        """Be as after power-on."""
        self._values = dict.fromkeys((*_WIDTHS, *_ENABLES, "*sre"), 0)
        self._values["*esr"] = _POWER_ON

    def post(self, register: str, bits: int) -> None:
        """Set bits of an event register; they stay until they are read."""
        self._values[register] |= bits

    def clear(self) -> None:
        """Clear all event registers."""
        self._values |= dict.fromkeys(_WIDTHS, 0)

    def query(self, name: str, bit: int | None, *, available: bool) -> int:
        """Return a register or one of its bits; what was read of an event register is cleared.

        Parameters
        ----------
        name : str
            Of the command, in lower case and without its question mark.
        bit : int or None
            None for the whole register.
        available : bool
            Whether an answer waits to be read.
        """
        value = self._status_byte(available=available) if name == "*stb" else self._values[name]
        if name in _WIDTHS:
            self._values[name] &= 0 if bit is None else ~(1 << bit)
        return value if bit is None else value >> bit & 1

    def width(self, name: str) -> int:
        """Return how many bits a register has."""
        return _WIDTHS.get(_ENABLES.get(name, name), 8)

    def enable(self, name: str, value: int, state: int | None) -> None:
        """Set an enable register, or its bit `value` to a state."""
        if state is None:
            self._values[name] = value
        else:
            self._values[name] = self._values[name] & ~(1 << value) | state << value

    def _status_byte(self, *, available: bool) -> int:
        byte = available << _MAV
        for enable, register in _ENABLES.items():
            byte |= bool(self._values[register] & self._values[enable]) << _PROMOTED[register]
        return byte | bool(byte & self._values["*sre"]) << _SRQ
