"""A play: one hand at one window after the other, on one instrument."""

from __future__ import annotations

import gc
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psutil
from PySide6.QtCore import QEvent, QSettings, Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from benchmarks.monkey.faults import Faults
from benchmarks.monkey.hand import Hand
from daq.campaign.campaign_in_progress import STARTED
from gui.app.settings import Settings
from gui.app.start import application_of_window
from gui.services.instruments import Instruments

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gui import MainWindow
    from sim_instruments.serving.in_process import InProcess

_PROTOCOL = """name = "of the monkey"
[sequence]
kind = "pulse"
level = "20 mV"
width = "200 ms"
before = "50 ms"
after = "300 ms"
[sampling]
interval = "100 us"
[limits]
voltage = "1 V"
current = "1 mA"
"""
_LONGEST_RUN_S = 15.0
"""How long a run may last before it is stopped by its key: ready protocols take up to hours."""
_BURST = 10
"""Events between two looks at what is shown."""


@dataclass
class Seen:
    """What a play came to.

    Attributes
    ----------
    n_events, n_runs, n_windows : int
    faults : list of str
    memory_MB : list of float
        Resident memory of this process at each look.
    docks : set of str
        Docks that were in front.
    """

    n_events: int = 0
    n_runs: int = 0
    n_windows: int = 0
    faults: list[str] = field(default_factory=list)
    memory_MB: list[float] = field(default_factory=list)
    docks: set[str] = field(default_factory=set)


class MonkeyPlay:
    """The play.

    Parameters
    ----------
    folder : Path
        Of its own: runs, settings, a protocol. It becomes the current folder's place for what is saved.
    instrument : InProcess
        That records its output.
    seed : int
    within_s : float
        How long what is shown may be behind what is so.
    log : callable
        Told what is done before it is done, so that a crash has a last word.
    """

    def __init__(
        self,
        folder: Path,
        instrument: InProcess,
        seed: int,
        within_s: float,
        log: Callable[[str], object] = lambda _line: None,
    ) -> None:
        application_of_window()
        self._folder, self._instrument, self._within_s, self._log = folder, instrument, within_s, log
        self._settings = Settings(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
        self._protocol = folder / "short.toml"
        self._protocol.write_text(_PROTOCOL, encoding="utf-8")
        self._hand, self._rng = Hand(seed), random.Random(seed + 2)  # noqa: S311 - not for secrets
        self._faults, self.seen = Faults(), Seen()
        self._window = self._open()
        self._run_number, self._run_since_s = 0, 0.0

    def _open(self) -> MainWindow:
        from gui import MainWindow

        window = MainWindow(self._folder / "runs", settings=self._settings)
        window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        window.exchange.dock_raised.connect(self.seen.docks.add)
        window.show()
        QTest.qWait(50)
        self.seen.n_windows += 1
        return window

    def play(self, goes_on: Callable[[int], bool]) -> Seen:
        """Play while `goes_on`, which is told the number of events, says so."""
        for scheme in ("file", "http", "https"):  # no file manager, no browser
            QDesktopServices.setUrlHandler(scheme, self._hand, "look_away")  # type: ignore[arg-type]  # PySide takes no bytes
        search: Any = Instruments.search
        setattr(Instruments, "search", lambda _: None)  # noqa: B010 - serial lines and networks are left alone
        try:
            with self._faults.listening():
                while goes_on(self.seen.n_events):
                    self._burst()
                self._end()
        finally:
            setattr(Instruments, "search", search)  # noqa: B010
            for scheme in ("file", "http", "https"):
                QDesktopServices.unsetUrlHandler(scheme)
        self.seen.faults = self._faults.found
        return self.seen

    def _burst(self) -> None:
        if not self._window_is_there():
            self._window = self._open()
        self._keep_going()
        for _ in range(_BURST):
            done = self._hand.act(self._window)
            self._faults.doing = done
            self._log(done)
            self.seen.n_events += 1
            QTest.qWait(5)
            if not self._window_is_there():
                return
        self._faults.compare(self._window, self._instrument, self._within_s)
        self.seen.memory_MB.append(psutil.Process().memory_info().rss / 1e6)

    def _window_is_there(self) -> bool:
        try:
            return self._window.isVisible()
        except RuntimeError:  # closed, and deleted by Qt
            return False

    # -- runs ---------------------------------------------------------------------------------------------------------

    def _keep_going(self) -> None:
        """See to it that there is an instrument, now and then a run, and that none lasts too long."""
        window, state = self._window, self._window.store.state
        run, dice = state.run_in_progress, self._rng.random()
        if run is not None:
            if run.number != self._run_number:
                self._run_number, self._run_since_s = run.number, time.monotonic()
                self.seen.n_runs += 1
            if time.monotonic() - self._run_since_s > _LONGEST_RUN_S or dice < 0.02:
                self._log("F12")
                QTest.keyClick(window, Qt.Key.Key_F12)
            elif dice < 0.05:
                self._log("close in a run")
                window.close()
        elif state.connection.instrument is None or state.connection.instrument.resource != self._instrument.resource:
            if not state.connection.is_busy:
                window.commands.connect_to(self._instrument.resource)
        elif state.plan.source != self._protocol and dice < 0.5:
            window.exchange.planned_wanted.emit(self._protocol)
        elif dice < 0.5:
            self._click("runButton")
        elif dice < 0.52:
            self._log("Ctrl+Q")
            QTest.keyClick(window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)

    def _click(self, name: str) -> None:
        button = self._window.findChild(QPushButton, name)
        if button is not None and button.isEnabled():
            self._log(name)
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def _end(self) -> None:
        """Stop what is in progress and close the window."""
        for conductor in STARTED:
            conductor.terminate()
        if self._window_is_there():
            window, is_to_close = self._window, self._window.store.state.close_when_ended
            window.commands.stop()
            deadline = time.monotonic() + 10.0 * self._within_s
            while window.store.state.run_in_progress is not None and time.monotonic() < deadline:
                QTest.qWait(50)
            self._faults.compare(window, self._instrument, self._within_s)
            if self._window_is_there():
                window.commands.leave_run() if window.store.state.run_in_progress is not None else window.close()
            elif not is_to_close:
                self._faults.note("the window closed when its run had ended, and nobody had asked for that")
        QTest.qWait(50)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()
