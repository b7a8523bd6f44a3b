"""Does a protocol file say what it means, and are all its problems named at once?"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import Limits, Protocol, ProtocolError, PulseSequence, Sample, Sampling
from protocols.library import names

LIBRARY = names()


def test_the_protocols_of_the_reference_are_ready() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/protocol-files.md").read_text(encoding="utf-8")
    listed = page.partition("## Ready protocols")[2]
    assert sorted(re.findall(r"^\| `(\w+)` \|", listed, re.MULTILINE)) == LIBRARY
    assert len(LIBRARY) == 15


@pytest.mark.parametrize("name", LIBRARY)
def test_ready_protocols_survive_being_written(name: str) -> None:
    protocol = Protocol.load(name)
    assert Protocol.from_toml(protocol.to_toml()) == protocol
    protocol.limits.check_sequence(protocol.whole_sequence)


@pytest.mark.parametrize("name", LIBRARY)
def test_a_stretched_protocol_is_slower_in_all_its_times_and_in_nothing_else(name: str) -> None:
    protocol = Protocol.load(name)
    slow = protocol.stretched(50.0)
    np.testing.assert_allclose(slow.sequence.times_s, 50.0 * protocol.sequence.times_s, rtol=1e-12)
    np.testing.assert_array_equal(slow.sequence.start_V, protocol.sequence.start_V)
    assert slow.duration_s == pytest.approx(50.0 * protocol.duration_s, rel=1e-12)
    assert slow.sampling.interval_s == 50.0 * protocol.sampling.interval_s
    assert slow.limits == protocol.limits
    assert Protocol.from_toml(slow.to_toml()) == slow


def test_every_problem_of_a_file_is_named_with_its_path() -> None:
    text = """
        name = ""
        bogus = 1
        [sequence]
        kind = "pump_probe"
        level = "20 A"
        width = "-1 s"
        [sampling]
        [limits]
        voltage = "1"
        [sample]
        area = "2 mm"
    """
    with pytest.raises(ProtocolError) as caught:
        Protocol.from_toml(text, "broken.toml")
    assert {problem.path for problem in caught.value.problems} == {
        "name",
        "bogus",
        "sequence.level",
        "sequence.width",
        "sequence.wait",
        "sampling",
        "limits.voltage",
        "limits.current",
        "sample.area",
    }
    assert str(caught.value).startswith("broken.toml: 9 problems")


def test_an_unknown_kind_of_sequence_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ProtocolError, match="'pump_probe'"):
        Protocol.from_toml('name = "x"\n[sequence]\nkind = "pulze"')


def test_text_that_is_not_toml_says_where() -> None:
    with pytest.raises(ProtocolError, match="line 2"):
        Protocol.from_toml('name = "x"\nrepeats = = 2\n', "x.toml")


def test_a_missing_file_is_answered_with_the_ready_protocols(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match="pump_probe"):
        Protocol.load(tmp_path / "nothing.toml")


def test_rate_and_interval_are_the_same_thing() -> None:
    text = Protocol.load("pump_probe").to_toml()
    start, end = text.index("interval"), text.index("\n", text.index("interval"))
    by_rate = text[:start] + 'rate = "100 kHz"' + text[end:]
    assert Protocol.from_toml(by_rate).sampling.interval_s == pytest.approx(1e-5)


def test_repeats_lengthen_the_run() -> None:
    once = Protocol.load("single_pulse")
    thrice = Protocol.from_toml(once.to_toml().replace("\n", "\nrepeats = 3\n", 1))
    assert thrice.duration_s == pytest.approx(3 * once.duration_s)
    assert len(thrice.whole_sequence.jumps()[0]) == 3 * len(once.whole_sequence.jumps()[0])


def test_a_protocol_without_limits_is_refused() -> None:
    with pytest.raises(ProtocolError) as caught:
        Protocol("x", PulseSequence.pulse(0.01, 1.0, after=1.0), Sampling(1e-3), Limits())
    assert {problem.path for problem in caught.value.problems} == {"limits.voltage", "limits.current"}


levels = st.floats(-1, 1).map(lambda v: round(v, 6))
shown_characters = st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"])


@given(
    st.lists(st.tuples(st.floats(1e-6, 1e3), levels, st.booleans()), min_size=1, max_size=20),
    st.text(shown_characters, min_size=1, max_size=200).filter(str.strip),
    st.floats(1e-6, 1.0),
)
def test_any_protocol_from_arrays_survives_being_written(
    segments: list[tuple[float, float, bool]], name: str, interval: float
) -> None:
    ends = np.cumsum([dwell for dwell, _, _ in segments])
    sequence = PulseSequence.from_arrays(
        np.concatenate([[0.0], ends[:-1]]),
        [level for _, level, _ in segments],
        float(ends[-1]),
        ramp=[ramp for _, _, ramp in segments],
    )
    sample = Sample("LPSCl 7", 1e-3, 5e-5, "steel, blocking", 248.0)
    protocol = Protocol(name, sequence, Sampling(interval, 1e-6, True), Limits(1.5, 1e-3, 1e-2), 2, sample, "note")
    assert Protocol.from_toml(protocol.to_toml()) == protocol
