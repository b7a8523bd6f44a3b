"""WHAT the current means: cell model, memory kernels, reduction, inference, memory quantities.

Names are loaded when they are first used: compiled loops and optimisers are slow to import.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fitting.circuit import CellModel, ModelParameter
    from fitting.inference import fit
    from fitting.live import LiveEstimate, LiveFit, refit
    from fitting.modes import ModeGrid
    from fitting.prediction import overlay_times, predict
    from fitting.reducer import Record, Reducer, reduce_run, reducer_for
    from fitting.reduction import Reduction
    from fitting.result import Estimate, FitResult, MemoryQuantity
    from fitting.spectrum import SpectrumResult, fit_spectrum
    from fitting.warm import warm

_FILES = {
    "CellModel": "circuit",
    "Estimate": "result",
    "FitResult": "result",
    "LiveEstimate": "live",
    "LiveFit": "live",
    "MemoryQuantity": "result",
    "ModeGrid": "modes",
    "ModelParameter": "circuit",
    "Record": "reducer",
    "Reducer": "reducer",
    "Reduction": "reduction",
    "SpectrumResult": "spectrum",
    "fit": "inference",
    "fit_spectrum": "spectrum",
    "overlay_times": "prediction",
    "predict": "prediction",
    "reduce_run": "reducer",
    "reducer_for": "reducer",
    "refit": "live",
    "warm": "warm",
}

__all__ = [
    "CellModel",
    "Estimate",
    "FitResult",
    "LiveEstimate",
    "LiveFit",
    "MemoryQuantity",
    "ModeGrid",
    "ModelParameter",
    "Record",
    "Reducer",
    "Reduction",
    "SpectrumResult",
    "fit",
    "fit_spectrum",
    "overlay_times",
    "predict",
    "reduce_run",
    "reducer_for",
    "refit",
    "warm",
]


def __getattr__(name: str) -> object:
    if name not in _FILES:
        raise AttributeError(f"module 'fitting' has no attribute {name!r}")
    value = getattr(import_module(f"fitting.{_FILES[name]}"), name)
    globals()[name] = value  # `fitting.warm` the function, not the file of that name
    return value


def __dir__() -> list[str]:
    return __all__
