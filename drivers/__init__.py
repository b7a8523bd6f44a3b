"""HOW an instrument is spoken to: the VISA session, the `Potentiostat` contract, one module a family."""

from drivers.addresses import addresses, forget, remember, resolved
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
from drivers.discovery import discover
from drivers.keithley2450 import Keithley2450
from drivers.keithley2460 import Keithley2460
from drivers.keithley2461 import Keithley2461
from drivers.keithley2600 import Keithley2602B, Keithley2612B, Keithley2636B
from drivers.registry import (
    DriverEntry,
    Found,
    driver_named,
    driver_names,
    installed_drivers,
    open_potentiostat,
    open_temperature_controller,
    probe,
)
from drivers.session import VisaSession, canonical_resource, takes_one_client
from drivers.transcript import read_transcript, replayed

__all__ = [
    "Block",
    "Capabilities",
    "Dialect",
    "DrivePlan",
    "DriverEntry",
    "Found",
    "Identity",
    "Keithley2450",
    "Keithley2460",
    "Keithley2461",
    "Keithley2602B",
    "Keithley2612B",
    "Keithley2636B",
    "OutputReadback",
    "Potentiostat",
    "Rounding",
    "Status",
    "TemperatureController",
    "TemperatureReading",
    "VisaSession",
    "addresses",
    "canonical_resource",
    "discover",
    "driver_named",
    "driver_names",
    "forget",
    "installed_drivers",
    "open_potentiostat",
    "open_temperature_controller",
    "probe",
    "read_transcript",
    "remember",
    "replayed",
    "resolved",
    "takes_one_client",
]
