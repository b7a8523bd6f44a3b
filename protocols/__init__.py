"""What is applied to the cell: pulse sequences, sampling, limits, sample; protocol files and their units."""

from protocols.errors import (
    ConnectionLost,
    FitError,
    InputError,
    InstrumentError,
    IonechoError,
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
    format_quantity,
    parse_quantities,
    parse_quantity,
)

__all__ = [
    "ConnectionLost",
    "FitError",
    "InputError",
    "InstrumentError",
    "IonechoError",
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
    "format_quantity",
    "parse_quantities",
    "parse_quantity",
    "printable",
    "read_file",
    "read_text_file",
    "reason_of",
    "require_file",
    "shortened",
    "toml_tables",
    "utf8_text",
]
