"""Time in a record: blocks that go on or begin anew, steps that restart, times that stand twice."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from daq.files.readers.modes import DISCHARGE_MARK
from daq.files.readers.record import Candidate, Question, QuestionError, RecordError
from daq.files.readers.samples import SampleStore
from daq.files.readers.times import DAY_S
from drivers import Block, Status
from protocols.texts import shortened

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from daq.files.readers.raw_samples import RawSamples

# Intervals of the first samples within which a step begins where the one before it began; elsewhere it is a fault.
_NEAR_START = 1.5
# Share of a step's length within which its first time counts from the end of the step before it.
_COUNTS_FROM_END = 0.1
# A time between two others that goes on within so many intervals behind them is damaged, and begins no step.
_GOES_ON_WITHIN = 4.0
# Share of the voltages' range by which two samples of one time may differ and still be one.
_SAME_VOLTAGE = 0.02
# Share of the samples that are left where those of one time are merged: with fewer, the times are too coarse.
_FEWEST_LEFT = 0.5
# A time of day in the last and the first hour: between them lies midnight (s).
_AN_HOUR = 3600.0
# Blocks that are named in a message, and the longest title of one (characters).
_SHOWN_BLOCKS, _QUOTED = 12, 40
ALL = "all"
"""Block by which all are meant, one behind another."""


@dataclass(frozen=True)
class SampleRange:
    """Rows of a block.

    Attributes
    ----------
    start, stop : int
    title : str
        Text above it.
    """

    start: int
    stop: int
    title: str = ""


@dataclass(frozen=True)
class _Fall:
    """A time that is less than the one before: row, time before, time there, time behind (NaN at the end)."""

    row: int
    before: float
    here: float
    behind: float


def ordered(
    raw: RawSamples,
    name: str,
    block: str | None,
    *,
    is_clock: bool = False,
    is_time_stated: bool = False,
    channel_of: Callable[[int, int], str] | None = None,
) -> tuple[SampleStore, tuple[str, ...]]:
    """Return the samples of one record, with times that increase, and notes.

    Parameters
    ----------
    raw : RawSamples
    name : str
        Of the file, for messages.
    block : str or None
        Number of a block (from 1), or `ALL`.
    is_clock : bool
        Whether times are those of a day, which begins anew at midnight.
    is_time_stated : bool
        Whether the owner named the column of times, however coarse it is.
    channel_of : callable, optional
        Returns in what a column of channels or sweeps differs between two lines; empty if in nothing.

    Raises
    ------
    QuestionError
        If several blocks may be meant.
    RecordError
        If times go back otherwise.
    """
    if len(raw.store) < 2:
        raise RecordError(f"{name}: {'one row has' if len(raw.store) else 'no row has'} a time and a current")
    falls = _falls(raw.store)
    starts = {fall.row for fall in falls}
    boundaries = {one.row for one in raw.boundaries if one.row} | (starts & raw.behind_blank)
    if channel_of is not None:
        boundaries |= {one for one in starts if channel_of(raw.line_of(one - 1), raw.line_of(one))}
    ranges = _ranges(raw, boundaries)
    notes = []
    chosen = SampleRange(0, len(raw.store))
    if block is not None and block != ALL:
        chosen = _block(raw, name, ranges, block)
        notes.append(f"block {block} of {len(ranges)} was read (--block)")
    elif starts & boundaries and block is None:
        raise _which_block(raw, name, ranges)
    elif len(ranges) > 1 and not starts & boundaries:
        notes.append(f"{len(ranges)} blocks were joined: their time goes on, the second begins in line "
                     f"{raw.line_of(ranges[1].start)}")  # fmt: skip
    within = [fall for fall in falls if chosen.start < fall.row < chosen.stop]
    chosen, within, skipped = _without_counts(raw, chosen, within)
    shifts, told = _shifts(raw, name, within, chosen, boundaries, is_clock=is_clock)
    store, merged = _merged(raw, name, chosen, shifts, channel_of)
    if len(store) < _FEWEST_LEFT * (chosen.stop - chosen.start) and not is_time_stated:
        raise QuestionError(
            f"{name}: {chosen.stop - chosen.start:,} samples have {len(store):,} different times: this column is too "
            "coarse for them. Name a finer one, or name this one to take the mean of each time (--time)",
            Question("time", "--time"),
        )
    return store, (*notes, *skipped, *told, *merged)


def _falls(store: SampleStore) -> list[_Fall]:
    falls: list[_Fall] = []
    row, last = 0, -np.inf
    for part in store.chunks():
        t = np.concatenate([[last], part.t_s])
        for k in np.flatnonzero(np.diff(t) < 0):
            behind = float(t[k + 2]) if k + 2 < len(t) else np.nan
            falls.append(_Fall(row + int(k), float(t[k]), float(t[k + 1]), behind))
        row, last = row + len(part), float(part.t_s[-1])
    return falls


def _ranges(raw: RawSamples, boundaries: set[int]) -> list[SampleRange]:
    cuts = sorted(boundaries | {0, len(raw.store)})
    titles = {one.row: one.text for one in raw.boundaries}
    return [SampleRange(a, b, titles.get(a, "")) for a, b in pairwise(cuts)]


def _described(raw: RawSamples, one: SampleRange) -> str:
    first, last = raw.store.rows(one.start, one.start + 1).t_s[0], raw.store.rows(one.stop - 1, one.stop).t_s[0]
    title = f" {shortened(one.title, _QUOTED)!r}" if one.title else ""
    lines = f"lines {raw.line_of(one.start)} to {raw.line_of(one.stop - 1)}"
    return f"{lines}{title}, {one.stop - one.start:,} samples, {first:g} to {last:g} s"


def _block(raw: RawSamples, name: str, ranges: list[SampleRange], block: str) -> SampleRange:
    if block.isdecimal() and len(block) < 10 and 1 <= int(block) <= len(ranges):
        return ranges[int(block) - 1]
    shown = "; ".join(f"{k} {_described(raw, one)}" for k, one in enumerate(ranges[:_SHOWN_BLOCKS], 1))
    raise RecordError(f"{name} has no block {block!r}. Blocks are: {shown}", "--block")


def _which_block(raw: RawSamples, name: str, ranges: list[SampleRange]) -> QuestionError:
    candidates = tuple(Candidate(str(k), _described(raw, one)) for k, one in enumerate(ranges, 1))
    shown = "; ".join(f"{one.answer}: {one.label}" for one in candidates[:_SHOWN_BLOCKS])
    more = f"; and {len(ranges) - _SHOWN_BLOCKS} more" if len(ranges) > _SHOWN_BLOCKS else ""
    return QuestionError(
        f"{name} has {len(ranges)} blocks (curves, sweeps, channels), each with a time of its own: {shown}{more}. "
        f"Name one (--block 1), or set them one behind another (--block {ALL}).",
        Question("block", "--block", (*candidates, Candidate(ALL, "one behind another"))),
    )


def _without_counts(
    raw: RawSamples, chosen: SampleRange, within: list[_Fall]
) -> tuple[SampleRange, list[_Fall], tuple[str, ...]]:
    """Leave a first row out that holds counts: how many rows and columns follow it."""
    if len(within) != 1 or within[0].row != chosen.start + 1 or chosen.stop - chosen.start < 3:
        return chosen, within, ()
    first = raw.store.rows(chosen.start, chosen.start + 1)
    if first.t_s[0] != chosen.stop - chosen.start - 1:
        return chosen, within, ()
    line = raw.line_of(chosen.start)
    note = f"line {line} was left out: its {first.t_s[0]:g} is the number of the rows below it, not a time"
    return SampleRange(chosen.start + 1, chosen.stop, chosen.title), [], (note,)


def _shifts(
    raw: RawSamples, name: str, falls: list[_Fall], chosen: SampleRange, parted: set[int], *, is_clock: bool
) -> tuple[list[tuple[int, float]], tuple[str, ...]]:
    """Return from which row on times are shifted by how much (s), and notes.

    A step that begins at 0 begins one of its intervals behind the last sample of the step before; one whose first
    sample comes later counts from that last sample.
    """
    shifts: list[tuple[int, float]] = []
    midnights: list[int] = []
    shift, begin = 0.0, chosen.start
    for fall in falls:
        line = raw.line_of(fall.row)
        if is_clock and fall.before > DAY_S - _AN_HOUR and fall.before <= DAY_S and fall.here < _AN_HOUR:
            shift += DAY_S
            midnights.append(line)
        elif fall.row not in parted and (stray := _stray_time(raw, fall, chosen)):
            raise RecordError(_goes_back(raw, name, fall, stray))
        elif fall.row in parted or (fall.row - begin > 1 and 0.0 <= fall.here <= _latest_start(raw, fall, begin)):
            interval = max(fall.behind - fall.here, 0.0) if np.isfinite(fall.behind) else 0.0
            counts = 0.0 < fall.here <= _COUNTS_FROM_END * fall.before
            shift += fall.before + (0.0 if counts else interval - fall.here)
        else:
            raise RecordError(_goes_back(raw, name, fall, fall.row))
        shifts.append((fall.row, shift))
        begin = fall.row
    n_steps = len(shifts) - len(midnights)
    first = next((raw.line_of(row) for row, _ in shifts if raw.line_of(row) not in midnights), 0)
    notes = [f"the clock passes midnight in line {line}" for line in midnights]
    if n_steps:
        often = "once" if n_steps == 1 else f"{n_steps:,} times"
        notes.append(
            f"the time begins anew {often}, first in line {first}: each step was set behind the one before it"
            " (one that begins at 0 s, an interval behind its last sample)"
        )
    return shifts, tuple(notes)


def _goes_back(raw: RawSamples, name: str, fall: _Fall, stray: int) -> str:
    """Return what is wrong with a time; `stray` is the row whose time it is."""
    where = f"{name}, line {raw.line_of(stray)}"
    if stray == fall.row:
        what = f"time {fall.here:g} s does not come after {fall.before:g} s"
    else:
        what = f"this time does not lie between those of the lines around it: {fall.before:g} s, then {fall.here:g} s"
    return (
        f"{where}: {what}. Times must increase, or begin anew with each step: correct or remove the line if it is "
        "damaged, or name another column (--time)."
    )


def _latest_start(raw: RawSamples, fall: _Fall, begin: int) -> float:
    """Return the latest time (s) at which a new step may begin: near where the one before it began."""
    first, second = raw.store.rows(begin, begin + 2).t_s
    intervals = [float(second - first), fall.behind - fall.here]
    return float(first) + _NEAR_START * max(one for one in intervals if np.isfinite(one))


def _stray_time(raw: RawSamples, fall: _Fall, chosen: SampleRange) -> int:
    """Return the row whose time alone is out of the order of its neighbours, 0 if a fall may begin a step."""
    start, stop = max(fall.row - 2, chosen.start), min(fall.row + 2, chosen.stop)
    t = raw.store.rows(start, stop).t_s
    if start == fall.row - 2 and fall.here > t[0]:
        return fall.row - 1  # a peak: without it, the times go on
    if not np.isfinite(fall.behind) or start != fall.row - 2:
        return 0 if np.isfinite(fall.behind) else fall.row
    interval = fall.before - float(t[0])
    return fall.row if 0.0 < fall.behind - fall.before <= _GOES_ON_WITHIN * interval else 0


def _merged(
    raw: RawSamples,
    name: str,
    chosen: SampleRange,
    shifts: list[tuple[int, float]],
    channel_of: Callable[[int, int], str] | None,
) -> tuple[SampleStore, tuple[str, ...]]:
    """Return the samples with shifted times, those of one time merged into one."""
    store = SampleStore()
    rows, amounts = np.array([one[0] for one in shifts], dtype=np.int64), np.array([0.0, *(one[1] for one in shifts)])
    same_V = _SAME_VOLTAGE * _voltage_range(raw.store, chosen)
    n_merged, first_line, n_edges = 0, 0, 0
    row, held = chosen.start, None
    for chunk in raw.store.chunks(chosen.start, chosen.stop):
        t = chunk.t_s
        if len(rows):
            t = t + amounts[np.searchsorted(rows, np.arange(row, row + len(t)), side="right")]
        part = Block(t, chunk.voltage_V, chunk.current_A, chunk.status)
        if held is not None:
            part = _joined(held, part)
        offset = row - (0 if held is None else len(held))
        same = np.flatnonzero(np.diff(part.t_s) == 0)
        if same.size and not first_line:
            first_line = raw.line_of(offset + int(same[0]) + 1)
            if channel_of is not None and (difference := channel_of(first_line - 1, first_line)):
                raise RecordError(
                    f"{name}, line {first_line}: rows of several channels have the same time ({difference}): keep "
                    "the rows of one channel in the file"
                )
        # The last time may go on in the next chunk.
        last = int(np.searchsorted(part.t_s, part.t_s[-1], side="left"))
        held = _slice(part, last, len(part))
        whole, edges = _merge(_slice(part, 0, last), same_V)
        n_merged, n_edges = n_merged + last - len(whole), n_edges + edges
        store.append(whole)
        row += len(chunk)
    if held is not None:
        whole, edges = _merge(held, same_V)
        n_merged, n_edges = n_merged + len(held) - len(whole), n_edges + edges
        store.append(whole)
    if not n_merged:
        return store, ()
    have = (
        "sample has the time of the one before it" if n_merged == 1 else "samples have the time of the one before them"
    )
    note = f"{n_merged:,} {have}, the first in line {first_line}: merged into their mean"
    if n_edges:
        note += f"; {n_edges:,} of these times with two voltages: flagged as edges"
    return store, (note,)


def _voltage_range(store: SampleStore, chosen: SampleRange) -> float:
    low, high = np.inf, -np.inf
    for part in store.chunks(chosen.start, chosen.stop):
        known = part.voltage_V[np.isfinite(part.voltage_V)]
        if len(known):
            low, high = min(low, float(known.min())), max(high, float(known.max()))
    return max(high - low, 0.0)


def _slice(block: Block, start: int, stop: int) -> Block:
    part = slice(start, stop)
    return Block(block.t_s[part], block.voltage_V[part], block.current_A[part], block.status[part])


def _joined(first: Block, second: Block) -> Block:
    return Block(
        np.concatenate([first.t_s, second.t_s]),
        np.concatenate([first.voltage_V, second.voltage_V]),
        np.concatenate([first.current_A, second.current_A]),
        np.concatenate([first.status, second.status]),
    )


def _merge(block: Block, same_V: float) -> tuple[Block, int]:
    """Merge the samples of each time; return how many of these times have two voltages."""
    if len(block) < 2 or not bool((np.diff(block.t_s) == 0).any()):
        return block, 0
    begins = np.flatnonzero(np.concatenate([[True], np.diff(block.t_s) > 0]))
    counts = np.diff(np.append(begins, len(block)))
    good = block.status & np.uint8(DISCHARGE_MARK - 1) == 0
    alone = np.add.reduceat(good.astype(np.int64), begins) == 0  # only flagged samples: all of them count
    used = good | np.repeat(alone, counts)
    volts, spread = _means(block.voltage_V, used, begins)
    amps, _ = _means(block.current_A, used, begins)
    flags = np.bitwise_or.reduceat(np.where(used, block.status, 0).astype(np.uint8), begins)
    edges = spread > same_V
    flags[edges] |= np.uint8(Status.EDGE)
    return Block(block.t_s[begins], volts, amps, flags.astype(np.uint8)), int(edges.sum())


def _means(
    values: NDArray[np.float64], used: NDArray[np.bool_], begins: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and spread of the finite values of each group; a group of one keeps its value to the last digit."""
    known = used & np.isfinite(values)
    n = np.add.reduceat(known.astype(np.float64), begins)
    total = np.add.reduceat(np.where(known, values, 0.0), begins)
    low = np.minimum.reduceat(np.where(known, values, np.inf), begins)
    high = np.maximum.reduceat(np.where(known, values, -np.inf), begins)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(n > 0, total / n, np.nan), np.where(n > 1, high - low, 0.0)
