"""Result of a fit of several records, or of a spectrum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.results.printable import Printable
from protocols import format_quantity

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fitting.model.circuit import CellModel
    from fitting.reduction.nuisance import Nuisance
    from fitting.results.estimate import Band, Estimate, Estimates
    from fitting.results.remarks import Remark
    from fitting.results.tables import ResultTable
    from fitting.transforms.laplace import Complexes, Floats


@dataclass(frozen=True, eq=False)
class FittedPart:
    """One record of a joint fit; `predict` takes it for a pulsed run.

    Attributes
    ----------
    source : str
    temperature_K : float or None
    values : dict of str to float
        The circuit's free parameters for this record.
    rates, weights, nuisance : ndarray
        Fitted modes (1/s, S) and coefficients of `terms` (A, A/s) of a pulsed run; empty for a spectrum.
    terms : Nuisance
    residual : ndarray
        In units of `noise`: of the reduced run, or of a spectrum's real, then imaginary parts.
    noise : float
        Standard deviation of a sample: amperes for a run, a share of abs(Z) for a spectrum.
    noise_unit : str
    interval_inflation : float
        By how much more its noise counts, for a residual that is not white.
    n_samples : int
    memory : Estimates
    band : Band or None
    """

    source: str
    temperature_K: float | None
    values: dict[str, float]
    rates: Floats
    weights: Floats
    nuisance: Floats
    terms: Nuisance
    residual: Floats
    noise: float
    noise_unit: str
    interval_inflation: float
    n_samples: int
    memory: Estimates
    band: Band | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "source": self.source,
            "temperature_K": self.temperature_K,
            "values": self.values,
            "noise": self.noise,
            "noise_unit": self.noise_unit or "share of abs(Z)",
            "interval_inflation": self.interval_inflation,
            "samples_used": self.n_samples,
            "memory": {quantity.name: quantity.to_document() for quantity in self.memory},
        }


@dataclass(frozen=True, eq=False, repr=False)
class JointResult(Printable):
    """Records fitted together; `print` shows the table of unknowns and records.

    Attributes
    ----------
    model : CellModel
    estimates : Estimates
        All unknowns: shared ones by their name, those of record k as ``R0[k]`` (from 1), activated ones as
        ``Mig1.tau.prefactor`` and ``Mig1.tau.E_a``.
    covariance : ndarray, shape (k, k)
        On the line (logarithms, logits where there are two bounds).
    parts : tuple of FittedPart
    remarks : tuple of Remark
    """

    model: CellModel
    estimates: Estimates
    covariance: Floats
    parts: tuple[FittedPart, ...]
    remarks: tuple[Remark, ...] = ()

    @property
    def values(self) -> dict[str, float]:
        """Fitted unknowns (SI) by name."""
        return {estimate.name: estimate.value for estimate in self.estimates}

    def __getitem__(self, name: str) -> Estimate:
        """Return an unknown by its name: ``result["Mig1.tau"]``."""
        return self.estimates[name]

    def impedance(self, frequency_Hz: ArrayLike, part: int = 0) -> Complexes:
        """Return the fitted impedance (ohm) of one record's cell."""
        theta = np.array([self.parts[part].values[parameter.name] for parameter in self.model.parameters])
        s = np.asarray(2j * np.pi * np.asarray(frequency_Hz, dtype=np.float64), dtype=np.complex128)
        impedance: Complexes = 1.0 / self.model.admittance(s, theta, seen=False)
        return impedance

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain data (JSON)."""
        return {
            "model": self.model.circuit,
            "fixed": dict(self.model.fixed),
            "parameters": {estimate.name: estimate.to_document() for estimate in self.estimates},
            "records": [part.to_dict() for part in self.parts],
            "remarks": [remark.to_document() for remark in self.remarks],
        }

    def __repr__(self) -> str:
        return f"<JointResult: {self.model.circuit} on {self._n_records}>"

    @property
    def _n_records(self) -> str:
        return f"{len(self.parts)} record{'s' * (len(self.parts) > 1)}"

    def table(self) -> ResultTable:
        """Return unknowns and records as a table for the terminal."""
        from rich.text import Text

        from fitting.results.tables import estimate_table

        title = f"{self.model.circuit} on {self._n_records}"
        table = estimate_table(title, self.estimates, {}, self.remarks)
        table.add_section()
        for k, part in enumerate(self.parts, 1):
            noise = format_quantity(part.noise, "A") if part.noise_unit else f"{100.0 * part.noise:.3g} % of |Z|"
            at = "" if part.temperature_K is None else f" at {part.temperature_K:.1f} K"
            table.add_row(Text(f"[{k}] {part.source or 'record'}{at}"), noise, "", f"{part.n_samples:,} samples")
        return table
