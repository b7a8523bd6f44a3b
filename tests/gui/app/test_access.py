"""Access: what takes the focus says what it is, Tab goes as one reads, icons have tips, and a key does one thing."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAction, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QDockWidget, QLabel, QStackedWidget, QTabWidget, QToolButton, QWidget

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.gui.window_operator import Operator

TAB = Qt.FocusPolicy.TabFocus


def takes_focus(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & TAB) and widget.focusProxy() is None


def text_of(widget: QWidget, buddies: dict[QWidget, str]) -> str:
    """What a reader of the screen says of a widget."""
    own = widget.text() if isinstance(widget, QAbstractButton) else ""
    return widget.accessibleName() or own or buddies.get(widget, "")


def place(widget: QWidget) -> QRect:
    return QRect(widget.mapTo(widget.window(), QPoint(0, 0)), widget.size())


def goes_back(one: QRect, other: QRect) -> bool:
    """Whether the eye would go back from one to the other: to the left in a row, or up; up to a next column is none."""
    if other.top() <= one.bottom() and one.top() <= other.bottom():
        return other.right() < one.left()
    return other.bottom() < one.top() and other.left() <= one.right()


def in_tab_order(within: QWidget) -> list[QWidget]:
    """What Tab stops at."""
    found, widget = [], within.nextInFocusChain()
    while widget is not None and widget is not within:
        if within.isAncestorOf(widget) and takes_focus(widget) and widget.isVisible() and widget.isEnabled():
            found.append(widget)
        widget = widget.nextInFocusChain()
    return found


def faces(content: QWidget) -> Iterator[None]:
    """Show all that a dock can show: what is hidden, what is folded, one page after the other."""
    stacks: list[QStackedWidget | QTabWidget] = [*content.findChildren(QStackedWidget)]
    stacks += content.findChildren(QTabWidget)
    in_pages = {stack.widget(k) for stack in stacks for k in range(stack.count())}
    for fold in content.findChildren(QToolButton):
        if fold.isCheckable() and not fold.isChecked():
            fold.click()
    for widget in content.findChildren(QWidget):
        if takes_focus(widget) and widget not in in_pages and widget.window() is content.window():
            widget.setVisible(True)
    yield
    for stack in stacks:
        for k in range(1, stack.count()):
            stack.setCurrentIndex(k)
            yield


def faults_of(dock: QDockWidget, stops: list[QWidget], buddies: dict[QWidget, str]) -> set[str]:
    """What is wrong with what Tab stops at."""
    name = dock.objectName()
    unnamed = [one for one in stops if not text_of(one, buddies).strip()]
    tipless = [one for one in stops if isinstance(one, QAbstractButton) and not one.text() and not one.toolTip()]
    back = [(one, other) for one, other in pairwise(stops) if goes_back(place(one), place(other))]
    return {
        *(f"{name}: {type(one).__name__} {one.objectName()} has no name" for one in unnamed),
        *(f"{name}: {type(one).__name__} {one.objectName()} has neither a text nor a tip" for one in tipless),
        *(f"{name}: Tab goes back from {one.objectName()} to {other.objectName()}" for one, other in back),
    }


def test_a_keyboard_and_a_reader_of_the_screen_find_their_way_in_every_dock(operator: Operator) -> None:
    window = operator.window
    docks, faults, seen = window.findChildren(QDockWidget), set[str](), set[QWidget]()
    for dock in docks:
        window.exchange.dock_wanted.emit(dock.objectName())
        content = dock.widget()
        for _ in faces(content):
            QTest.qWait(1)
            buddies = {one.buddy(): one.text() for one in window.findChildren(QLabel) if one.buddy()}
            stops = in_tab_order(content)
            seen |= set(stops)
            faults |= faults_of(dock, stops, buddies)
        faults |= {
            f"{dock.objectName()}: {one.objectName()} has neither a text nor a tip"
            for one in dock.findChildren(QAbstractButton)
            if one.isVisible() and not one.text() and not one.toolTip()
        }
    keys = Counter(key.toString() for one in window.findChildren(QAction) if is_wide(one) for key in one.shortcuts())
    keys.update(one.key().toString() for one in window.findChildren(QShortcut) if is_wide(one))
    assert not faults, "\n".join(sorted(faults))
    assert [key for key, n in keys.items() if n > 1] == []
    assert len(docks) == 12
    assert len(seen) > 70
    assert len(keys) > 20


def is_wide(one: QAction | QShortcut) -> bool:
    context = one.shortcutContext() if isinstance(one, QAction) else one.context()
    return context in {Qt.ShortcutContext.WindowShortcut, Qt.ShortcutContext.ApplicationShortcut}
