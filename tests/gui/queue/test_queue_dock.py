"""The queue on disk follows what is done in its dock, and what became of its process is told and mended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from daq.campaign.campaign_in_progress import STARTED
from daq.campaign.folder import CampaignFolder, create_campaign
from daq.campaign.queue import ItemState, Queue
from daq.campaign.schema import PlannedPoint
from daq.campaign.states import CampaignState, PointState
from daq.campaign.store import CampaignStore
from gui.app.areas.queue_area import QueueArea
from gui.queue.queue_tree import QueueTree
from protocols import Limits
from tests.gui.docks import Dock

R = "TCPIP::192.0.2.10::5025::SOCKET"
"""An address of nobody (RFC 5737)."""
DOCUMENT = """
name = "two levels"
[sequence]
kind = "pulse"
width = "20 ms"
before = "10 ms"
after = "1 s"
[sampling]
interval = "1 ms"
[limits]
voltage = "100 mV"
current = "10 mA"
[[sweep]]
field = "sequence.level"
values = ["10 mV", "20 mV"]
"""


@pytest.fixture
def dock(qtbot: QtBot, tmp_path: Path) -> Iterator[Dock]:
    dock = Dock(qtbot, QueueArea, tmp_path / "runs")
    dock.wait(lambda: dock.store.state.queue.view.is_read)
    yield dock
    dock.close()


def _add(tmp_path: Path, name: str) -> int:
    points = [PlannedPoint(k, f"point {k}", f"000{k}.nxs", None, 1.0) for k in (1, 2)]
    return Queue().add(R, create_campaign(tmp_path / name, "", points, name, (R, Limits(), "")), name)


def _tree(dock: Dock) -> QueueTree:
    return dock.find(QueueTree, "queueTree")


def _shown(dock: Dock) -> list[str]:
    tree = _tree(dock)
    return [tree.topLevelItem(row).text(0) for row in range(tree.topLevelItemCount())]  # type: ignore[union-attr]


def _on_disk() -> list[str]:
    return [one.name for one in Queue().items(R) if one.state is ItemState.WAITING]


def _middle(dock: Dock, name: str) -> QPoint:
    item = _tree(dock).topLevelItem(_shown(dock).index(name))
    assert item is not None
    return _tree(dock).visualItemRect(item).center()


def test_three_are_reordered_by_drag_and_by_keys_and_one_is_removed(dock: Dock, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        _add(tmp_path, name)
    dock.wait(lambda: _shown(dock) == ["a", "b", "c"])
    port = _tree(dock).viewport()
    QTest.mousePress(port, Qt.MouseButton.LeftButton, pos=_middle(dock, "c"))
    for y in (-10, -20):
        QTest.mouseMove(port, _middle(dock, "c") + QPoint(0, y))
    QTest.mouseMove(port, _middle(dock, "a") - QPoint(0, 4))
    QTest.mouseRelease(port, Qt.MouseButton.LeftButton, pos=_middle(dock, "a") - QPoint(0, 4))
    dock.wait(lambda: _shown(dock) == ["c", "a", "b"])
    assert _on_disk() == ["c", "a", "b"]
    QTest.mouseClick(port, Qt.MouseButton.LeftButton, pos=_middle(dock, "b"))
    QTest.keyClick(_tree(dock), Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    dock.wait(lambda: _on_disk() == ["c", "b", "a"] and _shown(dock) == ["c", "b", "a"])
    dock.wait(dock.find(QPushButton, "queueDownButton").isEnabled)
    QTest.keyClick(_tree(dock), Qt.Key.Key_Delete)
    dock.wait(lambda: _on_disk() == ["c", "a"] and _shown(dock) == ["c", "a"])
    assert (tmp_path / "b" / "campaign.sqlite").is_file(), "its folder stays"


def test_a_campaign_opens_to_its_points_with_the_reasons_of_failures(dock: Dock, tmp_path: Path) -> None:
    _add(tmp_path, "a")
    taken = Queue().take(R)
    assert taken is not None
    store = CampaignStore(CampaignFolder(taken.folder).state)
    store.set_state(CampaignState.RUNNING, 1.0)
    store.begin(1, 2.0)
    store.end(1, PointState.DONE, "", 3.0, ("id", 700))
    store.begin(2, 4.0)
    store.repeat(2, "aside/0002.attempt-1.nxs", "the cable was pulled", 5.0, "")
    store.begin(2, 6.0)
    store.end(2, PointState.FAILED, "the cable was pulled again", 7.0)
    store.set_state(CampaignState.FAILED, 8.0, "1 of 2 points failed")
    store.close()
    Queue().finish(taken.id, ItemState.FAILED, "1 of 2 points failed")
    opened: list[tuple[Path, ...]] = []
    dock.exchange.runs_opened.connect(opened.append)
    dock.wait(lambda: _shown(dock) == ["a"])
    tree = _tree(dock)
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=_middle(dock, "a"))
    QTest.keyClick(tree, Qt.Key.Key_Right)
    campaign = tree.topLevelItem(0)
    assert campaign is not None
    dock.wait(lambda: campaign.childCount() == 2)
    texts = [[child.text(column) for column in range(3)] for child in map(campaign.child, (0, 1)) if child is not None]
    assert texts[0] == ["1  point 1", "done", "700"]
    assert texts[1][1] == "failed (attempt 2): the cable was pulled again"
    at = tree.visualItemRect(campaign.child(0)).center()  # type: ignore[arg-type]
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseDClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert opened == [(taken.folder / "0001.nxs",)]
    assert dock.find(QPushButton, "queueStartButton").isEnabled(), "what failed can be measured again"


def test_nothing_is_added_without_an_instrument_and_a_wrong_file_is_told(dock: Dock, tmp_path: Path) -> None:
    dock.exchange.queue_wanted.emit(tmp_path / "none.toml")
    assert "connect an instrument" in dock.messages[-1]
    dock.find(QComboBox, "queueInstrument").setCurrentText(R)
    dock.exchange.queue_wanted.emit(tmp_path / "none.toml")
    dock.wait(lambda: "none.toml" in dock.messages[-1], 60.0)
    assert Queue().items() == []


def test_a_queue_is_paused_its_process_killed_and_that_is_told_and_resumed(
    dock: Dock, tmp_path: Path, simulated: Callable[..., str]
) -> None:
    followed = dock.orders.followed
    (tmp_path / "two.toml").write_text(DOCUMENT)
    dock.find(QComboBox, "queueInstrument").setCurrentText(simulated())
    dock.exchange.queue_wanted.emit(tmp_path / "two.toml")
    dock.wait(lambda: _shown(dock) == ["two levels"], 60.0)
    dock.click("queueStartButton")
    dock.wait(lambda: len(followed) == 1, 60.0)
    dock.wait(dock.find(QPushButton, "queuePauseButton").isEnabled)
    dock.orders.campaign_stop_wanted.emit()  # Stop of the window, between two points or at one
    dock.wait(lambda: "The output is off" in dock.find(QLabel, "queueSentence").text(), 60.0)
    process = STARTED[-1]
    process.kill()
    process.wait()
    told = dock.find(QLabel, "queueAlarm")
    dock.wait(lambda: "was killed" in told.text(), 30.0)
    assert dock.find(QPushButton, "queueStartButton").text() == "Resume"
    dock.click("queueStartButton")
    dock.wait(lambda: [one.state for one in dock.store.state.queue.view.campaigns] == ["done"], 90.0)
    assert [one.n_done for one in dock.store.state.queue.view.campaigns] == [2]
    assert not told.isVisible()
    assert {one.name[:4] for one in followed} == {"0001", "0002"}, "the live view is told of the run of each point"
