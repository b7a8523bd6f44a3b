"""The form beside the tree: the fields of the line that is chosen there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QWidget

from gui.common.language import tr
from gui.common.widgets import label, plain
from gui.protocol.editor_fields import FieldWidget
from protocols.toml_places import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QUndoStack

    from gui.protocol.editor_check import Fault
    from gui.protocol.editor_form import FormField, Node


class FormView(QScrollArea):
    """Fields of one node. It is built anew only where the fields are others."""

    typed = Signal(object, str)
    """A field (`FormField`), and what stands in it now."""
    entered = Signal(object)
    """A field (`FormField`) has the focus."""

    def __init__(self, stack: QUndoStack) -> None:
        super().__init__()
        self.setObjectName("editorForm")
        self.setAccessibleName(tr("Fields"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._stack = stack
        self._shape: tuple[object, ...] = ()
        self.fields: dict[str, FieldWidget] = {}
        self._faults: tuple[Fault, ...] = ()
        self._node: Node | None = None

    def show_node(self, node: Node | None, origin: str = "") -> None:
        """Show the fields of a node.

        Parameters
        ----------
        node : Node or None
        origin : str
            Path of the field in which somebody types just now; what stands in it stays.
        """
        self._node = node
        fields = () if node is None else node.fields
        shape = (() if node is None else node.path, *((one.path, one.control, one.choices) for one in fields))
        if shape != self._shape:
            self._shape = shape
            self._build(fields)
        for one in fields:
            self.fields[one.path_text].show_field(one, is_origin=one.path_text == origin)
        self.show_faults(self._faults)

    def _build(self, fields: Sequence[FormField]) -> None:
        had_focus = next((path for path, one in self.fields.items() if one.editor.hasFocus()), "")
        inner = QWidget()
        inner.setObjectName("editorFields")
        grid = QGridLayout(inner)
        grid.setContentsMargins(8, 6, 8, 8)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        self._above: QLabel = label("", "fault", "editorFormFault")
        self._above.hide()
        grid.addWidget(self._above, 0, 0, 1, 2)
        self.fields = {}
        for row, field in enumerate(fields, 1):
            made = FieldWidget(field, self._stack)
            made.typed.connect(self.typed)
            made.entered.connect(self.entered)
            name = QLabel(field.heading or field.label)
            name.setTextFormat(Qt.TextFormat.PlainText)
            name.setProperty("role", "" if field.heading else "faint")
            name.setToolTip(plain(field.doc))
            name.setBuddy(made.editor)
            name.setContentsMargins(0, 5, 0, 0)
            grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(made, row, 1)
            self.fields[field.path_text] = made
        grid.setRowStretch(len(fields) + 1, 1)
        before = self.takeWidget()
        if before is not None:  # later: it may be one of its fields that has just told of a choice
            before.hide()
            before.deleteLater()
        self.setWidget(inner)
        if had_focus in self.fields:
            self.fields[had_focus].editor.setFocus()

    def show_faults(self, faults: Sequence[Fault]) -> None:
        """Say at each field what is wrong with it, and above all what is wrong with the whole."""
        self._faults = tuple(faults)
        if self._node is None or not self.fields:
            return
        own_path = text_of(self._node.path)
        rest = [one for one in faults if own_path and one.is_within(own_path)]
        children = [text_of(child.path) for child in self._node.children]
        for path, widget in self.fields.items():
            own = [one for one in faults if one.is_within(path)]
            widget.show_fault("\n".join(one.message for one in own))
            rest = [one for one in rest if one not in own]
        rest = [one for one in rest if not any(one.is_within(child) for child in children)]
        self._above.setText("\n".join(f"⚠ {one.message}" for one in rest))
        self._above.setVisible(bool(rest))

    def focus_on(self, path_text: str) -> bool:
        """Put the focus into the field at a path or nearest below or above it; whether there is one."""
        above = [one for one in self.fields if one and path_text.startswith((f"{one}[", f"{one}."))]
        below = [one for one in self.fields if path_text and one.startswith((f"{path_text}.", f"{path_text}["))]
        for path in (path_text, *sorted(above, key=len, reverse=True), *below):
            if path in self.fields:
                widget = self.fields[path]
                self.ensureWidgetVisible(widget)
                widget.editor.setFocus(Qt.FocusReason.OtherFocusReason)
                return True
        return False
