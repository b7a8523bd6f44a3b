"""Main window: the layout of its parts, and the wires between them.

It only shows and asks. What takes time is elsewhere: connecting, searching and the fit in child processes, the plan and
the results file in a worker thread, the run in the follower's thread (and, itself, in processes that do not need the
window), stopping in threads that do nothing else. No part knows another one: what the operator wants goes to
`gui.app.commands`, what is shown comes from the state in `gui.app.store`. Curves alone go past the state.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QMainWindow, QTabWidget, QVBoxLayout, QWidget

from gui.app import transitions
from gui.app.actions import Actions
from gui.app.close_dialog import ask_before_closing
from gui.app.commands import Commands
from gui.app.header import header
from gui.app.header_bar import HeaderBar
from gui.app.rules import Command, allowed
from gui.app.state import FitStage, Page, PlanStage
from gui.app.store import Store
from gui.common.messages import Messages
from gui.common.theme import Theme, colours_of, set_theme, style_sheet
from gui.common.widgets import label, line
from gui.fit.model_panel import FitPanel
from gui.fit.result_page import MemoryPage
from gui.instrument.connection_panel import ConnectionPanel
from gui.protocol.library_panel import ProtocolPanel
from gui.protocol.plan_page import PlanPage
from gui.run.live_plot import LivePlot
from gui.run.output_alarm import OutputAlarmBanner
from gui.run.time_axis_bar import TimeAxisBar

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QCloseEvent

    from gui.app.settings import Settings
    from gui.app.state import AppState, Fit, Plan
    from gui.common.traces import Traces

# Wide enough for "Zahner PP212" with its serial number and for a VISA resource of a socket.
_SIDEBAR_WIDTH = 284
# The smallest common screen is 1366 x 768: the first window fits on it with a task bar.
_FIRST_SIZE = (1280, 700)


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
        Where geometry, folder and theme are kept; nothing is kept without it.

    Attributes
    ----------
    store : Store
    commands : Commands
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
        self.actions_by_command = Actions(self)
        self._make_parts()
        self._lay_out()
        self._connect_intents()
        self._connect_answers()
        self._restore_settings()
        self._follow_palette()
        self._show(self.store.state, self.store.state)
        self.commands.look_for_runs()
        if resource is not None:
            self.commands.connect_to(resource)

    def _make_parts(self) -> None:
        actions = self.actions_by_command
        self.addActions(actions.all())
        self.connection = ConnectionPanel(
            actions[Command.CONNECT],
            actions[Command.FIND],
            actions[Command.SIMULATE],
            actions[Command.SIMULATE_USUAL],
        )
        self.protocols = ProtocolPanel(None if self._settings is None else self._settings.protocol_folder)
        self.fitting = FitPanel()
        self.plan_page = PlanPage()
        self.live_page = LivePlot()
        self.memory_page = MemoryPage()
        self.time_axis = TimeAxisBar(actions[Command.ZOOM_OUT])
        self.messages = Messages()
        self.alarm_banner = OutputAlarmBanner(actions[Command.CONFIRM_OFF])
        self.header_bar = HeaderBar(actions[Command.RUN], actions[Command.STOP])
        self._pages = {Page.PLAN: self.plan_page, Page.MEASUREMENT: self.live_page, Page.MEMORY: self.memory_page}

    # -- layout -------------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.tabs = QTabWidget()
        self.tabs.setObjectName("pages")
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        for page, widget in self._pages.items():
            self.tabs.addTab(widget, page.value)
        self.tabs.setCornerWidget(self.time_axis)
        body = QHBoxLayout()
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        body.addWidget(self._sidebar())
        body.addWidget(self.tabs, 1)
        self._ground = QWidget()
        self._ground.setObjectName("ground")
        column = QVBoxLayout(self._ground)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.alarm_banner)
        column.addWidget(self.header_bar)
        column.addLayout(body, 1)
        column.addWidget(self.messages)
        self.setCentralWidget(self._ground)

    def _sidebar(self) -> QFrame:
        sidebar = QFrame()
        sidebar.setObjectName("sidebar")
        sidebar.setFixedWidth(_SIDEBAR_WIDTH)
        column = QVBoxLayout(sidebar)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        for title, part, stretch in (
            ("Instrument", self.connection, 0),
            ("Protocol", self.protocols, 1),
            ("Cell model", self.fitting, 0),
        ):
            if part is not self.connection:
                column.addSpacing(4)
                column.addWidget(line())
                column.addSpacing(4)
            column.addWidget(label(title, "faint"))
            column.addWidget(part, stretch)
        return sidebar

    # -- wires --------------------------------------------------------------------------------------------------------

    def _connect_intents(self) -> None:
        commands, actions = self.commands, self.actions_by_command
        self.connection.connect_wanted.connect(commands.connect_to)
        self.connection.simulate_wanted.connect(commands.simulate)
        self.connection.menu.search_wanted.connect(commands.instruments.search)
        self.protocols.chosen.connect(commands.choose_protocol)
        self.protocols.file_opened.connect(self._keep_protocol_folder)
        actions[Command.RUN].triggered.connect(commands.start_run)
        actions[Command.STOP].triggered.connect(commands.stop)
        actions[Command.CONFIRM_OFF].triggered.connect(commands.confirm_off)
        actions[Command.FIT].triggered.connect(
            lambda: self.fitting.wanted.emit(self.fitting.model.currentText().strip())
        )
        self.fitting.wanted.connect(commands.start_fit)
        self.fitting.unwanted.connect(commands.cancel_fit)
        self.time_axis.chosen.connect(commands.runs.set_view)
        actions[Command.ZOOM_OUT].triggered.connect(self._zoom_out)
        for zoomed in (self.live_page.zoomed, self.memory_page.zoomed):
            zoomed.connect(self.time_axis.zoom)
        for page in (self.plan_page, self.live_page, self.memory_page):
            page.zoom_out_wanted.connect(self._zoom_out)
        self.header_bar.theme_chosen.connect(self._choose_theme)
        self.tabs.currentChanged.connect(
            lambda index: self.store.apply(transitions.page_shown, list(self._pages)[index])
        )

    def _connect_answers(self) -> None:
        self.store.changed.connect(self._show)
        self.commands.message.connect(self.messages.say)
        self.commands.instruments.found.connect(
            lambda found, note, searching: self.connection.menu.show_found(found, note, searching=searching)
        )
        self.commands.runs.follower.traced.connect(self._draw)
        self.commands.fitted.connect(self.memory_page.show_fit)
        self.commands.fitted.connect(lambda fit: self.fitting.remember(fit.headline))
        self.commands.may_close.connect(self.close)

    # -- show ---------------------------------------------------------------------------------------------------------

    def _show(self, state: AppState, before: AppState) -> None:
        """Show a state; what has not changed since the one before it is left alone."""
        first = state is before
        self.actions_by_command.show_state(state)
        self.header_bar.show_header(header(state))
        if first or (state.connection, state.instrument_in_run) != (before.connection, before.instrument_in_run):
            self.connection.show_connection(state.connection, state.instrument_in_run)
        if state.plan != before.plan:
            self._show_plan(state.plan, connected=state.connection.instrument is not None)
        if first or state.alarms != before.alarms:
            self.alarm_banner.show_reasons([alarm.reason for alarm in state.alarms])
        self._show_run(state, before)
        if state.fit != before.fit:
            self._show_fit(state.fit)
        permission = allowed(state)[Command.FIT]
        self.fitting.set_state(reason=permission.reason, fitting=state.fit.stage is FitStage.FITTING)
        self.tabs.setCurrentWidget(self._pages[state.page])
        self.time_axis.setVisible(state.page is not Page.PLAN)

    def _show_plan(self, plan: Plan, *, connected: bool) -> None:
        if plan.stage is PlanStage.PLANNING:
            self.plan_page.show_waiting()
        elif plan.view is not None:
            self.plan_page.show_plan(plan.view, connected=connected)
        elif plan.error is not None:
            self.plan_page.show_problems(plan.title, plan.error)

    def _show_run(self, state: AppState, before: AppState) -> None:
        if state.run is None:
            return
        if before.run is None or before.run.number != state.run.number:
            self.live_page.clear()
            self.memory_page.clear()
            self.time_axis.set_facts(None)
        facts = state.run.facts
        if facts is not None and (before.run is None or before.run.facts is not facts):
            self.live_page.set_facts(facts)
            self.time_axis.set_facts(facts)

    def _show_fit(self, fit: Fit) -> None:
        text = {
            FitStage.FITTING: f"Fitting {fit.model} …",
            FitStage.CANCELLED: f"The fit of {fit.model} was cancelled.",
            FitStage.FAILED: f"{fit.model} was not fitted: {fit.problem}",
        }.get(fit.stage, "")
        self.memory_page.show_state(text, failed=fit.stage is FitStage.FAILED)

    def _draw(self, traces: Traces) -> None:
        run = self.store.state.run
        if run is not None and run.facts is not None:  # else these are curves of the run before
            self._draw_on_pages(traces)
        self.commands.runs.allow_next_curves()

    def _draw_on_pages(self, traces: Traces) -> None:
        self.live_page.show_traces(traces)
        self.memory_page.show_traces(traces)
        self.time_axis.show_traces(traces)

    def _zoom_out(self) -> None:
        self.time_axis.zoom_out()
        for page in (self.plan_page, self.live_page, self.memory_page):
            page.zoom_out()

    # -- settings -----------------------------------------------------------------------------------------------------

    def _restore_settings(self) -> None:
        if self._settings is None:
            return
        geometry = self._settings.geometry
        if geometry is not None:
            self.restoreGeometry(geometry)
        self._apply_theme(self._settings.theme)

    def _keep_protocol_folder(self, path: Path) -> None:
        if self._settings is not None:
            self._settings.protocol_folder = path.parent

    def _choose_theme(self, theme: Theme) -> None:
        self._apply_theme(theme)
        if self._settings is not None:
            self._settings.theme = theme

    def _apply_theme(self, theme: Theme) -> None:
        self.header_bar.show_theme(theme)
        set_theme(theme)

    def _follow_palette(self) -> None:
        palette = QApplication.palette()
        sheet = style_sheet(palette)
        if sheet == self._ground.styleSheet():
            return
        self._ground.setStyleSheet(sheet)
        colours = colours_of(palette)
        for page in (self.plan_page, self.live_page, self.memory_page):
            page.set_colours(colours)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the system when it turns dark or light."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._follow_palette()

    def close_unasked(self) -> None:
        """Close without a question. A run keeps running, unless its instrument ends with the window: it is stopped."""
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
        self.hide()
        if self._settings is not None:
            self._settings.geometry = self.saveGeometry()
        self.commands.close()
        event.accept()
