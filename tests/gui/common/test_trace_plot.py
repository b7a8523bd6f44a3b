"""The plot of a run, by mouse and keys: what it asks, draws, reads and gives away."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QTableWidget, QWidget

from gui.common.quantities import Quantity
from gui.common.run_facts import RunFacts
from gui.common.theme import Theme, colours_of, palette_of
from gui.common.trace_lane import Overlay
from gui.common.trace_plot import TracePlot
from gui.common.trace_view import View
from protocols import parse_quantity
from tests.gui.memory_record import DT_S, Record, traces_of
from tests.gui.wheel import turn_wheel

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

N = 100_000
RAMP_A_S = 3e-6  # the current of the record rises by so much a second


class Shown:
    """A plot of a known record that answers what the plot asks."""

    def __init__(self, qtbot: QtBot, change: Callable[[np.ndarray], np.ndarray]) -> None:
        self.record = Record(np.empty(0))
        self.record = Record(change((np.arange(N) + 0.5) * DT_S), grown_to=N)
        self.traces = traces_of(self.record)
        self.traces.refresh()
        self.asked: list[View] = []
        self.saved: dict[str, bytes] = {}
        self.plot = TracePlot("plots", (Quantity.VOLTAGE, Quantity.CURRENT), "nothing", follows=True)
        qtbot.addWidget(self.plot)
        self.plot.set_colours(colours_of(palette_of(Theme.LIGHT)))
        self.plot.resize(900, 600)
        self.plot.show()
        qtbot.waitExposed(self.plot)
        self.plot.span_wanted.connect(self._answer)
        self.plot.zoom_out_wanted.connect(self.plot.zoom_out)
        self.plot.save_wanted.connect(self.saved.__setitem__)
        edges = self.record.drive.jumps()
        self.plot.set_facts(RunFacts(Path("known.nxs"), "Known", "none", 1.0, N, *edges))
        QApplication.processEvents()

    def _answer(self, view: View) -> None:
        self.asked.append(view)
        self.plot.show_traces(self.traces.traces(view))

    def part(self, kind: type[QWidget], name: str) -> QWidget:
        found = self.plot.findChild(kind, name)
        assert found is not None, name
        return found

    @property
    def viewport(self) -> QWidget:
        return self.part(QWidget, "plots").viewport()  # type: ignore[attr-defined, no-any-return]

    def press(self, *keys: Qt.Key) -> None:
        for key in keys:
            QTest.keyClick(self.part(QWidget, "plots"), key)

    def cells(self) -> list[list[str]]:
        table = self.plot.findChild(QTableWidget, "cursorTable")
        assert table is not None
        items = [[table.item(row, column) for column in range(5)] for row in range(table.rowCount())]
        return [["" if item is None else item.text() for item in row] for row in items]

    def place_of(self, time_s: float) -> QPoint:
        """Where a time is, in the plot of the current."""
        box = self.plot.lane(Quantity.CURRENT).plot.getViewBox()
        (_, _), (low, high) = box.viewRange()
        scene = box.mapViewToScene(QPointF(time_s, 0.5 * (low + high)))
        return self.part(QWidget, "plots").mapFromScene(scene)  # type: ignore[attr-defined, no-any-return]


def drag(view: QWidget, start: QPoint, end: QPoint) -> None:
    """Drag with the left button held; `QTest.mouseMove` holds none."""
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    way = [start + (end - start) * step / 5 for step in range(6)]
    for kind, button, held, places in (
        (QEvent.Type.MouseMove, none, none, [start]),
        (QEvent.Type.MouseButtonPress, left, left, [start]),
        (QEvent.Type.MouseMove, none, left, way),
        (QEvent.Type.MouseButtonRelease, left, none, [end]),
    ):
        for place in places:
            at = QPointF(place)
            event = QMouseEvent(kind, at, view.mapToGlobal(at), button, held, Qt.KeyboardModifier.NoModifier)
            QApplication.sendEvent(view, event)


@pytest.fixture
def ramp(qtbot: QtBot) -> Shown:
    return Shown(qtbot, lambda t: RAMP_A_S * t)


def test_cursors_put_by_mouse_and_keys_read_true_differences_and_slopes(
    ramp: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(pg.CONFIG_OPTIONS, "mouseRateLimit", -1)  # else moves within 10 ms are passed over
    ramp.press(Qt.Key.Key_C)
    cursors = ramp.plot.cursors
    a_s, b_s = cursors.at_s
    drag(ramp.viewport, ramp.place_of(a_s), ramp.place_of(0.2))
    put_a, _ = cursors.at_s
    assert put_a == pytest.approx(0.2, abs=0.01)
    ramp.press(Qt.Key.Key_B, *[Qt.Key.Key_Left] * 8)
    moved_a, moved_b = cursors.at_s
    assert moved_a == put_a
    assert moved_b == pytest.approx(b_s - 8 * 1.05 / 400, rel=0.01)
    current = ramp.cells()[1]
    values = [parse_quantity(text, unit) for text, unit in zip(current[1:], ("A", "A", "A", "A/s"), strict=True)]
    expected = [RAMP_A_S * moved_a, RAMP_A_S * moved_b, RAMP_A_S * (moved_b - moved_a), RAMP_A_S]
    assert values == pytest.approx(expected, rel=2e-3)
    ramp.press(Qt.Key.Key_C)
    assert not ramp.part(QWidget, "cursorTable").isVisible()


def test_over_the_logarithm_of_time_since_an_edge_a_power_law_has_its_exponent(qtbot: QtBot) -> None:
    power = Shown(qtbot, lambda t: 1e-6 * np.abs(t - 0.35 + 1e-9) ** -0.5)
    box = power.plot.findChild(QComboBox, "axisBox")
    assert box is not None
    QTest.keyClick(box, Qt.Key.Key_Down)
    QApplication.processEvents()
    assert power.asked[-1].edge is not None
    assert power.plot.time_plot.getAxis("bottom").logMode
    (low, high), _ = power.plot.time_plot.viewRange()
    assert low == pytest.approx(np.log10(0.5 * DT_S), abs=0.3)  # from the first sample after the edge
    assert high == pytest.approx(np.log10(0.65), abs=0.3)
    power.press(Qt.Key.Key_C)
    assert float(power.cells()[1][4]) == pytest.approx(-0.5, abs=0.01)


def test_a_zoom_asks_for_its_own_span_at_its_own_width_and_there_are_ways_back(ramp: Shown, qtbot: QtBot) -> None:
    width = ramp.part(QWidget, "plots").width()
    assert width <= ramp.asked[-1].n_ranges <= width + 128
    turn_wheel(ramp.viewport, ramp.place_of(0.5))
    qtbot.waitUntil(lambda: ramp.asked[-1].window_s is not None)
    low, high = ramp.asked[-1].window_s or (0.0, 0.0)
    assert (low, high) == pytest.approx(ramp.plot.time_plot.viewRange()[0])
    ramp.press(Qt.Key.Key_Plus)
    qtbot.waitUntil(lambda: ramp.asked[-1].window_s not in {None, (low, high)})
    nearer = ramp.asked[-1].window_s or (0.0, 0.0)
    assert nearer[1] - nearer[0] == pytest.approx(0.7 * (high - low))
    turn_wheel(ramp.viewport, QPoint(20, ramp.viewport.height() // 2))  # on the axis of the values
    assert not ramp.plot.lane(Quantity.CURRENT).plot.getViewBox().autoRangeEnabled()[1]
    ramp.press(Qt.Key.Key_Home)
    assert ramp.asked[-1].window_s is None
    assert ramp.plot.lane(Quantity.CURRENT).plot.getViewBox().autoRangeEnabled()[1]


def test_any_of_the_quantities_are_stacked_over_one_time_axis(ramp: Shown) -> None:
    ramp.record.readings = (np.array([0.0, 0.5]), np.array([300.0, 301.0]))
    for name in ("showTemperature", "showCharge", "showVoltage"):
        action = ramp.plot.findChild(QAction, name)
        assert action is not None
        action.trigger()
    assert ramp.asked[-1].extras == {Quantity.TEMPERATURE, Quantity.CHARGE}
    QApplication.processEvents()
    titles = [lane.quantity for lane in ramp.plot.lanes]
    assert titles == [Quantity.CURRENT, Quantity.CHARGE, Quantity.TEMPERATURE]
    spans = [lane.plot.viewRange()[0] for lane in ramp.plot.lanes]
    assert spans[0] == pytest.approx(spans[1])
    assert spans[0] == pytest.approx(spans[2])
    shown = [lane.plot.getAxis("bottom").style["showValues"] for lane in ramp.plot.lanes]
    assert shown == [False, False, True]


def test_a_quantity_that_is_shown_later_has_its_colours_and_the_other_runs(ramp: Shown) -> None:
    other = traces_of(Record(np.full(N, 7e-6), grown_to=N))
    other.refresh()
    wanted = View(extras=frozenset({Quantity.CHARGE}))
    ramp.plot.show_overlays([Overlay("before", other.traces(wanted))])
    action = ramp.plot.findChild(QAction, "showCharge")
    assert action is not None
    action.trigger()
    lane = ramp.plot.lane(Quantity.CHARGE)
    assert lane in ramp.plot.lanes
    assert lane.curve.opts["pen"].color() == colours_of(palette_of(Theme.LIGHT)).charge
    (over,) = lane.overlay_curves
    _, charge_C = over.getOriginalDataset()
    assert charge_C[-1] == pytest.approx(7e-6 * N * DT_S, rel=1e-3)


def test_what_is_exported_is_what_is_drawn(ramp: Shown) -> None:
    other = traces_of(Record(np.full(N, 7e-6), grown_to=N))
    other.refresh()
    ramp.plot.show_overlays([Overlay("before <1>", other.traces(ramp.plot.view()))])
    legend = ramp.plot.findChild(QLabel, "plotsLegend")
    assert legend is not None
    assert "known" in legend.text()
    assert "before &lt;1&gt;" in legend.text()
    button = ramp.plot.findChild(QPushButton, "exportButton")
    assert button is not None
    for name in ("csvAction", "svgAction", "pngAction", "copyAction"):
        action = button.menu().findChild(QAction, name)
        assert action is not None
        action.trigger()
    rows = list(csv.DictReader(io.StringIO(ramp.saved["csv"].decode())))
    lane = ramp.plot.lanes[1]
    for name, curve in (("known", lane.curve), ("before <1>", lane.overlay_curves[0])):
        drawn = curve.getOriginalDataset()
        mine = [row for row in rows if row["curve"] == name]
        assert np.array_equal([float(row["time_s"]) for row in mine], drawn[0])
        assert np.array_equal([float(row["current_A"]) for row in mine], drawn[1])
    document = ET.fromstring(ramp.saved["svg"])  # noqa: S314 - our own
    kinds = {element.tag.rpartition("}")[2] for element in document.iter()}
    assert {"path", "text"} & kinds
    assert "image" not in kinds
    picture = QImage.fromData(ramp.saved["png"])
    assert picture.width() == 2 * ramp.part(QWidget, "plots").width()
    assert QApplication.clipboard().image().size() == picture.size()
