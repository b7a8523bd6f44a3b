"""Header and permissions in every state of the window."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from daq import Outcome, OutputState, Phase, RunState, RunStatus
from gui.app.rules import MAY_BE_ON, Command, Tone, allowed, header
from gui.app.state import (
    Alarm,
    AppState,
    CurrentRun,
    Evidence,
    Fit,
    FitStage,
    Output,
    Owner,
    Plan,
    PlanStage,
    StopRequest,
)
from gui.common.instrument import Connection, ConnectionStage, Instrument, Simulator
from gui.common.run_facts import RunFacts

if TYPE_CHECKING:
    from gui.protocol.plan_model import PlanView

AT = datetime(2026, 11, 25, 12, 30, 15, tzinfo=UTC)
PATH = Path("runs/20261125-pulse.nxs")
RESOURCE = "TCPIP::10.0.0.7::5025::SOCKET"
INSTRUMENT = Instrument(RESOURCE, "KEITHLEY", "MODEL 2461", "04089762", "1.7.12b", "keithley2461")
FACTS = RunFacts(PATH, "Single pulse", "MODEL 2461 04089762", 1.0, 1000, np.empty(0), np.empty(0))
VIEW = cast("PlanView", object())  # the rules only look whether there is one

CONNECTIONS = (
    Connection(),
    Connection(ConnectionStage.STARTING_SIMULATOR, kind="keithley2461"),
    Connection(ConnectionStage.CONNECTING, RESOURCE),
    Connection(ConnectionStage.CONNECTED, RESOURCE, INSTRUMENT),
    Connection(ConnectionStage.CONNECTED, "TCPIP::127.0.0.1::1::SOCKET", INSTRUMENT, "keithley2461"),
)
PLANS = (
    Plan(),
    Plan(PlanStage.PLANNING, "pulse", "keithley2461"),
    Plan(PlanStage.READY, "pulse", "keithley2461", VIEW),
    Plan(PlanStage.READY, "pulse", "ec301", VIEW),
    Plan(PlanStage.REFUSED, "pulse", "keithley2461", error=ValueError("too high")),
)


def _output_in(phase: Phase) -> OutputState:
    """Return what the guardian reports of the output in a phase (table in `daq.state.Phase`)."""
    return {
        Phase.RUNNING: OutputState.ON,
        Phase.SWITCHING_OFF: OutputState.UNKNOWN,
        Phase.CLOSING: OutputState.OFF,
        Phase.FINISHED: OutputState.OFF,
    }.get(phase, OutputState.UNTOUCHED)


IN_PROGRESS = tuple(
    CurrentRun(1, owner, "Keithley 2461", False, path, facts, status, request, failed)
    for owner in Owner
    for path, facts in ((None, None), (PATH, None), (PATH, FACTS))
    for status in (RunStatus(phase, 250, 1000, _output_in(phase)) for phase in Phase)
    for request in StopRequest
    for failed in (("", "the guardian does not answer") if request is not StopRequest.NONE else ("",))
)
ENDED = tuple(
    CurrentRun(
        1, Owner.THIS_WINDOW, "Keithley 2461", False, PATH, facts, RunStatus().ended(Outcome(state, output, "why"))
    )
    for facts in (None, FACTS)
    for state, output in (
        *product((RunState.COMPLETE, RunState.STOPPED, RunState.ABORTED), (OutputState.OFF, OutputState.UNTOUCHED)),
        (RunState.REFUSED, OutputState.UNTOUCHED),
        (RunState.UNKNOWN, OutputState.UNKNOWN),
    )
)
RUNS = (None, *IN_PROGRESS, *ENDED)
OUTPUTS = tuple(
    Output(state, AT, evidence)
    for state, evidence in (
        (OutputState.UNTOUCHED, Evidence.NONE),
        (OutputState.ON, Evidence.PHASE),
        (OutputState.OFF, Evidence.READ_BACK),
        (OutputState.OFF, Evidence.OPERATOR),
        (OutputState.UNKNOWN, Evidence.FAILURE),
    )
)
ALARMS = ((), (Alarm("no answer to :OUTP?", PATH, AT),), (Alarm("one", PATH, AT), Alarm("two", None, AT)))
FITS = tuple(Fit(stage, "R0-Mig1-CPE1") for stage in FitStage)
NOTES = ("", "No run is in progress: there is nothing to stop.")


def states_of_permissions() -> list[AppState]:
    """Return the product of all that permissions may depend on."""
    simulators = (Simulator("keithley2461", "TCPIP::127.0.0.1::1::SOCKET"),)
    return [
        AppState(connection, simulators, plan, run, alarms=alarms, fit=fit)
        for connection, plan, run, alarms, fit in product(CONNECTIONS, PLANS, RUNS, ALARMS, FITS)
    ]


def states_of_header() -> list[AppState]:
    """Return the product of all that the header may depend on."""
    return [
        AppState(connection, (), plan, run, output, alarms, note=note)
        for connection, plan, run, output, alarms, note in product(
            (CONNECTIONS[0], CONNECTIONS[2], CONNECTIONS[3]), (PLANS[0], *PLANS[2:]), RUNS, OUTPUTS, ALARMS, NOTES
        )
    ]


@pytest.fixture(scope="module")
def permissions() -> list[tuple[AppState, dict[Command, str]]]:
    """Return every state with the reason against each command."""
    return [
        (state, {command: permission.reason for command, permission in allowed(state).items()})
        for state in states_of_permissions()
    ]


Permissions = list[tuple[AppState, dict[Command, str]]]


def test_the_table_is_large_and_names_every_command(permissions: Permissions) -> None:
    assert len(permissions) > 50_000
    assert all(set(reasons) == set(Command) for _, reasons in permissions[::997])


def test_stop_is_allowed_in_every_state(permissions: Permissions) -> None:
    assert not any(reasons[Command.STOP] for _, reasons in permissions)


def test_every_refusal_has_a_sentence_as_its_reason(permissions: Permissions) -> None:
    refusals = {reason for _, reasons in permissions for reason in reasons.values() if reason}
    assert all(reason[0].isupper() and reason.endswith(".") and " " in reason for reason in refusals), refusals


@pytest.mark.parametrize(
    "command", [Command.RUN, Command.CONNECT, Command.FIND, Command.SIMULATE, Command.SIMULATE_USUAL, Command.FIT]
)
def test_in_a_run_nothing_starts_that_could_disturb_it(permissions: Permissions, command: Command) -> None:
    in_a_run = [reasons[command] for state, reasons in permissions if state.run_in_progress is not None]
    assert len(in_a_run) > 10_000
    if command is Command.FIT:
        assert set(in_a_run) == {"The run is still in progress.", "A fit is in progress: cancel it first."}
    else:
        assert all("A run is in progress" in reason for reason in in_a_run)


def test_no_run_while_connecting(permissions: Permissions) -> None:
    busy = [reasons[Command.RUN] for state, reasons in permissions if state.connection.is_busy]
    assert set(busy) == {"A run is in progress.", "The instrument is still being connected."}


def test_no_second_question_while_connecting(permissions: Permissions) -> None:
    for state, reasons in permissions:
        if state.connection.is_busy:
            assert all(reasons[command] for command in (Command.CONNECT, Command.FIND, Command.SIMULATE))


def test_run_is_allowed_exactly_with_an_instrument_its_plan_and_no_run(permissions: Permissions) -> None:
    for state, reasons in permissions:
        ready = (
            state.run_in_progress is None
            and state.connection.instrument is not None
            and state.plan.view is not None
            and state.plan.driver == state.connection.instrument.driver
        )
        assert (not reasons[Command.RUN]) == ready


def test_one_simulated_instrument_is_not_connected_to_twice(permissions: Permissions) -> None:
    for state, reasons in permissions:
        if state.run_in_progress is None and state.connection.stage is ConnectionStage.CONNECTED:
            assert bool(reasons[Command.SIMULATE_USUAL]) == state.connection.is_simulated
            assert not reasons[Command.SIMULATE]


def test_fit_needs_a_finished_run_and_cancel_a_fit(permissions: Permissions) -> None:
    for state, reasons in permissions:
        fitting = state.fit.stage is FitStage.FITTING
        assert (not reasons[Command.CANCEL_FIT]) == fitting
        assert (not reasons[Command.FIT]) == (state.finished_run is not None and not fitting)


def test_only_an_alarm_can_be_confirmed(permissions: Permissions) -> None:
    assert all(bool(reasons[Command.CONFIRM_OFF]) == (not state.alarms) for state, reasons in permissions)


# -- header -----------------------------------------------------------------------------------------------------------


def test_the_words_of_the_alarm_stand_in_the_header_exactly_with_the_alarm() -> None:
    states = states_of_header()
    assert len(states) > 50_000
    for state in states:
        shown = header(state)
        assert (MAY_BE_ON in shown.detail) == bool(state.alarms)
        assert MAY_BE_ON not in shown.headline + shown.badge


def test_the_badge_never_says_off_under_an_alarm_and_has_the_time() -> None:
    for state in states_of_header():
        shown = header(state)
        if state.alarms:
            assert shown.badge == "OUTPUT UNKNOWN since 12:30:15"
            assert shown.tone is Tone.ALARM
        else:
            word = {OutputState.ON: "OUTPUT ON", OutputState.OFF: "OUTPUT OFF", OutputState.UNKNOWN: "OUTPUT UNKNOWN"}
            assert shown.badge.startswith(word.get(state.output.state, ""))
            assert ("12:30:15" in shown.badge) == (state.output.state is not OutputState.UNTOUCHED)
            assert ("seen by the operator" in shown.badge) == (state.output.evidence is Evidence.OPERATOR)


def test_header_always_says_something_and_progress_is_a_share() -> None:
    for state in states_of_header():
        shown = header(state)
        assert shown.headline
        assert shown.detail
        assert 0.0 <= shown.progress <= 1.0
        assert "  " not in shown.detail
        assert not shown.detail.startswith(" ")


@pytest.mark.parametrize("run", IN_PROGRESS)
def test_header_in_a_run_names_its_own_instrument_and_what_stop_does_next(run: CurrentRun) -> None:
    shown = header(AppState(run=run))
    asked = run.stop_request is not StopRequest.NONE
    assert run.instrument in shown.detail
    assert shown.stop_text == ("Output off now" if asked else "Stop")
    if run.stop_failed:
        assert shown.headline == "Stop not confirmed"
    elif asked:
        assert shown.headline in {"Stopping …", "Switching the output off …"}
    assert shown.progress == 0.25
    if run.facts is not None:
        assert "250 of 1,000 samples" in shown.detail
        assert "250 ms of 1 s" in shown.detail


@pytest.mark.parametrize(
    ("state", "output", "headline", "text"),
    [
        (RunState.COMPLETE, OutputState.OFF, "Complete", "output off"),
        (RunState.STOPPED, OutputState.OFF, "Stopped", "output off"),
        (RunState.ABORTED, OutputState.OFF, "Aborted", "output off"),
        (RunState.REFUSED, OutputState.UNTOUCHED, "Refused", "output never on"),
        (RunState.UNKNOWN, OutputState.UNKNOWN, "Output state unknown", "samples"),
    ],
)
def test_header_after_a_run_says_how_it_ended(state: RunState, output: OutputState, headline: str, text: str) -> None:
    run = CurrentRun(1, Owner.THIS_WINDOW, status=RunStatus().ended(Outcome(state, output)), facts=FACTS)
    shown = header(AppState(run=run))
    assert shown.headline == headline
    assert text in shown.detail
    assert PATH.name in shown.detail
    assert shown.progress == (1.0 if state is RunState.COMPLETE else 0.0)
    assert shown.stop_text == "Stop"


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


def test_output_is_in_doubt_whenever_it_is_on_or_unknown_or_alarmed() -> None:
    for output, alarms in product(OUTPUTS, ALARMS):
        in_doubt = AppState(output=output, alarms=alarms).output_may_be_on
        assert in_doubt == (bool(alarms) or output.state in {OutputState.ON, OutputState.UNKNOWN})
