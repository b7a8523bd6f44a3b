"""Which quantity an instrument controlled: stated, said by the file, or found in its samples.

The one that was controlled is constant between jumps, the other one relaxes there. Of each, what is left of its
squares about the mean of each hold, as a share of those about the mean of all, says which is which; what relaxes does
not merely scatter.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from daq.files.readers.record import Guess, RecordError
from protocols.texts import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from daq.files.readers.record import TextRecord
    from daq.files.readers.samples import SampleStore

    Floats = NDArray[np.float64]

CONTROLS = VOLTAGE, CURRENT = "voltage", "current"
# Techniques that EC-Lab and others name in their headers.
_TECHNIQUES = (
    (CURRENT, re.compile(r"chronopotentio|galvanostat|constant current|gitt|open circuit", re.IGNORECASE)),
    (VOLTAGE, re.compile(r"chronoampero|potentiostat|constant voltage|pitt|voltammetry", re.IGNORECASE)),
)
_TECHNIQUE = "technique: "
# Steps from sample to sample, in median steps and as a share of the whole range, from which one is a jump. Doubled,
# jumps of a noisy current are taken for noise.
_JUMP, _JUMP_SHARE = 12.0, 1e-3
# Share of a jump that the steps beside it are at most: what goes on with steps like its first is no jump. Doubled, the
# first half of a fast relaxation counts as jumps.
_BESIDE = 0.25
# Share of what is left in the holds of the voltage that is no scatter from sample to sample. Doubled, all must be.
_SMOOTH = 0.5
# Share of its squares that a controlled current has left in its holds at most: noise of 3 % of its range. Doubled, a
# current that relaxes by a tenth counts as held.
_HELD = 1e-3
# How many times more the voltage must have left. Doubled, records of little relaxation are not told apart.
_RELAXES = 10.0
# Pieces of a long record that are looked at, evenly over it, and samples of each.
_PIECES, _A_PIECE = 16, 20_000


def with_control(record: TextRecord, stated: str | None) -> TextRecord:
    """Return a record that says which quantity was controlled, with a guess or a note of how that is known.

    Parameters
    ----------
    record : TextRecord
    stated : str or None
        What its owner says.

    Raises
    ------
    RecordError
        If that is neither voltage nor current, or contradicts a stated drive.
    """
    if stated is not None:
        if stated not in CONTROLS:
            raise RecordError(f"an instrument controls voltage or current, not {stated!r}: --control")
        if (stated == CURRENT and record.drive is not None) or (stated == VOLTAGE and record.current_drive):
            other = VOLTAGE if stated == CURRENT else CURRENT
            raise RecordError(f"--drive states the {other} that was applied: then the {stated} was not controlled")
        return replace(record, control=stated)
    if record.control or record.drive is not None:
        return record
    for note in record.notes:
        for control, pattern in _TECHNIQUES if note.startswith(_TECHNIQUE) else ():
            if pattern.search(note) is not None:
                technique = shortened(note.removeprefix(_TECHNIQUE), 60)
                text = f"control: the {control}, by the technique {technique!r} (--control changes it)"
                return replace(record, control=control, notes=(*record.notes, text))
    if not _current_is_held(record.samples):
        return record
    guess = Guess(
        "control", "control: the current, which is constant between jumps while the voltage relaxes", "--control"
    )
    return replace(record, control=CURRENT, guesses=(*record.guesses, guess))


def _current_is_held(samples: SampleStore) -> bool:
    """Whether a current is constant between jumps, and the voltage is not."""
    left = {VOLTAGE: np.zeros(5), CURRENT: np.zeros(5)}
    for volts, amperes in _pieces(samples):
        for name, values in ((VOLTAGE, volts), (CURRENT, amperes)):
            left[name] += _sums(values)
    shares = {}
    for name, (n, total, squares, within, _) in left.items():
        about_mean = squares - total**2 / n if n > 0 else 0.0
        # A current that never changes is held too: what matters is its size.
        about_mean = max(about_mean, 1e-6 * squares) if name == CURRENT else about_mean
        if not about_mean > 0.0:
            return False
        shares[name] = within / about_mean
    within, scatter = left[VOLTAGE][3:]
    relaxes = within - scatter > _SMOOTH * within and shares[VOLTAGE] > _RELAXES * shares[CURRENT]
    return bool(relaxes and shares[CURRENT] < _HELD)


def _pieces(samples: SampleStore) -> Iterator[tuple[Floats, Floats]]:
    """Give voltage and current of some pieces of a record, without samples that have either not."""
    n = len(samples)
    starts = np.unique(np.linspace(0, max(n - _A_PIECE, 0), _PIECES).astype(np.int64)) if n > _A_PIECE else [0]
    for start in starts:
        block = samples.rows(int(start), min(int(start) + _A_PIECE, n))
        good = (block.status == 0) & np.isfinite(block.voltage_V) & np.isfinite(block.current_A)
        if good.any():
            yield block.voltage_V[good], block.current_A[good]


def _sums(values: Floats) -> Floats:
    """Return number, sum, sum of squares, of squares about the mean of each hold, and of scatter within, shape (5,).

    Squared steps of white noise have twice its variance.
    """
    steps = np.abs(np.diff(values))
    threshold = max(_JUMP * float(np.median(steps)), _JUMP_SHARE * float(np.ptp(values))) if len(steps) else 0.0
    around = np.maximum(np.append(0.0, steps)[:-1], np.append(steps, 0.0)[1:])
    jumps = (steps > threshold) & (around < _BESIDE * steps)
    hold = np.concatenate([[0], np.cumsum(jumps)])
    means = np.bincount(hold, weights=values) / np.bincount(hold)
    within, scatter = float(np.sum((values - means[hold]) ** 2)), 0.5 * float(np.sum(steps[~jumps] ** 2))
    return np.array([len(values), float(values.sum()), float(values @ values), within, scatter])
