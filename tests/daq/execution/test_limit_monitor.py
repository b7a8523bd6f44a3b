"""Limits are noticed in the samples themselves."""

from __future__ import annotations

import numpy as np
import pytest

from daq.execution.limit_monitor import LimitMonitor
from drivers import Keithley2461, Status
from protocols import LimitError, Limits, Protocol
from tests.daq.conftest import blocks_of

PLAN = Keithley2461.plan(Protocol.load("pump_probe"))  # 10 us, 10 uA range


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


def test_an_overloaded_reading_counts_as_the_compliance_in_the_charge() -> None:
    monitor = LimitMonitor(Limits(), PLAN)
    monitor.check(blocks_of([0.0, 1.0], [0.01, -0.01], [np.nan, 0.0], Status.OVERLOAD))
    assert monitor.charge_C == pytest.approx(PLAN.compliance_A * PLAN.interval_s)
