"""Fields of the editor's forms: what is typed goes out at once, and what is wrong with it stands below it in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QUndoStack
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from gui.common.language import tr
from gui.common.widgets import label, plain
from gui.protocol.editor_form import Control
from gui.protocol.editor_templates import title_of
from gui.protocol.editor_text import is_undo

if TYPE_CHECKING:
    from PySide6.QtGui import QWheelEvent

    from gui.protocol.editor_form import FormField

_NOTES_LINES = 4
"""Lines of notes that are seen at once; more are reached by scrolling. Doubled, they push other fields out of sight."""
_SHORTEST_CHOICE = 8
"""Letters of a choice that always fit."""


class _Line(QLineEdit):
    """One line, whose undo is the editor's."""

    def __init__(self, stack: QUndoStack) -> None:
        super().__init__()
        self._stack = stack

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_undo_key(event):
            event.ignore()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not is_undo(event, self._stack):
            super().keyPressEvent(event)


class _Lines(QPlainTextEdit):
    """Several lines, whose undo is the editor's; Tab leads to the next field."""

    def __init__(self, stack: QUndoStack) -> None:
        super().__init__()
        self._stack = stack
        self.setTabChangesFocus(True)
        self.setUndoRedoEnabled(False)
        self.setFixedHeight(_NOTES_LINES * self.fontMetrics().lineSpacing() + 2 * self.fontMetrics().descent() + 8)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_undo_key(event):
            event.ignore()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not is_undo(event, self._stack):
            super().keyPressEvent(event)


class _Choice(QComboBox):
    """A choice that a wheel turned over the form does not change."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(_SHORTEST_CHOICE)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


def _is_undo_key(event: QKeyEvent) -> bool:
    return event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo)


class FieldWidget(QWidget):
    """One field with the words that say what is wrong with it.

    Parameters
    ----------
    field : FormField
    stack : QUndoStack
        Of the editor.
    """

    typed = Signal(object, str)
    """The field (`FormField`), and what stands in it now."""
    entered = Signal(object)
    """The field has the focus (`FormField`)."""

    def __init__(self, field: FormField, stack: QUndoStack) -> None:
        super().__init__()
        self.field = field
        self.editor: QWidget = self._editor(stack)
        self.editor.setObjectName(f"field:{field.path_text}")
        self.editor.setAccessibleName(field.label)
        self.editor.setToolTip(plain(field.doc))
        self.editor.installEventFilter(self)
        self.fault: QLabel = label("", "fault", f"fault:{field.path_text}")
        self.fault.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.editor)
        column.addWidget(self.fault)
        self.show_fault("")

    def _editor(self, stack: QUndoStack) -> QWidget:
        field = self.field
        if field.control in (Control.CHOICE, Control.KIND, Control.PART):
            choice = _Choice()
            self._fill(choice)
            choice.activated.connect(lambda _: self.typed.emit(self.field, str(choice.currentData())))
            return choice
        if field.control is Control.LINES:
            lines = _Lines(stack)
            lines.setPlainText(field.text)
            lines.textChanged.connect(lambda: self.typed.emit(self.field, lines.toPlainText()))
            return lines
        line = _Line(stack)
        line.setText(field.text)
        line.setCursorPosition(0)
        line.setPlaceholderText(field.hint)
        line.setReadOnly(field.control is Control.LOCKED)
        line.textEdited.connect(lambda text: self.typed.emit(self.field, text))
        return line

    def _fill(self, choice: QComboBox) -> None:
        field = self.field
        for word in field.choices:
            shown = title_of(word) if field.control in (Control.KIND, Control.PART) else word
            empty = field.hint if field.control is Control.CHOICE and field.hint else tr("not given")
            choice.addItem(shown if word else empty, word)
        if field.text not in field.choices:
            choice.addItem(field.text or tr("choose …"), field.text)
        choice.setCurrentIndex(max(choice.findData(field.text), 0))

    def show_field(self, field: FormField, *, is_origin: bool) -> None:
        """Show another value of the same field.

        Parameters
        ----------
        field : FormField
        is_origin : bool
            Whether it was typed here: what stands there stays as it was typed.
        """
        self.field = field
        editor = self.editor
        if isinstance(editor, QComboBox):
            editor.setCurrentIndex(max(editor.findData(field.text), 0))
        elif is_origin:
            return
        elif isinstance(editor, QLineEdit) and editor.text() != field.text:
            editor.setText(field.text)
            editor.setCursorPosition(0)  # what there is no room for is its end
        elif isinstance(editor, QPlainTextEdit) and editor.toPlainText() != field.text:
            editor.blockSignals(True)
            editor.setPlainText(field.text)
            editor.blockSignals(False)

    def show_fault(self, message: str) -> None:
        """Say what is wrong with the value; nothing if it is right."""
        self.fault.setText(f"⚠ {message}" if message else "")
        self.fault.setVisible(bool(message))
        fault = tr("Fault: {message}").format(message=message) if message else ""
        self.editor.setAccessibleDescription(f"{fault} {self.field.doc}".strip())
        if bool(self.editor.property("wrong")) != bool(message):
            self.editor.setProperty("wrong", bool(message))
            self.editor.style().unpolish(self.editor)
            self.editor.style().polish(self.editor)

    def eventFilter(self, watched: QWidget, event: QEvent) -> bool:  # type: ignore[override] # only its own editor
        """Tell that the field has the focus."""
        if event.type() == QEvent.Type.FocusIn and isinstance(event, QFocusEvent):
            self.entered.emit(self.field)
        return super().eventFilter(watched, event)
