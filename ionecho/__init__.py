"""What a user's script imports: ``from ionecho import Bench, Protocol, PulseSequence, Limits, open_run, fit``.

Every name is loaded when it is first used, so that ``import ionecho`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from daq import Run, RunInProgress, attach, documents_of, import_record, open_run, read_text
    from drivers import DrivePlan, Regulation, discover, open_temperature_controller
    from fitting import (
        CellModel,
        Estimate,
        FitResult,
        ImpedanceSpectrum,
        KnownTo,
        Study,
        StudyOptions,
        analyse,
        arrhenius,
        compare,
        feasibility,
        fit,
        fit_joint,
        fit_spectrum,
        kept_study,
        load_result,
        predict,
        rank,
        reduce_run,
    )
    from ionecho.bench import Bench, Check
    from ionecho.campaign_points import PointRun
    from protocols import (
        ConnectionLost,
        FitError,
        InputError,
        InstrumentError,
        IonechoError,
        LimitError,
        Limits,
        OutputStateUnknown,
        Protocol,
        ProtocolError,
        PulseSequence,
        RunFileError,
        Sample,
        Sampling,
        format_quantity,
        parse_quantity,
    )
    from protocols.campaigns import Campaign, load_document

__version__ = "0.1.0"

_HOMES = {
    "daq": ("Run", "RunInProgress", "attach", "documents_of", "import_record", "open_run", "read_text"),
    "drivers": ("DrivePlan", "Regulation", "discover", "open_temperature_controller"),
    "fitting": (
        "CellModel",
        "Estimate",
        "FitResult",
        "ImpedanceSpectrum",
        "KnownTo",
        "Study",
        "StudyOptions",
        "analyse",
        "arrhenius",
        "compare",
        "feasibility",
        "fit",
        "fit_joint",
        "fit_spectrum",
        "kept_study",
        "load_result",
        "predict",
        "rank",
        "reduce_run",
    ),
    "ionecho.bench": ("Bench", "Check"),
    "ionecho.campaign_points": ("PointRun",),
    "protocols": (
        "ConnectionLost",
        "FitError",
        "InputError",
        "InstrumentError",
        "IonechoError",
        "LimitError",
        "Limits",
        "OutputStateUnknown",
        "Protocol",
        "ProtocolError",
        "PulseSequence",
        "RunFileError",
        "Sample",
        "Sampling",
        "format_quantity",
        "parse_quantity",
    ),
    "protocols.campaigns": ("Campaign", "load_document"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Bench",
    "Campaign",
    "CellModel",
    "Check",
    "ConnectionLost",
    "DrivePlan",
    "Estimate",
    "FitError",
    "FitResult",
    "ImpedanceSpectrum",
    "InputError",
    "InstrumentError",
    "IonechoError",
    "KnownTo",
    "LimitError",
    "Limits",
    "OutputStateUnknown",
    "PointRun",
    "Protocol",
    "ProtocolError",
    "PulseSequence",
    "Regulation",
    "Run",
    "RunFileError",
    "RunInProgress",
    "Sample",
    "Sampling",
    "Study",
    "StudyOptions",
    "analyse",
    "arrhenius",
    "attach",
    "compare",
    "discover",
    "documents_of",
    "feasibility",
    "fit",
    "fit_joint",
    "fit_spectrum",
    "format_quantity",
    "import_record",
    "kept_study",
    "load_document",
    "load_result",
    "open_run",
    "open_temperature_controller",
    "parse_quantity",
    "predict",
    "rank",
    "read_text",
    "reduce_run",
]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'ionecho' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return __all__
