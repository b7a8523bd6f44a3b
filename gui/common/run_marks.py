"""Marks of a run over time: its events, and stretches of samples that must not be trusted. Without Qt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from gui.common.language import tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_MOST = 200
"""Marks of flagged samples: more cannot be told apart in a plot. Doubled, a frame of a bad run takes 1 ms more."""
_AT_ONCE = 1 << 24
"""Samples that are read at once: 16 MB, some 10 ms. Doubled, a first view of a long run waits twice as long."""
_UNTOLD = frozenset({"created", "start", "imported"})
"""Kinds of events that say nothing that the axis does not say."""


class MarkKind(Enum):
    """What a mark tells of."""

    EVENT = "event"
    LIMIT = "limit"
    LOST = "lost"


@dataclass(frozen=True)
class Mark:
    """Something that happened at a time of the run.

    Attributes
    ----------
    time_s : float
        Since the start of the run.
    kind : MarkKind
    text : str
    """

    time_s: float
    kind: MarkKind
    text: str


def event_marks(events: Sequence[dict[str, Any]]) -> tuple[Mark, ...]:
    """Return the marks of a run's events; nothing while it has not been started.

    Parameters
    ----------
    events : sequence of dict
        As `daq.Run.events` gives them.
    """
    clock = "monotonic_ns" if all("monotonic_ns" in event for event in events) else "host_ns"
    starts = [event[clock] for event in events if event["kind"] == "start"]
    if not starts:
        return ()
    return tuple(
        Mark((event[clock] - starts[0]) * 1e-9, MarkKind.EVENT, f"{event['kind']}: {event['message']}".rstrip(": "))
        for event in events
        if event["kind"] not in _UNTOLD
    )


class FlagMarks:
    """Marks where samples begin to be flagged, of a run that grows; each sample is read once."""

    def __init__(self) -> None:
        self._n_read = 0
        self._before = np.uint8(0)
        self._marks: list[Mark] = []

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Marks so far: the first ones, if there are very many."""
        return tuple(self._marks)

    def grow(self, t_s: NDArray[np.float64], status: NDArray[np.uint8]) -> None:
        """Take in the record as it is now; of very many new samples the first, the others at the next call."""
        told, lost = _masks()
        new = np.asarray(status[self._n_read : self._n_read + _AT_ONCE]) & np.uint8(told)
        if len(self._marks) < _MOST and new.any():
            before = np.concatenate([[self._before], new[:-1]])
            for k in np.flatnonzero(new & ~before)[: _MOST - len(self._marks)]:
                flags = int(new[k] & ~before[k])
                kind = MarkKind.LOST if flags & lost else MarkKind.LIMIT
                self._marks.append(Mark(float(t_s[self._n_read + k]), kind, _text_of(flags)))
        if len(new):
            self._before = new[-1]
        self._n_read += len(new)


@cache
def _masks() -> tuple[int, int]:
    """Return the flags that are told of, and those of lost samples."""
    from drivers import Status  # with all drivers: the window paints before they are there

    lost = Status.GAP | Status.MISSING
    return int(Status.OVERLOAD | Status.COMPLIANCE | Status.TIMING | lost), int(lost)


def _text_of(flags: int) -> str:
    from drivers import Status

    texts = {
        Status.OVERLOAD: tr("current beyond the range"),
        Status.COMPLIANCE: tr("current limited by the instrument"),
        Status.TIMING: tr("time or source value not as planned"),
        Status.GAP: tr("samples before this one were lost"),
        Status.MISSING: tr("no value in the imported record"),
    }
    return ", ".join(text for flag, text in texts.items() if flags & int(flag))
