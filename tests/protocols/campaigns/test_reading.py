"""Every problem of a campaign's document is named where it stands, with what would be right."""

from __future__ import annotations

import copy
import datetime as dt
import hashlib
import random
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protocols import Protocol, ProtocolError
from protocols.campaigns import Campaign, is_campaign, load_document
from protocols.campaigns.reading import read_campaign
from protocols.library import names
from tests.protocols.campaigns.documents import COLD, PULSE, STUDY, campaign, problems, sweep


@pytest.mark.parametrize(
    ("field", "nearest"),
    [
        ("level", "did you mean 'sequence.level'?"),
        ("sequense.level", "did you mean 'sequence.level'?"),
        ("limits.curent", "did you mean 'current'?"),
        ("sequence.levl", "did you mean 'level'?"),
        ("area", "did you mean 'sample.area'?"),
        ("repeat", "did you mean 'repeats'?"),
    ],
)
def test_a_misspelt_field_is_answered_with_the_nearest(field: str, nearest: str) -> None:
    found = problems(sweep(field, "1 mV"))
    assert set(found) == {"sweep[0].field"}
    assert nearest in found["sweep[0].field"]


def test_every_wrong_value_of_every_sweep_is_named_once_with_its_place() -> None:
    found = problems(
        sweep("sequence.level", "10 mV", "20 A", "thirty"),
        sweep("sequence.width", "-1 s", "1 ms"),
        '[[sweep]]\nzip = { "limits.current" = ["1 uA", "2 uV"], "sampling.interval" = ["0 s", "1 ms"] }\n',
    )
    assert {path: message.split(":")[0][:22] for path, message in found.items()} == {
        "sweep[0].values[1]": "'20 A'",
        "sweep[0].values[2]": "expected a quantity in",
        "sweep[1].values[0]": "must be above zero, no",
        "sweep[2].zip.limits.current[1]": "'2 uV'",
        "sweep[2].zip.sampling.interval[0]": "must be above zero, no",
    }


def test_a_wrong_value_of_a_range_is_named_at_its_beginning() -> None:
    found = problems('[[sweep]]\nfield = "sequence.width"\nfrom = "0 s"\nto = "1 s"\ncount = 3\n')
    assert found == {"sweep[0].from": "must be above zero, not 0"}


def test_values_that_do_not_go_together_are_told_with_the_points_in_which_they_meet() -> None:
    base = PULSE.replace('kind = "pulse"', 'kind = "prbs"\ndwell = "1 ms"').replace('width = "20 ms"\n', "")
    tables = (
        '[[sweep]]\nfield = "sequence.order"\nvalues = [2, 3, 4]\n[[sweep]]\nfield = "sequence.seed"\nvalues = [1, 9]\n'
    )
    found = problems(tables, base=base)
    assert set(found) == {"sweep[1].values[1]"}
    assert "9 must be below 2**order = " in found["sweep[1].values[1]"]


def test_problems_of_sweeps_do_not_hide_those_of_the_protocol() -> None:
    found = problems(
        sweep("sequence.level", "1 mV"), "[order]\nkind = 'drawn'", base=PULSE.replace('"20 ms"', '"20 mS"')
    )
    assert set(found) == {"order.kind", "sequence.width"}


def test_what_a_sweep_does_not_give_is_still_missing() -> None:
    found = problems(sweep("sequence.level", "1 mV"), base=PULSE.replace('width = "20 ms"\n', ""))
    assert set(found) == {"sequence.width"}
    assert "(" not in found["sequence.width"]


def test_one_field_is_swept_once() -> None:
    found = problems(sweep("sequence.level", "1 mV"), sweep("sequence.level", "2 mV"))
    assert found == {"sweep[1].field": "sequence.level is swept by sweep[0] already"}


def test_too_many_points_are_refused_with_their_number() -> None:
    ranges = [
        f'[[sweep]]\nfield = "{field}"\nfrom = "1 {unit}"\nto = "2 {unit}"\ncount = 1000\n'
        for field, unit in (("sequence.level", "mV"), ("sequence.width", "ms"), ("sequence.after", "s"))
    ]
    assert "1,000,000,000 points in all (1,000 x 1,000 x 1,000); at most 100,000" in problems(*ranges)["sweep"]
    assert "8,000,000,000 points" in problems(*ranges, COLD + f"set_points = {['1 K'] * 8}")["sweep"]
    found = problems("[order]\nrepeats = 10000", ranges[0])
    assert "10,000,000 points in all (1,000 x 10,000)" in found["sweep"]


