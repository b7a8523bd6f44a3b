"""Voltage that was applied, as its owner states it: ``"0 V; 0.45 V at 0 s"``."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from daq.files.readers.record import RecordError
from daq.files.readers.samples import SampleStore
from drivers import Block
from protocols import ProtocolError, PulseSequence, format_quantity, parse_quantity

if TYPE_CHECKING:
    from daq.files.readers.record import TextRecord

_EXAMPLE = '--drive "0 V; 0.45 V at 0 s; 0 V at 1 s"'


def stated_drive(text: str) -> tuple[float, tuple[tuple[float, float], ...]]:
    """Return the level before the first edge (V), and the edges: time (s), level (V) from then on.

    Raises
    ------
    RecordError
        If the text is no such statement.
    """
    before, *edges = [part.strip() for part in text.split(";") if part.strip()] or [""]
    if not edges or " at " in before:
        raise RecordError(f"state the voltage before the first edge, then each edge: {_EXAMPLE}", "--drive")
    try:
        rest_V = parse_quantity(before, "V")
        found = []
        for edge in edges:
            level, at, when = edge.partition(" at ")
            if not at:
                raise RecordError(f"{edge!r} does not say when: {_EXAMPLE}", "--drive")
            found.append((parse_quantity(when.strip(), "s"), parse_quantity(level.strip(), "V")))
    except ValueError as error:
        if isinstance(error, RecordError):
            raise
        raise RecordError(f"{error}. For example: {_EXAMPLE}", "--drive") from None
    times = [when for when, _ in found]
    if times[0] < 0.0 or any(late <= early for early, late in pairwise(times)):
        raise RecordError(
            "edges stand in the order of their times, from 0 s of the record's own time on, each time once", "--drive"
        )
    return rest_V, tuple(found)


def with_drive(record: TextRecord, drive: tuple[float, tuple[tuple[float, float], ...]]) -> TextRecord:
    """Return a record with the voltage that was commanded; a voltage that was measured stays.

    Times are those of the record. The last level lasts a sample interval beyond the last sample.

    Raises
    ------
    RecordError
        If no edge lies before the last sample, or samples lie before 0 s.
    """
    rest_V, edges = drive
    t = record.t_s
    if t[0] < 0.0:
        raise RecordError(f"the record begins at {t[0]:g} s: the times of a stated voltage begin at 0 s", "--drive")
    if edges[0][0] >= t[-1]:
        raise RecordError(
            f"the first edge, at {format_quantity(edges[0][0], 's')}, lies behind the last sample, at "
            f"{format_quantity(float(t[-1]), 's')}",
            "--drive",
        )
    times, levels = [one[0] for one in edges], [one[1] for one in edges]
    if times[0] > 0.0:
        times, levels = [0.0, *times], [rest_V, *levels]
    interval = float(t[-1] - t[-2]) if len(t) > 1 else 1.0
    try:
        sequence = PulseSequence.from_arrays(times, levels, max(float(t[-1]), times[-1]) + interval, rest_V=rest_V)
    except ProtocolError as error:
        raise RecordError(str(error), "--drive") from None
    if "voltage" in record.columns:
        return replace(
            record, drive=sequence, notes=(*record.notes, "the voltage that was applied was stated (--drive)")
        )
    store = SampleStore()
    for part in record.samples.chunks():
        volts = np.asarray(sequence.voltage_at(part.t_s), dtype=np.float64)
        store.append(Block(part.t_s, volts, part.current_A, part.status))
    note = "the text has no voltage: that of the samples is the stated one (--drive)"
    return replace(record, samples=store, drive=sequence, notes=(*record.notes, note))
