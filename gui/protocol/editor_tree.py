"""The tree of the editor: the parts of a protocol and its steps, and what is done to them by mouse and keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui.common.language import tr
from gui.common.widgets import button
from gui.protocol.editor_templates import title_of
from protocols.steps import STEPS
from protocols.toml_places import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gui.protocol.editor_check import Fault
    from gui.protocol.editor_form import Node
    from protocols.toml_places import Path

_PATH = Qt.ItemDataRole.UserRole
_TITLE_WIDTH = 150
"""Width (pixels) of the first column: "Pseudo-random levels" with an indent. Doubled, no value is in sight."""
_LOWEST = 60
"""Least height (pixels) of the tree: three lines, so that the editor has room in the smallest window."""
SECTIONS = ("sweep", "order", "temperature", "between", "stop")
"""Tables that can be added to a protocol, which make it a campaign."""


class StepTree(QWidget):
    """The tree with its buttons. It asks; the panel changes the text."""

    chosen = Signal(object)
    """Path of the line that is chosen."""
    step_wanted = Signal(str)
    """A step of this kind after the one that is chosen."""
    section_wanted = Signal(str)
    """A table of a campaign."""
    move_wanted = Signal(int)
    """The chosen entry so many places down; up if negative."""
    copy_wanted = Signal()
    """A copy of the chosen entry after it."""
    removal_wanted = Signal()
    """The chosen entry or table is to go."""

    def __init__(self) -> None:
        super().__init__()
        self._nodes: tuple[Node, ...] = ()
        self._faults: tuple[Fault, ...] = ()
        self._is_filling = False
        self._shape: list[tuple[Path, int]] = []
        self._by_path: dict[Path, QTreeWidgetItem] = {}
        self.tree = _Tree(self)
        self.tree.setObjectName("editorTree")
        self.tree.setAccessibleName(tr("Parts and steps of the protocol"))
        self.tree.setAccessibleDescription(
            tr("Insert adds a step, Ctrl+D copies it, Alt+Up and Alt+Down move it, Delete removes it.")
        )
        self.tree.setColumnCount(2)
        self.tree.setHeaderHidden(True)
        self.tree.setUniformRowHeights(True)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.tree.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.tree.header().setStretchLastSection(True)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.setMinimumHeight(_LOWEST)
        self.tree.setColumnWidth(0, _TITLE_WIDTH)
        self.tree.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.tree.currentItemChanged.connect(self._emit_chosen)
        self._lay_out()

    def _lay_out(self) -> None:
        tip = tr("Add a step after the chosen one, or a table (Insert)")
        self.add = button(tr("Add …"), "editorAdd", self.open_menu, tip=tip)
        self.menu = QMenu(self.add)
        self.menu.setObjectName("editorAddMenu")
        self._step_actions = [self._action(title_of(kind), self.step_wanted, kind) for kind in STEPS]
        self.menu.addActions(self._step_actions)
        self.menu.addSeparator()
        self._section_actions = {name: self._action(title_of(name), self.section_wanted, name) for name in SECTIONS}
        self.menu.addActions(list(self._section_actions.values()))
        self.copy = button(tr("Copy"), "editorCopy", self.copy_wanted.emit, tip=tr("Copy the chosen step (Ctrl+D)"))
        self.up = button("↑", "editorUp", lambda: self.move_wanted.emit(-1), tip=tr("Move it up (Alt+Up)"))
        self.down = button("↓", "editorDown", lambda: self.move_wanted.emit(1), tip=tr("Move it down (Alt+Down)"))
        self.remove = button(tr("Remove"), "editorRemove", self.removal_wanted.emit, tip=tr("Remove it (Delete)"))
        self.up.setAccessibleName(tr("Move up"))
        self.down.setAccessibleName(tr("Move down"))
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for widget in (self.add, self.copy, self.up, self.down, self.remove):
            widget.setProperty("fit", "tight")
            row.addWidget(widget)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.tree, 1)
        column.addLayout(row)

    def open_menu(self) -> None:
        """Offer the kinds of steps and tables below the button."""
        self.menu.popup(self.add.mapToGlobal(self.add.rect().bottomLeft()))

    def _action(self, text: str, wanted: object, value: str) -> QAction:
        made = QAction(text, self)
        made.setObjectName(f"editorAdd.{value}")
        made.triggered.connect(lambda: wanted.emit(value))  # type: ignore[attr-defined] # a signal
        return made

    # -- show ---------------------------------------------------------------------------------------------------------

    def show_nodes(self, nodes: Sequence[Node], wanted: Path | None = None) -> None:
        """Show the lines of a document, with the same one chosen as before, or the one that is wanted."""
        path = self.current_path if wanted is None else wanted
        self._is_filling = True
        self._nodes = tuple(nodes)
        shape = [(one.path, len(one.children)) for node in nodes for one in node.walk()]
        if shape != self._shape:
            self._shape = shape
            closed = {path for path, item in self._by_path.items() if item.childCount() and not item.isExpanded()}
            self.tree.clear()
            for node in nodes:
                self._add(self.tree.invisibleRootItem(), node)
            self.tree.expandAll()
            self._by_path = {item.data(0, _PATH): item for item in self._items()}
            for path in closed & set(self._by_path):
                self._by_path[path].setExpanded(False)
        for node in nodes:
            for one in node.walk():
                self._fill(one)
        self._choose(path)
        self._is_filling = False
        self._show_permissions()

    def _items(self) -> list[QTreeWidgetItem]:
        found: list[QTreeWidgetItem] = []
        waiting = [self.tree.topLevelItem(k) for k in reversed(range(self.tree.topLevelItemCount()))]
        while waiting:
            item = waiting.pop()
            if item is not None:
                found.append(item)
                waiting += [item.child(k) for k in reversed(range(item.childCount()))]
        return found

    def _add(self, parent: QTreeWidgetItem, node: Node) -> None:
        item = QTreeWidgetItem(parent)
        item.setData(0, _PATH, node.path)
        for child in node.children:
            self._add(item, child)

    def _fill(self, node: Node) -> None:
        item = self._item(node.path)
        if item is None:
            return
        faults = [one for one in self._faults if one.is_within(text_of(node.path)) and node.path]
        if not node.path:
            own = {field.path_text for field in node.fields}
            faults = [one for one in self._faults if one.path_text in own]
        title = f"⚠ {node.title}" if faults else node.title
        if (item.text(0), item.text(1)) != (title, node.summary):
            item.setText(0, title)
            item.setText(1, node.summary)
        item.setToolTip(0, "\n".join(one.message for one in faults))
        item.setToolTip(1, node.summary)

    def _item(self, path: Path) -> QTreeWidgetItem | None:
        return self._by_path.get(path)

    def show_faults(self, faults: Sequence[Fault]) -> None:
        """Mark the lines with faults in or below them."""
        self._faults = tuple(faults)
        for node in self._nodes:
            for one in node.walk():
                self._fill(one)

    # -- choice -------------------------------------------------------------------------------------------------------

    @property
    def current_path(self) -> Path:
        """Path of the line that is chosen."""
        item = self.tree.currentItem()
        return () if item is None else tuple(item.data(0, _PATH))

    @property
    def current(self) -> Node | None:
        """The node that is chosen."""
        path = self.current_path
        return next((one for node in self._nodes for one in node.walk() if one.path == path), None)

    def choose(self, path: Path) -> None:
        """Choose the line at a path, or the nearest one above it."""
        self._choose(path)

    def _choose(self, path: Path) -> None:
        while True:
            item = self._item(path)
            if item is not None:
                self.tree.setCurrentItem(item)
                return
            if not path:
                return
            path = path[:-1]

    def _emit_chosen(self) -> None:
        if not self._is_filling:
            self._show_permissions()
            self.chosen.emit(self.current_path)

    def _show_permissions(self) -> None:
        node = self.current
        is_entry = node is not None and node.is_entry
        takes_steps = any(one.steps_path is not None for node in self._nodes for one in node.walk())
        for action in self._step_actions:
            action.setEnabled(takes_steps)
        names = {str(one.path[0]) for one in self._nodes if one.path}
        for name, action in self._section_actions.items():
            action.setEnabled(name == "sweep" or name not in names)
        self.copy.setEnabled(is_entry)
        self.remove.setEnabled(is_entry or (node is not None and bool(node.path) and node.path[0] in SECTIONS))
        siblings = [one.path for line in self._nodes for one in line.walk() if node and one.path[:-1] == node.path[:-1]]
        siblings = [one for one in siblings if one and isinstance(one[-1], int)]
        self.up.setEnabled(is_entry and bool(siblings) and node is not None and node.path != siblings[0])
        self.down.setEnabled(is_entry and bool(siblings) and node is not None and node.path != siblings[-1])


class _Tree(QTreeWidget):
    """A tree whose keys do what the buttons do."""

    def __init__(self, owner: StepTree) -> None:
        super().__init__()
        self._owner = owner

    def dropEvent(self, event: QDropEvent) -> None:
        """Ask for the dragged entry where it was dropped, if that is in the same list; the text moves it."""
        at = event.position().toPoint()
        target, dragged = self.itemAt(at), self.currentItem()
        event.setDropAction(Qt.DropAction.IgnoreAction)  # else Qt would move the line by itself
        event.accept()
        if target is None or dragged is None or target is dragged:
            return
        old, new = tuple(dragged.data(0, _PATH)), tuple(target.data(0, _PATH))
        if old[:-1] != new[:-1] or not (old and new and isinstance(old[-1], int) and isinstance(new[-1], int)):
            return
        place = new[-1] + (at.y() > self.visualItemRect(target).center().y())
        by = place - old[-1] - (place > old[-1])
        if by:
            self._owner.move_wanted.emit(by)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        owner = self._owner
        is_alt = event.modifiers() & Qt.KeyboardModifier.AltModifier
        if event.key() == Qt.Key.Key_Insert:
            owner.open_menu()
        elif event.key() == Qt.Key.Key_Delete:  # not the standard key, which on X11 is Ctrl+D as well
            _press(owner.remove)
        elif event.key() == Qt.Key.Key_D and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            _press(owner.copy)
        elif is_alt and event.key() == Qt.Key.Key_Up:
            _press(owner.up)
        elif is_alt and event.key() == Qt.Key.Key_Down:
            _press(owner.down)
        else:
            super().keyPressEvent(event)


def _press(pressed: QPushButton) -> None:
    if pressed.isEnabled():
        pressed.click()
