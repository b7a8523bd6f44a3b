"""Conductivity spectra: the real part alone, as the literature prints it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fitting.model.elements.tabulated import RelaxationTable
from protocols import FitError, any_text, read_file, shortened

if TYPE_CHECKING:
    from fitting.transforms.laplace import Complexes, Floats

# Points of a spectrum: fewer are no curve, and a fit of three parameters would have nothing left to be judged by.
_FEWEST = 4
# Longest reason that is quoted in a message (characters): two lines.
_QUOTED = 200


@dataclass(frozen=True, eq=False)
class ConductivitySpectrum:
    """Real parts of a conductivity, or of a conductance.

    A circuit fitted to it has its conductances in the unit of the table: S/cm for S/cm.

    Attributes
    ----------
    frequency_Hz, conductivity : ndarray, shape (n,)
        Rising frequencies (hertz, not rad/s); real parts, any unit.
    source : str

    Raises
    ------
    FitError
        If there are too few points, or any is not above zero.
    """

    frequency_Hz: Floats
    conductivity: Floats
    source: str = ""

    def __post_init__(self) -> None:
        f, sigma = self.frequency_Hz, self.conductivity
        name = self.source or "conductivity spectrum"
        if f.ndim != 1 or f.shape != sigma.shape or len(f) < _FEWEST:
            raise FitError(f"{name}: needs {_FEWEST} points or more, one conductivity a frequency")
        bad = ~(np.isfinite(f) & (f > 0.0) & np.isfinite(sigma) & (sigma > 0.0))
        if bad.any():
            raise FitError(f"{name}: point {int(np.argmax(bad)) + 1} is not above zero")

    @classmethod
    def read(cls, path: str | Path, *, log10_frequency: bool = False) -> ConductivitySpectrum:
        """Read two columns, frequency and conductivity, with commas between.

        Parameters
        ----------
        path : path
        log10_frequency : bool
            Whether the first column is the decimal logarithm of the frequency.

        Raises
        ------
        SpectrumFileError
            If the file cannot be read, or the text does not hold two columns of numbers.
        """
        from fitting.records.spectrum_text import SpectrumFileError  # a fit of a run reads no text

        file = Path(path)
        try:
            text, _ = any_text(read_file(file))
        except ValueError as error:
            raise SpectrumFileError(str(error), str(file)) from error
        try:
            table = np.loadtxt(io.StringIO(text), delimiter=",", ndmin=2)
        except ValueError as fault:
            raise SpectrumFileError(
                f"{file.name}: not two columns of numbers with commas between: {shortened(str(fault), _QUOTED)}"
            ) from None
        if table.shape[1] != 2:
            raise SpectrumFileError(
                f"{file.name}: {table.shape[1]} columns, where frequency and conductivity are wanted"
            )
        table = table[np.argsort(table[:, 0], kind="stable")]
        with np.errstate(over="ignore"):  # an infinite frequency is refused like any that is none
            frequency_Hz = 10.0 ** table[:, 0] if log10_frequency else table[:, 0]
        return cls(frequency_Hz, table[:, 1], file.name)

    def below(self, frequency_Hz: float) -> ConductivitySpectrum:
        """Return the part below a frequency: above some terahertz ions vibrate, which is no hopping."""
        kept = self.frequency_Hz < frequency_Hz
        return ConductivitySpectrum(self.frequency_Hz[kept], self.conductivity[kept], self.source)

    @property
    def s(self) -> Complexes:
        """Complex frequency (rad/s)."""
        return np.asarray(2j * np.pi * self.frequency_Hz, dtype=np.complex128)

    @property
    def window_s(self) -> tuple[float, float]:
        """Times of which the spectrum tells (s): the inverse of its angular frequencies."""
        return float(0.5 / (np.pi * self.frequency_Hz.max())), float(0.5 / (np.pi * self.frequency_Hz.min()))

    @property
    def scatter(self) -> float:
        """What no sum of relaxations explains of it: relative root mean square."""
        return RelaxationTable.from_conductivity(self.frequency_Hz, self.conductivity).misfit
