"""Ions on a lattice whose surroundings lag behind their hops (kinetic Monte Carlo, counted, not fitted).

The model
---------
Ions sit on a simple cubic lattice (or a ring of sites), one a site, and hop to empty neighbours. The surroundings of an
ion are relaxed, or *strained* towards one neighbouring site, which costs the mismatch energy D (in kT):

    relaxed at i  -- hop, rate G ------->  at j, strained towards i  -- relaxation, rate g ------>  relaxed at j
                  <- back-hop, G e^D ---                             <- fluctuation, g e^-D -----

A hop strains; the way back then has the lower barrier, until the surroundings follow (jump relaxation, mismatch
relaxation: Funke, Prog. Solid State Chem. 22, 111 (1993)). While it is strained an ion has no other way: one on would
cost D again. Site energies E multiply a hop from i to j by min(1, exp(E_i - E_j)). Each arrow has its reverse, so
detailed balance holds with the weight exp(-sum E - D * strained ions). Without the fluctuations it would not, and
the current in a field would not be the one that the equilibrium's displacements tell. With g = inf nothing is ever
strained: plain exclusion.

What is counted
---------------
The current is that of all ions together, so X is the *collective* displacement in jump lengths. With N ions that make
nu hops a second each, and hops of unit vectors e at times t (Green and Kubo; W multiplies the conductance at t = 0+),

    W(t) = d<X^2>/dt / (N nu) = 1 + 2 (sum over pairs of hops up to t apart of e.e') / (number of hops).

By detailed balance 1 - W(t) is a sum of rising exponentials with positive weights, whatever the ions do to each other:
W falls and is convex, and may be smoothed as such a sum.

One ion alone has a closed form. Let a field tilt hops by exp(+-f/2). Relaxed is the share P, and A is the surplus of
those strained against the field: A' = 2 f G P - (G e^D + g) A; the current along the field is J = 2 f G P - G e^D A. So

    W(t) = 1 - p (1 - exp(-(G e^D + g) t)),     p = G e^D / (G e^D + g):

p is the probability that a straining hop is undone, W_inf = 1 - p. Only every other hop strains, so the mean cosine
between an ion's consecutive hops is -p/2, and beyond the next hop there is no correlation: W_inf = 1 + 2 <cos>, not the
(1 + <cos>)/(1 - <cos>) of walks in which each hop depends on the last in the same way. That formula is right for an ion
that a single vacancy moves (a tracer's walk; the current has no memory then).
"""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sim_instruments.sample import lattice_loop as kernel

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

# Grid steps in the mean life of a strained surrounding.
_STEPS_PER_LIFE = 20.0
# Walks of their own, and blocks of each, from whose scatter the errors come.
_REPLICAS, _BLOCKS = 4, 16
# Lags that a block must hold for its scatter to be that of independent blocks, and that a walk needs to settle.
_LAGS_PER_BLOCK, _LAGS_TO_SETTLE = 20.0, 10.0


