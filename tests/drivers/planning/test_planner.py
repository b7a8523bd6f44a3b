"""Does every driver's plan keep the model's bounds, the protocol's limits, and the charge that was asked for?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers import DrivePlan, Potentiostat, driver_named
from drivers.contract.potentiostat import unwatched_limits
from protocols import LimitError, Limits, Protocol, ProtocolError, PulseSequence, Sampling
from tests.drivers.conformance import SHORT_PROTOCOLS
from tests.properties import examples

MODELS = [
    "b2901", "b2911", "ec301", "emstat-pico", "emstat4", "keithley2450", "keithley2460", "keithley2461",
    "keithley2602b", "keithley2612b", "keithley2636b", "zahner-pp212",
]  # fmt: skip
STRETCHES = (1.0, 4.0, 50.0, 1000.0)
every_model = pytest.mark.parametrize("model", MODELS)


def area_Vs(sequence: PulseSequence) -> float:
    """Integral of the voltage: the charge through a resistor of one ohm."""
    widths = np.diff(np.append(sequence.times_s, sequence.duration_s))
    return float(np.sum(widths * (sequence.start_V + sequence.end_V) / 2))


def planned(model: str, protocol: Protocol) -> tuple[type[Potentiostat], DrivePlan] | None:
    """Return a driver and its plan, None if it refuses: then every reason has a place and a text."""
    driver = driver_named(model)
    try:
        return driver, driver.plan(protocol)
    except ProtocolError as error:
        refused = error
    assert refused.problems
    assert all(problem.path and problem.message for problem in refused.problems)
    assert refused.source == driver.capabilities.model
    return None


def check(driver: type[Potentiostat], plan: DrivePlan, protocol: Protocol) -> None:
    caps, limits = driver.capabilities, protocol.limits
    assert limits.voltage_V is not None
    assert limits.current_A is not None
    limits.check_sequence(plan.sequence)
    # What the instrument holds.
    assert plan.base_points * plan.repeats <= caps.max_edges
    assert plan.n_samples <= caps.max_samples
    dwells = np.diff(np.append(plan.sequence.times_s, plan.sequence.duration_s))
    assert dwells[: plan.base_points * plan.repeats].min() >= caps.min_dwell_s * (1 - 1e-6)
    assert dwells.max() <= caps.max_dwell_s * (1 + 1e-6)
    assert not plan.sequence.has_ramps
    # Samples: whole apertures, all of them in the run.
    assert 0.0 < plan.aperture_s <= plan.interval_s * (1 + 1e-9)
    assert plan.interval_s >= caps.min_interval_s * (1 - 1e-9)
    assert (plan.n_samples - 1) * plan.interval_s + plan.aperture_s <= plan.duration_s * (1 + 1e-6)
    # Ranges: the level is within the source's, and the limit is kept, by the instrument or by the run.
    assert plan.sequence.max_abs_V <= plan.voltage_range_V * (1 + 1e-9)
    assert plan.compliance_A <= max(limits.current_A, 0.0101 * plan.current_range_A)
    assert plan.compliance_A <= 1.05 * max(plan.current_range_A, caps.current_ranges_A[-1])
    # Nothing is changed without a word.
    if plan.interval_s != pytest.approx(protocol.sampling.interval_s, rel=1e-9):
        assert any("sampling interval" in one.what for one in plan.roundings)


@every_model
@pytest.mark.parametrize("name", SHORT_PROTOCOLS)
def test_a_ready_protocol_keeps_all_bounds_at_some_stretch(model: str, name: str) -> None:
    for stretch in STRETCHES:
        protocol = Protocol.load(name).stretched(stretch)
        if (done := planned(model, protocol)) is not None:
            check(*done, protocol)
            return
    pytest.fail(f"a {model} can play {name} at none of {STRETCHES}")


DWELLS = st.one_of(st.sampled_from([1e-4, 1e-3, 5e-3, 0.02, 0.1, 1.0, 10.0]), st.floats(5e-5, 3.0))
LEVELS = st.one_of(st.sampled_from([0.0, 0.01, -0.01, 0.0204, 0.5, -1.0]), st.floats(-0.3, 0.3))


@st.composite
def protocols(draw: Callable[..., Any], *, ramps: bool) -> Protocol:
    segments = draw(st.lists(st.tuples(DWELLS, LEVELS, LEVELS if ramps else st.none()), min_size=1, max_size=8))
    bounds = np.concatenate([[0.0], np.cumsum([dwell for dwell, _, _ in segments])])
    starts = np.array([level for _, level, _ in segments])
    ends = np.array([start if end is None else end for _, start, end in segments])
    sequence = PulseSequence(bounds[:-1], starts, ends, float(bounds[-1]))
    sampling = Sampling(draw(st.floats(1e-6, 2.0)), draw(st.sampled_from([None, 1e-6, 1e-4, 0.1])))
    limits = Limits(voltage_V=2.0, current_A=draw(st.sampled_from([1e-6, 1e-4, 1e-2])))
    return Protocol("any", sequence, sampling, limits, repeats=draw(st.sampled_from([1, 1, 3])))


several = settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.too_slow])


@every_model
@several
@given(protocol=protocols(ramps=True))
def test_any_protocol_is_refused_with_reasons_or_kept_within_all_bounds(model: str, protocol: Protocol) -> None:
    if (done := planned(model, protocol)) is not None:
        check(*done, protocol)


@every_model
@several
@given(protocol=protocols(ramps=True))
def test_the_charge_through_a_resistor_is_the_one_that_was_asked_for(model: str, protocol: Protocol) -> None:
    if (done := planned(model, protocol)) is None:
        return
    driver, plan = done
    asked = protocol.whole_sequence
    # Edges are moved by half a time step at most, or by what the plan says of one repeat, the end of which moves all
    # repeats behind it; levels by half a step of the source.
    told_s = max(
        (abs(one.done - one.asked) for one in plan.roundings if one.what.startswith(("edge", "end"))), default=0
    )
    told_V = max((abs(one.done - one.asked) for one in plan.roundings if one.what.startswith("level")), default=0)
    moved_s = protocol.repeats * (told_s + driver.capabilities.time_step_s)
    edges_Vs = moved_s * float(np.sum(np.abs(np.diff(plan.sequence.start_V, prepend=0.0, append=0.0))))
    assert abs(area_Vs(plan.sequence) - area_Vs(asked)) <= edges_Vs + told_V * asked.duration_s + 1e-9


PULSE = PulseSequence.pulse("10 mV", "2 s", before="2 s", after="2 s")


@every_model
def test_a_temperature_limit_that_nobody_watches_is_refused(model: str) -> None:
    limits = Limits(voltage_V=1.0, current_A=1e-4, temperature_K=350.0)
    with pytest.raises(ProtocolError, match=r"limits\.temperature.*350 K.*Remove this limit") as caught:
        driver_named(model).plan(Protocol("hot", PULSE, Sampling(0.1), limits))
    assert [problem.path for problem in caught.value.problems] == ["limits.temperature"]


@every_model
def test_it_is_refused_beside_all_other_reasons(model: str) -> None:
    limits = Limits(voltage_V=1.0, current_A=500.0, temperature_K=350.0)
    with pytest.raises(ProtocolError) as caught:
        driver_named(model).plan(Protocol("hot", PULSE, Sampling(0.1), limits))
    assert {"sampling.current_range", "limits.temperature"} <= {problem.path for problem in caught.value.problems}


def test_limits_that_a_run_watches_are_not_refused() -> None:
    assert unwatched_limits(Limits(voltage_V=1.0, current_A=1.0, charge_C=1.0, energy_J=1.0)) == ()


@every_model
def test_a_voltage_and_a_current_beyond_all_ranges_are_told_together(model: str) -> None:
    high = PulseSequence.pulse("500 V", "2 s", before="2 s", after="2 s")
    with pytest.raises(ProtocolError) as caught:
        driver_named(model).plan(Protocol("high", high, Sampling(0.1), Limits(voltage_V=1000.0, current_A=500.0)))
    assert {"sequence", "sampling.current_range"} <= {problem.path for problem in caught.value.problems}


@every_model
def test_a_level_over_the_protocols_own_limit_is_refused_before_anything_else(model: str) -> None:
    with pytest.raises(LimitError, match="over the voltage limit"):
        driver_named(model).plan(Protocol("over", PULSE, Sampling(0.1), Limits(voltage_V=1e-3, current_A=1e-4)))
