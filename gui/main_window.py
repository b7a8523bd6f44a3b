"""How do connection, protocol, run and fit come together in one window?

The window only shows and asks. What takes time is elsewhere: who is there and the fit in child processes, the plan and
the results file in a worker thread, the run in the follower's thread (and, itself, in processes that do not need the
window), stopping in a thread that does nothing else.
"""

from __future__ import annotations

import enum
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, Qt, QThread, Signal
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QMessageBox,
    QProgressBar,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from gui._background import Background
from gui.child_process import JsonChild
from gui.connection_panel import ConnectionPanel, Instrument
from gui.fit_panel import FitPanel, MemoryPage
from gui.fit_view import FitCurves, load_fit
from gui.follower import RunFacts, RunFollower, RunOrder, ask_to_end
from gui.live_plot import LivePlot
from gui.notices import Messages, UnknownOutputBanner
from gui.plan_view import PlanView, plan_protocol
from gui.protocol_panel import PlanPage, ProtocolPanel
from gui.theme import colours_of, style_sheet
from gui.time_axis_bar import TimeAxisBar
from gui.widgets import button, label, line
from protocols import format_quantity

if TYPE_CHECKING:
    from PySide6.QtGui import QCloseEvent

    from daq import Outcome
    from gui.traces import Traces

_SIDEBAR_WIDTH = 284
_CLOSE_S = 5.0
# Plans are made for this driver while no instrument is connected.
_DEFAULT_DRIVER = "keithley2461"
_PHASES = {
    "connecting": "Connecting …",
    "planning": "Planning …",
    "arming": "Loading the program …",
    "running": "Running",
    "closing": "Closing the run file …",
    "finished": "Finished",
}


class Stage(enum.Enum):
    """How the window stands towards a run."""

    IDLE = "no run goes on"
    RUNNING = "a run has been ordered or goes on"
    STOPPING = "it has been asked to stop"
    ABORTING = "its output has been told to go off at once"


