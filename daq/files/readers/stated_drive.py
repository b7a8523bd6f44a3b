"""A voltage that was stated, on a record that was read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from daq.files.readers.samples import SampleStore
from daq.files.stated_drive import sequence_of
from drivers import Block

if TYPE_CHECKING:
    from daq.files.readers.record import TextRecord


def with_drive(record: TextRecord, drive: str) -> TextRecord:
    """Return a record with the voltage that was commanded; a voltage that was measured stays.

    Times are those of the record. The last level lasts a sample interval beyond the last sample.

    Raises
    ------
    StatementError
        If the statement cannot be meant of this record.
    """
    n = len(record.samples)
    first, last = record.samples.rows(0, 1).t_s[0], record.samples.rows(max(n - 2, 0), n).t_s
    interval = float(last[-1] - last[0]) if n > 1 else 1.0
    sequence = sequence_of(drive, float(first), float(last[-1]), interval)
    if "voltage" in record.columns:
        note = "the voltage that was applied was stated (--drive)"
        return replace(record, drive=sequence, notes=(*record.notes, note))
    store = SampleStore()
    for part in record.samples.chunks():
        volts = np.asarray(sequence.voltage_at(part.t_s), dtype=np.float64)
        store.append(Block(part.t_s, volts, part.current_A, part.status))
    note = "the text has no voltage: that of the samples is the stated one (--drive)"
    return replace(record, samples=store, drive=sequence, notes=(*record.notes, note))
