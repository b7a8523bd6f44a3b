"""Dock "Protocol editor": the title with its buttons, and below it the document or what one can start from."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from gui.common.language import tr
from gui.common.widgets import button, label
from gui.protocol.editor_panel import EditorPanel
from gui.protocol.editor_start import StartFrom
from protocols import format_duration

if TYPE_CHECKING:
    from gui.common.theme import Colours
    from gui.protocol.editor_check import Reading
    from gui.protocol.editor_plan import Preview
    from gui.protocol.editor_undo import EditedText

_CLOCK_MS = 20_000
"""How often the time of the end is told anew: it is shown to the minute. Doubled, it is a minute old at times."""


class EditorPage(QSplitter):
    """The editor as a whole.

    A splitter with one part: unlike a layout it asks for no height by the lines of its labels, so that a dock that is
    lower than all of them shrinks its parts before it scrolls.

    Parameters
    ----------
    document : EditedText
    """

    asked = Signal(str)
    """What the operator wants, by the name of an action: new, open, save, plan, queue, load, keep."""

    def __init__(self, document: EditedText) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self.setObjectName("editorPage")
        self._duration_s: float | None = None
        self.panel = EditorPanel(document)
        self.start = StartFrom()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.start)
        self._pages.addWidget(self.panel)
        self._title = label("", "heading", "editorTitle")
        self._summary = label("", "faint", "editorSummary")
        self._note = label("", "fault", "editorNote")
        self._note.hide()
        self.buttons = {
            name: button(text, f"editor.{name}", lambda name=name: self.asked.emit(name), tip=tip)  # type: ignore[misc]
            for name, text, tip in (
                ("new", tr("New …"), tr("Start from a ready protocol (Ctrl+N)")),
                ("open", tr("Open …"), tr("Open a protocol or campaign file")),
                ("save", tr("Save"), tr("Save the file (Ctrl+S)")),
                ("plan", tr("Plan this"), tr("Plan it as the protocol that Run starts")),
                ("queue", tr("Queue this"), tr("Put it into the queue")),
            )
        }
        self._lay_out()
        self._clock = QTimer(self, interval=_CLOCK_MS)
        self._clock.timeout.connect(self._show_end)
        self._clock.start()

    def _lay_out(self) -> None:
        self._row = QFrame()
        row = QHBoxLayout(self._row)
        row.setContentsMargins(8, 6, 8, 0)
        row.setSpacing(6)
        row.addWidget(self._title, 1)
        for name in self.buttons:
            row.addWidget(self.buttons[name])
        self._disk = QFrame()
        self._disk.setObjectName("editorDisk")
        disk = QHBoxLayout(self._disk)
        disk.setContentsMargins(8, 0, 8, 0)
        disk.addWidget(label(tr("⚠ The file was changed by another program."), "fault"), 1)
        disk.addWidget(button(tr("Load the file"), "editorLoad", lambda: self.asked.emit("load")))
        disk.addWidget(button(tr("Keep this text"), "editorKeep", lambda: self.asked.emit("keep")))
        self._disk.hide()
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(6)
        for widget in (self._row, self._disk, self._note):
            column.addWidget(widget)
        column.addWidget(self._pages, 1)
        self._summary.setContentsMargins(8, 0, 8, 0)
        self._note.setContentsMargins(8, 0, 8, 0)
        column.addWidget(self._summary)
        self.addWidget(inner)

    def show_document(self, title: str, *, is_open: bool, is_modified: bool) -> None:
        """Show the title, with a star where the document differs from its file; or what one can start from."""
        self._title.setText(f"{title}{' *' if is_modified else ''}")
        self._row.setVisible(is_open)
        self._summary.setVisible(is_open)
        self.start.show_back(shown=is_open)
        if not is_open:
            self.show_start()

    def show_start(self) -> None:
        """Show what one can start from."""
        self._pages.setCurrentWidget(self.start)
        self.start.take_focus()

    def show_panel(self) -> None:
        """Show the document."""
        self._pages.setCurrentWidget(self.panel)

    def show_disk(self, *, changed: bool) -> None:
        """Say that the file is no longer what was read."""
        self._disk.setVisible(changed)

    def show_note(self, note: str) -> None:
        """Say why something could not be done."""
        self._note.setText(f"⚠ {note}" if note else "")
        self._note.setVisible(bool(note))

    def show_permission(self, name: str, reason: str) -> None:
        """Allow a button, or say in its tip why not."""
        pressed = self.buttons[name]
        pressed.setEnabled(not reason)
        if reason:
            pressed.setToolTip(reason)

    def show_working(self) -> None:
        """Say that the text is being read."""
        self._summary.setText(tr("Reading …"))

    def show_reading(self, reading: Reading) -> None:
        """Show what is wrong with the text, or that nothing is."""
        self._duration_s = None
        self.panel.show_reading(reading)
        n = len(reading.faults)
        if n:
            self._summary.setText(tr("⚠ 1 fault") if n == 1 else tr("⚠ {n} faults").format(n=n))
        else:
            self._summary.setText(tr("✓ No faults. Planning …"))

    def show_preview(self, preview: Preview, *, connected: bool) -> None:
        """Show the plan, and whether the instrument that it is for is there."""
        self._model = preview.model if connected else tr("{model} (not connected)").format(model=preview.model)
        self.panel.show_preview(preview)
        self._duration_s = preview.duration_s
        self._preview = preview
        self._show_end()

    def _show_end(self) -> None:
        if self._duration_s is None:
            return
        preview = self._preview
        end = datetime.now().astimezone() + timedelta(seconds=self._duration_s)
        today = end.date() == datetime.now().astimezone().date()
        clock = f"{end:%H:%M}" if today else f"{end:%d %b, %H:%M}"
        facts = preview.facts or format_duration(preview.duration_s)
        if preview.n_points:
            whole = format_duration(preview.duration_s)
            facts = tr("{n} points, about {time}; the chosen one: {facts}").format(
                n=f"{preview.n_points:,}", time=whole, facts=facts
            )
        if preview.faults:
            text = tr("⚠ {model} cannot do it: see above. {facts}").format(model=self._model, facts=facts)
        else:
            text = tr("✓ No faults. {model}: {facts}. Ends at {clock} if started now.")
            text = text.format(model=self._model, facts=facts, clock=clock)
        self._summary.setText(text)

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        self.panel.set_colours(colours)
