"""Impedance spectra: reading, weighting, and the Kramers-Kronig test of causality."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from protocols import FitError

if TYPE_CHECKING:
    from pathlib import Path

    from fitting.transforms.laplace import Complexes, Floats

# Points of a spectrum: fewer leave the Kramers-Kronig test no degree of freedom.
_FEWEST = 6
_MOST_MODES = 0.7
"""Free relaxations a point: real and imaginary part are two figures."""


@dataclass(frozen=True, eq=False)
class ImpedanceSpectrum:
    """A measured impedance.

    Attributes
    ----------
    frequency_Hz : ndarray, shape (n,)
    impedance_ohm : ndarray of complex128, shape (n,)
    source : str
    notes : tuple of str
        What to know of how its file was read.

    Raises
    ------
    FitError
        If there are too few points, or any is not a number, or lies at a frequency or an impedance of zero.
    """

    frequency_Hz: Floats
    impedance_ohm: Complexes
    source: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        f, Z = self.frequency_Hz, self.impedance_ohm
        if f.ndim != 1 or f.shape != Z.shape or len(f) < _FEWEST:
            raise FitError(f"{self.source or 'spectrum'}: needs {_FEWEST} points or more, one impedance a frequency")
        bad = ~(np.isfinite(f) & (f > 0.0) & np.isfinite(Z) & (np.abs(Z) > 0.0))
        if bad.any():
            raise FitError(f"{self.source or 'spectrum'}: point {int(np.argmax(bad)) + 1} is no impedance")

    @classmethod
    def read(cls, path: Path, sweep: int | None = None) -> ImpedanceSpectrum:
        """Read a text whose headings name frequency and impedance; see `fitting.records.spectrum_text`.

        Parameters
        ----------
        path : Path
        sweep : int, optional
            Which of several sweeps, from 1.

        Raises
        ------
        FitError
            If a column or a number cannot be found, or there are several sweeps and none is named.
        """
        from fitting.records.spectrum_text import SpectrumFileError, read_spectrum  # a fit of a run reads no text

        read = read_spectrum(path, sweep)
        if len(read.frequency_Hz) < _FEWEST:
            raise SpectrumFileError(f"{path.name}: {len(read.frequency_Hz)} points are too few for a spectrum")
        return cls(read.frequency_Hz, read.impedance_ohm, path.name, read.notes)

    @property
    def s(self) -> Complexes:
        """Complex frequency (rad/s)."""
        return np.asarray(2j * np.pi * self.frequency_Hz, dtype=np.complex128)

    @property
    def window_s(self) -> tuple[float, float]:
        """Times of which the spectrum tells (s): the inverse of its angular frequencies."""
        return float(0.5 / (np.pi * self.frequency_Hz.max())), float(0.5 / (np.pi * self.frequency_Hz.min()))

    @cached_property
    def causality(self) -> Causality:
        """The Kramers-Kronig test of this spectrum."""
        return _causality(self)


@dataclass(frozen=True, eq=False)
class Causality:
    """How well a causal, linear, steady cell can explain a spectrum, whatever its circuit.

    Attributes
    ----------
    residual : ndarray of complex128, shape (n,)
        (free relaxations - measured) / abs(measured).
    n_modes : int
        Relaxations that were free.
    noise_share : float
        Standard deviation of real and imaginary part, relative to abs(Z), for degrees of freedom.
    """

    residual: Complexes
    n_modes: int
    noise_share: float

    @property
    def rms_share(self) -> float:
        """Root mean square of the residual's parts."""
        return float(np.sqrt(np.mean(np.abs(self.residual) ** 2) / 2.0))

    @property
    def worst_share(self) -> float:
        """Largest residual of either part."""
        return float(max(np.abs(self.residual.real).max(), np.abs(self.residual.imag).max()))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "modes": self.n_modes,
            "rms_share": self.rms_share,
            "worst_share": self.worst_share,
            "noise_share": self.noise_share,
        }


def _causality(spectrum: ImpedanceSpectrum) -> Causality:
    """Fit relaxations of either sign, with a capacitance and an inductance in series.

    Boukamp, J. Electrochem. Soc. 142, 1885 (1995): every one of them obeys Kramers and Kronig, so that a residual
    that is more than noise means a cell that drifted, was driven too hard, or was measured through its leads. Their
    number is that of the least AICc (Hurvich, Tsai, Biometrika 76, 297 (1989)); a bound on negative resistances
    (Schönleber, Klotz, Ivers-Tiffée, Electrochim. Acta 131, 20 (2014)) stops too soon where a cell has one sharp
    relaxation between two of the grid. Their times reach half a decade beyond the spectrum, for electrodes that block
    with a slope.
    """
    size = np.abs(spectrum.impedance_ohm)
    shortest, longest = spectrum.window_s
    target = _parts(np.asarray(spectrum.impedance_ohm / size, dtype=np.complex128))
    best: tuple[float, Causality] | None = None
    for n_modes in range(3, max(4, int(_MOST_MODES * len(size)))):
        tau = np.geomspace(shortest / 3.0, longest * 3.0, n_modes)
        columns = [np.ones_like(spectrum.s), spectrum.s, 1.0 / spectrum.s, *(1.0 / (1.0 + spectrum.s * t) for t in tau)]
        design = _parts(np.asarray(np.stack(columns, axis=1) / size[:, None], dtype=np.complex128))
        design /= np.linalg.norm(design, axis=0)
        resistances, _, rank, _ = np.linalg.lstsq(design, target, rcond=1e-10)
        rest = design @ resistances - target
        n, k = len(target), int(rank) + 1
        squares = max(float(rest @ rest), 1e-300)
        score = n * np.log(squares / n) + 2.0 * k * n / (n - k - 1.0)
        if best is None or score < best[0]:
            best = (score, Causality(_complex(rest), n_modes, float(np.sqrt(squares / (n - rank)))))
    if best is None:
        raise FitError("too few points for the Kramers-Kronig test")
    return best[1]


def _parts(values: Complexes) -> Floats:
    """Real parts, then imaginary parts, along the first axis."""
    return np.concatenate([values.real, values.imag])


def _complex(parts: Floats) -> Complexes:
    n = len(parts) // 2
    return np.asarray(parts[:n] + 1j * parts[n:], dtype=np.complex128)
