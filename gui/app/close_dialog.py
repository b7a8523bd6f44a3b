"""Question before the window closes on what is being measured: stop it, or leave it running."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from gui.common.language import tr

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from gui.app.commands import Commands
    from gui.app.state import CurrentRun


def ask_before_closing(window: QWidget, run: CurrentRun | None, commands: Commands) -> None:
    """Ask, without waiting for the answer. The window, and Stop in it, can be used meanwhile.

    Parameters
    ----------
    window : QWidget
    run : CurrentRun or None
        In progress; one on a simulated instrument ends with the window, and cannot be left. None: a campaign between
        two of its points, on a simulated instrument.
    commands : Commands
        Told to stop the run, or to leave it running.
    """
    asked = window.findChild(QMessageBox, "closeQuestion")
    if asked is not None:
        asked.raise_()
        return
    question, more = _texts(run)
    box = QMessageBox(QMessageBox.Icon.Question, "ionecho", question, parent=window)
    box.setObjectName("closeQuestion")
    box.setInformativeText(more)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowModality(Qt.WindowModality.NonModal)
    answers = [
        (tr("Stop it and close"), QMessageBox.ButtonRole.DestructiveRole, "stopAndClose", commands.stop_and_close)
    ]
    if run is not None and not run.simulated:
        answers.append((tr("Leave it running"), QMessageBox.ButtonRole.AcceptRole, "leaveAndClose", commands.leave_run))
    for text, role, name, answer in answers:
        made = box.addButton(text, role)
        made.setObjectName(name)
        made.clicked.connect(answer)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.show()


def _texts(run: CurrentRun | None) -> tuple[str, str]:
    """Return the question, and what to know before it is answered."""
    if run is None:
        return (
            tr("A campaign is being measured on the simulated instrument."),
            tr("The simulated instrument ends with this window: what is left of the campaign cannot be measured then."),
        )
    if run.simulated:
        return tr("A run is in progress."), tr("The simulated instrument ends with this window, and the run with it.")
    return (
        tr("A run is in progress."),
        tr("It can keep running without this window. A window that is opened later on the same folder finds it again."),
    )
