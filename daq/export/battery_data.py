"""Table of a run in the Battery Data Format (BDF) of the Battery Data Alliance.

Labels and units are the preferred labels of its ontology, release 1.3.0
(https://w3id.org/battery-data-alliance/ontology/battery-data-format); only those are written, since a reader ignores
others. Positive currents charge, as in a run file: they flow into the terminal at the voltage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from daq.export.facts import started_s
from daq.export.table import TEMPERATURE, Column, SampleTable, pieces_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from daq.files.run import Run

_ZERO_CELSIUS_K = 273.15
"""Kelvin at 0 degC, by definition."""
_TIME = Column("Test Time / s", "s", "f8", "test_time_second")
_VOLTAGE = Column("Voltage / V", "V", "f8", "voltage_volt")
_CURRENT = Column("Current / A", "A", "f8", "current_ampere")
_UNIX = Column("Unix Time / s", "s", "f8", "unix_time_second")
_STEP = Column("Step Count / 1", "1", "u4", "step_count")
_SENSOR = Column("Temperature T1 / degC", "degC", "f8", "temperature_t1_celsius")

Samples = dict[str, "NDArray[Any]"]


def battery_table_of(run: Run) -> SampleTable:
    """Return the samples of a run under the labels of BDF.

    Unix time where the start is known, counted steps where the drive is, and a temperature where it was read. Flags
    have no label there: a sample beyond the range has no current, and others are as they were measured.
    """
    parts: list[tuple[Column, Callable[[Samples], NDArray[Any]]]] = [
        (_TIME, lambda samples: samples["time"]),
        (_VOLTAGE, lambda samples: samples["voltage"]),
        (_CURRENT, lambda samples: samples["current"]),
    ]
    begun_s = started_s(run)
    if begun_s is not None:
        parts.append((_UNIX, lambda samples: begun_s + samples["time"]))
    if run.drive is not None:
        # A sequence has an edge where it begins: the first step is 1.
        edges_s = np.asarray(run.drive.times_s)
        parts.append((_STEP, lambda samples: np.searchsorted(edges_s, samples["time"], "right").clip(1)))
    if len(run.slow("temperature")[0]):
        parts.append((_SENSOR, lambda samples: samples[TEMPERATURE] - _ZERO_CELSIUS_K))

    def pieces() -> Iterator[tuple[NDArray[Any], ...]]:
        for samples in pieces_of(run):
            yield tuple(values(samples) for _, values in parts)

    return SampleTable(tuple(column for column, _ in parts), run.n_samples, pieces)
