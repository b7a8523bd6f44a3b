"""How do the modes move under the drive? The compiled loop, one exact step from sample to sample.

Importing this file imports numba; the cache goes to a folder of the user's, since an installed package may lie where
nothing can be written.
"""

from __future__ import annotations

import os
from pathlib import Path

if "NUMBA_CACHE_DIR" not in os.environ:
    _home = Path(os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    os.environ["NUMBA_CACHE_DIR"] = str(_home / "ionecho" / "numba")

import numba
import numpy as np

_SIGNATURE = (
    "i8(f8[::1], f8[::1], f8[::1], f8[::1], f8[::1], f8[::1], f8[::1], f8, f8, f8, f8[::1], i8, f8[::1], f8[:,::1],"
    " b1[::1])"
)

# A decay factor is used again where the step is the same to this share: rounding of sample times, not a new step.
_SAME_STEP = 1e-9


@numba.njit(_SIGNATURE, nogil=True, cache=True)
def drive_modes(
    start_s, rates, seg_s, jump_V, slope, mean_z, mean_slope, aperture_s, guard_s, slack_s, clock, segment, z, out, keep
):  # type: ignore[no-untyped-def]
    """Move the modes ``z' = -rate z + V'`` from sample to sample and write what each sample sees of them.

    Parameters
    ----------
    start_s : float64 (n,)
        Start of each sample's aperture, rising.
    rates : float64 (m,)
        Rates; the first is 0, so that its state is the voltage above rest.
    seg_s, jump_V, slope : float64 (k,)
        Start of each segment of the drive, the jump there, and the slope (V/s) over it.
    mean_z, mean_slope : float64 (m,)
        What the mean over an aperture takes of the state at its start, and of the slope.
    aperture_s, guard_s, slack_s : float
        Aperture; a sample within `guard_s` of a jump is not kept, nor one with a jump more than `slack_s` inside its
        aperture; a jump up to `slack_s` after a sample's start counts as being at it.
    clock : float64 (3,)
        Time of the state, slope there, time of the last jump; in and out.
    segment : int
        Segments that have begun.
    z : float64 (m,)
        State; in and out.
    out : float64 (n, m)
        Each sample's row.
    keep : bool (n,)
        Whether a sample may be used.

    Returns
    -------
    int
        Segments that have begun by the last sample.
    """
    m = rates.size
    row = out[0]
    decay = np.ones(m)
    grown = np.zeros(m)
    cached = -1.0
    now, r, last_jump = clock[0], clock[1], clock[2]
    for n in range(start_s.size):
        target = start_s[n]
        while True:
            arrives = segment < seg_s.size and seg_s[segment] <= target + slack_s
            h = (min(seg_s[segment], target) if arrives else target) - now
            if h > 0.0:
                if abs(h - cached) > _SAME_STEP * h:
                    cached = h
                    for j in range(m):
                        x = rates[j] * h
                        decay[j] = np.exp(-x)
                        grown[j] = -np.expm1(-x) / rates[j] if x > 0.0 else h
                if r == 0.0:
                    for j in range(m):
                        z[j] *= decay[j]
                else:
                    for j in range(m):
                        z[j] = z[j] * decay[j] + r * grown[j]
                now += h
            if not arrives:
                break
            jump = jump_V[segment]
            if jump != 0.0:
                last_jump = seg_s[segment]
                for j in range(m):
                    z[j] += jump
            r = slope[segment]
            segment += 1
        now = target
        ahead = segment
        while ahead < seg_s.size and jump_V[ahead] == 0.0 and seg_s[ahead] < target + aperture_s + guard_s:
            ahead += 1
        clear = ahead >= seg_s.size or seg_s[ahead] >= target + aperture_s + guard_s - slack_s
        keep[n] = clear and target - last_jump >= guard_s - slack_s
        row = out[n]
        if aperture_s == 0.0:
            for j in range(m):
                row[j] = z[j]
        else:
            for j in range(m):
                row[j] = z[j] * mean_z[j] + r * mean_slope[j]
    clock[0], clock[1], clock[2] = now, r, last_jump
    return segment


@numba.njit("void(f8[:,::1], f8[:,:,::1])", nogil=True, cache=True, fastmath={"reassoc", "contract"})
def absorb(factor, panels):  # type: ignore[no-untyped-def]
    """Bring rows under an upper triangle into it, by Householder reflections.

    Panels are small enough to stay in the first cache, and column by column, so that sums run over neighbours:
    on one core as fast as LAPACK's blocked QR of long blocks, whose threads stand in each other's way at this width.

    Parameters
    ----------
    factor : float64 (k, k)
        Upper triangle; in and out.
    panels : float64 (p, k, b)
        Panels of b rows, transposed; used up. Rows of zeros change nothing.
    """
    k, b = panels.shape[1], panels.shape[2]
    for p in range(panels.shape[0]):
        for j in range(k):
            column = panels[p, j]
            below = 0.0
            for n in range(b):
                below += column[n] * column[n]
            if below == 0.0:
                continue
            corner = factor[j, j]
            norm = np.sqrt(corner * corner + below)
            if corner > 0.0:
                norm = -norm
            head = corner - norm
            scale = 2.0 / (head * head + below)
            factor[j, j] = norm
            for c in range(j + 1, k):
                other = panels[p, c]
                dot = factor[j, c] * head
                for n in range(b):
                    dot += column[n] * other[n]
                dot *= scale
                factor[j, c] -= dot * head
                for n in range(b):
                    other[n] -= dot * column[n]
