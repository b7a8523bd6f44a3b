"""Does drawing leave nothing behind?"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from gui.common.theme import colours_of
from gui.run.live_plot import LivePlot
from gui.common.traces import N_RANGES, Traces, View

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.mark.parametrize("range_moves", [False, True])
def test_300_redraws_leave_the_references_to_none_steady(qtbot: QtBot, *, range_moves: bool) -> None:
    # PySide6 6.12.0 on Python 3.11 loses references to None on Qt calls: after 400-600 frames the process aborts.
    plot = LivePlot()
    qtbot.addWidget(plot)
    plot.set_colours(colours_of(plot.palette()))
    plot.show()
    qtbot.waitExposed(plot)
    time = np.linspace(0.0, 1.0, 2 * N_RANGES)

    def redraw(frames: int) -> None:
        for frame in range(frames):
            current = np.roll(np.sin(2.0 * np.pi * time), frame) * (1.0 + range_moves * frame) * 1e-6
            plot.show_traces(Traces(View(), time, current, current, 0.0, None, frame, 1.0, 0.0, 1e-6))
            QApplication.processEvents()

    redraw(20)
    before = sys.getrefcount(None)
    redraw(300)
    change = sys.getrefcount(None) - before
    assert change > -30
    # 6.11.3 gains some 12 at every change of the range of an axis (a counter that never comes to its end); else none.
    assert change < (300 * 20 if range_moves else 30)
