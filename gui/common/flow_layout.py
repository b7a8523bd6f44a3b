"""Layout that puts widgets beside each other, and into another row where there is no more room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


class FlowLayout(QLayout):
    """Rows of widgets as wide as the widget that holds them.

    Parameters
    ----------
    parent : QWidget
    spacing : int
        Pixels between widgets, and between rows.
    """

    def __init__(self, parent: QWidget, spacing: int) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setSpacing(spacing)

    def addItem(self, item: QLayoutItem) -> None:
        """Take an item as the last one."""
        self._items.append(item)

    def count(self) -> int:
        """Return the number of items."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Return an item; None beyond the last one, as Qt wants it."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Give an item away."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """Return none: it takes what it needs."""
        return Qt.Orientation(0)

    def height_at(self, width: int) -> int:
        """Return the height of all rows at a width.

        Not by Qt's height for width: what scrolls would keep room for the rows of the narrowest width.
        """
        return self._place(QRect(0, 0, width, 0), really=False)

    def setGeometry(self, rectangle: QRect) -> None:
        """Put the widgets into their places."""
        super().setGeometry(rectangle)
        self._place(rectangle, really=True)

    def sizeHint(self) -> QSize:
        """Return the size of one row."""
        margins = self.contentsMargins()
        hints = [item.sizeHint() for item in self._items if not item.isEmpty()]
        width = sum(hint.width() + self.spacing() for hint in hints) + margins.left() + margins.right()
        return QSize(width, max((hint.height() for hint in hints), default=0) + margins.top() + margins.bottom())

    def minimumSize(self) -> QSize:
        """Return the size of the widest widget."""
        margins = self.contentsMargins()
        least = QSize(0, 0)
        for item in self._items:
            if not item.isEmpty():
                least = least.expandedTo(item.minimumSize())
        return least + QSize(margins.left() + margins.right(), margins.top() + margins.bottom())

    def _place(self, rectangle: QRect, *, really: bool) -> int:
        """Place the widgets, if really, and return the height of their rows."""
        margins = self.contentsMargins()
        inner = rectangle.marginsRemoved(margins)
        y = inner.y()
        for row in self._rows(inner.width()):
            height = max(item.sizeHint().height() for item in row)
            x = inner.x()
            for item in row:
                size = item.sizeHint()
                if really:
                    item.setGeometry(QRect(QPoint(x, y + (height - size.height()) // 2), size))
                x += size.width() + self.spacing()
            y += height + self.spacing()
        return y - self.spacing() - rectangle.y() + margins.bottom()

    def _rows(self, width: int) -> list[list[QLayoutItem]]:
        """Return the items of each row."""
        rows: list[list[QLayoutItem]] = []
        left = 0
        for item in self._items:
            if item.isEmpty():
                continue
            needed = item.sizeHint().width() + self.spacing()
            if not rows or left + self.spacing() < needed:
                rows.append([])
                left = width
            rows[-1].append(item)
            left -= needed
        return rows