def test_a_list_outside_of_a_sweep_is_answered_with_the_lines_of_the_sweep() -> None:
    text = PULSE.replace('"10 mV"', '["10 mV", "20 mV"]')
    with pytest.raises(ProtocolError) as caught:
        Protocol.from_toml(text)
    message = caught.value.problems[0].message
    assert message.startswith('expected a quantity in V, such as "10 mV", not a list of 2 values. ')
    assert "use [[sweep]]" in message
    lines = message[message.index("\n") :]
    assert tomllib.loads(lines) == {"sweep": [{"field": "sequence.level", "values": ["10 mV", "20 mV"]}]}
    cured = text.replace('level = ["10 mV", "20 mV"]\n', "") + lines
    assert [one.values["sequence.level"] for one in Campaign.from_toml(cured).points] == ["10 mV", "20 mV"]


def test_the_lines_of_a_sweep_are_given_for_every_field_that_takes_one_value() -> None:
    found = problems(sweep("sequence.level", "1 mV"), base="repeats = [1, 2]\n" + PULSE.replace('"10 uA"', '["1 uA"]'))
    assert 'field = "limits.current"\n    values = ["1 uA"]' in found["limits.current"]
    assert 'field = "repeats"\n    values = [1, 2]' in found["repeats"]


def test_a_misspelt_table_of_a_campaign_is_answered_with_the_nearest(tmp_path: Path) -> None:
    for wrong, right in (
        ("sweeps", "sweep"),
        ("temprature", "temperature"),
        ("betwen", "between"),
        ("orders", "order"),
    ):
        file = tmp_path / "x.toml"
        file.write_text(PULSE + f"[[{wrong}]]\nx = 1\n")
        with pytest.raises(ProtocolError, match=f"{wrong}: is not known here: did you mean '{right}'?"):
            load_document(file)


def test_one_bracket_is_not_enough() -> None:
    assert "[[sweep]], with two brackets" in problems('[sweep]\nfield = "sequence.level"\nvalues = ["1 mV"]')["sweep"]


def test_temperatures_need_a_controller_and_set_points_within_its_limit() -> None:
    assert "no [temperature] with a controller" in problems(sweep("temperature", "300 K"))["sweep[0].field"]
    assert "give a list, or a sweep" in problems(COLD)["temperature.set_points"]
    both = problems(COLD + 'set_points = ["300 K"]', sweep("temperature", "300 K"))
    assert "stand in sweep[0] already" in both["temperature.set_points"]
    assert 'sweep "temperature"' in problems(COLD, sweep("sample.temperature", "300 K"))["sweep[0].field"]
    found = problems(COLD, sweep("temperature", "300 K", "331 K", "20 mV"))
    assert set(found) == {
        "sweep[0].values[1]",
        "sweep[0].values[2]",
    }
    found = problems(COLD + 'set_points = ["300 K", "60 degC"]')
    assert set(found) == {"temperature.set_points[1]"}


def test_a_controller_needs_a_rule_of_stability_and_a_limit() -> None:
    found = problems('[temperature]\ncontroller = "cryostat"\nset_points = ["300 K"]')
    assert set(found) == {f"temperature.{key}" for key in ("tolerance", "stable_for", "at_most", "limit")}
    odd = COLD.replace("0.1 K", "0.1 degC").replace("1 h", "1 s")
    found = problems(odd + 'set_points = ["300 K"]')
    assert "a difference of temperatures is given in K" in found["temperature.tolerance"]
    assert "no longer than the 60 s" in found["temperature.at_most"]


def test_a_sample_may_be_measured_at_temperatures_that_are_set_by_hand() -> None:
    found = campaign(sweep("sample.temperature", "300 K", "310 K"))
    assert [one.protocol.sample.temperature_K for one in found.points] == [300.0, 310.0]
    assert [one.temperature_K for one in found.points] == [None, None]


def test_rests_retries_and_levels_are_read_with_their_units() -> None:
    between = campaign('[between]\nrest = "5 min"\nrest_level = "50 mV"\nretries = 0\ngive_up_after = 7').between
    assert (between.rest_s, between.rest_level_V, between.retries, between.give_up_after) == (300.0, 0.05, 0, 7)
    assert campaign('[between]\nrest_level = "off"').between.rest_level_V is None
    assert '"off", or a quantity in V' in problems('[between]\nrest_level = "open"')["between.rest_level"]


def test_a_document_is_a_campaign_if_it_has_any_of_its_tables(tmp_path: Path) -> None:
    assert not is_campaign(PULSE)
    assert not is_campaign("this is = = no TOML")
    tables = [sweep("sequence.level", "1 mV"), COLD, "[between]", "[stop]", "[order]\nrepeats = 2"]
    assert all(is_campaign(PULSE + table) for table in tables)
    assert is_campaign('stop_when = "Mig1.tau known to 5 %"\n' + PULSE)
    file = tmp_path / "x.toml"
    file.write_text(PULSE)
    assert isinstance(load_document(file), Protocol)
    file.write_text(PULSE + "[between]")
    assert isinstance(load_document(file), Campaign)


