"""A voltage or a current that was stated, on a record that was read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from daq.files.readers.samples import SampleStore
from daq.files.stated_drive import driven_quantity, sequence_of
from drivers import Block

if TYPE_CHECKING:
    from daq.files.readers.record import TextRecord


def with_drive(record: TextRecord, drive: str) -> TextRecord:
    """Return a record with the voltage or the current that was commanded; what was measured of it stays.

    A current that was commanded was controlled. Times are those of the record. The last level lasts a sample interval
    beyond the last sample.

    Raises
    ------
    StatementError
        If the statement cannot be meant of this record.
    """
    n = len(record.samples)
    first, last = record.samples.rows(0, 1).t_s[0], record.samples.rows(max(n - 2, 0), n).t_s
    interval = float(last[-1] - last[0]) if n > 1 else 1.0
    sequence = sequence_of(drive, float(first), float(last[-1]), interval)
    quantity = driven_quantity(drive)
    samples, note = record.samples, f"the {quantity} that was applied was stated (--drive)"
    if quantity not in record.columns:
        note = f"the text has no {quantity}: that of the samples is the stated one (--drive)"
        samples = SampleStore()
        for part in record.samples.chunks():
            level = np.asarray(sequence.voltage_at(part.t_s), dtype=np.float64)
            volts, amperes = (part.voltage_V, level) if quantity == "current" else (level, part.current_A)
            samples.append(Block(part.t_s, volts, amperes, part.status))
    notes = (*record.notes, note)
    if quantity == "current":
        return replace(record, samples=samples, current_drive=drive, control=quantity, notes=notes)
    return replace(record, samples=samples, drive=sequence, notes=notes)
