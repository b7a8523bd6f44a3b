"""Ten kept runs: found, sorted by a fitted figure, marked, opened, and fitted with two models that are both kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QCheckBox, QDialog, QLabel, QLineEdit, QPushButton, QTableWidget
from pytestqt.qtbot import QtBot

from daq.catalogue import followed_folders
from daq.files.kept_fits import fit_documents, write_fit
from daq.files.statements import Statements, read_statements, write_statements
from gui.app.areas.runs_area import RunsArea
from gui.app.settings import Settings
from gui.browser.columns import figure_column, usual_columns
from gui.browser.runs_panel import RunsPanel
from gui.browser.runs_table import RunsTable
from gui.services.thumbnails import HEIGHT, WIDTH, draw, thumbnail
from tests.gui.docks import Dock
from tests.gui.kept_runs import link, put_run

if TYPE_CHECKING:
    from daq import Run

TAU_MS = [3.0, 1.0, 2.0]
"""Times of three fits, of which the order of the list is known: the second, the third, the first."""


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ten runs, of which three have a fit, in an empty catalogue."""
    monkeypatch.setenv("IONECHO_CATALOGUE", str(tmp_path / "catalogue"))
    folder = tmp_path / "runs"
    folder.mkdir()
    source = put_run(tmp_path / "source")
    (fit,) = fit_documents(source)
    for number in range(10):
        run = folder / f"{number}.nxs"
        link(source, run)
        write_statements(run, Statements(name=f"glass {number % 3}", temperature=f"{250 + 5 * number} K"))
        if number < len(TAU_MS):
            tau = fit["parameters"]["Mig1.tau"] | {"value": 1e-3 * TAU_MS[number]}
            write_fit(run, {}, fit | {"parameters": fit["parameters"] | {"Mig1.tau": tau}})
    return folder


@pytest.fixture
def dock(qtbot: QtBot, runs: Path) -> Iterator[Dock]:
    dock = Dock(qtbot, RunsArea, runs)
    dock.wait(lambda: _listed(dock) != [])
    yield dock
    dock.close()


def _table(dock: Dock) -> RunsTable:
    return dock.find(RunsTable, "runsTable")


def _panel(dock: Dock) -> RunsPanel:
    return dock.find(RunsPanel, "runsPanel")


def _listed(dock: Dock) -> list[str]:
    return [Path(one).stem for one in _panel(dock).model.paths]


def _select(dock: Dock, *names: str) -> None:
    """Click on runs, all but the first with Ctrl held."""
    table = _table(dock)
    for number, name in enumerate(names):
        index = _panel(dock).model.index(_listed(dock).index(name), 0)
        table.scrollTo(index)
        modifier = Qt.KeyboardModifier.ControlModifier if number else Qt.KeyboardModifier.NoModifier
        at = table.visualRect(index).center()
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, modifier, at)
    dock.wait(lambda: {Path(one).stem for one in dock.store.state.runs.selected} == set(names))


def _search(dock: Dock, text: str) -> None:
    edit = dock.find(QLineEdit, "runsSearch")
    edit.clear()
    QTest.keyClicks(edit, text)
    QTest.keyClick(edit, Qt.Key.Key_Return)


def _text(dock: Dock, name: str, key: str) -> str:
    model = _panel(dock).model
    column = [one.key for one in model.columns].index(key)
    return str(model.index(_listed(dock).index(name), column).data() or "")


def test_runs_are_searched_by_conditions_and_words_and_a_fault_is_told_in_words(dock: Dock, runs: Path) -> None:
    assert sorted(_listed(dock)) == [str(k) for k in range(10)]
    assert followed_folders() == [runs], "what this window measures is found later too"
    _search(dock, "T<262 K and sample~glass")
    dock.wait(lambda: sorted(_listed(dock)) == ["0", "1", "2"])
    fault = dock.find(QLabel, "runsFault")
    _search(dock, "T<262 Q")
    dock.wait(fault.isVisible)
    assert "Q" in fault.text()
    assert "--where" not in fault.text()
    assert len(_listed(dock)) == 3, "the last list stays"
    _search(dock, "glass 1")
    dock.wait(lambda: sorted(_listed(dock)) == ["1", "4", "7"])
    assert not fault.isVisible()
    _search(dock, "nothing like that")
    dock.wait(lambda: "No run is like that" in dock.find(QLabel, "runsEmpty").text())


