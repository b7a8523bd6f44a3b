"""Pieces of PDF pages: texts and tables as Qt lays them out, cut between lines and rows where they are long.

Qt is loaded only here and in `reports.pdf_page`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from reports.content import Row
from reports.drawing import COLOURS
from reports.figure import Ink
from reports.html_page import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.content import Table

GAP_MM = 3.0
"""Between blocks."""
WIDTH_MM = 178.0
"""Of what is set: two columns of a journal."""
RULE, QUIET = "#dcdce2", "#5c5c66"
_POINTS_PER_MM = 72.0 / 25.4
"""Texts are laid out in points."""
_STYLE = f"""
* {{ color: {COLOURS[Ink.TEXT][0]}; }}
h1 {{ font-size: 17pt; }} h2 {{ font-size: 12pt; }}
.quiet {{ color: {QUIET}; }} .small {{ font-size: 8pt; }}
td, th {{ padding: 2pt 8pt 2pt 0; font-size: 8pt; }}
"""
"""Style of texts, in points: those of `_TEXT_PT`, headings, and tables a point smaller."""
_TEXT_PT = 9.0
"""Size of the text (points), as journals set it."""
_INDENT_PT = 12.0
"""Indent of lists (points)."""
_TALL_MM = 90.0
"""Height of a text from which it may be cut between lines: a third of a page. Doubled, pages end half empty."""
_INSET_PT = 0.25
"""Strip of a slice that is left out above and below (points): between lines there is nothing to be seen."""
_ROW_PAD = 2.0
"""Room above the text of a row of a table (points)."""
_ROWS_AT_ONCE = 8
"""Rows of a table that stay together on a page. Doubled, a page may end half empty."""


@dataclass
class Piece:
    """What is set as a whole, with its height (mm); `draw` is given the painter and the place of its top left (mm)."""

    height_mm: float
    draw: Any
    keeps_with_next: bool = False
    gap_mm: float = GAP_MM
    head: Piece | None = None
    """What stands above it where a page begins with it."""


def document_of(html: str, width_mm: float) -> Any:
    """Return a laid-out text; its lengths are points."""
    from PySide6.QtGui import QFont, QTextDocument

    document = QTextDocument()
    document.setDocumentMargin(0.0)
    document.setIndentWidth(_INDENT_PT)
    font = QFont("DejaVu Sans")
    font.setStyleHint(QFont.StyleHint.SansSerif)
    font.setPixelSize(round(_TEXT_PT))
    document.setDefaultFont(font)
    document.setDefaultStyleSheet(re.sub(r"(\d)pt", r"\1px", _STYLE))
    document.setHtml(html)
    document.setTextWidth(width_mm * _POINTS_PER_MM)
    return document


def draw_document(document: Any, painter: Any, x_mm: float, y_mm: float) -> None:
    """Draw a laid-out text with its top left at a place of the page."""
    painter.save()
    painter.translate(x_mm, y_mm)
    painter.scale(1.0 / _POINTS_PER_MM, 1.0 / _POINTS_PER_MM)
    document.drawContents(painter)
    painter.restore()


def height_mm_of(document: Any) -> float:
    """Return the height of a laid-out text."""
    return float(document.size().height()) / _POINTS_PER_MM


def text_piece(html: str, *, keeps: bool = False, gap_mm: float = GAP_MM) -> Piece:
    """Return a text as one piece of the page's width; `keeps` holds it together with the next one."""
    document = document_of(html, WIDTH_MM)
    return Piece(height_mm_of(document), lambda *at: draw_document(document, *at), keeps, gap_mm)


def flowing(html: str) -> Iterator[Piece]:
    """Give a text as one piece, or, where it is long, its lines and rows one by one, so that it goes on over pages."""
    document = document_of(html, WIDTH_MM)
    if height_mm_of(document) <= _TALL_MM:
        yield text_piece(html)
        return
    layout, block, tops = document.documentLayout(), document.begin(), set()
    while block.isValid():
        tops.add(layout.blockBoundingRect(block).top())
        block = block.next()
    edges = [0.0, *sorted(tops)[1:], document.size().height()]
    for top, bottom in pairwise(edges):
        piece = _slice(document, top, bottom, is_ruled=False)
        piece.gap_mm = GAP_MM if bottom == edges[-1] else 0.0
        yield piece


