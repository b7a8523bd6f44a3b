"""Header in every state of the window: texts, colours, what Stop does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from daq import Outcome, OutputState, Phase, RunState, RunStatus
from gui.app import transitions
from gui.app.header import MAY_BE_ON, Badge, Tone, header
from gui.app.state import (
    AppState,
    AttemptStage,
    CurrentRun,
    Evidence,
    Owner,
    StopRequest,
)
from gui.common.run_facts import RunFacts
from tests.gui.app.states import (
    ALARM,
    ALARMS,
    AT,
    CONNECTIONS,
    FACTS,
    IN_PROGRESS,
    OUTPUTS,
    PATH,
    PLANS,
    states_of_header,
)

PHASES = {
    Phase.CONNECTING: "Connecting …",
    Phase.PLANNING: "Planning …",
    Phase.ARMING: "Loading the program …",
    Phase.RUNNING: "Running",
    Phase.SWITCHING_OFF: "Switching the output off …",
    Phase.CLOSING: "Closing the run file …",
    Phase.FINISHED: "Finished",
}
ENDS = {
    RunState.COMPLETE: "Complete",
    RunState.STOPPED: "Stopped",
    RunState.ABORTED: "Aborted",
    RunState.REFUSED: "Refused",
}


def expected_headline(state: AppState) -> str:
    run = state.run
    if run is not None and run.outcome is None:
        if run.stop_failed:
            return "Stop not confirmed"
        if run.silent_since is not None:
            return "No report from the run"
        requested = {StopRequest.STOP: "Stopping …", StopRequest.SWITCH_OFF: "Switching the output off …"}
        return requested.get(run.stop_request, PHASES[run.status.phase])
    if state.attempt.stage is AttemptStage.TRYING:
        return "Switching the output off …"
    if run is not None and run.outcome is not None:
        if (run.outcome.state, run.outcome.error) == (RunState.REFUSED, ""):
            return "Stopped"
        return ENDS.get(run.outcome.state, "Output state unknown" if state.alarms else "Ended")
    ready = state.connection is CONNECTIONS[3] and state.plan is PLANS[2]
    return "Ready" if ready else "Not ready"


BADGES = {
    (OutputState.UNTOUCHED, Evidence.NONE): ("OUTPUT UNKNOWN since 12:30:15", Tone.QUIET),
    (OutputState.ON, Evidence.PHASE): ("OUTPUT ON since 12:30:15", Tone.ON),
    (OutputState.OFF, Evidence.READ_BACK): ("OUTPUT OFF since 12:30:15", Tone.QUIET),
    (OutputState.OFF, Evidence.OPERATOR): ("OUTPUT OFF since 12:30:15, seen by the operator", Tone.QUIET),
    (OutputState.UNKNOWN, Evidence.FAILURE): ("OUTPUT UNKNOWN since 12:30:15", Tone.ALARM),
}


def expected_badge(state: AppState) -> tuple[str, Tone]:
    """Return the badge's text and colour."""
    if state.alarms:
        return "OUTPUT UNKNOWN since 12:30:15", Tone.ALARM
    if state.run is not None and state.run.silent_since is not None:
        return "OUTPUT UNKNOWN since 12:30:05", Tone.ON
    if knows_no_instrument(state):
        return "No instrument", Tone.QUIET
    return BADGES[state.output.state, state.output.evidence]


def knows_no_instrument(state: AppState) -> bool:
    """Nothing that could have an output: no run, no connection, none wanted, and nobody has tried to switch one off."""
    return (
        (state.run, state.connection, state.attempt.stage) == (None, CONNECTIONS[0], AttemptStage.NONE)
        and state.output.evidence is Evidence.NONE
        and not state.alarms
    )


def expected_stop(state: AppState) -> str:
    if state.run_in_progress is None:
        return "Switch off" if state.alarms else "Stop"
    return "Stop" if state.run_in_progress.stop_request is StopRequest.NONE else "Output off now"


def test_header_in_every_state_is_as_the_table_says_and_never_says_off_under_an_alarm() -> None:
    # One pass over all of them, since each takes 60 us: texts and colours, the words of the alarm, the badge, the rest.
    seen = 0
    for seen, state in enumerate(states_of_header(), 1):  # noqa: B007 - counted for the end
        shown = header(state)
        assert shown.headline == expected_headline(state), state
        assert (shown.badge.text, shown.badge.tone) == expected_badge(state), state
        assert shown.stop_text == expected_stop(state), state
        assert state.note in shown.detail, state
        assert shown.warning == ("OUTPUT MAY BE ON" if state.alarms else ""), state
        assert MAY_BE_ON not in shown.headline + shown.badge.text + shown.detail, state
        if not knows_no_instrument(state):
            hold_badge(shown.badge, alarmed=bool(state.alarms))
        assert shown.detail, state
        assert shown.stop_tip, state
        assert 0.0 <= shown.progress <= 1.0, state
        assert "  " not in shown.detail, state
        assert not shown.detail.startswith(" "), state
    assert seen > 80_000


def hold_badge(badge: Badge, *, alarmed: bool) -> None:
    """The badge always has state and time, and says nothing certain under an alarm."""
    assert badge.text.startswith(("OUTPUT ON since 12:30:", "OUTPUT OFF since 12:30:", "OUTPUT UNKNOWN since 12:30:"))
    assert badge.text.startswith("OUTPUT UNKNOWN") or not alarmed
    assert badge.tip.endswith(("25 November 2026, 12:30:15.", "25 November 2026, 12:30:05."))


def test_header_is_a_function_of_the_state_alone() -> None:
    for state in states_of_header(every=499):
        assert header(state) == header(replace(state))


