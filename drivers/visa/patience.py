"""Time that the answers of an instrument are given: by link, by size, and by how slow this computer is.

An exchange is waited for in slices of a quarter of a second. After each slice without an answer its limit is
determined anew, so that a computer which becomes slow in the middle of an exchange is known to be::

    limit = what an instrument takes at most (1.5 s)  x  slowness of this computer        at least `late_s`, if set
                                                                                          at most `longest_s`
            + transfer of what was sent and of what has come, at the slowest rate of the link

The slowness is the larger of two measures, each a mean over the slices: threads that want a core, per core, and how
many times longer than asked the slices themselves took.

After each slice the owner of the session hears that the exchange is alive, and may have it abandoned: a stop does not
wait for an instrument that is late.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.visa.slowness import slowness
from protocols import ConnectionLost

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.visa.links import Link

_SLICE_S = 0.25
"""Longest wait (s) before the owner hears of it: a stop, and a sign of life, wait for it. Halved: more wake-ups."""

_WORTH_TELLING = 2.0
"""Slowness of a computer from which on an error names it: below, the instrument is the likelier cause."""


class ExchangeAbandonedError(ConnectionLost):
    """An answer is not waited for any longer: its owner has something more urgent. The session is of no use then."""


def _nothing() -> None:
    pass


def _no_reason() -> str | None:
    return None


@dataclass
class Patience:
    """How long answers are waited for; its owner may change it between two exchanges.

    Attributes
    ----------
    answer_s : float
        What an instrument takes at most for an answer, on a computer with nothing else to do.
    longest_s : float
        What no slowness goes beyond; never less than `answer_s`.
    late_s : float
        What an answer is given at least; 0 for no more than the rest says.
    on_exchange : callable
        Called with each message that is sent.
    on_wait : callable
        Called after each slice without an answer.
    abandon : callable
        Returns why answers are not waited for any longer, None if they are.
    slowness : callable
        Returns how many times slower than idle this computer is.
    clock : callable
        Reads a clock that never goes back.
    n_late : int
        Answers so far that took longer than `answer_s`.
    slowest_s : float
        How long the slowest of them took.
    """

    answer_s: float
    longest_s: float = 0.0
    late_s: float = 0.0
    on_exchange: Callable[[], None] = _nothing
    on_wait: Callable[[], None] = _nothing
    abandon: Callable[[], str | None] = _no_reason
    slowness: Callable[[], float] = slowness
    clock: Callable[[], float] = time.monotonic
    n_late: int = 0
    slowest_s: float = 0.0
    _measured: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        """Refuse a wait without end."""
        if not 0 < self.answer_s < float("inf"):
            raise ValueError(f"timeout_s must be finite and above zero, not {self.answer_s!r}")

    def limit_s(self, slow: float | None = None) -> float:
        """Return how long an instrument may be silent.

        Parameters
        ----------
        slow : float, optional
            Slowness of this computer; by default it is measured now.
        """
        slow = self._slowness_lately() if slow is None else slow
        return min(max(self.answer_s * slow, self.late_s), max(self.longest_s, self.answer_s))

    def _slowness_lately(self) -> float:
        """Return the slowness as it was measured within the last slice: each message asks for it."""
        now = self.clock()
        if self._measured is None or now - self._measured[0] > _SLICE_S:
            self._measured = (now, self.slowness())
        return self._measured[1]

    def note_answer(self, took_s: float) -> None:
        """Take in how long an answer took, without its transfer."""
        if took_s > self.answer_s:
            self.n_late += 1
            self.slowest_s = max(self.slowest_s, took_s)


class AnswerWait:
    """One answer that is waited for.

    Parameters
    ----------
    patience : Patience
    slowest_Bps : float
        Bytes a second of the link.
    n_sent : int
        Bytes that were sent since the last answer: they may still be on their way.
    """

    def __init__(self, patience: Patience, slowest_Bps: float, n_sent: int = 0) -> None:
        self._patience = patience
        self._slowest_Bps = slowest_Bps
        self._sent_s = n_sent / slowest_Bps
        self._n_came = 0
        self._began_s = self._came_s = self._asked_at_s = patience.clock()
        self._waited_s = self._weighted_s = 0.0  # time of all slices, and the same times the slowness then
        self._asked_s = self._took_s = 0.0

    def receive_into(self, link: Link, memory: memoryview) -> int:
        """Wait for bytes of a link, slice by slice, and return how many have come into memory.

        Raises
        ------
        TimeoutError
            If it took too long.
        ExchangeAbandonedError
            If it is not to be waited for any longer.
        """
        while True:
            slice_s = self.slice_s()
            try:
                count = link.receive_into(memory, slice_s)
            except TimeoutError:
                self.nothing_came(slice_s if link.is_timed else None)
            else:
                self.came(count)
                return count

    def slice_s(self) -> float:
        """Return how long to wait before `nothing_came` is called."""
        self._asked_at_s = self._patience.clock()
        left_s = self._came_s + self._limit_s() - self._asked_at_s
        return min(_SLICE_S, max(left_s, 0.001))

    def _limit_s(self) -> float:
        """Return how long the instrument may be silent, by what is known now."""
        return self._patience.limit_s(self._slowness()) + (0.0 if self._n_came else self._sent_s)

    def _slowness(self) -> float:
        mean = self._weighted_s / self._waited_s if self._waited_s else 1.0
        return max(mean, self._took_s / self._asked_s if self._asked_s else 1.0)

    def came(self, n_bytes: int) -> None:
        """Take in that bytes have come.

        Raises
        ------
        TimeoutError
            If the answer drips: each byte comes within the time, and the whole never ends.
        """
        now = self._patience.clock()
        limit_s = self._limit_s() + self._sent_s
        if not self._n_came:
            self._patience.note_answer(now - self._began_s - self._sent_s)
        if now - self._began_s > limit_s + self._n_came / self._slowest_Bps:
            raise TimeoutError(f"its answer drips: {self._n_came} bytes in {now - self._began_s:.1f} s")
        self._n_came += n_bytes
        self._came_s = now

    def nothing_came(self, asked_s: float | None) -> None:
        """Take in that a slice has passed without anything.

        Parameters
        ----------
        asked_s : float or None
            Its length; None if the link waits as it likes.

        Raises
        ------
        TimeoutError
            If that was too long.
        ExchangeAbandonedError
            If it is not to be waited for any longer.
        """
        now = self._patience.clock()
        took_s = now - self._asked_at_s
        self._waited_s += took_s
        self._weighted_s += took_s * self._patience.slowness()
        if asked_s is not None:
            self._asked_s += asked_s
            self._took_s += took_s
        self._patience.on_wait()
        if (reason := self._patience.abandon()) is not None:
            raise ExchangeAbandonedError(f"its answer was not waited for any longer: {reason}")
        limit_s = self._limit_s()
        if now - self._came_s >= limit_s:
            raise TimeoutError(f"no answer within {limit_s:.3g} s{self._why_so_long()}")

    def _why_so_long(self) -> str:
        slow = self._slowness()
        return f" (this computer is {slow:.0f} times slower than an idle one)" if slow >= _WORTH_TELLING else ""
