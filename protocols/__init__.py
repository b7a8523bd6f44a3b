"""What is applied to the cell: pulse sequences, sampling, limits, sample; protocol files and their units.

Names are loaded when they are first used: a command that only looks something up needs no arrays.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from protocols.busy_files import when_free
    from protocols.errors import (
        ConnectionLost,
        FitError,
        InputError,
        InstrumentError,
        IonechoError,
        LaterVersionError,
        LimitError,
        OutputStateUnknown,
        Problem,
        ProtocolError,
        RunFileError,
    )
    from protocols.limits import Limits
    from protocols.protocol import Protocol
    from protocols.sample import Sample
    from protocols.sampling import Sampling
    from protocols.sequence import PulseSequence
    from protocols.texts import (
        any_text,
        printable,
        read_file,
        read_text_file,
        reason_of,
        require_file,
        shortened,
        toml_tables,
        utf8_text,
    )
    from protocols.units import (
        format_duration,
        format_estimate,
        format_number,
        format_quantity,
        parse_quantities,
        parse_quantity,
        prefixed_unit,
    )

# File of each public name.
_FILES = {
    "ConnectionLost": "errors",
    "FitError": "errors",
    "InputError": "errors",
    "InstrumentError": "errors",
    "IonechoError": "errors",
    "LaterVersionError": "errors",
    "LimitError": "errors",
    "Limits": "limits",
    "OutputStateUnknown": "errors",
    "Problem": "errors",
    "Protocol": "protocol",
    "ProtocolError": "errors",
    "PulseSequence": "sequence",
    "RunFileError": "errors",
    "Sample": "sample",
    "Sampling": "sampling",
    "any_text": "texts",
    "format_duration": "units",
    "format_estimate": "units",
    "format_number": "units",
    "format_quantity": "units",
    "parse_quantities": "units",
    "parse_quantity": "units",
    "prefixed_unit": "units",
    "printable": "texts",
    "read_file": "texts",
    "read_text_file": "texts",
    "reason_of": "texts",
    "require_file": "texts",
    "shortened": "texts",
    "toml_tables": "texts",
    "utf8_text": "texts",
    "when_free": "busy_files",
}

__all__ = [
    "ConnectionLost",
    "FitError",
    "InputError",
    "InstrumentError",
    "IonechoError",
    "LaterVersionError",
    "LimitError",
    "Limits",
    "OutputStateUnknown",
    "Problem",
    "Protocol",
    "ProtocolError",
    "PulseSequence",
    "RunFileError",
    "Sample",
    "Sampling",
    "any_text",
    "format_duration",
    "format_estimate",
    "format_number",
    "format_quantity",
    "parse_quantities",
    "parse_quantity",
    "prefixed_unit",
    "printable",
    "read_file",
    "read_text_file",
    "reason_of",
    "require_file",
    "shortened",
    "toml_tables",
    "utf8_text",
    "when_free",
]


def __getattr__(name: str) -> object:
    if name not in _FILES:
        raise AttributeError(f"module 'protocols' has no attribute {name!r}")
    return getattr(import_module(f"protocols.{_FILES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