@pytest.mark.parametrize("name", names())
def test_a_protocol_is_a_campaign_of_one_point(name: str) -> None:
    found = Campaign.load(name)
    assert len(found.points) == 1
    assert found.points[0].protocol == load_document(name) == Protocol.load(name)


def test_a_protocol_refuses_a_campaign_and_says_who_takes_it() -> None:
    with pytest.raises(ProtocolError, match="the document of a campaign, which `ionecho run`"):
        Protocol.from_toml(PULSE + sweep("sequence.level", "1 mV"))


def test_the_text_of_a_campaign_needs_no_other_file(tmp_path: Path) -> None:
    np.save(tmp_path / "times.npy", np.arange(3.0))
    digest = hashlib.sha256((tmp_path / "times.npy").read_bytes()).hexdigest()
    given = PULSE.replace(
        'kind = "pulse"', f'kind = "arrays"   # as drawn\ntimes = {{ file = "times.npy", sha256 = "{digest}" }}'
    )
    given = given.replace('level = "10 mV"\nwidth = "20 ms"\nafter = "80 ms"', 'levels = [0, 1, 2]\nduration = "3 s"')
    file = tmp_path / "drive.toml"
    file.write_text(given + sweep("limits.current", "1 uA", "2 uA"))
    found = Campaign.load(file)
    assert "# as drawn" in found.text
    alone = Campaign.from_toml(found.text)
    assert [one.protocol for one in alone.points] == [one.protocol for one in found.points]
    np.testing.assert_array_equal(alone.points[1].protocol.sequence.times_s, [0.0, 1.0, 2.0])
    assert campaign(sweep("sequence.level", "1 mV")).text == "\n".join((PULSE, sweep("sequence.level", "1 mV")))


def test_an_array_that_is_lost_is_named_where_it_stands(tmp_path: Path) -> None:
    lost = '{ file = "lost.npy", sha256 = "00" }'
    text = PULSE + f'[[sweep]]\nfield = "sequence"\nvalues = [{{ kind = "arrays", times = {lost} }}]\n'
    with pytest.raises(ProtocolError) as caught:
        Campaign.from_toml(text, folder=tmp_path)
    assert [one.path for one in caught.value.problems] == ["sweep[0].values[0].times"]


ODD: list[Any] = [
    None, True, 0, -1, 10**400, 1.5, float("nan"), float("inf"), "", "x", "1 V", "5 mV", "1 s", "25 degC", "1e999 V",
    "log", [], ["1 V", "2 V"], [[1]], [{}], {}, {"a": 1}, {"from": 1, "to": 2, "count": 3}, "temperature", "sequence",
    "sequence.level", "sampling.rate", "a.b.c", "sequence.level[0]", "\x1b[2J", dt.date(2020, 1, 1), dt.time(1),
]  # fmt: skip
KEYS = ["sweep", "field", "values", "zip", "from", "count", "level", "temperature", "kind", "x y"]


def test_whatever_stands_in_a_document_it_is_read_or_refused_with_its_problems() -> None:
    text = STUDY.read_text(encoding="utf-8").replace('"310 K"]', '"310 K"]\nramp = "1 K/min"') + (
        '[order]\nkind = "random"\nrepeats = 2\n[stop]\nstop_when = ["Mig1.tau known to 5 %"]\nend = "3 d"\n'
        '[[sweep]]\n[sweep.zip]\n"limits.current" = ["1 uA", "2 uA"]\n'
        '"sampling.interval" = { from = "1 ms", to = "2 ms", count = 2 }\n'
    )
    whole = tomllib.loads(text)
    draws = random.Random(1)  # noqa: S311 - damage, not secrets
    outcomes = []
    for _ in range(120):
        tables = copy.deepcopy(whole)
        inside: Any = tables
        while True:
            keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
            key = draws.choice(keys)
            if not isinstance(inside[key], dict | list) or not inside[key] or draws.random() < 0.2:
                break
            inside = inside[key]
        if isinstance(inside, dict) and draws.random() < 0.2:
            key = draws.choice(KEYS)
        inside[key] = copy.deepcopy(draws.choice(ODD))
        try:
            points = read_campaign({one: value for one, value in tables.items() if value is not None}, "odd")[1]
        except ProtocolError:
            outcomes.append(False)
        else:
            assert all(point.label for point in points[:3])
            outcomes.append(True)
    assert 5 < sum(outcomes) < 115


def test_a_document_that_is_wrong_throughout_is_refused_without_reading_all_of_it() -> None:
    many = '[[sweep]]\nfield = "sequence.level"\nfrom = "1 mV"\nto = "2 mV"\ncount = 1500\n'
    found = problems(many, base=PULSE.replace("width", "widht"))
    assert set(found) == {"sequence.widht", "sequence.width"}
    assert "combinations" not in "".join(found.values())
