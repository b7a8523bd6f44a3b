"""Settings that outlive a window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QSettings

from gui import MainWindow
from gui.app.settings import Settings
from gui.app.start import application_of_window
from gui.common.theme import Theme

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def kept(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


def test_the_next_window_has_the_size_of_the_last_one(qtbot: QtBot, kept: QSettings, tmp_path: Path) -> None:
    application_of_window()
    first = MainWindow(tmp_path / "runs", settings=Settings(kept))
    qtbot.addWidget(first)
    first.show()
    first.resize(790, 650)
    first.close()
    second = MainWindow(tmp_path / "runs", settings=Settings(kept))
    qtbot.addWidget(second)
    assert (second.width(), second.height()) == (790, 650)
    second.close()


def test_settings_that_make_no_sense_count_as_not_set(kept: QSettings) -> None:
    kept.setValue("window/theme", "purple")
    kept.setValue("window/geometry", "not a geometry")
    kept.setValue("protocols/folder", "/there/is/no/such/folder")
    settings = Settings(kept)
    assert settings.theme is Theme.SYSTEM
    assert settings.geometry is None
    assert settings.protocol_folder == Path.cwd()


def test_theme_and_folder_are_kept(kept: QSettings, tmp_path: Path) -> None:
    settings = Settings(kept)
    settings.theme = Theme.DARK
    settings.protocol_folder = tmp_path
    assert Settings(kept).theme is Theme.DARK
    assert Settings(kept).protocol_folder == tmp_path
