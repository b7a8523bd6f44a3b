"""The TOML text of the editor: line numbers, syntax colours, marks at the lines of faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QFontDatabase,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QTextCharFormat,
    QTextCursor,
    QTextFormat,
    QUndoStack,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QToolTip, QWidget

from gui.common.language import tr
from gui.common.theme import colours_of
from gui.common.widgets import plain
from gui.protocol.editor_highlighter import TomlHighlighter
from gui.protocol.editor_undo import TYPED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QHelpEvent, QPaintEvent, QResizeEvent

    from gui.common.theme import Colours
    from gui.protocol.editor_check import Fault
    from gui.protocol.editor_undo import Difference, EditedText

_TAB_SPACES = 4
"""Spaces that Tab is wide: as the example protocols are indented. Doubled, steps run out of the window."""
_MARGIN = 10
"""Pixels around the line numbers: as much as the digits' height, so that they do not touch the text."""


def units16(text: str) -> int:
    """Return the length of a text as Qt counts it: characters beyond the first plane count twice."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def is_undo(event: QKeyEvent, stack: QUndoStack) -> bool:
    """Undo or redo by the editor's stack if a key says so; whether it did."""
    if event.matches(QKeySequence.StandardKey.Undo):
        stack.undo()
    elif event.matches(QKeySequence.StandardKey.Redo):
        stack.redo()
    else:
        return False
    return True


