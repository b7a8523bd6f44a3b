"""Do steps come to the sequence and the sampling that they say, and is what is wrong with them told?"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import Limits, Protocol, ProtocolError, PulseSequence, Sampling
from protocols.acts import Control, Demand, Until
from protocols.recipes import Multisine, Pulse
from protocols.sampling_rules import AfterEdges, Logarithmic, Uniform
from protocols.single_steps import Current, Hold, OpenCircuit, Ramp
from protocols.steps import Group, StepList

HEAD = """
name = "steps"
[sampling]
interval = "1 ms"
[limits]
voltage = "1 V"
current = "1 mA"
[sequence]
kind = "steps"
"""

HELD = '{ kind = "hold", level = "1 V", duration = "1 s" }'


def of(steps: str, head: str = HEAD) -> Protocol:
    return Protocol.from_toml(f"{head}steps = [{steps}]\n")


def hold(level: float, duration: float, **more: Any) -> Hold:
    return Hold(level, duration, **more)


def test_holds_ramps_and_pulses_are_the_edges_that_they_say() -> None:
    sequence = of("""
        { kind = "hold", level = "10 mV", duration = "1 s" },
        { kind = "ramp", level = "30 mV", rate = "10 mV/s" },
        { kind = "pulse", level = "50 mV", width = "2 s", after = "1 s", bias = "30 mV" },
        { kind = "ramp", level = "0 V", start = "20 mV", duration = "4 s" },
    """).sequence
    np.testing.assert_allclose(sequence.times_s, [0, 1, 3, 5, 6])
    np.testing.assert_allclose(sequence.start_V, [0.01, 0.01, 0.05, 0.03, 0.02])
    np.testing.assert_allclose(sequence.end_V, [0.01, 0.03, 0.05, 0.03, 0.0])
    assert sequence.duration_s == pytest.approx(10.0)


def test_groups_nest_and_a_ramp_starts_where_the_pass_before_has_ended() -> None:
    inner = Group((Ramp(0.02, duration=1.0), hold(0.01, 1.0)), repeat=2)
    sequence = PulseSequence.of(StepList((Group((inner, hold(0.0, 1.0)), repeat=2),)))
    # The first ramp starts at the bias, the second at the hold before it.
    np.testing.assert_allclose(sequence.times_s, np.arange(10.0))
    np.testing.assert_allclose(sequence.start_V[:5], [0.0, 0.01, 0.01, 0.01, 0.0])
    np.testing.assert_allclose(sequence.end_V[:5], [0.02, 0.01, 0.02, 0.01, 0.0])
    np.testing.assert_allclose(sequence.start_V[5:], sequence.start_V[:5])


def test_twelve_hours_are_one_hold() -> None:
    sequence = of(f"{HELD}, {HELD}".replace("1 s", "12 h", 1).replace("1 V", "0 V", 1)).sequence
    assert sequence.duration_s == 43_201.0
    assert len(sequence) == 2


steps = st.recursive(
    st.one_of(
        st.builds(Hold, st.sampled_from([0.0, 0.01, -0.02]), st.floats(1e-3, 1e3)),
        st.builds(Ramp, st.sampled_from([0.0, 0.01, -0.02]), st.floats(1e-3, 1e3)),
        st.builds(Pulse, st.just(0.05), st.floats(1e-3, 1e3)),
    ),
    lambda inner: st.builds(
        Group,
        st.lists(inner, min_size=1, max_size=3).map(tuple),
        st.integers(1, 3),
        sampling=st.none() | st.builds(Logarithmic, st.none(), st.integers(1, 50)),
    ),
    max_leaves=6,
)


@given(st.lists(steps, min_size=1, max_size=3))
def test_any_nested_steps_read_back_equal_and_sampled_alike(row: list[Any]) -> None:
    protocol = Protocol("x", PulseSequence.steps(tuple(row)), Sampling(1e-3), Limits(1.0, 1e-3))
    read = Protocol.from_toml(protocol.to_toml())
    assert read == protocol
    assert read.sequence.recipe == protocol.sequence.recipe
    assert read.sequence.stretches(1e-3) == protocol.sequence.stretches(1e-3)


@given(st.lists(steps, min_size=1, max_size=3), st.floats(0.1, 10.0))
def test_stretched_steps_are_as_much_longer(row: list[Any], factor: float) -> None:
    sequence = PulseSequence.steps(tuple(row))
    slow = sequence.stretched(factor)
    np.testing.assert_allclose(slow.times_s, factor * sequence.times_s, rtol=1e-9)
    assert slow.duration_s == pytest.approx(factor * sequence.duration_s)


def test_a_stretched_ramp_by_rate_is_slower_and_a_slope_lower() -> None:
    assert Ramp(0.1, rate=0.01).stretched(10.0).rate == pytest.approx(1e-3)
    until = Until(over=1.0, current_slope=1e-9)
    assert until.stretched(10.0) == Until(over=10.0, current_slope=1e-10)


@given(st.floats(1e-6, 1.0), st.integers(1, 200), st.floats(1.0, 5e4), st.none() | st.floats(1.0, 100.0))
def test_logarithmic_sampling_is_as_dense_as_asked_in_every_decade(
    interval: float, per_decade: int, length: float, longest: float | None
) -> None:
    rule = Logarithmic(interval, per_decade, longest)
    rows = list(rule.stretches(length, 1.0))
    assert rows[0].start_s == 0.0
    assert rows[-1].end_s == length
    ratio = 10.0 ** (1.0 / per_decade) - 1.0
    for before, after in pairwise(rows):
        assert after.start_s == before.end_s
        assert after.interval_s == pytest.approx(2.0 * before.interval_s)
    for row in rows:
        # By the definition of so many a decade, the next sample after t comes within t (10^(1/n) - 1), or at once.
        assert row.interval_s <= max(interval, row.start_s * ratio) * (1 + 1e-6)
        assert longest is None or row.interval_s <= max(longest, interval) * (1 + 1e-9)
    n_samples = sum(math.ceil((row.end_s - row.start_s) / row.interval_s) for row in rows)
    decades = math.log10(max(length / interval, 10.0))
    if longest is None:  # not wastefully denser either: 2 / ratio to begin with, then at most twice as dense
        assert n_samples <= 2.0 / ratio + 2.5 * per_decade * decades + 3 * len(rows)


def test_fast_after_edges_and_slow_later() -> None:
    rule = AfterEdges(within=0.1, then=0.01, interval=1e-3)
    assert [tuple(one) for one in rule.stretches(1.0, 1.0)] == [(0.0, 0.1, 1e-3), (0.1, 1.0, 0.01)]
    assert [tuple(one) for one in rule.stretches(0.05, 1.0)] == [(0.0, 0.05, 1e-3)]


def test_each_step_is_sampled_by_its_own_rule_else_by_its_groups_else_by_the_protocols() -> None:
    row = (
        hold(0.0, 1.0),
        Group((hold(0.01, 1.0), hold(0.0, 1.0, sampling=Uniform(0.02))), sampling=Uniform(0.05)),
    )
    sequence = PulseSequence.steps(row)
    assert [one.interval_s for one in sequence.stretches(0.1)] == [0.1, 0.05, 0.02]
    assert [one.start_s for one in sequence.stretches(0.1)] == [0.0, 1.0, 2.0]
    assert PulseSequence.steps((hold(0.0, 1.0),)).stretches(0.1) == []


def test_sequences_that_are_sampled_otherwise_are_not_equal() -> None:
    even, uneven = hold(0.01, 1.0), hold(0.01, 1.0, sampling=Logarithmic())
    assert PulseSequence.steps((even,)) != PulseSequence.steps((uneven,))
    assert PulseSequence.steps((even,)) == PulseSequence.from_arrays([0.0], [0.01], 1.0)


def test_what_steps_demand_is_told_with_its_first_place() -> None:
    row = (
        hold(0.0, 1.0),
        OpenCircuit(1.0),
        Group((hold(0.01, 1.0, vs="open circuit"), Current(1e-6, 1.0, until=Until(1.0, potential_slope=1e-3)))),
    )
    assert PulseSequence.steps(row).demands == {
        Demand.OPEN_CIRCUIT: "steps[1]",
        Demand.AGAINST_OPEN: "steps[2].steps[0]",
        Demand.CURRENT: "steps[2].steps[1]",
        Demand.UNTIL: "steps[2].steps[1]",
    }
    acts = StepList(row).acts()
    assert [act.control for act in acts] == [Control.VOLTAGE, Control.OPEN, Control.VOLTAGE, Control.CURRENT]


@pytest.mark.parametrize(
    ("step", "path", "message"),
    [
        ('{ kind = "hold", level = "1 A", duration = "1 s" }', "sequence.steps[0].level", "not a unit of V"),
        ('{ kind = "hld", level = "1 V", duration = "1 s" }', "sequence.steps[0].kind", "did you mean 'hold'"),
        ('{ kind = "ramp", level = "1 V" }', "sequence.steps[0]", "one of duration and rate"),
        ('{ kind = "hold", level = "1 V", duration = "1 s", vs = "ocp" }', "sequence.steps[0].vs", "open circuit"),
        (
            '{ kind = "hold", level = "1 V", duration = "1 s", vs = "open circuit" }',
            "sequence.steps[0]",
            "none comes before it",
        ),
        (
            '{ kind = "open_circuit", duration = "1 s" }, { kind = "ramp", level = "1 V", duration = "1 s" }',
            "sequence.steps[1]",
            "give start",
        ),
        (
            '{ kind = "hold", level = "1 V", duration = "1 s", until = { over = "1 s", potential_slope = "1 V/s" } }',
            "sequence.steps[0].until",
            "give current_slope",
        ),
        (HELD.replace(" }", ', until = { over = "1 s" } }'), "sequence.steps[0].until", "one of"),
        (
            HELD.replace(" }", ', sampling = { kind = "log", interval = "1 s", longest = "1 ms" } }'),
            "sequence.steps[0].sampling.longest",
            "shorter than interval",
        ),
        ('{ kind = "group", steps = [] }', "sequence.steps[0].steps", "one step at least"),
        (
            '{ kind = "group", repeat = 1000, steps = [{ kind = "prbs", level = "1 V", dwell = "1 s", order = 20 }] }',
            "sequence.steps",
            "at most 100000",
        ),
        ('{ kind = "ramp", level = "0 V", rate = "1 V/s" }', "sequence.steps", "nothing is done"),
    ],
)
def test_a_wrong_step_is_told_with_its_place(step: str, path: str, message: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        of(step)
    (problem,) = caught.value.problems
    assert problem.path == path
    assert message in problem.message


def test_a_multisine_has_the_lines_that_it_says_and_no_others() -> None:
    recipe = Multisine(0.02, 1.0, 25, 400, periods=1, seed=3, bias=0.1)
    edges = recipe.edges()
    levels = np.repeat(edges.start_V, np.rint(np.diff(np.append(edges.times_s, edges.duration_s)) * 400).astype(int))
    assert len(levels) == 400
    lines = np.abs(np.fft.rfft(levels - 0.1))
    there = np.flatnonzero(lines > 1e-9 * lines.max())
    np.testing.assert_array_equal(there, recipe.harmonics())
    assert set(there.tolist()) < set(range(1, 26, 2))
    assert len(there) == 13 - 3  # of every four one is left out
    np.testing.assert_allclose(lines[there], lines[there[0]], rtol=1e-9)
    assert np.abs(levels - 0.1).max() == pytest.approx(0.02)
    assert not np.array_equal(Multisine(0.02, 1.0, 25, 400, seed=4).edges().start_V[:9], edges.start_V[:9])


def test_steps_that_say_more_than_edges_join_no_other_sequence() -> None:
    plain = PulseSequence.steps((hold(0.01, 1.0),))
    for row in ((hold(0.0, 1.0), OpenCircuit("1 s")), (hold(0.0, 1.0), Current("1 uA", "1 s"))):
        steps = PulseSequence.steps(row)
        for first, second in ((steps, plain), (plain, steps)):
            with pytest.raises(ProtocolError, match="one list of steps"):
                first + second
    assert (plain + plain).duration_s == 2.0
