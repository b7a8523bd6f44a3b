"""Area "Queue": joins the panel of the queue to the service that watches it and gives its orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices

from gui.app import dock_transitions as transitions
from gui.app.area import ActionSpec, DockSpec, Layout, Menu, Side
from gui.app.rules import Permission
from gui.common.language import tr
from gui.services.queue import QueueService

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gui.app.area import Context
    from gui.app.state import AppState
    from gui.common.theme import Colours
    from gui.queue.queue_panel import QueuePanel

NAME = "queue"
"""Name of the dock."""
_FIRST_LOOK_MS = 1500
"""How long after the window was painted the queue is looked at first: what reads it takes 0.3 s of the processor to
import, beside what others import then. Doubled, a run of the queue is followed so much later."""


class QueueArea(QObject):
    """The queue of campaigns.

    Parameters
    ----------
    context : Context
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context.parent)
        self._context = context
        self._store, self._exchange = context.store, context.exchange
        self._service = QueueService(self)
        self._panel: QueuePanel | None = None
        self._followed: Path | None = None
        self._service.seen.connect(lambda view: self._store.apply(transitions.queue_seen, view))
        self._service.failed.connect(self._exchange.message)
        self._exchange.queue_wanted.connect(self._add_wanted)
        # As the stop of the run of a point does (decision 245).
        context.commands.campaign_stop_wanted.connect(lambda: self._pause(True))
        self._docks = (DockSpec(NAME, "Queue", self._made, {Layout.MEASURE: Side.CENTRE}),)
        self._exchange.painted.connect(lambda: QTimer.singleShot(_FIRST_LOOK_MS, self, self._service.start))

    def docks(self) -> Sequence[DockSpec]:
        """Return the dock."""
        return self._docks

    def actions(self) -> Sequence[ActionSpec]:
        """Return what can be done with the queue."""

        def spec(verb: str, text: str, do: Callable[[], object], tip: str, shortcut: str = "") -> ActionSpec:
            rule = verb.partition("_")[0]
            return ActionSpec(
                f"queue.{verb}",
                text,
                Menu.RUN,
                do,
                tip,
                shortcut,
                lambda state: Permission(state.queue.reasons()[rule]),
            )

        pause, stop = self._pause, self._stop
        return (
            spec("add", "Add to the Queue …", self._choose_files, "Queue protocols and campaigns.", "Ctrl+Shift+Q"),
            spec("start", "Start or Resume the Queue", self._resume, "Measure what waits, one after the other."),
            spec("pause", "Pause the Queue", lambda: pause(False), "Pause after the point that is measured."),
            spec("pause_now", "Pause the Queue at Once", lambda: pause(True), "Output off; the point is repeated."),
            spec("stop", "Stop the Campaign", lambda: stop(False), "Output off at once; what was measured is kept."),
            spec("stop_after", "Stop the Campaign after the Point", lambda: stop(True), "Measure the point first."),
            spec("up", "Earlier in the Queue", lambda: self._made().tree.move_selected(-1), "Move it up."),
            spec("down", "Later in the Queue", lambda: self._made().tree.move_selected(1), "Move it down."),
            spec("remove", "Remove from the Queue", self._remove_selected, "Take it out; its folder stays."),
        )

    def _made(self) -> QueuePanel:
        """Return the panel, made when it is first needed."""
        if self._panel is None:
            self._panel = self._make_panel()
        return self._panel

    def _make_panel(self) -> QueuePanel:
        from gui.queue.queue_panel import QueuePanel

        panel = QueuePanel(lambda: self._context.folder)
        panel.add_wanted.connect(self._add)
        panel.move_wanted.connect(self._service.move)
        panel.remove_wanted.connect(self._service.remove)
        panel.resume_wanted.connect(self._resume)
        panel.pause_wanted.connect(self._pause)
        panel.stop_wanted.connect(self._stop)
        # Queued: what is selected may change while a state is being shown.
        panel.selected.connect(self._select, Qt.ConnectionType.QueuedConnection)
        panel.run_opened.connect(lambda path: self._exchange.runs_opened.emit((path,)))
        panel.folder_wanted.connect(lambda path: QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))))
        panel.looked_into.connect(self._service.look_into)
        self._show_in(panel, self._store.state)
        return panel

    # -- intents ------------------------------------------------------------------------------------------------------

    def _choose_files(self) -> None:
        self._exchange.dock_wanted.emit(NAME)
        self._made().choose_files()

    def _select(self, number: int | None) -> None:
        self._store.apply(transitions.campaign_selected, number)

    def _add_wanted(self, path: Path) -> None:
        self._exchange.dock_wanted.emit(NAME)
        self._add((path,), self._made().resource)

    def _add(self, paths: tuple[Path, ...], resource: str) -> None:
        if not resource:
            self._exchange.message.emit(
                tr("Nothing was queued: connect an instrument, or name its address in the dock Queue.")
            )
            return
        self._service.add(paths, resource, self._context.folder)

    def _resume(self) -> None:
        queue = self._store.state.queue
        if queue.reasons()["start"]:
            return
        if queue.left_over is not None:
            self._service.resume_campaign(queue.left_over.folder)
        else:
            self._service.resume(queue.queue_at_hand)

    def _pause(self, now: bool) -> None:
        queue = self._store.state.queue
        if not queue.reasons()["pause"]:
            self._service.pause(queue.queue_at_hand, now=now)

    def _stop(self, after_point: bool) -> None:
        campaign = self._store.state.queue.at_hand
        if campaign is not None:
            self._service.stop(campaign.folder, after_point=after_point)

    def _remove_selected(self) -> None:
        queue = self._store.state.queue
        if queue.selected is not None and not queue.reasons()["remove"]:
            self._service.remove(queue.selected)

    # -- show ---------------------------------------------------------------------------------------------------------

    def show(self, state: AppState, before: AppState) -> None:
        """Show a state, and have a run of the queue followed as soon as no other one is."""
        panel = self._panel
        known = (state.queue, state.connection.instrument)
        if panel is not None and (state is before or known != (before.queue, before.connection.instrument)):
            self._show_in(panel, state)
        run = state.queue.view.run_in_progress
        if run is not None and run != self._followed and state.run_in_progress is None:
            self._followed = run
            # Later: whoever follows it changes the state, which is just being shown.
            QTimer.singleShot(0, self, lambda: self._context.commands.follow_run(run))

    @staticmethod
    def _show_in(panel: QueuePanel, state: AppState) -> None:
        instrument = state.connection.instrument
        title, resource = ("", "") if instrument is None else (instrument.title, instrument.resource)
        panel.show_instrument(title, resource, simulated=state.connection.is_simulated)
        panel.show_queue(state.queue.view)
        panel.show_permissions(state.queue.reasons())

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette: the tree is drawn by Qt, from the palette."""

    def close(self) -> None:
        """End the service; what is conducted goes on, but for what has lost its instrument with this window."""
        state = self._store.state
        for one in state.queue.view.running:
            if one.is_conducted and state.simulator_at(one.resource) is not None:
                self._service.end(one.folder)
        self._service.close()