def set_pen(painter: Any, colour: str, width_mm: float = 0.2) -> None:
    """Let lines have a colour and a width."""
    from PySide6.QtGui import QColor, QPen

    painter.setPen(QPen(QColor(colour), width_mm))


def breakable(text: str) -> str:
    """Return text whose long words, such as digests, may be broken."""
    return re.sub(r"[0-9a-f]{32}(?=[0-9a-f])", lambda found: found[0] + "\u200b", text)


def table_pieces(table: Table) -> Iterator[Piece]:
    """Give a table row by row: all rows are laid out at once, so that columns are as wide on each page."""
    if table.caption:
        yield text_piece(f'<p class="quiet small">{shown(table.caption)}</p>', keeps=True, gap_mm=1.0)
    rows = "".join(f"<tr>{_cells('td', row, table.numeric)}</tr>" for row in table.rows)
    heads = f"<tr>{_cells('th', Row(table.headings), table.numeric)}</tr>"
    document = document_of(f'<table width="100%" cellspacing="0" cellpadding="0">{heads}{rows}</table>', WIDTH_MM)
    edges = _row_edges(document)
    slices = [_slice(document, top, bottom) for top, bottom in pairwise(edges)]
    if not slices:
        return
    head, *others = slices
    head.keeps_with_next = True
    yield head
    for k, one in enumerate(others):
        # The first rows stay with the headings, and no last row stands alone.
        is_last = k == len(others) - 1
        one.head, one.keeps_with_next = head, not is_last and (len(others) <= _ROWS_AT_ONCE or k == len(others) - 2)
        one.gap_mm = GAP_MM if is_last else 0.0
        yield one


def _row_edges(document: Any) -> list[float]:
    """Return where the rows of a document that is a table begin, and where the last one ends (points)."""
    table = document.rootFrame().childFrames()[0]
    layout = document.documentLayout()
    tops = [
        min(
            layout.blockBoundingRect(table.cellAt(row, column).firstCursorPosition().block()).top()
            for column in range(table.columns())
        )
        for row in range(table.rows())
    ]
    return [top - _ROW_PAD for top in tops] + [document.size().height()]


def _slice(document: Any, top: float, bottom: float, *, is_ruled: bool = True) -> Piece:
    """Return what lies between two heights of a document (points), with a line below it where it is a row."""
    from PySide6.QtCore import QPointF, QRectF

    height_mm = (bottom - top) / _POINTS_PER_MM

    def draw(painter: Any, x: float, y: float) -> None:
        painter.save()
        painter.translate(x, y)
        painter.scale(1.0 / _POINTS_PER_MM, 1.0 / _POINTS_PER_MM)
        painter.translate(0.0, -top)
        # A little less than its height: what only touches it is not drawn.
        height = bottom - top - 2.0 * _INSET_PT
        document.drawContents(painter, QRectF(0.0, top + _INSET_PT, WIDTH_MM * _POINTS_PER_MM, height))
        painter.restore()
        if not is_ruled:
            return
        set_pen(painter, RULE, 0.1)
        painter.drawLine(QPointF(x, y + height_mm), QPointF(x + WIDTH_MM, y + height_mm))

    return Piece(height_mm, draw, gap_mm=0.0)


def _cells(tag: str, row: Row, numeric: frozenset[int]) -> str:
    kind, sides = ' class="quiet"' if row.is_doubtful else "", ("left", "right")
    return "".join(
        f'<{tag} align="{sides[k in numeric]}"><span{kind}>{shown(text)}</span></{tag}>'
        for k, text in enumerate(row.cells)
    )
