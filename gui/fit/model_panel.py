"""Panel in which a cell model is chosen and fitted."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QSizePolicy,
    QWidget,
)

from gui.common.circuits import MODELS
from gui.common.widgets import button


class FitPanel(QWidget):
    """Box "Memory": a cell model, and the button that fits it."""

    wanted = Signal(str)
    """Fit this model."""
    unwanted = Signal()
    """Cancel the fit in progress."""

    def __init__(self) -> None:
        super().__init__()
        self.model = QComboBox()
        self.model.setObjectName("modelBox")
        self.model.setEditable(True)
        # A model that is typed is a wish; it stays in the list when it has been fitted.
        self.model.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.model.addItems(MODELS)
        self.model.setToolTip(
            "Cell model as a circuit: R resistor, C capacitor, CPE constant phase element; bulk with memory: "
            "Mig MIGRATION, Cc Cole-Cole, De Debye; “-” in series, p(…,…) in parallel"
        )
        self.model.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._button = button("Fit", "fitButton", self._clicked)
        self._fitting = False
        typed = self.model.lineEdit()
        if typed is not None:
            typed.returnPressed.connect(self._entered)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.model, 1)
        layout.addWidget(self._button)
        self.set_state(reason="There is no finished run yet.", fitting=False)

    def _clicked(self) -> None:
        if self._fitting:
            self.unwanted.emit()
        else:
            self.wanted.emit(self.model.currentText().strip())

    def _entered(self) -> None:
        if self._button.isEnabled() and not self._fitting:
            self._clicked()

    def remember(self, model: str) -> None:
        """Keep a model that has been fitted in the list."""
        if self.model.findText(model) < 0:
            self.model.addItem(model)

    def set_state(self, *, reason: str, fitting: bool) -> None:
        """Enable what can be done now.

        Parameters
        ----------
        reason : str
            Why no fit can be started; empty if one can.
        fitting : bool
            Whether a fit is in progress, which can be cancelled.
        """
        self._fitting = fitting
        self._button.setText("Cancel" if fitting else "Fit")
        self._button.setEnabled(fitting or not reason)
        self._button.setToolTip("Cancel the fit" if fitting else reason or "Fit the cell model to the run (Ctrl+F)")
