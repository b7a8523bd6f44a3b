"""Permissions in every state of the window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gui.app.fit_state import FitStage
from gui.app.queue_state import QueueState
from gui.app.rules import Command, allowed
from gui.app.state import AppState, AttemptStage, PlanStage
from gui.common.instrument import ConnectionStage, Simulator
from gui.common.queue_view import CampaignView, QueueView
from tests.gui.app.states import states_of_permissions


@pytest.fixture(scope="module")
def permissions() -> list[tuple[AppState, dict[Command, str]]]:
    """Return every state with the reason against each command; states with the same reasons share them."""
    kept: dict[tuple[str, ...], dict[Command, str]] = {}
    found = []
    for state in states_of_permissions():
        permissions = allowed(state)
        reasons = tuple(permission.reason for permission in permissions.values())
        if reasons not in kept or list(kept[reasons]) != list(permissions):
            kept[reasons] = dict(zip(permissions, reasons, strict=True))
        found.append((state, kept[reasons]))
    return found


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
    assert set(busy) == {
        "A run is in progress.",
        "An output is being switched off.",
        "The instrument is still being connected.",
    }


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
            and state.attempt.stage is not AttemptStage.TRYING
        )
        assert (not reasons[Command.RUN]) == ready


def test_one_simulated_instrument_is_not_connected_to_twice(permissions: Permissions) -> None:
    for state, reasons in permissions:
        if state.run_in_progress is None and state.connection.stage is ConnectionStage.CONNECTED:
            trying = state.attempt.stage is AttemptStage.TRYING
            assert bool(reasons[Command.SIMULATE_USUAL]) == (state.connection.is_simulated or trying)
            assert bool(reasons[Command.SIMULATE]) == trying


def test_fit_needs_a_finished_run_and_cancel_a_fit(permissions: Permissions) -> None:
    for state, reasons in permissions:
        fitting = state.fit.stage is FitStage.FITTING
        assert (not reasons[Command.CANCEL_FIT]) == fitting
        assert (not reasons[Command.FIT]) == (state.finished_run is not None and not fitting)


def test_only_an_alarm_can_be_confirmed(permissions: Permissions) -> None:
    assert all(bool(reasons[Command.CONFIRM_OFF]) == (not state.alarms) for state, reasons in permissions)


# -- the table --------------------------------------------------------------------------------------------------------

IN_A_RUN = "A run is in progress: stop it or wait for its end before you connect another instrument."
SWITCHING_OFF = "An output is being switched off."


def expected_connect(state: AppState) -> str:
    if state.run_in_progress is not None:
        return IN_A_RUN
    if state.attempt.stage is AttemptStage.TRYING:
        return SWITCHING_OFF
    return {
        ConnectionStage.NONE: "",
        ConnectionStage.STARTING_SIMULATOR: "A simulated instrument is starting.",
        ConnectionStage.CONNECTING: "Connecting to TCPIP::10.0.0.7::5025::SOCKET.",
        ConnectionStage.CONNECTED: "",
    }[state.connection.stage]


def expected_run(state: AppState) -> str:
    if state.run_in_progress is not None:
        return "A run is in progress."
    if state.attempt.stage is AttemptStage.TRYING:
        return SWITCHING_OFF
    if state.connection.stage in {ConnectionStage.STARTING_SIMULATOR, ConnectionStage.CONNECTING}:
        return "The instrument is still being connected."
    if state.connection.stage is ConnectionStage.NONE:
        return "No instrument is connected."
    if state.plan.driver == "ec301":
        return "The plan was made for another instrument: choose the protocol again."
    return {
        PlanStage.NONE: "No protocol is chosen.",
        PlanStage.PLANNING: "The plan is still being made.",
        PlanStage.READY: "",
        PlanStage.REFUSED: "The protocol cannot be run: see the page Plan.",
    }[state.plan.stage]


def expected_fit(state: AppState) -> str:
    if state.fit.stage is FitStage.FITTING:
        return "A fit is in progress: cancel it first."
    if state.run_in_progress is not None:
        return "The run is still in progress."
    return "" if state.run is not None and state.run.facts is not None else "There is no finished run yet."


def test_every_button_in_every_state_is_as_the_table_says_with_its_reason(permissions: Permissions) -> None:
    for state, reasons in permissions:
        connect = expected_connect(state)
        is_simulated = state.connection.stage is ConnectionStage.CONNECTED and state.connection.kind == "keithley2461"
        usual = "The simulated instrument is connected already." if is_simulated else ""
        assert reasons == {
            Command.CONNECT: connect,
            Command.FIND: connect,
            Command.SIMULATE: connect,
            Command.SIMULATE_USUAL: connect or usual,
            Command.RUN: expected_run(state),
            Command.STOP: "",
            Command.FIT: expected_fit(state),
            Command.CANCEL_FIT: "" if state.fit.stage is FitStage.FITTING else "No fit is in progress.",
            Command.CONFIRM_OFF: "" if state.alarms else "No output is in doubt.",
            Command.ZOOM_OUT: "",
        }, state


@pytest.mark.parametrize(
    ("resource", "conducted", "paused", "asks"),
    [
        ("TCPIP0::127.0.0.1::1::SOCKET", True, False, True),
        ("TCPIP0::127.0.0.1::1::SOCKET", False, False, False),
        ("TCPIP0::127.0.0.1::1::SOCKET", True, True, False),
        ("TCPIP0::127.0.0.1::2::SOCKET", True, False, False),
    ],
)
def test_a_campaign_that_ends_with_the_window_is_asked_about_once(
    resource: str, conducted: bool, paused: bool, asks: bool
) -> None:
    campaign = CampaignView(
        1, "ageing", resource, Path("ageing"), "running", "paused" if paused else "running", is_conducted=conducted
    )
    state = AppState(
        simulators=(Simulator("keithley2461", "TCPIP::127.0.0.1::1::SOCKET"),),
        queue=QueueState(QueueView((campaign,), is_read=True)),
    )
    assert state.asks_before_closing == asks
    assert not replace(state, close_when_ended=True).asks_before_closing
