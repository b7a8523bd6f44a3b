"""What a user's script imports: ``from ionecho import Bench, Protocol, PulseSequence, Limits, open_run, fit``.

Every name is loaded when it is first used, so that ``import ionecho`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from daq import Bench, open_run
    from drivers import open_temperature_controller
    from fitting import CellModel, analyse, fit, reduce_run
    from protocols import Limits, Protocol, PulseSequence, Sample, Sampling

__version__ = "0.1.0"

_ROOMS = {
    "Bench": "daq",
    "CellModel": "fitting",
    "Limits": "protocols",
    "Protocol": "protocols",
    "PulseSequence": "protocols",
    "Sample": "protocols",
    "Sampling": "protocols",
    "analyse": "fitting",
    "fit": "fitting",
    "open_run": "daq",
    "open_temperature_controller": "drivers",
    "reduce_run": "fitting",
}

__all__ = [
    "Bench",
    "CellModel",
    "Limits",
    "Protocol",
    "PulseSequence",
    "Sample",
    "Sampling",
    "analyse",
    "fit",
    "open_run",
    "open_temperature_controller",
    "reduce_run",
]


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        raise AttributeError(f"module 'ionecho' has no attribute {name!r}")
    return getattr(import_module(_ROOMS[name]), name)


def __dir__() -> list[str]:
    return __all__
