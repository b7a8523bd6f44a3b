"""Does drawing leave nothing behind?"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QApplication

from gui.live_plot import LivePlot
from gui.theme import colours_of
from gui.traces import N_RANGES, Traces, View

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def test_300_redraws_leave_the_references_to_none_steady(qtbot: QtBot) -> None:
    # PySide6 6.12.0 on Python 3.11 loses a reference to None on some Qt calls: after 400-600 frames the process aborts.
    plot = LivePlot()
    qtbot.addWidget(plot)
    plot.set_colours(colours_of(plot.palette()))
    plot.show()
    qtbot.waitExposed(plot)
    time = np.linspace(0.0, 1.0, 2 * N_RANGES)

    def redraw(frames: int) -> None:
        for frame in range(frames):
            current = np.sin(time * 20.0 + frame) * 1e-6
            plot.show_traces(Traces(View(), time, current, current, 0.0, None, frame, 1.0, 0.0, 1e-6))
            QApplication.processEvents()

    redraw(20)
    before = sys.getrefcount(None)
    redraw(300)
    # Less than one reference in three frames: the loss was several a frame. Caches may take a few.
    assert abs(sys.getrefcount(None) - before) < 100
