"""Titles of values: those of low plots above each other do not run into each other, and never lose their unit."""

from __future__ import annotations

import math

import pytest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gui.common.plots import add_plot, graphics, log_ticks
from protocols import format_quantity

_BETWEEN = 30
"""Pixels above, below and between two plots."""


@pytest.mark.parametrize("share", [0.8, 1.2, 4.0])
def test_a_title_is_no_longer_than_its_axis_and_keeps_its_unit(qtbot: QtBot, share: float) -> None:
    """Of plots that are together so many times as high as the longer title is long, in whatever font."""
    page = QWidget()
    shown = graphics("low")
    shown.setMinimumHeight(0)
    QVBoxLayout(page).addWidget(shown)
    plots = [add_plot(shown, row, title, "A") for row, title in enumerate(("Measured current", "Residual"))]
    for plot in plots:
        plot.plot([0.0, 1.0], [0.0, 1e-9])
        plot.getAxis("bottom").setHeight(0)
    page.resize(400, _BETWEEN + round(share * page.fontMetrics().horizontalAdvance("Measured current (nA)")))
    qtbot.addWidget(page)
    page.show()
    qtbot.waitExposed(page)
    axes = [plot.getAxis("left") for plot in plots]
    qtbot.waitUntil(lambda: all(axis.size().height() > 20.0 and "nA" in axis.label.toPlainText() for axis in axes))
    for axis in axes:
        frame = axis.label.mapRectToScene(axis.label.boundingRect())
        margin = axis.label.document().documentMargin()
        own = axis.mapRectToScene(axis.rect())
        assert frame.height() - 2 * margin <= own.height() + 1.0
        assert axis.label.toPlainText().endswith("(nA)")
    whole = [axis.label.toPlainText().partition(" (")[0] for axis in axes]
    assert (whole == ["Measured current", "Residual"]) == (share == 4.0)
    assert axes[0].labelText == "Measured current", "the whole name is kept for a higher plot"


def test_a_quantity_is_told_by_its_symbol_where_its_name_has_no_room(qtbot: QtBot) -> None:
    shown = graphics("low")
    shown.setMinimumHeight(0)
    plot = add_plot(shown, 0, "Current", "A")
    plot.plot([0.0, 1.0], [0.0, 1e-9])
    plot.getAxis("bottom").setHeight(0)
    shown.resize(300, round(0.9 * shown.fontMetrics().horizontalAdvance("Current (nA)")))
    qtbot.addWidget(shown)
    shown.show()
    qtbot.waitExposed(shown)
    axis = plot.getAxis("left")
    qtbot.waitUntil(lambda: axis.size().height() > 20.0 and axis.label.toPlainText() == "I (nA)")
    frame = axis.label.mapRectToParent(axis.label.boundingRect())
    assert abs(frame.center().y() - axis.size().height() / 2) <= 2.0, "it stands in the middle"
    shown.resize(300, 300)
    qtbot.waitUntil(lambda: axis.label.toPlainText() == "Current (nA)")


def test_decades_are_told_in_words_of_their_unit() -> None:
    told = log_ticks(
        lambda value: format_quantity(value, "s", 3), [-4.0, math.log10(3e-4), math.log10(5e-4)], 1.0, None
    )
    assert told == ["100 µs", "", "500 µs"]


def test_a_title_is_laid_out_again_when_it_is_another_and_not_whenever_the_axis_moves(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = graphics("moved")
    plot = add_plot(shown, 0, "Current", "A")
    plot.setYRange(0.0, 1e-9, padding=0.0)
    shown.resize(400, 400)
    qtbot.addWidget(shown)
    shown.show()
    qtbot.waitExposed(shown)
    axis = plot.getAxis("left")
    qtbot.waitUntil(lambda: "nA" in axis.label.toPlainText())
    told: list[str] = []
    write = axis.label.setHtml

    def note(text: str) -> None:
        told.append(text)
        write(text)

    monkeypatch.setattr(axis.label, "setHtml", note)
    for most in (2e-9, 3e-9, 2e-9):
        plot.setYRange(0.0, most, padding=0.0)
    assert told == []
    plot.setYRange(0.0, 5e-6, padding=0.0)
    assert "µA" in axis.label.toPlainText()
    assert len(told) == 1
