"""What is drawn, as a picture or as a table of numbers."""

from __future__ import annotations

import csv
import io
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QSize
from PySide6.QtGui import QImage, QImageWriter, QPainter
from PySide6.QtWidgets import QApplication, QGraphicsItem, QGraphicsView

from gui.common.quantities import Quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from PySide6.QtWidgets import QWidget

    from gui.common.traces import Traces

_SCALE = 2.0
"""Pixels of a picture for each of the screen: 200 dpi on paper. Doubled, four times the bytes."""


def exported(
    kind: str, figure: QWidget, curves: Sequence[tuple[str, Traces]], quantities: Sequence[Quantity]
) -> bytes | None:
    """Return what is drawn as the content of a file: ``csv``, ``svg`` or ``png``; None for ``copy``, to the clipboard.

    Parameters
    ----------
    kind : str
    figure : QWidget
        The picture.
    curves, quantities
        As for `csv_of`.
    """
    if kind == "copy":
        QApplication.clipboard().setImage(image_of(figure))
        return None
    if kind == "csv":
        return csv_of(curves, quantities)
    return svg_of(figure) if kind == "svg" else png_of(figure)


def svg_of(widget: QWidget) -> bytes:
    """Return a picture of lines and letters that any size of it keeps sharp."""
    from PySide6.QtSvg import QSvgGenerator

    content = QByteArray()
    buffer = QBuffer(content)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(QSize(widget.width(), widget.height()))
    generator.setViewBox(widget.rect())
    painter = QPainter(generator)
    with _painted_anew(widget):
        widget.render(painter, QPoint())
    painter.end()
    return bytes(content.data())


@contextmanager
def _painted_anew(widget: QWidget) -> Iterator[None]:
    """Have everything painted as lines and letters meanwhile, not from pictures that are kept for the screen."""
    views = widget.findChildren(QGraphicsView)
    none = QGraphicsItem.CacheMode.NoCache
    items = [item for view in views for item in view.scene().items() if item.cacheMode() != none]
    kept = [(view, view.cacheMode()) for view in views], [(item, item.cacheMode()) for item in items]
    for view in views:
        view.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)
    for item in items:
        item.setCacheMode(none)
    try:
        yield
    finally:
        for view, flag in kept[0]:
            view.setCacheMode(flag)
        for item, mode in kept[1]:
            item.setCacheMode(mode)


def image_of(widget: QWidget) -> QImage:
    """Return a picture with two pixels for each of the screen."""
    size = QSize(round(widget.width() * _SCALE), round(widget.height() * _SCALE))
    image = QImage(size, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(_SCALE)
    image.fill(widget.palette().color(widget.backgroundRole()))
    painter = QPainter(image)
    with _painted_anew(widget):
        widget.render(painter, QPoint())
    painter.end()
    return image


def png_of(widget: QWidget) -> bytes:
    """Return `image_of` as the content of a PNG file."""
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image_of(widget))
    return bytes(content.data())


def csv_of(curves: Sequence[tuple[str, Traces]], quantities: Sequence[Quantity]) -> bytes:
    """Return the points that are drawn as a table: one row a point, SI units in the headings.

    Readings of the temperature have times of their own, and so rows of their own.

    Parameters
    ----------
    curves : sequence of (str, Traces)
        Each with its name.
    quantities : sequence of Quantity
        Those that are shown.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["curve", "time_s", *(one.column for one in quantities)])
    sampled = [one for one in quantities if one is not Quantity.TEMPERATURE]
    for name, traces in curves:
        drawn = [traces.curve(one)[1] if one in sampled else traces.time_s[:0] for one in quantities]
        columns = [values if len(values) else None for values in drawn]
        if sampled:
            table.writerows(_rows(name, traces.time_s, columns))
        if Quantity.TEMPERATURE in quantities:
            kelvins = [traces.temperature_K if one is Quantity.TEMPERATURE else None for one in quantities]
            table.writerows(_rows(name, traces.temperature_s, kelvins))
    return text.getvalue().encode()


def _rows(name: str, time_s: np.ndarray, columns: Sequence[np.ndarray | None]) -> list[list[object]]:
    cells = [[""] * len(time_s) if column is None else column.tolist() for column in columns]
    return [[name, *row] for row in zip(time_s.tolist(), *cells, strict=True)]
