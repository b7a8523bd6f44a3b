"""Dialog in which cell models are chosen for a refit of the selected runs."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QLineEdit, QVBoxLayout, QWidget

from gui.common.circuits import MODELS
from gui.common.language import tr
from gui.common.widgets import label

_N_CHOSEN = 3
"""Models that are ticked at first: bulks of three families, which is what a refit is to compare."""
_WIDTH = 420
"""Width (pixels) at first: the longest sentence on two lines."""


class RefitDialog(QDialog):
    """Which models?"""

    chosen = Signal(object)
    """Models (tuple of str)."""

    def __init__(self, parent: QWidget, n_runs: int) -> None:
        super().__init__(parent)
        self.setObjectName("refitDialog")
        self.setWindowTitle(tr("Refit with …"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(_WIDTH, 0)
        self._n_runs = n_runs
        self._boxes = [QCheckBox(model) for model in MODELS]
        for number, box in enumerate(self._boxes):
            box.setObjectName(f"refitModel{number}")
            box.setChecked(number < _N_CHOSEN)
            box.toggled.connect(self._count)
        self.other = QLineEdit()
        self.other.setObjectName("refitOther")
        self.other.setAccessibleName(tr("Other models"))
        self.other.setPlaceholderText(tr("others, with blanks between them: R0-Kww1-CPE1"))
        self.other.textChanged.connect(self._count)
        self._told = label("", "faint", "refitCount")
        self._buttons = QDialogButtonBox()
        self.fit = self._buttons.addButton(tr("Fit"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.fit.setObjectName("refitFitButton")
        self._buttons.addButton(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self._buttons.accepted.connect(self._choose)
        self._buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(label(tr("Each run is fitted with each of these models. Kept fits of other models stay."), ""))
        for part in (*self._boxes, self.other, self._told, self._buttons):
            column.addWidget(part)
        self._count()

    @property
    def models(self) -> tuple[str, ...]:
        """Models that are chosen, each once."""
        ticked = [box.text() for box in self._boxes if box.isChecked()]
        return tuple(dict.fromkeys([*ticked, *self.other.text().split()]))

    def _count(self) -> None:
        n = len(self.models)
        form = tr("{runs} runs, {models} models: {fits} fits, two at a time")
        self._told.setText(form.format(runs=self._n_runs, models=n, fits=self._n_runs * n))
        self.fit.setEnabled(n > 0)

    def _choose(self) -> None:
        self.chosen.emit(self.models)
        self.accept()
