"""Drawing of a circuit: parts in series from left to right, branches side by side one above the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.common.language import tr

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from fitting.model.scheme import Part, Row, Scheme
    from gui.common.theme import Colours

_PART = (54.0, 40.0)
"""Width and height (pixels) of a part with its name above it, where there is room. Doubled, three parts fill a dock."""
_GAP = 8.0
"""Pixels of wire at either end of branches. Doubled, drawings are wider for nothing."""
_DOWN = 6.0
"""Pixels by which wires lie below the middle of a part: its name stands above it."""
_HIGHEST = 132
"""Greatest height (pixels): three branches. Doubled, a small window has no room for the rest."""


class CircuitDrawing(QWidget):
    """A drawn circuit; it shrinks to the room that there is."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("circuitDrawing")
        self.setAccessibleName(tr("Drawn circuit"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._scheme: Row | None = None
        self._colours: Colours | None = None

    def show_scheme(self, scheme: Row | None, text: str) -> None:
        """Draw a circuit, or nothing.

        Parameters
        ----------
        scheme : Row or None
        text : str
            The circuit as it is written, for screen readers.
        """
        self._scheme = scheme
        self.setAccessibleDescription(text)
        parts = [] if scheme is None else [f"{one.name}: {one.title}" for one in _parts(scheme)]
        self.setToolTip("\n".join(parts))
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        self._colours = colours
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size at which parts have their full size, if that is not too high."""
        if self._scheme is None:
            return QSize(round(_PART[0]), round(_PART[1]))
        width, height = _size(self._scheme)
        return QSize(round(width + 4 * _GAP), min(round(height) + 6, _HIGHEST))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the circuit, as large as it may be."""
        if self._scheme is None or self._colours is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width, height = _size(self._scheme)
        width += 4 * _GAP
        scale = min(self.width() / width, self.height() / (height + 4), 1.0)
        painter.scale(scale, scale)
        top = 0.5 * (self.height() / scale - height)
        left = 2 * _GAP
        _Painter(painter, self._colours).draw_all(self._scheme, QRectF(left, top, width - 4 * _GAP, height))


def _parts(scheme: Scheme) -> list[Part]:
    members: Any = getattr(scheme, "members", None) or getattr(scheme, "branches", None)
    return [scheme] if members is None else [part for one in members for part in _parts(one)]  # type: ignore[list-item]


def _size(scheme: Scheme) -> tuple[float, float]:
    """Return width and height of a part of a circuit (pixels)."""
    if hasattr(scheme, "members"):
        sizes = [_size(one) for one in scheme.members]
        return sum(width for width, _ in sizes), max(height for _, height in sizes)
    if hasattr(scheme, "branches"):
        sizes = [_size(one) for one in scheme.branches]
        return max(width for width, _ in sizes) + 2 * _GAP, sum(height for _, height in sizes)
    return _PART


class _Painter:
    """Paints a circuit with one pen."""

    def __init__(self, painter: QPainter, colours: Colours) -> None:
        self._painter = painter
        self._wire = QPen(colours.ink, 1.4)
        self._bulk = QPen(colours.fit, 2.0)
        self._lag = QPen(colours.faint, 1.4, Qt.PenStyle.DashLine)
        font = painter.font()
        font.setPixelSize(11)
        painter.setFont(font)

    def draw_all(self, scheme: Row, room: QRectF) -> None:
        """Draw a whole circuit, with its clips at both ends."""
        y = room.center().y() + _DOWN
        for x, outer in ((room.left(), room.left() - 2 * _GAP + 4), (room.right(), room.right() + 2 * _GAP - 4)):
            self._line(x, y, outer, y)
            self._painter.drawEllipse(QPointF(outer, y), 2.5, 2.5)
        self._draw(scheme, room)

    def _draw(self, scheme: Scheme, room: QRectF) -> None:
        if hasattr(scheme, "members"):
            self._series(scheme.members, room)
        elif hasattr(scheme, "branches"):
            self._parallel(scheme.branches, room)
        else:
            self._part(scheme, room)

    def _series(self, members: tuple[Scheme, ...], room: QRectF) -> None:
        spare = (room.width() - sum(_size(one)[0] for one in members)) / 2
        x = room.left() + spare
        self._line(room.left(), room.center().y() + _DOWN, x, room.center().y() + _DOWN)
        for one in members:
            width = _size(one)[0]
            self._draw(one, QRectF(x, room.top(), width, room.height()))
            x += width
        self._line(x, room.center().y() + _DOWN, room.right(), room.center().y() + _DOWN)

    def _parallel(self, branches: tuple[Scheme, ...], room: QRectF) -> None:
        heights = [_size(one)[1] for one in branches]
        y = room.center().y() - sum(heights) / 2
        middles = []
        for one, height in zip(branches, heights, strict=True):
            self._draw(one, QRectF(room.left() + _GAP, y, room.width() - 2 * _GAP, height))
            middles.append(y + height / 2 + _DOWN)
            y += height
        for x, outer in ((room.left() + _GAP, room.left()), (room.right() - _GAP, room.right())):
            self._line(x, middles[0], x, middles[-1])
            self._line(x, room.center().y() + _DOWN, outer, room.center().y() + _DOWN)

    def _part(self, part: Part, room: QRectF) -> None:
        x, middle = room.center().x(), room.center().y() + _DOWN
        body = QRectF(x - 14, middle - 7, 28, 14)
        symbol = str(part.symbol)
        half = 3.0 if symbol in {"capacitor", "constant phase"} else 14.0
        self._line(room.left(), middle, x - half, middle)
        self._line(x + half, middle, room.right(), middle)
        self._painter.setPen({"bulk": self._bulk, "lag": self._lag}.get(symbol, self._wire))
        self._symbol(symbol, body)
        self._painter.setPen(self._wire)
        name = QRectF(room.left() - 4, middle - 24, room.width() + 8, 15)
        self._painter.drawText(name, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom, part.name)

    def _symbol(self, symbol: str, body: QRectF) -> None:
        painter, x, y = self._painter, body.center().x(), body.center().y()
        if symbol == "capacitor":
            for offset in (-3.0, 3.0):
                painter.drawLine(QPointF(x + offset, y - 9), QPointF(x + offset, y + 9))
        elif symbol == "constant phase":
            for offset in (-3.0, 3.0):
                tip = QPointF(x + offset + 3, y)
                painter.drawPolyline(QPolygonF([QPointF(x + offset - 3, y - 9), tip, QPointF(x + offset - 3, y + 9)]))
        elif symbol == "inductor":
            for k in range(4):
                painter.drawArc(QRectF(body.left() + 7 * k, y - 5, 7, 10), 0, 180 * 16)
        elif symbol == "bulk":
            painter.drawRoundedRect(body, 6, 6)
            # What it remembers: a conductance that falls.
            fall = [
                QPointF(body.left() + 5, y - 3),
                QPointF(x - 4, y - 2),
                QPointF(x + 1, y + 3),
                QPointF(body.right() - 5, y + 3),
            ]
            painter.drawPolyline(QPolygonF(fall))
        else:
            painter.drawRect(body)
            if symbol == "diffusion":
                painter.drawText(body, Qt.AlignmentFlag.AlignCenter, "W")

    def _line(self, x: float, y: float, to_x: float, to_y: float) -> None:
        self._painter.setPen(self._wire)
        self._painter.drawLine(QPointF(x, y), QPointF(to_x, to_y))