@pytest.mark.parametrize("run", IN_PROGRESS)
def test_header_in_a_run_names_its_own_instrument_and_what_stop_does_next(run: CurrentRun) -> None:
    for connection, (alarms, attempt) in product(CONNECTIONS, ALARMS):
        shown = header(AppState(connection, run=run, alarms=alarms, attempt=attempt))
        assert shown.detail.startswith(run.instrument)
    asked = run.stop_request is not StopRequest.NONE
    assert shown.stop_text == ("Output off now" if asked else "Stop")
    if run.stop_failed:
        assert shown.headline == "Stop not confirmed"
    elif asked:
        assert shown.headline in {"Stopping …", "Switching the output off …"}
    assert shown.progress == 0.25
    if run.facts is not None:
        assert "250 of 1,000 samples" in shown.detail
        assert "250 ms of 1 s" in shown.detail


def test_header_of_a_run_that_is_not_heard_of_says_since_when() -> None:
    run = replace(IN_PROGRESS[-1], stop_failed="", silent_since=AT)
    shown = header(AppState(run=run))
    assert "last heard of at 12:30:15" in shown.detail
    assert shown.detail.startswith(run.instrument)


def test_a_time_of_another_day_is_shown_with_its_date() -> None:
    output = OUTPUTS[1]
    assert header(AppState(output=output, today=AT.date())).badge.text == "OUTPUT ON since 12:30:15"
    tomorrow = transitions.day_begun(AppState(output=output, today=AT.date()), AT.date() + timedelta(days=1))
    assert header(tomorrow).badge.text == "OUTPUT ON since 25 Nov 12:30"
    run = replace(IN_PROGRESS[-1], stop_failed="", silent_since=AT)
    assert "last heard of at 25 Nov 12:30" in header(replace(tomorrow, run=run)).detail
    attempted = replace(tomorrow, alarms=ALARMS[4][0], attempt=ALARMS[4][1])
    assert "off at 25 Nov 12:30: press" in header(attempted).detail


def test_names_of_300_letters_or_with_control_characters_leave_room_for_the_figures() -> None:
    name = "\x1b[31mred\n" + 300 * "x"
    facts = RunFacts(PATH, name, name, 1.0, 1000, FACTS.edges_s, FACTS.steps_V)
    run = CurrentRun(1, Owner.ELSEWHERE, name, path=PATH, facts=facts, status=RunStatus(Phase.RUNNING, 250, 1000))
    detail = header(AppState(run=run)).detail
    assert detail.isprintable()
    assert len(detail) < 130
    assert "250 of 1,000 samples" in detail


@pytest.mark.parametrize(
    ("outcome", "headline", "text"),
    [
        (Outcome(RunState.COMPLETE, OutputState.OFF), "Complete", "output off"),
        (Outcome(RunState.STOPPED, OutputState.OFF), "Stopped", "output off"),
        (Outcome(RunState.ABORTED, OutputState.OFF), "Aborted", "output off"),
        (Outcome.refused("why", "InstrumentError"), "Refused", "output never on"),
        (Outcome.refused("stopped by the operator: nothing was started", ""), "Stopped", "output never on"),
        (Outcome(RunState.UNKNOWN, OutputState.UNKNOWN), "Output state unknown", "samples"),
    ],
)
def test_header_after_a_run_says_how_it_ended(outcome: Outcome, headline: str, text: str) -> None:
    state = outcome.state
    run = CurrentRun(1, Owner.THIS_WINDOW, status=RunStatus().ended(outcome), facts=FACTS)
    shown = header(AppState(run=run, alarms=(ALARM,) if state is RunState.UNKNOWN else ()))
    assert shown.headline == headline
    assert text in shown.detail
    assert PATH.name in shown.detail
    assert shown.progress == (1.0 if state is RunState.COMPLETE else 0.0)
    assert shown.stop_text == ("Switch off" if state is RunState.UNKNOWN else "Stop")


def test_header_before_a_run_says_what_is_to_be_done_next() -> None:
    connected = AppState(CONNECTIONS[3])
    table = {
        AppState(): ("Not ready", "Connect an instrument."),
        AppState(CONNECTIONS[2]): ("Not ready", "Wait until the instrument has answered."),
        connected: ("Not ready", "Choose a protocol."),
        replace(connected, plan=PLANS[1]): ("Not ready", "Wait for the plan."),
        replace(connected, plan=PLANS[2]): ("Ready", "Press Run to start."),
    }
    for state, (headline, detail) in table.items():
        assert (header(state).headline, header(state).detail) == (headline, detail)
    refused = header(replace(connected, plan=PLANS[4]))
    assert (refused.headline, refused.detail) == ("Not ready", "No plan for this protocol: see the page Plan.")


@pytest.mark.parametrize(
    ("alarms", "detail"),
    [
        (ALARMS[1], "The output was read back as off at 12:30:15."),
        (ALARMS[3], "A fresh session to the instrument is being tried."),
        (ALARMS[4], "The output could not be read back as off at 12:30:15: press the OUTPUT key of the instrument."),
        (
            ALARMS[5],
            "2 of 3 outputs could not be read back as off at 12:30:15: press the OUTPUT key of the instrument.",
        ),
    ],
)
def test_header_says_what_came_of_a_fresh_session(alarms: tuple[object, object], detail: str) -> None:
    assert header(AppState(alarms=alarms[0], attempt=alarms[1])).detail == detail  # type: ignore[arg-type]


def test_output_is_in_doubt_whenever_it_is_on_or_unknown_or_alarmed() -> None:
    for output, (alarms, _) in product(OUTPUTS, ALARMS):
        in_doubt = AppState(output=output, alarms=alarms).output_may_be_on
        assert in_doubt == (bool(alarms) or output.state in {OutputState.ON, OutputState.UNKNOWN})
