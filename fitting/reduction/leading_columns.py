"""Columns before all others in the triangle: what is fitted with any circuit, and taken out exactly.

Two kinds are sums of decays, so that blocks of samples see them as they see the modes: what came before the record,
and, to first order, how far each jump of a sampled voltage lies from where it was put. How late the current was
sampled, and how fast its clock runs, are derivatives that need each sample.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from fitting.reduction.nuisance import DELAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fitting.transforms.laplace import Floats

_EVERY = 2
"""Of the grid's rates every second decays freely, 3.5 a decade: any other is a mixture of these to 1e-4 of its height
(measured). All of them would be as good as dependent, and take twice the time."""
_FASTEST = 10.0
"""Rate times sampling interval beyond which decays are left out: by the second sample they have fallen to 5e-5."""


class LeadingColumns(Protocol):
    """Columns before all others: most are sums of decays between events."""

    @property
    def needs_samples(self) -> bool:
        """Whether they are none, so that no block stands for its samples."""

    def __len__(self) -> int:
        """Return how many."""

    def columns(self, t_s: Floats, modes: Floats) -> Floats:
        """Return their values at some times, shape (n, h), where samples see of the modes (n, m)."""

    def amplitudes(self, t_s: Floats) -> Floats:
        """Return what each holds of each mode at some times, shape (n, h, m), from which it decays until an event."""


class _ByBlocks:
    """Columns that are sums of decays."""

    needs_samples = False


class _BySamples:
    """Columns that are made of what each sample sees of the modes."""

    needs_samples = True

    def amplitudes(self, t_s: Floats) -> Floats:
        """Refuse: they are no sums of decays.

        Raises
        ------
        TypeError
            Always.
        """
        raise TypeError(f"these columns are made sample by sample, not for {len(t_s)} blocks")


class History(_ByBlocks):
    """Free decays since the first sample.

    Parameters
    ----------
    start_s : float
        Time of the first sample (s).
    rates : ndarray, shape (m,)
        Rates of a grid (1/s), the first 0.
    n_decays : int
        How many, from the slowest on; see `n_decays_of`.
    """

    def __init__(self, start_s: float, rates: Floats, n_decays: int) -> None:
        self.start_s = start_s
        self._n_modes = len(rates)
        self._places = 1 + _EVERY * np.arange(n_decays)
        self._rates = rates[self._places]

    def __len__(self) -> int:
        return len(self._places)

    def columns(self, t_s: Floats, modes: Floats | None = None) -> Floats:
        """Return the decays at some times, shape (n, h)."""
        del modes
        seen: Floats = np.exp(-np.multiply.outer(t_s - self.start_s, self._rates))
        return seen

    def amplitudes(self, t_s: Floats) -> Floats:
        """Return what each holds of each mode, shape (n, h, m): its own."""
        found = np.zeros((len(t_s), len(self), self._n_modes))
        found[:, np.arange(len(self)), self._places] = self.columns(t_s)
        return found


def n_decays_of(rates: Floats, interval_s: float) -> int:
    """Return how many decays a record can tell: faster ones are all one, and of the first sample alone.

    Parameters
    ----------
    rates : ndarray, shape (m,)
        Rates of a grid (1/s), the first 0.
    interval_s : float
        Time from sample to sample.
    """
    slow = max(int(np.searchsorted(rates, _FASTEST / interval_s)), 2)
    return len(range(1, slow, _EVERY))


class EdgeShifts(_ByBlocks):
    """Derivatives of the current to how long before its place each jump came (A/s).

    Parameters
    ----------
    places_s : ndarray, shape (h,)
        Where the jumps were put (s).
    jumps_V : ndarray, shape (h,)
    rates, weights : ndarray, shape (m,)
        1/s and S: of the cell for which they are taken.
    """

    def __init__(self, places_s: Floats, jumps_V: Floats, rates: Floats, weights: Floats) -> None:
        self._places_s, self._rates = places_s, rates
        self._slopes = -np.multiply.outer(jumps_V, rates * weights)

    def __len__(self) -> int:
        return len(self._places_s)

    def columns(self, t_s: Floats, modes: Floats | None = None) -> Floats:
        """Return the derivatives at some times, shape (n, h)."""
        del modes
        found = np.zeros((len(t_s), len(self)))
        for k, place_s in enumerate(self._places_s):
            late = int(np.searchsorted(t_s, place_s))
            found[late:, k] = np.exp(-np.multiply.outer(t_s[late:] - place_s, self._rates)) @ self._slopes[k]
        return found

    def amplitudes(self, t_s: Floats) -> Floats:
        """Return what each holds of each mode, shape (n, h, m); nothing before its jump."""
        since = np.subtract.outer(t_s, self._places_s)
        fallen = np.exp(-np.multiply.outer(np.maximum(since, 0.0), self._rates)) * self._slopes
        held: Floats = np.where(since[:, :, None] > 0.0, fallen, 0.0)
        return held


class TimeShifts(_BySamples):
    """Derivatives of the current to how much later it was sampled (A/s), and to the speed of the clock (A/ppm).

    Parameters
    ----------
    names : sequence of str
        `DELAY` or `CLOCK` for each column.
    first_s : float
        Time of the first sample by the clock of the drive (s).
    rates, weights : ndarray, shape (m,)
        1/s and S: of the cell for which they are taken.
    segments : ndarray, shape (3, k)
        Of the drive: starts (s), jumps (V), slopes (V/s).
    """

    def __init__(self, names: Sequence[str], first_s: float, rates: Floats, weights: Floats, segments: Floats) -> None:
        self._names, self._first_s, self._segments = names, first_s, segments
        self._of_modes, self._of_slope = rates * weights, float(weights.sum())

    def __len__(self) -> int:
        return len(self._names)

    def columns(self, t_s: Floats, modes: Floats) -> Floats:
        """Return the derivatives at some times of the drive, shape (n, h), where samples see of the modes (n, m)."""
        segment = np.searchsorted(self._segments[0], t_s, side="right") - 1
        slope = np.where(segment >= 0, self._segments[2][np.maximum(segment, 0)], 0.0)
        later = modes @ self._of_modes - slope * self._of_slope
        return np.stack(
            [later if one == DELAY else 1e-6 * (t_s - self._first_s) * later for one in self._names], axis=1
        )


class PulseGains(_BySamples):
    """Derivatives of the current to gains that it has in some spans of time (A).

    Parameters
    ----------
    spans_s : ndarray, shape (h, 2)
        When each begins and ends, in the time of the drive.
    weights : ndarray, shape (m,)
        S: of the cell for which they are taken.
    """

    def __init__(self, spans_s: Floats, weights: Floats) -> None:
        self._spans_s, self._weights = spans_s, weights

    def __len__(self) -> int:
        return len(self._spans_s)

    def columns(self, t_s: Floats, modes: Floats) -> Floats:
        """Return the current in each span and nothing elsewhere, shape (n, h)."""
        current = modes @ self._weights
        inside = (t_s[:, None] > self._spans_s[:, 0]) & (t_s[:, None] < self._spans_s[:, 1])
        found: Floats = inside * current[:, None]
        return found


class KnownColumns(_BySamples):
    """Columns whose values at the samples are known beforehand.

    Parameters
    ----------
    t_s : ndarray, shape (n,)
        Times of the samples by the clock of the drive, rising (s).
    values : ndarray, shape (n, h)
        A.
    """

    def __init__(self, t_s: Floats, values: Floats) -> None:
        self._t_s, self._values = t_s, values

    def __len__(self) -> int:
        return int(self._values.shape[1])

    def columns(self, t_s: Floats, modes: Floats) -> Floats:
        """Return their values at some of the samples, shape (n, h); at a time without one those of the next."""
        del modes
        found: Floats = self._values[np.minimum(np.searchsorted(self._t_s, t_s), len(self._t_s) - 1)]
        return found


class Together:
    """Several kinds side by side.

    Parameters
    ----------
    kinds : sequence of LeadingColumns
        At least one.
    """

    def __init__(self, kinds: Sequence[LeadingColumns]) -> None:
        self._kinds = kinds

    def __len__(self) -> int:
        return sum(map(len, self._kinds))

    @property
    def needs_samples(self) -> bool:
        """Whether any of them does."""
        return any(one.needs_samples for one in self._kinds)

    def columns(self, t_s: Floats, modes: Floats) -> Floats:
        """Return the columns of all kinds, shape (n, h)."""
        return np.concatenate([one.columns(t_s, modes) for one in self._kinds], axis=1)

    def amplitudes(self, t_s: Floats) -> Floats:
        """Return what each holds of each mode, shape (n, h, m)."""
        return np.concatenate([one.amplitudes(t_s) for one in self._kinds], axis=1)
