"""Further pages of the dock "Memory": diagnosis, evidence and experiments, kept fits, several runs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.common.language import tr
from gui.common.widgets import button, label
from gui.fit.parts import (
    FirstShown,
    column_of,
    empty_note,
    figures_table,
    keep_rows_in_sight,
    scrolled_page,
    show_listing,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gui.common.theme import Colours
    from gui.fit.documents import DiagnosisView, SeveralView
    from gui.fit.kept_model import KeptFits
    from gui.fit.result_model import Experiment, ShownFit


class DiagnosisPage(FirstShown):
    """What explains what a fit leaves, and the options that would help as buttons."""

    wanted = Signal()
    together_wanted = Signal()
    option_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__("diagnosisPage", tr("Diagnosis"))
        self._view: DiagnosisView | None = None
        self._of_several = False

    def build(self) -> None:
        """Build button, sentence, options and table."""
        self._sentence = empty_note("", "diagnosisSentence")
        self._options = QWidget()
        self._options.setObjectName("diagnosisOptions")
        self._options_column = QVBoxLayout(self._options)
        self._options_column.setContentsMargins(0, 0, 0, 0)
        self._options_column.setSpacing(4)
        self._causes = figures_table("causeTable", tr("Likely causes"), ())
        row = QHBoxLayout()
        row.addWidget(button(tr("Diagnose"), "diagnoseButton", self.wanted.emit))
        tip = tr("What is wrong with each run, and which does not share what is shared?")
        self._together = button(
            tr("Diagnose the runs together"), "diagnoseAllButton", self.together_wanted.emit, tip=tip
        )
        row.addWidget(self._together)
        row.addStretch(1)
        column = column_of(self)
        column.addLayout(row)
        column.addWidget(self._sentence)
        column.addWidget(self._options)
        column.addWidget(self._causes, 1)

    def refresh(self) -> None:
        """Show what there is."""
        view = self._view
        self._together.setVisible(self._of_several)
        hint = tr(
            "What explains what the fit leaves: a delay, a drift, a history, another relaxation?"
            " Each option that may help is tried."
        )
        self._sentence.setText(hint if view is None else f"{view.sentence} {view.causes.sentence}")
        self._causes.setVisible(view is not None and bool(view.causes.rows))
        while (item := self._options_column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        if view is None:
            return
        show_listing(self._causes, view.causes)
        for number, trial in enumerate(one for one in view.trials if one.option):
            self._options_column.addWidget(
                self._option_row(number, trial.option, trial.left, described=trial.is_described)
            )

    def _option_row(self, number: int, option: str, left: str, *, described: bool) -> QWidget:
        made = QWidget()
        row = QHBoxLayout(made)
        row.setContentsMargins(0, 0, 0, 0)
        text = tr("Fit with {option}").format(option=option)
        row.addWidget(button(text, f"optionButton{number}", lambda: self.option_wanted.emit(option)))
        words = (
            tr("leaves {left}; describes the record")
            if described
            else tr("leaves {left}; does not describe the record")
        )
        row.addWidget(label(words.format(left=left), "" if described else "faint"), 1)
        return made

    def offer_together(self, *, of_several: bool) -> None:
        """Offer to diagnose all runs that are opened, if there are several."""
        self._of_several = of_several
        self.changed()

    def show_diagnosis(self, view: DiagnosisView | None) -> None:
        """Show a diagnosis, or what there would be."""
        self._view = view
        self.changed()


class WhyPage(FirstShown):
    """Why it is who remembers, and the experiment that would decide."""

    experiment_wanted = Signal(int)
    """Open the protocol of this experiment in the editor."""

    def __init__(self) -> None:
        super().__init__("whyPage", tr("Why"))
        self._evidence: Sequence[str] = ()
        self._experiments: Sequence[Experiment] = ()

    def build(self) -> None:
        """Build a column that scrolls."""
        self._scroll = scrolled_page(self.accessibleName())
        column_of(self, margins=(0, 0, 0, 0)).addWidget(self._scroll)

    def refresh(self) -> None:
        """Show evidence and experiments."""
        content = QWidget()
        content.setAutoFillBackground(False)
        column = column_of(content)
        if not self._evidence:
            column.addWidget(
                empty_note(tr("A fit says here what speaks for bulk or electrode, and what would decide."), "whyHint")
            )
        if self._experiments:
            column.addWidget(label(tr("What would decide, or confirm it"), "heading"))
        for one in self._experiments:
            row = QHBoxLayout()
            row.addWidget(label(one.text[:1].upper() + one.text[1:] + ".", "", f"experiment{one.number}"), 1)
            number = one.number
            row.addWidget(
                button(
                    tr("Open as protocol"),
                    f"experimentButton{number}",
                    partial(self.experiment_wanted.emit, number),
                    tip=tr("Open it in the protocol editor"),
                )
            )
            column.addLayout(row)
        if self._evidence:
            column.addWidget(label(tr("Evidence"), "heading"))
        for number, text in enumerate(self._evidence):
            column.addWidget(label("• " + text[:1].upper() + text[1:] + ".", "", f"evidence{number}"))
        column.addStretch(1)
        self._scroll.setWidget(content)

    def show_fit(self, fit: ShownFit | None) -> None:
        """Show a fit, or none."""
        self._evidence, self._experiments = ((), ()) if fit is None else (fit.evidence, fit.experiments)
        self.changed()


class KeptPage(FirstShown):
    """Fits that are kept of the run, side by side."""

    chosen = Signal(str)
    """Show the fit of this circuit."""

    def __init__(self) -> None:
        super().__init__("keptPage", tr("Fits"))
        self._kept: KeptFits | None = None
        self._shown = ""

    def build(self) -> None:
        """Build the table."""
        hint = tr(
            "Each model that was fitted to this run is kept, side by side; a refit of one takes only its own place."
        )
        self._table = figures_table("keptTable", tr("Kept fits"), ())
        self._hint = empty_note(hint, "keptHint")
        self._row = QHBoxLayout()
        column = column_of(self)
        column.addWidget(self._hint)
        column.addLayout(self._row)
        column.addWidget(self._table, 1)

    def refresh(self) -> None:
        """Show them."""
        kept = self._kept
        while (item := self._row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._table.setVisible(kept is not None and bool(kept.circuits))
        if kept is None:
            return
        for number, circuit in enumerate(kept.circuits):
            text = (
                tr("{circuit} is shown").format(circuit=circuit)
                if circuit == self._shown
                else tr("Show {circuit}").format(circuit=circuit)
            )
            made = button(text, f"keptButton{number}", partial(self.chosen.emit, circuit))
            made.setEnabled(circuit != self._shown)
            self._row.addWidget(made)
        self._row.addStretch(1)
        show_listing(self._table, kept.listing)

    def show_kept(self, kept: KeptFits | None, shown: str) -> None:
        """Show what is kept, and which of them is shown."""
        self._kept, self._shown = kept, shown
        self.changed()


class SeveralPage(FirstShown):
    """What several runs, or a spectrum, say: tables, and figures by thickness and temperature."""

    def __init__(self) -> None:
        super().__init__("severalPage", tr("Runs"))
        self._view: SeveralView | None = None

    def build(self) -> None:
        """Build plots, and a column of tables that scrolls."""
        from gui.fit.complex_plane import ComplexPlanePlots
        from gui.fit.group_plots import PointPlots

        self._scroll = scrolled_page(self.accessibleName())
        self._plots, self._planes = PointPlots(), ComplexPlanePlots()
        column = column_of(self)
        column.addWidget(self._plots, 3)
        column.addWidget(self._planes, 3)
        column.addWidget(self._scroll, 2)

    def refresh(self) -> None:
        """Show them."""
        view = self._view
        self._plots.setVisible(view is not None and bool(view.plots))
        self._plots.show_points(() if view is None else view.plots)
        self._planes.setVisible(view is not None and bool(view.spectra))
        self._planes.show_spectra(() if view is None else view.spectra)
        content = QWidget()
        content.setAutoFillBackground(False)
        column = column_of(content, margins=(0, 0, 4, 0))
        if view is None:
            hint = tr(
                "Open several runs; then compare them, or fit them together, under “Several runs” in “Cell model”."
            )
            column.addWidget(empty_note(hint, "severalHint"))
        for number, listing in enumerate(() if view is None else view.listings):
            column.addWidget(label(listing.sentence, "subheading", f"severalHeading{number}"))
            table = figures_table(f"severalTable{number}", listing.sentence, ())
            show_listing(table, listing)
            keep_rows_in_sight(table)
            column.addWidget(table)
            for text in listing.notes:
                column.addWidget(label("• " + text, "", ""))
        column.addStretch(1)
        self._scroll.setWidget(content)

    def paint(self, colours: Colours) -> None:
        """Colour the plots."""
        self._plots.set_colours(colours)
        self._planes.set_colours(colours)

    def show_several(self, view: SeveralView | None) -> None:
        """Show what several runs say, or what there would be."""
        self._view = view
        self.changed()