class MainWindow(QMainWindow):
    """The window.

    Parameters
    ----------
    folder : Path
        Where run files go; a run that goes on there is followed at once.
    resource : str, optional
        VISA resource to connect to at once.
    seed : int
        Of the noise of the simulated instrument.
    """

    _start_wanted = Signal(object)
    _attach_wanted = Signal(object)
    _view_wanted = Signal(object)
    _drawn = Signal()
    _let_go = Signal()

    def __init__(self, folder: Path, resource: str | None = None, seed: int = 1) -> None:
        super().__init__()
        self.setWindowTitle("ionecho")
        self.setObjectName("window")
        self.resize(1280, 800)
        self.folder = folder
        self._stage = Stage.IDLE
        self._instrument: Instrument | None = None
        self._source: str | Path | None = None
        self._plan: PlanView | None = None
        self._facts: RunFacts | None = None
        self._path: Path | None = None
        self._over = threading.Event()
        self._closing = False
        self._make_parts(seed)
        self._lay_out()
        self._connect_parts()
        self._follow_palette()
        self._set_stage(Stage.IDLE)
        self._background.do(self._runs_in_progress, self._reattach, lambda fault: self.messages.say(str(fault)))
        if resource is not None:
            self.connection.address.setText(resource)
            self.connection.connect_address()

    def _make_parts(self, seed: int) -> None:
        self.connection = ConnectionPanel(seed)
        self.protocols = ProtocolPanel()
        self.fitting = FitPanel()
        self.plan_page = PlanPage()
        self.live_page = LivePlot()
        self.memory_page = MemoryPage()
        self.time_axis = TimeAxisBar()
        self.messages = Messages()
        self.banner = UnknownOutputBanner()
        self.headline = label("", "headline", "headline")
        self.headline.setWordWrap(False)
        self.detail = label("", "faint", "detail")
        self.detail.setWordWrap(False)
        self.progress = QProgressBar(textVisible=False, maximum=1000)
        self.progress.setObjectName("progress")
        self.run_button = button("Run", "runButton", self._run, "primary")
        self.stop_button = button("Stop", "stopButton", self._stop, "stop")
        for big in (self.run_button, self.stop_button):
            big.setMinimumSize(118, 40)
        self._background = Background(self)
        # Stop must not queue behind a plan or a results file.
        self._stop_lane = Background(self, n_threads=2)
        self._fit = JsonChild("The fit", self)
        self._follower = RunFollower()
        self._thread = QThread(self)
        self._follower.moveToThread(self._thread)
        self._thread.start()

    def _lay_out(self) -> None:
        sidebar = QFrame()
        sidebar.setObjectName("sidebar")
        sidebar.setFixedWidth(_SIDEBAR_WIDTH)
        column = QVBoxLayout(sidebar)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(8)
        for title, part, stretch in (
            ("Instrument", self.connection, 0),
            ("Protocol", self.protocols, 1),
            ("Cell model", self.fitting, 0),
        ):
            if part is not self.connection:
                column.addSpacing(8)
                column.addWidget(line())
                column.addSpacing(4)
            column.addWidget(label(title, "faint"))
            column.addWidget(part, stretch)
        self.pages = QTabWidget()
        self.pages.setObjectName("pages")
        self.pages.setDocumentMode(True)
        self.pages.tabBar().setDrawBase(False)
        self.pages.currentChanged.connect(lambda _: self._show_time_axis())
        for title, page in (("Plan", self.plan_page), ("Measurement", self.live_page), ("Memory", self.memory_page)):
            self.pages.addTab(page, title)
        self.pages.setCornerWidget(self.time_axis)
        self._show_time_axis()
        body = QHBoxLayout()
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        body.addWidget(sidebar)
        body.addWidget(self.pages, 1)
        self._ground = QWidget()
        self._ground.setObjectName("ground")
        whole = QVBoxLayout(self._ground)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.banner)
        whole.addWidget(self._header())
        whole.addWidget(self.progress)
        whole.addLayout(body, 1)
        whole.addWidget(self.messages)
        self.setCentralWidget(self._ground)

    def _show_time_axis(self) -> None:
        self.time_axis.setVisible(self.pages.currentWidget() is not self.plan_page)

    def _header(self) -> QFrame:
        header = QFrame()
        header.setObjectName("header")
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.headline)
        words.addWidget(self.detail)
        row = QHBoxLayout(header)
        row.setContentsMargins(16, 8, 16, 8)
        row.addLayout(words, 1)
        row.addWidget(self.run_button)
        row.addWidget(self.stop_button)
        return header

    def _connect_parts(self) -> None:
        self.connection.connected.connect(self._set_instrument)
        self.connection.failed.connect(self.messages.say)
        self.protocols.chosen.connect(self._choose)
        self.time_axis.chosen.connect(self._view_wanted)
        self.live_page.zoomed.connect(self.time_axis.zoom)
        self.fitting.wanted.connect(self._start_fit)
        self.fitting.unwanted.connect(self._give_up_fit)
        self._fit.documented.connect(self._fitted)
        self._fit.failed.connect(self._fit_failed)
        self._start_wanted.connect(self._follower.start)
        self._attach_wanted.connect(self._follower.attach)
        self._view_wanted.connect(self._follower.look)
        self._drawn.connect(self._follower.drawn)
        self._let_go.connect(self._follower.let_go)
        self._follower.begun.connect(self._begun)
        self._follower.opened.connect(self._opened)
        self._follower.progressed.connect(self._progressed)
        self._follower.traced.connect(self._draw)
        self._follower.ended.connect(self._ended)
        self._follower.failed.connect(self._not_begun)

    # -- connect and choose -------------------------------------------------------------------------------------------

    def _set_instrument(self, instrument: Instrument | None) -> None:
        self._instrument = instrument
        self._set_stage(self._stage)
        if self._source is not None:
            self._make_plan(self._source)

    def _choose(self, source: str | Path) -> None:
        self._source = source
        self.pages.setCurrentWidget(self.plan_page)
        self._make_plan(source)

    def _make_plan(self, source: str | Path) -> None:
        self._plan = None
        self._set_stage(self._stage)
        driver = self._instrument.driver if self._instrument is not None else _DEFAULT_DRIVER
        asked = (source, self._instrument)

        def still_wanted() -> bool:
            return asked == (self._source, self._instrument)

        def planned(view: PlanView) -> None:
            if still_wanted():
                self._plan = view
                self.plan_page.show_plan(view, connected=self._instrument is not None)
                self._set_stage(self._stage)

        def refused(fault: Exception) -> None:
            if still_wanted():
                self.plan_page.show_fault(source.name if isinstance(source, Path) else source, fault)
                self._set_stage(self._stage)

        self._background.do(lambda: plan_protocol(source, driver), planned, refused)

    # -- run ----------------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        if self._stage is not Stage.IDLE or self._instrument is None or self._plan is None:
            return
        self._make_ready()
        self._set_stage(Stage.RUNNING)
        self._start_wanted.emit(RunOrder(self._instrument.resource, self.folder, self._plan.protocol))

    def _make_ready(self) -> None:
        """Forget the last run."""
        self._give_up_fit()
        self._facts = self._path = None
        self._over = threading.Event()
        self.live_page.clear()
        self.memory_page.clear()
        self.time_axis.set_facts(None)
        self.progress.setValue(0)
        self.pages.setCurrentWidget(self.live_page)

    def _runs_in_progress(self) -> list[Path]:
        from daq import runs_in_progress

        return runs_in_progress(self.folder)

    def _reattach(self, paths: list[Path]) -> None:
        if not paths or self._stage is not Stage.IDLE:
            return
        self._make_ready()
        self._set_stage(Stage.RUNNING)
        self._attach_wanted.emit(paths[-1])
        if len(paths) > 1:
            others = ", ".join(path.name for path in paths[:-1])
            self.messages.say(f"Other runs go on in {self.folder} as well: {others}")

    def _begun(self, path: Path) -> None:
        self._path = path
        if self._stage is not Stage.RUNNING:
            # Stop was pressed before there was anybody to tell.
            self._ask_to_end()

    def _opened(self, facts: RunFacts) -> None:
        self._facts = facts
        self.live_page.set_facts(facts)
        self.time_axis.set_facts(facts)
        self._set_stage(self._stage)

    def _progressed(self, status: dict[str, Any]) -> None:
        done, planned = status["n_samples"], status["n_planned"]
        if self._stage is Stage.RUNNING:
            self.headline.setText(_PHASES.get(status["phase"], status["phase"]))
        if planned:
            self.progress.setValue(round(1000 * done / planned))
        if self._facts is not None and planned:
            gone, whole = (format_quantity(self._facts.duration_s * share, "s", 3) for share in (done / planned, 1.0))
            self.detail.setText(f"{self._facts.title} · {gone} of {whole} · {done:,} of {planned:,} samples")

    def _draw(self, traces: Traces) -> None:
        self.live_page.show_traces(traces)
        self.memory_page.show_traces(traces)
        self.time_axis.show_traces(traces)
        self._drawn.emit()

    def _stop(self) -> None:
        """Stop the run; pressed again, switch the output off by the guardian's spare session."""
        if self._stage is Stage.IDLE:
            self.detail.setText("No run goes on: there is nothing to stop.")
            return
        self._set_stage(Stage.STOPPING if self._stage is Stage.RUNNING else Stage.ABORTING)
        if self._path is not None:
            self._ask_to_end()

    def _ask_to_end(self) -> None:
        path, over = self._path, self._over
        if path is not None:
            how = "stop" if self._stage is Stage.STOPPING else "abort"
            self._stop_lane.do(
                lambda: ask_to_end(path, how, over),  # type: ignore[arg-type]
                lambda _: None,
                lambda fault: self.banner.alarm(str(fault)),
            )

    def _ended(self, outcome: Outcome) -> None:
        self._over.set()
        self._set_stage(Stage.IDLE)
        if outcome.output == "unknown":
            self.banner.alarm(outcome.reason)
        self.headline.setText(
            {
                "complete": "Complete",
                "stopped": "Stopped",
                "aborted": "Aborted",
                "refused": "Refused",
                "unknown": "Output state unknown",
            }[outcome.state]
        )
        output = {"off": "output off", "untouched": "output never on", "unknown": "OUTPUT MAY BE ON"}[outcome.output]
        name = self._path.name if self._facts is not None and self._path is not None else "no run file"
        self.detail.setText(f"{outcome.n_samples:,} samples · {output} · {name}")
        if outcome.error and outcome.reason:
            self.messages.say(outcome.reason)
        if outcome.state == "complete":
            self.progress.setValue(1000)
        if self._closing:
            self.close()

    def _not_begun(self, why: str) -> None:
        self._over.set()
        self._set_stage(Stage.IDLE)
        self.messages.say(why)

    def _set_stage(self, stage: Stage) -> None:
        self._stage = stage
        idle = stage is Stage.IDLE
        ready = idle and self._instrument is not None and self._plan is not None
        self.run_button.setEnabled(ready)
        self.stop_button.setText("Stop" if stage in {Stage.IDLE, Stage.RUNNING} else "Output off now")
        self.fitting.set_state(has_run=idle and self._facts is not None, fitting=self._fit.is_running)
        if stage in {Stage.STOPPING, Stage.ABORTING}:
            self.headline.setText("Stopping …" if stage is Stage.STOPPING else "Switching the output off …")
        elif idle and self._facts is None:
            self._say_what_is_next()

    def _say_what_is_next(self) -> None:
        if self._instrument is None:
            words = "Connect an instrument."
        elif self._source is None:
            words = "Choose a protocol."
        elif self._plan is None:
            words = "This protocol cannot be run: see the plan."
        else:
            words = "Press Run to start."
        self.headline.setText("Ready" if self._plan is not None and self._instrument is not None else "Not ready")
        self.detail.setText(words)

    # -- fit ----------------------------------------------------------------------------------------------------------

    def _start_fit(self, model: str) -> None:
        if self._path is None or self._fit.is_running:
            return
        self.memory_page.clear(f"Fitting {model} …")
        self.pages.setCurrentWidget(self.memory_page)
        self._fit.start("fit", str(self._path), "--model", model, "--json")
        self._set_stage(self._stage)

    def _give_up_fit(self) -> None:
        if self._fit.is_running:
            self._fit.end()
            self.memory_page.clear("The fit was cancelled.")
            self.fitting.set_state(has_run=True, fitting=False)

    def _fitted(self, document: dict[str, Any]) -> None:
        path = self._path
        self._set_stage(self._stage)
        if path is None:
            return

        def show(curves: FitCurves) -> None:
            if self._path == path:
                self.memory_page.show_fit(document, curves)

        self._background.do(lambda: load_fit(path), show, lambda fault: self._fit_failed(str(fault)))

    def _fit_failed(self, why: str) -> None:
        self.memory_page.clear("The last fit failed.")
        self.messages.say(why)
        self._set_stage(self._stage)

    # -- window -------------------------------------------------------------------------------------------------------

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

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close, unless a run goes on: then ask what is to become of it."""
        if self._stage is not Stage.IDLE:
            event.ignore()
            self._ask_before_closing()
            return
        self.hide()
        self._let_go.emit()
        self._thread.quit()
        self._fit.end()
        self._fit.wait_for_end()
        self.connection.close_children()
        self._thread.wait(round(_CLOSE_S * 1000))
        for lane in (self._background, self._stop_lane):
            lane.finish(_CLOSE_S)
        event.accept()

    def _ask_before_closing(self) -> None:
        simulated = self.connection.simulates
        words = (
            "The simulated instrument ends with this window, and the run with it."
            if simulated
            else "It can go on without this window, which finds it again when it is opened."
        )
        box = QMessageBox(QMessageBox.Icon.Question, "ionecho", "A run goes on.", parent=self)
        box.setObjectName("closeQuestion")
        box.setInformativeText(words)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        stop = box.addButton("Stop it and close", QMessageBox.ButtonRole.DestructiveRole)
        stop.clicked.connect(self._stop_and_close)
        if not simulated:
            leave = box.addButton("Leave it running", QMessageBox.ButtonRole.AcceptRole)
            leave.clicked.connect(self._leave_and_close)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.open()

    def _stop_and_close(self) -> None:
        self._closing = True
        if self._stage is Stage.RUNNING:
            self._stop()
        elif self._stage is Stage.IDLE:
            self.close()

    def _leave_and_close(self) -> None:
        self._stage = Stage.IDLE
        self.close()
