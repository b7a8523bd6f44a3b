"""Stop under "output may be on": a fresh session, its read-back, and what the window says of it."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from daq import open_run, unconfirmed_outputs
from daq.execution.output_marker import OutputMarker
from daq.files.header import Header
from daq.files.layout import create_run_file
from daq.files.open_file import RunFileBytes
from daq.instrument_locks import instrument_held
from daq.state import RunState
from drivers import Identity
from protocols import Sample, when_free
from sim_instruments.serving.in_process import InProcess, served_here
from tests.patience import patience, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.gui.window_operator import Operator

EC301 = Identity("Stanford Research Systems", "EC301", "1", "1")
NOBODY = "TCPIP::127.0.0.1::9::SOCKET"  # the port of `discard`, on which nothing listens
# What an instrument that does not answer is tried in these tests; ten seconds else.
TRY_S = 0.5


def is_on(instrument: InProcess) -> bool:
    """Whether the output is on, read inside the simulated instrument."""
    seen: list[bool] = []
    instrument.do(lambda: seen.append(instrument.served.host.device.output_is_on))
    return seen[0]


@pytest.fixture
def ec301() -> Iterator[InProcess]:
    """An EC301 whose cell is on: it holds its last level as long as nobody switches it off."""
    with served_here("ec301") as instrument:
        with socket.create_connection(("127.0.0.1", int(instrument.resource.split("::")[2]))) as link:
            link.sendall(b"ceenab 1\n")
            until(lambda: is_on(instrument))
        yield instrument


def leave(folder: Path, resource: str, name: str = "run.nxs") -> Path:
    """Make the file of a run whose processes have died while the output was on."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    create_run_file(path, Header("t", "", Sample(), EC301, resource, {}, None, 100, 1.0))
    file = RunFileBytes(path)
    file.set_state(RunState.RUNNING)
    file.close()
    return path


def recall(operator: Operator) -> None:
    """Let the window look for what earlier runs have left, as it does when it opens."""
    operator.window.commands.look_for_runs()
    operator.wait(lambda: operator.is_visible("unknownOutput"))
    assert operator.text("warning") == "OUTPUT MAY BE ON"
    assert operator.button("stopButton").text() == "Switch off"


def test_stop_under_an_alarm_switches_off_reads_that_back_and_ends_the_alarm(
    operator: Operator, folder: Path, ec301: InProcess
) -> None:
    path = leave(folder, ec301.resource)
    OutputMarker(ec301.resource).write("ec301", path)
    recall(operator)
    operator.click("stopButton")
    operator.wait(lambda: not operator.is_visible("unknownOutput"), 20_000)
    assert not is_on(ec301)
    assert not operator.is_visible("warning")
    assert "read back as off" in operator.text("detail")
    assert operator.text("outputBadge").startswith("OUTPUT OFF since ")
    assert unconfirmed_outputs(folder) == {}, "the next window does not recall it"
    outcome = open_run(path).recorded_outcome()
    assert outcome is not None
    assert (outcome.state, outcome.output) == ("aborted", "off")
    assert outcome.reason == "switched off and read back as off by a window"
    assert OutputMarker(ec301.resource).read() is None


