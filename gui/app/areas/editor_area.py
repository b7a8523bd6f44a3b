"""Area of the protocol editor: its dock and actions, and the wires between document, reader, planner and window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from gui.app.area import ActionSpec, DockSpec, Layout, Menu, ProtocolText, Side
from gui.app.editor_rules import editor_changed, may_change, may_plan
from gui.app.editor_session import EditorSession
from gui.app.editor_state import EditorStage, EditorState
from gui.common.instrument import USUAL_KIND
from gui.protocol.ready import ready_title
from gui.services.jobs import Jobs
from gui.services.latest_job import LatestJob

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QUndoStack

    from gui.app.area import Context
    from gui.app.state import AppState
    from gui.common.theme import Colours
    from gui.protocol.editor_check import Reading
    from gui.protocol.editor_page import EditorPage
    from gui.protocol.editor_plan import Preview

DOCK = "editor"
"""Name of its dock."""
_REST_MS = 150
"""How long the keys rest before a text is read: shorter than a pause for thought. Doubled, a fault is said 0.15 s
later; halved, each letter of a word is read."""
_CLOSE_S = 5.0
"""How long a window that closes waits for a plan that is being made."""


def _read(text: str, folder: Path | None) -> Reading:
    from gui.protocol.editor_check import read_document  # with its readers: the window paints before they are there

    return read_document(text, folder)


def _preview(reading: Reading, driver: str, point: int) -> Preview:
    from gui.protocol.editor_plan import preview

    return preview(reading, driver, point)


class EditorArea(QObject):
    """The dock "Protocol editor".

    Parameters
    ----------
    context : Context
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context.parent)
        self._context = context
        window = context.parent
        if not isinstance(window, QWidget):
            raise TypeError("the editor's questions stand on a window")
        self.session = EditorSession(window, context.jobs, context.folder, context.settings)
        self._page: EditorPage | None = None
        self._colours: Colours | None = None
        # A lane of its own: a campaign of many points must not hold up files of others.
        self._jobs = Jobs(window)
        self._reader = LatestJob(window, self._jobs, _REST_MS)
        self._planner = LatestJob(window, self._jobs, 0)
        self._reading: Reading | None = None
        self._point = 1
        self._connect()
        sides = {Layout.MEASURE: Side.CENTRE, Layout.ANALYSE: Side.CENTRE}
        self._docks = (DockSpec(DOCK, "Protocol editor", self._build, sides),)

    def _connect(self) -> None:
        session, exchange = self.session, self._context.exchange
        session.opened.connect(self._opened)
        session.changed.connect(self._note_state)
        session.message.connect(exchange.message)
        session.disk_changed.connect(self._show_disk)
        session.document.changed.connect(lambda _: self._read())
        exchange.protocol_wanted.connect(self.edit)
        exchange.closing_unasked.connect(session.close_unasked)

    def _build(self) -> QWidget:
        from gui.protocol.editor_page import EditorPage

        page = EditorPage(self.session.document)
        page.asked.connect(lambda name: self._answers()[name]())
        page.start.ready_chosen.connect(self._start_from)
        page.start.file_wanted.connect(self.session.ask_for_file)
        page.start.back_wanted.connect(page.show_panel)
        page.panel.point_wanted.connect(self._choose_point)
        page.panel.refused.connect(page.show_note)
        self.session.document.changed.connect(lambda _: page.show_note(""))
        self._page = page
        if self._colours is not None:
            page.set_colours(self._colours)
        self._show_editor(self._context.store.state)
        if self.session.is_open:
            page.show_panel()
            self._read()
        return page

    def _answers(self) -> dict[str, Callable[[], object]]:
        return {
            "new": self.new,
            "open": self.session.ask_for_file,
            "save": self.session.save,
            "plan": self.plan,
            "queue": self.queue,
            "load": self.session.load_again,
            "keep": lambda: self._show_disk(False),
        }

    # -- what the operator wants ---------------------------------------------------------------------------------------

    def new(self) -> None:
        """Show the ready protocols to start from."""
        self._context.exchange.dock_wanted.emit(DOCK)
        if self._page is not None:
            self._page.show_start()

    def _start_from(self, name: str) -> None:
        self.session.open_ready(name, ready_title(name))

    def edit(self, source: object) -> None:
        """Open what another area wants to be edited: a file, a ready protocol, or a text."""
        if isinstance(source, ProtocolText):
            self.session.open_text(source.title, source.text)
        elif isinstance(source, Path):
            self.session.open_path(source)
        else:
            self._start_from(str(source))

    def plan(self) -> None:
        """Make the document the protocol that Run starts; of a campaign, the point that is drawn."""
        if not may_plan(self._context.store.state).granted or self._reading is None:
            return
        campaign = self._reading.campaign
        if campaign is None:
            self.session.with_file(self._context.exchange.planned_wanted.emit)
            return
        point = campaign.points[min(self._point, len(campaign.points)) - 1]
        title = f"{campaign.name} {point.label}"
        self.session.with_file(self._context.exchange.planned_wanted.emit, title, point.protocol.to_toml())

    def queue(self) -> None:
        """Put the document into the queue."""
        if may_plan(self._context.store.state).granted:
            self.session.with_file(self._context.exchange.queue_wanted.emit)

    def _choose_point(self, number: int) -> None:
        self._point = number
        self._plan()

    def lead_to_next_fault(self) -> None:
        """Lead to the next fault."""
        self._context.exchange.dock_wanted.emit(DOCK)
        if self._page is not None:
            self._page.panel.faults.lead_to_next()

    # -- read and plan -------------------------------------------------------------------------------------------------

    def _opened(self) -> None:
        self._point = 1
        if self._page is not None:
            self._page.show_panel()
        self._context.exchange.dock_wanted.emit(DOCK)

    def _read(self) -> None:
        if not self.session.is_open and not self.session.document.text:
            return
        text, folder = self.session.document.text, self.session.folder
        self._reading = None
        self._planner.drop()
        self._note_state(EditorStage.READING)
        if self._page is not None:
            self._page.show_working()
        self._reader.ask(lambda: _read(text, folder), self._take_reading, self._report)

    def _take_reading(self, reading: Reading) -> None:
        self._reading = reading
        self._note_state()
        if self._page is not None:
            self._page.show_reading(reading)
        if reading.is_right:
            self._plan()

    def _plan(self) -> None:
        reading, driver, point = self._reading, self._driver(self._context.store.state), self._point
        if reading is not None and reading.is_right and self._page is not None:
            self._planner.ask(lambda: _preview(reading, driver, point), self._take_preview, self._report)

    def _driver(self, state: AppState) -> str:
        """Return the driver for which is planned: that of the connected instrument, else that of the README's tour."""
        instrument = state.connection.instrument
        return USUAL_KIND if instrument is None else instrument.driver

    def _take_preview(self, made: Preview) -> None:
        if self._page is not None:
            is_connected = self._context.store.state.connection.instrument is not None
            self._page.show_preview(made, connected=is_connected)

    def _report(self, error: Exception) -> None:
        self._context.exchange.message.emit(str(error))

    # -- state ---------------------------------------------------------------------------------------------------------

    def _note_state(self, stage: EditorStage | None = None) -> None:
        """Tell the window what is open, and whether it is right."""
        session, reading = self.session, self._reading
        if stage is None:
            stage = EditorStage.READING
            if reading is not None:
                stage = EditorStage.RIGHT if reading.is_right else EditorStage.WRONG
        if not session.is_open:
            stage = EditorStage.EMPTY
        path = None if session.file is None else session.file.path
        is_campaign = reading is not None and reading.campaign is not None
        editor = EditorState(stage, session.title, path, session.is_modified, is_campaign)
        self._context.store.apply(editor_changed, editor)

    def _show_editor(self, state: AppState) -> None:
        if self._page is None:
            return
        editor = state.editor
        self._page.show_document(editor.title, is_open=editor.is_open, is_modified=editor.is_modified)
        for name, permission in (("save", may_change(state)), ("plan", may_plan(state)), ("queue", may_plan(state))):
            self._page.show_permission(name, permission.reason)

    def _show_disk(self, changed: bool) -> None:
        if self._page is not None:
            self._page.show_disk(changed=changed)

    # -- the area ------------------------------------------------------------------------------------------------------

    def docks(self) -> Sequence[DockSpec]:
        """Return the dock of the editor."""
        return self._docks

    def actions(self) -> Sequence[ActionSpec]:
        """Return what the menus offer."""
        session, file, protocol = self.session, Menu.FILE, Menu.PROTOCOL
        return (
            ActionSpec("editor.new", "&New protocol …", file, self.new, "Start a protocol from a ready one", "Ctrl+N"),
            ActionSpec(
                "editor.open", "&Edit a protocol …", file, session.ask_for_file, "Open a protocol file to edit it"
            ),
            ActionSpec(
                "editor.save", "&Save", file, session.save, "Save the edited protocol", "Ctrl+S", permission=may_change
            ),
            ActionSpec(
                "editor.save_as",
                "Save &as …",
                file,
                session.save_as,
                "Save it under another name",
                "Ctrl+Shift+S",
                permission=may_change,
            ),
            ActionSpec(
                "editor.plan",
                "&Plan the edited protocol",
                protocol,
                self.plan,
                "Make the edited protocol the one that Run starts",
                "Ctrl+P",
                permission=may_plan,
            ),
            ActionSpec(
                "editor.queue",
                "&Queue the edited protocol",
                protocol,
                self.queue,
                "Put it into the queue",
                permission=may_plan,
            ),
            ActionSpec(
                "editor.next_fault",
                "Next &fault",
                protocol,
                self.lead_to_next_fault,
                "Go to the next fault of the edited text",
                "F8",
                permission=may_change,
            ),
        )

    def undo_stack(self) -> QUndoStack:
        """Return the way back over form and text."""
        return self.session.document.stack

    def show(self, state: AppState, before: AppState) -> None:
        """Show the state of the document; plan again for another instrument."""
        if state is before or state.editor != before.editor:
            self._show_editor(state)
        if self._driver(state) != self._driver(before):
            self._plan()

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        self._colours = colours
        if self._page is not None:
            self._page.set_colours(colours)

    def close(self) -> None:
        """Keep what is not saved; only for a window that closes."""
        self.session.close()
        self._jobs.finish(_CLOSE_S)
