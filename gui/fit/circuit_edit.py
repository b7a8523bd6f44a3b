"""Box in which a circuit is typed: elements are offered as one types, and Enter fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QStringListModel, Qt, Signal
from PySide6.QtWidgets import QComboBox, QCompleter, QLineEdit, QListView, QSizePolicy

from gui.common.circuits import MODELS
from gui.common.language import tr
from gui.fit.circuit_model import completed, typed_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QEvent, QObject
    from PySide6.QtGui import QKeyEvent

_SHOWN = 12
"""Elements that are offered at once; more scroll."""


class CircuitEdit(QComboBox):
    """A circuit, chosen or typed."""

    edited = Signal(str)
    """What stands in the box now."""
    entered = Signal()
    """Enter was pressed, and was not for the list of elements."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("modelBox")
        self.setAccessibleName(tr("Cell model"))
        self.setAccessibleDescription(tr("A circuit such as R0-Mig1-CPE1; elements are offered as you type."))
        self.setEditable(True)
        # A model that is typed is a wish; it stays in the list when it has been fitted.
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setCompleter(None)  # type: ignore[arg-type]
        self.addItems(MODELS)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumContentsLength(10)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setToolTip(
            tr(
                "Cell model as a circuit: “-” in series, p(…,…) in parallel; R resistor, C capacitor, CPE constant"
                " phase element; bulk with memory: Mig MIGRATION, Cc Cole-Cole, De Debye"
            )
        )
        self._offered = QStringListModel(self)
        self._codes: list[str] = []
        self._elements: tuple[tuple[str, str], ...] = ()
        self._completer = QCompleter(self._offered, self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setMaxVisibleItems(_SHOWN)
        self._popup = QListView()
        self._completer.setPopup(self._popup)
        self._popup.setObjectName("elementList")
        self._popup.setAccessibleName(tr("Elements"))
        self._line = QLineEdit()
        self._line.setObjectName("modelEdit")
        self._line.setAccessibleName(tr("Cell model"))
        self.setLineEdit(self._line)
        self._line.setCompleter(None)  # type: ignore[arg-type]
        self._completer.setWidget(self._line)
        self._popup.clicked.connect(self._take)
        self._line.textEdited.connect(self._offer)
        self._line.textChanged.connect(self.edited)
        self._line.installEventFilter(self)
        self._popup.installEventFilter(self)
        self.setCurrentText(MODELS[0])

    def circuit(self) -> str:
        """Return what stands in the box."""
        return self._line.text().strip()

    def set_circuit(self, circuit: str) -> None:
        """Put another circuit into the box."""
        self._line.setText(circuit)

    def remember(self, circuit: str) -> None:
        """Keep a circuit that has been fitted in the list; what stands in the box stays there."""
        if self.findText(circuit, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchCaseSensitive) < 0:
            text = self._line.text()
            self.addItem(circuit)
            self._line.setText(text)

    def set_elements(self, elements: Sequence[tuple[str, str]]) -> None:
        """Offer these elements, each with code and title."""
        self._elements = tuple(elements)

    def mark(self, at: int) -> None:
        """Put the cursor to the character that is wrong."""
        self._line.setCursorPosition(min(at, len(self._line.text())))

    def _offer(self, _text: str) -> None:
        typed = typed_code(self._line.text(), self._line.cursorPosition())
        found = [one for one in self._elements if one[0].casefold().startswith(typed.casefold())] if typed else []
        if not found:
            self._popup.hide()
            return
        # What is typed as it is comes first.
        found.sort(key=lambda one: (not one[0].startswith(typed), len(one[0])))
        self._codes = [code for code, _ in found]
        self._offered.setStringList([f"{code}   {title}" for code, title in found])
        area = self._line.cursorRect()
        area.setWidth(max(self._popup.sizeHintForColumn(0) + 30, 200))
        self._completer.complete(area)
        self._popup.setCurrentIndex(self._offered.index(0))

    def _take(self, index: QModelIndex) -> None:
        self._popup.hide()
        text, cursor = completed(self._line.text(), self._line.cursorPosition(), self._codes[index.row()])
        self._line.setText(text)
        self._line.setCursorPosition(cursor)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Give keys to the list of elements while it is there: Tab and Enter take one."""
        if event.type() == event.Type.KeyPress:
            key: QKeyEvent = event  # type: ignore[assignment]
            if self._on_key(Qt.Key(key.key())):
                return True
        return super().eventFilter(watched, event)

    def _on_key(self, key: Qt.Key) -> bool:
        popup = self._popup
        is_enter = key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        if popup.isVisible():
            if key is Qt.Key.Key_Escape:
                popup.hide()
                return True
            if key is Qt.Key.Key_Tab or is_enter:
                index = popup.currentIndex()
                if index.isValid():
                    self._take(index)
                    return True
                popup.hide()
        if is_enter:
            self.entered.emit()
            return True
        return False
