"""Small widgets of the window: labels, buttons that follow actions, lines."""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QScrollArea, QTabWidget, QToolButton, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QAction, QPaintEvent, QResizeEvent


# Width (pixels) below which no text of several lines can be read anyway.
_NARROWEST = 60


class WrappedLabel(QLabel):
    """A label of several lines. Its longest word, such as the name of a file, does not widen what it is part of."""

    def minimumSizeHint(self) -> QSize:
        """Return a width that any panel has; a label that was told not to wrap keeps its own."""
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), _NARROWEST), hint.height()) if self.wordWrap() else hint


class ElidedLabel(QLabel):
    """A label of one line that is cut short where there is no room; its tool tip then has the whole text.

    A long name must not push what stands beside it off the screen.

    Parameters
    ----------
    mode : Qt.TextElideMode
        Where it is cut: in the middle of a name, at the end of a sentence.
    """

    def __init__(self, mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle) -> None:
        super().__init__()
        self._mode = mode

    def minimumSizeHint(self) -> QSize:
        """Return the size of an empty label: it can always be narrower."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint what there is room for."""
        text = self.text()
        shown = self.fontMetrics().elidedText(text, self._mode, self.contentsRect().width())
        self.setToolTip(plain(text) if shown != text else "")
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.contentsRect(), int(self.alignment()), shown)


def plain(text: str) -> str:
    """Return a tool tip that shows a text as it is: Qt would take some for markup."""
    return f'<span style="white-space: pre-wrap">{escape(text)}</span>' if "<" in text else text


def label(text: str, role: str = "", name: str = "") -> QLabel:
    """Return a label that wraps, or is cut short, where it must.

    Parameters
    ----------
    text : str
        Shown as it is, never as markup.
    role : str
        What the style sheet knows it by: heading, headline and figure have one line, and are cut short; faint, fault
        and the others wrap, and can be selected.
    name : str
        Its object name.
    """
    made: QLabel
    if role in {"heading", "headline", "figure"}:
        made = ElidedLabel()
    else:
        made = WrappedLabel()
        made.setWordWrap(True)
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("role", role)
    made.setObjectName(name)
    made.setText(text)
    return made


class ScrolledLabel(QScrollArea):
    """A label of several lines that is never higher than some lines: the rest is reached by scrolling.

    Parameters
    ----------
    shown : QLabel
        From `label`.
    highest : int
        Greatest height (pixels).
    """

    def __init__(self, shown: QLabel, highest: int) -> None:
        super().__init__()
        self._label = shown
        self._highest = highest
        self._measured: tuple[str, str, int] | None = None
        shown.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.setWidget(shown)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # What it stands on shows through.
        self.viewport().setAutoFillBackground(False)
        shown.setAutoFillBackground(False)

    def text(self) -> str:
        """Return what is shown."""
        return self._label.text()

    def setText(self, text: str) -> None:
        """Show a text from its beginning."""
        self._label.setText(text)
        self.setAccessibleName(text)
        self.verticalScrollBar().setValue(0)
        self._fit_height()

    def _fit_height(self) -> None:
        measured = (self._label.text(), self._label.font().key(), max(self.viewport().width(), _NARROWEST))
        if measured == self._measured:  # a long text takes some milliseconds
            return
        self._measured = measured
        needed = self._label.heightForWidth(measured[2])
        self.setFixedHeight(min(max(needed, 0), self._highest))
        # The keys scroll it; where there is nothing to scroll, Tab goes on.
        is_cut = needed > self._highest
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if is_cut else Qt.FocusPolicy.NoFocus)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take as much height as the text needs at the new width."""
        super().resizeEvent(event)
        self._fit_height()


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


def name_tabs(tabs: QTabWidget, name: str) -> None:
    """Give tabs a name; it is their bar that takes the focus, and the arrow keys that scroll it."""
    tabs.setAccessibleName(name)
    tabs.tabBar().setAccessibleName(name)
    for arrow in tabs.tabBar().findChildren(QToolButton):
        arrow.setFocusPolicy(Qt.FocusPolicy.NoFocus)


def order_tabs(*parts: QWidget) -> None:
    """Have Tab go through one part after the other, whichever was made first; a part of a part may come before it."""
    stops = [
        one
        for part in parts
        for one in (part, *part.findChildren(QWidget))
        if one.focusPolicy() & Qt.FocusPolicy.TabFocus
        and one.focusProxy() is None
        and one.window() is part.window()  # not the list that a box opens, a window of its own once it was shown
    ]
    for before, after in pairwise(dict.fromkeys(stops)):
        QWidget.setTabOrder(before, after)


def line() -> QFrame:
    """Return a thin line between two parts of a panel."""
    made = QFrame()
    made.setObjectName("line")
    return made


def panel(content: QWidget, *, low: bool = False) -> QWidget:
    """Return a widget with the margins of a dock around it.

    Parameters
    ----------
    content : QWidget
    low : bool
        Whether it has a list that scrolls: with less of a margin above and below it, the dock need not scroll too.
    """
    made = QWidget()
    column = QVBoxLayout(made)
    margin = 4 if low else 10
    column.setContentsMargins(12, margin, 12, margin)
    column.addWidget(content)
    return made
