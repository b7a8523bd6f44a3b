"""Limits are noticed in the samples themselves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from daq.execution.limit_monitor import LimitMonitor, StopConditionMet
from daq.execution.run_request import StopThreshold
from drivers import Keithley2461, Status
from protocols import LimitError, Limits, Protocol
from tests.daq.conftest import blocks_of

PLAN = Keithley2461.plan(Protocol.load("pump_probe"))  # 10 us, 10 uA range
ABOVE_1_UA = StopThreshold("current", 1e-6, True, "current above 1 uA")


def test_charge_adds_up_over_blocks_with_its_sign() -> None:
    monitor = LimitMonitor(Limits(charge_C=2.5e-10), PLAN)
    for _ in range(5):
        monitor.check(blocks_of([0, 1], [0.01, 0.01], [1e-5, 1e-5]))
        monitor.check(blocks_of([0, 1], [-0.01, -0.01], [-1e-5, -1e-5]))
    assert monitor.charge_C == pytest.approx(0.0, abs=1e-20)
    assert monitor.energy_J == pytest.approx(20 * 1e-7 * 1e-5)


def test_compliance_counts_as_reaching_the_current_limit() -> None:
    monitor = LimitMonitor(Limits(current_A=1e-5), PLAN)
    with pytest.raises(LimitError, match="held it there"):
        monitor.check(blocks_of([0.0], [0.01], [0.999e-5], Status.COMPLIANCE))


def test_an_overload_counts_only_where_the_range_reaches_up_to_the_limit() -> None:
    overloaded = blocks_of([0.0], [0.01], [np.nan], Status.OVERLOAD)
    with pytest.raises(LimitError):
        LimitMonitor(Limits(current_A=1e-5), PLAN).check(overloaded)
    LimitMonitor(Limits(current_A=1e-3), PLAN).check(overloaded)


@pytest.mark.parametrize(
    ("threshold", "met"),
    [
        (StopThreshold("current", 2e-6, True, "c"), "current 3 µA at 2 s"),
        (StopThreshold("current", -2e-6, False, "c"), "current -5 µA at 3 s"),
        (StopThreshold("current", 3e-6, True, "c"), ""),  # as much is not above
        (StopThreshold("current", -5e-6, False, "c"), ""),
        # Two seconds between the samples: 1, 3 and -5 uA carry 2, 8 and -2 uC.
        (StopThreshold("charge", 7e-6, True, "c"), "charge 8 µC at 2 s"),
        (StopThreshold("charge", -1e-6, False, "c"), "charge -2 µC at 3 s"),
        # 10 mV at 1 and 3 uA, -10 mV at -5 uA.
        (StopThreshold("energy", 1e-7, True, "c"), "energy 180 nJ at 3 s"),
        (StopThreshold("energy", 2e-7, True, "c"), ""),
    ],
    ids=str,
)
def test_a_threshold_has_a_sign_and_ends_without_an_error(threshold: StopThreshold, met: str) -> None:
    plan = replace(PLAN, interval_s=2.0, grid=None)
    monitor = LimitMonitor(Limits(), plan, [threshold])
    block = blocks_of([1.0, 2.0, 3.0], [0.01, 0.01, -0.01], [1e-6, 3e-6, -5e-6])
    if not met:
        monitor.check(block)
        return
    with pytest.raises(StopConditionMet) as caught:
        monitor.check(block)
    assert str(caught.value) == f"the campaign ends here: c ({met})"


def test_a_limit_counts_before_a_threshold() -> None:
    with pytest.raises(LimitError):
        LimitMonitor(Limits(current_A=5e-6), PLAN, [ABOVE_1_UA]).check(blocks_of([0, 1], [0, 0], [2e-6, 9e-6]))


def test_an_overload_was_beyond_a_threshold_within_the_range_in_the_direction_of_the_voltage() -> None:
    overloaded = blocks_of([0.0], [0.01], [np.nan], Status.OVERLOAD)
    with pytest.raises(StopConditionMet):
        LimitMonitor(Limits(), PLAN, [ABOVE_1_UA]).check(overloaded)
    beyond = replace(ABOVE_1_UA, value=2.0 * PLAN.current_range_A)
    for other in (beyond, replace(ABOVE_1_UA, value=-1e-6, above=False)):
        LimitMonitor(Limits(), PLAN, [other]).check(overloaded)


def test_an_overloaded_reading_counts_as_the_compliance_in_the_charge() -> None:
    monitor = LimitMonitor(Limits(), PLAN)
    monitor.check(blocks_of([0.0, 1.0], [0.01, -0.01], [np.nan, 0.0], Status.OVERLOAD))
    assert monitor.charge_C == pytest.approx(PLAN.compliance_A * PLAN.interval_s)
