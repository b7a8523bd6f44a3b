"""The live fit beside a run: its process, its panel, its ends."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QTableWidget

from gui.common.theme import Theme, colours_of, palette_of
from gui.run.live_estimates import Figure, LiveFigures
from gui.run.live_fit_panel import LiveFitPanel
from gui.services.json_lines import JsonLines
from tests.gui.kept_runs import put_run
from tests.patience import patience

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtCore import QObject
    from pytestqt.qtbot import QtBot

STARTS_MS = round(1000 * patience(60.0))
MODULE = "fitting.live_process"


@pytest.fixture
def parent(qapp: QObject) -> QObject:
    return qapp


def test_its_process_fits_the_run_that_it_is_told_and_ends_with_it(
    qtbot: QtBot, parent: QObject, tmp_path: Path
) -> None:
    child = JsonLines("The live fit", MODULE, parent)
    told: list[dict[str, Any]] = []
    child.told.connect(told.append)
    child.start("R0-Mig1-CPE1")
    with qtbot.waitSignal(child.ended, timeout=STARTS_MS):
        child.tell(str(put_run(tmp_path)))
    assert not child.is_running
    figures = LiveFigures.of(told[-1])
    assert figures is not None
    assert figures.over
    assert len(figures.W) == len(figures.band_s) > 50
    # The simulated cell "demo" (docs/how-to and sim_instruments): sampled each millisecond, its tau is 1.5 ms.
    found = {one.name: one for one in figures.figures}
    assert found["Mig1.tau"].value == pytest.approx(1.5e-3, rel=0.01)
    assert found["CPE1.n"].value == pytest.approx(0.87, abs=0.002)
    assert found["Mig1.tau"].half_width < 0.01


def test_a_model_that_nobody_understands_is_told_in_words_and_an_end_leaves_no_process(
    qtbot: QtBot, parent: QObject
) -> None:
    child = JsonLines("The live fit", MODULE, parent)
    with qtbot.waitSignal(child.failed, timeout=STARTS_MS) as failure:
        child.start("R0-Nonsense")
    assert "Nonsense" in failure.args[0]
    assert "Traceback" not in failure.args[0]
    child.start("R0-C1")
    qtbot.waitUntil(lambda: child.process_id > 0, timeout=STARTS_MS)
    number = child.process_id
    failures: list[str] = []
    child.failed.connect(failures.append)
    child.end()
    child.wait_for_end()
    assert not child.is_running
    assert not failures
    assert not psutil.pid_exists(number)


def figures_at(t_s: float, width: float) -> LiveFigures:
    tau = Figure("Mig1.tau", "Mig1.tau", "s", 2e-3, 2e-3 * (1 - width), 2e-3 * (1 + width), width)
    r0 = Figure("R0", "R0", "ohm", 100.0, 90.0, 110.0, 0.1)
    t = np.geomspace(1e-5, 1.0, 20)
    W = np.exp(-t / 2e-3)
    return LiveFigures(t_s, 1000, 3e-9, True, False, (r0, tau), t, W, 0.9 * W, np.minimum(1.1 * W, 1.0))


def test_its_panel_shows_how_parameters_close_in(qtbot: QtBot) -> None:
    panel = LiveFitPanel(("R0-Mig1-CPE1", "R0-C1"))
    qtbot.addWidget(panel)
    panel.set_colours(colours_of(palette_of(Theme.DARK)))
    panel.resize(360, 600)
    panel.show()
    wanted: list[str] = []
    panel.start_wanted.connect(wanted.append)
    panel.show_stage("Choose a cell model.", "", is_on=False)
    button = panel.findChild(QPushButton, "liveFitButton")
    table = panel.findChild(QTableWidget, "liveFitTable")
    state = panel.findChild(QLabel, "liveFitState")
    assert button is not None
    assert table is not None
    assert state is not None
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert wanted == ["R0-Mig1-CPE1"]
    panel.show_stage("", "", is_on=True)
    assert button.text().startswith("Stop")
    for t_s, width in ((1.0, 3.0), (2.0, 0.4), (3.0, 0.05)):
        panel.show_figures(figures_at(t_s, width))
    shown = [[table.item(row, column).text() for column in range(3)] for row in range(2)]  # type: ignore[union-attr]
    assert shown == [["R0", "100 Ω", "± 10 %"], ["Mig1.tau", "2 ms", "± 5 %"]]
    # The first fit knew least of the relaxation time: it is drawn over the run, from where it is known.
    assert panel.plots is not None
    x, y = panel.plots.history_plot.listDataItems()[-1].getOriginalDataset()
    assert x.tolist() == [2.0, 3.0]
    assert y.tolist() == [2e-3, 2e-3]
    assert np.array_equal(panel.plots.memory_plot.listDataItems()[-1].getOriginalDataset()[1], figures_at(0.0, 1.0).W)
    assert "does not describe" not in state.text()
    panel.show_figures(replace(figures_at(4.0, 0.05), explains=False))
    assert state.text().startswith("This model does not describe")
