"""Samples of a run as a table that is read piece by piece, whatever file it goes into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from daq.files.run import Run

PIECE = 1 << 18
"""Samples in memory at a time: 6.5 MB of a run file, some 50 MB as Python's numbers on their way into a text. Doubled,
so much more memory and no more speed."""
TEMPERATURE = "temperature_K"
"""Column of the slow channel, between its readings."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name : str
        With its unit.
    unit : str
        Empty for a pure number.
    dtype : str
        ``f8`` or ``u1``.
    about : str
        What it holds, for a reader.
    """

    name: str
    unit: str
    dtype: str
    about: str


@dataclass(frozen=True)
class SampleTable:
    """A table of samples.

    Attributes
    ----------
    columns : tuple of Column
    n_rows : int
    pieces : callable
        Yields arrays, one for each column, of consecutive rows; each call begins anew.
    """

    columns: tuple[Column, ...]
    n_rows: int
    pieces: Callable[[], Iterator[tuple[NDArray[Any], ...]]]


def pieces_of(run: Run, piece: int = PIECE) -> Iterator[dict[str, NDArray[Any]]]:
    """Yield the samples of a run in stretches of at most `piece`, with `TEMPERATURE` where it has that channel."""
    readings = run.slow("temperature")
    for first in range(0, run.n_samples, piece):
        samples = run.read_samples(first, piece)
        if len(readings[0]):
            # Before its first reading and behind its last one nobody knows.
            samples[TEMPERATURE] = np.interp(samples["time"], *readings, left=np.nan, right=np.nan)
        yield samples


def table_of(run: Run) -> SampleTable:
    """Return the samples of a run under the names that `Run.to_dataframe` gives them."""
    parts = {
        "time": Column("time_s", "s", "f8", "time from the start of the run, centre of each sample"),
        "voltage": Column("voltage_V", "V", "f8", "voltage at the cell"),
        "current": Column("current_A", "A", "f8", "current through the cell; nothing where the range was exceeded"),
        "status": Column(
            "status", "", "u1", "flags: 1 overload, 2 compliance, 4 timing, 8 gap, 16 edge, 32 missing; 0 is good"
        ),
    }
    if len(run.slow("temperature")[0]):
        parts[TEMPERATURE] = Column(TEMPERATURE, "K", "f8", "temperature, on straight lines between its readings")

    def pieces() -> Iterator[tuple[NDArray[Any], ...]]:
        for samples in pieces_of(run):
            yield tuple(samples[name] for name in parts)

    return SampleTable(tuple(parts.values()), run.n_samples, pieces)
