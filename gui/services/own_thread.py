"""A thread with an event loop for one object of a service.

Qt ends the whole process when a thread that still runs is destroyed. A window that closes waits for its threads, but
only so long: a file on a network drive may take longer. Such a thread outlives its window here.
"""

from __future__ import annotations

import atexit

from PySide6.QtCore import QObject, QThread

_CLOSE_S = 5.0
"""How long a window that closes waits for a thread. Longer only delays that."""
_running: set[OwnThread] = set()


class OwnThread:
    """A thread that serves the signals of one object.

    Parameters
    ----------
    worker : QObject
        Without a parent; from now on its slots are called in the thread, which destroys it at its end: its timers
        cannot be stopped in another one.
    """

    def __init__(self, worker: QObject) -> None:
        self._worker = worker
        self._thread = QThread()
        worker.moveToThread(self._thread)
        self._thread.finished.connect(worker.deleteLater)
        _running.add(self)
        self._thread.start()

    def finish(self) -> None:
        """End the thread when what it does at the moment is done, for which this waits a while."""
        self._thread.quit()
        if self._thread.wait(round(_CLOSE_S * 1000)):
            _running.discard(self)


@atexit.register
def _finish_all() -> None:
    for thread in tuple(_running):
        thread.finish()