@dataclass(frozen=True)
class LatticeGas:
    """Ions on a periodic lattice; energies in kT.

    Attributes
    ----------
    shape : tuple of int
        Sites along each axis, 3 at least; one axis is a ring, three a simple cubic lattice.
    ions : int
        How many.
    hop_rate_Hz : float
        Rate G of hops to each neighbour between sites of equal energy, relaxed surroundings, 1/s.
    mismatch_kT : float
        D: what strained surroundings cost.
    relaxation_rate_Hz : float
        g: rate at which strained surroundings follow the ion, 1/s; inf: at once.
    spread_kT : float
        Standard deviation of the site energies (Gaussian).
    energy_seed : int
        Which site energies.
    """

    shape: tuple[int, ...]
    ions: int
    hop_rate_Hz: float
    mismatch_kT: float = 0.0
    relaxation_rate_Hz: float = math.inf
    spread_kT: float = 0.0
    energy_seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what is no lattice gas."""
        sites = math.prod(self.shape)
        if not self.shape or min(self.shape) < 3:
            raise ValueError(f"a lattice needs 3 sites at least along each axis, not {self.shape}")
        if not 0 < self.ions < sites:
            raise ValueError(f"{sites} sites take 1 to {sites - 1} ions that can move, not {self.ions}")
        if not (0.0 < self.hop_rate_Hz < math.inf and self.relaxation_rate_Hz > 0.0):
            raise ValueError("hop rate and relaxation rate must be positive")
        if not (0.0 <= self.mismatch_kT <= 30.0 and 0.0 <= self.spread_kT <= 10.0):
            raise ValueError(
                "the mismatch must be within 0 ... 30 kT and the spread of site energies within 0 ... 10 kT"
            )

    @property
    def back_hop_rate_Hz(self) -> float:
        """Rate of the hop back while the surroundings are strained, 1/s; 0 if they never are."""
        return 0.0 if math.isinf(self.relaxation_rate_Hz) else self.hop_rate_Hz * math.exp(self.mismatch_kT)

    @property
    def shortest_s(self) -> float:
        """Grid step of the count: a small part of the life of a strained state, or of a stay, s."""
        if self.back_hop_rate_Hz:
            return 1.0 / (_STEPS_PER_LIFE * (self.back_hop_rate_Hz + self.relaxation_rate_Hz))
        return 1.0 / (_STEPS_PER_LIFE * 2 * len(self.shape) * self.hop_rate_Hz)

    def energies_kT(self) -> Array:
        """Return the site energies, kT, shape (sites,)."""
        rng = np.random.default_rng(self.energy_seed)
        return self.spread_kT * rng.standard_normal(math.prod(self.shape))

    def neighbours(self) -> NDArray[np.int64]:
        """Return the sites next to each site, shape (sites, 2 d): up and down axis 0, up and down axis 1, ..."""
        sites = np.arange(math.prod(self.shape)).reshape(self.shape)
        ways = [np.roll(sites, shift, axis).ravel() for axis in range(sites.ndim) for shift in (-1, 1)]
        return np.ascontiguousarray(np.stack(ways, axis=1))


@dataclass(frozen=True)
class Count:
    """What was counted while the ions walked, block by block.

    Attributes
    ----------
    lags_s : ndarray, shape (n,)
        Lags, rising, s.
    pairs, hops : ndarray, shape (blocks, n)
        Over all windows as long as the lag: sum of e.e' over ordered pairs of different hops, and hops.
    tallies : ndarray, shape (blocks, 5)
        Hops, hops that strained, those of them undone, hops that followed another of the same ion, sum of cosines
        between the two.
    ion_seconds : float
        Ions times simulated time, s.
    """

    lags_s: Array
    pairs: Array
    hops: Array
    tallies: Array
    ion_seconds: float

    @property
    def hop_rate_Hz(self) -> float:
        """Hops a second of one ion: nu."""
        return float(self.tallies[:, kernel.HOPS].sum()) / self.ion_seconds

    def mean_W(self) -> tuple[Array, Array]:
        """Return the mean of W from 0 to each lag, <X^2>/(N nu t), and its standard error."""
        return _jackknife(1.0 + left_out(self.pairs) / left_out(self.hops))

    def W_between_lags(self) -> tuple[Array, Array]:
        """Return the mean of W from each lag to the next, and its standard error, shape (n - 1,)."""
        return _jackknife(self.pieces())

    def pieces(self) -> Array:
        """Return the mean of W from each lag to the next: of all blocks in row 0, then with each block left out."""
        rising = self.lags_s * (1.0 + left_out(self.pairs) / left_out(self.hops))
        return np.diff(rising, axis=1) / np.diff(self.lags_s)

    def undone_share(self) -> tuple[float, float]:
        """Return the share of straining hops that the hop back undid, and its standard error."""
        return self._ratio(kernel.UNDONE, kernel.STRAINING)

    def mean_cosine(self) -> tuple[float, float]:
        """Return the mean cosine between consecutive hops of one ion, and its standard error."""
        return self._ratio(kernel.COSINE, kernel.FOLLOWED)

    def _ratio(self, above: int, below: int) -> tuple[float, float]:
        tallies = left_out(self.tallies)
        value, error = _jackknife(tallies[:, [above]] / np.maximum(tallies[:, [below]], 1.0))
        return float(value[0]), float(error[0])


def left_out(blocks: Array) -> Array:
    """Return sums over all blocks (row 0) and over all but each one."""
    total = blocks.sum(axis=0)
    return np.vstack([total, total - blocks])


def jackknife_error(left_out_values: Array) -> Array:
    """Return the standard error (Tukey's jackknife) of what was computed with each block left out (axis 0)."""
    n = len(left_out_values)
    spread = left_out_values - left_out_values.mean(axis=0)
    return np.asarray(np.sqrt((n - 1) / n * (spread**2).sum(axis=0)))


def _jackknife(values: Array) -> tuple[Array, Array]:
    return values[0], jackknife_error(values[1:])


@dataclass
class _Walk:
    """One replica: ions, their random numbers, and the tables that the compiled loop reads."""

    gas: LatticeGas
    stream: NDArray[np.uint64]
    tilts: Array = field(default_factory=lambda: np.zeros((1, 2)))
    """Logarithm of what the field does to hops up and down, row by row a grid step."""

    def __post_init__(self) -> None:
        gas, ways = self.gas, 2 * len(self.gas.shape)
        energies = gas.energies_kT()
        rng = np.random.default_rng(self.stream)
        self.neighbours = gas.neighbours()
        self.passes = np.exp(np.minimum(energies[:, None] - energies[self.neighbours], 0.0))
        # Sites by the Gumbel trick: drawn one after the other with weights exp(-E); settling does the rest.
        sites = np.argsort(energies - rng.gumbel(size=energies.size))[: gas.ions]
        strained = np.zeros(gas.ions, dtype=bool)
        highest = float(np.exp(self.tilts.max()))
        fluctuation = 0.0
        if gas.back_hop_rate_Hz:
            fluctuation = gas.relaxation_rate_Hz * math.exp(-gas.mismatch_kT)
            share = ways / (ways + math.exp(gas.mismatch_kT))
            strained = rng.random(gas.ions) < share
        relaxation = gas.relaxation_rate_Hz if gas.back_hop_rate_Hz else 0.0
        self.rates = np.array([gas.hop_rate_Hz * highest, gas.back_hop_rate_Hz * highest, relaxation, fluctuation])
        self.shares = np.exp(self.tilts) / highest
        self.ions = np.stack(
            [
                sites,
                rng.integers(ways, size=gas.ions),
                np.where(strained, kernel.FLUCTUATED, kernel.RELAXED),
                np.full(gas.ions, -1),
            ]
        )

    def on(self, step_s: float, steps: int, levels: int = 1) -> tuple[Array, Array, NDArray[np.int64]]:
        """Walk on; return the sums per lag, the displacement in each step of the field's cycle, and the tallies."""
        return kernel.walk(
            self.neighbours, self.passes, self.rates, self.shares, step_s, steps, levels, self.ions, self.stream
        )


def count_hops(gas: LatticeGas, duration_s: float, longest_lag_s: float, seed: int = 0) -> Count:
    """Let a lattice gas walk in equilibrium and count its hops and their correlations.

    Four walks of their own share the time; the result depends on the seed only, not on the cores.

    Parameters
    ----------
    gas : LatticeGas
        Who walks.
    duration_s : float
        Simulated time of all walks together, s.
    longest_lag_s : float
        How far back hops are compared at least, s: ten times the longest memory. Rounded up to a grid of octaves.
    seed : int
        Of the random numbers.

    Raises
    ------
    ValueError
        If the time is too short for honest errors, or the lag for anything.
    """
    step = gas.shortest_s
    if not 0.0 < longest_lag_s < duration_s < math.inf:
        raise ValueError(f"lags up to {longest_lag_s:g} s cannot be counted in {duration_s:g} s")
    levels = max(1, math.ceil(math.log2(longest_lag_s / ((kernel.RING - 1) * step))) + 1)
    steps = round(duration_s / (_REPLICAS * _BLOCKS * step))
    longest = (kernel.RING - 1) * 2 ** (levels - 1)
    if steps < _LAGS_PER_BLOCK * longest:
        needed = _REPLICAS * _BLOCKS * _LAGS_PER_BLOCK * longest * step
        raise ValueError(
            f"to count up to lags of {longest_lag_s:g} s needs {needed:.3g} s at least, not {duration_s:g} s"
        )

    def replica(stream: NDArray[np.uint64]) -> list[tuple[Array, Array, NDArray[np.int64]]]:
        walk = _Walk(gas, stream)
        walk.on(step, round(_LAGS_TO_SETTLE * longest))
        return [walk.on(step, steps, levels) for _ in range(_BLOCKS)]

    with ThreadPoolExecutor(min(_REPLICAS, os.cpu_count() or 1)) as pool:
        blocks = [block for blocks in pool.map(replica, _streams(seed, _REPLICAS)) for block in blocks]
    sums = np.stack([lags for lags, _, _ in blocks])
    level, lag = np.nonzero(sums[0, :, :, 0])
    lags_s = lag * 2.0**level * step
    sums = sums[:, level, lag][:, np.argsort(lags_s)]
    return Count(
        np.sort(lags_s),
        sums[:, :, 1],
        sums[:, :, 2],
        np.stack([tally for _, _, tally in blocks]).astype(np.float64),
        gas.ions * len(blocks) * steps * step,
    )


def driven_current(
    gas: LatticeGas, field_kT: ArrayLike, step_s: float, cycles: int, seed: int = 0
) -> tuple[Array, Array]:
    """Drive the ions with a field that repeats, and return their mean current in each step of its cycle.

    The field lies along the diagonal of the axes, so that all count. For small fields this is the linear response: an
    independent road to W(t).

    Parameters
    ----------
    gas : LatticeGas
        Who walks.
    field_kT : array_like, shape (m,)
        Energy gained in a hop along an axis, kT, in each time step of the cycle.
    step_s : float
        That time step, s.
    cycles : int
        How many cycles are averaged, shared by four walks; one more of each walk goes before, uncounted.
    seed : int
        Of the random numbers.

    Returns
    -------
    current, error : ndarray, shape (m,)
        Hops along the axes less hops against them, per ion and second; and the standard error.
    """
    half = 0.5 * np.asarray(field_kT, dtype=np.float64)
    tilts = np.stack([half, -half], axis=1)
    each = max(2, cycles // _REPLICAS)

    def replica(stream: NDArray[np.uint64]) -> Array:
        walk = _Walk(gas, stream, tilts)
        return np.stack([walk.on(step_s, len(half))[1] for _ in range(1 + each)][1:])

    with ThreadPoolExecutor(min(_REPLICAS, os.cpu_count() or 1)) as pool:
        drifts = np.concatenate(list(pool.map(replica, _streams(seed, _REPLICAS))))
    scale = 1.0 / (gas.ions * step_s)
    return drifts.mean(axis=0) * scale, drifts.std(axis=0, ddof=1) * scale / math.sqrt(len(drifts))


def _streams(seed: int, number: int) -> list[NDArray[np.uint64]]:
    words = (child.generate_state(1, np.uint64) for child in np.random.SeedSequence(seed).spawn(number))
    return [word.astype(np.uint64, copy=False) for word in words]
