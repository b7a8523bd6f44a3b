"""Upper and lower edge of the window, which no dock can cover: menus, alarm, header above; messages below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QStatusBar, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence


class UpperEdge(QWidget):
    """What stands above the docks, one below the other; the window is never narrower than that.

    Parameters
    ----------
    parts : sequence of QWidget
    """

    def __init__(self, parts: Sequence[QWidget]) -> None:
        super().__init__()
        self.setObjectName("upperEdge")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in parts:
            column.addWidget(part)

    def event(self, event: QEvent) -> bool:
        """Keep the window as wide as the parts need: Qt looks at the height only of what stands in place of menus."""
        if event.type() == QEvent.Type.LayoutRequest and self.parentWidget() is not None:
            self.window().setMinimumWidth(self.minimumSizeHint().width())
        return super().event(event)


class LowerEdge(QStatusBar):
    """What stands below the docks: messages until they are dismissed, above the status line.

    Parameters
    ----------
    parts : sequence of QWidget
    """

    def __init__(self, parts: Sequence[QWidget]) -> None:
        super().__init__()
        self.setObjectName("lowerEdge")
        self.setSizeGripEnabled(False)
        self.setContentsMargins(0, 0, 0, 0)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in parts:
            column.addWidget(part)
        self.addWidget(whole, 1)
