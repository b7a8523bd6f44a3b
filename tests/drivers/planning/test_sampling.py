"""Are planned samples where steps ask for them, where models sample freely and where the run averages?"""

from __future__ import annotations

import numpy as np
import pytest

from drivers import DrivePlan, Keithley2450, Keithley2461, Keithley2602B, Potentiostat
from drivers.palmsens.driver import EmStat4, EmStatPico
from drivers.srs.driver import EC301
from drivers.zahner.driver import Zahner
from protocols import Limits, Protocol, ProtocolError, PulseSequence, Sampling
from protocols.acts import Until
from protocols.records import Record
from protocols.sampling_rules import Logarithmic, Uniform
from protocols.single_steps import Current, Hold, OpenCircuit
from protocols.steps import Group

LIMITS = Limits(voltage_V=0.1, current_A=1e-4)


def of(*steps: Record, interval_s: float = 0.01, repeats: int = 1) -> Protocol:
    return Protocol("x", PulseSequence.steps(steps), Sampling(interval_s), LIMITS, repeats)


def half_a_day(interval_s: float = 0.01) -> Protocol:
    return of(Hold(0.0, 1.0), Hold(0.02, 43_200.0, sampling=Logarithmic()), interval_s=interval_s)


def grid_times(plan: DrivePlan) -> np.ndarray:
    assert plan.grid is not None
    return plan.grid.times_s


@pytest.mark.parametrize("driver", [Keithley2602B, EmStat4, EmStatPico, Zahner, Keithley2450, EC301])
def test_a_hold_of_12_h_is_sampled_logarithmically(driver: type[Potentiostat]) -> None:
    plan = driver.plan(half_a_day())
    times = grid_times(plan)
    assert plan.n_recorded == len(times) < 5000
    assert (np.diff(times) > 0.0).all()
    # The voltage goes up once, and down after the end at the most; splitting the hold moves nothing.
    jumps, heights = plan.sequence.jumps()
    start = float(jumps[0])
    assert heights[0] == pytest.approx(0.02, abs=2e-4)
    assert (jumps[1:] >= start + 43_200.0 - 1e-6).all()
    assert start == pytest.approx(1.0, abs=0.01)
    assert plan.sequence.duration_s >= start + 43_200.0 - 1e-6
    after = times[times > start] - start
    # So many a decade as asked; an EmStat leaves one sample of every loop out, and none waits for more than 10 s.
    for low in (1.0, 10.0, 100.0, 1000.0):
        least = 16 if driver in {EmStat4, EmStatPico} else 20
        assert np.count_nonzero((after >= low) & (after < 10.0 * low)) >= least
    assert after[0] <= 2.0 * max(0.01, plan.interval_s)
    assert after[-1] > 40_000.0


def test_apertures_do_not_overlap_and_no_edge_falls_into_one() -> None:
    row = Group((Hold(0.0, 0.3), Hold(0.02, 0.7), Hold(-0.01, 2.0)), 3, sampling=Logarithmic(per_decade=10))
    for driver in (Keithley2602B, EmStat4, Keithley2450, Keithley2461):
        plan = driver.plan(of(row, interval_s=0.01))
        assert plan.grid is not None
        begins, ends = plan.grid.begins_s, plan.grid.begins_s + plan.grid.apertures_s
        assert (begins[1:] >= ends[:-1] - 1e-9).all()
        jumps, _ = plan.sequence.jumps()
        inside = np.searchsorted(jumps, ends - 1e-6) > np.searchsorted(jumps, begins + 1e-6)
        assert not inside.any()


def test_every_pass_is_sampled_alike_after_its_lead_in() -> None:
    row = of(Hold(0.02, 0.5, sampling=Uniform(0.01)), Hold(0.0, 1.0, sampling=Uniform(0.1)), repeats=3)
    for driver in (Keithley2602B, EmStat4, Keithley2461):
        plan = driver.plan(row)
        times = grid_times(plan)
        length = plan.duration_s / 3
        passes = [times[(times >= k * length) & (times < (k + 1) * length)] - k * length for k in range(3)]
        np.testing.assert_allclose(passes[1], passes[0], atol=1e-9)
        np.testing.assert_allclose(passes[2], passes[0], atol=1e-9)


