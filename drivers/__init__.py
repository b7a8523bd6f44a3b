"""HOW an instrument is spoken to: the VISA session, the `Potentiostat` contract, one module a family."""

from drivers.contract import (
    Block,
    Capabilities,
    Dialect,
    DrivePlan,
    Identity,
    OutputReadback,
    Potentiostat,
    Rounding,
    Status,
    TemperatureController,
    TemperatureReading,
)
from drivers.keithley2450 import Keithley2450
from drivers.keithley2460 import Keithley2460
from drivers.keithley2461 import Keithley2461
from drivers.registry import (
    Found,
    discover,
    driver_named,
    driver_names,
    open_potentiostat,
    open_temperature_controller,
    probe,
)
from drivers.session import VisaSession, canonical_resource

__all__ = [
    "Block",
    "Capabilities",
    "Dialect",
    "DrivePlan",
    "Found",
    "Identity",
    "Keithley2450",
    "Keithley2460",
    "Keithley2461",
    "OutputReadback",
    "Potentiostat",
    "Rounding",
    "Status",
    "TemperatureController",
    "TemperatureReading",
    "VisaSession",
    "canonical_resource",
    "discover",
    "driver_named",
    "driver_names",
    "open_potentiostat",
    "open_temperature_controller",
    "probe",
]
