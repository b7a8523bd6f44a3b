"""Saved runs beside the run of the window: opened, drawn over each other, and what cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog, QLabel

from daq import open_run
from gui.run.record_dock import RecordDock
from tests.gui.kept_runs import link, put_run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gui.window_operator import Operator


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put_run(tmp_path / "runs")
    return tmp_path / "runs"


def test_opened_runs_are_shown_beside_the_run_of_the_window(operator: Operator, folder: Path, tmp_path: Path) -> None:
    operator.wait(lambda: operator.live_page.shown is not None)
    own = operator.live_page.shown
    saved = [tmp_path / "first.nxs", tmp_path / "second.nxs"]
    for path in saved:
        link(folder / "run.nxs", path)
    operator.window.exchange.runs_opened.emit((*saved, tmp_path / "gone.nxs"))
    assert operator.window.store.state.opened[0] == saved[0]
    operator.wait(lambda: operator.part(RecordDock).plot.shown is not None)
    page = operator.part(RecordDock)
    run = open_run(saved[0])
    shown = page.plot.shown
    assert shown is not None
    assert np.array_equal(shown.current_A, run.current_A)
    assert np.array_equal(shown.voltage_V, run.voltage_V)
    assert "first.nxs" in operator.text("recordHeadline")
    assert "gone.nxs" in operator.text("recordProblem")
    legend = page.findChild(QLabel, "recordPlotsLegend")
    assert legend is not None
    operator.wait(lambda: "second" in legend.text())
    live, state = operator.live_page.shown, operator.window.store.state
    assert live is not None
    assert own is not None
    assert np.array_equal(live.current_A, own.current_A)  # the run of the window is left alone
    assert state.run is not None
    assert state.run.path == folder / "run.nxs"
    operator.window.exchange.overlay_wanted.emit((saved[1],))
    live_legend = operator.live_page.findChild(QLabel, "livePlotsLegend")
    assert live_legend is not None
    operator.wait(lambda: "second" in live_legend.text())
    operator.window.exchange.overlay_wanted.emit(())
    operator.wait(live_legend.isHidden)


def test_points_are_written_where_the_operator_says(operator: Operator, tmp_path: Path) -> None:
    operator.wait(lambda: operator.live_page.shown is not None)
    operator.live_page.plot.export("csv")
    (dialog,) = operator.window.findChildren(QFileDialog, "exportDialog")
    wanted = tmp_path / "points.csv"
    dialog.fileSelected.emit(str(wanted))
    operator.wait(wanted.exists)
    operator.wait(lambda: len(wanted.read_text(encoding="utf-8").splitlines()) == 2001)
    dialog.close()
