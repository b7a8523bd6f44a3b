"""Simulated instruments that the window serves, each in a child process; they end with it, however it ends."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from gui.common.instrument import Simulator
from gui.common.language import tr
from gui.services.child_process import JsonChild, end_children
from gui.services.jobs import as_message

# How long one may take to start: two seconds, and the rest for a busy computer. Doubled: the window says two minutes
# late that something hangs.
_START_S = 60.0


class Simulators(QObject):
    """At most one simulated instrument of each kind.

    Parameters
    ----------
    parent : QObject
    seed : int
        Of the noise.
    """

    served = Signal(object)
    """`Simulator`: it can be connected to."""
    ended = Signal(str, str)
    """Kind, and why: it could not be started, or has ended by itself."""

    def __init__(self, parent: QObject, seed: int) -> None:
        super().__init__(parent)
        self._seed = seed
        self._children: dict[str, JsonChild] = {}

    def start(self, kind: str) -> None:
        """Start a simulated instrument; does nothing if there is one of this kind."""
        if kind in self._children:
            return
        child = JsonChild(tr("The simulated instrument"), self, serves=True, limit_s=_START_S)
        child.documented.connect(lambda document: self._served(kind, document))
        child.failed.connect(lambda why: self._ended(kind, why))
        self._children[kind] = child
        # However this window ends, its end of the pipe to the child ends with it.
        child.start("sim", kind, "--json", "--seed", str(self._seed), "--until-eof")

    def _served(self, kind: str, document: dict[str, Any]) -> None:
        try:
            simulator = Simulator(kind, str(document["resource"]))
        except (KeyError, TypeError) as error:
            self._ended(kind, str(as_message(error)))
            return
        self.served.emit(simulator)

    def _ended(self, kind: str, why: str) -> None:
        child = self._children.pop(kind, None)
        if child is not None:
            child.let_go()
            self.ended.emit(kind, why)

    def close(self) -> None:
        """End all of them; only for a window that closes."""
        end_children(self)
