"""The dock "Memory" by clicks: options of a diagnosis, warnings and notes, kept fits, in little room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from gui.fit.documents import DiagnosisView, Listing, ProfileView, Trial
from gui.fit.kept_model import KeptFits
from gui.fit.result_model import load_fit
from gui.fit.result_page import MemoryPage
from gui.fit.verdict import Notice
from tests.gui.kept_runs import put_run

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot


@pytest.fixture
def page(qtbot: QtBot, tmp_path: Path) -> MemoryPage:
    page = MemoryPage()
    qtbot.addWidget(page)
    page.resize(600, 440)  # the dock in a window of 900 x 600
    page.show()
    qtbot.waitExposed(page)
    page.show_fit(load_fit(put_run(tmp_path)))
    return page


def press(page: QWidget, name: str) -> None:
    QApplication.processEvents()  # what is new is laid out
    button = page.findChild(QPushButton, name)
    assert button is not None, name
    assert button.isVisible(), name
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def text(page: QWidget, name: str) -> str:
    found = page.findChild(QLabel, name)
    assert found is not None, name
    return found.text()


def test_an_option_of_a_diagnosis_is_a_press_away(page: MemoryPage) -> None:
    options: list[str] = []
    page.option_wanted.connect(options.append)
    trials = (Trial("", "4 nA", is_described=False), Trial("--drift", "1 nA", is_described=True))
    causes = Listing("Likely causes:", ("Cause", "Explains", "Helps"), (("The offset drifts.", "93 %", "--drift"),))
    page.show_diagnosis(DiagnosisView("R0-De1-C1", "It leaves 4 nA.", causes, trials))
    press(page, "optionButton0")
    assert options == ["--drift"]
    page.notices.show_notices(
        [Notice(is_warning=True, text="It drifts.", option="--drift"), Notice(is_warning=False, text="Whitened.")]
    )
    press(page, "noticeOption0")
    assert options == ["--drift", "--drift"]
    assert text(page, "noticeText0") == "Warning: It drifts."
    assert text(page, "noticeText1") == "Note: Whitened."


def test_another_fit_that_is_kept_is_chosen_by_a_press(page: MemoryPage) -> None:
    chosen: list[str] = []
    page.kept.chosen.connect(chosen.append)
    rows = (("Residual", "1 nA", "9 nA"),)
    page.show_kept(KeptFits(("R0-Mig1-CPE1", "R0-C1"), Listing("", ("Figure", "R0-Mig1-CPE1", "R0-C1"), rows)))
    page.tabs.setCurrentWidget(page.kept)
    press(page, "keptButton1")
    assert chosen == ["R0-C1"]
    shown = page.findChild(QPushButton, "keptButton0")
    assert shown is not None
    assert not shown.isEnabled()


def test_in_little_room_the_verdict_stays_and_the_evidence_scrolls(page: MemoryPage) -> None:
    values = tuple(np.linspace(1.0, 2.0, 21).tolist())
    heights = tuple(np.abs(np.linspace(-3.0, 3.0, 21)).tolist())
    page.show_profile(ProfileView("R0", "R0", "ohm", "R0: 1.5 ohm " * 20, values, heights, 1.96, 1.5))
    assert page.heightForWidth(page.width()) <= page.height(), "the dock itself needs no scroll bar"
    assert page.card.isVisible()
    assert page.tabs.height() >= 180
    for k in range(page.tabs.count()):
        page.tabs.setCurrentIndex(k)
        assert page.tabs.currentWidget().accessibleName() == page.tabs.tabText(k)
    page.clear()
    assert text(page, "verdictSentence") == "No fit yet"
