"""Background jobs: slow work in worker threads, whose answers come back to the GUI thread."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, QThreadPool, Signal, Slot

from gui.common.language import tr
from protocols import IonechoError

if TYPE_CHECKING:
    from collections.abc import Callable

    Answer = TypeVar("Answer")
    # Who takes an answer, who hears of an error in taking it, and the answer.
    _Answer = tuple[Callable[[Any], None], Callable[[Any], None] | None, Any]


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

    _answered = Signal(object)

    def __init__(self, parent: QObject, n_threads: int = 1) -> None:
        super().__init__(parent)
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
        self._pool.start(lambda: self._work(work, then, failed))

    def _work(self, work: Callable[[], Any], then: Callable[[Any], None], failed: Callable[[Any], None]) -> None:
        answer: _Answer
        try:
            answer = (then, failed, work())
        except BaseException as error:  # noqa: BLE001 - SystemExit of a plug-in too: a view waits for the answer
            answer = (failed, None, as_message(error))
        with suppress(RuntimeError):  # the window was deleted meanwhile: nobody waits for the answer
            self._answered.emit(answer)

    @Slot(object)
    def _hand_back(self, answer: _Answer) -> None:
        then, failed, value = answer
        try:
            then(value)
        except Exception as error:
            if failed is None:
                raise
            failed(as_message(error))

    def finish(self, timeout_s: float) -> bool:
        """Wait for running jobs, drop those that have not begun; return whether all have ended."""
        self._pool.clear()
        return self._pool.waitForDone(round(timeout_s * 1000))
