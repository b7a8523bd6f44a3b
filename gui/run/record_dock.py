"""Saved runs that are opened: the first one's curves, the others over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.common.language import tr
from gui.common.quantities import Quantity
from gui.common.trace_plot import TracePlot
from gui.common.widgets import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gui.common.run_facts import RunFacts
    from gui.common.theme import Colours


class RecordDock(QWidget):
    """Content of the dock "Record".

    Attributes
    ----------
    plot : TracePlot
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("recordPage")
        self._empty = tr("No saved run is opened. Open one from the list of runs, or drop its file on the window.")
        self.plot = TracePlot("recordPlots", (Quantity.VOLTAGE, Quantity.CURRENT), self._empty, follows=False)
        self._headline = label("", "heading", "recordHeadline")
        self._problem = label("", "fault", "recordProblem")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(2)
        for one in (self._headline, self._problem):
            one.setContentsMargins(16, 0, 16, 0)
            one.hide()
            column.addWidget(one)
        column.addWidget(self.plot, 1)

    def clear(self) -> None:
        """Show that nothing is opened."""
        self.plot.clear()
        self.plot.say(self._empty)
        for one in (self._headline, self._problem):
            one.hide()

    def show_waiting(self, names: Sequence[str]) -> None:
        """Say which runs are being read."""
        self.plot.clear()
        self._problem.hide()
        self.plot.say(tr("Reading {names} …").format(names=", ".join(names)))

    def show_opened(self, facts: Sequence[RunFacts]) -> None:
        """Make ready for the curves of runs that were opened, the first one leading."""
        lead = facts[0]
        more = tr(", and {n} more over it").format(n=len(facts) - 1) if len(facts) > 1 else ""
        self._headline.setText(f"{lead.title} · {lead.path.name} · {lead.instrument}{more}")
        self._headline.show()
        self.plot.set_facts(lead)

    def show_problem(self, text: str, *, nothing_left: bool) -> None:
        """Say which runs could not be read."""
        self._problem.setText(text)
        self._problem.setVisible(bool(text))
        if nothing_left:
            self.plot.say(tr("No run could be read."))

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        self.plot.set_colours(colours)
