"""Icons of the window: own drawings in the colour of the text, so that they are seen in light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap, QPixmapCache

if TYPE_CHECKING:
    from PySide6.QtGui import QColor

_GRID = 24
"""Units of a drawing's side; its lines are two units wide, as wide as the strokes of letters beside it."""
_SIZES = (14, 16, 18, 20, 28, 32, 36, 40, 64)
"""Pixels at which a drawing is made: the sizes of titles, menus and tool bars, once and twice as dense."""
_DRAWINGS = {
    "open": "M3 19V6a1 1 0 0 1 1-1h5l2 3h9a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1z",
    "save": "M5 3h11l4 4v13a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM8 3v5h7V3M8 21v-7h8v7",
    "run": "M7 4l12 8-12 8z",
    "stop": "M6 6h12v12H6z",
    "undo": "M9 7L4 12l5 5M4 12h10a6 6 0 0 1 6 6",
    "redo": "M15 7l5 5-5 5M20 12H10a6 6 0 0 0-6 6",
    "commands": "M5 7l4 5-4 5M12 17h8",
    "whole": "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
    "measure": "M3 12h4l3-8 4 16 3-8h4",
    "analyse": "M4 4v16h16M8 16l4-5 3 2 5-7",
    "reset": "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
    "compare": "M4 17l5-7 4 3 7-9M4 21l6-4 4 2 6-6",
    "export": "M12 15V3M7 8l5-5 5 5M4 15v5h16v-5",
    "float": "M4 9h11v11H4zM9 9V4h11v11h-5",
    "close": "M6 6l12 12M18 6L6 18",
    "queue": "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
    "fit": "M3 20c6 0 5-14 18-14M5 9h.01M9 15h.01M13 10h.01M18 8h.01",
}
"""Paths in the language of SVG (SVG 1.1, 8.3); drawn for ionecho."""


def names() -> list[str]:
    """Return the names of the icons."""
    return list(_DRAWINGS)


def icon(name: str, colour: QColor) -> QIcon:
    """Return an icon in a colour; an empty one for a name that there is no drawing of.

    Parameters
    ----------
    name : str
    colour : QColor
        Of the text that it stands beside.
    """
    made = QIcon()
    if name not in _DRAWINGS:
        return made
    for size in _SIZES:
        key = f"ionecho {name} {colour.name()} {size}"  # each dock has the same two
        pixmap = QPixmap()
        if not QPixmapCache.find(key, pixmap):
            pixmap = _drawn(name, colour, size)
            QPixmapCache.insert(key, pixmap)
        made.addPixmap(pixmap)
    return made


def _drawn(name: str, colour: QColor, size: int) -> QPixmap:
    from PySide6.QtSvg import QSvgRenderer

    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_GRID} {_GRID}" fill="none" stroke="{colour.name()}" '
        f'stroke-width="2" stroke-linecap="round" stroke-linejoin="round"><path d="{_DRAWINGS[name]}"/></svg>'
    )
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(drawing.encode())).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap
