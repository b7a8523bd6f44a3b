"""Question before the window closes on a run in progress: stop it, or leave it running."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget


def ask_before_closing(
    window: QWidget, *, simulated: bool, stop: Callable[[], None], leave: Callable[[], None]
) -> None:
    """Ask, without waiting for the answer. The window, and Stop in it, can be used meanwhile.

    Parameters
    ----------
    window : QWidget
    simulated : bool
        Whether the instrument ends with the window: then the run cannot be left.
    stop, leave : callable
        Called if the run is to be stopped, or left running.
    """
    asked = window.findChild(QMessageBox, "closeQuestion")
    if asked is not None:
        asked.raise_()
        return
    box = QMessageBox(QMessageBox.Icon.Question, "ionecho", "A run is in progress.", parent=window)
    box.setObjectName("closeQuestion")
    box.setInformativeText(
        "The simulated instrument ends with this window, and the run with it."
        if simulated
        else "It can keep running without this window. A window that is opened later on the same folder finds it again."
    )
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowModality(Qt.WindowModality.NonModal)
    answers = [("Stop it and close", QMessageBox.ButtonRole.DestructiveRole, "stopAndClose", stop)]
    if not simulated:
        answers.append(("Leave it running", QMessageBox.ButtonRole.AcceptRole, "leaveAndClose", leave))
    for text, role, name, answer in answers:
        made = box.addButton(text, role)
        made.setObjectName(name)
        made.clicked.connect(answer)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.show()
