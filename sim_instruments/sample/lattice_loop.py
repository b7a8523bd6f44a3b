"""Compiled loop: the kinetic Monte Carlo walk of a lattice gas, one event after the other.

Importing this file imports numba; the cache goes to a folder of the user's, since an installed package may lie where
nothing can be written.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if "NUMBA_CACHE_DIR" not in os.environ:
    _home = Path(os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    os.environ["NUMBA_CACHE_DIR"] = str(_home / "ionecho" / "numba")

import numba
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_Function = TypeVar("_Function", bound="Callable[..., object]")

# Places in a level's ring, a power of 2; the longest lag of a level is one less.
RING = 8
# Lags 1 to 3 of a level are lags 2, 4 and 6 of the level below: only the finest level keeps them.
FIRST_LAG = 4
# Tallies of one walk.
HOPS, STRAINING, UNDONE, FOLLOWED, COSINE = range(5)
RELAXED, FLUCTUATED, HOPPED = 0, 1, 2


def _compiled(signature: str) -> Callable[[_Function], _Function]:
    """Compile for one signature when the file is imported."""
    decorator: Callable[[_Function], _Function] = numba.njit(signature, nogil=True, cache=True)
    return decorator


@_compiled("f8(u8[::1])")
def _uniform(stream: NDArray[np.uint64]) -> float:
    """Return the next number in [0, 1) of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014)."""
    stream[0] += np.uint64(0x9E3779B97F4A7C15)
    z = stream[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return float((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * 1.1102230246251565e-16


@_compiled("void(i8, i8[::1], i8[:,:,::1], f8[:,:,::1])")
def _correlate(step: int, position: Ints, ring: Ints, lags: Floats) -> None:
    """Add the collective displacements that end at this grid step, for lags n 2^k: overlapping windows, cheap at all k.

    Parameters
    ----------
    step : int
        Grid steps since the rings were empty.
    position : int64 (d + 1,)
        Collective displacement per axis, in jump lengths; last the hops so far.
    ring : int64 (levels, RING, d + 1)
        Positions at the last multiples of 2^k; in and out.
    lags : float64 (levels, RING, 3)
        Sums over windows: their number, |displacement|^2 - hops, hops; in and out.
    """
    axes = position.size - 1
    level, index = 0, step
    while level < ring.shape[0]:
        for lag in range(1 if level == 0 else FIRST_LAG, min(RING - 1, index) + 1):
            at = (index - lag) & (RING - 1)
            hops = position[axes] - ring[level, at, axes]
            square = 0
            for axis in range(axes):
                moved = position[axis] - ring[level, at, axis]
                square += moved * moved
            lags[level, lag, 0] += 1.0
            lags[level, lag, 1] += square - hops
            lags[level, lag, 2] += hops
        for axis in range(axes + 1):
            ring[level, index & (RING - 1), axis] = position[axis]
        if index & 1:
            return
        level, index = level + 1, index >> 1


@_compiled("void(i8, i8, i8[::1], i8[::1])")
def _move(ion: int, place: int, order: Ints, places: Ints) -> None:
    """Put an ion at a place of the order; the one from there takes its old place."""
    other, old = order[place], places[ion]
    order[old], places[other] = other, old
    order[place], places[ion] = ion, place


@_compiled(
    "Tuple((f8[:,:,::1], f8[::1], i8[::1]))(i8[:,::1], f8[:,::1], f8[::1], f8[:,::1], f8, i8, i8, i8[:,::1], u8[::1])"
)
def walk(  # noqa: C901, PLR0915, PLR0917 - one loop
    neighbours: Ints,
    passes: Floats,
    rates: Floats,
    tilts: Floats,
    step_s: float,
    steps: int,
    levels: int,
    ions: Ints,
    stream: NDArray[np.uint64],
) -> tuple[Floats, Floats, Ints]:
    """Let the ions walk for some grid steps: rejection-free between relaxed and strained ions, with rejection inside.

    Parameters
    ----------
    neighbours : int64 (sites, 2 d)
        Sites next to each; way 2a is up axis a, 2a + 1 down: the way back of k is k ^ 1.
    passes : float64 (sites, 2 d)
        Share of the hop rate that site energies leave to each hop, at most 1.
    rates : float64 (4,)
        At most, per ion: of a hop each way, of the hop back while strained, of relaxing, of being strained each way by
        a fluctuation; 1/s.
    tilts : float64 (m, 2)
        Share of those hop rates that the field leaves to hops up and down, at most 1; row by row a grid step, again and
        again.
    step_s : float
        Grid step.
    steps : int
        How many; a multiple of m.
    levels : int
        Hops are compared over lags up to 7 * 2^(levels - 1) grid steps.
    ions : int64 (4, ions)
        Of each ion: site, way back while strained, what strained it (RELAXED, FLUCTUATED, HOPPED), way of its last hop
        (-1 before the first); in and out.
    stream : uint64 (1,)
        Random numbers' state; in and out.

    Returns
    -------
    lags : float64 (levels, RING, 3)
        Sums over windows, see `_correlate`.
    drift : float64 (m,)
        Collective displacement, summed over axes, in each of the m grid steps.
    tally : int64 (5,)
        Hops, hops that strained, those of them undone by the hop back, hops that followed another of the same ion, sum
        of cosines between the two.
    """
    ways = neighbours.shape[1]
    site, way_back, cause, last = ions[0], ions[1], ions[2], ions[3]
    count = site.size
    hop_rate, back_rate, relax_rate, strain_rate = rates[0], rates[1], rates[2], rates[3]
    strained_total, relaxed_total = back_rate + relax_rate, ways * (hop_rate + strain_rate)
    # The first `strained` in this order are strained.
    order, places = np.arange(count), np.arange(count)
    strained = 0
    for ion in range(count):
        if cause[ion] != RELAXED:
            _move(ion, strained, order, places)
            strained += 1
    occupied = np.zeros(neighbours.shape[0], dtype=np.bool_)
    occupied[site] = True
    position = np.zeros(ways // 2 + 1, dtype=np.int64)
    ring = np.zeros((levels, RING, position.size), dtype=np.int64)
    lags = np.zeros((levels, RING, 3))
    drift = np.zeros(tilts.shape[0])
    tally = np.zeros(5, dtype=np.int64)
    _correlate(0, position, ring, lags)
    done, phase, along, left = 0, 0, 0, step_s
    while True:
        bound = strained * strained_total + (count - strained) * relaxed_total
        wait = -math.log(1.0 - _uniform(stream)) / bound
        while wait >= left:
            wait -= left
            left = step_s
            done += 1
            drift[phase] += along
            along = 0
            phase = phase + 1 if phase + 1 < drift.size else 0
            _correlate(done, position, ring, lags)
            if done == steps:
                return lags, drift, tally
        left -= wait
        # One random number chooses class, ion, event and fate, each from what the last choice leaves of it.
        draw = _uniform(stream) * bound
        undoes = draw < strained * strained_total
        if undoes:
            place = min(int(draw / strained_total), strained - 1)
            draw = max(draw - place * strained_total, 0.0)
            ion = order[place]
            if draw < relax_rate:
                cause[ion] = RELAXED
                strained -= 1
                _move(ion, strained, order, places)
                continue
            way, draw = way_back[ion], (draw - relax_rate) / back_rate
        else:
            draw -= strained * strained_total
            place = min(int(draw / relaxed_total), count - strained - 1)
            draw = max(draw - place * relaxed_total, 0.0)
            ion = order[strained + place]
            if draw < ways * strain_rate:
                way_back[ion], cause[ion] = min(int(draw / strain_rate), ways - 1), FLUCTUATED
                _move(ion, strained, order, places)
                strained += 1
                continue
            draw = (draw - ways * strain_rate) / hop_rate
            way = min(int(draw), ways - 1)
            draw -= way
        start = site[ion]
        target = neighbours[start, way]
        if occupied[target] or draw >= passes[start, way] * tilts[phase, way & 1]:
            continue
        occupied[start], occupied[target] = False, True
        site[ion] = target
        forth = 1 - 2 * (way & 1)
        position[way >> 1] += forth
        along += forth
        position[-1] += 1
        tally[HOPS] += 1
        if last[ion] >= 0:
            tally[FOLLOWED] += 1
            if last[ion] >> 1 == way >> 1:
                tally[COSINE] += 1 if last[ion] == way else -1
        last[ion] = way
        if undoes:
            tally[UNDONE] += cause[ion] == HOPPED
            cause[ion] = RELAXED
            strained -= 1
            _move(ion, strained, order, places)
        elif back_rate > 0.0:
            tally[STRAINING] += 1
            way_back[ion], cause[ion] = way ^ 1, HOPPED
            _move(ion, strained, order, places)
            strained += 1
