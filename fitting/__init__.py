"""WHAT the current means: cell model, memory kernels, reduction, inference, memory quantities.

Names are loaded when they are first used: compiled loops and optimisers are slow to import.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fitting.activation import Arrhenius, arrhenius
    from fitting.attribution import Attribution, attribute
    from fitting.band import SpectrumBand, spectrum_band
    from fitting.circuit import CellModel, ModelParameter
    from fitting.comparison import Comparison, compare
    from fitting.conductivity import ConductivitySpectrum
    from fitting.echo import ChargeRatio, charge_ratio, memory_of_run, readable_bits, reversal_course
    from fitting.elements import Bulk, Element, Quantity, StartScale
    from fitting.friction import FrictionKernel, friction_kernel, memory_shape
    from fitting.impedance import Causality, ImpedanceSpectrum
    from fitting.inference import fit
    from fitting.joint import FittedPart, JointResult, fit_impedance, fit_joint
    from fitting.linearity import OhmsLaw, Superposition, ohms_law, reduced_alike, superposition
    from fitting.live import LiveEstimate, LiveFit, refit
    from fitting.modes import ModeGrid
    from fitting.noise import whitened
    from fitting.nuisance import Nuisance
    from fitting.outlook import Feasibility, feasibility
    from fitting.posterior import Posterior, sample_posterior
    from fitting.prediction import overlay_times, predict
    from fitting.ranking import Ranking, rank
    from fitting.reducer import Record, Reducer, reduce_run, reducer_for
    from fitting.reduction import Reduction
    from fitting.result import Estimate, FitResult, MemoryQuantity
    from fitting.spectrum import SpectrumResult, fit_spectrum
    from fitting.tabulated import RelaxationTable
    from fitting.warm import warm

_FILES = {
    "Arrhenius": "activation",
    "Attribution": "attribution",
    "Bulk": "elements",
    "Causality": "impedance",
    "CellModel": "circuit",
    "ChargeRatio": "echo",
    "Comparison": "comparison",
    "ConductivitySpectrum": "conductivity",
    "Element": "elements",
    "Estimate": "result",
    "Feasibility": "outlook",
    "FitResult": "result",
    "FittedPart": "joint",
    "FrictionKernel": "friction",
    "ImpedanceSpectrum": "impedance",
    "JointResult": "joint",
    "LiveEstimate": "live",
    "LiveFit": "live",
    "MemoryQuantity": "result",
    "ModeGrid": "modes",
    "ModelParameter": "circuit",
    "Nuisance": "nuisance",
    "OhmsLaw": "linearity",
    "Posterior": "posterior",
    "Quantity": "elements",
    "Ranking": "ranking",
    "Record": "reducer",
    "Reducer": "reducer",
    "Reduction": "reduction",
    "RelaxationTable": "tabulated",
    "SpectrumBand": "band",
    "SpectrumResult": "spectrum",
    "StartScale": "elements",
    "Superposition": "linearity",
    "arrhenius": "activation",
    "attribute": "attribution",
    "charge_ratio": "echo",
    "compare": "comparison",
    "feasibility": "outlook",
    "fit": "inference",
    "fit_impedance": "joint",
    "fit_joint": "joint",
    "fit_spectrum": "spectrum",
    "friction_kernel": "friction",
    "memory_of_run": "echo",
    "memory_shape": "friction",
    "ohms_law": "linearity",
    "overlay_times": "prediction",
    "predict": "prediction",
    "rank": "ranking",
    "readable_bits": "echo",
    "reduce_run": "reducer",
    "reduced_alike": "linearity",
    "reducer_for": "reducer",
    "refit": "live",
    "reversal_course": "echo",
    "sample_posterior": "posterior",
    "spectrum_band": "band",
    "superposition": "linearity",
    "warm": "warm",
    "whitened": "noise",
}

__all__ = [
    "Arrhenius",
    "Attribution",
    "Bulk",
    "Causality",
    "CellModel",
    "ChargeRatio",
    "Comparison",
    "ConductivitySpectrum",
    "Element",
    "Estimate",
    "Feasibility",
    "FitResult",
    "FittedPart",
    "FrictionKernel",
    "ImpedanceSpectrum",
    "JointResult",
    "LiveEstimate",
    "LiveFit",
    "MemoryQuantity",
    "ModeGrid",
    "ModelParameter",
    "Nuisance",
    "OhmsLaw",
    "Posterior",
    "Quantity",
    "Ranking",
    "Record",
    "Reducer",
    "Reduction",
    "RelaxationTable",
    "SpectrumBand",
    "SpectrumResult",
    "StartScale",
    "Superposition",
    "arrhenius",
    "attribute",
    "charge_ratio",
    "compare",
    "feasibility",
    "fit",
    "fit_impedance",
    "fit_joint",
    "fit_spectrum",
    "friction_kernel",
    "memory_of_run",
    "memory_shape",
    "ohms_law",
    "overlay_times",
    "predict",
    "rank",
    "readable_bits",
    "reduce_run",
    "reduced_alike",
    "reducer_for",
    "refit",
    "reversal_course",
    "sample_posterior",
    "spectrum_band",
    "superposition",
    "warm",
    "whitened",
]


def __getattr__(name: str) -> object:
    if name not in _FILES:
        raise AttributeError(f"module 'fitting' has no attribute {name!r}")
    value = getattr(import_module(f"fitting.{_FILES[name]}"), name)
    globals()[name] = value  # `fitting.warm` the function, not the file of that name
    return value


def __dir__() -> list[str]:
    return __all__
