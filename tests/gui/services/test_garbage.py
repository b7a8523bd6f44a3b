"""What is left of closed docks and dialogs is destroyed in the GUI thread, whichever thread makes objects meanwhile."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from gui.app.start import application_of_window
from gui.services import garbage
from gui.services.garbage import GuiThreadCollector
from gui.services.jobs import Jobs

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

N_OBJECTS = 200_000
"""Enough for every generation of Python's automatic collector, by its own thresholds or those of the command line."""


class Cell(QWidget):
    """A widget that nobody holds but itself."""

    def __init__(self) -> None:
        super().__init__()
        self.itself = self


@pytest.fixture
def frequent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "_YOUNG", 100)
    monkeypatch.setattr(garbage, "_YOUNG_PER_FULL", 1)


def fail(error: Exception) -> None:
    raise error


def test_a_dead_widget_is_destroyed_in_the_gui_thread_although_a_worker_makes_the_objects(
    qtbot: QtBot, frequent: None
) -> None:
    application = application_of_window()
    threads: list[threading.Thread] = []
    weakref.finalize(Cell(), lambda: threads.append(threading.current_thread()))
    jobs, answers = Jobs(application), list[int]()

    jobs.do(lambda: len([[k] for k in range(N_OBJECTS)]), answers.append, fail)
    qtbot.waitUntil(lambda: answers == [N_OBJECTS], timeout=30_000)
    kept = [[k] for k in range(N_OBJECTS)]  # a look at the objects is due
    qtbot.waitUntil(lambda: bool(threads), timeout=30_000)
    assert kept

    assert threads == [threading.main_thread()]


def test_the_first_long_look_is_done_before_there_are_curves_to_draw(qtbot: QtBot) -> None:
    application_of_window()
    collector = GuiThreadCollector(QObject())
    destroyed: list[bool] = []
    weakref.finalize(Cell(), lambda: destroyed.append(True))
    collector.settle()
    assert destroyed == [True]
    weakref.finalize(Cell(), lambda: destroyed.append(True))
    collector.settle()
    assert destroyed == [True], "once is enough: it takes longer than a frame"


def test_what_modules_have_brought_is_left_out_of_the_first_long_look(qtbot: QtBot) -> None:
    application_of_window()
    collector = GuiThreadCollector(QObject())
    kept, destroyed = [[k] for k in range(N_OBJECTS)], list[bool]()
    collector.leave_out()
    assert gc.get_freeze_count() >= N_OBJECTS
    weakref.finalize(Cell(), lambda: destroyed.append(True))
    assert len(gc.get_objects()) < N_OBJECTS
    collector.settle()
    assert destroyed == [True], "what was made since is looked through"
    assert kept


def test_widgets_that_wait_for_an_answer_are_let_go_in_the_gui_thread_when_their_window_is_gone(qtbot: QtBot) -> None:
    window = QObject()
    threads: list[threading.Thread] = []
    begun, go_on = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait(30)

    def ask(jobs: Jobs) -> None:  # the only one who still holds the widget afterwards is the job
        widget = QWidget()
        weakref.finalize(widget, lambda: threads.append(threading.current_thread()))
        jobs.do(work, lambda _: widget.update(), fail)

    ask(Jobs(window))
    assert begun.wait(30)
    threading.Timer(0.2, go_on.set).start()
    window.deleteLater()
    qtbot.waitUntil(lambda: bool(threads), timeout=30_000)

    assert threads == [threading.main_thread()]
