"""The whole path by clicks alone, without a wait in the event loop."""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QTimer

from daq import open_run
from gui.common.trace_view import LATEST_EDGE, View
from gui.common.traces import Traces
from tests.gui.window_operator import FIT_ENDS_MS, RUN_ENDS_MS
from tests.patience import promised, slowed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.gui.window_operator import Operator

# Issue 2, Shows: the event loop is never blocked for longer.
_LONGEST_BLOCK_S = 0.1


class Watchdog:
    """Ticks in the GUI thread; keeps the longest time between two ticks, and what the window showed at each.

    Time in which the thread was ready but the machine gave its cores to others (second field of Linux's schedstat, ns)
    is not the window's doing and is taken off; waiting for a lock, a file or the interpreter is.
    """

    def __init__(self, operator: Operator) -> None:
        self.longest_s = 0.0
        self.shown: set[tuple[str, str]] = set()
        self._operator = operator
        self._last = time.monotonic() - self._not_scheduled_s()
        self._timer = QTimer(operator.window, interval=5)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    @staticmethod
    def _not_scheduled_s() -> float:
        schedstat = Path("/proc/thread-self/schedstat")
        return int(schedstat.read_text().split()[1]) * 1e-9 if schedstat.exists() else 0.0

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Look away while the test itself reads files in the window's thread."""
        self._timer.stop()
        yield
        self._last = time.monotonic() - self._not_scheduled_s()
        self._timer.start()

    def _tick(self) -> None:
        now = time.monotonic() - self._not_scheduled_s()
        self.longest_s = max(self.longest_s, now - self._last)
        self._last = now
        self.shown.add((self._operator.text("headline"), self._operator.text("nowSamples")))


def the_run_file(folder: Path) -> Path:
    (path,) = folder.glob("*.nxs")
    return path


@pytest.mark.realtime  # 100 ms is the longest that the window may not listen
def test_whole_run_by_clicks_alone_without_blocking_the_event_loop(operator: Operator, folder: Path) -> None:
    watchdog = Watchdog(operator)
    operator.connect_simulated()
    operator.run("Pump probe")
    operator.wait(lambda: operator.text("headline") == "Complete", RUN_ENDS_MS)
    operator.wait(operator.button("fitButton").isEnabled)

    with watchdog.aside():
        run = open_run(the_run_file(folder))
        assert run.state == "complete"
        assert run.n_samples == run.n_planned == 200_000
    live = {
        samples for headline, samples in watchdog.shown if headline == "Running" and samples not in {"–", "200,000"}
    }
    assert len(live) >= 5

    operator.click("fitButton")
    operator.wait(lambda: operator.memory_page.shown is not None, FIT_ENDS_MS)
    operator.show_evidence("Figures")
    for name, value, interval in operator.rows("memoryTable"):
        assert any(digit.isdigit() for digit in value), name
        assert "…" in interval or interval == "–", name
    assert len(operator.rows("parameterTable")) >= 7
    assert watchdog.longest_s < promised(_LONGEST_BLOCK_S)


def shown_traces(operator: Operator) -> Traces:
    shown = operator.live_page.shown
    assert shown is not None
    return shown


def shown_samples(operator: Operator) -> int:
    shown = operator.live_page.shown
    return 0 if shown is None else shown.n_samples


def test_stop_in_mid_run_switches_off_and_keeps_what_was_measured(
    operator: Operator, folder: Path, simulated: Callable[..., str]
) -> None:
    operator.connect(simulated(speed=slowed(0.5)))
    operator.run("Pump probe")
    operator.wait(lambda: shown_samples(operator) > 0, RUN_ENDS_MS)
    operator.wait(lambda: shown_samples(operator) > 1000)
    operator.click("stopButton")
    operator.wait(lambda: operator.text("headline") == "Stopped", RUN_ENDS_MS)

    assert "output off" in operator.text("detail")
    run = open_run(the_run_file(folder))
    assert run.state == "stopped"
    assert 1000 < run.n_samples < 200_000
    assert run.events[-1]["output"] == "off"


def test_stop_is_live_before_there_is_anything_to_stop(operator: Operator) -> None:
    operator.click("stopButton")
    assert "nothing to stop" in operator.text("detail")


def test_stop_pressed_at_once_after_run_is_not_lost(operator: Operator) -> None:
    operator.connect_simulated()
    operator.run("Pump probe")
    operator.click("stopButton")
    operator.wait(lambda: operator.text("headline") == "Stopped", RUN_ENDS_MS)


def test_log_time_axis_shows_the_relaxation_after_an_edge(operator: Operator) -> None:
    operator.connect_simulated()
    operator.run("Single pulse")
    operator.wait(lambda: operator.text("headline") == "Complete", RUN_ENDS_MS)
    operator.window.commands.runs.set_view(View(edge=LATEST_EDGE))
    operator.wait(lambda: shown_traces(operator).edge is not None)
    shown = shown_traces(operator)
    assert shown.edge == 1
    assert shown.time_s[0] < 2e-5
    assert np.all(np.diff(shown.time_s) >= 0)


def test_closing_in_mid_run_asks_and_can_stop_the_run_first(
    operator: Operator, folder: Path, simulated: Callable[..., str]
) -> None:
    operator.connect(simulated(speed=slowed(0.5)))
    operator.run("Pump probe")
    operator.wait(lambda: operator.text("nowSamples") not in {"–", "0"}, RUN_ENDS_MS)
    operator.window.close()
    assert operator.window.isVisible()
    operator.click("stopAndClose")
    operator.wait(lambda: not operator.window.isVisible(), RUN_ENDS_MS)
    run = open_run(the_run_file(folder))
    assert run.state == "stopped"
    assert run.events[-1]["output"] == "off"
