"""Main window: the frame around its areas.

It only shows and asks. What takes time is elsewhere: connecting, searching and the fit in child processes, the plan and
the results file in a worker thread, the run in the follower's thread (and, itself, in processes that do not need the
window), stopping in threads that do nothing else. The window knows no panel: areas (`gui.app.areas`) offer docks and
actions, and are shown the state of `gui.app.store`. What the operator wants goes to `gui.app.commands`. Curves alone go
past the state.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QMainWindow

from gui.app import transitions
from gui.app.actions import Actions
from gui.app.area import ActionSpec, Context, Exchange, Layout, Menu
from gui.app.areas import open_areas
from gui.app.close_dialog import ask_before_closing
from gui.app.commands import Commands
from gui.app.docks import Docks
from gui.app.edges import LowerEdge, UpperEdge
from gui.app.header import header
from gui.app.header_bar import HeaderBar
from gui.app.menus import Menus
from gui.app.rules import Command
from gui.app.store import Store
from gui.common.messages import Messages
from gui.common.theme import Theme, colours_of, set_theme, style_sheet
from gui.run.output_alarm import OutputAlarmBanner
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
    store : Store
    commands : Commands
    exchange : Exchange
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
        self._actions = Actions(self)
        self._areas = open_areas(
            Context(self, self.store, self.exchange, self._jobs, folder, settings, self.commands, self._actions)
        )
        self._docks = Docks(self, [spec for area in self._areas for spec in area.docks()])
        own = self._own_actions()
        self._menus = Menus(self, self._actions, [*own, *(spec for area in self._areas for spec in area.actions())])
        self._menus[Menu.VIEW].addActions(self._docks.switches())
        self._lay_out()
        self._connect()
        self._restore_settings()
        self._follow_palette()
        self._show(self.store.state, self.store.state)
        self.commands.look_for_runs()
        if resource is not None:
            self.commands.connect_to(resource)

    def _own_actions(self) -> list[ActionSpec]:
        docks = self._docks
        return [
            ActionSpec("window.quit", "&Quit", Menu.FILE, self.close, "Close the window", "Ctrl+Q"),
            ActionSpec(
                "window.measure",
                "Layout: &measure",
                Menu.VIEW,
                lambda: docks.lay_out(Layout.MEASURE),
                "Show what is needed to measure, and hide the rest",
            ),
            ActionSpec(
                "window.analyse",
                "Layout: &analyse",
                Menu.VIEW,
                lambda: docks.lay_out(Layout.ANALYSE),
                "Show what is needed to look at saved runs, and hide the rest",
            ),
        ]

    def _lay_out(self) -> None:
        actions = self._actions
        self.addActions([*actions.all(), *self._menus.actions])
        self._messages = Messages()
        self._alarm = OutputAlarmBanner(actions[Command.CONFIRM_OFF])
        self._header = HeaderBar(actions[Command.RUN], actions[Command.STOP])
        self.setMenuWidget(UpperEdge((self._menus.bar, self._alarm, self._header)))
        self.setStatusBar(LowerEdge((self._messages,)))

    def _connect(self) -> None:
        commands, actions, exchange = self.commands, self._actions, self.exchange
        actions[Command.RUN].triggered.connect(commands.start_run)
        actions[Command.STOP].triggered.connect(commands.stop)
        actions[Command.CONFIRM_OFF].triggered.connect(commands.confirm_off)
        actions[Command.ZOOM_OUT].triggered.connect(exchange.zoom_out_wanted)
        self._header.theme_chosen.connect(self._choose_theme)
        self.store.changed.connect(self._show)
        for message in (commands.message, exchange.message):
            message.connect(self._messages.say)
        commands.may_close.connect(self.close)
        exchange.dock_wanted.connect(self._docks.bring_to_front)
        self._docks.raised.connect(exchange.dock_raised)
        self._docks.built.connect(self._show_built)

    # -- show ---------------------------------------------------------------------------------------------------------

    def _show(self, state: AppState, before: AppState) -> None:
        """Show a state; what has not changed since the one before it is left alone."""
        self._actions.show_state(state)
        self._menus.show_state(state)
        self._header.show_header(header(state))
        if state is before or state.alarms != before.alarms:
            self._alarm.show_reasons([alarm.reason for alarm in state.alarms])
        for area in self._areas:
            area.show(state, before)

    def _show_built(self, dock: str) -> None:
        (area,) = [area for area in self._areas if dock in {spec.name for spec in area.docks()}]
        area.set_colours(colours_of(QApplication.palette()))
        area.show(self.store.state, self.store.state)

    # -- settings -----------------------------------------------------------------------------------------------------

    def _restore_settings(self) -> None:
        if self._settings is None:
            return
        if self._settings.geometry is not None:
            self.restoreGeometry(self._settings.geometry)
        if self._settings.docks is not None:
            self._docks.restore(self._settings.docks)
        self._apply_theme(self._settings.theme)

    def _choose_theme(self, theme: Theme) -> None:
        self._apply_theme(theme)
        if self._settings is not None:
            self._settings.theme = theme

    def _apply_theme(self, theme: Theme) -> None:
        self._header.show_theme(theme)
        set_theme(theme)

    def _follow_palette(self) -> None:
        palette = QApplication.palette()
        sheet = style_sheet(palette)
        if sheet == self.styleSheet():
            return
        self.setStyleSheet(sheet)
        for area in self._areas:
            area.set_colours(colours_of(palette))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the system when it turns dark or light."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._follow_palette()

    def close_unasked(self) -> None:
        """Close without a question. A run keeps running, unless its instrument ends with the window: it is stopped."""
        self.exchange.closing_unasked.emit()
        run = self.store.state.run_in_progress
        if run is None:
            self.close()
        elif run.simulated:
            self.commands.stop_and_close()
        else:
            self.commands.leave_run()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close, unless a run is in progress: then ask what is to become of it."""
        run = self.store.state.run_in_progress
        if run is not None:
            event.ignore()
            ask_before_closing(
                self, simulated=run.simulated, stop=self.commands.stop_and_close, leave=self.commands.leave_run
            )
            return
        if self._settings is not None:
            self._settings.geometry = self.saveGeometry()
            self._settings.docks = self._docks.state()
        self.hide()
        for area in self._areas:
            area.close()
        self.commands.close()
        self._jobs.finish(_CLOSE_S)
        event.accept()
