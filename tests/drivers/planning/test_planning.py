"""Does a plan say what a stepping source will really do?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import Keithley2461
from drivers.planning.steps import dwell_problems, quantise, staircase_for_ramps
from protocols import LimitError, Limits, Protocol, ProtocolError, PulseSequence, Sampling
from tests.drivers.conformance import SHORT_PROTOCOLS


def protocol(sequence: PulseSequence, interval_s: float = 1e-5, limits: Limits | None = None) -> Protocol:
    return Protocol("test", sequence, Sampling(interval_s), limits or Limits(voltage_V=1.0, current_A=1e-5))


@pytest.mark.parametrize("name", SHORT_PROTOCOLS)
def test_ready_protocols_fit_a_2461_without_rounding(name: str) -> None:
    asked = Protocol.load(name)
    plan = Keithley2461.plan(asked)
    assert plan.roundings == ()
    np.testing.assert_allclose(plan.sequence.times_s, asked.whole_sequence.times_s, atol=1e-12)
    np.testing.assert_allclose(plan.sequence.start_V, asked.whole_sequence.start_V, atol=1e-12)
    assert plan.n_samples == pytest.approx(asked.duration_s / asked.sampling.interval_s, abs=1)


def test_rounding_is_told() -> None:
    plan = Keithley2461.plan(protocol(PulseSequence.pulse(0.0200012, 0.1000004, before=0.05, after=0.1), 3e-5))
    told = " ".join(map(str, plan.roundings))
    assert "level" in told
    assert "edge" in told
    assert "sampling interval" in told
    assert plan.interval_s == pytest.approx(1 / 33333)  # whole readings a second


def test_edge_times_are_rounded_each_for_itself_so_that_errors_do_not_add_up() -> None:
    dwell = 200.4e-6
    train = PulseSequence.train(0.01, dwell, 2 * dwell, 500)
    plan = Keithley2461.plan(protocol(train))
    lead_in = plan.sequence.duration_s - train.duration_s
    shift = plan.sequence.times_s[1:] - lead_in - train.times_s
    assert np.abs(shift - np.round(lead_in, 6) + lead_in).max() < 1.1e-6


def test_a_sequence_that_begins_with_an_edge_gets_a_rest_before_it() -> None:
    plan = Keithley2461.plan(protocol(PulseSequence.pulse(0.01, 0.1, after=0.1)))
    assert plan.sequence.start_V[0] == 0.0
    assert plan.sequence.times_s[1] > 0
    assert any("rest" in remark for remark in plan.remarks)


def test_dwells_shorter_than_the_shortest_pulse_are_refused_with_their_edge() -> None:
    short = PulseSequence.from_arrays([0, 0.1, 0.1001], [0, 0.01, 0], 0.2)
    with pytest.raises(ProtocolError, match=r"edge 2.*10 mV is held for 100 µs.*150 µs"):
        Keithley2461.plan(protocol(short))


@pytest.mark.parametrize(("dwell_s", "factor"), [(1e-5, "15"), (1.3e-4, "1.2"), (2e-6, "75"), (7e-7, "220")])
def test_a_dwell_that_is_too_short_is_told_the_stretch_that_would_do(dwell_s: float, factor: str) -> None:
    asked = protocol(PulseSequence.from_arrays([0, 0.1, 0.1 + dwell_s], [0, 0.01, 0], 0.2))
    limits = replace(Keithley2461.capabilities, time_step_s=1e-7)
    steps, _ = quantise(asked.sequence, 1e-7, 1e-6)
    (fault,) = dwell_problems(steps, limits)
    assert fault.message.endswith(f"stretch the protocol by {factor}: --stretch {factor}")
    steps, _ = quantise(asked.stretched(float(factor)).sequence, 1e-7, 1e-6)
    assert dwell_problems(steps, limits) == []


def test_no_stretch_is_named_where_none_would_do() -> None:
    steps, _ = quantise(PulseSequence.from_arrays([0, 9000.0], [0, 0.01], 9000.000001), 1e-6, 1e-6)
    (fault,) = dwell_problems(steps, Keithley2461.capabilities)
    assert "stretch" not in fault.message


def test_every_reason_is_named_at_once() -> None:
    impossible = PulseSequence.from_arrays([0, 0.1, 0.1001], [0, 0.01, 0], 200.0)
    with pytest.raises(ProtocolError) as caught:
        Keithley2461.plan(protocol(impossible, 1e-6, Limits(voltage_V=1.0, current_A=50.0)))
    assert {fault.path for fault in caught.value.problems} == {
        "sequence, edge 2",
        "sampling",
        "sampling.current_range",
    }


def test_a_level_over_the_limit_is_refused() -> None:
    with pytest.raises(LimitError, match=r"edge 2.*2 V: over the voltage limit of 1 V"):
        Keithley2461.plan(protocol(PulseSequence.pulse(2.0, 0.1, before=0.1, after=0.1)))


def test_ranges_cover_what_is_asked_and_compliance_never_exceeds_the_limit() -> None:
    plan = Keithley2461.plan(protocol(PulseSequence.pulse(0.5, 0.1, before=0.1, after=0.1), limits=Limits(1.0, 3e-5)))
    assert plan.voltage_range_V == 2.0
    assert plan.current_range_A == 1e-4
    assert plan.compliance_A == 3e-5


def test_no_aperture_reaches_over_the_next_sample() -> None:
    for interval in (1e-6, 2e-6, 1e-5, 1e-4, 1e-3):
        plan = Keithley2461.plan(protocol(PulseSequence.pulse(0.01, 0.1, before=0.1, after=0.1), interval))
        assert 1e-6 <= plan.aperture_s <= plan.interval_s


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(0.01, 10.0))
def test_stairs_keep_the_area_of_their_ramp(v0: float, v1: float, width: float) -> None:
    ramp = PulseSequence(np.array([0.0, width]), np.array([v0, v1]), np.array([v1, v1]), 2 * width)
    stairs, count = staircase_for_ramps(ramp, 1e-3, 1e-4)
    bounds = np.append(stairs.times_s, stairs.duration_s)
    area = float(np.sum(np.diff(bounds) * stairs.start_V))
    assert area == pytest.approx(width * (v0 + v1) / 2 + width * v1, abs=1e-9)
    assert not stairs.has_ramps
    assert count <= 1000


@given(st.lists(st.tuples(st.floats(1e-3, 1.0), st.floats(-0.2, 0.2)), min_size=1, max_size=40))
def test_quantised_edges_and_levels_are_within_half_a_step(segments: list[tuple[float, float]]) -> None:
    ends = np.cumsum([dwell for dwell, _ in segments])
    sequence = PulseSequence.from_arrays(
        np.concatenate([[0.0], ends[:-1]]), [level for _, level in segments], float(ends[-1])
    )
    steps, _ = quantise(sequence, 1e-6, 5e-6)
    done = np.concatenate([[0], np.cumsum(steps.dwell_ticks)]) * 1e-6
    assert np.abs(done - np.append(sequence.times_s, sequence.duration_s)).max() <= 0.5e-6 * (1 + 1e-6)
    assert np.abs(steps.levels_V - sequence.start_V).max() <= 2.5e-6 * (1 + 1e-6)
