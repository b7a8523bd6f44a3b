"""Compiled loops: walk of the modes, triangle of rows.

Importing this file imports numba and compiles, once a machine: some 3 s, then 0.5 s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fitting.transforms.compiler import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# A decay factor is used again where the step is the same to this share: rounding of sample times, not a new step.
_SAME_STEP = 1e-9

# And to this share of the time itself, which is as far as the difference of two times is known.
_ROUNDING = 4.5e-16

# A state that has decayed to less (V) is nothing; left alone it would become subnormal, and arithmetic slow.
_NOTHING_V = 1e-30

# A column this short (squared) is nothing but the rounding of underflow; its reflection would overflow.
_NOTHING_SQUARED = 1e-120

_SMALL = 1e-2
"""Below this an exponential less its first terms is their series: five terms are right to 1e-13, the difference is to
2e-12 from there on. Ten times as much, the series is right to 4e-9 only."""
_STRETCH = 128
"""Samples that are looked at together: half as many take 0.4 ns a sample more at eight modes, twice as many as long."""

# As far as float64 reaches: 2^-1074 is the smallest.
_POWERS_OF_HALF = 0.5 ** np.arange(1100)
# 1/ln 2, and ln 2 in two parts whose sum has 20 digits more (Cody and Waite's reduction of the exponential).
_PER_LN2, _LN2_HIGH, _LN2_LOW = 1.4426950408889634, 0.693147180369123816490, 1.90821492927058770002e-10


@compiled("void(f8[::1], f8[::1], f8, f8[::1], f8[::1])")
def falls_of_step(rates: Floats, times: Floats, h: float, decay: Floats, grown: Floats) -> None:
    """Write how modes fall over a step, ``exp(-rate h)``, and what a slope of 1 makes of them, ``(1 - decay) / rate``.

    By Taylor's series within half a factor of two, so that several modes run abreast, which calls of the library's
    exponential do not: uneven samples ask for it at every one. Right to 3e-16. The first rate is 0; `times` are the
    inverse rates.
    """
    for j in range(rates.size):
        x = min(rates[j] * h, 750.0)
        n = np.uint64(x * _PER_LN2 + 0.5)
        whole = np.float64(n)
        r = whole * _LN2_HIGH - x + whole * _LN2_LOW
        # The exponential of r, less one.
        q = 1.0 / 479001600.0 + r / 6227020800.0
        q = 1.0 / 39916800.0 + r * q
        q = 1.0 / 3628800.0 + r * q
        q = 1.0 / 362880.0 + r * q
        q = 1.0 / 40320.0 + r * q
        q = 1.0 / 5040.0 + r * q
        q = 1.0 / 720.0 + r * q
        q = 1.0 / 120.0 + r * q
        q = 1.0 / 24.0 + r * q
        q = 1.0 / 6.0 + r * q
        q = r * (1.0 + r * (0.5 + r * q))
        fall = (1.0 + q) * _POWERS_OF_HALF[n]
        decay[j] = fall
        grown[j] = (-q if whole == 0.0 else 1.0 - fall) * times[j]
    grown[0] = h


@compiled("void(f8[::1], f8[::1], f8[:,::1], f8[:,::1], f8[::1], f8[::1], f8[::1], f8[:,::1], b1[::1])")
def drive_modes(  # noqa: C901, PLR0912, PLR0915, PLR0917 - a call inside the loop costs more than the loop
    start_s: Floats,
    rates: Floats,
    segments: Floats,
    mean: Floats,
    tolerances_s: Floats,
    clock: Floats,
    z: Floats,
    out: Floats,
    keep: NDArray[np.bool_],
) -> None:
    """Move the modes ``z' = -rate z + V'`` from sample to sample and write what each sample sees of them.

    Parameters
    ----------
    start_s : float64 (n,)
        Start of each sample's aperture, rising.
    rates : float64 (m,)
        Rates; the first is 0, so that its state is the voltage above rest.
    segments : float64 (3, k)
        Of each segment of the drive: its start (s), the jump there (V), the slope over it (V/s).
    mean : float64 (2, m)
        What the mean over an aperture takes of the state at its start, and of the slope.
    tolerances_s : float64 (3,)
        Aperture, guard, slack: a sample within the guard of a jump is not kept, nor one with a jump more than the
        slack inside its aperture; a jump up to the slack after a sample's start counts as being at it.
    clock : float64 (4,)
        Time of the state, slope there, time of the last jump, segments that have begun; in and out.
    z : float64 (m,)
        State; in and out.
    out : float64 (n, m)
        Each sample's row.
    keep : bool (n,)
        Whether a sample may be used.
    """
    aperture, guard, slack = tolerances_s
    now, slope, last_jump, segment = clock[0], clock[1], clock[2], int(clock[3])
    n_segments = segments.shape[1]
    decay, grown = np.ones(z.size), np.zeros(z.size)
    times = np.zeros(z.size)
    for j in range(1, z.size):
        times[j] = 1.0 / rates[j]
    h_set = -1.0
    n = 0
    other = np.empty(_STRETCH, np.bool_)
    while n < start_s.size:
        # Samples at the same step, with no segment that begins or one right at each and no jump near: several are
        # looked at abreast, and then walked with nothing else in the loop.
        plain = 0
        turns = segment < n_segments and segments[0, segment] <= start_s[n] + slack
        clear = h_set > 0.0 and now - last_jump >= guard - slack
        if clear and abs(start_s[n] - now - h_set) <= _SAME_STEP * h_set + _ROUNDING * abs(start_s[n]):
            plain = min(_STRETCH, start_s.size - n)
            if turns:
                plain = min(plain, n_segments - segment - 1)
            samples = start_s[n : n + plain]
            other[:] = False
            for i in range(1, plain):
                other[i] = abs(samples[i] - samples[i - 1] - h_set) > _SAME_STEP * h_set + _ROUNDING * abs(samples[i])
            if turns:
                begins, beyond, jumps = segments[0, segment:], segments[0, segment + 1 :], segments[1, segment:]
                for i in range(plain):
                    other[i] |= (abs(begins[i] - samples[i]) > slack) | (jumps[i] != 0.0)
                    other[i] |= beyond[i] < samples[i] + aperture + guard - slack
                    other[i] |= beyond[i] <= samples[i] + slack
            elif segment < n_segments:
                for i in range(plain):
                    other[i] |= segments[0, segment] < samples[i] + aperture + guard - slack
                    other[i] |= segments[0, segment] <= samples[i] + slack
            if other.any():
                plain = int(np.argmax(other))
        if plain > 0:
            end = n + plain
            slopes = segments[2, segment:] if turns else segments[2, :0]
            # The row before is the state: it is not written a second time.
            row = out[n]
            for j in range(z.size):
                row[j] = z[j] * decay[j] + slope * grown[j]
            if turns:
                for i in range(1, plain):
                    before, row, slope = out[n + i - 1], out[n + i], slopes[i - 1]
                    for j in range(z.size):
                        row[j] = before[j] * decay[j] + slope * grown[j]
            elif slope != 0.0:
                for i in range(1, plain):
                    before, row = out[n + i - 1], out[n + i]
                    for j in range(z.size):
                        row[j] = before[j] * decay[j] + slope * grown[j]
            else:
                for i in range(1, plain):
                    before, row = out[n + i - 1], out[n + i]
                    for j in range(z.size):
                        row[j] = before[j] * decay[j]
            row = out[end - 1]
            for j in range(z.size):
                z[j] = row[j] if abs(row[j]) > _NOTHING_V else 0.0
            if turns:
                slope = slopes[plain - 1]
                segment += plain
            if aperture != 0.0:
                for i in range(plain):
                    row = out[n + i]
                    s = slopes[i] if turns else slope
                    for j in range(z.size):
                        row[j] = row[j] * mean[0, j] + s * mean[1, j]
            keep[n:end] = True
            now = start_s[end - 1]
            n = end
            continue
        target = start_s[n]
        arrives = True
        while arrives:
            arrives = segment < n_segments and segments[0, segment] <= target + slack
            h = (min(segments[0, segment], target) if arrives else target) - now
            if h > 0.0:
                if abs(h - h_set) > _SAME_STEP * h + _ROUNDING * abs(target):
                    h_set = h
                    falls_of_step(rates, times, h, decay, grown)
                for j in range(z.size):
                    left = z[j] * decay[j] + slope * grown[j]
                    z[j] = left if abs(left) > _NOTHING_V else 0.0
                now += h
            if arrives:
                if segments[1, segment] != 0.0:
                    last_jump = segments[0, segment]
                    for j in range(z.size):
                        z[j] += segments[1, segment]
                slope = segments[2, segment]
                segment += 1
        now = target
        clear_until = target + aperture + guard - slack
        ahead = segment
        while ahead < n_segments and segments[1, ahead] == 0.0 and segments[0, ahead] < clear_until:
            ahead += 1
        keep[n] = target - last_jump >= guard - slack and (ahead == n_segments or segments[0, ahead] >= clear_until)
        row = out[n]
        if aperture == 0.0:
            for j in range(z.size):
                row[j] = z[j]
        else:
            for j in range(z.size):
                row[j] = z[j] * mean[0, j] + slope * mean[1, j]
            # Bends within the aperture; a jump there keeps the sample from being used.
            bent, inside = slope, segment
            while inside < n_segments and segments[0, inside] < target + aperture:
                rest = target + aperture - segments[0, inside]
                for j in range(z.size):
                    x = rates[j] * rest
                    if x < _SMALL:
                        share = 0.5 - x * (1.0 / 6.0 - x * (1.0 / 24.0 - x * (1.0 / 120.0 - x / 720.0)))
                    else:
                        share = (x - 1.0 + np.exp(-x)) / (x * x)
                    row[j] += (segments[2, inside] - bent) * share * rest * rest / aperture
                bent = segments[2, inside]
                inside += 1
        n += 1
    clock[0], clock[1], clock[2], clock[3] = now, slope, last_jump, segment


@compiled("void(f8[:,::1], f8[:,:,::1])", sums_reordered=True)
def absorb(factor: Floats, panels: Floats) -> None:  # noqa: C901, PLR0912 - as above
    """Bring rows under an upper triangle into it, by Householder reflections.

    Column by column, so that sums run over neighbours, and four reflections at a time, so that the other columns are
    fetched a quarter as often: ``H0 H1 H2 H3 = 1 - V T V'``; Schreiber, Van Loan, SIAM J. Sci. Stat. Comput. 10, 53
    (1989). On one core faster than LAPACK's blocked QR of long blocks at this width.

    Parameters
    ----------
    factor : float64 (k, k)
        Upper triangle; in and out.
    panels : float64 (p, k, b)
        Panels of b rows, transposed; used up. Rows of zeros change nothing.
    """
    k, b = panels.shape[1], panels.shape[2]
    heads, T, overlap = np.zeros(4), np.zeros((4, 4)), np.zeros(4)
    for p in range(panels.shape[0]):
        for j in range(0, k, 4):
            n_here = min(4, k - j)
            heads[:] = 0.0
            T[:] = 0.0
            for i in range(n_here):
                column = panels[p, j + i]
                below = 0.0
                for n in range(b):
                    below += column[n] * column[n]
                if below < _NOTHING_SQUARED:
                    continue
                corner = factor[j + i, j + i]
                norm = np.sqrt(corner * corner + below)
                if corner > 0.0:
                    norm = -norm
                head = corner - norm
                scale = 2.0 / (head * head + below)
                factor[j + i, j + i] = norm
                heads[i] = head
                for c in range(j + i + 1, j + n_here):
                    other = panels[p, c]
                    dot = factor[j + i, c] * head
                    for n in range(b):
                        dot += column[n] * other[n]
                    dot *= scale
                    factor[j + i, c] -= dot * head
                    for n in range(b):
                        other[n] -= dot * column[n]
                for a in range(i):
                    earlier = panels[p, j + a]
                    dot = 0.0
                    for n in range(b):
                        dot += earlier[n] * column[n]
                    overlap[a] = dot
                for a in range(i):
                    for d in range(a, i):
                        T[a, i] -= scale * T[a, d] * overlap[d]
                T[i, i] = scale
            if j + 4 >= k:
                continue
            v0, v1, v2, v3 = panels[p, j], panels[p, j + 1], panels[p, j + 2], panels[p, j + 3]
            for c in range(j + 4, k):
                other = panels[p, c]
                d0, d1 = factor[j, c] * heads[0], factor[j + 1, c] * heads[1]
                d2, d3 = factor[j + 2, c] * heads[2], factor[j + 3, c] * heads[3]
                for n in range(b):
                    d0 += v0[n] * other[n]
                    d1 += v1[n] * other[n]
                    d2 += v2[n] * other[n]
                    d3 += v3[n] * other[n]
                d3 = T[0, 3] * d0 + T[1, 3] * d1 + T[2, 3] * d2 + T[3, 3] * d3
                d2 = T[0, 2] * d0 + T[1, 2] * d1 + T[2, 2] * d2
                d1 = T[0, 1] * d0 + T[1, 1] * d1
                d0 = T[0, 0] * d0
                factor[j, c] -= d0 * heads[0]
                factor[j + 1, c] -= d1 * heads[1]
                factor[j + 2, c] -= d2 * heads[2]
                factor[j + 3, c] -= d3 * heads[3]
                for n in range(b):
                    other[n] -= d0 * v0[n] + d1 * v1[n] + d2 * v2[n] + d3 * v3[n]
