"""The list of what is wrong with a text: each line leads to its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem

from gui.common.language import tr
from gui.common.widgets import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QKeyEvent

    from gui.protocol.editor_check import Fault

_MOST_LINES = 4
"""Faults that are seen at once; more are reached by scrolling. Doubled, a small screen has no room for the text."""


class FaultList(QListWidget):
    """One line a fault; a click, Enter or F8 leads to it."""

    led = Signal(object)
    """`Fault` to whose place the operator wants to go."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("editorFaults")
        self.setAccessibleName(tr("Faults"))
        self.setAccessibleDescription(tr("Enter leads to the place of a fault."))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.itemClicked.connect(self._lead)
        self.show_faults(())

    def show_faults(self, faults: Sequence[Fault]) -> None:
        """List faults; without any the list is not there."""
        chosen = self.currentRow()
        self.clear()
        for fault in faults:
            where = tr("line {n}").format(n=fault.line)
            place = f"{where} · {fault.path_text}" if fault.path_text else where
            kind = tr("instrument: ") if fault.by_instrument else ""
            item = QListWidgetItem(f"⚠ {place}: {kind}{fault.message.splitlines()[0]}", self)
            item.setData(Qt.ItemDataRole.UserRole, fault)
            item.setToolTip(plain(fault.message))
        self.setCurrentRow(min(chosen, len(faults) - 1))
        self.setVisible(bool(faults))
        height = self.sizeHintForRow(0) if faults else 0
        self.setFixedHeight(min(len(faults), _MOST_LINES) * height + 2 * self.frameWidth())

    def lead_to_next(self) -> None:
        """Lead to the fault after the one to which was led last; after the last one to the first."""
        if self.count():
            self.setCurrentRow((self.currentRow() + 1) % self.count())
            self._lead(self.currentItem())

    def _lead(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.led.emit(item.data(Qt.ItemDataRole.UserRole))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Lead to the chosen fault by Enter."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._lead(self.currentItem())
        else:
            super().keyPressEvent(event)
