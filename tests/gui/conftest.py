"""Fixtures of the window's tests: a window without a screen, and somebody who clicks its widgets.

Loaded with the folder even where Qt cannot be, so Qt is imported in the fixtures.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from tests.gui.window_operator import Operator


@pytest.fixture(scope="session")
def qapp_cls() -> type:
    from PySide6.QtWidgets import QApplication

    return QApplication


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def operator(qtbot: QtBot, folder: Path) -> Iterator[Operator]:
    from PySide6.QtCore import QCoreApplication, QEvent

    from gui import MainWindow
    from gui.app.start import application_of_window
    from tests.gui.window_operator import Operator

    application_of_window()
    window = MainWindow(folder)
    window.show()
    qtbot.waitExposed(window)
    yield Operator(qtbot, window)
    window.close()
    # Now, not when garbage is looked for: every window that is there makes the next one's style and palette slower.
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
