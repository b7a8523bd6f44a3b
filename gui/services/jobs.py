"""Background jobs: slow work in worker threads, whose answers come back to the GUI thread."""

from __future__ import annotations

import itertools
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, QThreadPool, Signal, Slot

from gui.common.language import tr
from protocols import IonechoError

if TYPE_CHECKING:
    from collections.abc import Callable

    Answer = TypeVar("Answer")
    # Who takes the answer of a job, and who hears of its error.
    _Takers = tuple[Callable[[Any], None], Callable[[Exception], None]]


class UnexpectedError(IonechoError):
    """An error that no part of ionecho foresaw; the message says what it was."""


def as_message(error: BaseException) -> Exception:
    """Return an error that can be shown: one that nobody foresaw gets a sentence around it."""
    if isinstance(error, (IonechoError, OSError)):
        return error
    text = tr("An error inside ionecho ({what}). Please report it.")
    return UnexpectedError(text.format(what=f"{type(error).__name__}: {error}"))


class Jobs(QObject):
    """Some worker threads.

    Parameters
    ----------
    parent : QObject
        Lives in the GUI thread; answers come there.
    n_threads : int
    """

    _answered = Signal(int, object, object)
    """Number of a job, its answer, and its error if it failed."""

    def __init__(self, parent: QObject, n_threads: int = 1) -> None:
        super().__init__(parent)
        # Takers hold widgets, and the last who holds a widget destroys it: they stay in the GUI thread, which also lets
        # go of them when the window is destroyed before a job has ended.
        self._takers: dict[int, _Takers] = {}
        self.destroyed.connect(self._takers.clear)
        self._numbers = itertools.count()
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(n_threads)
        self._answered.connect(self._hand_back)

    def do(
        self,
        work: Callable[[], Answer],
        then: Callable[[Answer], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Do some work in a worker thread, then use its answer in the GUI thread.

        Parameters
        ----------
        work : callable
            Must touch nothing of Qt's.
        then : callable
            Takes what `work` returned.
        failed : callable
            Takes the error that `work` raised, ready to be shown.
        """
        number = next(self._numbers)
        self._takers[number] = (then, failed)
        self._pool.start(lambda: self._work(number, work))

    def _work(self, number: int, work: Callable[[], Any]) -> None:
        answer, problem = None, None
        try:
            answer = work()
        except BaseException as error:  # noqa: BLE001 - SystemExit of a plug-in too: a view waits for the answer
            problem = as_message(error)
        with suppress(RuntimeError):  # the window was deleted meanwhile: nobody waits for the answer
            self._answered.emit(number, answer, problem)

    @Slot(int, object, object)
    def _hand_back(self, number: int, answer: Any, problem: Exception | None) -> None:
        then, failed = self._takers.pop(number)
        if problem is not None:
            failed(problem)
            return
        try:
            then(answer)
        except Exception as error:  # noqa: BLE001 - whatever takes an answer, its error is shown
            failed(as_message(error))

    def finish(self, timeout_s: float) -> bool:
        """Wait for running jobs, drop those that have not begun; return whether all have ended."""
        self._pool.clear()
        return self._pool.waitForDone(round(timeout_s * 1000))
