"""Points of a campaign: all combinations, in an order that anybody can repeat, each a protocol of its own."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols import Protocol
from protocols.campaigns import Campaign, Order, Sweep
from tests.properties import examples
from tests.protocols.campaigns.documents import COLD, PULSE, STUDY, campaign, sweep

LEVELS, WIDTHS = ("10 mV", "20 mV", "30 mV"), ("1 ms", "2 ms")


def test_the_study_is_sixty_points_in_fewer_than_forty_lines() -> None:
    assert len(STUDY.read_text(encoding="utf-8").splitlines()) < 40
    found = Campaign.load(STUDY)
    levels, widths, temperatures = (0.01, 0.02, 0.03, 0.04, 0.05), (0.02, 0.05, 0.1), (250.0, 270.0, 290.0, 310.0)
    points = [
        (one.temperature_K, one.protocol.sequence.max_abs_V, float(one.protocol.sequence.times_s[2]) - 0.05)
        for one in found.points
    ]
    assert points == [pytest.approx(row) for row in itertools.product(temperatures, levels, widths)]
    assert [one.number for one in found.points] == list(range(1, 61))
    assert all(len(one.protocol.sequence.jumps()[0]) == 40 for one in found.points)


def test_the_first_sweep_changes_slowest() -> None:
    found = campaign(sweep("sequence.level", *LEVELS), sweep("sequence.width", *WIDTHS))
    given_order = [tuple(one.values.values()) for one in found.points]
    assert given_order == list(itertools.product(LEVELS, WIDTHS))


def test_a_swept_field_need_not_stand_in_the_protocol_and_is_replaced_where_it_does() -> None:
    without = PULSE.replace('level = "10 mV"\n', "")
    for base in (without, PULSE):
        found = Campaign.from_toml(base + sweep("sequence.level", "33 mV"))
        assert found.points[0].protocol.sequence.max_abs_V == pytest.approx(0.033)


def test_rounds_follow_each_other_and_a_random_one_is_drawn_anew() -> None:
    text = sweep("sequence.level", *(f"{k} mV" for k in range(1, 51)))
    plain = campaign(text, "[order]\nrepeats = 2").points
    drawn = campaign(text, '[order]\nkind = "random"\nrepeats = 2').points
    assert [one.repeat for one in plain] == [one.repeat for one in drawn] == [1] * 50 + [2] * 50
    assert [one.values for one in plain[:50]] == [one.values for one in plain[50:]]
    assert Counter(str(one.values) for one in drawn[:50]) == Counter(str(one.values) for one in drawn[50:])
    assert len({tuple(str(one.values) for one in half) for half in (plain[:50], drawn[:50], drawn[50:])}) == 3


def test_temperatures_change_slowest_wherever_their_sweep_stands_unless_they_are_mixed() -> None:
    tables = (COLD, sweep("sequence.level", *LEVELS), sweep("temperature", "300 K", "280 K"))
    kept = [one.temperature_K for one in campaign(*tables, "[order]\nrepeats = 2").points]
    mixed = [one.temperature_K for one in campaign(*tables, "[order]\nmix_temperatures = true").points]
    assert kept == [300.0] * 6 + [280.0] * 6
    assert mixed == [300.0, 280.0] * 3


def test_the_same_set_point_twice_is_gone_to_twice() -> None:
    found = campaign(COLD + 'set_points = ["300 K", "280 K", "300 K"]\n', "[order]\nrepeats = 2")
    assert [one.temperature_K for one in found.points] == [300.0, 300.0, 280.0, 280.0, 300.0, 300.0]


def test_set_points_are_the_temperature_of_the_sample() -> None:
    found = campaign(COLD + 'set_points = ["-20 degC", "300 K"]\n').points
    assert [one.protocol.sample.temperature_K for one in found] == [pytest.approx(253.15), 300.0]
    assert [one.values["temperature"] for one in found] == ["253.15 K", "300 K"]


def test_labels_are_short_and_tell_points_apart() -> None:
    tables = (COLD + 'set_points = ["298 K", "310.5 K"]\n', sweep("sequence.level", *LEVELS), "[order]\nrepeats = 2")
    found = campaign(*tables).points
    assert found[0].label == "level 10 mV, 298 K, repeat 1"
    assert len({one.label for one in found}) == len(found) == 12
    assert campaign().points[0].label == "pulse"
    assert len(campaign(sweep("sample.name", "x" * 190)).points[0].label) <= 80
    two = campaign(sweep("sequence.after", "1 s"), '[[sweep]]\nfield = "sample.name"\nvalues = ["a"]\n')
    assert two.points[0].label == "after 1 s, name a"


def test_points_are_a_sequence() -> None:
    points = campaign(sweep("sequence.level", *LEVELS)).points
    assert len(points) == 3
    assert points[-1].number == 3
    assert [one.number for one in points[1:]] == [2, 3]
    with pytest.raises(IndexError):
        points[3]


def test_every_point_is_a_protocol_that_loads_by_itself() -> None:
    for point in Campaign.load(STUDY).points[::7]:
        assert Protocol.from_toml(point.protocol.to_toml()) == point.protocol


numbers_of_values = st.lists(st.integers(1, 4), max_size=4)


@settings(max_examples=examples(40))
@given(numbers_of_values, st.integers(1, 3), st.integers(0, 2**32 - 1), st.booleans(), st.booleans())
def test_every_combination_is_measured_once_a_round_and_a_document_gives_one_order(
    counts: list[int], repeats: int, seed: int, is_random: bool, is_mixed: bool
) -> None:
    fields = ("sequence.level", "sequence.after", "limits.current", "sample.area")
    units = ("mV", "s", "uA", "mm^2")
    sweeps = [
        Sweep(field, [f"{k + 1} {unit}" for k in range(n)])
        for field, unit, n in zip(fields, units, counts, strict=False)
    ]
    order = Order("random" if is_random else "given", seed, repeats, is_mixed)
    made = Campaign.of(Protocol.from_toml(PULSE), *sweeps, order=order)
    combinations = Counter(
        itertools.product(*([f"{k + 1} {u}" for k in range(n)] for n, u in zip(counts, units, strict=False)))
    )
    for repeat in range(1, repeats + 1):
        assert Counter(tuple(one.values.values()) for one in made.points if one.repeat == repeat) == combinations
    again = Campaign.from_toml(made.text)
    assert [(one.number, one.values, one.label) for one in again.points] == [
        (one.number, one.values, one.label) for one in made.points
    ]


def test_a_random_order_is_the_same_on_every_computer() -> None:
    # The numbers of Mersenne Twister MT19937 seeded by init_by_array([7]) (Matsumoto and Nishimura, 1998), as numpy's
    # own implementation draws them: two of its 32-bit words make one of 53 bits.
    import numpy as np

    words = np.random.RandomState([7]).randint(0, 2**32, size=24, dtype=np.uint64)
    draws = [(int(a) >> 5) * 67108864.0 + (int(b) >> 6) for a, b in zip(words[::2], words[1::2], strict=True)]
    expected = sorted(range(12), key=lambda k: draws[k])
    found = campaign(
        sweep("sequence.level", *(f"{k} mV" for k in range(1, 13))), '[order]\nkind = "random"\nseed = 7\n'
    )
    assert [int(one.values["sequence.level"].removesuffix(" mV")) - 1 for one in found.points] == expected
