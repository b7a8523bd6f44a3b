"""Garbage of the window's process: cycles of Python objects are looked for in the GUI thread alone.

By default Python looks for them in whatever thread happens to make the next object. A worker thread would then
destroy widgets and graphics items of docks and dialogs that are gone, which Qt allows in the GUI thread only: the
process dies, much later and somewhere else, by a segmentation fault (decision 307).
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QCoreApplication, QObject, QTimer

_LOOK_MS = 1000
"""Interval (ms) of looking whether a look at the objects is due. Doubled, a burst of objects stays a second longer."""
_YOUNG = 5_000
"""As many more objects are looked through at once: 1 ms. Python's default, 700, is for programs without a timer."""
_YOUNG_PER_FULL = 20
"""After so many looks through the young everything is looked through: 50 ms, of which `freeze` takes most away."""


class GuiThreadCollector(QObject):
    """Looks for cycles of garbage in the GUI thread, in place of Python's automatic collector.

    Parameters
    ----------
    parent : QObject
        The application; lives in the GUI thread, where this must be made.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._young_looks = 0
        self._frozen = False
        self.leave_out()
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self.collect_if_due)
        self._timer.start()

    def collect_if_due(self) -> None:
        """Look for garbage if many objects were made since the last look. Never call it in another thread."""
        if gc.get_count()[0] < _YOUNG:
            return
        self._young_looks += 1
        if self._young_looks % _YOUNG_PER_FULL:
            gc.collect(1)
            return
        if self._frozen:
            gc.collect()
        else:
            self.settle()

    def leave_out(self) -> None:
        """Leave what modules that were just loaded have brought out of all looks. It takes no time."""
        if not self._frozen:
            gc.freeze()

    def settle(self) -> None:
        """Look through everything once, and leave what lives then, modules and classes mostly, out of later looks."""
        if not self._frozen:
            gc.collect()
            gc.freeze()
            self._frozen = True


def settle() -> None:
    """Have the first long look at the objects done now, before there are curves to draw; GUI thread only."""
    if (collector := _collector()) is not None:
        collector.settle()


def leave_out() -> None:
    """Leave what modules that were just loaded have brought out of the looks; GUI thread only.

    A first look at the 100,000 objects of the libraries takes 50 ms, and finds nothing.
    """
    if (collector := _collector()) is not None:
        collector.leave_out()


def _collector() -> GuiThreadCollector | None:
    application = QCoreApplication.instance()
    return None if application is None else application.findChild(GuiThreadCollector)
