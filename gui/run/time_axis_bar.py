"""Choice of the time axis: the whole run over linear time, or what follows one edge over decades of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSpinBox, QWidget

from gui.common.traces import LATEST_EDGE, View
from gui.common.widgets import action_button, label
from protocols import format_quantity

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from gui.common.run_facts import RunFacts
    from gui.common.traces import Traces


class TimeAxisBar(QWidget):
    """The choice of the time axis, common to all plots of the run.

    Parameters
    ----------
    zoom_out : QAction
    """

    chosen = Signal(object)
    """`View`."""

    def __init__(self, zoom_out: QAction) -> None:
        super().__init__()
        self._facts: RunFacts | None = None
        self._window_s: tuple[float, float] | None = None
        self._where = label("", "faint", "edgeLabel")
        self._where.setWordWrap(False)
        self._log = QCheckBox("Log time since edge")
        self._log.setObjectName("logTimeBox")
        self._log.toggled.connect(lambda _: self.zoom_out())
        self._edge = QSpinBox()
        self._edge.setObjectName("edgeBox")
        self._edge.setRange(0, 0)
        self._edge.setSpecialValueText("latest")
        self._edge.valueChanged.connect(lambda _: self._emit_view())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 2, 16, 2)
        layout.setSpacing(8)
        for widget in (action_button(zoom_out, "zoomOutButton"), self._where, self._log, self._edge):
            layout.addWidget(widget)
        self.set_facts(None)

    def set_facts(self, facts: RunFacts | None) -> None:
        """Make ready for another run."""
        self._facts = facts
        self._window_s = None
        n_edges = 0 if facts is None else len(facts.edges_s)
        for widget in (self._log, self._edge):
            widget.blockSignals(True)
        self._edge.setMaximum(n_edges)
        self._edge.setValue(0)
        self._log.setChecked(False)
        for widget in (self._log, self._edge):
            widget.blockSignals(False)
        self._update_widgets()

    def zoom(self, low_s: float, high_s: float) -> None:
        """Show the span of time that the user has zoomed to on a linear axis."""
        if self._facts is not None and not self._log.isChecked():
            self._window_s = (low_s, high_s)
            self._emit_view()

    def zoom_out(self) -> None:
        """Show the whole run, or all that follows the edge."""
        self._window_s = None
        self._emit_view()

    def _emit_view(self) -> None:
        self._update_widgets()
        edge = (self._edge.value() - 1 if self._edge.value() else LATEST_EDGE) if self._log.isChecked() else None
        self.chosen.emit(View(edge, self._window_s))

    def _update_widgets(self) -> None:
        n_edges = self._edge.maximum()
        self._log.setEnabled(n_edges > 0)
        self._edge.setEnabled(n_edges > 0 and self._log.isChecked())
        if not self._log.isChecked():
            self._where.setText("")

    def show_traces(self, traces: Traces) -> None:
        """Say which edge is shown."""
        if self._facts is None or traces.edge is None:
            return
        step, at = self._facts.steps_V[traces.edge], self._facts.edges_s[traces.edge]
        sign = "+" if step > 0 else "−"
        self._where.setText(f"{sign}{format_quantity(abs(step), 'V')} at {format_quantity(at, 's')}")
