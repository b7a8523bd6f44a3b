"""A tour of the window: the real window, driven on a simulated instrument through everything that it can show.

Each stop is a name and what to do; whoever takes the tour takes a picture at each (`make_screenshots.py`).
"""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QLineEdit, QListWidget, QPlainTextEdit, QPushButton, QTableView, QTabWidget

from daq import Outcome
from daq.campaign.folder import CampaignFolder, create_campaign
from daq.campaign.queue import ItemState, Queue
from daq.campaign.schema import PlannedPoint
from daq.campaign.states import CampaignState, PointState
from daq.campaign.store import CampaignStore
from daq.files.statements import Statements, write_statements
from gui import MainWindow
from gui.app import transitions
from gui.app.area import ProtocolText
from gui.app.editor_state import EditorStage
from gui.app.fit_state import FitStage
from protocols import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

W = TypeVar("W", bound=QObject)

_PATIENCE_S = 1800.0
"""So that a tour that waits in vain ends. What takes 10 s on an idle machine takes minutes beside campaigns."""
_NOBODY = "TCPIP::192.0.2.10::5025::SOCKET"
"""An address of nobody (RFC 5737)."""
_N_COPIES = 8
"""Runs in the list beside those that were measured: as many rows as a small window shows."""
_SLOW = """
name = "Relaxation of the read level"
notes = "A pulse, then ten seconds of rest."
[sequence]
kind = "pulse"
level = "200 mV"
width = "1 s"
before = "1 s"
after = "10 s"
[sampling]
interval = "1 ms"
[limits]
voltage = "500 mV"
current = "10 mA"
"""
_WITH_A_FAULT = _SLOW.replace('width = "1 s"', 'width = "1 kg"')
_REFUSED = _SLOW.replace('level = "200 mV"', 'level = "2 V"').replace('width = "1 s"', 'width = "1 us"')


def pass_time(seconds: float) -> None:
    """Let the window live."""
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


def wait(until: Callable[[], bool], what: str) -> None:
    """Let the window live until something is so."""
    deadline = time.monotonic() + _PATIENCE_S
    while not until():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {_PATIENCE_S:.0f} s for {what}")
        pass_time(0.02)


def _write_spectrum(path: Path) -> None:
    """Write the impedance of a bulk before a blocking electrode, with a thousandth of noise, as programs export it."""
    f = np.geomspace(1e6, 0.1, 71)
    s = 2j * np.pi * f
    impedance = 200.0 + 1.0 / (1.0 / 5e3 + 2e-8 * s**0.95) + 1.0 / (2e-4 * s**0.85)
    noise = np.random.default_rng(1).standard_normal((2, len(f)))
    impedance *= 1.0 + 1e-3 * (noise[0] + 1j * noise[1])
    rows = np.column_stack([f, impedance.real, -impedance.imag])
    np.savetxt(path, rows, delimiter=",", header="freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm", comments="")


