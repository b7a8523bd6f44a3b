"""The plan of a campaign adds up: time, waits, bytes and bounds of its points, and the reasons of those refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from drivers import DrivePlan, driver_named, plan_campaign
from drivers.planning.campaign import BARE_FILE_BYTES, POINT_S, START_S
from protocols import Limits, Protocol, PulseSequence, Sampling
from protocols.campaigns import Between, Campaign, Order, Point, Sweep, TemperatureRule

METER = driver_named("keithley2461")
PROTOCOL = Protocol(
    "pulse",
    PulseSequence.pulse("10 mV", "20 ms", after="80 ms"),
    Sampling(1e-4),
    Limits(voltage_V=0.1, current_A=1e-5),
)
LEVELS = Sweep("sequence.level", ("10 mV", "-20 mV", "40 mV"))


def rule(**changes: float | None) -> TemperatureRule:
    return dataclasses.replace(
        TemperatureRule("cryostat", "0.1 K", "5 min", "2 h", "330 K", ("300 K", "310 K")),
        **changes,  # type: ignore[arg-type]
    )


def test_each_point_has_what_its_own_plan_has() -> None:
    plans: dict[int, DrivePlan] = {}

    def watch(point: Point, plan: DrivePlan) -> None:
        plans[point.number] = plan

    found = plan_campaign(Campaign.of(PROTOCOL, LEVELS), METER, watch)
    assert [one.number for one in found.points] == [1, 2, 3] == list(plans)
    for point in found.points:
        plan = plans[point.number]
        assert (point.duration_s, point.n_samples) == (plan.duration_s, plan.n_samples)
        assert point.n_bytes == plan.n_samples * 25 + BARE_FILE_BYTES
    assert found.n_bytes == sum(one.n_bytes for one in found.points)
    assert found.measuring_s == pytest.approx(sum(one.duration_s for one in plans.values()))


def test_no_more_charge_and_energy_can_come_to_the_cell_than_the_limits_let() -> None:
    limits = Limits(voltage_V=0.1, current_A=1e-5, energy_J=5e-9)
    found = plan_campaign(Campaign.of(dataclasses.replace(PROTOCOL, limits=limits), LEVELS), METER)
    for point, level in zip(found.points, (0.01, 0.02, 0.04), strict=True):
        assert point.charge_C == pytest.approx(1e-5 * point.duration_s)
        assert point.energy_J == pytest.approx(min(5e-9, 1e-5 * level * 0.02), rel=0.01)  # the pulse lasts 20 ms
    less = dataclasses.replace(PROTOCOL, limits=Limits(voltage_V=0.1, current_A=1e-5, charge_C=1e-7))
    assert [one.charge_C for one in plan_campaign(Campaign.of(less, LEVELS), METER).points] == [1e-7] * 3


def test_the_time_lies_between_waits_that_are_stable_at_once_and_waits_as_long_as_they_may_be() -> None:
    made = Campaign.of(PROTOCOL, LEVELS, order=Order(repeats=2), temperature=rule(), between=Between("30 s"))
    found = plan_campaign(made, METER)
    n, (early, late) = 12, found.duration_s
    assert early == pytest.approx(found.measuring_s + START_S[0] + n * POINT_S[0] + 2 * 300 + (n - 2) * 30)
    assert late == pytest.approx(found.measuring_s + START_S[1] + n * POINT_S[1] + 2 * 7200 + (n - 1) * 30)
    assert found.points[-1].done_s == found.duration_s


def test_the_estimate_holds_what_was_measured_of_a_session() -> None:
    # docs/reference/benchmarks.md: 40 pulses of 40 ms took 9.1 s and a hundred under load 41 s, the start included.
    for count, measured_s in ((40, 9.1), (100, 41.0)):
        one = dataclasses.replace(PROTOCOL, sequence=PulseSequence.pulse("20 mV", "20 ms", after="20 ms"))
        early, late = plan_campaign(Campaign.of(one, order=Order(repeats=count)), METER).duration_s
        assert early < measured_s < late


def test_a_ramp_takes_its_time_between_set_points() -> None:
    fast, slow = (
        plan_campaign(Campaign.of(PROTOCOL, temperature=rule(ramp_K_s=ramp)), METER) for ramp in (None, 10 / 3600)
    )
    assert slow.duration_s[0] - fast.duration_s[0] == pytest.approx(3600.0)
    assert slow.duration_s[1] == pytest.approx(fast.duration_s[1])


def test_as_many_points_are_done_by_a_time_as_end_before_it() -> None:
    found = plan_campaign(Campaign.of(PROTOCOL, LEVELS, between=Between("1 min")), METER)
    ends = np.array([one.done_s for one in found.points])
    for seconds in (0.0, 1.0, float(ends[0, 1]), 100.0, 1000.0):
        assert found.done_by(seconds) == (int(np.sum(ends[:, 1] <= seconds)), int(np.sum(ends[:, 0] <= seconds)))
    assert found.done_by(1e6) == (3, 3)


def test_what_is_rounded_is_told_once_with_its_points() -> None:
    sampling = dataclasses.replace(PROTOCOL, sampling=Sampling(1.03e-5))
    found = plan_campaign(Campaign.of(sampling, LEVELS), METER)
    assert list(found.roundings.values()) == [[1, 2, 3]]
    assert next(iter(found.roundings)).startswith("sampling interval: 10.3 µs becomes")


def test_points_that_the_instrument_refuses_are_told_with_every_reason_and_the_others_planned() -> None:
    widths = Sweep("sequence.width", ("1 ns", "20 ms"))
    levels = Sweep("sequence.level", ("10 mV", "0.2 V"))
    found = plan_campaign(Campaign.of(PROTOCOL, widths, levels), METER)
    assert [bool(one.refusal) for one in found.points] == [True, True, False, True]
    limit = next(reason for reason in found.refused if "over the voltage limit of 100 mV" in reason)
    assert found.refused[limit] == [2, 4]
    assert found.points[3].duration_s == 0.0
    assert found.measuring_s == pytest.approx(found.points[2].duration_s)
