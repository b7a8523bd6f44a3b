"""What of a current is not the cell's: offset, drift, mains, correlated noise, times that are not the drive's."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.reduction.baseline import N_COLUMNS, baseline_columns
from protocols import FitError

if TYPE_CHECKING:
    from fitting.records.record import Record
    from fitting.transforms.laplace import Floats

# Of the mains: the tenth is at 500 or 600 Hz; two columns each; twice as many are dear and rarely there.
_MOST_HARMONICS = 10
# Of a clock: a hundred times what the cheapest oscillators are off. Ten times as much is another speed, not an error.
WORST_PPM = 1e4
# What a sampled voltage may have done between two samples; see `Nuisance.edges`.
EDGES = ("step", "sample", "ramp")
# What may be said of the time before a record, beside a level; see `Nuisance.before`.
REST, UNKNOWN = "rest", "unknown"
# Times that may be fitted; see `Nuisance.fitted`.
DELAY, CLOCK = "delay", "clock"
_TUPLES = ("edge_leads_s", "fitted", "edge_times_s", "span_s")
# What may be asked for beside the cell; see `Nuisance.baseline`.
SMOOTH = "smooth"
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
        How much later the current was sampled than its times say, against the voltage, commanded or sampled; beside the
        instrument's time constants. Negative if it was sampled earlier.
    clock_ppm : float
        By how many millionths the clock that gives the times of the samples runs faster than that of the drive, from
        the first sample on.
    aperture_s : float or None
        How long each sample averages, centred on its time; None takes what the record says. With a sampled voltage it
        counts at jumps: what averages as the current does needs no account elsewhere.
    fitted : tuple of str
        Which of ``delay`` and ``clock`` are to be found from the record, each about the value given.
    edges : str
        What a voltage that was only sampled did where it changed between two samples: ``step`` (or empty, unless the
        record states another), it jumped, all jumps as long before the first samples after them, which is fitted;
        ``sample``, it jumped right after the last sample before; ``ramp``, it went straight from sample to sample.
    before : str or float
        What was before the first sample: ``rest``, the cell was at rest at the first sample's level; a level (V), it
        was at rest there, and the voltage jumped to the first sample; ``unknown``, decays of any amplitude are fitted;
        empty, what the record states, else the record tells: of a sampled voltage ``unknown`` if such decays show, else
        ``rest``; a commanded one begins at rest.
    edge_leads_s : tuple of float
        How long before the first sample after it each jump of a sampled voltage came (s); empty where that is not known
        of each.
    edge_times_s : tuple of float
        The same by when each came, in the time of the record (s).
    baseline : str
        ``smooth``: a baseline of splines, as strong as the record says, goes beside the cell; it has the linear drift
        in it. Empty for none.
    span_s : tuple of float
        First and last time of the record that the baseline spans; found by the reduction.
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
    edges: str = ""
    before: str | float = ""
    edge_leads_s: tuple[float, ...] = ()
    clock_ppm: float = 0.0
    aperture_s: float | None = None
    fitted: tuple[str, ...] = ()
    edge_times_s: tuple[float, ...] = ()
    baseline: str = ""
    span_s: tuple[float, ...] = ()
    control: str = ""

    def __post_init__(self) -> None:
        for name in _TUPLES:
            object.__setattr__(self, name, tuple(getattr(self, name)))  # JSON knows only lists
        if (self.mains_Hz > 0.0) != (self.harmonics > 0) or not 0 <= self.harmonics <= _MOST_HARMONICS:
            raise FitError(
                f"the mains need a frequency and 1 to {_MOST_HARMONICS} harmonics, not {self.mains_Hz:g} Hz and"
                f" {self.harmonics}"
            )
        if not (0.0 <= self.correlation_s < np.inf and np.isfinite(self.delay_s)):
            raise FitError("a correlation time is 0 s or more, and a delay finite")
        if self.baseline not in {"", SMOOTH}:
            raise FitError(f"a baseline is {SMOOTH!r}, or there is none, not {self.baseline!r}")
        if self.baseline:
            object.__setattr__(self, "drift", True)
        self._check_times()
        if self.edges not in {"", *EDGES}:
            raise FitError(f"edges of a sampled voltage are {', '.join(EDGES)}, not {self.edges!r}")
        if self.control not in {"", VOLTAGE, CURRENT}:
            raise FitError(f"an instrument controlled {VOLTAGE!r} or {CURRENT!r}, not {self.control!r}")
        if isinstance(self.before, str) and self.before not in {"", REST, UNKNOWN}:
            raise FitError(
                f"before its record a cell was at {REST!r}, at a level such as '0 V', or {UNKNOWN!r}, not"
                f" {self.before!r}"
            )

    def _check_times(self) -> None:
        """Refuse times that cannot be meant."""
        if not abs(self.clock_ppm) < WORST_PPM:
            raise FitError(f"a clock is off by less than {WORST_PPM:g} ppm, not {self.clock_ppm:g} ppm")
        if self.aperture_s is not None and not 0.0 <= self.aperture_s < np.inf:
            raise FitError(f"an aperture is 0 s or more, not {self.aperture_s:g} s")
        if wrong := set(self.fitted) - {DELAY, CLOCK}:
            raise FitError(f"of the times {DELAY} and {CLOCK} can be fitted, not {', '.join(sorted(wrong))}")

    def __len__(self) -> int:
        return 1 + self.drift + self.n_baseline + 2 * self.harmonics

    @property
    def n_baseline(self) -> int:
        """Columns of the baseline, after offset and drift."""
        return N_COLUMNS if self.baseline else 0

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
        return self.harmonics == 0 and self.correlation_s == 0.0 and not self.baseline

    @property
    def moves_samples(self) -> bool:
        """Whether the current was, or may have been, sampled at other times than the voltage."""
        return self.delay_s != 0.0 or self.clock_ppm != 0.0 or bool(self.fitted)

    def times_of_drive(self, t_s: Floats, first_s: float) -> Floats:
        """Return when, by the clock of the drive, samples were taken.

        Parameters
        ----------
        t_s : ndarray, shape (n,)
            What their times say (s).
        first_s : float
            What the time of the first one says.
        """
        if not self.moves_samples:
            return t_s
        if self.clock_ppm == 0.0:
            return t_s - self.delay_s
        moved: Floats = first_s + (t_s - first_s) / (1.0 + 1e-6 * self.clock_ppm) - self.delay_s
        return moved

    def spanning(self, t_s: Floats) -> Nuisance:
        """Return the same for a record with some times of samples, over which its baseline reaches."""
        if not self.baseline or self.span_s:
            return self
        return replace(self, span_s=(float(t_s[0]), float(t_s[-1])))

    def aperture_of(self, run: Record) -> float:
        """Return how long each sample of a run averages (s)."""
        if self.aperture_s is not None:
            return self.aperture_s
        return 0.0 if run.drive is None else run.aperture_s

    def columns(self, t_s: Floats) -> Floats:
        """Return the columns: 1, time (s) with a drift, baseline, cosine and sine of each harmonic; shape (n, k)."""
        found = [np.ones(len(t_s))]
        if self.drift:
            found.append(np.asarray(t_s))
        if self.baseline:
            found += [*baseline_columns(np.asarray(t_s), (self.span_s[0], self.span_s[1])).T]
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
        return asdict(self) | {name: list(getattr(self, name)) for name in _TUPLES}


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
