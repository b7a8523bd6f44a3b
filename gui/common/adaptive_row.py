"""Row of two parts that becomes two rows where it is narrow: docks stand at the side as well as below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QBoxLayout, QLayout, QSizePolicy, QWidget

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent


class AdaptiveRow(QWidget):
    """Parts beside each other where there is room, else above each other.

    Parameters
    ----------
    width : int
        Width (pixels) from which they stand beside each other.
    parts : tuple of QWidget or QLayout, and int
        Each with its share of the width that is left.
    """

    def __init__(self, width: int, *parts: tuple[QWidget | QLayout, int]) -> None:
        super().__init__()
        self._width = width
        self._layout = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        for part, share in parts:
            if isinstance(part, QWidget):
                self._layout.addWidget(part, share)
            else:
                self._layout.addLayout(part, share)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Turn."""
        super().resizeEvent(event)
        is_wide = self.width() >= self._width
        wanted = QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom
        if self._layout.direction() != wanted:
            self._layout.setDirection(wanted)
