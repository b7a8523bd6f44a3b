"""A sweep gives the values that somebody would write down for it."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest

from protocols import ProtocolError, parse_quantity
from protocols.campaigns import Campaign, Range, Sweep
from protocols.records import read_record
from tests.protocols.campaigns.documents import campaign, problems, sweep


@pytest.mark.parametrize(
    ("first", "last", "count", "values"),
    [
        ("10 mV", "50 mV", 5, ["10 mV", "20 mV", "30 mV", "40 mV", "50 mV"]),
        ("0 V", "1 V", 11, ["0 V", *(f"0.{k} V" for k in range(1, 10)), "1 V"]),
        ("20 mV", "-20 mV", 3, ["20 mV", "0 mV", "-20 mV"]),
        ("100 us", "0.3 ms", 3, ["100 us", "200 us", "0.3 ms"]),
        ("-25 degC", "25 degC", 3, ["-25 degC", "0 degC", "25 degC"]),
        (1, 5, 3, [1, 3, 5]),
        (0.5, 2.0, 4, [0.5, 1, 1.5, 2.0]),
    ],
)
def test_a_linear_range_has_both_ends_and_even_steps_in_the_unit_of_the_first(
    first: str | float, last: str | float, count: int, values: list[Any]
) -> None:
    assert Range(first, last, count).values() == tuple(values)


def test_a_logarithmic_range_has_equal_ratios() -> None:
    found = [parse_quantity(one, "s") for one in Range("1 ms", "10 s", 9, "log").values()]
    ratios = [later / earlier for earlier, later in itertools.pairwise(found)]
    assert found[0] == 1e-3
    assert found[-1] == 10.0
    assert ratios == pytest.approx([math.sqrt(10.0)] * 8, rel=1e-11)


def test_a_logarithmic_range_between_negative_ends_stays_negative() -> None:
    assert Range("-1 mV", "-100 mV", 3, "log").values() == ("-1 mV", "-10 mV", "-100 mV")


def test_a_logarithmic_range_between_whole_numbers_is_of_whole_numbers() -> None:
    assert Range(1, 100, 5, "log").values() == (1, 3, 10, 32, 100)
    assert Range(1.0, 100.0, 3, "log").values() == (1.0, 10, 100.0)
    with pytest.raises(ProtocolError, match="fewer than 9 whole numbers"):
        Range(1, 5, 9, "log")


@pytest.mark.parametrize(
    ("first", "last", "spacing", "path", "answer"),
    [
        ("-1 mV", "1 mV", "log", "spacing", "the same sign"),
        ("0 V", "1 V", "log", "spacing", "the same sign"),
        ("10 degC", "90 degC", "log", "spacing", "in K"),
        ("1 V", "1 A", "linear", "to", "'A' is not a unit of V"),
        ("1 V", 2, "linear", "to", "has no unit"),
        (1, "2 V", "linear", "to", "one end has a unit"),
        ("1 V", "1 V", "linear", "to", "the same as the first"),
        ("1 V", "1000 mV", "linear", "to", "the same as the first"),
        ("ten", "1 V", "linear", "first", "not 'ten'"),
        ("1 V", "2 V", "cubic", "spacing", '"linear" or "log"'),
    ],
)
def test_ends_that_do_not_go_together_are_refused(
    first: str | float, last: str | float, spacing: str, path: str, answer: str
) -> None:
    with pytest.raises(ProtocolError) as caught:
        Range(first, last, 3, spacing)
    assert answer in {one.path: one.message for one in caught.value.problems}[path]


def test_fields_that_go_together_are_a_table_of_lists_or_ranges_with_quoted_or_plain_paths() -> None:
    quoted = campaign(
        '[[sweep]]\n[sweep.zip]\n"sequence.level" = ["1 mV", "2 mV"]\n"limits.current" = ["1 uA", "2 uA"]'
    )
    plain = campaign(
        "[[sweep]]\n[sweep.zip]\n"
        'sequence.level = { from = "1 mV", to = "2 mV", count = 2 }\nlimits.current = ["1 uA", "2 uA"]'
    )
    for found in (quoted, plain):
        assert [dict(one.values) for one in found.points] == [
            {"sequence.level": "1 mV", "limits.current": "1 uA"},
            {"sequence.level": "2 mV", "limits.current": "2 uA"},
        ]


def test_fields_that_go_together_have_equally_many_values() -> None:
    found = problems('[[sweep]]\nzip = { "sequence.level" = ["1 mV"], "sequence.width" = ["1 ms", "2 ms"] }')
    assert "sequence.level 1, sequence.width 2" in found["sweep[0].zip"]


@pytest.mark.parametrize(
    ("table", "path", "answer"),
    [
        ({"values": ["1 V"]}, "field", "is missing"),
        ({"field": "sequence.level"}, "values", "or `from`, `to` and `count`"),
        ({"field": "sequence.level", "from": "1 V", "to": "2 V"}, "count", "is missing"),
        ({"field": "sequence.level", "values": ["1 V"], "count": 3}, "count", "either `values` or a range"),
        ({"field": "sequence.level", "values": []}, "values", "is empty"),
        ({"field": "sequence.level", "values": "1 V"}, "values", 'such as ["10 mV", "20 mV"], not \'1 V\''),
        ({"field": "sequence level", "values": ["1 V"]}, "field", "is no field: give a path"),
        ({"field": 3, "values": ["1 V"]}, "field", "the path of a field"),
        ({"field": "sequence.level", "start": "1 V", "values": ["1 V"]}, "start", "give `from`, `to` and `count`"),
        ({"feild": "sequence.level", "values": ["1 V"]}, "feild", "did you mean 'field'?"),
        ({"field": "x", "zip": {"sequence.level": ["1 V"]}}, "zip", "stands alone"),
        ({"zip": {}}, "zip", "a table of lists"),
        ({"zip": {"sequence.level": "1 V"}}, "zip.sequence.level", "a list of values"),
        ({"zip": {"sequence.level": {"from": "1 V", "to": "2 V"}}}, "zip.sequence.level.count", "is missing"),
    ],
)
def test_a_table_that_is_no_sweep_is_answered_with_what_is_missing(
    table: dict[str, Any], path: str, answer: str
) -> None:
    with pytest.raises(ProtocolError) as caught:
        read_record(Sweep, table)
    assert answer in {one.path: one.message for one in caught.value.problems}[path]


def test_whole_numbers_and_words_can_be_swept() -> None:
    found = campaign('[[sweep]]\nfield = "repeats"\nvalues = [1, 10]\n', sweep("sample.name", "A", "B"))
    assert [(one.protocol.repeats, one.protocol.sample.name) for one in found.points] == [
        (1, "A"),
        (1, "B"),
        (10, "A"),
        (10, "B"),
    ]


def test_an_entry_of_a_list_and_a_whole_table_can_be_swept() -> None:
    arrays = '[sequence]\nkind = "arrays"\ntimes = ["0 s", "1 s"]\nlevels = ["0 V", "1 V"]\nduration = "2 s"\n'
    rest = '[sampling]\ninterval = "1 ms"\n[limits]\nvoltage = "2 V"\ncurrent = "1 mA"\nname = "x"\n'
    base = 'name = "x"\n' + arrays + rest.replace('name = "x"\n', "")
    found = Campaign.from_toml(base + sweep("sequence.levels[1]", "0.5 V", "1.5 V"))
    assert [one.protocol.sequence.end_V.tolist() for one in found.points] == [[0.0, 0.5], [0.0, 1.5]]
    kinds = (
        '[[sweep]]\nfield = "sequence"\nvalues = [{kind = "pulse", level = "1 V", width = "1 s"}, {kind = "train", '
        + ('level = "1 V", width = "1 s", period = "2 s", count = 3}]\n')
    )
    found = Campaign.from_toml(base + kinds)
    assert [one.protocol.duration_s for one in found.points] == [1.0, 6.0]
