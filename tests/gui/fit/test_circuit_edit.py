"""The box of models: elements are offered as one types, by keys alone, and faults say where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QTableWidget, QToolButton

from gui.fit.circuit_drawing import CircuitDrawing
from gui.fit.circuit_model import completed, known_elements, typed_code, view_circuit
from gui.fit.fit_wish import Constraint, FitKind
from gui.fit.model_panel import FitPanel

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from gui.fit.fit_wish import FitWish


@pytest.mark.parametrize(
    ("text", "cursor", "code", "found"),
    [
        ("R", 1, "R", ("R0", 2)),
        ("R0-Mi", 5, "Mig", ("R0-Mig1", 7)),
        ("R0-p(C1,C)-CPE3", 9, "C", ("R0-p(C1,C2)-CPE3", 10)),
        ("R0-R1-R", 7, "R", ("R0-R1-R2", 8)),
    ],
)
def test_an_element_takes_the_place_of_its_first_letters(
    text: str, cursor: int, code: str, found: tuple[str, int]
) -> None:
    assert completed(text, cursor, code) == found


def test_a_bracket_of_parallel_branches_is_no_element() -> None:
    assert typed_code("R0-p", 4) == ""
    assert typed_code("R0-", 3) == ""


@pytest.fixture
def panel(qtbot: QtBot) -> FitPanel:
    panel = FitPanel()
    qtbot.addWidget(panel)
    panel.set_elements(known_elements())
    panel.circuit_asked.connect(lambda text: panel.show_circuit(view_circuit(text)))
    panel.set_state(reason="", fitting=False)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def test_a_circuit_is_written_with_few_letters_drawn_and_fitted_by_enter(qtbot: QtBot, panel: FitPanel) -> None:
    wishes: list[FitWish] = []
    panel.wanted.connect(wishes.append)
    line = panel.model.lineEdit()
    assert line is not None
    line.selectAll()
    QTest.keyClicks(line, "R")
    QTest.keyClick(line, Qt.Key.Key_Return)  # takes what is offered: no fit yet
    QTest.keyClicks(line, "-mi")
    QTest.keyClick(line, Qt.Key.Key_Tab)
    QTest.keyClicks(line, "-CPE1")
    assert line.text() == "R0-Mig1-CPE1"
    assert wishes == []
    drawing = panel.findChild(CircuitDrawing)
    assert drawing is not None
    qtbot.waitUntil(lambda: drawing.accessibleDescription() == "R0-Mig1-CPE1")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert [wish.circuit for wish in wishes] == ["R0-Mig1-CPE1"]


def test_a_fault_is_said_in_words_with_its_place(qtbot: QtBot, panel: FitPanel) -> None:
    line = panel.model.lineEdit()
    fault = panel.findChild(QLabel, "circuitFault")
    assert line is not None
    assert fault is not None
    line.selectAll()
    QTest.keyClicks(line, "R0-Nonsense1")
    qtbot.waitUntil(fault.isVisible)
    assert fault.text().startswith("At character 4: there is no element 'Nonsense'")


def test_what_is_typed_at_a_parameter_goes_into_the_fit(qtbot: QtBot, panel: FitPanel) -> None:
    wishes: list[FitWish] = []
    panel.wanted.connect(wishes.append)
    table = panel.findChild(QTableWidget, "constraintTable")
    assert table is not None
    panel.model.set_circuit("R0-De1-C1")
    qtbot.waitUntil(lambda: table.rowCount() == 5)
    heading = panel.findChild(QToolButton, "sectionParameters")
    assert heading is not None
    QTest.mouseClick(heading, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(table.isVisible)
    item = table.item(0, 2)
    assert item is not None
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualItemRect(item).center())
    editor = table.viewport().findChild(QLineEdit)
    assert editor is not None
    QTest.keyClicks(editor, "300 ohm")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: item.text() == "300 ohm")
    panel.ask(FitKind.CIRCUIT)
    assert wishes[0].constraints == (Constraint("R0", held="300 ohm"),)
    assert wishes[0].arguments([])[3:5] == ("--hold", "R0=300 ohm")
