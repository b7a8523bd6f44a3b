"""An impedance text that is opened in the window is fitted, drawn in the complex plane, and diagnosed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui.app import transitions
from gui.app.fit_state import FitStage
from gui.common.theme import colours_of
from gui.fit.complex_plane import ComplexPlanePlots
from gui.fit.documents import ImpedanceView

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from tests.gui.window_operator import Operator

R_SERIES, R_CELL, C_CELL = 1e3, 2e3, 1e-6
"""Of an arc: it begins at one resistance, ends at the sum of both, and is half as high as it is wide."""


def arc(f: np.ndarray) -> np.ndarray:
    return np.asarray(R_SERIES + R_CELL / (1.0 + 2j * np.pi * f * R_CELL * C_CELL), dtype=np.complex128)


def write_spectrum(path: Path) -> Path:
    f = np.geomspace(1e5, 0.1, 49)
    noise = np.random.default_rng(7).standard_normal((2, len(f)))
    Z = arc(f) * (1.0 + 1e-3 * (noise[0] + 1j * noise[1]))
    rows = np.column_stack([f, Z.real, -Z.imag])
    np.savetxt(path, rows, delimiter=",", header="freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm", comments="")
    return path


def test_an_arc_is_drawn_upwards_with_both_axes_of_one_scale_and_one_unit(qtbot: QtBot) -> None:
    f, curve = np.geomspace(1e5, 0.1, 49), np.geomspace(1e5, 0.1, 97)[::-1]
    plots = ComplexPlanePlots()
    qtbot.addWidget(plots)
    plots.resize(700, 300)
    plots.set_colours(colours_of(QApplication.palette()))
    plots.show_spectra([ImpedanceView("eis.csv", f, arc(f), arc(f), curve, arc(curve))])
    plots.show()
    qtbot.waitExposed(plots)
    (plane,), (residual,) = plots.planes, plots.residuals
    measured, fitted = plane.listDataItems()[:2]
    for x, y in (measured.getData(), fitted.getData()):
        assert x.min() == pytest.approx(1.0, rel=1e-2), "kiloohms: the largest impedance is 3 kΩ"
        assert x.max() == pytest.approx(3.0, rel=1e-2)
        assert y.max() == pytest.approx(1.0, rel=1e-2), "-Im is up"
    assert [plane.getAxis(side).labelUnits for side in ("left", "bottom")] == ["kΩ", "kΩ"]
    qtbot.waitUntil(lambda: plane.getViewBox().height() > 50.0)
    width, height = plane.getViewBox().viewPixelSize()
    assert width == pytest.approx(height, rel=1e-6)
    for item in residual.listDataItems():
        assert np.abs(item.getData()[1]).max() < 1e-9


def test_names_of_decades_stand_where_the_curve_does_not_pass(qtbot: QtBot) -> None:
    f, curve = np.geomspace(1e5, 0.1, 49), np.geomspace(1e5, 0.1, 97)[::-1]

    def arc_and_electrode(frequency: np.ndarray) -> np.ndarray:
        return np.asarray(arc(frequency) + 1.0 / (2e-4 * (2j * np.pi * frequency) ** 0.85))

    plots = ComplexPlanePlots()
    qtbot.addWidget(plots)
    plots.resize(900, 500)
    plots.set_colours(colours_of(QApplication.palette()))
    Z = arc_and_electrode(f)
    plots.show_spectra([ImpedanceView("eis.csv", f, Z, Z, curve, arc_and_electrode(curve))])
    plots.show()
    qtbot.waitExposed(plots)
    (plane,) = plots.planes
    qtbot.waitUntil(lambda: plane.getViewBox().height() > 50.0)
    x, y = plane.listDataItems()[1].getData()
    to_scene = plane.getViewBox().mapViewToScene
    along = [
        to_scene(pg.Point(*one))
        for one in np.column_stack([np.interp(np.linspace(0, 96, 2000), range(97), v) for v in (x, y)])
    ]
    names = [one for one in plane.items if isinstance(one, pg.TextItem)]
    assert len(names) > 2
    for name in names:
        box = name.textItem.mapRectToScene(name.textItem.boundingRect())
        covered = sum(box.contains(point) for point in along)
        assert covered < 10, f"{name.textItem.toPlainText()} stands on {covered} of 2000 points of the curve"


def test_a_spectrum_that_is_opened_is_fitted_drawn_and_diagnosed(operator: Operator, tmp_path: Path) -> None:
    text = write_spectrum(tmp_path / "eis.csv")
    window, page = operator.window, operator.memory_page
    window.store.apply(transitions.runs_opened, (text,))
    operator.wait(operator.button("fitButton").isEnabled)
    line = operator.fitting.model.lineEdit()
    assert line is not None
    line.selectAll()
    QTest.keyClicks(line, "R0-p(R1,C1)")
    QTest.keyClick(line, Qt.Key.Key_Return)
    operator.wait(lambda: window.store.state.fit.stage is not FitStage.FITTING, 120_000)
    assert window.store.state.fit.problem == ""
    operator.wait(lambda: window.findChild(ComplexPlanePlots) is not None)
    plots = operator.part(ComplexPlanePlots)
    operator.wait(plots.isVisible)
    x, y = plots.planes[0].listDataItems()[1].getData()
    assert x.max() == pytest.approx((R_SERIES + R_CELL) / 1e3, rel=1e-2)
    assert y.max() == pytest.approx(R_CELL / 2e3, rel=1e-2)
    operator.show_evidence("Diagnosis")
    operator.wait(lambda: operator.is_visible("diagnoseButton"))
    operator.click("diagnoseButton")
    operator.wait(lambda: window.store.state.fit.stage is not FitStage.FITTING, 120_000)
    assert window.store.state.fit.problem == ""
    (row,) = operator.rows("causeTable")
    assert row[0] == "[1] eis.csv"
    assert row[1].endswith("% of |Z|")
    assert float(row[1].partition(" ")[0]) == pytest.approx(0.1, rel=0.3), "the noise is a thousandth of each part"
    assert page.isVisible()
