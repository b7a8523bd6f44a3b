"""A thread that is busy when its window closes is left to end by itself: destroyed, it would end the process."""

from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

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


class Ticking(QObject):
    """A worker with a timer, as a follower of runs has."""

    def __init__(self, ended_in: list[QThread]) -> None:
        super().__init__()
        self._timer = QTimer(self, interval=1)
        self.destroyed.connect(lambda: ended_in.append(QThread.currentThread()), Qt.ConnectionType.DirectConnection)
        self.ticked = threading.Event()
        self._timer.timeout.connect(self.tick)

    @Slot()
    def start(self) -> None:
        self._timer.start()

    @Slot()
    def tick(self) -> None:
        self.ticked.set()


def test_a_worker_is_destroyed_in_its_own_thread_where_its_timers_can_be_stopped(qtbot: QtBot) -> None:
    ended_in: list[QThread] = []
    asker, worker = Asker(), Ticking(ended_in)
    asker.asked.connect(worker.start)
    thread = OwnThread(worker)
    asker.asked.emit()
    qtbot.waitUntil(worker.ticked.is_set, timeout=30_000)
    thread.finish()
    assert len(ended_in) == 1
    assert ended_in[0] is not QThread.currentThread()
