"""Are means of even samples what the grid of the plan says, however the samples come?"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daq.execution.averaging import Averaging
from drivers import Block, DrivePlan, Keithley2461, Status
from protocols import Limits, Protocol, PulseSequence, Sampling
from protocols.sampling_rules import Logarithmic, Uniform
from protocols.single_steps import Hold
from tests.properties import examples

LIMITS = Limits(voltage_V=0.1, current_A=1e-4)


def a_plan(*steps: Hold, interval_s: float = 1e-3) -> DrivePlan:
    plan = Keithley2461.plan(Protocol("x", PulseSequence.steps(steps), Sampling(interval_s), LIMITS))
    assert plan.is_averaged
    return plan


PLAN = a_plan(Hold(0.0, 0.5, sampling=Uniform(0.01)), Hold(0.02, 4.0, sampling=Logarithmic(per_decade=10)))


def even(plan: DrivePlan) -> Block:
    """The even samples of an instrument whose current is the square root of time."""
    t_s = np.arange(plan.n_samples, dtype=np.float64) * plan.interval_s + 0.5 * plan.aperture_s
    return Block(t_s, plan.sequence.voltage_at(t_s), np.sqrt(t_s), np.zeros(len(t_s), dtype=np.uint8))


def averaged(plan: DrivePlan, samples: Block, cuts: list[int]) -> Block:
    averaging = Averaging(plan)
    bounds = [0, *sorted(cuts), len(samples)]
    columns = list(Block.__dataclass_fields__)
    parts = [averaging.take(Block(*(getattr(samples, name)[a:b] for name in columns))) for a, b in pairwise(bounds)]
    return Block(*(np.concatenate([getattr(one, name) for one in parts]) for name in columns))


@settings(max_examples=examples(20))
@given(st.lists(st.integers(0, PLAN.n_samples), max_size=8))
def test_times_are_the_grids_and_values_those_of_its_apertures(cuts: list[int]) -> None:
    grid = PLAN.grid
    assert grid is not None
    samples = even(PLAN)
    means = averaged(PLAN, samples, cuts)
    assert len(means) == PLAN.n_recorded
    np.testing.assert_allclose(means.t_s, grid.times_s, atol=1e-9)
    assert not means.status.any()
    for k in range(0, len(means), 7):
        is_in = (samples.t_s > grid.begins_s[k]) & (samples.t_s < grid.begins_s[k] + grid.apertures_s[k])
        assert means.current_A[k] == pytest.approx(samples.current_A[is_in].mean(), rel=1e-12)
        assert means.voltage_V[k] == pytest.approx(samples.voltage_V[is_in].mean(), abs=1e-15)


def test_a_sample_over_an_edge_is_left_out_of_a_mean_and_an_overload_is_told() -> None:
    samples = even(PLAN)
    grid = PLAN.grid
    assert grid is not None
    wide = int(np.argmax(grid.apertures_s))
    inside = np.flatnonzero(np.abs(samples.t_s - grid.times_s[wide]) < 0.5 * grid.apertures_s[wide])
    assert len(inside) > 20
    clean = averaged(PLAN, samples, [])
    for flag, is_told in ((Status.EDGE, False), (Status.OVERLOAD, True), (Status.TIMING, True)):
        spoilt = samples.current_A.copy()
        spoilt[inside[3]] = np.nan if flag is Status.OVERLOAD else spoilt[inside[3]]
        status = samples.status.copy()
        status[inside[3]] = flag
        means = averaged(PLAN, replace(samples, current_A=spoilt, status=status), [])
        assert means.status[wide] == (flag if is_told else 0)
        assert np.isfinite(means.current_A).all()
        assert means.current_A[wide] == pytest.approx(clean.current_A[wide], rel=1e-3)
        assert not means.status[np.arange(len(means)) != wide].any()


def test_a_mean_over_two_voltages_is_flagged() -> None:
    samples = even(PLAN)
    grid = PLAN.grid
    assert grid is not None
    wide = int(np.argmax(grid.apertures_s))
    late = samples.voltage_V + np.where(samples.t_s > grid.times_s[wide], 0.01, 0.0)
    means = averaged(PLAN, replace(samples, voltage_V=late), [])
    assert means.status[wide] == Status.EDGE


def test_a_mean_of_overloads_alone_is_one() -> None:
    samples = even(PLAN)
    status = np.full(len(samples), Status.OVERLOAD, dtype=np.uint8)
    means = averaged(PLAN, replace(samples, current_A=np.full(len(samples), np.nan), status=status), [100])
    assert np.isnan(means.current_A).all()
    assert (means.status == Status.OVERLOAD).all()


def test_a_plan_without_a_grid_has_nothing_to_average() -> None:
    plan = Keithley2461.plan(Protocol("x", PulseSequence.pulse(0.01, 0.1, after=0.1), Sampling(1e-3), LIMITS))
    with pytest.raises(ValueError, match="nothing to average"):
        Averaging(plan)
