"""The protocol editor: tree, form, text and waveform of one document, in step with each other.

The text is the document. Tree and form are made from it whenever it can be read, and what is done in them changes the
text in that one place; while the text cannot be read they wait, and nothing of it is lost.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSplitter, QTabWidget, QVBoxLayout, QWidget

from gui.common.language import tr
from gui.common.widgets import label, name_tabs, order_tabs
from gui.protocol import editor_edits
from gui.protocol.editor_faults import FaultList
from gui.protocol.editor_form import document_nodes
from gui.protocol.editor_form_view import FormView
from gui.protocol.editor_plot import WaveformView
from gui.protocol.editor_points import PointsView
from gui.protocol.editor_text import TomlEdit, is_undo
from gui.protocol.editor_tree import StepTree
from protocols.toml_places import places_in, text_of, toml_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QKeyEvent, QResizeEvent

    from gui.common.theme import Colours
    from gui.protocol.editor_check import Fault, Reading
    from gui.protocol.editor_form import FormField, Node
    from gui.protocol.editor_plan import Preview
    from gui.protocol.editor_undo import EditedText
    from protocols.toml_places import Path

_ROOMY = QSize(820, 520)
"""Size (pixels) from which on text and waveform stand above each other: each has a dozen lines then. Smaller, they are
tabs; larger, a laptop's window would always have tabs."""


