"""Questions that do not block: Stop, and everything else, can be pressed while one stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QWidget


@dataclass(frozen=True)
class Answer:
    """One answer to a question.

    Attributes
    ----------
    text, name : str
        What stands on its button, and the button's object name.
    do : callable
    destroys : bool
        Whether something is lost by it.
    """

    text: str
    name: str
    do: Callable[[], object]
    destroys: bool = False


def ask(window: QWidget, name: str, question: str, detail: str, answers: Sequence[Answer]) -> None:
    """Ask, without waiting for the answer; with a way to cancel. A question of a name is asked once at a time.

    Parameters
    ----------
    window : QWidget
    name : str
        Object name.
    question, detail : str
    answers : sequence of Answer
    """
    asked = window.findChild(QMessageBox, name)
    if asked is not None:  # the newer one counts: what it asks about may have changed
        asked.setObjectName("")
        asked.close()
    box = QMessageBox(QMessageBox.Icon.Question, "ionecho", question, parent=window)
    box.setObjectName(name)
    box.setInformativeText(detail)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowModality(Qt.WindowModality.NonModal)
    for answer in answers:
        role = QMessageBox.ButtonRole.DestructiveRole if answer.destroys else QMessageBox.ButtonRole.AcceptRole
        made = box.addButton(answer.text, role)
        made.setObjectName(answer.name)
        made.clicked.connect(answer.do)
        # A destructive button does not close the box by itself on every platform.
        made.clicked.connect(box.close)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.show()
