"""Result of a fit: estimates with intervals, memory quantities, remarks, and the document of it all.

What did the fit find, how sure is it, and what does the record not determine?
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.model.bounds import bounded
from fitting.model.circuit import CellModel
from fitting.model.elements.tabulated import RelaxationTable
from fitting.reduction.control import in_words_of, named_for
from fitting.reduction.nuisance import Nuisance
from fitting.results.document import FORMAT, up_to_date
from fitting.results.drawing import figure_of_result
from fitting.results.estimate import Band, Estimate, Estimates
from fitting.results.printable import Printable
from fitting.results.remarks import Remark
from fitting.results.result_file import read_result, write_result
from fitting.transforms.modes import PER_DECADE, ModeGrid
from protocols import InputError, format_quantity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from fitting.records.record import Record
    from fitting.results.tables import ResultTable
    from fitting.transforms.laplace import Floats

NOT_ATTRIBUTED = (
    "not attributed by the fit alone: a conductance that falls, and a current that turns back after a pulse, can come"
    " from the electrode as well as from the bulk"
)
"""Note on the memory of a fit that was not attributed."""
_DRIVES = {True: "measured voltage", False: "commanded edges"}
"""What a document says the drive was, by `drive_is_measured`."""


@dataclass(frozen=True, eq=False, repr=False)
class FitResult(Printable):
    """Result of the fit of one run; `print` shows its table, ``result["W_inf"]`` is one of its figures.

    Attributes
    ----------
    model : CellModel
    estimates : Estimates
        Free parameters, in the order of `model.parameters`, each found by its name too.
    covariance : ndarray, shape (k, k)
        Of the logarithms (logits where a parameter has two bounds).
    memory : Estimates
        Also by name: ``memory["back_hop_fraction"]``.
    band : Band or None
        None for a circuit without a hopping conductor.
    grid : ModeGrid
    window_s : tuple of float
        Times after an edge that the record covers.
    weights, nuisance : ndarray
        Mode weights (S), and the coefficients of `terms`: offset (A), drift (A/s), mains (A).
    terms : Nuisance
        What was fitted beside the cell, and how the noise was whitened.
    rms_residual_A, rms_current_A : float
    step_noise_A : float
        What neighbouring samples scatter by, the noise of a measured voltage included.
    noise_A : float
        Standard deviation of a sample that the intervals take, `interval_inflation` not counted.
    interval_inflation : float
        Factor on all intervals for noise (or misfit) that is not white.
    n_samples, n_excluded : int
    remarks : tuple of Remark
        What to know before any figure is used.
    source : str
        Name of the run file.
    n_downweighted : int
        Samples that a robust fit counts less than half.
    combinations : Estimates
        What the record determines of parameters that enter only in combination; their names are the formulas.
    voltage_error_V : float
        Noise of a measured voltage, whose bias was taken out; 0 for commanded edges, or where it cannot be measured.
    times : Estimates
        ``delay`` (s) and ``clock`` (ppm), where they were fitted.
    far_places : ndarray, shape (n, k)
        Logarithms, as of the covariance, at ends of profiles that it knows nothing of: valleys that are bent.

    Where the current was controlled (`terms`), the voltage answers: all that is said here of the current is said of
    the voltage, in volts, and the weights are in ohm.
    """

    model: CellModel
    estimates: Estimates
    covariance: Floats
    memory: Estimates
    band: Band | None
    grid: ModeGrid
    window_s: tuple[float, float]
    weights: Floats
    nuisance: Floats
    rms_residual_A: float
    rms_current_A: float
    step_noise_A: float
    noise_A: float
    interval_inflation: float
    n_samples: int
    n_excluded: int
    remarks: tuple[Remark, ...] = ()
    source: str = ""
    drive_is_measured: bool = field(default=False)
    terms: Nuisance = field(default_factory=Nuisance)
    n_downweighted: int = 0
    voltage_error_V: float = 0.0
    times: Estimates = field(default_factory=Estimates)
    combinations: Estimates = field(default_factory=Estimates)
    far_places: Floats = field(default_factory=lambda: np.empty((0, 0)))

    @property
    def unit(self) -> str:
        """Unit of residual and noise: "A", or "V" where the current was controlled."""
        return self.terms.units[1]

    @property
    def rates(self) -> Floats:
        """Rates (1/s) of the modes that `weights` belong to."""
        return self.grid.rates

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

        NaN where the record has too few samples within holds.
        """
        spare = self.n_samples - len(self.estimates) - len(self.nuisance)
        if not (self.step_noise_A > 0.0 and spare > 0):
            return float("nan")
        return float((self.rms_residual_A / self.step_noise_A) ** 2) * self.n_samples / spare

    @property
    def correlation(self) -> Floats:
        """Correlations of the logarithms, shape (k, k)."""
        size = np.sqrt(np.diag(self.covariance))
        size = np.where(size > 0.0, size, 1.0)
        matrix: Floats = self.covariance / np.outer(size, size)
        return matrix

    @property
    def n_fitted(self) -> int:
        """Parameters of the cell, and coefficients of the nuisance."""
        return len(self.estimates) + len(self.nuisance)

    def __getitem__(self, name: str) -> Estimate:
        """Return a parameter, a time, a memory quantity or a combination by its name: ``result["W_inf"]``."""
        return Estimates((*self.estimates, *self.times, *self.memory, *self.combinations))[name]

    def __repr__(self) -> str:
        return f"<FitResult: {self.model.circuit} on {self.source or 'record'}>"

    def to_document(self) -> dict[str, Any]:
        """Return the result as plain data (JSON); `arrays` has the rest of it."""
        found = {
            "format": FORMAT,
            "model": self.model.circuit,
            "fixed": dict(self.model.fixed),
            "tables": {name: {"scale": one.scale, "misfit": one.misfit} for name, one in self.model.tables.items()},
            "grid": [self.grid.first, self.grid.last, self.grid.shortest_s, self.grid.longest_s],
            "parameters": {estimate.name: estimate.to_document() for estimate in self.estimates},
            "times": {one.name: one.to_document() for one in self.times},
            "memory": {quantity.name: quantity.to_document() for quantity in self.memory},
            "combinations": {one.name: one.to_document() for one in self.combinations},
            "attribution": None,
            "rms_residual_A": self.rms_residual_A,
            "rms_current_A": self.rms_current_A,
            "noise_estimate_A": self.noise_A,
            "step_noise_A": self.step_noise_A if np.isfinite(self.step_noise_A) else None,
            "whiteness": self.whiteness if np.isfinite(self.whiteness) else None,
            "interval_inflation": self.interval_inflation,
            "window_s": list(self.window_s),
            "samples_used": self.n_samples,
            "samples_excluded": self.n_excluded,
            "samples_downweighted": self.n_downweighted,
            "drive": in_words_of(self.terms.control, _DRIVES[self.drive_is_measured]),
            "voltage_noise_V": self.voltage_error_V,
            "nuisance_A": self.nuisance.tolist(),
            "nuisance": self.terms.to_dict(),
            "remarks": [remark.to_document() for remark in self.remarks],
            "source": self.source,
        }
        if self.model.bounds:
            found["bounds"] = dict(self.model.bounds)
        return named_for(self.terms.control, found)

    def arrays(self) -> dict[str, Floats]:
        """Return the arrays that are kept with the document."""
        found = {
            "covariance": self.covariance,
            "rates_per_s": self.grid.rates,
            "weights_S": self.weights,
            "nuisance": self.nuisance,
        }
        if len(self.far_places):
            found["far_places"] = self.far_places
        for name, table in self.model.tables.items():
            found |= {f"{name}_rates_per_s": table.rates, f"{name}_shares": table.shares}
        if self.band is not None:
            found |= {"W_t_s": self.band.t_s, "W": self.band.W, "W_lo": self.band.lowest, "W_hi": self.band.highest}
        return named_for(self.terms.control, found)

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Mapping[str, Floats]) -> FitResult:
        """Read what `to_document` and `arrays` wrote, of this version or an earlier one.

        Raises
        ------
        FitError
            If the document was written by a later version, or its circuit cannot be read.
        """
        found = up_to_date(document)
        terms = Nuisance(**found["nuisance"])
        found, arrays = named_for(terms.control, found), named_for(terms.control, arrays)
        model = _model(found, arrays)
        window_s = (float(found["window_s"][0]), float(found["window_s"][1]))
        band = Band(*(arrays[key] for key in ("W_t_s", "W", "W_lo", "W_hi"))) if "W" in arrays else None
        step_noise = found["step_noise_A"]
        return cls(
            model=model,
            estimates=_estimates(found["parameters"]),
            covariance=arrays["covariance"],
            memory=_estimates(found["memory"]),
            band=band,
            grid=_grid(found["grid"], arrays["rates_per_s"], window_s),
            window_s=window_s,
            weights=arrays["weights_S"],
            nuisance=arrays["nuisance"],
            rms_residual_A=found["rms_residual_A"],
            rms_current_A=found["rms_current_A"],
            step_noise_A=float("nan") if step_noise is None else step_noise,
            noise_A=found["noise_estimate_A"],
            interval_inflation=found["interval_inflation"],
            n_samples=found["samples_used"],
            n_excluded=found["samples_excluded"],
            remarks=tuple(Remark.from_document(one) for one in found["remarks"]),
            combinations=_estimates(found.get("combinations", {})),
            source=found["source"],
            drive_is_measured=found["drive"] == in_words_of(terms.control, _DRIVES[True]),
            terms=terms,
            n_downweighted=found["samples_downweighted"],
            voltage_error_V=found["voltage_noise_V"],
            times=_estimates(found.get("times", {})),
            far_places=arrays.get("far_places", np.empty((0, 0))),
        )

    def plot(self, run: Record | None = None) -> Any:
        """Return a matplotlib figure of W(t) with its band; with the run, of the fitted current and what is left too.

        Parameters
        ----------
        run : Record, optional
            The run that was fitted.

        Raises
        ------
        FitError
            If there is nothing to draw without the run: the circuit has no hopping conductor.
        FigureError
            If matplotlib is not installed.
        """
        return figure_of_result(self, run)

    def save(self, path: str | Path) -> Path:
        """Write the result to a JSON file, which `load` reads back; a file of that name is replaced.

        Raises
        ------
        FitError
            If the file cannot be written, or has the name of a run.
        """
        return write_result(path, self.to_document(), self.arrays())

    @classmethod
    def load(cls, path: str | Path) -> FitResult:
        """Return the result that `save` wrote.

        Raises
        ------
        InputError
            If there is no such file, or it is something else.
        FitError
            If a later version of ionecho wrote it.
        """
        document, arrays = read_result(path)
        try:
            return cls.from_document(document, arrays)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise InputError(f"this saved result is damaged ({type(error).__name__}: {error})", str(path)) from None

    def table(self, attribution: str = NOT_ATTRIBUTED) -> ResultTable:
        """Return parameters and memory quantities as a table for the terminal.

        Parameters
        ----------
        attribution : str
            Note on whose memory it is.
        """
        from fitting.results.tables import add_memory_rows, estimate_table

        noise = f"rms residual {format_quantity(self.rms_residual_A, self.unit)}, {self.n_samples:,} samples"
        if np.isfinite(self.whiteness):
            noise += f", whiteness {self.whiteness:.3g} (1: white)"
        caption = (noise, *([attribution] if attribution and self.memory else []), *self.remarks)
        title = f"{self.model.circuit} on {self.source or 'record'}"
        table = estimate_table(title, (*self.estimates, *self.times), self.model.fixed, caption)
        add_memory_rows(table, self.memory)
        return table


