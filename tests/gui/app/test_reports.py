"""What is shown of a saved run goes to a file: asked with keys, written by a process, told in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit

from tests.gui.kept_runs import put_run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gui.window_operator import Operator

CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
WRITES_MS = 30_000


def ask(operator: Operator, key: Qt.Key, dialog: str, name: str) -> None:
    operator.window.activateWindow()  # as a window system does when a dialog has gone
    operator.wait(operator.window.isActiveWindow)
    QTest.keyClick(operator.window, key, CTRL_SHIFT)
    asked = operator.window.findChild(QFileDialog, dialog)
    assert asked is not None
    edit = asked.findChild(QLineEdit, "fileNameEdit")
    assert edit is not None
    edit.selectAll()
    QTest.keyClicks(edit, name)
    QTest.keyClick(edit, Qt.Key.Key_Return)


def test_samples_of_the_shown_run_are_written_and_a_report_of_no_kind_is_refused_in_words(
    operator: Operator, folder: Path
) -> None:
    run, window = put_run(folder, fitted=False), operator.window
    actions = [window.findChild(QAction, name) for name in ("report.save", "report.export")]
    assert all(one is not None and not one.isEnabled() and "No saved run" in one.toolTip() for one in actions)
    window.exchange.runs_opened.emit((run,))
    line = window.findChild(QLabel, "writeLine")
    assert line is not None
    ask(operator, Qt.Key.Key_E, "dataDialog", "samples.csv")
    operator.wait(lambda: "samples.csv" in line.text() and line.isVisible())
    operator.wait(lambda: "Written" in operator.text("messageText"), WRITES_MS)
    assert not line.isVisible()
    assert sum(not text.startswith("#") for text in (folder / "samples.csv").read_text().splitlines()) >= 2000
    ask(operator, Qt.Key.Key_R, "reportDialog", "report.txt")
    operator.wait(lambda: "The report failed: " in operator.text("messageText"), WRITES_MS)
    assert "an .html or a .pdf file" in operator.text("messageText")
