"""What is applied to the cell: pulse sequences, sampling, limits, sample; protocol files and their units."""

from protocols.errors import (
    ConnectionLost,
    FitError,
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
from protocols.units import format_estimate, format_quantity, parse_quantity

__all__ = [
    "ConnectionLost",
    "FitError",
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
    "format_estimate",
    "format_quantity",
    "parse_quantity",
]
