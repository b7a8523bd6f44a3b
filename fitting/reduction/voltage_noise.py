"""Bias of a fit by the noise of a measured voltage, and its correction.

The states of the modes follow the voltage that was read, noise and all; the cell answered the voltage that was there.
Least squares then find too little conductance at short times (errors in variables). How noise enters the states is
known: what it adds to the products of the modes is taken off again (Fuller, Measurement Error Models (1987), section
3.1). Its size is what the readings scatter by between jumps. A fluctuation that the cell answers as it answers the
jumps was there and is no error: only the share that the current does not follow is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fitting.transforms.laplace import Floats

# Deviations of the noise beyond which a second difference is a jump: of a billion normal ones two by chance; at
# 12 small jumps would count as noise.
_JUMP = 6.0
# Four fifths of normal noise are smaller than 1.2816 deviations. Not the median: of a coarsely rounded voltage it is 0.
_SHARE, _NORMAL = 0.8, 1.0 / 1.2816
# Second differences that tell the noise to 10 % or so; from fewer a record says nothing of it.
_FEWEST = 100
# Share of the scatter that the current follows beyond which it counts as real: half.
_MOST_REAL = 0.5
# Relative width of the bins of the spacing of samples: what the noise adds to slow modes goes
# with the spacing, and is right to 5 % by it.
_SPACING_STEP = 0.05
# Samples over which an error in the voltage is followed: the rest of what it leaves in
# slower modes is small beside what it has left by then.
_LAGS = 256
# Samples of a block that stand for its scatter: their 0.8 quantile is a share known to 2.5 %.
_SAMPLED = 256
# Blocks whose spacings are all counted, then one block in so many: a clock that is even for 32 blocks stays so.
_ALL_OF, _ONE_IN = 32, 8
# Share that errors have in a direction beyond which it is left out: half of it is noise then.
_DROPPED = 0.5
# Relative size of a direction that is rounding alone (decision 024): some five hundred units in the last place.
_RANK = 1e-13
# Share of a sample's noise that all of the bias must reach to be taken out: a tenth of it moves nothing that an
# interval would show.
_UNSEEN = 0.1


@dataclass(frozen=True)
class VoltageNoise:
    """What the voltage of a record scatters by, and whether the current follows; sums over second differences.

    Attributes
    ----------
    n_quiet : int
        Second differences of the voltage that belong to no jump.
    quiet_V2, quiet_VA : float
        Sum of their squares, and of their products with those of the current.
    jump_V2, jump_VA : float
        The same at jumps.
    spacings : mapping of int to (float, float)
        How many samples come how long after the one before: number and sum of times (s), by bins of 5 %.
    """

    n_quiet: int = 0
    quiet_V2: float = 0.0
    quiet_VA: float = 0.0
    jump_V2: float = 0.0
    jump_VA: float = 0.0
    spacings: Mapping[int, tuple[float, float]] = field(default_factory=dict)

    @property
    def error_V(self) -> float:
        """Standard deviation of what was read beside the voltage (V); 0 where the record does not tell.

        Second differences of white noise have six times its variance. Where the current follows most of the scatter,
        as it follows jumps, the scatter was there.
        """
        if self.n_quiet < _FEWEST or self.jump_V2 == 0.0 or self.jump_VA == 0.0 or self.quiet_V2 == 0.0:
            return 0.0
        real = (self.quiet_VA / self.quiet_V2) / (self.jump_VA / self.jump_V2)
        if real > _MOST_REAL:
            return 0.0
        return float(np.sqrt(self.quiet_V2 / (6.0 * self.n_quiet) * (1.0 - max(real, 0.0))))

    def in_modes(self, rates: Floats, correlation_s: float) -> Floats:
        """Return rows with the products that an error of 1 V adds to those of the modes, shape (n, m).

        Parameters
        ----------
        rates : ndarray, shape (m,)
            Of the modes (1/s).
        correlation_s : float
            Of the AR(1) noise that rows were whitened for.
        """
        found = []
        for count, total_s in self.spacings.values():
            spacing_s = total_s / count
            x = rates * spacing_s
            lost = -np.expm1(-x)
            first = np.divide(lost, x, out=np.ones_like(x), where=x > 0.0)
            later = -first * lost * np.exp(-np.multiply.outer(np.arange(_LAGS), x))
            answer = np.concatenate([first[None], later])
            if correlation_s > 0.0:
                phi = np.exp(-spacing_s / correlation_s)
                answer[1:] -= phi * answer[:-1]
                answer /= np.sqrt(1.0 - phi**2)
            found.append(np.linalg.qr(answer, mode="r") * np.sqrt(count))
        return np.concatenate(found)

    def merged(self, other: VoltageNoise) -> VoltageNoise:
        """Return the sums over both records."""
        spacings = dict(self.spacings)
        for key, (count, total_s) in other.spacings.items():
            before = spacings.get(key, (0.0, 0.0))
            spacings[key] = before[0] + count, before[1] + total_s
        return VoltageNoise(
            self.n_quiet + other.n_quiet,
            self.quiet_V2 + other.quiet_V2,
            self.quiet_VA + other.quiet_VA,
            self.jump_V2 + other.jump_V2,
            self.jump_VA + other.jump_VA,
            spacings,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain data that `from_dict` takes back."""
        return {
            "n_quiet": self.n_quiet,
            "sums": [self.quiet_V2, self.quiet_VA, self.jump_V2, self.jump_VA],
            "spacings": [[key, *both] for key, both in self.spacings.items()],
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> VoltageNoise:
        """Return what `to_dict` wrote."""
        quiet_V2, quiet_VA, jump_V2, jump_VA = map(float, plain["sums"])
        spacings = {int(key): (float(count), float(total)) for key, count, total in plain["spacings"]}
        return cls(int(plain["n_quiet"]), quiet_V2, quiet_VA, jump_V2, jump_VA, spacings)


class VoltageWatch:
    """Gathers `VoltageNoise` as a record is read."""

    def __init__(self) -> None:
        self._before = np.full((2, 2), np.nan)
        self._sums = np.zeros(6)
        self._spacings = VoltageNoise()
        self._n_looks = self._n_kept = 0

    def observe(
        self, t_s: Floats, voltage_V: Floats, current_A: Floats, keep: NDArray[np.bool_] | None = None
    ) -> NDArray[np.bool_]:
        """Take in the next samples; return which lie in a hold that has settled.

        Parameters
        ----------
        t_s, voltage_V, current_A : ndarray, shape (n,)
        keep : ndarray of bool, shape (n,), optional
            Samples that are not kept belong to no sum.
        """
        from fitting.transforms.block_loops import sum_bends

        n, stride = len(t_s), max(len(t_s) // _SAMPLED, 1)
        counted = np.ones(n, np.bool_) if keep is None else keep
        typical = np.abs(voltage_V[2::stride] - 2.0 * voltage_V[1:-1:stride] + voltage_V[:-2:stride])
        rank = int(_SHARE * len(typical))
        far = _JUMP * _NORMAL * float(np.partition(typical, rank)[rank]) if n > 2 else 0.0
        settled = np.empty(n, np.bool_)
        sum_bends(voltage_V, current_A, counted, far, self._before, self._sums, settled)
        self._n_kept += int(np.count_nonzero(counted))
        stands_for = 1 if self._n_looks < _ALL_OF else _ONE_IN
        if n > 1 and self._n_looks % stands_for == 0:
            self._spacings = self._spacings.merged(_binned(t_s[1::stride] - t_s[:-1:stride], n * stands_for))
        self._n_looks += n > 1
        return settled

    @property
    def noise(self) -> VoltageNoise:
        """What was gathered so far."""
        n_quiet, quiet_V2, quiet_VA, jump_V2, jump_VA, _ = self._sums.tolist()
        looked_at = sum(count for count, _ in self._spacings.spacings.values())
        each = self._n_kept / looked_at if looked_at else 0.0
        spacings = {key: (each * count, each * total) for key, (count, total) in self._spacings.spacings.items()}
        return VoltageNoise(int(n_quiet), quiet_V2, quiet_VA, jump_V2, jump_VA, spacings)


def _binned(some_s: Floats, n: int) -> VoltageNoise:
    """Return number and sum of n steps by bins, from some of them."""
    bins = np.round(np.log(some_s) / _SPACING_STEP).astype(np.int64)
    first, each = int(bins.min()), n / len(some_s)
    counts, totals = np.bincount(bins - first), np.bincount(bins - first, weights=some_s)
    found = {first + int(k): (each * float(counts[k]), each * float(totals[k])) for k in np.flatnonzero(counts)}
    return VoltageNoise(spacings=found)


def debiased(modes: Floats, current: Floats, error: Floats, noise_A: float) -> tuple[Floats, Floats, float] | None:
    """Return a least-squares problem without the bias that errors in its columns make; None if it is too small to see.

    Along each direction of the columns their products are larger by the share that errors have in them; a direction of
    nothing but errors counts for nothing. Right sides scatter by up to sqrt(2) times the noise, and are weighed for it.

    Parameters
    ----------
    modes : ndarray, shape (m, m)
    current : ndarray, shape (m,)
    error : ndarray, shape (n, m)
        Rows with the products that errors add to those of the columns.
    noise_A : float
        Of a sample: a bias of less than a tenth of it, over all directions, is too small.

    Returns
    -------
    modes, current : ndarray
        Of the same shapes.
    more : float
        Squares of the current that belong to what no modes explain: biased modes had explained them too well, or they
        lie where rounding and errors own all of the columns.
    """
    left, sizes, right = np.linalg.svd(modes)
    told = sizes > _RANK * sizes[0]
    in_directions = error @ (right[told].T / sizes[told])
    shares, turn = np.linalg.eigh(in_directions.T @ in_directions)
    shares = np.clip(shares, 0.0, 1.0)
    seen = left.T @ current
    unseen, seen = seen[~told], turn.T @ seen[told]
    lost = (seen * shares / (1.0 - np.minimum(shares, _DROPPED)))[shares < _DROPPED]
    if float(np.linalg.norm(lost)) < _UNSEEN * noise_A:
        return None
    weight = 1.0 / np.sqrt(1.0 + shares)
    rows, held = np.zeros_like(modes), np.zeros_like(current)
    rows[: len(seen)] = (weight * (1.0 - shares))[:, None] * (turn.T @ (sizes[told, None] * right[told]))
    held[: len(seen)] = weight * seen
    return rows, held, float(lost @ lost + unseen @ unseen)
