"""Errors that nobody foresaw become messages; no view waits indefinitely."""

from __future__ import annotations

import json
import socket
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from daq import Outcome, OutputState, Phase, RunState, RunStatus
from gui.app import transitions
from gui.app.start import show_unforeseen
from gui.common.instrument import ConnectionStage
from gui.services.child_process import JsonChild
from gui.services.jobs import Jobs
from gui.services.run_follower import RunFollower, RunRequest
from protocols import ConnectionLost
from tests.gui.window_operator import SIMULATOR_STARTS_MS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from tests.gui.window_operator import Operator

PATH = Path("runs/pulse.nxs")
ERRORS = [KeyError("level"), SystemExit("a plug-in ends"), RecursionError("too deep"), MemoryError()]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_whatever_planning_raises_is_said_on_its_page(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(_source: object, _driver: str) -> None:
        raise error

    monkeypatch.setattr("gui.app.commands.plan_protocol", fail)
    operator.choose("Single pulse")
    operator.wait(lambda: type(error).__name__ in operator.text("planFault"))
    assert "cannot be run" in operator.text("planTitle")
    assert operator.button("runButton").toolTip()


def test_an_answer_that_cannot_be_shown_is_an_error_too(qtbot: QtBot, operator: Operator) -> None:
    told: list[str] = []

    def show(_answer: int) -> None:
        raise ValueError("no such row")

    Jobs(operator.window).do(lambda: 1, show, lambda error: told.append(str(error)))
    operator.wait(lambda: bool(told))
    assert "ValueError: no such row" in told[0]


@pytest.mark.parametrize("document", ["{}", '{"instruments": []}', "[1]", '{"instruments": [{"problem": ""}]}'])
def test_a_question_with_a_strange_answer_ends(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, document: str
) -> None:
    monkeypatch.setattr(JsonChild, "start", lambda *_: None)
    operator.window.commands.connect_to("smu")
    assert operator.window.store.state.connection.is_busy
    for child in operator.window.commands.instruments.findChildren(JsonChild):
        child.documented.emit(json.loads(document))
    assert operator.window.store.state.connection.stage is ConnectionStage.NONE
    assert "An error inside ionecho" in operator.text("messageText")


def test_a_child_that_never_answers_is_given_up(qtbot: QtBot, operator: Operator) -> None:
    """``ionecho sim`` announces itself and then serves: as a child that is to print one document, it never ends."""
    child = JsonChild("The question", operator.window, limit_s=0.5)
    told: list[str] = []
    child.failed.connect(told.append)
    child.start("sim", "keithley2450", "--json")
    operator.wait(lambda: bool(told), SIMULATOR_STARTS_MS)
    assert "The question has not come to an end within" in told[0]
    operator.wait(lambda: not child.is_running)


def test_questions_searches_and_starts_have_a_limit(operator: Operator) -> None:
    instruments, simulators = operator.window.commands.instruments, operator.window.commands.simulators
    instruments.ask("TCPIP::127.0.0.1::9::SOCKET")
    simulators.start("ec301")
    children = [*instruments.findChildren(JsonChild), *simulators.findChildren(JsonChild)]
    assert len(children) == 3
    assert all(0.0 < child.limit_s <= 60.0 for child in children)


def test_an_error_that_nobody_catches_becomes_a_message_once(
    operator: Operator, restored_hooks: None, capsys: pytest.CaptureFixture[str]
) -> None:
    show_unforeseen(operator.window.commands.message.emit)
    for _ in range(3):
        sys.excepthook(ZeroDivisionError, ZeroDivisionError("by nothing"), None)
    operator.wait(lambda: "ZeroDivisionError: by nothing" in operator.text("messageText"))
    assert operator.text("messageText").count("ZeroDivisionError") == 1
    assert "by nothing" in capsys.readouterr().err

    def fail() -> None:
        raise LookupError("in a thread")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    operator.wait(lambda: "LookupError: in a thread" in operator.text("messageText"))


@pytest.fixture
def restored_hooks() -> Iterator[None]:
    hooks = sys.excepthook, threading.excepthook
    sys.excepthook = sys.__excepthook__
    yield
    sys.excepthook, threading.excepthook = hooks


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_run_that_cannot_be_started_for_any_reason_is_not_waited_for(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr("daq.Bench", fail, raising=False)
    operator.window.store.apply(transitions.run_ordered)
    operator.window.commands.runs.start(RunRequest("TCPIP::127.0.0.1::9::SOCKET", Path("runs"), None))  # type: ignore[arg-type]
    operator.wait(lambda: operator.window.store.state.run is None)
    assert "The run was not started" in operator.text("messageText")
    assert type(error).__name__ in operator.text("messageText")


class FakeRun:
    """A run of which everything can be learned but its curves."""

    path = PATH

    def __init__(self) -> None:
        self.status = RunStatus(Phase.RUNNING, 1, 2, OutputState.ON)

    def poll(self) -> RunStatus:
        return self.status

    def close(self) -> None:
        pass


def test_curves_that_cannot_be_read_do_not_hide_how_the_run_stands_and_ends(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower, run = RunFollower(), FakeRun()

    def fail(_run: object, _outcome: object) -> None:
        raise OSError("Input/output error")

    monkeypatch.setattr("daq.attach", lambda _: run, raising=False)
    monkeypatch.setattr(follower, "_read", fail)
    shown: dict[str, list[object]] = {"progressed": [], "unforeseen": [], "ended": []}
    for name, found in shown.items():
        getattr(follower, name).connect(found.append)
    follower.attach(PATH)
    qtbot.waitUntil(lambda: len(shown["progressed"]) > 3)
    assert len(shown["unforeseen"]) == 1
    assert "Input/output error" in str(shown["unforeseen"][0])
    run.status = run.status.ended(Outcome(RunState.COMPLETE, OutputState.OFF))
    qtbot.waitUntil(lambda: bool(shown["ended"]))
    assert shown["ended"] == [Outcome(RunState.COMPLETE, OutputState.OFF)]


def test_a_follower_that_hangs_is_noticed_and_stop_still_works(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on = threading.Event()

    class Hanging(FakeRun):
        def poll(self) -> RunStatus:
            if self.status.n_samples:
                self.status = RunStatus(Phase.RUNNING, 0, 2, OutputState.ON)
                return self.status
            may_go_on.wait(60)
            return self.status.ended(Outcome(RunState.STOPPED, OutputState.OFF))

    asked: list[str] = []
    monkeypatch.setattr("daq.attach", lambda _: Hanging(), raising=False)
    monkeypatch.setattr("gui.services.runs.request_end", lambda _path, how, _over, _failed: asked.append(how))
    monkeypatch.setattr("gui.services.runs._SILENT_S", 0.5)
    operator.window.store.apply(transitions.run_found, PATH, datetime.now().astimezone())
    operator.window.commands.runs.attach(PATH)
    operator.wait(lambda: operator.text("headline") == "No report from the run")
    assert operator.text("outputBadge").startswith("OUTPUT UNKNOWN since ")
    operator.click("stopButton")
    operator.wait(lambda: asked == ["stop"])
    may_go_on.set()
    operator.wait(lambda: operator.text("headline") == "Stopped")


def test_a_request_to_stop_that_nobody_takes_is_told_and_tried_on(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_be_taken, taken = threading.Event(), []

    class Deaf(FakeRun):
        def stop(self) -> None:
            if not may_be_taken.is_set():
                raise ConnectionLost("the guardian does not answer")
            taken.append("stop")

    monkeypatch.setattr("daq.attach", lambda _: Deaf(), raising=False)
    monkeypatch.setattr("gui.services.run_follower._TELL_S", 0.3)
    operator.window.store.apply(transitions.run_found, PATH, datetime.now().astimezone())
    operator.window.commands.runs.attach(PATH)
    operator.wait(lambda: operator.text("headline") == "Running")
    operator.click("stopButton")
    operator.wait(lambda: operator.text("headline") == "Stop not confirmed")
    assert operator.text("warning") == "OUTPUT MAY BE ON"
    assert "guardian does not answer" in operator.text("unknownOutputReason")
    may_be_taken.set()
    operator.wait(lambda: operator.text("headline") == "Stopping …")
    assert taken == ["stop"]
    assert operator.text("warning") == "OUTPUT MAY BE ON", "nothing was read back yet"
    operator.window.commands.leave_run()


# -- no Run while connecting ------------------------------------------------------------------------------------------


@pytest.fixture
def silent_peer() -> Iterator[str]:
    """A peer that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"TCPIP::127.0.0.1::{server.getsockname()[1]}::SOCKET"


def test_while_connecting_nothing_can_be_run_or_connected_and_each_button_says_why(
    operator: Operator, silent_peer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[object] = []
    monkeypatch.setattr(operator.window.commands.runs, "start", begun.append)
    operator.connect_simulated()
    operator.choose("Single pulse")
    operator.wait(operator.button("runButton").isEnabled)
    address = operator.window.findChild(QLineEdit, "resourceEdit")
    assert address is not None
    address.setText(silent_peer)
    operator.click("connectButton")
    assert operator.window.store.state.connection.is_busy
    assert operator.text("detail") == "Wait until the instrument has answered."
    assert not operator.button("runButton").isEnabled()
    assert operator.button("runButton").toolTip() == "The instrument is still being connected."
    for name in ("connectButton", "foundButton", "simulateButton", "simulatedButton"):
        assert not operator.button(name).isEnabled()
        assert operator.button(name).toolTip() == f"Connecting to {silent_peer}."
    QTest.mouseClick(operator.button("runButton"), Qt.MouseButton.LeftButton)
    QTest.keyClick(operator.window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(address, Qt.Key.Key_Return)
    assert begun == []
    operator.wait(lambda: not operator.window.store.state.connection.is_busy, 60_000)
    assert silent_peer in operator.text("messageText")
    assert begun == []