def test_runs_are_sorted_by_a_fitted_figure_in_a_column_of_its_own(dock: Dock) -> None:
    panel, table = _panel(dock), _table(dock)
    panel.bar.show_column(figure_column("Mig1.tau"), wanted=True)
    header = table.horizontalHeader()
    place = [one.key for one in panel.model.columns].index("Mig1.tau")
    table.scrollTo(panel.model.index(0, place))
    middle = header.sectionViewportPosition(place) + header.sectionSize(place) // 2
    at = header.viewport().rect().center()
    at.setX(middle)
    for wanted in (["1", "2", "0"], ["0", "2", "1"]):
        QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)
        dock.wait(lambda wanted=wanted: _listed(dock)[:3] == wanted)  # type: ignore[misc]
    dock.wait(lambda: _text(dock, "0", "Mig1.tau") == "3 ms")


def test_keys_and_clicks_that_find_nothing_to_edit_are_no_fault(dock: Dock, qtlog: Any) -> None:
    _select(dock, "4")
    panel, table = _panel(dock), _table(dock)
    QTest.keyClick(table, Qt.Key.Key_F2)
    tags = table.currentIndex().siblingAtColumn([one.key for one in panel.model.columns].index("tags"))
    table.doubleClicked.emit(tags)  # into a cell that is edited already
    (editor,) = table.viewport().findChildren(QLineEdit)
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    panel.model.set_columns([one for one in panel.model.columns if one.key == "title"])
    _select(dock, "4")
    QTest.keyClick(table, Qt.Key.Key_F2)
    assert table.state() != QAbstractItemView.State.EditingState
    assert not [one.message for one in qtlog.records if "edit" in one.message]


def test_tags_and_notes_are_edited_in_place_and_kept_beside_the_run(dock: Dock, runs: Path) -> None:
    _select(dock, "4")
    dock.wait(lambda: _text(dock, "4", "sample") == "glass 1")
    table = _table(dock)
    QTest.keyClick(table, Qt.Key.Key_F2)
    editor = table.viewport().findChild(QLineEdit)
    assert editor is not None
    QTest.keyClicks(editor, "rough, aged")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    dock.wait(lambda: _text(dock, "4", "tags") == "rough, aged")
    assert read_statements(runs / "4.nxs").tags == "rough, aged"
    _search(dock, "tag=aged")
    dock.wait(lambda: _listed(dock) == ["4"])
    model = _panel(dock).model
    notes = model.index(0, [one.key for one in model.columns].index("notes"))
    assert model.setData(notes, "dried at 80 °C")
    dock.wait(lambda: _text(dock, "4", "notes") == "dried at 80 °C")
    assert read_statements(runs / "4.nxs") == Statements(
        name="glass 1", temperature="270 K", tags="rough, aged", notes="dried at 80 °C"
    )


def test_several_runs_are_opened_overlaid_and_compared(dock: Dock, runs: Path) -> None:
    asked: list[tuple[str, tuple[Path, ...]]] = []
    for name in ("runs_opened", "overlay_wanted", "comparison_wanted"):
        getattr(dock.exchange, name).connect(lambda paths, name=name: asked.append((name, paths)))
    _select(dock, "1")
    QTest.keyClick(_table(dock), Qt.Key.Key_Return)
    _select(dock, "1", "5")
    dock.click("runsOverlayButton")
    dock.click("runsCompareButton")
    both = tuple(sorted((runs / "1.nxs", runs / "5.nxs"), key=lambda path: _listed(dock).index(path.stem)))
    assert asked == [("runs_opened", (runs / "1.nxs",)), ("overlay_wanted", both), ("comparison_wanted", both)]


