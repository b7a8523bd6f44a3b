"""How is something slow done off the GUI thread, and its answer handed back to it?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, QThreadPool, Signal, Slot

from protocols import IonechoError

if TYPE_CHECKING:
    from collections.abc import Callable

    Answer = TypeVar("Answer")


class Background(QObject):
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
        """Do some work in a worker thread and go on with its answer in the GUI thread.

        Parameters
        ----------
        work : callable
            Must touch nothing of Qt's.
        then : callable
            Takes what `work` returned.
        failed : callable
            Takes the error of ionecho's, or of the operating system's, that `work` raised.
        """
        self._pool.start(lambda: self._work(work, then, failed))

    def _work(self, work: Callable[[], Any], then: Callable[[Any], None], failed: Callable[[Any], None]) -> None:
        answer: tuple[Callable[[Any], None], Any]
        try:
            answer = (then, work())
        except (IonechoError, OSError) as fault:
            answer = (failed, fault)
        self._answered.emit(answer)

    @Slot(object)
    def _hand_back(self, answer: tuple[Callable[[Any], None], Any]) -> None:
        then, value = answer
        then(value)

    def finish(self, timeout_s: float) -> bool:
        """Wait for what is under way, drop what is not yet; say whether all came to its end."""
        self._pool.clear()
        return self._pool.waitForDone(round(timeout_s * 1000))
