"""What is to become of a run when its window is closed?"""

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
    """Ask, without waiting for the answer.

    Parameters
    ----------
    window : QWidget
    simulated : bool
        Whether the instrument ends with the window: then the run cannot be left.
    stop, leave : callable
        Called if the run is to be stopped, or left to go on.
    """
    box = QMessageBox(QMessageBox.Icon.Question, "ionecho", "A run goes on.", parent=window)
    box.setObjectName("closeQuestion")
    box.setInformativeText(
        "The simulated instrument ends with this window, and the run with it."
        if simulated
        else "It can go on without this window, which finds it again when it is opened."
    )
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    answers = [("Stop it and close", QMessageBox.ButtonRole.DestructiveRole, "stopAndClose", stop)]
    if not simulated:
        answers.append(("Leave it running", QMessageBox.ButtonRole.AcceptRole, "leaveAndClose", leave))
    for text, role, name, answer in answers:
        button = box.addButton(text, role)
        button.setObjectName(name)
        button.clicked.connect(answer)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.open()
