"""Benchmark of the window while a simulated 2461 gives a million samples a second, each program in its own process.

    QT_QPA_PLATFORM=offscreen python -m benchmarks.bench_window [--runs 2] [--seconds 27] [--two-plots]

Four plots are drawn, and a live fit follows each run, with two plots more; two plots and no fit with `--two-plots`.
Two runs make a minute: the instrument's buffer holds 27.5 million samples. Told are frames a second, how old each
sample is when the first frame that shows it has been painted, the longest time for which the event loop was held up,
when a stop was taken, how memory grows, and the processor time of each process; beside them plain plots of pyqtgraph
that are given the same number of points by `setData`, in the same process, after the runs.

The age of a sample is counted from when the instrument made it: the simulator writes its own time beside the
computer's (`benchmarks.dated_simulator`). Told beside it is the age by the event "start" of the run file, as it was
counted until 27 November 2026. That is too long by what comes between that event and the first sample: the marker of
the output on the disk, the guardian's permission, the command, and 30 ms that the program gives the output relay.

Gaps of the event loop are told twice: by the clock, and without the time in which the window's thread was ready and
the system gave its cores to others.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import psutil
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGraphicsView, QTableWidget, QWidget

from benchmarks.dated_simulator import Dates, dated_simulator
from daq import open_run
from gui import MainWindow
from gui.app.rules import Command, allowed
from gui.app.start import application_of_window
from gui.common.quantities import Quantity
from gui.run.live_dock import LiveDock
from protocols import Limits, Protocol, PulseSequence, Sampling

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QApplication

    from gui.common.traces import Traces

Kind = TypeVar("Kind", bound=QObject)
INTERVAL_S = 1e-6
SIZE = (1280, 800)
PLAIN_S = 5.0
# Ticks by which the event loop is watched.
_TICK_MS = 4
# How long anything but a run may take before the benchmark gives up.
_PATIENCE_S = 60.0


def protocol_of(seconds: float) -> Protocol:
    """Return a train of pulses sampled a million times a second."""
    n_pulses = 10
    share = round(seconds / (2 * n_pulses + 2), 6)
    sequence = PulseSequence.train("20 mV", share, 2 * share, n_pulses, before=share, after=share)
    return Protocol("Live", sequence, Sampling(INTERVAL_S), Limits(voltage_V=0.1, current_A=1e-5))


@dataclass
class Watch(QObject):
    """What is seen of one run in the window.

    Attributes
    ----------
    frames : list of (float, float)
        When a frame had been painted (monotonic, s), and the time of its newest sample (s).
    gaps_s, own_gaps_s : list of float
        Between ticks of the event loop; without the time in which the thread waited for a core.
    memory : list of (float, float)
        Time (s) and private memory of the window (MiB).
    unsafe : list of int
        Samples that were drawn before they were safely on disk, of each frame.
    n_in_run : int
        Frames before the run was stopped or ended: those after it show what is old.
    """

    frames: list[tuple[float, float]] = field(default_factory=list)
    gaps_s: list[float] = field(default_factory=list)
    own_gaps_s: list[float] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)
    unsafe: list[int] = field(default_factory=list)
    n_points: int = 0
    n_in_run: int = 0

    def __post_init__(self) -> None:
        super().__init__()
        self._dock: LiveDock | None = None
        self._painted: Traces | None = None
        self._last_tick, self._waited_s = time.monotonic(), 0.0
        self._ticker = QTimer(self, interval=_TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._ticker.timeout.connect(self._tick)
        self._meter = QTimer(self, interval=1000)
        self._meter.timeout.connect(lambda: self.memory.append((time.monotonic(), private_MiB())))

    def start(self, window: MainWindow) -> None:
        """Watch a window from now on."""
        self._dock = child(window, LiveDock, "measurementPage")
        child(window, QGraphicsView, "livePlots").viewport().installEventFilter(self)
        self._last_tick, self._waited_s = time.monotonic(), _waited_for_a_core_s()
        self._ticker.start()
        self._meter.start()

    def stop(self) -> None:
        """Watch no more."""
        self._ticker.stop()
        self._meter.stop()

    def eventFilter(self, _viewport: QObject, event: QEvent) -> bool:
        """Note a paint of curves that were not painted before, once it is done."""
        shown = None if self._dock is None else self._dock.shown
        if event.type() == QEvent.Type.Paint and shown is not self._painted and shown is not None:
            self._painted = shown
            QTimer.singleShot(0, self._note_frame)
        return False

    def _note_frame(self) -> None:
        traces = self._painted
        if traces is not None and traces.n_samples:
            self.frames.append((time.monotonic(), traces.last_s))
            self.unsafe.append(traces.n_samples - traces.n_acknowledged)
            self.n_points = max(self.n_points, len(traces.time_s))

    def _tick(self) -> None:
        now, waited_s = time.monotonic(), _waited_for_a_core_s()
        self.gaps_s.append(now - self._last_tick)
        self.own_gaps_s.append(now - self._last_tick - (waited_s - self._waited_s))
        self._last_tick, self._waited_s = now, waited_s


def _waited_for_a_core_s() -> float:
    """Return for how long this thread was ready to run and did not (second field of Linux's schedstat)."""
    return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) * 1e-9


