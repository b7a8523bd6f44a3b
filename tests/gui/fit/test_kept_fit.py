"""What the page Memory and the box of models show while fits come and go, by clicks and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox

from gui.app.state import FitStage
from gui.fit.result_model import load_fit
from tests.gui.kept_runs import put_run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gui.window_operator import Operator

WRONG = "R0-Nonsense1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put_run(tmp_path / "runs")
    return tmp_path / "runs"


def box_of(operator: Operator) -> QComboBox:
    box = operator.window.findChild(QComboBox, "modelBox")
    assert box is not None
    return box


def type_model(operator: Operator, model: str) -> None:
    typed = box_of(operator).lineEdit()
    assert typed is not None
    typed.selectAll()
    QTest.keyClicks(typed, model)
    QTest.keyClick(typed, Qt.Key.Key_Return)


def test_a_mistyped_model_leaves_the_shown_fit_and_is_not_kept(operator: Operator, folder: Path) -> None:
    window = operator.window
    operator.wait(operator.button("fitButton").isEnabled)
    window.memory_page.show_fit(load_fit(folder / "run.nxs"))
    rows = operator.rows("memoryTable")
    assert rows
    offered = [box_of(operator).itemText(index) for index in range(box_of(operator).count())]

    type_model(operator, WRONG)
    assert window.store.state.fit.stage is FitStage.FITTING, "Enter fits what was typed"
    assert operator.rows("memoryTable") == rows, "while the other fit is in progress"
    assert WRONG in operator.text("fitState")
    operator.wait(lambda: window.store.state.fit.stage is FitStage.FAILED, 60_000)
    assert operator.rows("memoryTable") == rows
    assert operator.text("fitHeadline") == "R0-Mig1-CPE1"
    assert WRONG in operator.text("fitProblem")
    assert "Shown is the fit of R0-Mig1-CPE1" in operator.text("fitProblem")
    assert operator.is_visible("fitProblem")
    assert [box_of(operator).itemText(index) for index in range(box_of(operator).count())] == offered


def test_a_model_that_was_fitted_is_offered_from_then_on(operator: Operator, folder: Path) -> None:
    window = operator.window
    fit = load_fit(folder / "run.nxs")
    box = box_of(operator)
    box.removeItem(box.findText(fit.headline))
    window.commands.fitted.emit(fit)
    window.commands.fitted.emit(fit)
    assert [box.itemText(index) for index in range(box.count())].count(fit.headline) == 1
