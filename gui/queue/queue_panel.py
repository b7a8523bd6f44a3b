"""Panel of the queue: what is conducted and what waits, in which order, and what becomes of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gui.common.adaptive_row import AdaptiveRow
from gui.common.language import tr
from gui.common.queue_view import QueueView
from gui.common.widgets import button, label
from gui.queue.queue_tree import QueueTree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from PySide6.QtCore import QPoint
    from PySide6.QtWidgets import QPushButton

_MARGIN, _GAP = 8, 6
"""Room (pixels) at the edges and between parts, as in other panels."""
_LOWEST = 64
"""Least height (pixels) of the list: its head and two rows. More, and a low dock cuts it."""
_WIDE = 620
"""Width (pixels) from which all buttons have one row, with room for an address. Less, and the address is cut."""


class QueuePanel(QWidget):
    """Dock "Queue"."""

    add_wanted = Signal(object, str)
    """Put files (tuple of Path) into the queue of an instrument (its resource)."""
    move_wanted = Signal(int, int)
    remove_wanted = Signal(int)
    resume_wanted = Signal()
    pause_wanted = Signal(bool)
    """Pause: at once, or after the point."""
    stop_wanted = Signal(bool)
    """Stop what is conducted: after the point, or at once."""
    selected = Signal(object)
    """Number of the campaign that is selected, or None."""
    run_opened = Signal(object)
    folder_wanted = Signal(object)
    """Show a folder (Path) in the program for files."""
    looked_into = Signal(object)

    def __init__(self, folder: Callable[[], Path]) -> None:
        super().__init__()
        self.setObjectName("queuePanel")
        self._folder = folder
        self._view = QueueView()
        self._connected: tuple[str, str] = ("", "")
        self._is_simulated = False
        self.tree = QueueTree()
        self._make_parts()
        self._lay_out()
        self._connect()
        self.show_permissions({})
        self.show_queue(QueueView(), now_s=0.0)

    def _make_parts(self) -> None:
        self.sentence = label("", "", "queueSentence")
        self.temperature = label("", "faint", "queueTemperature")
        self.simulated = label("", "faint", "queueSimulated")
        self.alarm = label("", "warning", "queueAlarm")
        self.instrument = QComboBox()
        self.instrument.setObjectName("queueInstrument")
        self.instrument.setAccessibleName(tr("Instrument of what is added"))
        self.instrument.setAccessibleDescription(tr("A VISA address, or a name in the address book."))
        self.instrument.setEditable(True)
        self.instrument.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.instrument.setToolTip(tr("Instrument on which the added files are measured: an address or a name"))
        self.instrument.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.instrument.setMinimumContentsLength(10)
        edit = self.instrument.lineEdit()
        if edit is not None:
            edit.setPlaceholderText(tr("address of the instrument"))
        self._buttons = {
            "add": button(tr("Add …"), "queueAddButton", self.choose_files, tip=tr("Add protocols or campaigns")),
            "start": button(tr("Start"), "queueStartButton", self.resume_wanted.emit, "primary"),
            "pause": self._with_menu(
                button(tr("Pause"), "queuePauseButton", lambda: None, "menu"),
                ("queuePauseAfter", tr("After the point that is measured"), lambda: self.pause_wanted.emit(False)),
                ("queuePauseNow", tr("At once: the point is repeated"), lambda: self.pause_wanted.emit(True)),
            ),
            "stop": self._with_menu(
                button(tr("Stop"), "queueStopButton", lambda: None, "menu"),
                ("queueStopNow", tr("At once: output off"), lambda: self.stop_wanted.emit(False)),
                ("queueStopAfter", tr("After the point that is measured"), lambda: self.stop_wanted.emit(True)),
            ),
            "up": button("▲", "queueUpButton", lambda: self.tree.move_selected(-1), tip=tr("Earlier (Alt+Up)")),
            "down": button("▼", "queueDownButton", lambda: self.tree.move_selected(1), tip=tr("Later (Alt+Down)")),
            "remove": button(tr("Remove"), "queueRemoveButton", self._remove, tip=tr("Its folder stays (Del)")),
        }
        self._tips = {name: one.toolTip() for name, one in self._buttons.items()}
        self._buttons["up"].setAccessibleName(tr("Earlier"))
        self._buttons["down"].setAccessibleName(tr("Later"))

    @staticmethod
    def _with_menu(made: QPushButton, *entries: tuple[str, str, Callable[[], None]]) -> QPushButton:
        menu = QMenu(made)
        for name, text, do in entries:
            action = menu.addAction(text)
            action.setObjectName(name)
            action.triggered.connect(lambda _checked, do=do: do())
        made.setMenu(menu)
        return made

    def _lay_out(self) -> None:
        of_queue, of_item = QHBoxLayout(), QHBoxLayout()
        for row, names in ((of_queue, ("start", "pause", "stop")), (of_item, ("up", "down", "remove"))):
            row.setSpacing(_GAP)
            for name in names:
                row.addWidget(self._buttons[name])
        of_queue.addStretch(1)
        of_item.addStretch(1)
        of_item.addWidget(self.instrument, 2)
        of_item.addWidget(self._buttons["add"])
        self.empty = label("", "faint", "queueEmpty")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        # A low dock has no room for more, and what is scrolled twice is hard to use.
        self.tree.setMinimumHeight(_LOWEST)
        self.empty.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.tree)
        self.stack.addWidget(self.empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        column.setSpacing(_GAP)
        for part in (self.alarm, self.sentence, self.temperature, self.simulated):
            column.addWidget(part)
        column.addWidget(AdaptiveRow(_WIDE, (of_queue, 0), (of_item, 1)))
        column.addWidget(self.stack, 1)

    def _connect(self) -> None:
        tree = self.tree
        tree.moved.connect(self.move_wanted)
        tree.run_opened.connect(self.run_opened)
        tree.looked_into.connect(self.looked_into)
        tree.remove_wanted.connect(self._remove)
        tree.menu_wanted.connect(self._show_menu)
        tree.itemSelectionChanged.connect(lambda: self.selected.emit(tree.selected_number))
        insert = QShortcut(QKeySequence(Qt.Key.Key_Insert), tree)
        insert.setContext(Qt.ShortcutContext.WidgetShortcut)
        insert.activated.connect(self.choose_files)

    # -- intents ------------------------------------------------------------------------------------------------------

    @property
    def resource(self) -> str:
        """Where added files are to be measured; empty if that is not known."""
        text = self.instrument.currentText().strip()
        title, resource = self._connected
        return resource if text == title else text

    def choose_files(self) -> None:
        """Ask for protocols and campaigns, and add them."""
        dialog = QFileDialog(self, tr("Add to the queue"), str(self._folder()), tr("Protocols and campaigns (*.toml)"))
        dialog.setObjectName("queueFileDialog")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(self._add_names)
        dialog.open()

    def _add_names(self, names: list[str]) -> None:
        from pathlib import Path

        self.add_wanted.emit(tuple(Path(one) for one in names), self.resource)

    def _remove(self) -> None:
        number = self.tree.selected_number
        if number is not None and self._buttons["remove"].isEnabled():
            self.remove_wanted.emit(number)

    def _show_menu(self, at: QPoint) -> None:
        menu, number = QMenu(self), self.tree.selected_number
        campaign = None if number is None else self._view.campaign(number)
        point = self.tree.selected_point
        if point is not None and point.is_measured:
            menu.addAction(tr("Open the run")).triggered.connect(lambda: self.run_opened.emit(point.run))
        for aside in () if point is None else point.aside:
            text = tr("Open the attempt {name}").format(name=aside.name)
            menu.addAction(text).triggered.connect(lambda _checked, path=aside: self.run_opened.emit(path))
        if campaign is not None:
            menu.addAction(tr("Show its folder")).triggered.connect(lambda: self.folder_wanted.emit(campaign.folder))
        remove = menu.addAction(tr("Remove from the queue"))
        remove.setEnabled(self._buttons["remove"].isEnabled())
        remove.triggered.connect(self._remove)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)

    # -- show ---------------------------------------------------------------------------------------------------------

    def show_queue(self, view: QueueView, now_s: float | None = None) -> None:
        """Show the queue as it is now."""
        self._view, now = view, time.time() if now_s is None else now_s
        self.tree.show_queue(view, now)
        killed = bool(view.interrupted)
        self._say(self.sentence, "" if killed else view.sentence(now))
        running = next(iter(view.running), None)
        temperature = running.temperature if running is not None else None
        self._say(self.temperature, "" if temperature is None else temperature.text)
        in_doubt = next((one.output_problem for one in view.campaigns if one.output_problem), "")
        self._say(self.alarm, in_doubt or (view.sentence(now) if killed else ""))
        self._buttons["start"].setText(tr("Resume") if view.running else tr("Start"))
        self.stack.setCurrentWidget(self.tree if view.campaigns else self.empty)
        self.empty.setText(self._nothing_text() if view.is_read else tr("Reading the queue …"))
        self._offer_instruments()

    @staticmethod
    def _say(where: QWidget, text: str) -> None:
        where.setText(text)  # type: ignore[attr-defined] # a label
        where.setVisible(bool(text))

    def _nothing_text(self) -> str:
        if self._is_simulated:
            return tr("Nothing is queued. Add protocols or campaigns: they are measured one after the other.")
        return tr(
            "Nothing is queued. Add protocols or campaigns: they are measured one after the other, also while this"
            " window is closed."
        )

    def show_instrument(self, title: str, resource: str, *, simulated: bool = False) -> None:
        """Offer the instrument that is connected: what is added goes to it, unless another one is named.

        Parameters
        ----------
        title, resource : str
        simulated : bool
            Whether it is a simulated one of this window, which no queue outlives.
        """
        ends = tr(
            "The simulated instrument ends with this window: what waits for it is measured only while it is open."
        )
        self._say(self.simulated, ends if simulated else "")
        self._is_simulated = simulated
        if self._view.is_read:
            self.empty.setText(self._nothing_text())
        was_usual = self.instrument.currentText().strip() in {"", self._connected[0]}
        self._connected = (title, resource)
        self._offer_instruments()
        if was_usual:
            self._name_instrument(title)

    def _name_instrument(self, text: str) -> None:
        """Show a name from its beginning, where there is no room for all of it."""
        self.instrument.setCurrentText(text)
        edit = self.instrument.lineEdit()
        if edit is not None and not edit.hasFocus():
            edit.setCursorPosition(0)

    def _offer_instruments(self) -> None:
        offered = dict.fromkeys(one.resource for one in self._view.campaigns if one.resource != self._connected[1])
        wanted = [*([self._connected[0]] if self._connected[0] else []), *offered]
        if wanted == [self.instrument.itemText(row) for row in range(self.instrument.count())]:
            return
        typed = self.instrument.currentText()
        self.instrument.clear()
        self.instrument.addItems(wanted)
        self._name_instrument(typed or self.instrument.currentText())

    def show_permissions(self, reasons: Mapping[str, str]) -> None:
        """Enable each button (start, pause, stop, up, down, remove) for which there is no reason against it."""
        for name, made in self._buttons.items():
            reason = reasons.get(name, "")
            made.setEnabled(not reason)
            made.setToolTip(reason or self._tips[name])