def private_MiB() -> float:
    """Return the private memory of this process: what is mapped of a file belongs to the system."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["RssAnon"].split()[0]) / 1024


def cpu_of_processes() -> dict[str, float]:
    """Return the processor time (s) of this process and of its children, by what they are."""
    found: dict[str, float] = {}
    me = psutil.Process()
    for process in (me, *me.children(recursive=True)):
        try:
            words, times = " ".join((process.name(), *process.cmdline())), process.cpu_times()
        except psutil.Error:
            continue
        names = {
            "ionecho runner": "runner",  # on Linux a copy of the guardian, with its command line
            "spawn_main": "runner",
            "daq.execution.guardian": "guardian",
            "dated_simulator": "simulator",
            "fitting.live_process": "live fit",
        }
        name = next((name for word, name in names.items() if word in words), "other")
        name = "window" if process == me else name
        found[name] = found.get(name, 0.0) + times.user + times.system
    return found


def wait(until: Callable[[], bool], seconds: float = _PATIENCE_S) -> None:
    """Let the event loop run until something holds."""
    loop, deadline = QEventLoop(), time.monotonic() + seconds
    look = QTimer(interval=20)
    look.timeout.connect(lambda: loop.quit() if until() or time.monotonic() > deadline else None)
    look.start()
    loop.exec()
    look.stop()
    if not until():
        raise TimeoutError("the window does not come to where the benchmark needs it")


def plain_plots(application: QApplication, n_plots: int, n_points: int) -> dict[str, float]:
    """Return what plain plots of pyqtgraph do with as many points, drawn as often as they can be."""
    widget = pg.GraphicsLayoutWidget()
    widget.resize(*SIZE)
    curves = [widget.addPlot(row=row, col=0).plot(pen="w") for row in range(n_plots)]
    widget.show()
    time_s, noise = np.linspace(0.0, 1.0, n_points), np.random.default_rng(1).normal(size=2 * n_points)
    began, cpu, n_frames = time.monotonic(), time.process_time(), 0
    while time.monotonic() - began < PLAIN_S:
        for curve in curves:
            curve.setData(time_s, noise[n_frames % n_points :][:n_points])
        application.processEvents()
        n_frames += 1
    took, used = time.monotonic() - began, time.process_time() - cpu
    widget.close()
    return {"frames_per_s": round(n_frames / took, 1), "cpu_ms_a_frame": round(1e3 * used / n_frames, 1)}


def show_all_plots(window: MainWindow) -> None:
    """Draw every quantity of the run."""
    window.exchange.dock_wanted.emit("live")
    page = child(window, QWidget, "measurementPage")
    for quantity in Quantity:
        child(page, QAction, f"show{quantity.name.title()}").setChecked(True)


def child(parent: QObject, kind: type[Kind], name: str) -> Kind:
    """Return a part of the window by its name."""
    found = parent.findChild(kind, name)
    if found is None:
        raise LookupError(f"the window has no {name}")
    return found


def run_once(
    window: MainWindow, path: Path, dates: Path, seconds: float, *, stop: bool, fits: bool
) -> tuple[Watch, dict[str, Any]]:
    """Carry out one run in the window, with or without a live fit, and tell what was seen of it."""
    commands, told = window.commands, {}
    follower = commands.runs.follower
    runs: list[Path] = []
    ended: list[object] = []
    taken: list[float] = []
    follower.begun.connect(runs.append)
    follower.ended.connect(ended.append)
    commands.runs.stop_taken.connect(lambda: taken.append(time.monotonic()))
    commands.choose_protocol(path)
    wait(lambda: allowed(window.store.state)[Command.RUN].granted)
    watch = Watch()
    if fits:
        child(window, QAction, "live_fit.toggle").trigger()
        window.exchange.dock_wanted.emit("live")
    commands.start_run()
    wait(lambda: bool(runs) and runs[0].exists())
    watch.start(window)
    wait(lambda: len(watch.frames) > 0)
    began, cpu = time.monotonic(), cpu_of_processes()
    wait(lambda: bool(ended) or time.monotonic() - began > seconds - 2.0, seconds + _PATIENCE_S)
    took, used = time.monotonic() - began, cpu_of_processes()
    watch.n_in_run = len(watch.frames)
    if stop and not ended:
        asked = time.monotonic()
        commands.stop()
        wait(lambda: bool(taken))
        told["stop_taken_ms"] = round(1e3 * (taken[0] - asked), 1)
        wait(lambda: bool(ended))
        told["stop_to_ended_ms"] = round(1e3 * (time.monotonic() - asked), 1)
    watch.stop()
    wait(lambda: bool(ended))
    if fits:
        told["live_fit_table_rows"] = child(window, QTableWidget, "liveFitTable").rowCount()
    start = next(event for event in open_run(runs[0]).events if event["kind"] == "start")
    start_s = start["monotonic_ns"] * 1e-9
    told |= _ages(watch, Dates(dates, start_s), start_s)
    return watch, told | _figures(watch, took, {name: used[name] - cpu.get(name, 0) for name in used})


def _ages(watch: Watch, dates: Dates, start_s: float) -> dict[str, Any]:
    when, newest = np.array(watch.frames[: watch.n_in_run]).T
    # Each sample comes to the screen with the first frame whose newest sample is not older.
    samples = newest[0] + (newest[-1] - newest[0]) * np.linspace(0.0, 1.0, 100_000)
    seen_s = when[np.searchsorted(newest, samples)]
    by_tenth = np.array_split(1e3 * (seen_s - dates.made_s(samples)), 10)
    return {
        "sample_to_screen_ms": _spread(1e3 * (seen_s - dates.made_s(samples))),
        "the_same_by_tenths_of_the_run_ms": [round(float(np.median(part)), 1) for part in by_tenth],
        "newest_sample_of_a_frame_ms": _spread(1e3 * (when - dates.made_s(newest))),
        "sample_to_screen_by_event_start_ms": _spread(1e3 * (seen_s - start_s - samples)),
        "event_start_to_first_sample_ms": round(1e3 * float(dates.made_s(np.zeros(1))[0] - start_s), 1),
        "simulator_fell_behind_ms": round(1e3 * dates.lag_s(float(newest[-1])), 1),
    }


def _figures(watch: Watch, took_s: float, cpu_s: dict[str, float]) -> dict[str, Any]:
    when, _ = np.array(watch.frames[: watch.n_in_run]).T
    gaps, own_gaps, unsafe = np.array(watch.gaps_s), np.array(watch.own_gaps_s), np.array(watch.unsafe)
    t, memory = np.array(watch.memory).T
    return {
        "frames_per_s": round((len(when) - 1) / (when[-1] - when[0]), 1),
        "between_frames_ms": _spread(1e3 * np.diff(when)),
        "not_yet_safe_samples": _spread(unsafe),
        "event_loop_gap_ms": _spread(1e3 * gaps),
        "gaps_over_50_ms": int(np.sum(gaps > 0.05)),
        "event_loop_gap_but_for_waits_for_a_core_ms": _spread(1e3 * own_gaps),
        "gaps_over_50_ms_but_for_waits_for_a_core": int(np.sum(own_gaps > 0.05)),
        "points_a_curve": watch.n_points,
        "memory_MiB": [round(memory[0], 1), round(memory[-1], 1)],
        "memory_slope_MiB_a_min": round(60.0 * float(np.polyfit(t, memory, 1)[0]), 1),
        "cpu_share": {name: round(used / took_s, 3) for name, used in sorted(cpu_s.items())},
        "cpu_ms_a_frame": round(1e3 * cpu_s["window"] / len(when), 1),
    }


def _spread(values: np.ndarray) -> dict[str, float]:
    median, most, longest = np.percentile(values, [50, 99, 100])
    return {"median": round(float(median), 1), "99 %": round(float(most), 1), "longest": round(float(longest), 1)}


def figures(n_runs: int = 2, seconds: float = 27.0, *, two_plots: bool = False) -> dict[str, Any]:
    """Measure, and return the figures."""
    application = application_of_window()
    found: dict[str, Any] = {"load_before": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as folder, dated_simulator(Path(folder) / "dates") as resource:
        path, dates = Path(folder) / "live.toml", Path(folder) / "dates"
        protocol_of(seconds).save(path)
        window = MainWindow(Path(folder), resource)
        window.resize(*SIZE)
        window.show()
        wait(lambda: window.store.state.connection.instrument is not None)
        if not two_plots:
            show_all_plots(window)
        for number in range(n_runs):
            last = number == n_runs - 1
            watch, found[f"run_{number + 1}"] = run_once(window, path, dates, seconds, stop=last, fits=not two_plots)
        found["plots"] = n_plots = _n_plots(window)
        found["plain_setData"] = plain_plots(application, n_plots, watch.n_points)
        window.commands.leave_run()
        window.close()
    found["load_after"] = os.getloadavg()[0]
    return found


def _n_plots(window: MainWindow) -> int:
    views = [view for view in window.findChildren(QGraphicsView) if view.isVisible()]
    return sum(isinstance(item, pg.PlotItem) for view in views for item in view.scene().items())


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description="The window beside a simulated 2461 at a million samples a second.")
    parser.add_argument("--runs", type=int, default=2, help="runs one after the other; the last one is stopped")
    parser.add_argument("--seconds", type=float, default=27.0, help="length of a run")
    parser.add_argument("--two-plots", action="store_true", help="voltage and current only, and no live fit")
    options = parser.parse_args()
    print(json.dumps(figures(options.runs, options.seconds, two_plots=options.two_plots), indent=1))


if __name__ == "__main__":
    main()
