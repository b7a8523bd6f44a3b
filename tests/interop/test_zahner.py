"""Does the maker's own client of its potentiostats work with the simulated PP212?

Every public method that an instrument answers is called, but three: the search for devices opens every serial port of
the machine; ``getDateTimeStruct`` gives an answer with its line's end to ``datetime.fromisoformat``, which refuses any;
and GITT needs a cell that charges, and ends its loops by errors that other tests have.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from sim_instruments.serving.in_process import InProcess, served_here
from tests.patience import patience

if os.name != "posix":
    pytest.skip("the client opens serial ports by name: a pseudo-terminal's", allow_module_level=True)

_WHY = "the maker's client (pip install zahner-potentiostat) is not here"
control = pytest.importorskip("zahner_potentiostat.scpi_control.control", reason=_WHY)
serial_interface = pytest.importorskip("zahner_potentiostat.scpi_control.serial_interface", reason=_WHY)
receiver = pytest.importorskip("zahner_potentiostat.scpi_control.datareceiver", reason=_WHY)
error = pytest.importorskip("zahner_potentiostat.scpi_control.error", reason=_WHY)

TIME, VOLTAGE, CURRENT = (receiver.TrackTypes[name].toString() for name in ("TIME", "VOLTAGE", "CURRENT"))
OHM = 10_000.0
SETTINGS: list[tuple[Any, ...]] = [
    ("clearState",),
    ("readDeviceInformations",),
    ("calibrateOffsets",),
    ("setLineFrequency", 50),
    ("setDateTime", 2026, 11, 26, 15, 0, 0),
    ("setVoltageRelation", control.RELATION.ZERO),
    ("setVoltageRelation", "OCV"),
    ("setVoltageParameterRelation", control.RELATION.OCV),
    ("setVoltageParameterRelation", control.RELATION.ZERO),
    ("setVoltageRange", 10),
    ("setVoltageRangeIndex", 0),
    ("setInterpolationEnabled", True),
    ("setMinimumShuntIndex", 1),
    ("setMaximumShuntIndex", 7),
    ("setShuntIndex", 5),
    ("setAutorangingEnabled", False),
    ("setCurrentRange", 20e-6),
    ("setBandwith", 0),
    ("setFilterFrequency", 1000.0),
    ("setSamplingFrequency", 50),
    ("setTimeParameter", "0.5 s"),
    ("setMaximumTimeParameter", "0.01 min"),
    ("setMinimumTimeParameter", 0),
    ("setScanRateParameter", 0.05),
    ("setStepSize", 0.02),
    ("setParameterLimitCheckToleranceTime", 0.1),
    ("setGlobalLimitCheckToleranceTime", "0 s"),
    ("setMinMaxVoltageParameterCheckEnabled", False),
    ("setMinMaxCurrentParameterCheckEnabled", False),
    ("setMaximumVoltageParameter", 5),
    ("setMinimumVoltageParameter", -5),
    ("setMaximumCurrentParameter", 1),
    ("setMinimumCurrentParameter", -1),
    ("setGlobalVoltageCheckEnabled", False),
    ("setGlobalCurrentCheckEnabled", True),
    ("setMaximumVoltageGlobal", 10),
    ("setMinimumVoltageGlobal", -10),
    ("setMaximumCurrentGlobal", 1),
    ("setMinimumCurrentGlobal", -1),
    ("setToleranceBreakEnabled", False),
    ("setAbsoluteTolerance", 1e-6),
    ("setRelativeTolerance", 1e-3),
    ("setChargeBreakEnabled", False),
    ("setMaximumCharge", 10),
    ("setMinimumCharge", -10),
    ("setVoltageRelation", "0"),
    ("setVoltageValue", 0.05),
    ("setCurrentValue", 1e-6),
    ("setVoltageParameter", 0.1),
    ("setCurrentParameter", 5e-6),
    ("setCoupling", "gal"),
    ("setCoupling", control.COUPLING.POTENTIOSTATIC),
]
"""Every setting of the public class; ``setRaiseOnErrorEnabled`` makes it raise what is refused."""


def client_of(served: InProcess) -> Any:
    ports = [served.served.resources[channel].removeprefix("ASRL").removesuffix("::INSTR") for channel in ("", "live")]
    commands, data = serial_interface.SerialCommandInterface(ports[0]), serial_interface.SerialDataInterface(ports[1])
    device = control.SCPIDevice(commands, data)
    device.setRaiseOnErrorEnabled(True)
    return device


@pytest.fixture
def device() -> Iterator[Any]:
    with served_here("zahner-pp212", "pty", speed=5.0) as served:
        client = client_of(served)
        yield client
        client.close()


def measured(device: Any, points: int) -> dict[str, Any]:
    """Return what the live port brought of some finished primitives, once it is all there."""
    until = time.monotonic() + patience(10.0)
    while device.getDataReceiver().getNumberOfCompletePoints() < points:
        assert time.monotonic() < until, f"{device.getDataReceiver().getNumberOfCompletePoints()} of {points} points"
        time.sleep(0.01)
    found = {track: np.array(values) for track, values in device.getDataReceiver().getCompletePoints().items()}
    device.getDataReceiver().deletePoints()
    return found


def test_every_setting_and_reading_of_the_makers_client(device: Any) -> None:
    for name, *arguments in SETTINGS:
        getattr(device, name)(*arguments)
    assert device.IDN().startswith("ZAHNER-ELEKTRIK")
    assert float(device.readState()) == 0.0
    assert device.getLineFrequency() == 50.0
    assert device.getDateTime().startswith("2026-11-26T15:0")
    assert "Version" in device.getSoftwareInfo()
    assert len(device.getMACAddress().strip().split(":")) == 6
    assert device.getTemperature() == pytest.approx(25.0)
    device.setPotentiostatEnabled(True)
    assert device.getVoltage() == pytest.approx(0.05, abs=2e-4)
    assert device.getPotentialMedian(3) == pytest.approx(device.getPotential(), abs=2e-4)
    assert device.getCurrent() == pytest.approx(0.05 / OHM, abs=1e-8)
    assert device.getVoltageMedian(3) == pytest.approx(0.05, abs=2e-4)
    assert device.getCurrentMedian(3) == pytest.approx(0.05 / OHM, abs=1e-8)
    assert device.checkConnectionPolarity()
    assert device.measureOCV() == pytest.approx(0.0, abs=2e-4)
    device.setPotentiostatEnabled(False)


def test_every_primitive_of_the_makers_client(device: Any) -> None:
    device.setAutorangingEnabled(False)
    device.setCurrentRange(20e-6)
    device.setSamplingFrequency(50)
    device.setMaximumTimeParameter(0.4)
    device.setVoltageParameter(0.1)
    device.measurePolarization()
    found = measured(device, 20)
    np.testing.assert_allclose(found[TIME], np.arange(1, 21) / 50.0, rtol=1e-9)
    np.testing.assert_allclose(found[VOLTAGE], 0.1, atol=2e-4)
    np.testing.assert_allclose(found[CURRENT], 0.1 / OHM, atol=1e-8)
    device.measureOCVScan()
    np.testing.assert_allclose(measured(device, 20)[VOLTAGE], 0.0, atol=2e-4)
    device.setVoltageValue(0.0)
    device.measureRampValueInTime(0.1, 0.4)
    device.measureRampValueInScanRate(0.0, 0.25)
    device.measureRampScanRateForTime(-0.25, 0.4)
    found = measured(device, 60)
    assert [found[VOLTAGE][place] for place in (19, 39, 59)] == pytest.approx([0.0975, 0.0025, -0.0975], abs=1e-3)
    device.setVoltageValue(0.0)
    device.setVoltageParameter(0.1)
    device.setStepSize(0.04)
    device.setMaximumTimeParameter(0.1)
    device.measureIEStairs()
    np.testing.assert_allclose(measured(device, 3)[VOLTAGE], [0.04, 0.08, 0.1], atol=2e-4)
    device.setCoupling("gal")
    device.setCurrentParameter(-8e-6)
    device.measurePolarization()
    np.testing.assert_allclose(measured(device, 5)[VOLTAGE], -8e-6 * OHM, atol=2e-4)


def test_the_methods_that_the_client_composes(device: Any) -> None:
    device.setAutorangingEnabled(False)
    device.setCurrentRange(20e-6)
    device.setVoltageValue(0.1)
    device.setPotentiostatEnabled(True)  # the client looks at the polarity first
    assert "ok" in device.measureCharge(8e-6, 1.0, 0.2)
    np.testing.assert_allclose(measured(device, 5)[CURRENT], 8e-6, rtol=5e-3)
    device.setCoupling("pot")
    device.setPotentiostatEnabled(True)
    assert "ok" in device.measureDischarge(-8e-6, -0.05, "0.2 s", 1.0)
    assert len(measured(device, 1)[TIME]) == 1, "-80 mV is below the stop voltage at once"
    device.setMinMaxVoltageParameterCheckEnabled(False)
    profile = [{"time": 0, "value": 0.5}, {"time": 0.2, "value": 1.0}, {"time": 0.4, "value": 0.0}]
    device.measureProfile(profile, control.COUPLING.POTENTIOSTATIC, scalingFactor=0.1)
    np.testing.assert_allclose(measured(device, 10)[VOLTAGE], [0.05] * 5 + [0.1] * 5, atol=2e-4)
    device.measureProfile(profile, control.COUPLING.GALVANOSTATIC, scalingFactor=1e-5, outputPrimitive="ramp")
    measured(device, 10)
    device.setCoupling("pot")
    device.setVoltageValue(0.1)
    device.setPotentiostatEnabled(True)
    device.measurePITT(0.05, 0.0, 0.02, 0.1, 0.1)
    assert measured(device, 4)[VOLTAGE].max() == pytest.approx(0.04, abs=1e-3)


def test_what_is_refused_is_told_in_the_clients_words(device: Any) -> None:
    device.setMaximumCurrentGlobal(1e-6)
    device.setGlobalCurrentCheckEnabled(True)
    device.setVoltageParameter(0.1)
    for act, number in ((device.measurePolarization, 1003), (device.getCurrent, 1006)):
        with pytest.raises(error.ZahnerSCPIError, match=f"error code {number}"):
            act()
    assert float(device.readState()) == 1003.0
    device.clearState()
    with pytest.raises(error.ZahnerSCPIError, match="out of range"):
        device.setVoltageValue(40)
    device.abortCommand()
    device.clearState()
    for act in ("switchToEPCControl", "switchToEPCControlWithoutPotentiostatStateChange"):
        with pytest.raises(error.ZahnerSCPIError, match="not been implemented"):
            getattr(device, act)()