class EditorPanel(QWidget):
    """All that is seen of one document.

    Parameters
    ----------
    document : EditedText
    """

    point_wanted = Signal(int)
    """Draw this point of the campaign."""
    refused = Signal(str)
    """Why something cannot be done, in words."""

    def __init__(self, document: EditedText) -> None:
        super().__init__()
        self.setObjectName("editorPanel")
        self._document = document
        self._nodes: tuple[Node, ...] = ()
        self._faults: tuple[Fault, ...] = ()
        self._origin = ""
        self._n_entered = 0
        self._last_field: FormField | None = None
        self._is_leading = False
        self.tree = StepTree()
        self.form = FormView(document.stack)
        self.text = TomlEdit(document)
        self.waveform = WaveformView()
        self.points = PointsView()
        self.faults = FaultList()
        self._wait_note = label("", "faint", "editorWaits")
        self._wait_note.hide()
        self._doc = label("", "faint", "editorDoc")
        self._doc.setContentsMargins(8, 0, 8, 0)
        self._doc.hide()
        self._lay_out()
        self._connect()
        self._show_document()

    # -- layout -------------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        left = QSplitter(Qt.Orientation.Vertical)
        left.setObjectName("editorLeft")
        left.addWidget(self.tree)
        form = QWidget()
        column = QVBoxLayout(form)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._wait_note)
        column.addWidget(self.form, 1)
        column.addWidget(self._doc)
        left.addWidget(form)
        left.setStretchFactor(0, 2)
        left.setStretchFactor(1, 3)
        self._tabs = QTabWidget()
        self._tabs.setObjectName("editorTabs")
        self._tabs.setDocumentMode(True)
        name_tabs(self._tabs, tr("Text, waveform and points"))
        self._stack = QSplitter(Qt.Orientation.Vertical)
        self._stack.setObjectName("editorRight")
        self._stack.addWidget(self._tabs)
        right = QFrame()
        right_column = QVBoxLayout(right)
        right_column.setContentsMargins(0, 0, 0, 0)
        right_column.addWidget(self._stack, 1)
        self._columns = QSplitter(Qt.Orientation.Horizontal)
        self._columns.setObjectName("editorColumns")
        self._columns.addWidget(left)
        self._columns.addWidget(right)
        self._columns.setStretchFactor(0, 2)
        self._columns.setStretchFactor(1, 3)
        self._columns.setChildrenCollapsible(False)
        self._columns.setSizes([340, 560])
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._columns, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(8, 0, 8, 4)
        whole.setSpacing(6)
        whole.addWidget(self.faults)
        whole.addLayout(row, 1)
        self._is_roomy: bool | None = None
        self._has_points = False
        self._arrange(roomy=False)

    def _arrange(self, *, roomy: bool) -> None:
        """Put text and waveform above each other, or into tabs where there is no room."""
        if roomy == self._is_roomy:
            return
        self._is_roomy = roomy
        shown = self._tabs.currentWidget()
        for k in reversed(range(self._tabs.count())):
            self._tabs.removeTab(k)
        if roomy:
            self._stack.insertWidget(0, self.text)
            self._tabs.addTab(self.waveform, tr("Waveform"))
        else:
            self._tabs.addTab(self.text, tr("Text"))
            self._tabs.addTab(self.waveform, tr("Waveform"))
        self._tabs.addTab(self.points, tr("Points"))
        self._show_points_tab(shown=self._has_points)
        self.text.show()
        if shown is not None and self._tabs.indexOf(shown) >= 0:
            self._tabs.setCurrentWidget(shown)
        self._stack.setSizes([500, 500])
        self._order()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange the parts for the room that there is."""
        super().resizeEvent(event)
        self._arrange(roomy=self.width() >= _ROOMY.width() and self.height() >= _ROOMY.height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Undo and redo wherever in the editor the focus is."""
        if not is_undo(event, self._document.stack):
            super().keyPressEvent(event)

    def _connect(self) -> None:
        self._document.changed.connect(lambda _: self._show_document())
        self.tree.chosen.connect(self._show_chosen)
        self.tree.step_wanted.connect(self._add_step)
        self.tree.section_wanted.connect(self._add_section)
        self.tree.move_wanted.connect(self._move)
        self.tree.copy_wanted.connect(self._copy)
        self.tree.removal_wanted.connect(self._remove)
        self.form.typed.connect(self._take_typed)
        self.form.entered.connect(self._note_field)
        self.text.line_entered.connect(self._follow_cursor)
        self.faults.led.connect(self.lead_to)
        self.points.chosen.connect(self.point_wanted)

    # -- show ---------------------------------------------------------------------------------------------------------

    def _show_document(self, wanted: Path | None = None) -> None:
        """Show the text's tree and form, if it can be read."""
        text = self._document.text
        problem = toml_problem(text)
        waits = problem is not None
        focus = self.focusWidget()
        if waits and focus is not None and (self.tree.isAncestorOf(focus) or self.form.isAncestorOf(focus)):
            self.text.setFocus(Qt.FocusReason.OtherFocusReason)  # not wherever Qt takes it from a part that waits
        self.tree.setEnabled(not waits)
        self.form.setEnabled(not waits)
        self._wait_note.setVisible(waits)
        if problem is not None:
            self._wait_note.setText(
                tr("The text cannot be read in line {line}. The form follows as soon as it can.").format(
                    line=problem[1]
                )
            )
            return
        self._nodes = document_nodes(tomllib.loads(text))
        self.tree.show_nodes(self._nodes, wanted)
        self.form.show_node(self.tree.current, self._origin)
        self._order()

    def _order(self) -> None:
        """Have Tab go down the left column, then down the right one: fields are made anew for each step."""
        above = (self.text,) if self._is_roomy else ()
        order_tabs(self.faults, self.tree, self.form, *above, self._tabs.tabBar(), self._stack)

    def show_reading(self, reading: Reading) -> None:
        """Show what is wrong with the text."""
        self._show_faults(reading.faults)
        if not reading.is_right:
            self.waveform.show_stale()

    def _show_faults(self, faults: Sequence[Fault]) -> None:
        self._faults = tuple(faults)
        self.faults.show_faults(faults)
        self.text.show_faults(faults)
        self.tree.show_faults(faults)
        self.form.show_faults(faults)

    def show_preview(self, preview: Preview | None) -> None:
        """Show a plan, and why the instrument cannot do it if it cannot."""
        self.waveform.show_preview(preview)
        self.points.show_preview(preview)
        if preview is not None:
            self._show_faults(preview.faults)
        has_points = preview is not None and preview.n_points > 0
        self._show_points_tab(shown=has_points)

    def _show_points_tab(self, *, shown: bool) -> None:
        self._has_points = shown
        self._tabs.setTabVisible(self._tabs.indexOf(self.points), shown)

    def _show_chosen(self, path: Path) -> None:
        self.form.show_node(self.tree.current)
        self._order()
        self._doc.hide()
        if not self._is_leading and path and not self.text.hasFocus():
            self.text.go_to_line(places_in(self._document.text).line_of(path))

    def _note_field(self, field: FormField) -> None:
        self._n_entered += 1  # what is typed from now on is a step of undo of its own
        self._last_field = field
        self._doc.setText(field.doc)
        self._doc.setVisible(bool(field.doc))
        places = places_in(self._document.text)
        if not self._is_leading and field.path in places.by_path:
            self.text.go_to_line(places.line_of(field.path))

    def _follow_cursor(self, _line: int) -> None:
        """Choose the part of the tree in which the cursor is."""
        if not self.text.hasFocus() or toml_problem(self._document.text) is not None:
            return
        position = self.text.textCursor().position()
        text = self._document.text
        offset = (
            position if text.isascii() else len(text.encode("utf-16-le")[: 2 * position].decode("utf-16-le", "ignore"))
        )
        path = places_in(text).path_at(offset)
        self._is_leading = True
        self.tree.choose(path)
        self._is_leading = False

    # -- change -------------------------------------------------------------------------------------------------------

    def _take_typed(self, field: FormField, typed: str) -> None:
        self._origin = field.path_text
        title = tr("Change of {field}").format(field=field.label)
        self._edit(
            title, lambda text: editor_edits.with_typed(text, field, typed), f"{field.path_text} {self._n_entered}"
        )
        self._origin = ""

    def _edit(self, title: str, edit: Callable[[str], str], origin: str = "", wanted: Path | None = None) -> None:
        try:
            text = edit(self._document.text)
        except ValueError as error:
            self.refused.emit(str(error))
            return
        self._document.change(text, title, origin)
        if wanted is not None:
            self._show_document(wanted)

    def _add_step(self, kind: str) -> None:
        node = self.tree.current
        if node is None or node.steps_path is None:
            node = next(one for one in self._nodes if one.path == ("sequence",))
        try:
            text, path = editor_edits.with_step_after(self._document.text, node, kind)
        except ValueError as error:
            self.refused.emit(str(error))
            return
        self._edit(tr("New step"), lambda _: text, wanted=path)

    def _add_section(self, name: str) -> None:
        swept = self._last_field  # the field that is to vary, if it is still there
        if swept is None or not swept.text or swept.path not in places_in(self._document.text).by_path:
            swept = None
        path: Path = (name,)
        if name == "sweep":
            path = (name, sum(one.path[:1] == ("sweep",) for one in self._nodes))
        self._edit(tr("New table"), lambda text: editor_edits.with_section(text, name, swept), wanted=path)

    def _move(self, by: int) -> None:
        node = self.tree.current
        if node is not None and node.is_entry:
            old = int(node.path[-1])
            path = (*node.path[:-1], old + by)
            self._edit(tr("Move"), lambda text: editor_edits.moved(text, node.path, by), wanted=path)

    def _copy(self) -> None:
        node = self.tree.current
        if node is not None and node.is_entry:
            path = (*node.path[:-1], int(node.path[-1]) + 1)
            self._edit(tr("Copy"), lambda text: editor_edits.copied(text, node.path), wanted=path)

    def _remove(self) -> None:
        node = self.tree.current
        if node is not None and node.path:
            last = max(int(node.path[-1]) - 1, 0) if node.is_entry else 0
            path = (*node.path[:-1], last) if node.is_entry else ()
            self._edit(tr("Removal"), lambda text: editor_edits.removed(text, node.path), wanted=path)

    # -- lead ---------------------------------------------------------------------------------------------------------

    def lead_to(self, fault: Fault) -> None:
        """Show the place of a fault in text and form, with the focus where it can be mended."""
        self._is_leading = True
        self.text.go_to_line(fault.line)
        within = [one.path for node in self._nodes for one in node.walk() if fault.is_within(text_of(one.path))]
        if self.tree.isEnabled() and fault.path_text:
            self.tree.choose(max(within, key=len, default=()))
            self.form.show_node(self.tree.current)
            self._order()
        is_there = self.tree.isEnabled() and bool(fault.path_text) and self.form.focus_on(fault.path_text)
        self._is_leading = False
        if not is_there:
            if not self._is_roomy:
                self._tabs.setCurrentWidget(self.text)
            self.text.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        self.text.set_colours(colours)
        self.waveform.set_colours(colours)
