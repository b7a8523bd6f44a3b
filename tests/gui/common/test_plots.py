"""Axis of values while a run grows: it holds the curve, is well filled, and seldom moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
import pytest

from gui.common.plots import TimeViewBox, forget_ready, make_ready, new_plot

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

FILLED = 2 / 3 / 1.2  # of a plot: two thirds, within the padding of pyqtgraph, a tenth on each side at most


class Growing:
    """A plot of a value that is drawn as far as it has come, beside one of pyqtgraph's own."""

    def __init__(self, qtbot: QtBot) -> None:
        self.widget = pg.GraphicsLayoutWidget()
        qtbot.addWidget(self.widget)
        self.plots = [self.widget.addPlot(row=0, col=0, viewBox=TimeViewBox()), self.widget.addPlot(row=1, col=0)]
        self.curves = [plot.plot() for plot in self.plots]

    def draw(self, values: list[float] | np.ndarray) -> None:
        """Draw these values."""
        for plot, curve in zip(self.plots, self.curves, strict=True):
            curve.setData(np.arange(len(values)), values)
            plot.getViewBox().updateAutoRange()

    def ranges(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return the axis of values of both."""
        ours, plain = (tuple(plot.viewRange()[1]) for plot in self.plots)
        return ours, plain


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_axis_of_a_rising_value_holds_it_and_moves_some_times_only(qtbot: QtBot, sign: float) -> None:
    growing = Growing(qtbot)
    charge = sign * 1e-6 * np.linspace(0.0, 1.0, 500)  # of a constant current
    ours, plain = set(), set()
    for n in range(10, 500):
        growing.draw(charge[:n])
        own, other = growing.ranges()
        ours.add(own)
        plain.add(other)
        low, high = own
        drawn = charge[:n]
        assert low <= drawn.min()
        assert drawn.max() <= high
        assert np.ptp(drawn) >= FILLED * (high - low)
    assert len(plain) == 490
    # From 2 % to all of it by steps of a fifth: ln 50 / ln 1.2 = 21.5.
    assert len(ours) <= 23


def test_a_value_that_shrinks_or_comes_elsewhere_is_fitted_anew(qtbot: QtBot) -> None:
    growing = Growing(qtbot)
    for values in ([0.0, 1.0], [0.0, 0.1], [5.0, 5.1], [-1.0, 20.0]):
        growing.draw(values)
        low, high = growing.ranges()[0]
        assert low <= min(values)
        assert max(values) <= high
        assert max(values) - min(values) >= FILLED * (high - low)


def test_who_asks_for_values_to_fit_gets_them_without_room(qtbot: QtBot) -> None:
    growing = Growing(qtbot)
    growing.draw([0.0, 1.0])
    growing.draw([0.0, 1.01])
    ours, plain = growing.ranges()
    assert ours != plain
    growing.plots[0].enableAutoRange(y=True)
    growing.plots[0].getViewBox().updateAutoRange()
    assert growing.ranges()[0] == pytest.approx(plain)


def test_a_plot_that_is_ready_is_taken_once_and_by_who_wants_its_kind(qtbot: QtBot) -> None:
    forget_ready()
    make_ready(TimeViewBox)
    plain, first, second = new_plot("W(t)", ""), new_plot("I", "A", TimeViewBox), new_plot("U", "V", TimeViewBox)
    assert not isinstance(plain.getViewBox(), TimeViewBox)
    assert isinstance(first.getViewBox(), TimeViewBox)
    assert isinstance(second.getViewBox(), TimeViewBox)
    assert first is not second
    assert first.getAxis("left").labelText == "I"
