"""Which small widgets is the window made of?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QPushButton

if TYPE_CHECKING:
    from collections.abc import Callable


def label(text: str, role: str = "", name: str = "") -> QLabel:
    """Return a label whose text can be selected and wraps where it must.

    Parameters
    ----------
    text : str
        Shown as it is, never as markup.
    role : str
        What the style sheet knows it by: heading, headline, figure, faint, fault.
    name : str
        Its object name.
    """
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    made.setProperty("role", role)
    made.setObjectName(name)
    made.setWordWrap(role in {"faint", "fault", ""})
    return made


def button(text: str, name: str, clicked: Callable[[], None], role: str = "", tip: str = "") -> QPushButton:
    """Return a push button.

    Parameters
    ----------
    text, name : str
        What stands on it, and its object name.
    clicked : callable
    role : str
        What the style sheet knows it by: primary, stop.
    tip : str
        Tool tip.
    """
    made = QPushButton(text)
    made.setObjectName(name)
    made.setProperty("role", role)
    made.setToolTip(tip)
    made.clicked.connect(lambda _checked: clicked())
    return made


def line() -> QFrame:
    """Return a thin line between two parts of a panel."""
    made = QFrame()
    made.setObjectName("line")
    return made
