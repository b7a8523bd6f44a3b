"""What of a current is not the cell's: offset, drift, mains, correlated noise, a late clock."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from protocols import FitError

if TYPE_CHECKING:
    from fitting.transforms.laplace import Floats

# Of the mains: the tenth is at 500 or 600 Hz; two columns each; twice as many are dear and rarely there.
_MOST_HARMONICS = 10
# What a sampled voltage may have done between two samples; see `Nuisance.edges`.
EDGES = ("step", "sample", "ramp")
# What may be said of the time before a record, beside a level; see `Nuisance.before`.
REST, UNKNOWN = "rest", "unknown"
# What an instrument may have controlled; see `Nuisance.control`.
VOLTAGE, CURRENT = "voltage", "current"


@dataclass(frozen=True)
class Nuisance:
    """What is fitted beside the cell, or taken out before, in one and the same pass over a record.

    Attributes
    ----------
    drift : bool
        Whether a linear drift of the current goes beside the offset. Off by default: over one record it is hard to
        tell from a slow electrode, and would take half of its information away.
    mains_Hz : float
        Frequency of the mains, 50 or 60; 0 for none. Each harmonic is a cosine and a sine of free amplitude; the
        mean over an aperture changes only those.
    harmonics : int
        How many, the first included; 0 for none.
    correlation_s : float
        Correlation time of AR(1) noise; 0 for white noise. Rows of samples are whitened before they are reduced.
    delay_s : float
        How much later than commanded the voltage changes, beside the instrument's time constants.
    edges : str
        What a voltage that was only sampled did where it changed between two samples: ``step``, it jumped, all jumps as
        long before the first samples after them, which is fitted; ``sample``, it jumped right after the last sample
        before; ``ramp``, it went straight from sample to sample.
    before : str or float
        What was before the first sample: ``rest``, the cell was at rest at the first sample's level; a level (V), it
        was at rest there, and the voltage jumped to the first sample; ``unknown``, decays of any amplitude are fitted;
        empty, the record tells: of a sampled voltage ``unknown`` if such decays show, else ``rest``; a commanded one
        begins at rest.
    edge_leads_s : tuple of float
        How long before the first sample after it each jump of a sampled voltage came (s); empty where that is not known
        of each.
    control : str
        Which quantity was controlled: ``voltage``, and the current answers; ``current``, and the voltage answers, so
        that its samples are fitted, by the impedance; empty, the record says, else the voltage. Where the current was
        controlled, what is said here of voltage and current holds of the other, and levels are amperes.
    """

    drift: bool = False
    mains_Hz: float = 0.0
    harmonics: int = 0
    correlation_s: float = 0.0
    delay_s: float = 0.0
    edges: str = "step"
    before: str | float = ""
    edge_leads_s: tuple[float, ...] = ()
    control: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "edge_leads_s", tuple(self.edge_leads_s))  # JSON knows only lists
        if (self.mains_Hz > 0.0) != (self.harmonics > 0) or not 0 <= self.harmonics <= _MOST_HARMONICS:
            raise FitError(
                f"the mains need a frequency and 1 to {_MOST_HARMONICS} harmonics, not {self.mains_Hz:g} Hz and"
                f" {self.harmonics}"
            )
        if not (0.0 <= self.correlation_s < np.inf and np.isfinite(self.delay_s)):
            raise FitError("a correlation time is 0 s or more, and a delay finite")
        if self.edges not in EDGES:
            raise FitError(f"edges of a sampled voltage are {', '.join(EDGES)}, not {self.edges!r}")
        if self.control not in {"", VOLTAGE, CURRENT}:
            raise FitError(f"an instrument controlled {VOLTAGE!r} or {CURRENT!r}, not {self.control!r}")
        if isinstance(self.before, str) and self.before not in {"", REST, UNKNOWN}:
            raise FitError(
                f"before its record a cell was at {REST!r}, at a level such as '0 V', or {UNKNOWN!r}, not"
                f" {self.before!r}"
            )

    def __len__(self) -> int:
        return 1 + self.drift + 2 * self.harmonics

    @property
    def is_current_driven(self) -> bool:
        """Whether the current was controlled, and the voltage answers."""
        return self.control == CURRENT

    @property
    def units(self) -> tuple[str, str]:
        """Units of what drives and of what answers."""
        return ("A", "V") if self.is_current_driven else ("V", "A")

    @property
    def before_V(self) -> float | None:
        """Level before the first sample, where one is given."""
        return None if isinstance(self.before, str) else self.before

    @property
    def is_plain(self) -> bool:
        """Whether blocks of even samples may be taken whole."""
        return self.harmonics == 0 and self.correlation_s == 0.0

    def columns(self, t_s: Floats) -> Floats:
        """Return the columns: 1, time (s) with a drift, cosine and sine of each harmonic; shape (n, columns)."""
        found = [np.ones(len(t_s))]
        if self.drift:
            found.append(np.asarray(t_s))
        for harmonic in range(1, self.harmonics + 1):
            # Whole turns are taken off first: late in a long record the phase would else be rounded.
            phase = 2.0 * np.pi * np.mod(harmonic * self.mains_Hz * np.asarray(t_s), 1.0)
            found += [np.cos(phase), np.sin(phase)]
        return np.stack(found, axis=1)

    def current(self, t_s: Floats, coefficients: Floats) -> Floats:
        """Return the current (A) that is not the cell's, with fitted coefficients."""
        current: Floats = self.columns(t_s) @ coefficients
        return current

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self) | {"edge_leads_s": list(self.edge_leads_s)}


class Whitening:
    """Takes out of rows what noise of an AR(1) kind carries from one sample to the next.

    ``row_n - phi_n row_{n-1}`` over ``sqrt(1 - phi_n^2)``, ``phi_n = exp(-(t_n - t_{n-1}) / correlation)``, leaves such
    noise white and as large as it was, uneven times and gaps included; Robinson, Stoch. Process. Appl. 6, 9 (1977).

    Parameters
    ----------
    correlation_s : float
    """

    def __init__(self, correlation_s: float) -> None:
        self.correlation_s = correlation_s
        self._last: tuple[float, Floats] | None = None

    def __call__(self, t_s: Floats, rows: Floats) -> Floats:
        """Return the next samples' rows, shape (n, k), whitened; the first of all stays as it is."""
        if not len(t_s):
            return rows
        before_s, before = self._last or (-np.inf, np.zeros(rows.shape[1]))
        phi = np.exp(-np.diff(t_s, prepend=before_s) / self.correlation_s)
        earlier = np.concatenate([before[None], rows[:-1]])
        self._last = float(t_s[-1]), rows[-1].copy()
        white: Floats = (rows - phi[:, None] * earlier) / np.sqrt(1.0 - phi**2)[:, None]
        return white


def correlation_time_s(t_s: Floats, residual_A: Floats, interval_s: float) -> float:
    """Return the correlation time of an AR(1) process from residuals at rising times; 0 if they are white.

    Neighbours at the typical spacing tell the correlation ``rho`` of one to the next; ``-interval / ln(rho)``.

    Parameters
    ----------
    t_s, residual_A : ndarray, shape (n,)
    interval_s : float
    """
    near = np.abs(np.diff(t_s) / interval_s - 1.0) < 0.01
    first, second = residual_A[:-1][near], residual_A[1:][near]
    if len(first) < 100:
        return 0.0
    rho = float(first @ second / np.sqrt((first @ first) * (second @ second)))
    # Four deviations of what white noise shows by chance.
    if rho <= 4.0 / np.sqrt(len(first)):
        return 0.0
    return interval_s / -float(np.log(min(rho, 0.9999)))
