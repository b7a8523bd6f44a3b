"""Table in which parameters are given a start, held at what is known of them, or bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QSizePolicy, QTableWidgetItem, QVBoxLayout, QWidget

from gui.common.language import tr
from gui.common.widgets import button, label
from gui.fit.fit_wish import Constraint
from gui.fit.parts import figures_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gui.fit.circuit_model import CircuitParameter

_ROWS = 7
"""Rows that are seen without scrolling: those of the usual circuit. Doubled, a small window shows nothing else."""
_NAME, _START, _HELD, _BOUNDS = range(4)
"""Columns, as their headings stand."""


class ConstraintTable(QWidget):
    """Start, held value and bounds of each parameter of the circuit."""

    changed = Signal()
    """Something was set."""

    def __init__(self) -> None:
        super().__init__()
        self._filling = False
        headings = (tr("Parameter"), tr("Start"), tr("Fix at"), tr("Bounds"))
        self._table = figures_table("constraintTable", tr("Start, fixed value and bounds"), headings, editable=True)
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.AllEditTriggers)
        self._table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._table.itemChanged.connect(lambda _item: None if self._filling else self.changed.emit())
        self._kept: dict[str, Constraint] = {}
        self._fitted: Mapping[str, str] = {}
        self._take = button(tr("Start from the fit"), "startFromFit", self._start_from_fit)
        clear = button(tr("Clear"), "clearConstraints", self.clear)
        row = QHBoxLayout()
        row.addWidget(self._take)
        row.addWidget(clear)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(label(tr("Values with a unit, such as 300 ohm; bounds as 100 ohm .. 1 kohm"), "faint"))
        column.addWidget(self._table)
        column.addLayout(row)
        self.set_parameters(())

    def set_parameters(self, parameters: Sequence[CircuitParameter]) -> None:
        """Show the parameters of a circuit; what was set of those that it has as well stays."""
        self._keep()
        self._filling = True
        self._table.setRowCount(len(parameters))
        for row, one in enumerate(parameters):
            known = self._kept.get(one.name, Constraint(one.name))
            unit = tr("Unit: {unit}; it may be {range}").format(unit=one.unit or "–", range=one.range)
            for column, text in enumerate((one.name, known.start, known.held, known.bounds)):
                item = QTableWidgetItem(text)
                item.setToolTip(unit)
                if column == _NAME:
                    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
                self._table.setItem(row, column, item)
        self._filling = False
        seen = min(max(len(parameters), 1), _ROWS)
        self._table.setFixedHeight(self._table.horizontalHeader().sizeHint().height() + 24 * seen + 18)

    def set_fitted(self, values: Mapping[str, str]) -> None:
        """Take fitted values, by name, for *Start from the fit*."""
        self._fitted = values
        self._take.setEnabled(bool(values))

    def constraints(self) -> tuple[Constraint, ...]:
        """Return what is set of the parameters that are shown."""
        self._keep()
        names = [self._text(row, _NAME) for row in range(self._table.rowCount())]
        return tuple(self._kept[name] for name in names if name in self._kept)

    def clear(self) -> None:
        """Take everything back."""
        self._kept = {}
        self._filling = True
        for row in range(self._table.rowCount()):
            for column in (_START, _HELD, _BOUNDS):
                self._set_text(row, column, "")
        self._filling = False
        self.changed.emit()

    def _start_from_fit(self) -> None:
        for row in range(self._table.rowCount()):
            value = self._fitted.get(self._text(row, _NAME), "")
            if value:
                self._set_text(row, _START, value)

    def _set_text(self, row: int, column: int, text: str) -> None:
        item = self._table.item(row, column)
        if item is not None:
            item.setText(text)

    def _text(self, row: int, column: int) -> str:
        item = self._table.item(row, column)
        return "" if item is None else item.text().strip()

    def _keep(self) -> None:
        """Remember what is set, so that another circuit with the same parameters begins with it."""
        for row in range(self._table.rowCount()):
            name = self._text(row, _NAME)
            one = Constraint(name, *(self._text(row, column) for column in (_START, _HELD, _BOUNDS)))
            if one == Constraint(name):
                self._kept.pop(name, None)
            else:
                self._kept[name] = one
