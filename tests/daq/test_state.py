"""States of runs keep the words of their files, and say what is known of the output."""

from __future__ import annotations

import pytest

from daq import Outcome, OutputState, Phase, RunState, RunStatus
from daq.execution.messages import status_from_json, status_to_json


def test_the_words_on_disk_are_those_of_all_runs_so_far() -> None:
    assert [state.value for state in RunState if state.is_of_file] == [
        "created",
        "running",
        "paused",
        "complete",
        "stopped",
        "aborted",
        "unknown",
    ]
    assert max(len(state.encode()) for state in RunState) <= 16, "the place that every run file has for it"


@pytest.mark.parametrize("word", ["", "runni\x00g", "refused", "fertig"])
def test_a_damaged_word_of_a_state_counts_as_an_output_that_may_be_on(word: str) -> None:
    state = RunState.from_file(word)
    assert state is RunState.UNKNOWN
    assert not state.output_is_off


def test_the_output_may_be_on_in_a_run_that_was_left_running_or_unknown() -> None:
    assert {state for state in RunState if not state.output_is_off} == {
        RunState.RUNNING,
        RunState.PAUSED,
        RunState.UNKNOWN,
    }
    assert {state for state in RunState if not state.is_final} == {RunState.CREATED, RunState.RUNNING, RunState.PAUSED}


def test_no_phase_leads_from_an_output_that_may_be_on_to_the_end_but_by_switching_off_or_closing() -> None:
    assert not Phase.FINISHED.may_follow(Phase.RUNNING)
    reached = {Phase.CONNECTING}
    while more := {after for after in Phase for phase in reached if after.may_follow(phase)} - reached:
        reached |= more
    assert reached == set(Phase)
    assert [phase for phase in Phase if phase.may_follow(Phase.FINISHED)] == [Phase.FINISHED]
    assert [phase for phase in Phase if Phase.RUNNING.may_follow(phase)] == [Phase.ARMING, Phase.RUNNING]


def test_a_status_crosses_the_control_channel_unchanged() -> None:
    outcome = Outcome(RunState.STOPPED, OutputState.OFF, "enough, 20 µA", "", 1500, ("two warnings", "here"))
    for status in (RunStatus(Phase.RUNNING, 7, 4000, OutputState.ON), RunStatus(n_planned=4000).ended(outcome)):
        assert status_from_json(status_to_json(status)) == status
    with pytest.raises(ValueError, match="is not a valid"):
        status_from_json(status_to_json(RunStatus()).replace("connecting", "dancing"))
