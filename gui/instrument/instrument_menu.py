"""Which instruments are there to choose from? The address book, and what answers on the network and serial lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu

from drivers import addresses
from gui.common.child_process import JsonChild
from protocols import InstrumentError

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


class InstrumentMenu(QMenu):
    """A menu of instruments. A child process looks for them while it is open, and it fills as the answer comes.

    Nobody is asked before the menu is opened for the first time: a greeting may disturb a stranger's measurement.

    Parameters
    ----------
    parent : QWidget
    """

    chosen = Signal(str)
    """A VISA resource, or a name in the address book."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("instrumentMenu")
        self.setToolTipsVisible(True)
        self._found: list[dict[str, Any]] = []
        self._searched = False
        self._note = ""
        self.search = JsonChild("Looking for instruments", self)
        self.search.documented.connect(self._answered)
        self.search.failed.connect(self._failed)
        self.aboutToShow.connect(self._opened)

    def _opened(self) -> None:
        if not self._searched:
            self._look()

    def _look(self) -> None:
        self._searched = True
        self._note = "Looking for more …"
        try:
            self._found = [{"name": name, "resource": resource} for name, resource in addresses().items()]
        except InstrumentError as fault:
            self._found, self._note = [], str(fault)
        else:
            self.search.start("discover", "--json")
        self._fill()

    def _answered(self, document: dict[str, Any]) -> None:
        self._found = document["instruments"]
        self._note = "" if self._found else "Nobody answered; raw sockets must be named"
        self._fill()

    def _failed(self, why: str) -> None:
        self._note = why
        self._fill()

    def _fill(self) -> None:
        shown = self.isVisible()
        self.clear()
        for one in self._found:
            target = one["name"] or one["resource"]
            entry = self.addAction(_shown(one))
            entry.setToolTip(one.get("problem") or one["resource"])
            entry.setEnabled(not one.get("problem"))
            entry.triggered.connect(lambda _checked, target=target: self.chosen.emit(target))
        if self._note:
            self.addAction(self._note).setEnabled(False)
        self.addSeparator()
        again = self.addAction("Look again")
        again.setEnabled(not self.search.is_running)
        again.triggered.connect(self._look)
        if shown:
            # A menu hides when it loses its entries.
            self.popup(self.pos())


def _shown(one: dict[str, Any]) -> str:
    """Return what the menu says of an instrument: name, make, where, and what is wrong with it."""
    who = f"{str(one['maker']).title()} {one['model']}" if one.get("model") else ""
    what = "no driver" if who and one.get("problem") else "silent" if one.get("problem") else ""
    return " – ".join(part for part in (one["name"], who, one["resource"], what) if part)
