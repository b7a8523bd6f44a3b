"""Benchmark of the window's first paint, beside a bare window of PySide6 and pyqtgraph with two plots.

python -m benchmarks.bench_first_paint [--runs 7]

Each start is a process of its own, by turns; what is timed is the time from the start of the interpreter until the
window has painted and the event loop is idle, by the clock and of the processor. Ours has painted when the button of
the start page has been. Python keeps what it compiled, as it does of an installed package, whatever the environment
says. Without a screen, set ``QT_QPA_PLATFORM=offscreen``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

_UNTIL_PAINTED = """
def end():
    print(is_painted(), flush=True)
    import os
    os._exit(0)
QTimer.singleShot(0, end)
application.exec()
"""
_BARE = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
import pyqtgraph
application = QApplication(sys.argv[:1])
application.setStyle("Fusion")
window = QMainWindow()
plots = pyqtgraph.GraphicsLayoutWidget()
plots.addPlot(row=0, col=0).plot([0.0, 1.0], [0.0, 1.0])
plots.addPlot(row=1, col=0).plot([0.0, 1.0], [0.0, 1.0])
window.setCentralWidget(plots)
window.resize(1280, 700)
is_painted = window.isVisible
window.show()
window.repaint()
application.processEvents()
"""
_OURS = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QPushButton
from gui.app.start import application_of_window
from gui.app.main_window import MainWindow
application = application_of_window()
window = MainWindow(Path(sys.argv[1]))
told = []
window.exchange.painted.connect(lambda: told.append(window.findChild(QPushButton, "tryButton").isVisible()))
is_painted = lambda: told == [True]
window.show()
window.repaint()
while not told:
    application.processEvents()
"""


def first_paint_s(script: str, folder: str) -> tuple[float, float]:
    """Return the time (s) from the start of a process until its window has painted, and that of the processor."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    words = [sys.executable, "-c", script + _UNTIL_PAINTED, folder]
    begun, used = time.perf_counter(), _used_s()
    done = subprocess.run(words, env=environment, stdout=subprocess.PIPE, encoding="utf-8", check=True)
    took, used = time.perf_counter() - begun, _used_s() - used
    if done.stdout.strip().splitlines()[-1] != "True":
        raise RuntimeError("the window was not painted")
    return took, used


def _used_s() -> float:
    """Return the time (s) of the processor that children which have ended took."""
    times = os.times()
    return times.children_user + times.children_system


def main() -> None:
    """Print the medians, and their ratio."""
    parser = argparse.ArgumentParser(description="Time the first paint of the window.")
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    times: dict[str, list[tuple[float, float]]] = {"bare": [], "ours": []}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.runs + 1):
            for name, script in (("bare", _BARE), ("ours", _OURS)):
                took = first_paint_s(script, folder)
                if number:  # the first of each reads from the disk, and compiles
                    times[name].append(took)
    for k, what in enumerate(("by the clock", "of the processor")):
        bare, ours = (statistics.median(one[k] for one in times[name]) for name in ("bare", "ours"))
        print(f"{what}: bare window {bare:.2f} s, ionecho {ours:.2f} s: {ours / bare:.2f} times")


if __name__ == "__main__":
    main()
