"""Fits of kept runs with several cell models, by child processes: a few at a time, each kept beside its run."""

from __future__ import annotations

import os
from collections import deque
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from gui.common.language import tr
from gui.services.child_process import JsonChild, end_children

if TYPE_CHECKING:
    from pathlib import Path

_MOST_AT_ONCE = 2
"""Most children at a time, on a computer with more cores too: a run in progress and the window need some."""


class Refits(QObject):
    """Fits that were asked for together.

    Parameters
    ----------
    parent : QObject
    """

    progressed = Signal(int, int, object)
    """Fits that are through, of how many, and why some have failed (tuple of str)."""
    kept = Signal(object)
    """The run (Path) beside which another fit is kept now."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._waiting: deque[tuple[Path, str]] = deque()
        self._children: dict[JsonChild, tuple[Path, str]] = {}
        self._failures: list[str] = []
        self._n = self._n_done = 0

    def start(self, runs: tuple[Path, ...], models: tuple[str, ...]) -> None:
        """Fit each run with each model; what is in progress comes first."""
        if not self._children:
            self._failures, self._n, self._n_done = [], 0, 0
        # Run by run: the first comparison is there soon.
        self._waiting.extend((run, model) for run in runs for model in models)
        self._n += len(runs) * len(models)
        self._report()
        self._go_on()

    def _go_on(self) -> None:
        most = max(1, min(_MOST_AT_ONCE, (os.cpu_count() or 1)))
        while self._waiting and len(self._children) < most:
            run, model = self._waiting.popleft()
            child = JsonChild(tr("The fit of {run} with {model}").format(run=run.name, model=model), self)
            self._children[child] = (run, model)
            child.documented.connect(lambda _document, child=child: self._over(child))
            child.failed.connect(lambda why, child=child: self._over(child, why))
            child.start("fit", str(run), "--model", model, "--json")

    def _over(self, child: JsonChild, why: str = "") -> None:
        if child not in self._children:
            return
        run, _ = self._children.pop(child)
        child.let_go()
        self._n_done += 1
        if why:
            self._failures.append(why)
        else:
            self.kept.emit(run)
        self._report()
        self._go_on()

    def _report(self) -> None:
        self.progressed.emit(self._n_done, self._n, tuple(self._failures))

    def cancel(self) -> None:
        """End the fits that are in progress, and begin no other; those that are through are kept."""
        self._waiting.clear()
        for child in list(self._children):
            del self._children[child]
            child.let_go()
        self._n = self._n_done
        self._report()

    def close(self) -> None:
        """End all children and wait for that; only for a window that closes."""
        self.cancel()
        end_children(self)
