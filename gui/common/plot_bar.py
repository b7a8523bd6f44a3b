"""Bar above a stack of plots: the time axis, which plots are shown, cursors, ways back from a zoom, export."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QComboBox, QMenu, QPushButton, QSpinBox, QWidget

from gui.common.flow_layout import FlowLayout
from gui.common.folding import Fold
from gui.common.language import tr
from gui.common.quantities import Quantity
from gui.common.trace_view import LATEST_EDGE, View
from gui.common.widgets import button, label
from protocols import format_quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent

    from gui.common.run_facts import RunFacts
    from gui.common.run_marks import Mark
    from gui.common.traces import Traces

_LATEST_S = (0.1, 1.0, 10.0, 60.0)
"""Spans of the newest time that can be followed (s): from a pulse to a minute. Doubled, as many entries again."""
_WIDTH_STEP = 128
"""Pixels: a plot asks anew when its width has changed by so many. Doubled, curves are coarser than the screen by 2."""
_RANGES = (1024, 4096)
"""Least and most ranges that are asked for: a narrow plot draws a short run sample by sample too; a screen of four
thousand pixels. Doubled, a frame takes twice as long."""
_MOST_MARKS = 40
"""Marks in the menu: more fill the screen. Doubled, it scrolls on a small one."""


class AxisMode(Enum):
    """Time axes."""

    LINEAR = "linear"
    LOG = "log"
    FOLDED = "folded"
    PUMP_PROBE = "pump minus probe"

    def title(self, edge: int | None) -> str:
        """Return the title of the axis; `edge` is the one from which a logarithmic axis counts, where it is known."""
        if self is AxisMode.LINEAR:
            return tr("Time")
        if self is not AxisMode.LOG:
            return tr("Time since the beginning of a pulse")
        return tr("Time since an edge") if edge is None else tr("Time since edge {n}").format(n=edge + 1)


class PlotBar(QWidget):
    """Choices of a stack of plots.

    Parameters
    ----------
    quantities : sequence of Quantity
        Those that are shown at first.
    follows : bool
        Whether there is a run that grows, whose newest time can be followed.
    """

    axis_changed = Signal()
    """Another axis, edge, or span that is followed."""
    quantities_changed = Signal()
    """Other plots."""
    cursors_wanted = Signal(bool)
    """Show or hide the cursors."""
    home_wanted = Signal()
    """Show everything again, values too."""
    export_wanted = Signal(str)
    """``svg``, ``png``, ``csv``, or ``copy``."""
    mark_wanted = Signal(float)
    """Go to a time (s since the start of the run)."""

    def __init__(self, quantities: Sequence[Quantity], *, follows: bool) -> None:
        super().__init__()
        self._facts: RunFacts | None = None
        self._follows = follows
        self._marks: tuple[Mark, ...] = ()
        self._axis = self._axis_box()
        self._edge = self._edge_box()
        self._latest = self._latest_box()
        self._where = label("", "faint", "edgeLabel")
        self._where.setWordWrap(False)
        self._reading = label("", "faint", "readingLabel")
        self._reading.setWordWrap(False)
        self._reading.hide()
        self._switches = {one: self._switch(one, shown=one in quantities) for one in Quantity}
        self.cursors = self._cursor_button()
        self._events = self._menu_button(tr("Events"), "eventsButton", tr("Events of the run, and samples to distrust"))
        self._lay_out()
        self.set_facts(None)

    # -- parts --------------------------------------------------------------------------------------------------------

    def _axis_box(self) -> QComboBox:
        box = QComboBox()
        box.setObjectName("axisBox")
        for mode, text in (
            (AxisMode.LINEAR, tr("Linear time")),
            (AxisMode.LOG, tr("Log time since an edge")),
            (AxisMode.FOLDED, tr("Folded by pulse")),
            (AxisMode.PUMP_PROBE, tr("Pump minus probe")),
        ):
            box.addItem(text, mode)
        _name(box, tr("Time axis"), tr("What the time axis of all plots is"))
        box.currentIndexChanged.connect(lambda _: self._change_axis())
        return box

    def _edge_box(self) -> QSpinBox:
        box = QSpinBox()
        box.setObjectName("edgeBox")
        box.setRange(0, 0)
        box.setSpecialValueText(tr("latest edge"))
        box.setPrefix(tr("edge "))
        _name(box, tr("Edge"), tr("From which voltage edge the logarithmic axis counts"))
        box.valueChanged.connect(lambda _: self.axis_changed.emit())
        return box

    def _latest_box(self) -> QComboBox:
        box = QComboBox()
        box.setObjectName("latestBox")
        box.addItem(tr("Whole run"), None)
        for span in _LATEST_S:
            box.addItem(tr("Latest {span}").format(span=format_quantity(span, "s")), span)
        _name(box, tr("Followed time"), tr("The whole run, or its newest seconds"))
        box.currentIndexChanged.connect(lambda _: self._change_axis())
        return box

    def _switch(self, quantity: Quantity, *, shown: bool) -> QAction:
        action = QAction(quantity.title, self)
        action.setObjectName(f"show{quantity.name.title()}")
        action.setCheckable(True)
        action.setChecked(shown)
        action.toggled.connect(lambda _: self._change_quantities(action))
        return action

    def _cursor_button(self) -> QPushButton:
        made = QPushButton(tr("Cursors"))
        made.setObjectName("cursorsButton")
        made.setCheckable(True)
        tip = tr("Two cursors, with differences and slopes (C in a plot; A or B chooses, the arrow keys move)")
        _name(made, tr("Cursors"), tip)
        made.toggled.connect(self.cursors_wanted)
        return made

    def _menu_button(self, text: str, name: str, tip: str) -> QPushButton:
        made = QPushButton(text)
        made.setObjectName(name)
        made.setProperty("role", "menu")
        made.setMenu(QMenu(made))
        _name(made, text, tip)
        return made

    def _lay_out(self) -> None:
        plots = self._menu_button(tr("Plots"), "plotsButton", tr("Which quantities are drawn"))
        plots.menu().addActions(list(self._switches.values()))
        export = self._menu_button(tr("Export"), "exportButton", tr("What is drawn, as a picture or a table"))
        for kind, text in (
            ("csv", tr("Points as CSV …")),
            ("svg", tr("Picture as SVG …")),
            ("png", tr("Picture as PNG …")),
            ("copy", tr("Copy picture")),
        ):
            action = export.menu().addAction(text)
            action.setObjectName(f"{kind}Action")
            action.triggered.connect(lambda _checked, kind=kind: self.export_wanted.emit(kind))
        home_tip = tr("Show everything again: all of the time, values to fit (Home in a plot, or a double click)")
        home = button(tr("Zoom out"), "zoomOutButton", self.home_wanted.emit, tip=home_tip)
        _name(home, tr("Zoom out"), home_tip)
        self._row = row = FlowLayout(self, 6)
        row.setContentsMargins(12, 4, 12, 4)
        for choice in (self._axis, self._edge, self._latest, self._where, self._reading):
            row.addWidget(choice)
        for press in (plots, self.cursors, home, export, self._events):
            row.addWidget(press)

    def add(self, widget: QWidget) -> None:
        """Take one button more."""
        self._row.addWidget(widget)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take as many rows as the width needs."""
        super().resizeEvent(event)
        self._fit_height()

    def _fit_height(self) -> None:
        self.setFixedHeight(self._row.height_at(self.width()))

    # -- choices ------------------------------------------------------------------------------------------------------

    @property
    def mode(self) -> AxisMode:
        """The time axis."""
        mode: AxisMode = self._axis.currentData()
        return mode

    @property
    def edge(self) -> int | None:
        """Number of the chosen edge from 0; None for the latest one that has come."""
        return self._edge.value() - 1 if self._edge.value() else None

    @property
    def latest_s(self) -> float | None:
        """The newest seconds that are followed; None for the whole run."""
        span: float | None = self._latest.currentData()
        return span if self._follows and self.mode is AxisMode.LINEAR else None

    @property
    def quantities(self) -> list[Quantity]:
        """What is drawn, from above."""
        return [one for one, action in self._switches.items() if action.isChecked()]

    def view(self, window_s: tuple[float, float] | None, width: int) -> View:
        """Return the view that is chosen, of a span of the axis, for a width (pixels)."""
        mode = self.mode
        edge = (LATEST_EDGE if self.edge is None else self.edge) if mode is AxisMode.LOG else None
        fold = {AxisMode.FOLDED: Fold.PULSES, AxisMode.PUMP_PROBE: Fold.PUMP_PROBE}.get(mode)
        extras = frozenset({Quantity.CHARGE, Quantity.TEMPERATURE} & set(self.quantities))
        n_ranges = min(max(-(-width // _WIDTH_STEP) * _WIDTH_STEP, _RANGES[0]), _RANGES[1])
        return View(edge, window_s, fold, None if window_s is not None else self.latest_s, n_ranges, extras)

    def _change_axis(self) -> None:
        self._update()
        self.axis_changed.emit()

    def _change_quantities(self, action: QAction) -> None:
        if self.quantities:
            self.quantities_changed.emit()
        else:  # a window without any plot says nothing
            action.setChecked(True)

    def whole_run(self) -> None:
        """Follow the whole run again, not its newest seconds; says nothing."""
        self._latest.blockSignals(True)
        self._latest.setCurrentIndex(0)
        self._latest.blockSignals(False)

    def set_facts(self, facts: RunFacts | None) -> None:
        """Make ready for another run: from linear time, all of it. Says nothing."""
        self._facts = facts
        self._where.setText("")
        for box in (self._axis, self._edge, self._latest):
            box.blockSignals(True)
        self._axis.setCurrentIndex(0)
        self._latest.setCurrentIndex(0)
        self._edge.setMaximum(0 if facts is None else len(facts.edges_s))
        self._edge.setValue(0)
        for box in (self._axis, self._edge, self._latest):
            box.blockSignals(False)
        self.show_marks(())
        self._update()

    def _update(self) -> None:
        has_edges = self._facts is not None and len(self._facts.edges_s) > 0
        self._axis.setEnabled(has_edges)
        self._edge.setVisible(self.mode is AxisMode.LOG)
        self._latest.setVisible(self._follows and self.mode is AxisMode.LINEAR)
        self._where.setVisible(self.mode is not AxisMode.LINEAR)
        self._fit_height()

    def show_traces(self, traces: Traces) -> None:
        """Say which edge is shown, or how many pulses are folded."""
        self._reading.setText(tr("{share:.0%} read").format(share=traces.share_read))
        self._reading.setVisible(traces.share_read < 1.0)
        if traces.view.fold is not None:
            self._where.setText(tr("{n} pulses").format(n=traces.n_pulses) if traces.n_pulses else "")
        elif self._facts is not None and traces.edge is not None:
            step, at = self._facts.steps_V[traces.edge], self._facts.edges_s[traces.edge]
            sign = "+" if step > 0 else "−"
            self._where.setText(
                tr("{step} at {time}").format(
                    step=f"{sign}{format_quantity(abs(step), 'V')}", time=format_quantity(at, "s")
                )
            )
        if traces.marks != self._marks:
            self.show_marks(traces.marks)
        self._fit_height()

    def show_marks(self, marks: tuple[Mark, ...]) -> None:
        """List what has happened; choosing an entry goes there."""
        self._marks = marks
        self._events.setVisible(bool(marks))
        self._events.setText(tr("Events ({n})").format(n=len(marks)))
        menu = self._events.menu()
        menu.clear()
        for mark in marks[:_MOST_MARKS]:
            action = menu.addAction(f"{format_quantity(mark.time_s, 's')}  {mark.text}".replace("&", "&&"))
            action.triggered.connect(lambda _checked, at=mark.time_s: self.mark_wanted.emit(at))

    def keys(self) -> str:
        """Return what the keys do in a plot, for its description."""
        shortcut = QKeySequence("Ctrl+0").toString(QKeySequence.SequenceFormat.NativeText)
        return tr(
            "C shows cursors, A and B choose one, the arrow keys move it, plus and minus zoom, Y fits the values, "
            "{shortcut} shows everything"
        ).format(shortcut=shortcut)


def _name(widget: QWidget, name: str, description: str) -> None:
    widget.setAccessibleName(name)
    widget.setAccessibleDescription(description)
    widget.setToolTip(description)
