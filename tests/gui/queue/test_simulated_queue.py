"""A queue on the window's own simulated instrument is measured, and nobody is told that it outlives the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMessageBox, QPushButton

from daq.campaign.folder import CampaignFolder
from daq.campaign.states import CampaignState
from daq.campaign.view import read_status

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gui.window_operator import Operator

DOCUMENT = """
name = "one pulse"
[sequence]
kind = "pulse"
level = "20 mV"
width = "1 s"
before = "10 ms"
after = "{after}"
[sampling]
interval = "1 ms"
[limits]
voltage = "100 mV"
current = "10 mA"
"""


def _queued(operator: Operator, path: Path, after: str) -> None:
    path.write_text(DOCUMENT.format(after=after))
    before = len(operator.window.store.state.queue.view.campaigns)
    operator.window.exchange.queue_wanted.emit(path)
    operator.wait(lambda: len(operator.window.store.state.queue.view.campaigns) == before + 1, 60_000)


def test_the_queue_is_measured_on_the_simulated_cell_and_ends_with_the_window(
    operator: Operator, tmp_path: Path
) -> None:
    state = operator.window.store
    operator.window.exchange.dock_wanted.emit("queue")
    operator.wait(lambda: operator.window.findChild(QLabel, "queueSimulated") is not None)
    assert not operator.is_visible("queueSimulated")
    operator.wait(lambda: "while this window is closed" in operator.text("queueEmpty"))
    operator.connect_simulated()
    operator.wait(lambda: operator.is_visible("queueSimulated"))
    assert "ends with this window" in operator.text("queueSimulated")
    assert "closed" not in operator.text("queueEmpty")
    _queued(operator, tmp_path / "short.toml", "10 ms")
    _queued(operator, tmp_path / "long.toml", "200 s")
    operator.wait(operator.button("queueStartButton").isEnabled)
    operator.click("queueStartButton")
    operator.wait(lambda: any(one.state == "done" for one in state.state.queue.view.campaigns), 90_000)
    operator.wait(lambda: (run := state.state.run_in_progress) is not None and run.facts is not None, 60_000)
    run = state.state.run_in_progress
    assert run is not None
    assert run.simulated
    # The run of a queue on a simulated instrument cannot be left running.
    assert not operator.window.close()
    question = operator.window.findChild(QMessageBox, "closeQuestion")
    assert question is not None
    assert question.findChild(QPushButton, "leaveAndClose") is None
    stop = question.findChild(QPushButton, "stopAndClose")
    assert stop is not None
    QTest.mouseClick(stop, Qt.MouseButton.LeftButton)
    operator.wait(lambda: not operator.window.isVisible(), 60_000)
    assert not state.state.alarms, "the output was read back as off before the instrument ended"
    (left,) = (one for one in state.state.queue.view.campaigns if one.state != "done")
    folder = CampaignFolder(left.folder)
    operator.wait(lambda: not folder.is_owned, 30_000)  # no process waits for an instrument that there is no more
    assert read_status(folder).state is CampaignState.STOPPED
