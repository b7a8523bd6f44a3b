"""Are children of the window ended, and none killed because its object has gone first?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication

from gui.services.child_process import JsonChild, end_children
from gui.services.refits import Refits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

SIMULATOR = ("sim", "keithley2461", "--json", "--until-eof")


def complaints(qtlog: Any) -> list[str]:
    return [one.message for one in qtlog.records if "QProcess" in one.message]


def is_gone(one: QObject) -> Callable[[], bool]:
    ended: list[bool] = []
    one.destroyed.connect(lambda: ended.append(True))
    return lambda: bool(ended)


def test_a_child_that_is_let_go_ends_before_its_object_does(qtbot: QtBot, qtlog: Any) -> None:
    service = QObject()
    child = JsonChild("The simulated instrument", service, serves=True)
    gone = is_gone(child)
    with qtbot.waitSignal(child.documented, timeout=60_000):
        child.start(*SIMULATOR)
    child.let_go()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not gone()
    qtbot.waitUntil(gone, timeout=60_000)
    assert not complaints(qtlog)


def test_a_child_that_has_ended_or_never_began_is_let_go_at_once(qtbot: QtBot) -> None:
    service = QObject()
    child = JsonChild("The question", service)
    gone = is_gone(child)
    child.let_go()
    qtbot.waitUntil(gone)


def test_fits_that_were_cancelled_are_waited_for_by_a_window_that_closes(
    qtbot: QtBot, qtlog: Any, tmp_path: Path
) -> None:
    service = QObject()
    refits = Refits(service)
    runs = tuple(tmp_path / f"{number}.nxs" for number in range(3))
    for run in runs:
        run.write_bytes(b"no run")
    refits.start(runs, ("R0",))
    children = refits.findChildren(JsonChild)
    qtbot.waitUntil(lambda: all(one.is_running for one in children))
    refits.cancel()
    assert any(one.is_running for one in children), "a process takes its time to end"
    refits.close()
    assert not any(one.is_running for one in children)
    gone = is_gone(service)
    service.deleteLater()
    qtbot.waitUntil(gone)
    assert not complaints(qtlog)


def test_a_closing_window_ends_children_of_its_services(qtbot: QtBot) -> None:
    service = QObject()
    child = JsonChild("The simulated instrument", service, serves=True)
    with qtbot.waitSignal(child.documented, timeout=60_000):
        child.start(*SIMULATOR)
    end_children(service)
    assert not child.is_running
