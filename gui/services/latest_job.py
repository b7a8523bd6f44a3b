"""A job that only the newest request counts of: what is typed is worked on when the keys rest, one text at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable

    from gui.services.jobs import Jobs

    _Request = tuple[Callable[[], Any], Callable[[Any], None], Callable[[Exception], None]]


class LatestJob(QObject):
    """Does the newest of many requests in a worker thread; those that came before it are dropped.

    Parameters
    ----------
    parent : QObject
    jobs : Jobs
    rest_ms : int
        How long no request must have come.
    """

    def __init__(self, parent: QObject, jobs: Jobs, rest_ms: int) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._request: _Request | None = None
        self._is_busy = False
        self._timer = QTimer(self, singleShot=True, interval=rest_ms)
        self._timer.timeout.connect(self._begin)

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is still to come."""
        return self._is_busy or self._request is not None

    def ask(self, work: Callable[[], Any], then: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        """Do some work soon, in place of what was asked before; see `Jobs.do`.

        The answer to a request that was replaced meanwhile is dropped.
        """
        self._request = (work, then, failed)
        self._timer.start()

    def drop(self) -> None:
        """Want nothing any more."""
        self._request = None
        self._timer.stop()

    def _begin(self) -> None:
        if self._is_busy or self._request is None:
            return
        work, then, failed = self._request
        mine = self._request
        self._is_busy = True

        def take(answer: Any, *, error: bool) -> None:
            self._is_busy = False
            if self._request is mine:
                self._request = None
                (failed if error else then)(answer)
            elif self._request is not None and not self._timer.isActive():
                self._begin()

        self._jobs.do(work, lambda answer: take(answer, error=False), lambda error: take(error, error=True))
