"""How do connection, protocol, run and fit come together in one window?

The window only shows and asks. What takes time is elsewhere: who is there and the fit in child processes, the plan and
the results file in a worker thread, the run in the follower's thread (and, itself, in processes that do not need the
window), stopping in a thread that does nothing else.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QProgressBar,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from gui.app.close_dialog import ask_before_closing
from gui.common.background import Background
from gui.common.child_process import JsonChild
from gui.common.messages import Messages
from gui.common.theme import colours_of, style_sheet
from gui.common.widgets import button, label, line
from gui.fit.model_panel import FitPanel
from gui.fit.result_model import ShownFit, load_fit
from gui.fit.result_page import MemoryPage
from gui.instrument.connection_panel import ConnectionPanel, Instrument
from gui.protocol.library_panel import ProtocolPanel
from gui.protocol.plan_model import PlanView, plan_protocol
from gui.protocol.plan_page import PlanPage
from gui.run.live_plot import LivePlot
from gui.run.output_alarm import OutputAlarm
from gui.run.run_control import RunControl, Stage
from gui.run.run_follower import RunFacts, RunOrder
from gui.run.time_axis_bar import TimeAxisBar
from protocols import format_quantity

if TYPE_CHECKING:
    from PySide6.QtGui import QCloseEvent

    from daq import Outcome, RunStatus
    from gui.run.traces import Traces

_SIDEBAR_WIDTH = 284
_CLOSE_S = 5.0
# Plans are made for this driver while no instrument is connected.
_DEFAULT_DRIVER = "keithley2461"
_PHASES = {
    "connecting": "Connecting …",
    "planning": "Planning …",
    "arming": "Loading the program …",
    "running": "Running",
    "switching off": "Switching the output off …",
    "closing": "Closing the run file …",
    "finished": "Finished",
}


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

    def __init__(self, folder: Path, resource: str | None = None, seed: int = 1) -> None:
        super().__init__()
        self.setWindowTitle("ionecho")
        self.setObjectName("window")
        self.resize(1280, 800)
        self.folder = folder
        self._instrument: Instrument | None = None
        self._source: str | Path | None = None
        self._plan: PlanView | None = None
        self._facts: RunFacts | None = None
        self._closing = False
        self._background = Background(self)
        self._make_parts(seed)
        self._lay_out()
        self._connect_parts()
        self._follow_palette()
        self._follow_stage()
        self._background.do(self._runs_in_progress, self._reattach, lambda fault: self.messages.say(str(fault)))
        self.alarm.recall(folder)
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
        self.alarm = OutputAlarm(self._background, self.messages.say)
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
        self._fit = JsonChild("The fit", self)
        self.run_control = RunControl(self)

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
        whole.addWidget(self.alarm.banner)
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
        self.time_axis.chosen.connect(self.run_control.look)
        self.live_page.zoomed.connect(self.time_axis.zoom)
        self.fitting.wanted.connect(self._start_fit)
        self.fitting.unwanted.connect(self._give_up_fit)
        self._fit.documented.connect(self._fitted)
        self._fit.failed.connect(self._fit_failed)
        self.run_control.stage_changed.connect(self._follow_stage)
        self.run_control.unheard.connect(self.alarm.raise_for)
        follower = self.run_control.follower
        follower.opened.connect(self._opened)
        follower.progressed.connect(self._progressed)
        follower.traced.connect(self._draw)
        follower.ended.connect(self._ended)
        follower.failed.connect(self.messages.say)

    # -- connect and choose -------------------------------------------------------------------------------------------

    def _set_instrument(self, instrument: Instrument | None) -> None:
        self._instrument = instrument
        self._follow_stage()
        if self._source is not None:
            self._make_plan(self._source)

    def _choose(self, source: str | Path) -> None:
        self._source = source
        self.pages.setCurrentWidget(self.plan_page)
        self._make_plan(source)

    def _make_plan(self, source: str | Path) -> None:
        self._plan = None
        self.plan_page.show_waiting()
        self._follow_stage()
        driver = self._instrument.driver if self._instrument is not None else _DEFAULT_DRIVER
        asked = (source, self._instrument)

        def still_wanted() -> bool:
            return asked == (self._source, self._instrument)

        def planned(view: PlanView) -> None:
            if still_wanted():
                self._plan = view
                self.plan_page.show_plan(view, connected=self._instrument is not None)
                self._follow_stage()

        def refused(fault: Exception) -> None:
            if still_wanted():
                self.plan_page.show_fault(source.name if isinstance(source, Path) else source, fault)
                self._follow_stage()

        self._background.do(lambda: plan_protocol(source, driver), planned, refused)

    # -- run ----------------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        if self.run_control.is_idle and self._instrument is not None and self._plan is not None:
            self._make_ready()
            self.run_control.start(RunOrder(self._instrument.resource, self.folder, self._plan.protocol))

    def _make_ready(self) -> None:
        """Forget the last run."""
        self._give_up_fit()
        self._facts = None
        self.live_page.clear()
        self.memory_page.clear()
        self.time_axis.set_facts(None)
        self.progress.setValue(0)
        self.pages.setCurrentWidget(self.live_page)

    def _runs_in_progress(self) -> list[Path]:
        from daq import runs_in_progress

        return runs_in_progress(self.folder)

    def _reattach(self, paths: list[Path]) -> None:
        if not paths or not self.run_control.is_idle:
            return
        self._make_ready()
        self.run_control.attach(paths[-1])
        if len(paths) > 1:
            others = ", ".join(path.name for path in paths[:-1])
            self.messages.say(f"Other runs go on in {self.folder} as well: {others}")

    def _opened(self, facts: RunFacts) -> None:
        self._facts = facts
        self.live_page.set_facts(facts)
        self.time_axis.set_facts(facts)
        self._follow_stage()

    def _progressed(self, status: RunStatus) -> None:
        done, planned = status.n_samples, status.n_planned
        if self.run_control.stage is Stage.RUNNING:
            self.headline.setText(_PHASES.get(status.phase, status.phase))
        if planned:
            self.progress.setValue(round(1000 * done / planned))
        if self._facts is not None and planned:
            gone, whole = (format_quantity(self._facts.duration_s * share, "s", 3) for share in (done / planned, 1.0))
            self.detail.setText(f"{self._facts.title} · {gone} of {whole} · {done:,} of {planned:,} samples")

    def _draw(self, traces: Traces) -> None:
        self.live_page.show_traces(traces)
        self.memory_page.show_traces(traces)
        self.time_axis.show_traces(traces)
        self.run_control.drawn()

    def _stop(self) -> None:
        if self.run_control.is_idle:
            self.detail.setText("No run goes on: there is nothing to stop.")
        else:
            self.run_control.stop()

    def _ended(self, outcome: Outcome) -> None:
        if outcome.output == "unknown":
            self.alarm.raise_for(outcome.reason, self._facts.path if self._facts is not None else None)
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
        name = self._facts.path.name if self._facts is not None else "no run file"
        self.detail.setText(f"{outcome.n_samples:,} samples · {output} · {name}")
        for warning in outcome.warnings:
            self.messages.say(warning)
        if outcome.error and outcome.reason:
            self.messages.say(outcome.reason)
        if outcome.state == "complete":
            self.progress.setValue(1000)
        if self._closing and outcome.output != "unknown":
            self.close()

    def _follow_stage(self) -> None:
        """Enable what can be done at this stage."""
        stage, idle = self.run_control.stage, self.run_control.is_idle
        self.run_button.setEnabled(idle and self._instrument is not None and self._plan is not None)
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
            words = "No plan for this protocol: see the page Plan."
        else:
            words = "Press Run to start."
        self.headline.setText("Ready" if self._plan is not None and self._instrument is not None else "Not ready")
        self.detail.setText(words)

    # -- fit ----------------------------------------------------------------------------------------------------------

    def _start_fit(self, model: str) -> None:
        if self._facts is None or self._fit.is_running:
            return
        self.memory_page.clear(f"Fitting {model} …")
        self.pages.setCurrentWidget(self.memory_page)
        self._fit.start("fit", str(self._facts.path), "--model", model, "--json")
        self._follow_stage()

    def _give_up_fit(self) -> None:
        if self._fit.is_running:
            self._fit.end()
            self.memory_page.clear("The fit was cancelled.")
            self.fitting.set_state(has_run=True, fitting=False)

    def _fitted(self, _document: dict[str, Any]) -> None:
        self._follow_stage()
        facts = self._facts
        if facts is None:
            return

        def show(fit: ShownFit) -> None:
            if self._facts is facts:
                self.memory_page.show_fit(fit)

        self._background.do(lambda: load_fit(facts.path), show, lambda fault: self._fit_failed(str(fault)))

    def _fit_failed(self, why: str) -> None:
        self.memory_page.clear("The last fit failed.")
        self.messages.say(why)
        self._follow_stage()

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
        if not self.run_control.is_idle:
            event.ignore()
            ask_before_closing(
                self, simulated=self.connection.simulates, stop=self._stop_and_close, leave=self._leave_and_close
            )
            return
        self.hide()
        self.run_control.close()
        self._fit.end()
        self._fit.wait_for_end()
        self.connection.close_children()
        self._background.finish(_CLOSE_S)
        event.accept()

    def _stop_and_close(self) -> None:
        self._closing = True
        if self.run_control.stage is Stage.RUNNING:
            self.run_control.stop()
        elif self.run_control.is_idle:
            self.close()

    def _leave_and_close(self) -> None:
        self.run_control.leave()
        self.close()
