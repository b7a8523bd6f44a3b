"""The window shows what header and rules say, in states of every kind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QLabel

from gui.app.header import header
from gui.app.rules import Command, allowed
from gui.app.state import AppState
from gui.protocol.plan_model import PlanView, plan_protocol
from tests.gui.app.states import states_of_header, states_of_permissions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.gui.window_operator import Operator

# Every so many-th state is shown: numbers without a common divisor with the tables, so that each field takes each of
# its values. A thousand widgets' states take some seconds.
STATES = [*states_of_permissions(every=997), *states_of_header(every=991)]
BUTTONS = {
    "connectButton": Command.CONNECT,
    "foundButton": Command.FIND,
    "simulatedButton": Command.SIMULATE,
    "simulateButton": Command.SIMULATE_USUAL,
    "runButton": Command.RUN,
    "stopButton": Command.STOP,
    "acknowledgeButton": Command.CONFIRM_OFF,
}


@pytest.fixture(scope="module")
def view() -> PlanView:
    return plan_protocol("single_pulse", "keithley2461")


@pytest.fixture
def at_window(operator: Operator) -> Iterator[Operator]:
    yield operator
    operator.window.store.apply(lambda _: AppState())


def _replaced(_before: AppState, after: AppState) -> AppState:
    return after


def test_the_sample_of_states_has_every_kind_of_state() -> None:
    assert len(STATES) > 200
    for kind in (
        {state.connection.stage for state in STATES},
        {state.plan.stage for state in STATES},
        {state.fit.stage for state in STATES},
        {state.attempt.stage for state in STATES},
        {state.output.state for state in STATES},
        {state.run.status.phase for state in STATES if state.run is not None},
        {state.run.stop_request for state in STATES if state.run is not None},
    ):
        (enum,) = {type(one) for one in kind}
        assert kind == set(enum)


def test_texts_colours_and_buttons_are_those_of_the_state(at_window: Operator, view: PlanView) -> None:
    window = at_window.window
    badge = window.findChild(QLabel, "outputBadge")
    assert badge is not None
    for wanted in STATES:
        plan = wanted.plan if wanted.plan.view is None else replace(wanted.plan, view=view)
        state = replace(wanted, plan=plan)
        window.store.apply(_replaced, state)
        shown = header(state)
        assert at_window.text("headline") == shown.headline
        assert at_window.text("detail") == shown.detail
        assert at_window.text("warning") == shown.warning
        assert at_window.is_visible("warning") == bool(state.alarms)
        assert at_window.is_visible("unknownOutput") == bool(state.alarms)
        assert (badge.text(), badge.toolTip()) == (shown.badge.text, shown.badge.tip)
        assert badge.isVisible()
        assert badge.property("tone") == shown.badge.tone.value
        assert at_window.button("stopButton").text() == shown.stop_text
        for name, command in BUTTONS.items():
            reason = allowed(state)[command].reason
            assert at_window.button(name).isEnabled() == (not reason), (name, state)
            if reason:
                assert at_window.button(name).toolTip() == reason
            else:
                assert at_window.button(name).toolTip()
