"""Menu of the instruments to choose from: the address book, and what answers on the network and serial lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu

from gui.common.language import tr
from gui.common.widgets import plain

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from gui.common.instrument import FoundInstrument


class InstrumentMenu(QMenu):
    """A menu of instruments that fills while it is open.

    It asks for a search when it is opened for the first time, and when the operator wants another one.

    Parameters
    ----------
    parent : QWidget
    """

    chosen = Signal(str)
    """A VISA resource, or a name in the address book."""
    search_wanted = Signal()
    """Look for instruments."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("instrumentMenu")
        self.setToolTipsVisible(True)
        self._searched = False
        self.aboutToShow.connect(self._search_once)
        # A menu without entries does not open.
        self.show_found((), tr("Looking for instruments …"))

    def _search_once(self) -> None:
        if not self._searched:
            self._search()

    def _search(self) -> None:
        self._searched = True
        self.search_wanted.emit()

    def show_found(self, found: tuple[FoundInstrument, ...], note: str, *, searching: bool = False) -> None:
        """Show what has been found so far.

        Parameters
        ----------
        found : tuple of FoundInstrument
        note : str
            Notes on the search, one a line; may be empty.
        searching : bool
            Whether the search is still running.
        """
        shown = self.isVisible()
        self.clear()
        for one in found:
            entry = self.addAction(one.text.replace("&", "&&"))  # else a key of the menu
            entry.setToolTip(plain(one.problem or one.resource))
            entry.setEnabled(not one.problem)
            entry.triggered.connect(lambda _checked, address=one.address: self.chosen.emit(address))
        for line in note.splitlines():
            self.addAction(line.replace("&", "&&")).setEnabled(False)
        self.addSeparator()
        again = self.addAction(tr("Look again"))
        again.setEnabled(not searching)
        again.triggered.connect(self._search)
        if shown:
            # A menu hides when it loses its entries.
            self.popup(self.pos())
