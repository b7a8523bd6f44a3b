"""Every text of the window stands in every catalogue, and none is shown past it."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from gui.app.header import header
from gui.app.languages import codes, speak
from gui.app.state import AppState
from gui.common.language import read_catalogue, set_translator, tr
from tests.gui.texts import CATALOGUES, PLACEHOLDER, all_texts, missing, shown_as_they_are


@pytest.mark.parametrize("catalogue", sorted(CATALOGUES.glob("*.ts")), ids=lambda path: path.stem)
def test_a_catalogue_has_every_text_of_the_window_with_its_placeholders(catalogue: object) -> None:
    assert len(all_texts()) > 150
    assert missing(catalogue) == []  # type: ignore[arg-type]


def test_no_catalogue_has_keys_of_menus_that_the_english_text_has_not() -> None:
    for catalogue in CATALOGUES.glob("*.ts"):
        for text, translated in read_catalogue(catalogue).items():
            assert ("&" in text) == ("&" in translated), text
            assert text.endswith("…") == translated.endswith("…"), text


def test_no_text_is_shown_past_the_catalogue() -> None:
    assert shown_as_they_are() == []


def test_a_language_that_is_chosen_is_spoken_and_one_that_there_is_not_is_the_desktops(qapp: QApplication) -> None:
    try:
        assert codes() == ["en", "de"]
        assert speak(qapp, "de") == "de"
        assert tr("Run") == "Messen"
        assert header(AppState()).detail == "Ein Gerät verbinden."
        assert tr("no text of the window") == "no text of the window"
        assert speak(qapp, "en") == "en"
        assert tr("Run") == "Run"
    finally:
        set_translator(None)


def test_values_are_filled_in_after_the_translation() -> None:
    assert [text for text in all_texts() if "{}" in PLACEHOLDER.findall(text)] == []