class Tour:
    """The tour.

    Parameters
    ----------
    folder : Path
        Of runs; empty at first.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.window = MainWindow(folder)
        self.window.show()

    def stops(self) -> Iterator[str]:
        """Drive the window from stop to stop, and yield the name of each."""
        yield from self._before_a_run()
        yield from self._run()
        yield from self._fits()
        yield from self._editor()
        yield from self._many()
        yield from self._alarm()

    def named(self, kind: type[W], name: str) -> W:
        """Return a widget of the window."""
        found = self.window.findChild(kind, name)
        if found is None:
            raise LookupError(f"the window has no {kind.__name__} {name!r}")
        return found

    def press(self, name: str) -> None:
        """Press a button when it can be pressed."""
        button = self.named(QPushButton, name)
        wait(button.isEnabled, name)
        button.click()

    def front(self, *docks: str) -> None:
        """Bring docks to the front."""
        for dock in docks:
            self.window.exchange.dock_wanted.emit(dock)
        pass_time(0.2)

    @property
    def headline(self) -> str:
        """What the window says first."""
        return self.named(QLabel, "headline").text()

    def _before_a_run(self) -> Iterator[str]:
        pass_time(2.0)
        yield "start"
        for dock in ("plan", "live", "editor", "memory"):
            self.front(dock)
            yield f"empty-{dock}"
        self.front("queue")
        yield "empty-queue"
        self.front("runs", "plan")
        self.press("simulateButton")
        yield "connecting"
        wait(lambda: self.window.store.state.connection.instrument is not None, "the simulated instrument")
        (self.folder / "refused.toml").write_text(_REFUSED, encoding="utf-8")
        (self.folder / "slow.toml").write_text(_SLOW, encoding="utf-8")
        self.window.exchange.planned_wanted.emit(self.folder / "refused.toml")
        wait(lambda: "cannot be run" in self.named(QLabel, "planTitle").text(), "the refusal")
        yield "plan-refused"
        self._choose("Pump probe")
        wait(self.named(QPushButton, "runButton").isEnabled, "the plan")
        yield "plan"

    def _choose(self, protocol: str) -> None:
        protocols = self.named(QListWidget, "protocolList")
        protocols.setCurrentItem(protocols.findItems(protocol, Qt.MatchFlag.MatchExactly)[0])

    def _run(self) -> Iterator[str]:
        self.window.exchange.planned_wanted.emit(self.folder / "slow.toml")
        pass_time(0.3)
        self.press("runButton")
        wait(lambda: self.headline == "Running", "the run")
        pass_time(4.0)
        yield "run-in-progress"
        yield "run-long-name"
        wait(lambda: self.headline == "Complete", "the end of the run")
        self._choose("Pump probe")
        pass_time(0.3)
        self.press("runButton")
        wait(lambda: self.headline == "Running", "the run")
        wait(lambda: self.headline == "Complete", "the end of the run")
        self.front("live")
        yield "run-complete"

    def long_name(self) -> Callable[[], object]:
        """Have the run in progress have a name of 300 letters; return what takes it back."""
        run = self.window.store.state.run
        if run is None or run.facts is None:
            raise LookupError("the window follows no run")
        facts = run.facts
        self.window.store.apply(transitions.run_opened, replace(facts, title="pump probe " * 28))
        return lambda: self.window.store.apply(transitions.run_opened, facts)

    def _fits(self) -> Iterator[str]:
        self.press("fitButton")
        self.front("memory")
        pass_time(0.4)
        yield "fit-in-progress"
        wait(lambda: self.window.findChild(QLabel, "keyFigure0") is not None, "the fit")
        pass_time(1.0)
        tabs = self.named(QTabWidget, "fitTabs")
        for index in range(tabs.count()):
            tabs.setCurrentIndex(index)
            pass_time(0.2)
            yield f"fit-{tabs.tabText(index).lower().replace(' ', '-')}"
        tabs.setCurrentIndex(0)
        model = self.named(QLineEdit, "modelEdit")
        model.setText("R0-Zq(")
        pass_time(0.6)
        yield "model-mistyped"
        model.setText("R0")
        pass_time(0.3)
        self.press("fitButton")
        wait(lambda: self.window.store.state.fit.stage is not FitStage.FITTING, "the fit")
        pass_time(1.0)
        yield "model-bad"

    def _editor(self) -> Iterator[str]:
        self.window.exchange.protocol_wanted.emit(ProtocolText("Relaxation", _SLOW))
        self.front("editor")
        wait(lambda: self.window.store.state.editor.stage is EditorStage.RIGHT, "the protocol")
        pass_time(1.0)
        yield "editor"
        self.named(QPlainTextEdit, "editorText").setPlainText(_WITH_A_FAULT)
        wait(lambda: self.window.store.state.editor.stage is EditorStage.WRONG, "the fault")
        self.named(QAction, "editor.next_fault").trigger()
        pass_time(0.5)
        yield "editor-fault"

    def _many(self) -> Iterator[str]:
        self._ten_runs()
        self._queue()
        self.front("queue")
        pass_time(4.0)
        yield "queue"
        self.front("runs")
        wait(lambda: self.named(QTableView, "runsTable").model().rowCount() > _N_COPIES, "the copies")
        wait(self._has_pictures, "their pictures")
        yield "runs"
        paths = tuple(sorted(self.folder.glob("sample-*.nxs")))[: _N_COPIES // 2]
        self.named(QLineEdit, "modelEdit").setText("R0-Mig1-CPE1")
        self.window.exchange.runs_opened.emit(paths[:1])
        self.window.exchange.overlay_wanted.emit(paths[1:])
        pass_time(2.0)
        yield "runs-overlaid"
        self.front("record")
        pass_time(1.0)
        yield "record"
        self.window.exchange.comparison_wanted.emit(paths)
        self.front("memory")
        wait(lambda: self.window.store.state.fit.stage is not FitStage.FITTING, "the comparison")
        pass_time(1.5)
        yield "comparison"
        self.window.exchange.runs_opened.emit(paths[:2])
        pass_time(0.3)
        self._ask("diagnoseTogetherButton")
        yield "diagnosis-together"
        spectrum = self.folder / "impedance.csv"
        _write_spectrum(spectrum)
        self.window.exchange.runs_opened.emit((spectrum,))
        self.named(QLineEdit, "modelEdit").setText("R0-p(R1,CPE1)-CPE2")
        pass_time(0.3)
        self._ask("fitButton")
        yield "complex-plane"

    def _ask(self, name: str) -> None:
        """Press a button that asks for a fit, and wait for its answer with the dock of it in front."""
        self.press(name)
        self.front("memory")
        wait(lambda: self.window.store.state.fit.stage is not FitStage.FITTING, "the fit")
        pass_time(1.5)

    def _has_pictures(self) -> bool:
        """Return whether every run of the list has its picture."""
        table = self.named(QTableView, "runsTable").model()
        (column,) = [
            k for k in range(table.columnCount()) if table.headerData(k, Qt.Orientation.Horizontal) == "Current"
        ]
        places = [table.index(row, column) for row in range(table.rowCount())]
        return all(place.data(Qt.ItemDataRole.DecorationRole) is not None for place in places)

    def _ten_runs(self) -> None:
        run = self.window.store.state.run
        if run is None or run.facts is None:
            raise LookupError("the window has no run")
        for number in range(1, _N_COPIES + 1):
            path = self.folder / f"sample-{number:02d}.nxs"
            shutil.copy(run.facts.path, path)
            is_thinner = number <= _N_COPIES // 2
            stated = Statements(
                name=f"Ni / AlOx {number}",
                thickness=f"{5 * 2**number if is_thinner else 40} nm",
                temperature=f"{294 if is_thinner else 262 + 8 * number} K",
                tags="aged, cryostat" if number % 2 else "fresh",
            )
            write_statements(path, stated)

    def _queue(self) -> None:
        for name in ("Ageing at 320 K", "Thickness series", "Read-out after a night"):
            points = [PlannedPoint(k, f"level {10 * k} mV", f"000{k}.nxs", None, 60.0) for k in (1, 2, 3)]
            made = create_campaign(self.folder / name, "", points, name, (_NOBODY, Limits(), ""))
            Queue().add(_NOBODY, made, name)
        taken = Queue().take(_NOBODY)
        if taken is None:
            raise LookupError("the queue is empty")
        store, now = CampaignStore(CampaignFolder(taken.folder).state), time.time()
        store.set_state(CampaignState.RUNNING, now - 300)
        store.begin(1, now - 290)
        store.end(1, PointState.DONE, "", now - 200, ("id", 700))
        store.begin(2, now - 190)
        store.end(2, PointState.FAILED, "the instrument did not answer for 10 s", now - 180)
        store.set_state(CampaignState.FAILED, now - 170, "1 of 3 points failed")
        store.close()
        Queue().finish(taken.id, ItemState.FAILED, "1 of 3 points failed")

    def _alarm(self) -> Iterator[str]:
        resource = "TCPIP::192.168.0.10::5025::SOCKET"
        doubt = f"the output of {resource} may still be ON: the instrument could not be reached for 10 s"
        outcome = Outcome.unknown(f"{doubt} (no route to host). Press the OUTPUT key of the instrument.", 50_000)
        self.front("live")
        self.window.store.apply(transitions.run_ended, outcome, datetime.now().astimezone())
        self.window.exchange.message.emit(
            "sample-03.nxs: its last block is cut short: 4096 samples of 50,000 are left."
        )
        pass_time(0.3)
        yield "alarm"
