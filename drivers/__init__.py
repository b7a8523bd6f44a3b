"""Drivers: the VISA session, the contracts of instruments, the planner, and a wing for each maker."""

from drivers.address_book import addresses, forget, remember, resolved
from drivers.contract.accuracy import RangeAccuracy
from drivers.contract.assumption import Assumption, Concern
from drivers.contract.block import Block, Status
from drivers.contract.identity import Capabilities, Identity
from drivers.contract.plan import DrivePlan, Rounding
from drivers.contract.potentiostat import Potentiostat
from drivers.contract.readback import OutputReadback
from drivers.contract.switch_off import OffSwitch, switch_off
from drivers.contract.temperature import Regulation, TemperatureController, TemperatureReading
from drivers.discovery import discover
from drivers.keithley.k2450 import Keithley2450, Keithley2460
from drivers.keithley.k2461 import Keithley2461
from drivers.keithley.k2600 import Keithley2602B, Keithley2612B, Keithley2636B
from drivers.planning.campaign import CampaignPlan, PlannedPoint, plan_campaign
from drivers.planning.planner import Notes, Planner, Ranges, Rate
from drivers.planning.steps import Steps, Tables
from drivers.registry import (
    DriverEntry,
    Found,
    InstrumentInUseError,
    driver_for,
    driver_named,
    driver_names,
    driver_problems,
    installed_drivers,
    load_drivers,
    name_of_driver,
    off_switch_of,
    open_potentiostat,
    open_temperature_controller,
    probe,
    reopen_potentiostat,
)
from drivers.visa.dialect import Dialect
from drivers.visa.patience import ExchangeAbandonedError, Patience
from drivers.visa.resources import canonical_resource, is_address, network_host, takes_one_client
from drivers.visa.session import VisaSession
from drivers.visa.slowness import slowness
from drivers.visa.transcript import read_transcript, replayed

__all__ = [
    "Assumption",
    "Block",
    "CampaignPlan",
    "Capabilities",
    "Concern",
    "Dialect",
    "DrivePlan",
    "DriverEntry",
    "ExchangeAbandonedError",
    "Found",
    "Identity",
    "InstrumentInUseError",
    "Keithley2450",
    "Keithley2460",
    "Keithley2461",
    "Keithley2602B",
    "Keithley2612B",
    "Keithley2636B",
    "Notes",
    "OffSwitch",
    "OutputReadback",
    "Patience",
    "PlannedPoint",
    "Planner",
    "Potentiostat",
    "RangeAccuracy",
    "Ranges",
    "Rate",
    "Regulation",
    "Rounding",
    "Status",
    "Steps",
    "Tables",
    "TemperatureController",
    "TemperatureReading",
    "VisaSession",
    "addresses",
    "canonical_resource",
    "discover",
    "driver_for",
    "driver_named",
    "driver_names",
    "driver_problems",
    "forget",
    "installed_drivers",
    "is_address",
    "load_drivers",
    "name_of_driver",
    "network_host",
    "off_switch_of",
    "open_potentiostat",
    "open_temperature_controller",
    "plan_campaign",
    "probe",
    "read_transcript",
    "remember",
    "reopen_potentiostat",
    "replayed",
    "resolved",
    "slowness",
    "switch_off",
    "takes_one_client",
]
