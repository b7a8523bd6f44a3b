"""Access: what takes the focus says what it is, Tab goes as one reads, icons have tips, and a key does one thing."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
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
    stacks = [*content.findChildren(QStackedWidget), *content.findChildren(QTabWidget)]
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


@pytest.fixture
def docks(operator: Operator) -> list[QDockWidget]:
    """All docks, each with its content."""
    found = operator.window.findChildren(QDockWidget)
    for dock in found:
        operator.window.exchange.dock_wanted.emit(dock.objectName())
        QTest.qWait(1)
    return found


def test_a_keyboard_and_a_reader_of_the_screen_find_their_way_in_every_dock(
    operator: Operator, docks: list[QDockWidget]
) -> None:
    faults, seen = [], set()
    for dock in docks:
        operator.window.exchange.dock_wanted.emit(dock.objectName())
        content = dock.widget()
        for _ in faces(content):
            QTest.qWait(1)
            buddies = {one.buddy(): one.text() for one in operator.window.findChildren(QLabel) if one.buddy()}
            stops = in_tab_order(content)
            seen |= set(stops)
            for one in stops:
                what = f"{dock.objectName()}: {type(one).__name__} {one.objectName()}"
                if not text_of(one, buddies).strip():
                    faults.append(f"{what} has no name")
                if isinstance(one, QAbstractButton) and not one.text() and not one.toolTip():
                    faults.append(f"{what} has neither a text nor a tip")
            faults += [
                f"{dock.objectName()}: Tab goes back from {one.objectName()} to {other.objectName()}"
                for one, other in pairwise(stops)
                if goes_back(place(one), place(other))
            ]
    assert len(docks) == 12
    assert len(seen) > 100
    assert sorted(set(faults)) == []


def test_every_button_with_an_icon_alone_has_a_tip(operator: Operator, docks: list[QDockWidget]) -> None:
    buttons = [one for one in operator.window.findChildren(QAbstractButton) if one.isVisible() and not one.text()]
    assert [one.objectName() for one in buttons if not one.toolTip()] == []
    assert docks


def test_a_key_does_one_thing(operator: Operator, docks: list[QDockWidget]) -> None:
    window = operator.window
    keys = [key.toString() for action in window.findChildren(QAction) for key in action.shortcuts() if _is_wide(action)]
    keys += [key.toString() for one in window.findChildren(QShortcut) for key in one.keys() if _is_wide(one)]
    assert len(keys) > 20
    assert docks
    assert [key for key, n in Counter(keys).items() if n > 1] == []


def _is_wide(one: QAction | QShortcut) -> bool:
    context = one.shortcutContext() if isinstance(one, QAction) else one.context()
    return context in {Qt.ShortcutContext.WindowShortcut, Qt.ShortcutContext.ApplicationShortcut}
