"""Are the edges of a pulse sequence where its definition has them?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import Limits, Protocol, ProtocolError, PulseSequence, Sampling


def test_a_pulse_has_its_level_for_its_width() -> None:
    sequence = PulseSequence.pulse("10 mV", "100 ms", before="50 ms", after="1 s")
    times, steps = sequence.jumps()
    np.testing.assert_allclose(times, [0.05, 0.15], rtol=1e-12)
    np.testing.assert_allclose(steps, [0.01, -0.01])
    assert sequence.duration_s == pytest.approx(1.15)


def test_a_train_brings_the_charge_time_of_its_pulses() -> None:
    sequence = PulseSequence.train("20 mV", "10 ms", "30 ms", 5)
    t = (np.arange(15_000) + 0.5) * 1e-5
    assert np.mean(sequence.voltage_at(t)) == pytest.approx(0.02 / 3, rel=1e-3)
    assert len(sequence.jumps()[0]) == 10


def test_a_probe_is_like_its_pump_unless_said_otherwise() -> None:
    same = PulseSequence.pump_probe("20 mV", "1 s", "2 s", after="1 s")
    np.testing.assert_allclose(same.start_V, [0.02, 0, 0.02, 0])
    np.testing.assert_allclose(same.times_s, [0, 1, 3, 4])
    other = PulseSequence.pump_probe("20 mV", "1 s", "2 s", probe_level="5 mV", probe_width="0.5 s", after="1 s")
    np.testing.assert_allclose(other.start_V, [0.02, 0, 0.005, 0])
    assert other.duration_s == pytest.approx(4.5)


def test_bipolar_pairs_are_symmetric_about_their_bias() -> None:
    sequence = PulseSequence.bipolar("10 mV", "1 s", count=3, bias="5 mV", before="1 s", after="1 s")
    t = np.linspace(1.0, 7.0, 601)[:-1] + 0.005
    assert np.mean(sequence.voltage_at(t)) == pytest.approx(0.005)
    assert sequence.rest_V == 0.005


def test_a_staircase_has_even_steps() -> None:
    sequence = PulseSequence.staircase("0 V", "50 mV", 11, "10 ms")
    np.testing.assert_allclose(np.diff(sequence.start_V[:11]), 0.005)


@pytest.mark.parametrize("order", range(2, 17))
def test_prbs_has_the_autocorrelation_of_a_maximal_length_sequence(order: int) -> None:
    # N at no lag, -1 at every other (Golomb, Shift Register Sequences, 1967, chapter III).
    period = 2**order - 1
    sequence = PulseSequence.prbs(1.0, 1e-3, order)
    bits = sequence.voltage_at((np.arange(period) + 0.5) * 1e-3)
    correlation = np.fft.ifft(np.abs(np.fft.fft(bits)) ** 2).real
    np.testing.assert_allclose(correlation[0], period, rtol=1e-9)
    np.testing.assert_allclose(correlation[1:], -1.0, atol=1e-6)
    assert (bits > 0).sum() == 2 ** (order - 1)


def test_prbs_starts_where_its_seed_says() -> None:
    assert PulseSequence.prbs(0.01, 1e-3, 7, seed=5) != PulseSequence.prbs(0.01, 1e-3, 7)
    with pytest.raises(ProtocolError, match=r"below 2\*\*order"):
        PulseSequence.prbs(0.01, 1e-3, 7, seed=128)


def test_ramps_are_linear_and_holds_are_flat() -> None:
    sequence = PulseSequence.from_arrays([0, 1, 3], [0.0, 0.2, 0.2], 4.0, ramp=[False, True, False])
    np.testing.assert_allclose(sequence.voltage_at([0.5, 1.0, 2.0, 2.5, 3.5]), [0, 0, 0.1, 0.15, 0.2])
    assert sequence.has_ramps
    assert sequence.jumps()[0].size == 0


def test_outside_the_sequence_the_cell_rests() -> None:
    sequence = PulseSequence.pulse("10 mV", "1 s", after="1 s", bias="2 mV")
    np.testing.assert_allclose(sequence.voltage_at([-1.0, 2.0, 99.0]), 0.002)


@given(
    st.lists(st.floats(1e-6, 1e3), min_size=1, max_size=30),
    st.integers(1, 4),
    st.data(),
)
def test_repeating_repeats_the_voltage(dwells: list[float], count: int, data: st.DataObject) -> None:
    levels = data.draw(st.lists(st.floats(-1, 1), min_size=len(dwells), max_size=len(dwells)))
    ends = np.cumsum(dwells)
    once = PulseSequence.from_arrays(np.concatenate([[0.0], ends[:-1]]), levels, float(ends[-1]))
    many = once.repeated(count)
    assert many.duration_s == pytest.approx(count * once.duration_s)
    middles = once.times_s + 0.5 * np.diff(np.append(once.times_s, once.duration_s))
    for k in range(count):
        np.testing.assert_allclose(many.voltage_at(middles + k * once.duration_s), once.voltage_at(middles))


@pytest.mark.parametrize(
    ("times", "levels", "duration", "named"),
    [
        ([0, 2, 1], [0, 1, 0], 3, r"times\[2\]"),
        ([1, 2], [0, 1], 3, r"times\[0\]"),
        ([0, 1], [0, np.nan], 3, r"levels\[1\]"),
        ([0, 1], [0, 1], 1, "duration"),
        ([], [], 1, "at least one edge"),
    ],
)
def test_arrays_that_make_no_sequence_are_refused_where_they_are_wrong(
    times: list[float], levels: list[float], duration: float, named: str
) -> None:
    with pytest.raises(ProtocolError, match=named):
        PulseSequence.from_arrays(times, levels, duration)


def test_all_wrong_arguments_of_a_builder_are_named_at_once() -> None:
    with pytest.raises(ProtocolError) as caught:
        PulseSequence.train("20 A", "30 ms", "-1 s", 0)
    assert {problem.path for problem in caught.value.problems} == {"level", "period", "count"}


def test_a_pulse_must_be_shorter_than_its_period() -> None:
    with pytest.raises(ProtocolError, match="shorter than period"):
        PulseSequence.train("20 mV", "30 ms", "30 ms", 2)


def test_a_million_edges_are_arrays() -> None:
    n = 1_000_000
    sequence = PulseSequence.from_arrays(np.arange(n) * 1e-3, np.arange(n) % 2 * 0.01, n * 1e-3)
    assert len(sequence.jumps()[0]) == n - 1
    with pytest.raises(ValueError, match="read-only"):
        sequence.times_s[0] = 1.0


def test_sequences_follow_each_other_as_their_voltages_do() -> None:
    first = PulseSequence.pulse("10 mV", "100 ms", before="50 ms", after="0.5 s", bias="2 mV")
    second = PulseSequence.bipolar("5 mV", "20 ms", count=2, after="0.1 s", bias="2 mV")
    both = first + second
    t = np.linspace(-0.1, both.duration_s + 0.1, 5001)
    expected = np.where(t < first.duration_s, first.voltage_at(t), second.voltage_at(t - first.duration_s))
    np.testing.assert_array_equal(both.voltage_at(t), expected)
    assert both.duration_s == pytest.approx(first.duration_s + second.duration_s)
    paused = first.then(second, first, pause="30 ms")
    assert paused.duration_s == pytest.approx(2 * first.duration_s + second.duration_s + 0.06)
    assert float(paused.voltage_at(first.duration_s + 0.015)) == 0.002
    late = first.duration_s + 0.03
    np.testing.assert_allclose(paused.voltage_at(late + 0.01), second.voltage_at(0.01))


def test_a_joined_sequence_is_written_and_read_as_it_is() -> None:
    both = PulseSequence.pulse("10 mV", "0.1 s", after="0.5 s") + PulseSequence.pulse("20 mV", "0.2 s", after="0.5 s")
    protocol = Protocol("both", both, Sampling("1 ms"), Limits("0.1 V", "1 mA"))
    assert Protocol.from_toml(protocol.to_toml()).sequence == both


def test_what_cannot_follow_is_refused_with_a_reason() -> None:
    first = PulseSequence.pulse("10 mV", "1 s", after="1 s")
    with pytest.raises(ProtocolError, match="rest at one level, not at 0 V and 2 mV"):
        first.then(PulseSequence.pulse("10 mV", "1 s", after="1 s", bias="2 mV"))
    with pytest.raises(ProtocolError, match=r"pause: '30' has no unit"):
        first.then(first, pause="30")
    with pytest.raises(ProtocolError, match="must not be negative"):
        first.then(first, pause=-1.0)
    with pytest.raises(TypeError):
        _ = first + 3


def test_edges_are_given_in_numbers_or_in_words() -> None:
    words = PulseSequence.from_arrays(["0 s", "100 ms"], ["20 mV", "0 V"], "1 s", rest_V="5 mV")
    assert words == PulseSequence.from_arrays([0, 0.1], [0.02, 0], 1.0, rest_V=0.005)
    with pytest.raises(ProtocolError) as refused:
        PulseSequence.from_arrays(["0 s", "100 mV"], [0.02, 0.0], "1 h", rest_V="5")
    assert [problem.path for problem in refused.value.problems] == ["times[1]", "bias"]
