"""Main window: the frame around its areas.

It only shows and asks. What takes time is elsewhere: connecting, searching and fits in child processes, files in worker
threads, the run in the follower's thread (and, itself, in processes that do not need the window), stopping in threads
that do nothing else. The window knows no panel: areas (`gui.app.areas`) offer docks and actions, and are shown the
state of `gui.app.store`. Curves alone go past the state.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QMainWindow

from gui.app import transitions
from gui.app.actions import Actions
from gui.app.appearance import Appearance
from gui.app.area import Context, Exchange
from gui.app.areas import open_areas
from gui.app.close_dialog import ask_before_closing
from gui.app.commands import Commands
from gui.app.docks import Docks
from gui.app.edges import UpperEdge, lay_out_edges
from gui.app.files import Files
from gui.app.first_paint import FirstPaint
from gui.app.menus import Menus
from gui.app.store import Store
from gui.app.undo import Undo
from gui.app.window_actions import file_actions, view_actions
from gui.services.jobs import Jobs

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QCloseEvent

    from gui.app.settings import Settings
    from gui.app.state import AppState

# The smallest common screen is 1366 x 768: the first window fits on it with a task bar.
_FIRST_SIZE = (1280, 700)
_CLOSE_S = 5.0
"""How long a window that closes waits for a file that is being read."""


class MainWindow(QMainWindow):
    """The window.

    Parameters
    ----------
    folder : Path
        Where run files go; a run in progress there is followed at once.
    resource : str, optional
        VISA resource to connect to at once.
    seed : int
        Of the noise of the simulated instrument.
    settings : Settings, optional
        Where geometry, layout, folder and theme are kept; nothing is kept without it.

    Attributes
    ----------
    store, commands, exchange
    """

    def __init__(
        self, folder: Path, resource: str | None = None, seed: int = 1, settings: Settings | None = None
    ) -> None:
        super().__init__()
        self.setWindowTitle("ionecho")
        self.setObjectName("window")
        self.resize(*_FIRST_SIZE)
        self._settings = settings
        self.store = Store(self)
        self.store.apply(transitions.window_opened, datetime.now().astimezone())
        self.commands = Commands(self, self.store, folder, seed)
        self.exchange = Exchange(self)
        self._jobs = Jobs(self, n_threads=2)
        actions = Actions(self)
        context = Context(self, self.store, self.exchange, self._jobs, folder, settings, self.commands, actions)
        self._areas = open_areas(context)
        self._docks = Docks(self, [spec for area in self._areas for spec in area.docks()], self.exchange)
        self._files = Files(self, self.exchange, self._jobs, folder, settings)
        self._appearance = Appearance(self, settings)
        self._undo = Undo(self, self._areas)
        first, last = file_actions(self._files.ask, self.close)
        specs = [first, *view_actions(self._docks), *(spec for area in self._areas for spec in area.actions()), last]
        self._menus = Menus(self, actions, specs)
        self._menus.add(self._files.recent, self._undo.actions, self._docks, self._appearance)
        self._upper = UpperEdge(self._menus.bar, actions, self)
        lay_out_edges(self, self._upper, context, self._files.importing)
        self._connect()
        self._restore_settings()
        self._show(self.store.state, self.store.state)
        self.exchange.painted.connect(self.commands.look_for_runs)
        FirstPaint(self).over.connect(self.exchange.painted)
        if resource is not None:
            self.commands.connect_to(resource)

    def _connect(self) -> None:
        self.store.changed.connect(self._show)
        self.commands.may_close.connect(self.close)
        self._appearance.told.connect(self.exchange.message)
        for follow in (self._menus.draw_icons, *(area.set_colours for area in self._areas)):
            self._appearance.recoloured.connect(follow)
        self._docks.raised.connect(self._undo.follow)
        self._docks.built.connect(self._show_built)

    def _show(self, state: AppState, before: AppState) -> None:
        """Show a state; what has not changed since the one before it is left alone."""
        self._menus.show_state(state)
        self._upper.show_state(state, before)
        for area in self._areas:
            area.show(state, before)

    def _show_built(self, dock: str) -> None:
        (area,) = [area for area in self._areas if dock in {spec.name for spec in area.docks()}]
        area.set_colours(self._appearance.colours())
        area.show(self.store.state, self.store.state)

    def _restore_settings(self) -> None:
        if self._settings is not None and self._settings.geometry is not None:
            self.restoreGeometry(self._settings.geometry)
        if self._settings is not None and self._settings.docks is not None:
            self._docks.restore(self._settings.docks)
        self._appearance.begin()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the system when it turns dark or light."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._appearance.follow_palette()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close, unless something is being measured: then ask what is to become of it."""
        if self.store.state.asks_before_closing:
            event.ignore()
            ask_before_closing(self, self.store.state.run_in_progress, self.commands)
            return
        if self._settings is not None:
            self._settings.geometry, self._settings.docks = self.saveGeometry(), self._docks.state()
        self.hide()
        for area in self._areas:
            area.close()
        self._files.close()
        self.commands.close()
        self._jobs.finish(_CLOSE_S)
        event.accept()
