"""What did a fit find, how sure is it, and what can the record not tell?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.reduction.nuisance import Nuisance
from protocols import format_estimate, format_quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.table import Table

    from fitting.model.circuit import CellModel
    from fitting.results.estimate import Band, Estimate, MemoryQuantity
    from fitting.results.remarks import Remark
    from fitting.transforms.laplace import Floats
    from fitting.transforms.modes import ModeGrid

ATTRIBUTION = (
    "not attributed by the fit alone: a conductance that falls, and a current that turns back after a pulse, can come"
    " from the electrode as well as from the bulk"
)


@dataclass(frozen=True, eq=False)
class FitResult:
    """A fitted run.

    Attributes
    ----------
    model : CellModel
    estimates : tuple of Estimate
        Free parameters, in the order of `model.parameters`.
    covariance : ndarray, shape (k, k)
        Of the logarithms (logits where a parameter has two bounds).
    memory : tuple of MemoryQuantity
    band : Band or None
        None for a circuit without a hopping conductor.
    grid : ModeGrid
    window_s : tuple of float
        Times after an edge of which the record tells.
    weights, nuisance : ndarray
        Mode weights (S), and the coefficients of `terms`: offset (A), drift (A/s), mains (A).
    terms : Nuisance
        What was fitted beside the cell, and how the noise was whitened.
    rms_residual_A, rms_current_A : float
    step_noise_A : float
        What neighbouring samples scatter by, the noise of a measured voltage included.
    noise_A : float
        Standard deviation of a sample that the intervals take, `widening` not counted.
    widening : float
        Factor on all intervals for noise (or misfit) that is not white.
    n_samples, n_excluded : int
    remarks : tuple of Remark
        What to know before any figure is used.
    source : str
        Name of the run file.
    n_doubted : int
        Samples that a robust fit took for less than whole.
    voltage_error_V : float
        Noise of a measured voltage, whose bias was taken out; 0 for commanded edges, or where it cannot be told.
    """

    model: CellModel
    estimates: tuple[Estimate, ...]
    covariance: Floats
    memory: tuple[MemoryQuantity, ...]
    band: Band | None
    grid: ModeGrid
    window_s: tuple[float, float]
    weights: Floats
    nuisance: Floats
    rms_residual_A: float
    rms_current_A: float
    step_noise_A: float
    noise_A: float
    widening: float
    n_samples: int
    n_excluded: int
    remarks: tuple[Remark, ...] = ()
    source: str = ""
    drive_is_measured: bool = field(default=False)
    terms: Nuisance = field(default_factory=Nuisance)
    n_doubted: int = 0
    voltage_error_V: float = 0.0

    @property
    def values(self) -> dict[str, float]:
        """Fitted values (SI) by name."""
        return {estimate.name: estimate.value for estimate in self.estimates}

    @property
    def theta(self) -> Floats:
        """Fitted values in the order of the model's free parameters."""
        return np.array([estimate.value for estimate in self.estimates])

    @property
    def whiteness(self) -> float:
        """Variance of the residual over that which neighbouring samples scatter by: 1 if it is white.

        NaN where the record has too few samples within holds to tell.
        """
        return float((self.noise_A / self.step_noise_A) ** 2) if self.step_noise_A > 0.0 else float("nan")

    @property
    def correlation(self) -> Floats:
        """Correlations of the logarithms, shape (k, k)."""
        size = np.sqrt(np.diag(self.covariance))
        size = np.where(size > 0.0, size, 1.0)
        matrix: Floats = self.covariance / np.outer(size, size)
        return matrix

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain data (JSON)."""
        memory: dict[str, Any] = {quantity.name: quantity.to_dict() for quantity in self.memory}
        memory["attribution"] = ATTRIBUTION
        return {
            "model": self.model.circuit,
            "fixed": dict(self.model.fixed),
            "parameters": {estimate.name: estimate.to_dict() for estimate in self.estimates},
            "memory": memory,
            "rms_residual_A": self.rms_residual_A,
            "rms_current_A": self.rms_current_A,
            "noise_estimate_A": self.noise_A,
            "step_noise_A": self.step_noise_A if np.isfinite(self.step_noise_A) else None,
            "whiteness": self.whiteness if np.isfinite(self.whiteness) else None,
            "interval_widening": self.widening,
            "window_s": list(self.window_s),
            "samples_used": self.n_samples,
            "samples_excluded": self.n_excluded,
            "drive": "measured voltage" if self.drive_is_measured else "commanded edges",
            "voltage_noise_V": self.voltage_error_V,
            "nuisance_A": self.nuisance.tolist(),
            "nuisance": self.terms.to_dict(),
            "samples_doubted": self.n_doubted,
            "remarks": [remark.to_document() for remark in self.remarks],
            "source": self.source,
        }

    def arrays(self) -> dict[str, Floats]:
        """Return the arrays that are kept with it."""
        found: Mapping[str, Floats] = {
            "covariance": self.covariance,
            "rates_per_s": self.grid.rates,
            "weights_S": self.weights,
            "nuisance": self.nuisance,
        }
        if self.band is None:
            return dict(found)
        return {
            **found,
            "W_t_s": self.band.t_s,
            "W": self.band.W,
            "W_lo": self.band.lowest,
            "W_hi": self.band.highest,
        }

    def table(self) -> Table:
        """Return parameters and memory quantities as a table for the terminal."""
        from rich.table import Table
        from rich.text import Text

        noise = f"rms residual {format_quantity(self.rms_residual_A, 'A')}, {self.n_samples:,} samples"
        if np.isfinite(self.whiteness):
            noise += f", whiteness {self.whiteness:.3g} (1: white)"
        caption = "\n".join([noise, ATTRIBUTION, *map(str, self.remarks)])
        table = Table(title=f"{self.model.circuit} on {self.source or 'record'}", caption=Text(caption))
        for heading in ("", "value", "95 % interval", ""):
            table.add_column(heading, justify="right" if heading in {"value", "95 % interval"} else "left")
        for one in self.estimates:
            remark = "" if one.identifiable else f"not identifiable: {one.reason}"
            table.add_row(Text(one.name), *format_estimate(one.value, one.ci95, one.unit), Text(remark))
        for name, value in self.model.fixed.items():
            table.add_row(Text(name), f"{value:g}", "fixed", "")
        table.add_section()
        for quantity in self.memory:
            shown = format_estimate(quantity.value, quantity.ci95, quantity.unit)
            table.add_row(quantity.name.replace("_", " "), *shown, Text(quantity.note))
        return table
