"""Settings of the potentiostat by a script's commands (manual, 14.8 to 14.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_instruments.palmsens.faults import Code, ScriptFault

if TYPE_CHECKING:
    from sim_instruments.palmsens.grammar import Statement
    from sim_instruments.palmsens.memory import Memory
    from sim_instruments.palmsens.potentiostat import Potentiostat

_APERTURE_SHARE = 0.5  # of the interval a reading averages over, at its end, unless set otherwise (assumed)


class Settings:
    """The commands that set ranges, window, bandwidth, channel and averaging.

    Parameters
    ----------
    memory : Memory
    cell : Potentiostat

    Attributes
    ----------
    share : float
        Of the interval that a reading averages over, at its end.
    """

    def __init__(self, memory: Memory, cell: Potentiostat) -> None:
        self._memory, self._cell = memory, cell
        self.share = _APERTURE_SHARE

    def set_mode(self, statement: Statement) -> None:
        """``set_pgstat_mode``."""
        self._cell.set_mode(int(self._memory.number(statement.arguments[0])))

    def set_window(self, statement: Statement) -> None:
        """``set_range_minmax da``, once ``set_pot_range``."""
        *kind, low, high = statement.arguments
        if kind in (["da"], []):
            self._cell.set_window(self._memory.number(low), self._memory.number(high))

    def set_range(self, statement: Statement) -> None:
        """``set_range ba``, once ``set_cr``."""
        *kind, current = statement.arguments
        if kind == ["ab"]:
            self._cell.set_potential_range(self._memory.number(current))
        if kind in (["ba"], []):
            at = self._cell.range_for(self._memory.number(current))
            self._cell.range_at = at
            # A range that is set holds until autoranging is set.
            self._cell.autorange = (at, at)

    def set_autoranging(self, statement: Statement) -> None:
        """``set_autoranging ba``."""
        *kind, low, high = statement.arguments
        if kind in (["ba"], []):
            self._cell.set_autorange(self._memory.number(low), self._memory.number(high))

    def set_bandwidth(self, statement: Statement) -> None:
        """``set_max_bandwidth``."""
        bandwidth_Hz = self._memory.number(statement.arguments[0])
        if bandwidth_Hz < 0:
            raise ScriptFault(Code.OUT_OF_BOUNDS)
        # 0 asks for the lowest there is (assumed: 1 Hz).
        self._cell.bandwidth_Hz = max(bandwidth_Hz, 1.0)

    def set_share(self, statement: Statement) -> None:
        """``set_acquisition_frac``: the share of the interval that a reading averages over, in percent (assumed)."""
        percent = self._memory.number(statement.arguments[0])
        if not 1 <= percent <= 100:
            raise ScriptFault(Code.OUT_OF_BOUNDS)
        self.share = percent / 100.0

    def set_channel(self, statement: Statement) -> None:
        """``set_pgstat_chan``."""
        if int(self._memory.number(statement.arguments[0])) not in {0, 1}:
            raise ScriptFault(Code.NO_SUCH_CHANNEL)
