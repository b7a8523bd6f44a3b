"""Panel in which a cell model is chosen and fitted, with all that is said of it, of record and sample."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QToolButton, QVBoxLayout, QWidget

from gui.common.language import tr
from gui.common.widgets import button, label
from gui.fit.circuit_drawing import CircuitDrawing
from gui.fit.circuit_edit import CircuitEdit
from gui.fit.constraint_table import ConstraintTable
from gui.fit.fit_wish import FitKind, FitWish
from gui.fit.record_form import RecordForm, SampleForm, TogetherForm

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gui.common.theme import Colours
    from gui.fit.circuit_model import CircuitView

_REST_MS = 150
"""How long nothing is typed before a circuit is looked at. Doubled, the drawing limps behind; halved, every letter of a
fast typist is a fault for a moment."""

_LEAST_HEIGHT = 30
"""Pixels of what scrolls in the panel: a row. Doubled, a low dock scrolls a panel that scrolls."""


class Section(QWidget):
    """A part of a panel under a heading that opens and closes it.

    Parameters
    ----------
    title, name, tip : str
    content : QWidget
    """

    def __init__(self, title: str, name: str, tip: str, content: QWidget) -> None:
        super().__init__()
        self._content = content
        self._head = QToolButton()
        self._head.setObjectName(name)
        self._head.setText(title)
        self._head.setAccessibleName(title)
        self._head.setToolTip(tip)
        self._head.setAccessibleDescription(tip)
        self._head.setProperty("role", "section")
        self._head.setCheckable(True)
        self._head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._head.toggled.connect(self._toggle)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._head)
        column.addWidget(content)
        self._toggle(False)

    def _toggle(self, opened: bool) -> None:
        self._head.setArrowType(Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow)
        self._content.setVisible(opened)

    def open(self) -> None:
        """Open it."""
        self._head.setChecked(True)


class FitPanel(QWidget):
    """Dock "Cell model": the circuit, its parameters, the record, the sample, and the button that fits."""

    wanted = Signal(object)
    """`FitWish`."""
    unwanted = Signal()
    """Cancel the fit in progress."""
    keep_wanted = Signal(object)
    """`FitWish` whose statements are to be kept with the run."""
    circuit_asked = Signal(str)
    """What is to be known of this text?"""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("fitPanel")
        self.model = CircuitEdit()
        self._subject = label("", "faint", "fitSubject")
        self._fault = label("", "fault", "circuitFault")
        self._fault.setVisible(False)
        self._drawing = CircuitDrawing()
        self._button = button(tr("Fit"), "fitButton", self._clicked, "primary")
        self._constraints = ConstraintTable()
        self._record = RecordForm()
        self._sample = SampleForm()
        self._together = TogetherForm()
        self._fitting = False
        self._reason = ""
        self._typing = QTimer(self, singleShot=True, interval=_REST_MS)
        self._typing.timeout.connect(lambda: self.circuit_asked.emit(self.model.circuit()))
        self.model.edited.connect(lambda _text: self._typing.start())
        self.model.entered.connect(self._entered)
        self._record.keep_wanted.connect(lambda: self.keep_wanted.emit(self.wish()))
        self._together.joint_wanted.connect(lambda: self.ask(FitKind.JOINT))
        self._together.diagnosis_wanted.connect(lambda: self.ask(FitKind.DIAGNOSE_TOGETHER))
        self._together.compare_wanted.connect(lambda: self.ask(FitKind.COMPARE))
        self._lay_out()
        self.set_subject(())
        self.set_state(reason=tr("There is no finished run yet."), fitting=False)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.model, 1)
        row.addWidget(self._button)
        self._several = Section(
            tr("Several runs"), "sectionSeveral", tr("Compare them, or fit them together"), self._together
        )
        content = QWidget()
        content.setObjectName("fitPanelContent")
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(8)
        column.addWidget(self._subject)
        column.addLayout(row)
        column.addWidget(self._fault)
        column.addWidget(self._drawing)
        self._sections = {
            "parameters": Section(
                tr("Parameters"), "sectionParameters", tr("Start, fix or bound a parameter"), self._constraints
            ),
            "record": Section(tr("Record"), "sectionRecord", tr("Edges, history, delay, drift"), self._record),
            "sample": Section(
                tr("Sample"),
                "sectionSample",
                tr("Thickness, area and so on: they tell bulk from interfaces"),
                self._sample,
            ),
            "several": self._several,
        }
        for section in self._sections.values():
            column.addWidget(section)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(content)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setMinimumHeight(_LEAST_HEIGHT)
        scroll.viewport().setAutoFillBackground(False)
        content.setAutoFillBackground(False)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)

    def _clicked(self) -> None:
        if self._fitting:
            self.unwanted.emit()
        else:
            self.ask(FitKind.CIRCUIT)

    def _entered(self) -> None:
        if not self._fitting and not self._reason:
            self.ask(FitKind.CIRCUIT)

    def ask(self, kind: FitKind, **changes: object) -> None:
        """Ask for a fit of what stands in the panel.

        Parameters
        ----------
        kind : FitKind
        **changes : object
            Fields of the wish that differ.
        """
        self.wanted.emit(replace(self.wish(kind), **changes))  # type: ignore[arg-type]

    def wish(self, kind: FitKind = FitKind.CIRCUIT) -> FitWish:
        """Return all that stands in the panel."""
        return FitWish(
            self.model.circuit(),
            kind,
            record=self._record.settings(),
            sample=self._sample.settings(),
            constraints=self._constraints.constraints(),
            together=self._together.settings(),
        )

    def show_wish(self, wish: FitWish) -> None:
        """Show what another part of the window has asked for."""
        if wish.circuit and wish.circuit != self.model.circuit():
            self.model.set_circuit(wish.circuit)
        if wish.record != self._record.settings():
            self._record.show_settings(wish.record)
            self._sections["record"].open()

    def show_circuit(self, view: CircuitView) -> None:
        """Show what is known of a text, if it still stands in the box."""
        if view.text != self.model.circuit():
            return
        words = tr("At character {at}: {fault}").format(at=view.fault_at + 1, fault=view.fault)
        self._fault.setText(words if view.fault else "")
        self._fault.setVisible(bool(view.fault))
        self._drawing.setVisible(view.scheme is not None)
        if view.scheme is not None:
            self._drawing.show_scheme(view.scheme, view.text)
            self._constraints.set_parameters(view.parameters)

    def set_elements(self, elements: Sequence[tuple[str, str]]) -> None:
        """Offer these elements as one types."""
        self.model.set_elements(elements)

    def set_fitted(self, values: dict[str, str]) -> None:
        """Take the fitted values of the circuit, for new starts."""
        self._constraints.set_fitted(values)

    def remember(self, model: str) -> None:
        """Keep a model that has been fitted in the list."""
        self.model.remember(model)

    def set_subject(self, runs: Sequence[Path]) -> None:
        """Say which runs are fitted."""
        if len(runs) > 1:
            text = tr("{first} and {n} more: Fit takes the first").format(first=runs[0].name, n=len(runs) - 1)
        else:
            text = (
                tr("Run: {name}").format(name=runs[0].name)
                if runs
                else tr("Measure, or open a run, then fit a model to it.")
            )
        self._subject.setText(text)
        self._several.setVisible(len(runs) > 1)

    def set_state(self, *, reason: str, fitting: bool) -> None:
        """Enable what can be done now.

        Parameters
        ----------
        reason : str
            Why no fit can be started; empty if one can.
        fitting : bool
            Whether a fit is in progress, which can be cancelled.
        """
        self._fitting, self._reason = fitting, reason
        self._button.setText(tr("Cancel") if fitting else tr("Fit"))
        self._button.setEnabled(fitting or not reason)
        fit_tip = tr("Fit the cell model to the run (Ctrl+F, or Enter in the box)")
        self._button.setToolTip(tr("Cancel the fit") if fitting else reason or fit_tip)
        self._together.setEnabled(not reason and not fitting)

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        self._drawing.set_colours(colours)
