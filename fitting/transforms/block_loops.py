"""Compiled loops over whole blocks of evenly spaced samples, which leave sums.

Arrays are copied element by element: numba compiles the words of an assignment's error, 2 s for each such loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting.transforms.compiler import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Samples that are moved on together, and that are summed together: so few stay in the nearest caches.
_TILE, _LONG_TILE = 16, 256


@compiled(
    "void(f8[::1], f8[::1], u1[::1], f8[::1], f8[:,::1], f8[:,::1], f8[::1])",
    sums_reordered=True,
)
def project_blocks(  # noqa: PLR0917 - one argument would have to be taken apart for every block
    t_s: Floats,
    current: Floats,
    flags: NDArray[np.uint8],
    spacing_s: Floats,
    onto: Floats,
    shares: Floats,
    sums: Floats,
) -> None:
    """Project the current, block by block, up to the first block with a flag, or an uneven time.

    Parameters
    ----------
    t_s, current : float64 (n,)
    flags : uint8 (n,)
    spacing_s : float64 (2,)
        Time from sample to sample, and how far a sample may be off.
    onto : float64 (p, b)
        Orthonormal functions over a block; p a multiple of 4.
    shares : float64 (n // b, p)
        Written: the current's share in each.
    sums : float64 (4,)
        Written: sums of squares of the current, of what is left of it, of its second differences from the 17th
        sample on; blocks taken.
    """
    n_functions, b = onto.shape
    left = np.empty(b)
    for block in range(shares.shape[0]):
        first = block * b
        bad = 0
        for j in range(b):
            off = t_s[first + j] - (t_s[0] + (first + j) * spacing_s[0])
            bad += int(abs(off) > spacing_s[1]) + int(flags[first + j] != 0)
        here = current[first : first + b]
        square = 0.0
        for j in range(b):
            square += here[j] * here[j]
            left[j] = here[j]
        if bad > 0 or not np.isfinite(square):
            break
        for p in range(0, n_functions, 4):
            f0, f1, f2, f3 = onto[p], onto[p + 1], onto[p + 2], onto[p + 3]
            s0 = s1 = s2 = s3 = 0.0
            for j in range(b):
                s0 += f0[j] * left[j]
                s1 += f1[j] * left[j]
                s2 += f2[j] * left[j]
                s3 += f3[j] * left[j]
            for j in range(b):
                left[j] -= s0 * f0[j] + s1 * f1[j] + s2 * f2[j] + s3 * f3[j]
            shares[block, p], shares[block, p + 1], shares[block, p + 2], shares[block, p + 3] = s0, s1, s2, s3
        remains = bends = 0.0
        for j in range(b):
            remains += left[j] * left[j]
        for n in range(max(first, 16), first + b):
            bend = current[n] - 2.0 * current[n - 1] + current[n - 2]
            bends += bend * bend
        sums[0] += square
        sums[1] += remains
        sums[2] += bends
        sums[3] += 1.0


@compiled("void(f8[::1], f8[:,::1], f8[:,::1], f8[:,::1], f8[:,::1])", sums_reordered=True)
def gram_of_blocks(  # noqa: C901 - a call inside the loop costs more than the loop
    decay: Floats, slopes: Floats, current: Floats, last: Floats, gram: Floats
) -> None:
    """Walk some modes through blocks, each from nothing, and sum up all products of their states and the current.

    ``z_n = decay z_(n-1) + slope_n``. States are never kept: sixteen sums of products at a time run over a tile that
    lies in the nearest cache.

    Parameters
    ----------
    decay : float64 (r,)
        From sample to sample.
    slopes, current : float64 (p, b)
        b a multiple of 256.
    last : float64 (p, r)
        Written: the states at each block's last sample.
    gram : float64 (k, k)
        Products of the r states and the current, which comes after them, are added; of each pair (row, column) that
        lies in or below a tile of four on the diagonal. k is a multiple of 4.
    """
    r, k = decay.size, gram.shape[0]
    z, some = np.empty(r), np.empty((_TILE, r))
    tile = np.zeros((k, _LONG_TILE))
    for p in range(slopes.shape[0]):
        z[:] = 0.0
        for first in range(0, slopes.shape[1], _LONG_TILE):
            for start in range(0, _LONG_TILE, _TILE):
                for n in range(_TILE):
                    slope = slopes[p, first + start + n]
                    for j in range(r):
                        z[j] = z[j] * decay[j] + slope
                        some[n, j] = z[j]
                for j in range(r):
                    for n in range(_TILE):
                        tile[j, start + n] = some[n, j]
            for n in range(_LONG_TILE):
                tile[r, n] = current[p, first + n]
            for i in range(0, k, 4):
                a0, a1, a2, a3 = tile[i], tile[i + 1], tile[i + 2], tile[i + 3]
                for j in range(0, i + 4, 4):
                    b0, b1, b2, b3 = tile[j], tile[j + 1], tile[j + 2], tile[j + 3]
                    s00 = s01 = s02 = s03 = s10 = s11 = s12 = s13 = 0.0
                    s20 = s21 = s22 = s23 = s30 = s31 = s32 = s33 = 0.0
                    for n in range(_LONG_TILE):
                        s00 += a0[n] * b0[n]
                        s01 += a0[n] * b1[n]
                        s02 += a0[n] * b2[n]
                        s03 += a0[n] * b3[n]
                        s10 += a1[n] * b0[n]
                        s11 += a1[n] * b1[n]
                        s12 += a1[n] * b2[n]
                        s13 += a1[n] * b3[n]
                        s20 += a2[n] * b0[n]
                        s21 += a2[n] * b1[n]
                        s22 += a2[n] * b2[n]
                        s23 += a2[n] * b3[n]
                        s30 += a3[n] * b0[n]
                        s31 += a3[n] * b1[n]
                        s32 += a3[n] * b2[n]
                        s33 += a3[n] * b3[n]
                    gram[i, j] += s00
                    gram[i, j + 1] += s01
                    gram[i, j + 2] += s02
                    gram[i, j + 3] += s03
                    gram[i + 1, j] += s10
                    gram[i + 1, j + 1] += s11
                    gram[i + 1, j + 2] += s12
                    gram[i + 1, j + 3] += s13
                    gram[i + 2, j] += s20
                    gram[i + 2, j + 1] += s21
                    gram[i + 2, j + 2] += s22
                    gram[i + 2, j + 3] += s23
                    gram[i + 3, j] += s30
                    gram[i + 3, j + 1] += s31
                    gram[i + 3, j + 2] += s32
                    gram[i + 3, j + 3] += s33
        for j in range(r):
            last[p, j] = z[j]


@compiled("void(f8, f8[:,::1], f8[:,::1])")
def sums_to_end(decay: float, functions: Floats, sums: Floats) -> None:
    """Sum up functions from each sample to the end, each later one less by a decay: ``s_n = f_n + decay s_(n+1)``.

    Parameters
    ----------
    decay : float
        From sample to sample.
    functions : float64 (b, q)
    sums : float64 (b, q)
        Written.
    """
    b = functions.shape[0]
    sums[b - 1] = functions[b - 1]
    for n in range(b - 2, -1, -1):
        later, here, now = sums[n + 1], functions[n], sums[n]
        for p in range(functions.shape[1]):
            now[p] = here[p] + decay * later[p]


@compiled("void(f8[::1], f8[::1], b1[::1], f8, f8[:,::1], f8[::1], b1[::1])")
def sum_bends(  # noqa: PLR0917 - one argument would have to be taken apart for every block
    voltage: Floats,
    current: Floats,
    keep: NDArray[np.bool_],
    far: float,
    before: Floats,
    sums: Floats,
    settled: NDArray[np.bool_],
) -> None:
    """Sum up second differences of voltage and current: those within holds, and those at jumps.

    Parameters
    ----------
    voltage, current : float64 (n,)
    keep : bool (n,)
        Samples whose current counts.
    far : float
        Second difference of the voltage that is a jump's.
    before : float64 (2, 2)
        Voltage and current of the two samples before, NaN if there are none; in and out.
    sums : float64 (6,)
        Added to: number within holds, squares of the voltage's, products of voltage's and current's; the last two at
        jumps. Then how many samples ago the last jump was; in and out.
    settled : bool (n,)
        Written: whether the last jump is more than 16 samples ago.
    """
    v2, v1, i2, i1 = before[0, 0], before[0, 1], before[1, 0], before[1, 1]
    since = sums[5]
    for n in range(voltage.size):
        v0 = voltage[n]
        i0 = current[n] if keep[n] else np.nan
        bend_V, bend_A = v0 - 2.0 * v1 + v2, i0 - 2.0 * i1 + i2
        since += 1.0
        if abs(bend_V) > far:
            since = 0.0
        settled[n] = since > 16.0
        # Whatever touches a sample that does not count is NaN, and no comparison with it holds.
        if settled[n] and abs(bend_A) < np.inf and abs(bend_V) < np.inf:
            sums[0] += 1.0
            sums[1] += bend_V * bend_V
            sums[2] += bend_V * bend_A
        elif since == 0.0 and abs(bend_A) < np.inf:
            sums[3] += bend_V * bend_V
            sums[4] += bend_V * bend_A
        v2, v1, i2, i1 = v1, v0, i1, i0
    before[0, 0], before[0, 1], before[1, 0], before[1, 1] = v2, v1, i2, i1
    sums[5] = since
