"""Sequences of events, and the state of the window after each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

from hypothesis import given
from hypothesis import strategies as st

from daq import Outcome, OutputState, Phase, RunState, RunStatus
from gui.app import transitions
from gui.app.fit_state import FitStage
from gui.app.header import MAY_BE_ON, header
from gui.app.state import AppState, AttemptStage, Evidence, Owner, Page, StopRequest
from gui.common.instrument import ConnectionStage, Instrument, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable

    from gui.protocol.plan_model import PlanView

AT = datetime(2026, 11, 25, 12, 30, 15, tzinfo=UTC)
LATER = AT + timedelta(seconds=1)
PATH = Path("runs/pulse.nxs")
INSTRUMENT = Instrument("TCPIP::10.0.0.7::5025::SOCKET", "KEITHLEY", "MODEL 2461", "1", "1", "keithley2461")
VIEW = cast("PlanView", object())


def connected_state() -> AppState:
    state = transitions.connecting(AppState(), "smu")
    return transitions.connected(state, "smu", INSTRUMENT, AT)


def test_an_answer_for_an_address_that_is_no_longer_asked_changes_nothing() -> None:
    state = transitions.connecting(transitions.connecting(AppState(), "first"), "second")
    assert transitions.connected(state, "first", INSTRUMENT, AT) is state
    assert transitions.not_connected(state, "first") is state
    assert transitions.connected(state, "second", INSTRUMENT, AT).connection.instrument is INSTRUMENT


def test_an_instrument_is_there_exactly_while_connected() -> None:
    state = connected_state()
    assert state.connection.stage is ConnectionStage.CONNECTED
    assert transitions.connecting(state, "other").connection.instrument is None
    lost = transitions.not_connected(transitions.connecting(state, "other"), "other")
    assert lost.connection.stage is ConnectionStage.NONE


def test_a_simulated_instrument_that_ends_takes_only_its_own_connection_along() -> None:
    simulator = Simulator("ec301", "TCPIP::127.0.0.1::5::SOCKET")
    served = transitions.simulator_served(AppState(), simulator)
    connecting = transitions.connecting(served, simulator.resource)
    assert connecting.connection.is_simulated
    assert transitions.simulator_ended(connecting, "ec301").connection.stage is ConnectionStage.NONE
    elsewhere = transitions.connecting(served, "smu")
    assert transitions.simulator_ended(elsewhere, "ec301").connection == elsewhere.connection
    assert transitions.simulator_ended(elsewhere, "ec301").simulators == ()


def test_a_plan_that_is_no_longer_wanted_is_dropped() -> None:
    state = transitions.planning(AppState(), "pulse", "ec301")
    assert transitions.planned(state, "pulse", "keithley2461", VIEW) is state
    assert transitions.planned(state, "staircase", "ec301", VIEW) is state
    assert transitions.plan_refused(state, "pulse", "keithley2461", ValueError()) is state
    assert transitions.planned(state, "pulse", "ec301", VIEW).plan.view is VIEW


def test_output_follows_the_phases_of_a_run_with_the_time_of_each_change() -> None:
    state = transitions.run_begun(transitions.run_ordered(connected_state()), PATH)
    assert state.output.state is OutputState.UNTOUCHED
    running = RunStatus(Phase.RUNNING, 10, 1000, OutputState.ON)
    state = transitions.run_progressed(state, running, AT)
    assert (state.output.state, state.output.at, state.output.evidence) == (OutputState.ON, AT, Evidence.PHASE)
    state = transitions.run_progressed(state, RunStatus(Phase.RUNNING, 20, 1000, OutputState.ON), LATER)
    assert state.output.at == AT, "still on, since the same time"
    state = transitions.run_ended(state, Outcome(RunState.COMPLETE, OutputState.OFF), LATER)
    assert (state.output.state, state.output.at) == (OutputState.OFF, LATER)
    assert state.output.evidence is Evidence.READ_BACK


def test_each_press_of_stop_goes_one_further_and_a_failure_is_an_alarm() -> None:
    state = transitions.run_begun(transitions.run_ordered(connected_state()), PATH)
    requests = []
    for _ in range(3):
        state = transitions.stop_requested(state)
        assert state.run is not None
        requests.append(state.run.stop_request)
    assert requests == [StopRequest.STOP, StopRequest.SWITCH_OFF, StopRequest.SWITCH_OFF]
    state = transitions.stop_failed(state, "the guardian does not answer", AT)
    assert state.run is not None
    assert state.run.stop_failed
    assert [alarm.path for alarm in state.alarms] == [PATH]
    assert state.output.state is OutputState.UNKNOWN


def test_a_run_that_ends_in_doubt_keeps_the_window_open() -> None:
    state = transitions.closing_when_ended(transitions.run_ordered(connected_state()))
    assert state.close_when_ended
    assert not transitions.run_ended(state, Outcome.unknown("no answer"), AT).close_when_ended
    assert transitions.run_ended(state, Outcome(RunState.STOPPED, OutputState.OFF), AT).close_when_ended


def test_an_outcome_in_doubt_alarms_even_without_a_run_to_show() -> None:
    assert transitions.run_ended(AppState(), Outcome.unknown("no answer"), AT).alarms


def test_a_run_of_another_program_is_marked_as_such() -> None:
    state = transitions.run_found(connected_state(), PATH, AT)
    assert state.run is not None
    assert state.run.owner is Owner.ELSEWHERE
    assert state.page is Page.MEASUREMENT


def switch_off(state: AppState, *, works: bool) -> AppState:
    """Try fresh sessions for all alarms."""
    begun = transitions.switch_off_begun(state)
    if works:
        return transitions.switch_off_ended(begun, state.alarms, {}, LATER)
    return transitions.switch_off_ended(begun, (), dict.fromkeys(state.alarms, "no answer"), LATER)


def test_a_read_back_by_a_fresh_session_ends_the_alarm_and_nothing_less_does() -> None:
    alarmed = transitions.run_ended(
        transitions.run_begun(transitions.run_ordered(connected_state()), PATH), Outcome.unknown("lost"), AT
    )
    failed = switch_off(alarmed, works=False)
    assert [alarm.reason for alarm in failed.alarms] == ["no answer"]
    assert failed.attempt.stage is AttemptStage.FAILED
    assert failed.output.state is OutputState.UNKNOWN
    off = switch_off(failed, works=True)
    assert off.alarms == ()
    assert (off.output.state, off.output.evidence, off.output.at) == (OutputState.OFF, Evidence.READ_BACK, LATER)
    assert off.output.resource == INSTRUMENT.resource


def test_of_several_outputs_only_those_that_were_read_back_lose_their_alarm() -> None:
    other = PATH.with_name("other.nxs")
    state = transitions.alarms_recalled(AppState(), {PATH: "one", other: "two"}, AT)
    one, two = state.alarms
    state = transitions.switch_off_ended(transitions.switch_off_begun(state), [one], {two: "no answer"}, LATER)
    assert [(alarm.path, alarm.reason) for alarm in state.alarms] == [(other, "no answer")]
    assert (state.attempt.n_off, state.attempt.n_failed) == (1, 1)
    assert state.output.state is OutputState.UNKNOWN


def test_an_alarm_that_is_raised_while_a_fresh_session_is_tried_is_not_ended_by_it() -> None:
    before = transitions.alarms_recalled(AppState(), {PATH: "one"}, AT)
    trying = transitions.switch_off_begun(before)
    newer = transitions.alarms_recalled(trying, {PATH: "one, once more"}, LATER)
    assert newer.attempt.stage is AttemptStage.TRYING
    ended = transitions.switch_off_ended(newer, before.alarms, {}, LATER)
    assert [alarm.reason for alarm in ended.alarms] == ["one, once more"]


def test_an_alarm_that_is_recalled_once_more_while_a_fresh_session_is_tried_ends_with_its_read_back() -> None:
    before = transitions.alarms_recalled(AppState(), {PATH: "one"}, AT)
    again = transitions.alarms_recalled(transitions.switch_off_begun(before), {PATH: "one"}, LATER)
    ended = transitions.switch_off_ended(again, before.alarms, {}, LATER)
    assert ended.alarms == ()
    assert ended.output.state is OutputState.OFF


def test_a_read_back_at_the_end_of_a_run_ends_the_alarm_of_that_run_only() -> None:
    other = PATH.with_name("other.nxs")
    state = transitions.alarms_recalled(connected_state(), {other: "two"}, AT)
    state = transitions.run_begun(transitions.run_ordered(state), PATH)
    state = transitions.stop_failed(transitions.stop_requested(state), "nobody answers", AT)
    never_on = transitions.run_ended(state, Outcome(RunState.ABORTED, OutputState.UNTOUCHED), LATER)
    assert [alarm.path for alarm in never_on.alarms] == [other, PATH]
    off = transitions.run_ended(state, Outcome(RunState.STOPPED, OutputState.OFF), LATER)
    assert [alarm.path for alarm in off.alarms] == [other]


def test_reports_of_a_run_in_progress_count_more_than_what_a_person_has_seen() -> None:
    state = transitions.run_begun(transitions.run_ordered(connected_state()), PATH)
    running = RunStatus(Phase.RUNNING, 1, 2, OutputState.ON)
    state = transitions.run_progressed(state, running, AT)
    state = transitions.stop_failed(transitions.stop_requested(state), "nobody answers", AT)
    state = transitions.alarms_confirmed(state, AT)
    assert state.output.state is OutputState.OFF
    state = transitions.run_progressed(state, running, LATER)
    assert (state.output.state, state.output.evidence) == (OutputState.ON, Evidence.PHASE)


def test_what_is_known_of_one_output_is_not_said_of_another_instrument() -> None:
    state = transitions.run_begun(transitions.run_ordered(connected_state()), PATH)
    state = transitions.run_ended(state, Outcome(RunState.COMPLETE, OutputState.OFF), AT)
    again = transitions.connected(transitions.connecting(state, "smu"), "smu", INSTRUMENT, LATER)
    assert (again.output.state, again.output.at) == (OutputState.OFF, AT)
    other = replace(INSTRUMENT, resource="TCPIP::10.0.0.8::5025::SOCKET")
    elsewhere = transitions.connected(transitions.connecting(state, "two"), "two", other, LATER)
    assert (elsewhere.output.state, elsewhere.output.at) == (OutputState.UNTOUCHED, LATER)
    found = transitions.run_found(state, PATH, LATER)
    assert (found.output.state, found.output.at) == (OutputState.UNTOUCHED, LATER)


def test_a_silent_run_is_said_to_be_silent_until_its_next_report() -> None:
    state = transitions.run_begun(transitions.run_ordered(connected_state()), PATH)
    running = RunStatus(Phase.RUNNING, 1, 2, OutputState.ON)
    state = transitions.run_silent(transitions.run_progressed(state, running, AT), AT)
    assert header(state).badge.text == "OUTPUT UNKNOWN since 12:30:15"
    assert not state.alarms
    state = transitions.run_progressed(state, running, LATER)
    assert header(state).badge.text == "OUTPUT ON since 12:30:15"
    ended = transitions.run_ended(transitions.run_silent(state, AT), Outcome(RunState.COMPLETE, OutputState.OFF), LATER)
    assert header(ended).badge.text == "OUTPUT OFF since 12:30:16"
    assert transitions.run_silent(ended, AT) is ended


EVENTS: dict[str, Callable[[AppState], AppState]] = {
    "connecting": lambda state: transitions.connecting(state, "smu"),
    "connected": lambda state: transitions.connected(state, "smu", INSTRUMENT, AT),
    "not connected": lambda state: transitions.not_connected(state, "smu"),
    "simulator": lambda state: transitions.simulator_requested(state, "ec301"),
    "simulator ended": lambda state: transitions.simulator_ended(state, "ec301"),
    "planning": lambda state: transitions.planning(state, "pulse", "keithley2461"),
    "planned": lambda state: transitions.planned(state, "pulse", "keithley2461", VIEW),
    "refused": lambda state: transitions.plan_refused(state, "pulse", "keithley2461", ValueError("no")),
    "ordered": transitions.run_ordered,
    "found": lambda state: transitions.run_found(state, PATH, AT),
    "begun": lambda state: transitions.run_begun(state, PATH),
    "running": lambda state: transitions.run_progressed(state, RunStatus(Phase.RUNNING, 1, 2, OutputState.ON), AT),
    "closing": lambda state: transitions.run_progressed(state, RunStatus(Phase.CLOSING, 2, 2, OutputState.OFF), AT),
    "stop": transitions.stop_requested,
    "stop failed": lambda state: transitions.stop_failed(state, "nobody answers", AT),
    "complete": lambda state: transitions.run_ended(state, Outcome(RunState.COMPLETE, OutputState.OFF), AT),
    "unknown": lambda state: transitions.run_ended(state, Outcome.unknown("no answer"), AT),
    "not followed": transitions.run_not_followed,
    "left": transitions.run_left,
    "recalled": lambda state: transitions.alarms_recalled(state, {PATH: "no answer"}, AT),
    "fit": lambda state: transitions.fit_started(state, "R0-C1"),
    "fit ended": lambda state: transitions.fit_ended(state, FitStage.DONE),
    "page": lambda state: transitions.page_shown(state, Page.PLAN),
    "silent": lambda state: transitions.run_silent(state, AT),
    "not switched off": lambda state: switch_off(state, works=False),
    "note": lambda state: transitions.noted(state, "There is nothing to stop."),
}
RAISES_ALARM = {"stop failed", "unknown", "recalled"}
# A person, and read-backs: of all outputs, or of that of the run at `PATH`.
ENDS_ALARMS = {
    "confirmed": lambda state: transitions.alarms_confirmed(state, LATER),
    "switched off": lambda state: switch_off(state, works=True),
    "complete": EVENTS.pop("complete"),
}


@given(st.lists(st.sampled_from([*EVENTS, *ENDS_ALARMS])))
def test_after_any_events_the_alarm_stands_until_a_person_or_a_read_back_ends_it(names: list[str]) -> None:
    state, alarmed = AppState(), set[Path | None]()
    for name in names:
        path = None if state.run is None else state.run.path
        if name in ENDS_ALARMS:
            state = ENDS_ALARMS[name](state)
            alarmed = alarmed - {path} | ({None} & alarmed) if name == "complete" else set()
        else:
            state = EVENTS[name](state)
            alarmed |= {PATH if name == "recalled" else path} if name in RAISES_ALARM else set()
        assert {alarm.path for alarm in state.alarms} == alarmed
        assert (header(state).warning == MAY_BE_ON) == bool(alarmed)
        assert (state.connection.instrument is not None) == (state.connection.stage is ConnectionStage.CONNECTED)
        paths = [alarm.path for alarm in state.alarms if alarm.path is not None]
        assert len(paths) == len(set(paths)), "a run has one alarm"
