"""Decays that a cell still sends of what came before its record, and whether it was at rest.

What happened before the first sample has left each mode some charge: its current is a sum of decays with free
amplitudes, linear and the same for every circuit. As leading columns of the triangle they are marginalised exactly, and
a record that shows no such current loses them again: dropping leading columns of a triangle leaves a small one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fitting.reduction.control import in_words_of
from fitting.reduction.nuisance import UNKNOWN
from fitting.reduction.reduction import Reduction, RestTest, noise_of
from fitting.reduction.triangle import triangle_of
from protocols import FitError

if TYPE_CHECKING:
    from fitting.transforms.laplace import Floats
    from protocols import PulseSequence

_SURELY = 1e-6
"""Chance at which a cell at rest is called restless. Ten times as much changes no verdict of the campaign: a history
that matters is far beyond."""
_FEWEST_LEVEL = 3
"""Fewest samples of a voltage that can be called a level."""
_WHITE = 1.5
"""Squared steps over the variance from which a voltage is taken for noise: 2 for white noise, 0 for a ramp."""
_SMALL = 0.01
"""Noise of a level, as a share of it, up to which it is one; more may be a noise that drives the cell."""
_LIKELY = 10.0
"""Deviation of the amplitudes before they are seen, in root mean squares of the current. Doubled, no interval moves by
a percent; it only keeps finite what nothing tells."""


def with_history_judged(reduction: Reduction) -> Reduction:
    """Return a reduction with leading columns of history without them, if the record shows none.

    Parameters
    ----------
    reduction : Reduction
        As it was reduced, with `Reduction.n_history` columns of decays before all others.
    """
    factor, h, spare = reduction.factor, reduction.n_history, max(reduction.n_samples - len(reduction.factor), 1)
    at_rest = triangle_of(factor[:, h:])
    noise_A = noise_of(factor, reduction.n_samples, reduction.rms_current_A)
    if noise_A == 0.0:
        # No sample yet, or a current of zeros: nothing carries on.
        free = reduction.terms.before == UNKNOWN
        return reduction if free else replace(reduction, factor=at_rest, n_history=0)
    test = _test_of_rest(float(at_rest[-1, -1] ** 2 - factor[-1, -1] ** 2) / noise_A**2, h, spare)
    is_at_rest = test.chance > _SURELY
    if is_at_rest and reduction.terms.before != UNKNOWN:
        return replace(reduction, factor=at_rest, n_history=0, rest_test=test)
    return with_history_known(
        replace(reduction, rest_test=test), noise_A / (_LIKELY * reduction.rms_current_A) * np.eye(h)
    )


def with_history_known(reduction: Reduction, rows: Floats) -> Reduction:
    """Return a reduction with rows, shape (r, n_history), that times the amplitudes of its history should be 0 (A)."""
    known = np.zeros((len(rows), len(reduction.factor)))
    known[:, : reduction.n_history] = rows
    return replace(reduction, factor=triangle_of(np.concatenate([reduction.factor, known])))


def _test_of_rest(explained: float, n_history: int, n_spare: int) -> RestTest:
    """Return whether free decays explain more than chance does, whatever the cell.

    Parameters
    ----------
    explained : float
        Sum of squares that they take out, in squares of the noise.
    n_history, n_spare : int
    """
    from scipy.special import betainc

    ratio = max(float(explained), 0.0) / n_history
    # The tail of the F distribution.
    return RestTest(ratio, float(betainc(0.5 * n_spare, 0.5 * n_history, n_spare / (n_spare + n_history * ratio))))


def drive_after(drive: PulseSequence | None, before_V: float | None) -> PulseSequence | None:
    """Return a commanded drive that begins at a level, where one is given."""
    return drive if drive is None or before_V is None else replace(drive, rest_V=before_V)


def require_moving(voltage_V: Floats, source: str, control: str = "") -> None:
    """Refuse a record whose voltage never moves.

    Raises
    ------
    FitError
        With what would help.
    """
    is_known = np.isfinite(voltage_V)
    known = voltage_V if is_known.all() else voltage_V[is_known]
    if len(known) < _FEWEST_LEVEL:
        return
    level = float(np.mean(known))
    away = known - level
    scatter = float(away @ away) / len(known)
    is_level = np.sqrt(scatter) < _SMALL * abs(level)
    # Of white noise the squared steps have twice its variance; of anything that moves, far less.
    if np.ptp(known) == 0.0 or (is_level and float(np.mean(np.diff(known) ** 2)) > _WHITE * scatter):
        problem = in_words_of(
            control,
            "the voltage never moves, so nothing tells the cell's answer from what came before; if it stepped there"
            " right before the first sample, give the level before the step (--before '0 V')",
        )
        raise FitError(f"{source}: {problem}")
