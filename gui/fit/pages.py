"""Pages of the dock "Memory": the evidence below the verdict, each built when it is first shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QSpinBox, QWidget

from gui.common.language import tr
from gui.common.widgets import button, label
from gui.fit.parts import (
    FirstShown,
    column_of,
    empty_note,
    figures_table,
    fill,
    keep_rows_in_sight,
    scrolled_page,
    show_listing,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gui.common.theme import Colours
    from gui.common.traces import Traces
    from gui.fit.documents import Listing, ProfileView
    from gui.fit.result_model import FitCurves, Row, ShownFit


class CurvesPage(FirstShown):
    """Measured and fitted current in step, residual, W(t) with its band."""

    zoomed = Signal(float, float)
    zoom_out_wanted = Signal()
    edge_chosen = Signal(object)
    """Show the time since this edge (from 0) on a logarithmic axis; None for the whole run on a linear one."""

    def __init__(self) -> None:
        super().__init__("curvesPage", tr("Curves"))
        self._fit: FitCurves | None = None
        self._traces: Traces | None = None

    def build(self) -> None:
        """Build the plots."""
        from gui.fit.curves_page import CurvePlots

        self.plots = CurvePlots()
        self.plots.zoomed.connect(self.zoomed)
        self.plots.zoom_out_wanted.connect(self.zoom_out_wanted)
        self._hint = empty_note(
            tr("After a fit: measured and fitted current, what is left, and W(t)."), "curvesHint", alone=True
        )
        self._log = QCheckBox(tr("Logarithmic time since edge"))
        self._log.setObjectName("fitLogBox")
        self._edge = QSpinBox()
        self._edge.setObjectName("fitEdgeBox")
        self._edge.setAccessibleName(tr("Edge"))
        self._log.toggled.connect(self._choose_edge)
        self._edge.valueChanged.connect(self._choose_edge)
        self._bar = QWidget()
        row = QHBoxLayout(self._bar)
        row.setContentsMargins(8, 4, 8, 0)
        for widget in (self._log, self._edge):
            row.addWidget(widget)
        row.addStretch(1)
        column = column_of(self, margins=(0, 0, 0, 0))
        column.setSpacing(0)
        column.addWidget(self._hint)
        column.addWidget(self._bar)
        column.addWidget(self.plots, 1)

    def _choose_edge(self) -> None:
        self._edge.setEnabled(self._log.isChecked())
        self.edge_chosen.emit(self._edge.value() - 1 if self._log.isChecked() else None)

    def refresh(self) -> None:
        """Draw the fit and what was measured."""
        n_edges = 0 if self._fit is None else len(self._fit.edges_s)
        self._bar.setVisible(n_edges > 0)
        for widget in (self._log, self._edge):
            widget.blockSignals(True)
        self._edge.setRange(1, max(n_edges, 1))
        if self._traces is None or self._traces.edge is None:
            self._log.setChecked(False)
        self._edge.setEnabled(self._log.isChecked())
        for widget in (self._log, self._edge):
            widget.blockSignals(False)
        self._hint.setVisible(self._fit is None)
        self.plots.setVisible(self._fit is not None)
        self.plots.show_fit(self._fit)
        if self._traces is not None:
            self.plots.show_traces(self._traces)

    def paint(self, colours: Colours) -> None:
        """Colour the plots."""
        self.plots.set_colours(colours)

    def show_fit(self, fit: FitCurves | None) -> None:
        """Show a fit, or none."""
        self._fit = fit
        if fit is None:
            self._traces = None
        self.changed()

    def show_traces(self, traces: Traces) -> None:
        """Show what was measured."""
        self._traces = traces
        if self.is_built:
            self.plots.show_traces(traces)


class ResidualPage(FirstShown):
    """What is left by time, by pulse, by level."""

    def __init__(self) -> None:
        super().__init__("residualPage", tr("Residual"))
        self._fit: FitCurves | None = None

    def build(self) -> None:
        """Build the plots."""
        from gui.fit.group_plots import ResidualPlots

        self.plots = ResidualPlots()
        self._hint = empty_note(
            tr("After a fit: what it leaves by time, pulse by pulse, and at each level."), "residualHint", alone=True
        )
        column = column_of(self, margins=(0, 0, 0, 0))
        column.addWidget(self._hint)
        column.addWidget(self.plots, 1)

    def refresh(self) -> None:
        """Draw them."""
        self._hint.setVisible(self._fit is None)
        self.plots.setVisible(self._fit is not None)
        self.plots.show_curves(self._fit)

    def paint(self, colours: Colours) -> None:
        """Colour the plots."""
        self.plots.set_colours(colours)

    def show_fit(self, fit: FitCurves | None) -> None:
        """Show a fit, or none."""
        self._fit = fit
        self.changed()


class FiguresPage(FirstShown):
    """Memory quantities and parameters, each with its interval."""

    def __init__(self) -> None:
        super().__init__("figuresPage", tr("Figures"))
        self._memory: Sequence[Row] = ()
        self._parameters: Sequence[Row] = ()

    def build(self) -> None:
        """Build the tables."""
        headings = (tr("Figure"), tr("Value"), tr("95 % interval"), tr("Note"))
        self._memory_table = figures_table("memoryTable", tr("Memory"), headings)
        self._parameter_table = figures_table("parameterTable", tr("Parameters"), headings)
        content = QWidget()
        content.setAutoFillBackground(False)
        column = column_of(content)
        column.addWidget(label(tr("Memory"), "heading"))
        column.addWidget(self._memory_table)
        column.addWidget(label(tr("Parameters"), "heading"))
        column.addWidget(self._parameter_table)
        column.addStretch(1)
        scroll = scrolled_page(self.accessibleName())
        scroll.setWidget(content)
        column_of(self, margins=(0, 0, 0, 0)).addWidget(scroll)

    def refresh(self) -> None:
        """Fill the tables."""
        for table, rows in ((self._memory_table, self._memory), (self._parameter_table, self._parameters)):
            texts = [(one.name, one.value, one.interval, one.doubt or one.note) for one in rows]
            fill(table, texts, [one.doubt or one.note for one in rows], [bool(one.doubt) for one in rows])
            keep_rows_in_sight(table)

    def show_fit(self, fit: ShownFit | None) -> None:
        """Show a fit, or none."""
        self._memory, self._parameters = ((), ()) if fit is None else (fit.memory, fit.parameters)
        self.changed()


class ProfilePage(FirstShown):
    """How sure one parameter is: the best fit of all others with it held."""

    wanted = Signal(str)
    """Work out the profile of this parameter."""

    def __init__(self) -> None:
        super().__init__("profilePage", tr("Profile"))
        self._names: Sequence[str] = ()
        self._profile: ProfileView | None = None

    def build(self) -> None:
        """Build box, button and plot."""
        from gui.fit.group_plots import ProfilePlot

        self._box = QComboBox()
        self._box.setObjectName("profileBox")
        self._box.setAccessibleName(tr("Parameter"))
        self._button = button(
            tr("Draw its profile"), "profileButton", lambda: self.wanted.emit(self._box.currentText())
        )
        self._sentence = label("", "", "profileSentence")
        self.plot = ProfilePlot()
        row = QHBoxLayout()
        row.addWidget(self._box)
        row.addWidget(self._button)
        row.addStretch(1)
        column = column_of(self)
        column.addLayout(row)
        column.addWidget(self._sentence)
        column.addWidget(self.plot, 1)
        column.addStretch()  # where there is no plot yet

    def refresh(self) -> None:
        """Show what there is."""
        if [self._box.itemText(k) for k in range(self._box.count())] != list(self._names):
            self._box.clear()
            self._box.addItems(list(self._names))
        self._button.setEnabled(bool(self._names))
        hint = tr("Choose a parameter: each point is a refit of all others with it held there.")
        self._sentence.setText(hint if self._profile is None else self._profile.sentence)
        self.plot.setVisible(self._profile is not None)
        self.plot.show_profile(self._profile)

    def paint(self, colours: Colours) -> None:
        """Colour the plot."""
        self.plot.set_colours(colours)

    def show_names(self, names: Sequence[str]) -> None:
        """Offer these parameters; a profile of another fit goes."""
        self._names, self._profile = names, None
        self.changed()

    def show_profile(self, profile: ProfileView) -> None:
        """Show a profile."""
        self._profile = profile
        self.changed()


class ListingPage(FirstShown):
    """A sentence, a table and a button that asks for it."""

    wanted = Signal(str)
    """What stands in its box, if it has one."""

    def __init__(self, name: str, title: str, ask: str, hint: str, box: str = "") -> None:
        super().__init__(f"{name}Page", title)
        self._name, self._title, self._ask, self._hint = name, title, ask, hint
        self._box = box
        self._listing: Listing | None = None

    def build(self) -> None:
        """Build them."""
        self._sentence = empty_note(self._hint, f"{self._name}Sentence")
        self._table = figures_table(f"{self._name}Table", self._title, ())
        row = QHBoxLayout()
        entry = QLineEdit(self._box)
        entry.setObjectName(f"{self._name}Edit")
        entry.setAccessibleName(self._title)
        entry.returnPressed.connect(lambda: self.wanted.emit(entry.text()))
        entry.setVisible(bool(self._box))
        row.addWidget(entry, 1 if self._box else 0)
        row.addWidget(button(self._ask, f"{self._name}Button", lambda: self.wanted.emit(entry.text())))
        if not self._box:
            row.addStretch(1)
        column = column_of(self)
        column.addLayout(row)
        column.addWidget(self._sentence)
        column.addWidget(self._table, 1)

    def refresh(self) -> None:
        """Show what there is."""
        listing = self._listing
        self._table.setVisible(listing is not None)
        self._sentence.setText(self._hint if listing is None else listing.sentence)
        if listing is not None:
            show_listing(self._table, listing)

    def show_listing(self, listing: Listing | None) -> None:
        """Show a table, or what there would be."""
        self._listing = listing
        self.changed()
