"""A thread that is busy when its window closes is left to end by itself: destroyed, it would end the process."""

from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from gui.services import own_thread
from gui.services.own_thread import OwnThread

if TYPE_CHECKING:
    import pytest
    from pytestqt.qtbot import QtBot


class Asker(QObject):
    asked = Signal()


class Reader(QObject):
    """Reads from a drive that does not answer until it is let go."""

    def __init__(self, drive: threading.Event, done: threading.Event) -> None:
        super().__init__()
        self._drive, self._done = drive, done
        self.begun = threading.Event()

    @Slot()
    def read(self) -> None:
        self.begun.set()
        self._drive.wait(30)
        self._done.set()


def test_a_thread_that_is_held_up_outlives_its_window(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_thread, "_CLOSE_S", 0.01)
    drive, done, asker = threading.Event(), threading.Event(), Asker()

    def open_and_close() -> None:
        reader = Reader(drive, done)
        asker.asked.connect(reader.read)
        thread = OwnThread(reader)
        asker.asked.emit()
        assert reader.begun.wait(30)
        thread.finish()

    open_and_close()
    gc.collect()
    assert not done.is_set()
    drive.set()
    qtbot.waitUntil(done.is_set, timeout=30_000)


def test_a_thread_that_was_ended_calls_its_worker_no_more(qtbot: QtBot) -> None:
    drive, done, asker = threading.Event(), threading.Event(), Asker()
    drive.set()
    reader = Reader(drive, done)
    asker.asked.connect(reader.read)
    thread = OwnThread(reader)
    asker.asked.emit()
    qtbot.waitUntil(done.is_set, timeout=30_000)
    thread.finish()
    done.clear()
    asker.asked.emit()
    assert not done.wait(0.05)