def _estimates(documents: Mapping[str, Any]) -> Estimates:
    return Estimates(Estimate.from_document(*one) for one in documents.items())


def _model(document: Mapping[str, Any], arrays: Mapping[str, Floats]) -> CellModel:
    """Return the circuit of a document, with what is held and the tables of its `Tab` elements."""
    tables = {
        name: RelaxationTable(arrays[f"{name}_rates_per_s"], arrays[f"{name}_shares"], one["scale"], one["misfit"])
        for name, one in document["tables"].items()
    }
    return bounded(CellModel(document["model"], document["fixed"], tables), document.get("bounds", {}))


def _grid(kept: Sequence[float] | None, rates: Floats, window_s: tuple[float, float]) -> ModeGrid:
    """Return the grid of modes; of a document that does not have it, the one with these rates nearest the window."""
    if kept is not None:
        return ModeGrid(int(kept[0]), int(kept[1]), kept[2], kept[3])
    first, last = (int(np.rint(PER_DECADE * np.log10(rate))) for rate in (rates[1], rates[-1]))
    # `ModeGrid.covering` ends at the first rate of the grid beyond 20/shortest.
    shortest = np.clip(window_s[0], *(20.0 * 10.0 ** (-k / PER_DECADE) for k in (last, last - 1)))
    return ModeGrid(first, last, float(shortest), window_s[1])
