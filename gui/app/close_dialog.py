"""Question before the window closes on a run in progress: stop it, or leave it running."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from gui.common.language import tr

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from gui.app.commands import Commands
    from gui.app.state import CurrentRun


def ask_before_closing(window: QWidget, run: CurrentRun, commands: Commands) -> None:
    """Ask, without waiting for the answer. The window, and Stop in it, can be used meanwhile.

    Parameters
    ----------
    window : QWidget
    run : CurrentRun
        In progress; one on a simulated instrument ends with the window, and cannot be left.
    commands : Commands
        Told to stop the run, or to leave it running.
    """
    asked = window.findChild(QMessageBox, "closeQuestion")
    if asked is not None:
        asked.raise_()
        return
    box = QMessageBox(QMessageBox.Icon.Question, "ionecho", tr("A run is in progress."), parent=window)
    box.setObjectName("closeQuestion")
    box.setInformativeText(
        tr("The simulated instrument ends with this window, and the run with it.")
        if run.simulated
        else tr(
            "It can keep running without this window. A window that is opened later on the same folder finds it again."
        )
    )
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowModality(Qt.WindowModality.NonModal)
    answers = [
        (tr("Stop it and close"), QMessageBox.ButtonRole.DestructiveRole, "stopAndClose", commands.stop_and_close)
    ]
    if not run.simulated:
        answers.append((tr("Leave it running"), QMessageBox.ButtonRole.AcceptRole, "leaveAndClose", commands.leave_run))
    for text, role, name, answer in answers:
        made = box.addButton(text, role)
        made.setObjectName(name)
        made.clicked.connect(answer)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.show()
