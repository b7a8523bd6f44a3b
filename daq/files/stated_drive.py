"""Voltage or current that was applied, as the owner of a record states it: ``"0 V; 0.45 V at 0 s"``."""

from __future__ import annotations

from itertools import pairwise

from protocols import InputError, ProtocolError, PulseSequence, RunFileError, format_quantity, parse_quantity

_EXAMPLES = {"V": '--drive "0 V; 0.45 V at 0 s; 0 V at 1 s"', "A": '--drive "0 A; 1 mA at 0 s; 0 A at 1 s"'}
# What has which unit.
_QUANTITIES = {"V": "voltage", "A": "current"}


class StatementError(InputError, RunFileError):
    """What was stated of a record cannot be meant, or cannot be read."""


def driven_quantity(text: str) -> str:
    """Return what a statement has levels of: ``current`` if one is in amperes, else ``voltage``."""
    return _QUANTITIES[_unit_of(text)]


def _unit_of(text: str) -> str:
    levels = [part.partition(" at ")[0].strip() for part in text.split(";")]
    return "A" if any(_is_quantity(level, "A") for level in levels) else "V"


def _is_quantity(text: str, unit: str) -> bool:
    try:
        parse_quantity(text, unit)
    except ValueError:
        return False
    return True


def stated_drive(text: str) -> tuple[float, tuple[tuple[float, float], ...]]:
    """Return the level before the first edge, and the edges: time (s), level from then on; volts, or amperes.

    Raises
    ------
    StatementError
        If the text is no such statement.
    """
    before, *edges = [part.strip() for part in text.split(";") if part.strip()] or [""]
    unit = _unit_of(text)
    example, quantity = _EXAMPLES[unit], _QUANTITIES[unit]
    if not edges or " at " in before:
        raise StatementError(f"state the {quantity} before the first edge, then each edge: {example}", "--drive")
    try:
        rest = parse_quantity(before, unit)
        found = []
        for edge in edges:
            level, at, when = edge.partition(" at ")
            if not at:
                raise StatementError(f"{edge!r} does not say when: {example}", "--drive")
            found.append((parse_quantity(when.strip(), "s"), parse_quantity(level.strip(), unit)))
    except ValueError as error:
        if isinstance(error, StatementError):
            raise
        raise StatementError(f"{error}. For example: {example}", "--drive") from None
    times = [when for when, _ in found]
    if times[0] < 0.0 or any(late <= early for early, late in pairwise(times)):
        raise StatementError(
            "edges stand in the order of their times, from 0 s of the record's own time on, each time once", "--drive"
        )
    return rest, tuple(found)


def sequence_of(text: str, first_s: float, last_s: float, interval_s: float) -> PulseSequence:
    """Return a stated voltage, or a stated current with amperes in place of its volts, as the drive of a record.

    Parameters
    ----------
    text : str
    first_s, last_s : float
        Times of the first and the last sample.
    interval_s : float
        Time between samples: the last level lasts so long beyond the last of them.

    Raises
    ------
    StatementError
        If no edge lies before the last sample, or samples lie before 0 s.
    """
    rest, edges = stated_drive(text)
    if first_s < 0.0:
        raise StatementError(
            f"the record begins at {first_s:g} s: the times of what was applied begin at 0 s", "--drive"
        )
    if edges[0][0] >= last_s:
        raise StatementError(
            f"the first edge, at {format_quantity(edges[0][0], 's')}, lies behind the last sample, at "
            f"{format_quantity(last_s, 's')}",
            "--drive",
        )
    times, levels = [one[0] for one in edges], [one[1] for one in edges]
    if times[0] > 0.0:
        times, levels = [0.0, *times], [rest, *levels]
    try:
        return PulseSequence.from_arrays(times, levels, max(last_s, times[-1]) + interval_s, rest_V=rest)
    except ProtocolError as error:
        raise StatementError(str(error), "--drive") from None


def drive_text(sequence: PulseSequence) -> str:
    """Return a sequence of levels as a statement, to the last digit.

    Raises
    ------
    StatementError
        If a part of it is a ramp.
    """
    if bool((sequence.start_V != sequence.end_V).any()):
        raise StatementError(
            "a protocol with ramps cannot be stated: its record needs a column of voltage", "--protocol"
        )
    edges = zip(sequence.times_s.tolist(), sequence.start_V.tolist(), strict=True)
    return "; ".join([f"{sequence.rest_V!r} V", *(f"{level!r} V at {when!r} s" for when, level in edges)])
