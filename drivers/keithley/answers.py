"""Answers of Keithley instruments: numbers, and readings that are asked for twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from protocols import InstrumentError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_KNOWN_READINGS = 16
"""Readings that come along a second time to be compared: two of a quiet digitizer are equal once in ten times."""


# What an event in the queue means for an output that went off (pp. 3-3, 6-49, C-10).
EVENT_REASONS = {
    5074: "its interlock is open",
    4915: "its buffer is full",
    2771: "it is too hot inside",
}


class KnownReadings:
    """The last readings that were fetched, by which a buffer that was cleared meanwhile is noticed (decision 229)."""

    def __init__(self) -> None:
        self._rows = np.empty((0, 0))

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def last(self) -> Array:
        """The last of them, shape (columns,)."""
        last: Array = self._rows[-1]
        return last

    def keep(self, rows: Array) -> None:
        """Keep the last of some rows, which include those that were known."""
        self._rows = rows[-_KNOWN_READINGS:].copy()

    def are(self, rows: Array) -> bool:
        """Return whether some rows that come last are as they are known."""
        return not len(rows) or bool(np.array_equal(rows, self._rows[-len(rows) :]))


def number_in(query: str, answer: str) -> float:
    """Return the number that a query was answered with.

    Raises
    ------
    InstrumentError
        If it is none.
    """
    try:
        return float(answer)
    except ValueError:
        raise InstrumentError(f"{query} was answered {answer!r}, which is no number", command=query) from None
