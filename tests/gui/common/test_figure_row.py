"""Figures in large type: beside each other, or in two rows, and never cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QLabel

from gui.common.figure_row import FigureRow
from gui.common.theme import Theme, set_theme

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

_MARGINS = 30
"""Pixels at both ends of the row."""


@pytest.mark.parametrize(("share", "n_rows"), [(2.3, 2), (3.5, 2), (6.0, 1)])
def test_figures_are_whole_in_one_row_or_in_two_whatever_the_font(qtbot: QtBot, share: float, n_rows: int) -> None:
    """The row is so many times as wide as its widest figure."""
    set_theme(Theme.LIGHT)
    texts = {"Voltage": "200 mV", "Current": "-80.11 nA", "Temperature": "–", "Time": "12 s", "Samples": "200,000"}
    row = FigureRow({name: name for name in texts}, "now", "–")
    row.set_shown("Temperature", shown=False)
    qtbot.addWidget(row)
    row.show()
    widest = row.findChild(QLabel, "nowCurrent")
    assert widest is not None
    row.resize(round(share * widest.fontMetrics().horizontalAdvance(texts["Current"])) + _MARGINS, 100)
    figures = []
    for name, text in texts.items():
        row.set_figure(name, text)
        found = row.findChild(QLabel, f"now{name}")
        assert found is not None
        figures.append(found)
    qtbot.waitUntil(lambda: len({one.y() for one in figures if one.isVisible()}) == n_rows)
    shown = [one for one in figures if one.isVisible()]
    assert len(shown) == len(texts) - 1
    for one in shown:
        assert one.fontMetrics().horizontalAdvance(one.text()) <= one.contentsRect().width(), one.text()
