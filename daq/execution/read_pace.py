"""Pace at which an instrument is asked for samples: no faster than anybody needs them, unless some wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivers import Block

# Shortest time (s) from one read to the next. Without, a 2461 at 1 MS/s is asked 250 times a second: a third of the
# work of both computers. Doubled, samples are seen, and limits watched, 5 ms later.
_INTERVAL_S = 0.01
# Time (s) that the samples of a read may last if no more wait: the interval, and some for chance. Doubled, one that
# gives 20 ms of samples at most is never caught up with.
_LONGEST_S = 1.25 * _INTERVAL_S


class ReadPace:
    """How long to wait after a read. A driver that gives one sample a time has a pace of its own."""

    def __init__(self) -> None:
        self._most = 0

    def rest_s(self, block: Block, begun_s: float, now_s: float) -> float:
        """Return how long (s) to wait before the next read.

        Parameters
        ----------
        block : Block
            What the read has brought.
        begun_s, now_s : float
            When the read began, and now, on the same clock.
        """
        if len(block) < 2:
            return 0.0
        # As many as came at most: perhaps all that this instrument gives at a time.
        may_be_full = len(block) == self._most
        self._most = max(self._most, len(block))
        if may_be_full or float(block.t_s[-1] - block.t_s[0]) > _LONGEST_S:
            return 0.0
        return max(begun_s + _INTERVAL_S - now_s, 0.0)
