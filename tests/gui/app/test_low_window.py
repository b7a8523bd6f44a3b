"""In a small window under an alarm nothing that scrolls stands within something that scrolls."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QAbstractScrollArea, QDockWidget, QScrollArea

from daq.state import Outcome
from gui.app import transitions
from tests.gui.kept_runs import put_run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gui.window_operator import Operator


def scrolls(area: QAbstractScrollArea) -> bool:
    return area.isVisible() and area.verticalScrollBar().maximum() > 0


def test_no_dock_scrolls_twice_under_an_alarm_with_a_message(operator: Operator, folder: Path) -> None:
    window = operator.window
    window.resize(900, 600)
    window.exchange.runs_opened.emit((put_run(folder / "kept"),))
    operator.wait(lambda: operator.memory_page.shown is not None)
    doubt = "the output of TCPIP::192.168.0.10::5025::SOCKET may still be ON: nobody could reach it (no route to host)"
    window.store.apply(transitions.run_ended, Outcome.unknown(doubt), datetime.now().astimezone())
    window.exchange.message.emit("sample-03.nxs: its last block is cut short: 4096 of 50,000 samples are left.")
    for dock in window.findChildren(QDockWidget):
        window.exchange.dock_wanted.emit(dock.objectName())
        holder = dock.widget()
        assert isinstance(holder, QScrollArea)
        operator.wait(holder.isVisible)
        operator.qtbot.wait(50)  # laid out
        content = holder.widget()
        assert content is not None
        within = [area for area in content.findChildren(QAbstractScrollArea) if scrolls(area)]
        assert not (scrolls(holder) and within), dock.objectName()
    assert window.height() == 600