def test_means_take_every_even_sample_into_account_but_no_wider_than_they_may_be() -> None:
    plan = Keithley2450.plan(half_a_day())
    grid = plan.grid
    assert grid is not None
    assert plan.is_averaged
    assert round(float(grid.intervals_s.sum()) / plan.interval_s) == plan.n_samples
    jump = float(plan.sequence.jumps()[0][0])
    late = grid.times_s > jump
    since = grid.begins_s[late] - jump
    assert (grid.apertures_s[late] <= np.maximum(since / 30.0, plan.aperture_s + 1e-9)).all()
    # A current that falls with the square root of time, averaged so, is that at the middle to less than 1e-4.
    begins, ends = since + 1e-12, since + grid.apertures_s[late]
    mean = 2.0 * (np.sqrt(ends) - np.sqrt(begins)) / (ends - begins)
    wide = grid.apertures_s[late] > 2.0 * plan.aperture_s
    assert np.abs(mean * np.sqrt(0.5 * (begins + ends)) - 1.0)[wide].max() < 1e-4


def test_a_record_too_long_for_even_samples_says_who_can() -> None:
    with pytest.raises(ProtocolError, match=r"and the run averages.*use an instrument that samples by step"):
        Keithley2461.plan(half_a_day(1e-5))
    with pytest.raises(ProtocolError, match="sample more slowly where it is fastest, or use"):
        Keithley2450.plan(half_a_day(1e-3))


def test_a_hold_longer_than_an_instruments_longest_is_split_without_advice_to_stretch() -> None:
    sequence = PulseSequence.pulse(0.02, 25_000.0, before=1.0, after=1.0)
    plan = Keithley2450.plan(Protocol("x", sequence, Sampling(0.1), LIMITS))
    bounds = np.append(plan.sequence.times_s, plan.sequence.duration_s)
    assert np.diff(bounds).max() <= Keithley2450.capabilities.max_dwell_s
    jumps, heights = plan.sequence.jumps()
    np.testing.assert_allclose(jumps, [1.0, 25_001.0])
    np.testing.assert_allclose(heights, [0.02, -0.02])


def test_a_short_step_beside_a_long_one_is_told_to_become_longer_not_to_stretch_all() -> None:
    with pytest.raises(ProtocolError, match="make that step longer") as caught:
        Zahner.plan(of(Hold(0.0, 43_200.0), Hold(0.01, 0.1)))
    assert "stretch" not in str(caught.value)


@pytest.mark.parametrize("driver", [Keithley2461, Keithley2602B, Zahner, EC301])
def test_what_an_instrument_cannot_do_is_refused_with_the_way_out(driver: type[Potentiostat]) -> None:
    row = of(
        OpenCircuit(1.0),
        Hold(0.01, 1.0, vs="open circuit"),
        Current(1e-6, 1.0),
        Hold(0.0, 1.0, until=Until(0.1, current_slope=1e-9)),
    )
    with pytest.raises(ProtocolError) as caught:
        driver.plan(row)
    told = {one.path: one.message for one in caught.value.problems}
    assert list(told) == [f"sequence.steps[{k}]" for k in range(4)]
    ways_out = ("hold a voltage instead", "write the level against 0 V", "set a voltage", "leave out `until`")
    assert all(way_out in message for way_out, message in zip(ways_out, told.values(), strict=True))
    assert all(driver.capabilities.model in message for message in told.values())


def test_a_million_repeats_of_a_rule_are_refused_at_once() -> None:
    row = Group((Hold(0.01, 1.0), Hold(0.0, 1.0)), sampling=Logarithmic())
    with pytest.raises(ProtocolError, match="changes of the sampling interval"):
        Keithley2602B.plan(of(row, repeats=1_000_000))
