"""Conditions to stop, in words, and the end of the time by the clock."""

from __future__ import annotations

import datetime as dt

import pytest

from protocols.campaigns import Campaign, StopCondition, StopKind, StopRule
from tests.protocols.campaigns.documents import PULSE, campaign, problems

KNOWN, LIMIT, DRIFT, TIME = StopKind.KNOWN, StopKind.LIMIT, StopKind.DRIFT, StopKind.TIME


@pytest.mark.parametrize(
    ("text", "kind", "quantity", "value", "above"),
    [
        ("Mig1.tau known to 5 %", KNOWN, "Mig1.tau", 0.05, True),
        ("memory time known to 2.5%", KNOWN, "memory_time", 0.025, True),
        ("back_hop_fraction known to 10 %", KNOWN, "back_hop_fraction", 0.1, True),
        ("R0 drifts by 10 %", DRIFT, "R0", 0.1, True),
        ("memory time drifts by 20 %", DRIFT, "memory_time", 0.2, True),
        ("current above 1 uA", LIMIT, "current", 1e-6, True),
        ("temperature below 250 K", LIMIT, "temperature", 250.0, False),
        ("charge above 2 mC", LIMIT, "charge", 2e-3, True),
        ("after 12 h", TIME, "", 43200.0, True),
    ],
)
def test_a_condition_says_what_is_watched_and_what_ends(
    text: str, kind: StopKind, quantity: str, value: float, above: bool
) -> None:
    found = campaign(f'[stop]\nstop_when = "{text}"').stop.stop_when[0]
    assert (found.kind, found.quantity, found.above, str(found)) == (kind, quantity, above, text)
    assert found.value == pytest.approx(value)
    assert found.ends_campaign == (kind is not KNOWN)


@pytest.mark.parametrize(
    ("text", "value", "circuit"),
    [
        ("Mig1.tau known to 5 % by R0-Mig1-CPE1", 0.05, "R0-Mig1-CPE1"),
        ("De1.tau drifts by 2.5% by R0-p(De1,C1)", 0.025, "R0-p(De1,C1)"),
        ("R0 drifts by 10 %", 0.1, ""),
    ],
)
def test_a_quantity_of_a_fit_may_be_that_of_any_circuit(text: str, value: float, circuit: str) -> None:
    [found] = campaign(f'[stop]\nstop_when = "{text}"').stop.stop_when
    assert (found.circuit, found.text) == (circuit, text)
    assert found.value == pytest.approx(value)


def test_conditions_may_be_a_list_and_stand_at_the_top_of_the_document() -> None:
    listed = campaign('[stop]\nstop_when = ["R0 drifts by 10 %", "after 1 d"]').stop
    assert [one.kind for one in listed.stop_when] == [DRIFT, TIME]
    on_top = Campaign.from_toml('stop_when = "Mig1.tau known to 5 %"\n' + PULSE)
    assert on_top.stop.stop_when == campaign('[stop]\nstop_when = "Mig1.tau known to 5 %"').stop.stop_when
    assert (
        "in [stop] too"
        in problems('[stop]\nstop_when = "after 1 h"', base='stop_when = "after 2 h"\n' + PULSE)["stop_when"]
    )


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("until noon", "is no condition: expected one such as"),
        ("memroy time known to 5 %", "did you mean 'memory time'?"),
        ("Mig1.tau known to 5", "expected per cent, such as 5 %"),
        ("Mig1.tau known to 0 %", "above 0 and up to 100"),
        ("Mig1.tau known to 101 %", "above 0 and up to 100"),
        ("curent above 1 uA", "did you mean 'current'?"),
        ("current above 1 V", "'V' is not a unit of A"),
        ("after -3 h", "must be above zero"),
        ("x" * 300, "expected a condition such as"),
    ],
)
def test_what_is_no_condition_is_answered_with_one(text: str, answer: str) -> None:
    assert answer in problems(f'[stop]\nstop_when = ["after 1 h", "{text}"]')["stop.stop_when[1]"]


def test_the_same_condition_twice_and_too_many_are_refused() -> None:
    assert "stands here twice" in problems('[stop]\nstop_when = ["after 1 h", "after 1 h"]')["stop.stop_when[1]"]
    many = ", ".join(f'"after {k} h"' for k in range(1, 30))
    assert "has 29 conditions" in problems(f"[stop]\nstop_when = [{many}]")["stop.stop_when"]


STARTED = dt.datetime.fromisoformat("2026-11-26T22:30+01:00")


@pytest.mark.parametrize(
    ("end", "ends"),
    [
        ('"12 h"', "2026-11-27T10:30+01:00"),
        ("08:00:00", "2026-11-27T08:00+01:00"),
        ('"08:00"', "2026-11-27T08:00+01:00"),
        ("23:15:00", "2026-11-26T23:15+01:00"),
        ("22:30:00", "2026-11-27T22:30+01:00"),
        ("2026-12-01T08:00:00", "2026-12-01T08:00+01:00"),
        ("2026-12-01T08:00:00Z", "2026-12-01T09:00+01:00"),
    ],
)
def test_time_ends_after_a_while_or_at_the_next_such_time_or_at_a_time(end: str, ends: str) -> None:
    assert campaign(f"[stop]\nend = {end}").stop.ends_at(STARTED) == dt.datetime.fromisoformat(ends)


def test_the_first_of_several_ends_counts() -> None:
    stop = campaign('[stop]\nend = "5 h"\nstop_when = ["after 3 h", "after 4 h"]').stop
    assert stop.ends_at(STARTED) == STARTED + dt.timedelta(hours=3)
    assert StopRule().ends_at(STARTED) is None


@pytest.mark.parametrize("end", ["2026-12-01", '"noon"', '"12"', "true", '"-1 h"', "[1]"])
def test_what_is_no_end_is_refused(end: str) -> None:
    assert 'a duration such as "12 h", a time of day' in problems(f"[stop]\nend = {end}")["stop.end"]


def test_conditions_compare_by_what_they_say() -> None:
    assert StopRule("after 1 h") == StopRule(["after 1 h"])
    assert StopRule("after 1 h").stop_when == (StopCondition(TIME, "", 3600.0, True, "after 1 h"),)