def test_a_look_that_began_before_the_output_was_switched_off_raises_no_alarm(
    operator: Operator, folder: Path, ec301: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(folder, ec301.resource)
    recall(operator)
    n_looks, go_on = [0], threading.Event()

    def look(where: Path) -> dict[Path, str]:
        found = unconfirmed_outputs(where)
        n_looks[0] += 1
        go_on.wait(patience(60))
        return found

    monkeypatch.setattr("gui.app.commands.unconfirmed_outputs", look)
    operator.window.commands.look_for_runs()
    operator.wait(lambda: n_looks[0] == 1)
    operator.click("stopButton")
    operator.wait(lambda: not operator.is_visible("unknownOutput"), 20_000)
    go_on.set()
    operator.wait(lambda: n_looks[0] == 2)  # what was seen before is past, and is looked for again
    assert operator.window.store.state.alarms == ()


def test_the_shortcut_does_the_same(operator: Operator, folder: Path, ec301: InProcess) -> None:
    leave(folder, ec301.resource)
    recall(operator)
    operator.window.activateWindow()
    QTest.keyClick(operator.window, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    operator.wait(lambda: not operator.is_visible("warning"), 20_000)
    assert not is_on(ec301)


def test_an_instrument_that_does_not_answer_keeps_its_alarm_and_the_window_says_why(
    operator: Operator, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gui.services.outputs.TRY_S", TRY_S)
    leave(folder, NOBODY)
    recall(operator)
    operator.click("stopButton")
    operator.wait(lambda: "could not be read back as off" in operator.text("detail"), 20_000)
    assert operator.text("warning") == "OUTPUT MAY BE ON"
    assert "press the OUTPUT key of the instrument" in operator.text("detail")
    assert NOBODY in operator.text("unknownOutputReason")
    assert operator.text("outputBadge").startswith("OUTPUT UNKNOWN since ")
    assert operator.button("stopButton").text() == "Switch off", "it can be tried again"
    assert list(unconfirmed_outputs(folder))


def test_of_two_outputs_the_one_that_was_read_back_loses_its_alarm(
    operator: Operator, folder: Path, ec301: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gui.services.outputs.TRY_S", TRY_S)
    leave(folder, ec301.resource)
    gone = leave(folder, NOBODY, "gone.nxs")
    recall(operator)
    operator.wait(lambda: len(operator.window.store.state.alarms) == 2)
    operator.click("stopButton")
    operator.wait(lambda: "1 of 2 outputs" in operator.text("detail"), 20_000)
    assert [alarm.path for alarm in operator.window.store.state.alarms] == [gone]
    assert operator.text("warning") == "OUTPUT MAY BE ON"
    assert not is_on(ec301)


def test_an_instrument_that_another_run_has_is_not_disturbed(
    operator: Operator, folder: Path, ec301: InProcess
) -> None:
    leave(folder, ec301.resource)
    recall(operator)
    with instrument_held(ec301.resource, "the run of somebody else"):
        operator.click("stopButton")
        operator.wait(lambda: "could not be read back as off" in operator.text("detail"), 20_000)
        assert is_on(ec301)
    assert "the run of somebody else" in operator.text("unknownOutputReason")
    assert operator.is_visible("warning")


def test_the_output_of_a_run_whose_file_is_gone_is_switched_off_all_the_same(
    operator: Operator, folder: Path, ec301: InProcess
) -> None:
    path = leave(folder, ec301.resource)
    recall(operator)
    store = operator.window.store
    (alarm,) = store.state.alarms
    store.apply(lambda state: replace(state, alarms=(replace(alarm, resource=ec301.resource),)))
    when_free(path.unlink)  # Windows deletes no file that the list of runs is just looking into
    operator.click("stopButton")
    operator.wait(lambda: not operator.is_visible("warning"), 20_000)
    assert not is_on(ec301)


def test_the_window_answers_while_a_fresh_session_is_tried_and_tries_one_at_a_time(
    operator: Operator, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end, calls = threading.Event(), []

    def slow(outputs: list[object]) -> list[str]:
        calls.append(outputs)
        may_end.wait(60)
        return [""] * len(outputs)

    monkeypatch.setattr("gui.app.commands.switch_off_all", slow)
    leave(folder, NOBODY)
    recall(operator)
    operator.click("stopButton")
    operator.wait(lambda: operator.text("headline") == "Switching the output off …")
    operator.wait(lambda: bool(calls))
    for name in ("connectButton", "simulateButton", "runButton"):
        assert not operator.button(name).isEnabled()
        assert operator.button(name).toolTip() == "An output is being switched off."
    assert operator.button("stopButton").isEnabled()
    operator.click("stopButton")
    operator.wait(lambda: "already" in operator.text("detail"))
    operator.choose("Single pulse")
    operator.wait(lambda: operator.text("planTitle") == "Single pulse")
    assert operator.is_visible("warning")
    may_end.set()
    operator.wait(lambda: not operator.is_visible("warning"))
    assert len(calls) == 1


def test_an_error_that_nobody_foresaw_in_a_fresh_session_keeps_the_alarm(
    operator: Operator, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_outputs: object) -> list[str]:
        raise SystemExit("a driver of somebody else")

    monkeypatch.setattr("gui.app.commands.switch_off_all", fail)
    leave(folder, NOBODY)
    recall(operator)
    operator.click("stopButton")
    operator.wait(lambda: "could not be read back as off" in operator.text("detail"))
    assert "a driver of somebody else" in operator.text("unknownOutputReason")
    assert operator.is_visible("warning")
