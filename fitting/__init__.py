"""WHAT the current means: cell model, memory kernels, reduction, inference, memory quantities.

Names are loaded when they are first used: compiled loops and optimisers are slow to import.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fitting.api import diagnose_joint, diagnose_run, fit, fit_impedance, fit_joint, fit_reduced, load_result
    from fitting.inference.posterior import Posterior, sample_posterior
    from fitting.inference.resistance_spectrum import ResistanceSpectrum
    from fitting.inference.spectrum import fit_spectrum
    from fitting.inference.spectrum_band import SpectrumBand, spectrum_band
    from fitting.inference.spectrum_result import SpectrumResult
    from fitting.interpretation.arrhenius import Arrhenius, arrhenius
    from fitting.interpretation.attribution import Attribution, attribute
    from fitting.interpretation.comparison import Comparison, compare
    from fitting.interpretation.conduction import Tracer
    from fitting.interpretation.feasibility import Feasibility, feasibility
    from fitting.interpretation.friction import FrictionKernel, friction_kernel, memory_shape
    from fitting.interpretation.linearity import OhmsLaw, Superposition, ohms_law, reduced_alike, superposition
    from fitting.interpretation.referee_table import RefereeTable, referee_table
    from fitting.interpretation.reversal import ChargeRatio, charge_ratio, memory_of_run, readable_bits, reversal_course
    from fitting.live import LiveEstimate, LiveFit, refit
    from fitting.model.circuit import CellModel, ModelParameter
    from fitting.model.elements.base import Bulk, Element, Quantity, StartScale
    from fitting.model.elements.tabulated import RelaxationTable
    from fitting.records.conductivity import ConductivitySpectrum
    from fitting.records.impedance import Causality, ImpedanceSpectrum
    from fitting.records.record import Record
    from fitting.reduction.commanded import CommandedRecord, commanded
    from fitting.reduction.nuisance import Nuisance
    from fitting.reduction.prediction import overlay_times, predict
    from fitting.reduction.reduce import reduce_run, reducer_for
    from fitting.reduction.reducer import Reducer
    from fitting.reduction.reduction import Reduction
    from fitting.results.estimate import Estimate, Estimates
    from fitting.results.fit_result import FitResult
    from fitting.results.joint_result import FittedPart, JointResult
    from fitting.results.remarks import Remark, RemarkKind
    from fitting.selection.ranking import Ranking, rank
    from fitting.stopping import KnownTo
    from fitting.study import Study, analyse, kept_study
    from fitting.study_options import StudyOptions
    from fitting.transforms.modes import ModeGrid
    from fitting.transforms.warm import warm

_FILES = {
    "Arrhenius": "interpretation.arrhenius",
    "Attribution": "interpretation.attribution",
    "Bulk": "model.elements.base",
    "Causality": "records.impedance",
    "CellModel": "model.circuit",
    "ChargeRatio": "interpretation.reversal",
    "CommandedRecord": "reduction.commanded",
    "Comparison": "interpretation.comparison",
    "ConductivitySpectrum": "records.conductivity",
    "Element": "model.elements.base",
    "Estimate": "results.estimate",
    "Estimates": "results.estimate",
    "Feasibility": "interpretation.feasibility",
    "FitResult": "results.fit_result",
    "FittedPart": "results.joint_result",
    "FrictionKernel": "interpretation.friction",
    "ImpedanceSpectrum": "records.impedance",
    "JointResult": "results.joint_result",
    "KnownTo": "stopping",
    "LiveEstimate": "live",
    "LiveFit": "live",
    "ModeGrid": "transforms.modes",
    "ModelParameter": "model.circuit",
    "Nuisance": "reduction.nuisance",
    "OhmsLaw": "interpretation.linearity",
    "Posterior": "inference.posterior",
    "Quantity": "model.elements.base",
    "Ranking": "selection.ranking",
    "Record": "records.record",
    "RefereeTable": "interpretation.referee_table",
    "Reducer": "reduction.reducer",
    "Reduction": "reduction.reduction",
    "RelaxationTable": "model.elements.tabulated",
    "Remark": "results.remarks",
    "RemarkKind": "results.remarks",
    "ResistanceSpectrum": "inference.resistance_spectrum",
    "SpectrumBand": "inference.spectrum_band",
    "SpectrumResult": "inference.spectrum_result",
    "StartScale": "model.elements.base",
    "Study": "study",
    "StudyOptions": "study_options",
    "Superposition": "interpretation.linearity",
    "Tracer": "interpretation.conduction",
    "analyse": "study",
    "arrhenius": "interpretation.arrhenius",
    "attribute": "interpretation.attribution",
    "charge_ratio": "interpretation.reversal",
    "commanded": "reduction.commanded",
    "compare": "interpretation.comparison",
    "feasibility": "interpretation.feasibility",
    "diagnose_joint": "api",
    "diagnose_run": "api",
    "fit": "api",
    "fit_impedance": "api",
    "fit_joint": "api",
    "fit_reduced": "api",
    "fit_spectrum": "inference.spectrum",
    "friction_kernel": "interpretation.friction",
    "kept_study": "study",
    "load_result": "api",
    "memory_of_run": "interpretation.reversal",
    "memory_shape": "interpretation.friction",
    "ohms_law": "interpretation.linearity",
    "overlay_times": "reduction.prediction",
    "predict": "reduction.prediction",
    "rank": "selection.ranking",
    "readable_bits": "interpretation.reversal",
    "reduce_run": "reduction.reduce",
    "reduced_alike": "interpretation.linearity",
    "reducer_for": "reduction.reduce",
    "referee_table": "interpretation.referee_table",
    "refit": "live",
    "reversal_course": "interpretation.reversal",
    "sample_posterior": "inference.posterior",
    "spectrum_band": "inference.spectrum_band",
    "superposition": "interpretation.linearity",
    "warm": "transforms.warm",
}

__all__ = [
    "Arrhenius",
    "Attribution",
    "Bulk",
    "Causality",
    "CellModel",
    "ChargeRatio",
    "CommandedRecord",
    "Comparison",
    "ConductivitySpectrum",
    "Element",
    "Estimate",
    "Estimates",
    "Feasibility",
    "FitResult",
    "FittedPart",
    "FrictionKernel",
    "ImpedanceSpectrum",
    "JointResult",
    "KnownTo",
    "LiveEstimate",
    "LiveFit",
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
    "RefereeTable",
    "RelaxationTable",
    "Remark",
    "RemarkKind",
    "ResistanceSpectrum",
    "SpectrumBand",
    "SpectrumResult",
    "StartScale",
    "Study",
    "StudyOptions",
    "Superposition",
    "Tracer",
    "analyse",
    "arrhenius",
    "attribute",
    "charge_ratio",
    "commanded",
    "compare",
    "diagnose_joint",
    "diagnose_run",
    "feasibility",
    "fit",
    "fit_impedance",
    "fit_joint",
    "fit_reduced",
    "fit_spectrum",
    "friction_kernel",
    "kept_study",
    "load_result",
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
    "referee_table",
    "refit",
    "reversal_course",
    "sample_posterior",
    "spectrum_band",
    "superposition",
    "warm",
]


def __getattr__(name: str) -> object:
    if name not in _FILES:
        raise AttributeError(f"module 'fitting' has no attribute {name!r}")
    value = getattr(import_module(f"fitting.{_FILES[name]}"), name)
    globals()[name] = value  # `fitting.transforms.warm` the function, not the file of that name
    return value


def __dir__() -> list[str]:
    return __all__