class TomlEdit(QPlainTextEdit):
    """The text as people write it. What is typed goes into the document at once, whether it can be read or not."""

    line_entered = Signal(int)
    """The cursor is in another line (counted from 1)."""

    def __init__(self, document: EditedText) -> None:
        super().__init__()
        self.setObjectName("editorText")
        self.setAccessibleName(tr("Text of the protocol"))
        self.setAccessibleDescription(tr("The document in TOML; the form beside it shows the same."))
        self._document = document
        self._is_taking = False
        self._faults: dict[int, str] = {}
        self.setPlainText(document.text)
        self.setUndoRedoEnabled(False)  # the document has its own way back, over form and text
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        self.setFont(font)
        self.setTabStopDistance(_TAB_SPACES * self.fontMetrics().horizontalAdvance(" "))
        self.setTabChangesFocus(False)
        self._colours = colours_of(self.palette())
        self._highlighter = TomlHighlighter(self.document(), self._colours)
        self._gutter = _Gutter(self)
        self.blockCountChanged.connect(lambda _: self._make_room())
        self.updateRequest.connect(self._follow_scroll)
        self.textChanged.connect(self._take_typed)
        self.cursorPositionChanged.connect(self._cursor_moved)
        document.changed.connect(self._take)
        self._make_room()

    # -- text ---------------------------------------------------------------------------------------------------------

    def plain_text(self) -> str:
        """Return the text with every character as it is; Qt's own would make spaces of no-break spaces."""
        return self.document().toRawText().replace("\u2029", "\n")

    def _take_typed(self) -> None:
        if not self._is_taking:
            self._document.change(self.plain_text(), tr("Typing"), TYPED)

    def _take(self, change: Difference) -> None:
        """Show a change that was made elsewhere, and nothing else of the text anew."""
        if self.plain_text() == self._document.text:
            return
        self._is_taking = True
        before = units16(self._document.text[: change.start])
        cursor = QTextCursor(self.document())
        cursor.setPosition(before)
        cursor.setPosition(before + units16(change.removed), QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(change.inserted)
        if self.plain_text() != self._document.text:
            self.setPlainText(self._document.text)
        self._is_taking = False

    def go_to_line(self, line: int) -> None:
        """Put the cursor at the beginning of a line, and the line in the middle of the view."""
        block = self.document().findBlockByNumber(line - 1)
        if block.isValid():
            text = block.text()
            cursor = QTextCursor(block)
            cursor.setPosition(block.position() + len(text) - len(text.lstrip()))
            self.setTextCursor(cursor)
            self.centerCursor()

    def _cursor_moved(self) -> None:
        self._mark_lines()
        self.line_entered.emit(self.textCursor().blockNumber() + 1)

    def event(self, event: QEvent) -> bool:
        """Leave the shortcuts of undo to the editor."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            standard = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)
            if any(event.matches(one) for one in standard):
                event.ignore()
                return True
        if event.type() == QEvent.Type.ToolTip:
            self._show_tip(event)  # type: ignore[arg-type] # a help event by its type
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Undo and redo by the editor's stack."""
        if not is_undo(event, self._document.stack):
            super().keyPressEvent(event)

    # -- faults -------------------------------------------------------------------------------------------------------

    def show_faults(self, faults: Sequence[Fault]) -> None:
        """Mark the lines of faults, in the text and beside it."""
        self._faults = {}
        for fault in faults:
            known = self._faults.get(fault.line)
            self._faults[fault.line] = fault.message if known is None else f"{known}\n{fault.message}"
        self._mark_lines()
        self._gutter.update()

    def fault_at(self, line: int) -> str:
        """Return what is wrong in a line; empty if nothing is."""
        return self._faults.get(line, "")

    def _show_tip(self, event: QHelpEvent) -> None:
        line = self.cursorForPosition(event.pos()).blockNumber() + 1
        QToolTip.showText(event.globalPos(), plain(self.fault_at(line)), self)

    def _mark_lines(self) -> None:
        selections = []
        current = self.textCursor()
        here = QTextEdit.ExtraSelection()
        shade = self._colours.faint.toHsl()
        shade.setAlpha(24)
        here.format.setBackground(shade)
        here.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
        here.cursor = QTextCursor(current)
        here.cursor.clearSelection()
        selections.append(here)
        for line in self._faults:
            block = self.document().findBlockByNumber(line - 1)
            if not block.isValid():
                continue
            marked = QTextEdit.ExtraSelection()
            marked.cursor = QTextCursor(block)
            marked.cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
            marked.format.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            marked.format.setUnderlineColor(self._colours.fault)
            selections.append(marked)
        self.setExtraSelections(selections)

    # -- look ---------------------------------------------------------------------------------------------------------

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        self._colours = colours
        self._highlighter.set_colours(colours)
        self._mark_lines()
        self._gutter.update()

    def gutter_width(self) -> int:
        """Return the width (pixels) of the line numbers and marks."""
        digits = len(str(max(self.blockCount(), 10)))
        return 2 * _MARGIN + self.fontMetrics().horizontalAdvance("9" * digits) + self.fontMetrics().height()

    def _make_room(self) -> None:
        self.setViewportMargins(self.gutter_width(), 0, 0, 0)

    def _follow_scroll(self, rect: QRect, dy: int) -> None:
        if dy:
            self._gutter.scroll(0, dy)
        else:
            self._gutter.update(0, rect.y(), self._gutter.width(), rect.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the line numbers at the left."""
        super().resizeEvent(event)
        inside = self.contentsRect()
        self._gutter.setGeometry(QRect(inside.left(), inside.top(), self.gutter_width(), inside.height()))

    def paint_gutter(self, event: QPaintEvent) -> None:
        """Paint line numbers, and a mark at each line with a fault."""
        painter = QPainter(self._gutter)
        painter.setFont(self.font())
        block = self.firstVisibleBlock()
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        height = self.fontMetrics().height()
        while block.isValid() and top <= event.rect().bottom():
            line = block.blockNumber() + 1
            is_wrong = line in self._faults
            painter.setPen(self._colours.fault if is_wrong else self._colours.faint)
            right = QRect(0, round(top), self._gutter.width() - _MARGIN, height)
            painter.drawText(right, int(Qt.AlignmentFlag.AlignRight), str(line))
            if is_wrong:
                painter.drawText(QRect(_MARGIN // 2, round(top), height, height), int(Qt.AlignmentFlag.AlignLeft), "⚠")
            top += self.blockBoundingRect(block).height()
            block = block.next()


class _Gutter(QWidget):
    """The line numbers beside the text."""

    def __init__(self, editor: TomlEdit) -> None:
        super().__init__(editor)
        self._editor = editor

    def sizeHint(self) -> QSize:
        return QSize(self._editor.gutter_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._editor.paint_gutter(event)
