"""Small widgets of the window: labels, buttons that follow actions, lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QFrame, QLabel, QPushButton

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QAction, QPaintEvent
    from PySide6.QtWidgets import QWidget


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


def action_button(action: QAction, name: str, role: str = "") -> QPushButton:
    """Return a push button that triggers an action, and has its text, its tool tip and its permission.

    Parameters
    ----------
    action : QAction
    name : str
        Object name of the button.
    role : str
        What the style sheet knows it by: primary, stop.
    """
    made = button(action.text(), name, action.trigger, role)

    def follow() -> None:
        made.setText(action.text())
        follow_action(made, action)

    action.changed.connect(follow)
    follow()
    return made


def follow_action(widget: QWidget, action: QAction) -> None:
    """Enable a widget as its action is, with the action's tool tip."""
    widget.setEnabled(action.isEnabled())
    widget.setToolTip(action.toolTip())


class ElidedLabel(QLabel):
    """A label of one line that is cut short where there is no room; its tool tip then has the whole text.

    A long name must not push what stands beside it off the screen.
    """

    def minimumSizeHint(self) -> QSize:
        """Return the size of an empty label: it can always be narrower."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint what there is room for."""
        text = self.text()
        shown = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, self.contentsRect().width())
        self.setToolTip(text if shown != text else "")
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.contentsRect(), int(self.alignment()), shown)


def elided_label(role: str, name: str) -> ElidedLabel:
    """Return a label of one line whose text is cut short where there is no room.

    Parameters
    ----------
    role, name : str
        As for `label`.
    """
    made = ElidedLabel()
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("role", role)
    made.setObjectName(name)
    return made


def line() -> QFrame:
    """Return a thin line between two parts of a panel."""
    made = QFrame()
    made.setObjectName("line")
    return made
