"""From another program's text to W(t) and a verdict, by keys: the text is imported, fitted, and the fit kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from daq import open_run
from gui.app import transitions
from gui.app.fit_state import FitStage
from gui.fit.evidence_pages import KeptPage
from tests.fitting.conftest import SumOfExponentials

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gui.window_operator import Operator

W_INF, TAU_S = 0.3, 0.02
"""Of a Debye conductor: what is left, and its time. Half of what is remembered is lost within tau ln 2."""
BEFORE_S, WIDTH_S, INTERVAL_S = 0.05, 0.3, 1e-3


def write_ec_lab_text(path: Path) -> Path:
    """Write a pulse of 20 mV as EC-Lab exports it, with 20 nA of noise; the response by its own partial fractions."""
    cell = SumOfExponentials.debye(0.0, 2e-4, W_INF, TAU_S, 2e-4)
    t = (np.arange(1000, dtype=np.float64) + 0.5) * INTERVAL_S
    level = np.where((t > BEFORE_S) & (t < BEFORE_S + WIDTH_S), 0.02, 0.0)
    current = 0.02 * (cell.step(t - BEFORE_S) - cell.step(t - BEFORE_S - WIDTH_S))
    current = current + 2e-8 * np.random.default_rng(3).standard_normal(len(t))
    rows = zip(t.tolist(), level.tolist(), (1e3 * current).tolist(), strict=True)
    text = "mode\ttime/s\tEwe/V\tI/mA\n" + "".join(f"2\t{s:.4f}\t{volt:.4f}\t{mA:.9f}\n" for s, volt, mA in rows)
    path.write_text(text, encoding="latin-1")
    return path


def test_an_ec_lab_text_is_fitted_and_judged_by_the_keyboard_alone(
    operator: Operator, folder: Path, tmp_path: Path
) -> None:
    text = write_ec_lab_text(tmp_path / "pulse.mpt")
    window, page = operator.window, operator.memory_page
    window.store.apply(transitions.runs_opened, (text,))
    operator.wait(operator.button("fitButton").isEnabled)
    assert operator.text("fitSubject") == "Run: pulse.mpt"

    line = operator.fitting.model.lineEdit()
    assert line is not None
    line.selectAll()
    QTest.keyClicks(line, "De1-C1")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert operator.is_visible("fitProgress")
    operator.wait(lambda: window.store.state.fit.stage is not FitStage.FITTING, 120_000)
    assert window.store.state.fit.problem == ""

    fit = page.shown
    assert fit is not None
    assert list(tmp_path.glob("*.nxs")) == [], "nothing is written beside the text"
    assert open_run(folder / "pulse.nxs").n_samples == 1000
    found = {row.key: row for row in fit.memory}
    share, time = (fit.verdict.figures[k].value for k in (0, 1))
    assert abs(float(share.rstrip(" %")) - 100.0 * (1.0 - W_INF)) < 2.0
    assert abs(float(time.rstrip(" ms")) - 1e3 * TAU_S * np.log(2.0)) < 1.0
    assert found["back_hop_fraction"].doubt == ""
    assert operator.text("verdictSentence").endswith(f"half of it within {time}.")
    # The relaxation is that of the cell: W + (1 - W) exp(-t / tau).
    truth = W_INF + (1.0 - W_INF) * np.exp(-fit.curves.W_time_s / TAU_S)
    assert np.abs(fit.curves.W - truth).max() < 0.03

    # Opened once more, the text needs neither import nor fit: both were kept.
    window.store.apply(transitions.runs_opened, ())
    operator.wait(lambda: page.shown is None)
    window.store.apply(transitions.runs_opened, (text,))
    operator.wait(lambda: page.shown is not None)
    operator.show_evidence("Fits")
    kept = operator.part(KeptPage).findChild(QPushButton, "keptButton0")
    assert kept is not None
    assert kept.text() == "De1-C1 is shown"
    assert len(list(folder.glob("pulse*.nxs"))) == 2
