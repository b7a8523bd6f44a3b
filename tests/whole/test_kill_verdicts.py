"""The verdicts of `just kills` find what must not happen: each promise is broken once, and only that is said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from benchmarks.kills.cases import LINKS, PHASES, Action, Case, Process, cases_of
from benchmarks.kills.observation import Alarm, Change, Observation
from benchmarks.kills.verdict import silence_s, violations
from daq.state import Phase


def case_with(*hits: tuple[Process, Action], phase: Phase = Phase.RUNNING, frozen_s: float = 6.0) -> Case:
    return Case(1, "ec301", "socket", phase, hits, 0.5, frozen_s, "stop")


# A killed runner, and a run that went as it should: off after 0.2 s.
CASE = case_with(("runner", "kill"))
GOOD = Observation(
    phase="running",
    acknowledged=100,
    output_on=True,
    changes=[Change(0.2, on=False)],
    duration_s=16.0,
    ended_s={"runner": 0.0, "guardian": 2.0, "front end": 1.0},
    front_end_status=1,
    front_end_output='{"output": "off"}',
    alarms=[Alarm("at the end", output_on=False, is_up=False, is_marked=False)],
    recover_status=0,
    recover_s=1.0,
    has_file=True,
    n_samples=120,
    state_left="aborted",
    state="aborted",
)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({}, None),
        ({"n_samples": 99}, "lost"),
        ({"bad_blocks": 1}, "damaged"),
        ({"changes": [Change(1.2, on=False)]}, "late off"),
        ({"changes": [], "recover_status": 4}, "on"),
        ({"ended_s": GOOD.ended_s | {"front end": 10.5}}, "hang"),
        ({"leftovers": ["4711 (guardian)"]}, "hang"),
        ({"alarms": [Alarm("at the end", output_on=True, is_up=False, is_marked=True)]}, "silenced"),
        ({"alarms": [Alarm("at the end", output_on=True, is_up=True, is_marked=False)]}, "unmarked"),
        ({"front_end_output_on": True}, "lie"),
        ({"front_end_output_on": True, "front_end_status": 4, "front_end_output": ""}, None),  # it says so
        ({"front_end_errors": "Traceback (most recent call last):\nKeyError: 1"}, "traceback"),
        ({"front_end_status": -11, "state_left": ""}, "exit"),
        ({"front_end_status": 3}, "status"),
        ({"front_end_status": 0, "state_left": "complete"}, None),
        ({"recover_status": None, "recover_s": 40.0}, "hang"),
        ({"recover_s": 20.0}, "hang"),
        ({"recover_status": 1}, "recover"),
        ({"state": "running"}, "open"),
        ({"problem": "waited in vain"}, "not played"),
    ],
)
def test_each_broken_promise_is_found(change: dict[str, Any], what: str | None) -> None:
    found = violations(CASE, replace(GOOD, **change))
    assert [text.split(":")[0] for text in found] == ([] if what is None else [what])


def test_an_output_that_goes_on_without_a_guardian_is_found() -> None:
    case = case_with(("guardian", "kill"), phase=Phase.ARMING)
    late = replace(GOOD, output_on=False, changes=[Change(0.6, on=True), Change(0.8, on=False)])
    assert violations(case, late) == [
        "on alone: the output went on 0.60 s after the signals, without a living guardian"
    ]
    under_way = replace(late, changes=[Change(0.1, on=True), Change(0.8, on=False)])
    assert violations(case, under_way) == []


def test_where_nobody_lives_the_alarm_is_what_counts() -> None:
    case = case_with(("runner", "kill"), ("guardian", "kill"), ("front end", "kill"))
    still_on = replace(
        GOOD,
        changes=[],
        ended_s=dict.fromkeys(GOOD.ended_s, 0.0),
        alarms=[Alarm("when all had ended", output_on=True, is_up=True, is_marked=True)],
    )
    assert [text.split(":")[0] for text in violations(case, still_on)] == ["lie"], "recover said 0 while it is on"
    assert violations(case, replace(still_on, recover_status=4)) == []


@pytest.mark.parametrize(
    ("hits", "silence"),
    [
        ([("front end", "kill")], None),
        ([("runner", "kill")], 0.0),
        ([("guardian", "kill")], 0.0),
        ([("runner", "freeze")], 4.0),
        ([("guardian", "freeze")], 2.0),
        ([("runner", "kill"), ("guardian", "kill")], 0.0),
        ([("runner", "kill"), ("guardian", "freeze")], 3.0),
        ([("runner", "freeze"), ("guardian", "kill")], 3.0),
        ([("runner", "freeze"), ("guardian", "freeze"), ("front end", "freeze")], 6.0),
        ([("runner", "kill"), ("guardian", "freeze"), ("front end", "kill")], 6.0),
    ],
)
def test_silence_that_nobody_can_notice(hits: list[tuple[Process, Action]], silence: float | None) -> None:
    assert silence_s(case_with(*hits)) == silence


def test_cases_are_equal_for_equal_seeds_and_cover_all() -> None:
    cases = cases_of(12, 300)
    assert cases == cases_of(12, 300)
    assert cases[:20] == cases_of(12, 20)
    assert {(case.kind, case.transport) for case in cases} == set(LINKS)
    pure = {
        (case.phase, frozenset(case.fate), action)
        for case in cases
        for action in set(case.fate.values())
        if set(case.fate.values()) == {action}
    }
    assert len(pure) == len(PHASES) * 7 * 2, "each process, each pair, all three, killed and frozen, in every phase"
