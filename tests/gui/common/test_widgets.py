"""Do small widgets keep in sight, and within reach of the keyboard, what they hold?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit, QStyle, QStyleOptionViewItem, QVBoxLayout, QWidget

from gui.common.widgets import order_tabs
from gui.fit.parts import figures_table, fill, keep_rows_in_sight
from gui.protocol.library_panel import ProtocolPanel

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

NOTE = "over the first 1.95 s; it grows with the window, 2.2-fold over 100 times longer"
WIDE, NARROW = 900, 420  # pixels


def test_tab_goes_from_a_box_whose_list_was_open_to_the_field_below_it(qtbot: QtBot, qtlog: Any) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    below, box, above = QLineEdit(window), QComboBox(window), QLineEdit(window)
    box.addItems(["pulse", "train"])
    column = QVBoxLayout(window)
    for widget in (above, box, below):
        column.addWidget(widget)
    window.show()
    qtbot.waitExposed(window)
    box.showPopup()  # from now on its list is a window of its own, and takes the focus
    box.hidePopup()
    qtbot.waitUntil(lambda: not box.view().isVisible())
    order_tabs(above, box, below)
    window.activateWindow()
    above.setFocus()
    qtbot.waitUntil(above.hasFocus)
    reached = []
    for _ in range(2):
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
        reached.append(window.focusWidget())
    assert reached == [box, below]
    assert not [one for one in qtlog.records if "setTabOrder" in one.message]


def test_a_chosen_protocol_stays_in_sight_when_its_list_shrinks(qtbot: QtBot) -> None:
    panel = ProtocolPanel()
    qtbot.addWidget(panel)
    panel.resize(200, 600)
    panel.show()
    qtbot.waitExposed(panel)
    panel.choose("pump_probe")
    chosen = panel.list.selectedItems()[0]

    def is_seen() -> bool:
        return panel.list.viewport().rect().contains(panel.list.visualItemRect(chosen).center())

    assert is_seen()
    panel.resize(200, 130)
    qtbot.waitUntil(is_seen)
    panel.list.scrollToTop()  # the operator looks at others: these do not move under the mouse
    panel.resize(200, 110)
    qtbot.wait(50)
    assert panel.list.verticalScrollBar().value() == 0


def test_the_note_of_a_figure_wraps_where_a_window_is_narrow(qtbot: QtBot) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    table = figures_table("memoryTable", "Memory", ("Figure", "Value", "95 % interval", "Note"))
    QVBoxLayout(page).addWidget(table)
    page.resize(WIDE, 300)
    page.show()
    qtbot.waitExposed(page)
    fill(table, [("Mean memory time", "12.13 ms", "12.13 … 12.14 ms", NOTE), ("Median", "911 µs", "910 … 912 µs", "")])
    keep_rows_in_sight(table)
    text = table.fontMetrics().horizontalAdvance(NOTE)
    one_line = table.rowHeight(1)
    assert table.columnWidth(3) >= text, "where there is room for it, a note is one line"
    assert table.rowHeight(0) == one_line
    page.resize(NARROW, 300)
    qtbot.waitUntil(lambda: table.rowHeight(0) > one_line)
    option = QStyleOptionViewItem()
    table.initViewItemOption(option)
    option.rect = table.visualRect(table.model().index(0, 3))
    option.text, option.features = NOTE, option.features | QStyleOptionViewItem.ViewItemFeature.HasDisplay
    seen = table.style().subElementRect(QStyle.SubElement.SE_ItemViewItemText, option, table)
    wrapped = table.fontMetrics().boundingRect(seen, Qt.TextFlag.TextWordWrap, NOTE)
    assert wrapped.height() <= table.rowHeight(0), "all of its words are to be read"
    assert table.rowHeight(1) == one_line
    assert table.height() >= table.horizontalHeader().height() + table.rowHeight(0) + table.rowHeight(1)