def test_a_refit_keeps_the_fits_of_other_models_and_tells_what_failed(dock: Dock, runs: Path) -> None:
    (before,) = [one["model"] for one in fit_documents(runs / "1.nxs")]
    model = "R0-De1-CPE1"
    _select(dock, "1")
    dock.click("runsRefitButton")
    for box in dock.find(QDialog, "refitDialog").findChildren(QCheckBox):
        if box.isChecked() != (box.text() == model):
            box.setFocus()
            QTest.keyClick(box, Qt.Key.Key_Space)
    QTest.keyClicks(dock.find(QLineEdit, "refitOther"), "R0-Nonsense1")
    dock.click("refitFitButton")
    dock.wait(lambda: dock.store.state.runs.n_fits == 2 and not dock.store.state.runs.is_fitting, 120.0)
    assert "1 failed" in dock.find(QLabel, "refitText").text()
    assert "Nonsense" in dock.find(QLabel, "refitText").text()
    assert {one["model"] for one in fit_documents(runs / "1.nxs")} == {before, model}
    table = dock.find(QTableWidget, "fitsTable")
    dock.wait(lambda: table.columnCount() == 2)
    headings = [table.horizontalHeaderItem(place) for place in range(2)]
    assert {one.text() for one in headings if one is not None} == {before, model}
    _search(dock, "fit~De1 and Mig1.tau<1.5 ms")
    dock.wait(lambda: _listed(dock) == ["1"])


def test_an_empty_list_says_what_to_do(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IONECHO_CATALOGUE", str(tmp_path / "catalogue"))
    dock = Dock(qtbot, RunsArea, tmp_path / "not there")
    dock.wait(lambda: "No folder is followed" in dock.find(QLabel, "runsEmpty").text())
    (tmp_path / "other").mkdir()
    _panel(dock).follow_wanted.emit(tmp_path / "other")
    dock.wait(lambda: "There is no run yet" in dock.find(QLabel, "runsEmpty").text())
    dock.close()


def test_folders_that_are_gone_take_one_line_and_are_forgotten_together(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IONECHO_CATALOGUE", str(tmp_path / "catalogue"))
    (tmp_path / "kept").mkdir()
    dock = Dock(qtbot, RunsArea, tmp_path / "kept")
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
        _panel(dock).follow_wanted.emit(tmp_path / name)
    dock.wait(lambda: len(followed_folders()) == 4)
    for name in ("one", "two", "three"):
        (tmp_path / name).rmdir()
    _panel(dock).bar.look_wanted.emit()
    notes = dock.find(QLabel, "runsNotes")
    dock.wait(lambda: notes.text() == "3 followed folders cannot be reached.")
    assert str(tmp_path / "two") in notes.toolTip()
    dock.click("runsForgetButton")
    dock.wait(lambda: followed_folders() == [tmp_path / "kept"] and not notes.text())
    assert not dock.find(QPushButton, "runsForgetButton").isVisible()
    dock.close()


class Ramp:
    """A run whose current grows from -1 A to 1 A, with one sample that was overloaded."""

    t_s = np.linspace(0.0, 1.0, 20_001)
    current_A = np.where(t_s == 0.5, np.nan, 2.0 * t_s - 1.0)
    drive = None


def test_a_picture_shows_the_shape_of_the_current() -> None:
    mask = draw(cast("Run", Ramp()))
    assert mask.shape == (HEIGHT, WIDTH)
    rows = np.array([np.flatnonzero(mask[:, column]).mean() for column in range(WIDTH)])
    np.testing.assert_allclose(rows, np.linspace(HEIGHT - 2, 1, WIDTH), atol=1.5)  # rows count downwards


def test_pictures_are_kept_beside_the_catalogue(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = thumbnail(runs / "2.nxs")
    assert drawn.any()
    assert (tmp_path / "catalogue" / "thumbnails.sqlite").is_file()
    monkeypatch.setattr("gui.services.thumbnails.draw", lambda _: pytest.fail("drawn again"))
    np.testing.assert_array_equal(thumbnail(runs / "2.nxs"), drawn)


@pytest.mark.parametrize("chosen", [("Mig1.tau", "sample"), ("title",), ()])
def test_the_columns_of_the_last_window_come_back_in_their_order(
    qtbot: QtBot, tmp_path: Path, chosen: tuple[str, ...]
) -> None:
    place = str(tmp_path / "settings.ini")
    settings = Settings(QSettings(place, QSettings.Format.IniFormat))
    settings.run_columns = chosen
    dock = Dock(qtbot, RunsArea, tmp_path, settings)
    before = [one.key for one in _panel(dock).model.columns]
    assert before == list(chosen or [one.key for one in usual_columns()])
    _panel(dock).bar.show_column(figure_column("CPE1.n"), wanted=True)
    shown = [one.key for one in _panel(dock).model.columns]
    assert set(shown) == {*before, "CPE1.n"}
    dock.close()
    assert Settings(QSettings(place, QSettings.Format.IniFormat)).run_columns == tuple(shown)
