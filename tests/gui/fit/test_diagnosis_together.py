"""Two runs that are opened together are diagnosed together, by a click: which one does not share what is shared?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gui.app import transitions
from gui.app.fit_state import FitStage
from tests.fitting.conftest import SumOfExponentials

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gui.window_operator import Operator

W_INF, TAU_S, CELL_F, NOISE_A = 0.3, 0.02, 2e-4, 2e-8
BEFORE_S, WIDTH_S, INTERVAL_S = 0.05, 0.3, 1e-3


def write_text(path: Path, tau_s: float, seed: int) -> Path:
    """Write a pulse of 20 mV on a Debye conductor with a blocking capacitor, by its own partial fractions."""
    cell = SumOfExponentials.debye(0.0, 2e-4, W_INF, tau_s, CELL_F)
    t = (np.arange(1000, dtype=np.float64) + 0.5) * INTERVAL_S
    level = np.where((t > BEFORE_S) & (t < BEFORE_S + WIDTH_S), 0.02, 0.0)
    current = 0.02 * (cell.step(t - BEFORE_S) - cell.step(t - BEFORE_S - WIDTH_S))
    current = current + NOISE_A * np.random.default_rng(seed).standard_normal(len(t))
    header = "time/s,voltage/V,current/A"
    np.savetxt(path, np.column_stack([t, level, current]), delimiter=",", header=header, comments="")
    return path


def test_the_run_that_does_not_share_what_is_shared_is_named(operator: Operator, tmp_path: Path) -> None:
    texts = tuple(write_text(tmp_path / f"{k}.csv", tau, k) for k, tau in ((1, TAU_S), (2, 1.5 * TAU_S)))
    window, page = operator.window, operator.memory_page
    line = operator.fitting.model.lineEdit()
    assert line is not None
    line.selectAll()
    QTest.keyClicks(line, "De1-C1")
    window.exchange.dock_wanted.emit("memory")
    window.store.apply(transitions.runs_opened, texts[:1])
    operator.show_evidence("Diagnosis")
    operator.wait(lambda: operator.is_visible("diagnoseButton"))
    assert not operator.is_visible("diagnoseAllButton"), "one run has nothing to share"
    window.store.apply(transitions.runs_opened, texts)
    operator.wait(lambda: operator.is_visible("diagnoseAllButton"))
    QTest.mouseClick(operator.button("diagnoseAllButton"), Qt.MouseButton.LeftButton)
    operator.wait(lambda: window.store.state.fit.stage is FitStage.FITTING)
    operator.wait(lambda: window.store.state.fit.stage is not FitStage.FITTING, 180_000)
    assert window.store.state.fit.problem == ""
    operator.wait(lambda: operator.is_visible("causeTable"))
    table = operator.rows("causeTable")
    assert [row[0] for row in table if row[0]] == ["[1] 1.nxs", "[2] 2.nxs"]
    assert operator.text("diagnosisSentence").startswith("Something is wrong with 2 of 2 records")
    for row, noise in zip((row for row in table if row[0]), (NOISE_A, NOISE_A), strict=True):
        together, alone = (float(text.removesuffix(" nA")) * 1e-9 for text in row[1:3])
        assert together > 1.5 * alone, "they do not have one time"
        assert abs(alone - noise) < 0.1 * noise, "alone, each is described down to its noise"
    assert page.isVisible()
