"""A run that outlives its window, and the next window that finds it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from daq import open_run, runs_in_progress
from daq.files.run import peek_state
from tests.gui.window_operator import RUN_ENDS_MS, Operator
from tests.patience import patience, slowed, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

# A window of its own process that connects, chooses and runs without a hand, then lives until it is ended.
_WINDOW = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QListWidget, QPushButton
from gui.app.start import application_of_window, heed_signals
from gui import MainWindow
application = application_of_window()
window = MainWindow(Path(sys.argv[1]), sys.argv[2])
window.show()
heed_signals(window)
names = window.findChild(QListWidget, 'protocolList')
[row] = [k for k in range(names.count()) if names.item(k).text() == 'Pump probe']
names.setCurrentRow(row)
presser = QTimer(interval=20)
presser.timeout.connect(window.findChild(QPushButton, 'runButton').click)
presser.start()
window.commands.runs.follower.traced.connect(lambda traces: traces.n_samples and print(traces.n_samples, flush=True))
sys.exit(application.exec())
"""


@pytest.fixture
def simulator() -> Iterator[str]:
    command = [sys.executable, "-m", "ionecho", "sim", "keithley2461", "--json", "--speed", str(slowed(0.5))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        yield str(json.loads(process.stdout.readline())["resource"])
        process.terminate()


@pytest.mark.slow
def test_killed_window_leaves_the_run_going_and_the_next_window_follows_it_to_its_end(
    qtbot: QtBot, simulator: str, folder: Path
) -> None:
    command = [sys.executable, "-c", _WINDOW, str(folder), simulator]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as killed:
        assert killed.stdout is not None
        assert int(killed.stdout.readline()) > 0
        killed.kill()
    (path,) = runs_in_progress(folder)

    from gui import MainWindow

    window = MainWindow(folder)
    qtbot.addWidget(window)
    window.show()
    operator = Operator(qtbot, window)
    operator.wait(lambda: window.store.state.run is not None and window.store.state.run.path == path)
    assert operator.button("stopButton").isEnabled()
    operator.wait(lambda: operator.text("headline") == "Complete", RUN_ENDS_MS)
    run = open_run(path)
    assert run.state == "complete"
    assert run.n_samples == run.n_planned
    window.close()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal that a process can answer")
def test_a_window_that_is_told_to_end_leaves_a_run_on_a_real_instrument_to_its_processes(
    simulator: str, folder: Path
) -> None:
    command = [sys.executable, "-c", _WINDOW, str(folder), simulator]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as window:
        assert window.stdout is not None
        assert int(window.stdout.readline()) > 0
        window.terminate()
        assert window.wait(patience(20)) == 0, "it closed by itself, without a question"
    (path,) = runs_in_progress(folder)
    until(lambda: (state := peek_state(path)) is not None and state.is_final, 30)
    assert open_run(path).state == "complete"
