"""Page of the plan: what the instrument will do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from gui.common.language import tr
from gui.common.plots import add_plot, graphics, on_double_click, paint, pen, set_time_axis
from gui.common.widgets import ScrolledLabel, label, line
from protocols import ProtocolError

if TYPE_CHECKING:
    from gui.common.theme import Colours
    from gui.protocol.plan_model import PlanView


# Facts of a plan, see `plan_model`: two columns of four.
_N_FACTS = 8
# Greatest heights (pixels) of what the operator has written and of remarks: some four lines; of problems, which stand
# there alone: a dozen. Twice as much would leave no room for the plot on a small screen.
_REMARKS_HEIGHT = 76
_PROBLEMS_HEIGHT = 230


class PlanPage(QWidget):
    """The page "Plan": the voltage as it will be, and everything that one wants to know before pressing Run."""

    zoom_out_wanted = Signal()
    """Show everything again."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("planPage")
        self._title = label(tr("Choose a protocol"), "headline", "planTitle")
        self._notes = ScrolledLabel(label("", "faint", "planNotes"), _REMARKS_HEIGHT)
        self._problems = ScrolledLabel(label("", "fault", "planFault"), _PROBLEMS_HEIGHT)
        self._changes = ScrolledLabel(label("", "", "planChanges"), _REMARKS_HEIGHT)
        self._facts = [(label("", "faint"), label("", "", f"planFact{row}")) for row in range(_N_FACTS)]
        self._graphics = graphics("planPlot")
        self._graphics.setAccessibleName(tr("Planned voltage"))
        self.plot = add_plot(self._graphics, 0, tr("Voltage"), "V")
        set_time_axis(self.plot, tr("Time"), log=False)
        self._waveform = self.plot.plot()
        on_double_click(self._graphics, self.zoom_out_wanted.emit)
        self._lay_out()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        for row, (name, value) in enumerate(self._facts):
            name.setWordWrap(False)
            half = 2 * (row // (_N_FACTS // 2))
            grid.addWidget(name, row % (_N_FACTS // 2), half, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, row % (_N_FACTS // 2), half + 1)
        for column, stretch in enumerate((0, 3, 0, 3)):
            grid.setColumnStretch(column, stretch)
        inner = QVBoxLayout()
        inner.setContentsMargins(16, 10, 16, 14)
        inner.setSpacing(8)
        for widget in (self._title, self._notes, self._problems):
            inner.addWidget(widget)
        policy = self._graphics.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._graphics.setSizePolicy(policy)
        self._line = line()
        inner.addWidget(self._graphics, 1)
        inner.addWidget(self._line)
        inner.addLayout(grid)
        inner.addWidget(self._changes)
        self.setLayout(inner)
        first = tr("Choose one in the dock Protocols: what the instrument will do is shown here before it does it.")
        self._show_texts(first, "", "")
        self._clear()

    def _show_texts(self, notes: str, problems: str, changes: str) -> None:
        for widget, text in ((self._notes, notes), (self._problems, problems), (self._changes, changes)):
            widget.setText(text)
            widget.setVisible(bool(text))

    def show_waiting(self) -> None:
        """Say that a plan is being made."""
        self._title.setText(tr("Planning …"))
        self._show_texts("", "", "")
        self._clear()

    def _clear(self) -> None:
        for name, value in self._facts:
            name.setText("")
            value.setText("")
        self._waveform.setData([], [])
        self._show_figures(there=False)

    def _show_figures(self, *, there: bool) -> None:
        """Show axes only with something in them."""
        for part in (self._graphics, self._line):
            part.setVisible(there)

    def show_plan(self, view: PlanView, *, connected: bool) -> None:
        """Show a plan.

        Parameters
        ----------
        view : PlanView
        connected : bool
            Whether the instrument that it is for is there.
        """
        self._title.setText(view.protocol.name)
        changes = "\n".join(f"• {change}" for change in view.changes)
        model = view.model if connected else tr("{model} (not connected)").format(model=view.model)
        head = tr("A {model} does it with these changes:") if changes else tr("A {model} does it exactly as asked.")
        head = head.format(model=model)
        self._show_texts(view.protocol.notes, "", f"{head}\n{changes}".strip())
        for (name, value), (fact, text) in zip(self._facts, view.facts, strict=True):
            name.setText(fact)
            value.setText(text)
        self._waveform.setData(view.time_s, view.level_V)
        self._show_figures(there=True)
        self.plot.autoRange()

    def zoom_out(self) -> None:
        """Show the whole plan."""
        self.plot.autoRange()

    def show_problems(self, source: str, error: Exception) -> None:
        """Show why a protocol cannot be run.

        Parameters
        ----------
        source : str
            Which protocol.
        error : Exception
        """
        self._title.setText(tr("{protocol} cannot be run").format(protocol=source))
        problems = error.problems if isinstance(error, ProtocolError) else (error,)
        text = "\n".join(f"• {problem}" for problem in problems)
        nothing_sent = tr("Nothing was sent to the instrument.")
        self._show_texts("" if nothing_sent in text else nothing_sent, text, "")
        self._clear()

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        paint(self._graphics, (self.plot,), colours)
        self._waveform.setPen(pen(colours.voltage, 1.5))
