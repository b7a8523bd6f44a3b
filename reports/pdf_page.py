"""Pages of a report as PDF, by Qt: A4, text as text, figures as vectors, page numbers.

A report is a row of blocks that flow over the pages: a heading stays with what follows it, a figure with its caption,
and a long table begins each page with its headings. Qt is loaded only here.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from protocols import InputError
from reports.content import Command, Facts, Paragraph, Points, Row, Table, Tone
from reports.drawing import COLOURS, to_svg
from reports.figure import Figure, Ink
from reports.html_page import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from reports.content import Block, Report, Section, Verdict

_MARGIN_MM, _WIDTH_MM = 16.0, 178.0
"""Of A4, 210 mm wide: what two columns of a journal leave."""
_FOOT_MM = 8.0
"""Height of the foot with the page number."""
_GAP_MM = 3.0
"""Between blocks."""
_DPI = 1200
"""Units of the page: positions to 20 um. Text and figures are vectors."""
_POINTS_PER_MM = 72.0 / 25.4
"""Texts are laid out in points."""
_TONES = {Tone.GOOD: "#00734f", Tone.OPEN: "#8a5a00", Tone.BAD: "#b3261e"}
_QUIET, _RULE, _PANEL = "#5c5c66", "#dcdce2", "#f6f6f8"
_STYLE = f"""
* {{ color: {COLOURS[Ink.TEXT][0]}; }}
h1 {{ font-size: 17pt; }} h2 {{ font-size: 12pt; }}
.quiet {{ color: {_QUIET}; }} .small {{ font-size: 8pt; }}
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
class _Piece:
    """What is set as a whole, with its height (mm); `draw` is given the painter and the place of its top left (mm)."""

    height_mm: float
    draw: Any
    keeps_with_next: bool = False
    gap_mm: float = _GAP_MM
    head: _Piece | None = None
    """What stands above it where a page begins with it."""


@dataclass
class _Page:
    """Where the next piece goes."""

    writer: Any
    painter: Any
    bottom_mm: float
    footer: Any
    number: int = 1
    y_mm: float = field(default=_MARGIN_MM)

    def turn(self) -> None:
        """Begin a new page."""
        self.footer(self)
        self.writer.newPage()
        self.number += 1
        self.y_mm = _MARGIN_MM


def write_pdf(report: Report, path: Path) -> int:
    """Write a report as PDF, and return how many pages it has.

    Raises
    ------
    InputError
        If Qt cannot be loaded here, matplotlib is not installed, or the file cannot be written.
    """
    application = _application()
    from PySide6.QtCore import QMarginsF
    from PySide6.QtGui import QPageSize, QPainter, QPdfWriter

    writer = QPdfWriter(str(path))
    writer.setResolution(_DPI)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(0.0, 0.0, 0.0, 0.0))
    writer.setTitle(f"{report.title}: {report.kind}")
    writer.setCreator(report.footer)
    painter = QPainter()
    if not painter.begin(writer):
        raise InputError("the file cannot be written", str(path))
    painter.scale(_DPI / 25.4, _DPI / 25.4)  # mm from here on
    page = _Page(writer, painter, 297.0 - _MARGIN_MM - _FOOT_MM, lambda one: _draw_foot(one, report))
    _flow(list(_pieces(report)), page)
    page.footer(page)
    painter.end()
    del application
    return page.number


def _application() -> Any:
    """Return the program's Qt application, made if there is none."""
    try:
        from PySide6.QtGui import QGuiApplication
    except ImportError as error:
        raise InputError(
            f"PDF is made by Qt, which cannot be loaded here ({error}): write an .html file and print that", "--output"
        ) from None
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    return QGuiApplication.instance() or QGuiApplication([])


def _flow(pieces: Sequence[_Piece], page: _Page) -> None:
    """Set pieces one below the other, on as many pages as they need."""
    k = 0
    while k < len(pieces):
        last = k
        while pieces[last].keeps_with_next and last + 1 < len(pieces):
            last += 1
        group = pieces[k : last + 1]
        height = sum(one.height_mm + one.gap_mm for one in group) - group[-1].gap_mm
        if page.y_mm + height > page.bottom_mm and page.y_mm > _MARGIN_MM:
            page.turn()
            if group[0].head is not None:
                group[0].head.draw(page.painter, _MARGIN_MM, page.y_mm)
                page.y_mm += group[0].head.height_mm
        for one in group:
            one.draw(page.painter, _MARGIN_MM, page.y_mm)
            page.y_mm += one.height_mm + one.gap_mm
        k = last + 1


def _pieces(report: Report) -> Iterator[_Piece]:
    kind = (
        f'<span class="quiet small">REPORT OF {"AN" if report.kind[0] in "aeiou" else "A"} {report.kind.upper()}</span>'
    )
    yield _text(f"{kind}<h1>{shown(report.title)}</h1>", keeps=True)
    yield _verdict(report.verdict)
    if report.facts:
        yield from _facts(Facts(report.facts))
    for section in report.sections:
        yield from _section(section)


def _section(section: Section) -> Iterator[_Piece]:
    yield _heading(section.heading)
    singles: list[Figure] = []
    for block in section.blocks:
        if isinstance(block, Figure) and not block.is_wide:
            singles.append(block)
            if len(singles) == 2:
                yield _row(singles)
                singles = []
            continue
        if singles:
            yield _row(singles)
            singles = []
        yield from _block(block)
    if singles:
        yield _row(singles)


def _block(block: Block) -> Iterator[_Piece]:
    match block:
        case Paragraph():
            yield from _flowing(f"<p>{shown(block.text)}</p>")
        case Command():
            yield from _flowing(f"<pre>{shown(block.text)}</pre>")
        case Points():
            tag = "ol" if block.is_numbered else "ul"
            yield from _flowing(f"<{tag}>{''.join(f'<li>{shown(one)}</li>' for one in block.items)}</{tag}>")
        case Facts():
            if block.rows:
                yield from _facts(block)
        case Table():
            yield from _table(block)
        case Figure():
            yield _row([block])


def _document(html: str, width_mm: float) -> Any:
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


def _draw_document(document: Any, painter: Any, x_mm: float, y_mm: float) -> None:
    painter.save()
    painter.translate(x_mm, y_mm)
    painter.scale(1.0 / _POINTS_PER_MM, 1.0 / _POINTS_PER_MM)
    document.drawContents(painter)
    painter.restore()


def _height_mm(document: Any) -> float:
    return float(document.size().height()) / _POINTS_PER_MM


def _text(html: str, *, keeps: bool = False, gap_mm: float = _GAP_MM) -> _Piece:
    document = _document(html, _WIDTH_MM)
    return _Piece(_height_mm(document), lambda *at: _draw_document(document, *at), keeps, gap_mm)


def _flowing(html: str) -> Iterator[_Piece]:
    """Give a text as one piece, or, where it is long, its lines and rows one by one, so that it goes on over pages."""
    document = _document(html, _WIDTH_MM)
    if _height_mm(document) <= _TALL_MM:
        yield _text(html)
        return
    layout, block, tops = document.documentLayout(), document.begin(), set()
    while block.isValid():
        tops.add(layout.blockBoundingRect(block).top())
        block = block.next()
    edges = [0.0, *sorted(tops)[1:], document.size().height()]
    for top, bottom in pairwise(edges):
        piece = _slice(document, top, bottom, is_ruled=False)
        piece.gap_mm = _GAP_MM if bottom == edges[-1] else 0.0
        yield piece


def _heading(text: str) -> _Piece:
    from PySide6.QtCore import QPointF

    document = _document(f"<h2>{shown(text)}</h2>", _WIDTH_MM)
    height = _height_mm(document) + 4.0

    def draw(painter: Any, x: float, y: float) -> None:
        _draw_document(document, painter, x, y + 3.0)
        _pen(painter, _RULE)
        painter.drawLine(QPointF(x, y + height), QPointF(x + _WIDTH_MM, y + height))

    return _Piece(height, draw, keeps_with_next=True)


def _pen(painter: Any, colour: str, width_mm: float = 0.2) -> None:
    from PySide6.QtGui import QColor, QPen

    painter.setPen(QPen(QColor(colour), width_mm))


def _verdict(verdict: Verdict) -> _Piece:
    from PySide6.QtCore import QRectF
    from PySide6.QtGui import QColor

    figures = "".join(
        f'<p style="margin: 3px 0 0 0"><span class="quiet">{shown(name)}: </span>{shown(value)}</p>'
        for name, value in verdict.figures
    )
    lists = "".join(
        f'<ul style="margin: 5px 0 0 0">{"".join(f"<li>{shown(one)}</li>" for one in items)}</ul>'
        for items in (verdict.evidence, verdict.next_steps)
        if items
    )
    html = f'<p style="font-size: 11px; font-weight: 600; margin: 0">{shown(verdict.sentence)}</p>{figures}{lists}'
    document = _document(html, _WIDTH_MM - 10.0)
    height = _height_mm(document) + 6.0

    def draw(painter: Any, x: float, y: float) -> None:
        painter.fillRect(QRectF(x, y, _WIDTH_MM, height), QColor(_PANEL))
        painter.fillRect(QRectF(x, y, 1.2, height), QColor(_TONES[verdict.tone]))
        _draw_document(document, painter, x + 5.0, y + 3.0)

    return _Piece(height, draw)


def _facts(facts: Facts) -> Iterator[_Piece]:
    rows = "".join(
        f'<tr><td class="quiet">{shown(name)}</td><td>{_breakable(shown(value))}</td></tr>'
        for name, value in facts.rows
    )
    yield from _flowing(f'<table cellspacing="0">{rows}</table>')


def _breakable(text: str) -> str:
    """Return text whose long words, such as digests, may be broken."""
    return re.sub(r"[0-9a-f]{32}(?=[0-9a-f])", lambda found: found[0] + "\u200b", text)


def _table(table: Table) -> Iterator[_Piece]:
    """Give a table row by row: all rows are laid out at once, so that columns are as wide on each page."""
    if table.caption:
        yield _text(f'<p class="quiet">{shown(table.caption)}</p>', keeps=True, gap_mm=1.0)
    rows = "".join(f"<tr>{_cells('td', row, table.numeric)}</tr>" for row in table.rows)
    heads = f"<tr>{_cells('th', Row(table.headings), table.numeric)}</tr>"
    document = _document(f'<table width="100%" cellspacing="0" cellpadding="0">{heads}{rows}</table>', _WIDTH_MM)
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
        one.gap_mm = _GAP_MM if is_last else 0.0
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


def _slice(document: Any, top: float, bottom: float, *, is_ruled: bool = True) -> _Piece:
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
        document.drawContents(painter, QRectF(0.0, top + _INSET_PT, _WIDTH_MM * _POINTS_PER_MM, height))
        painter.restore()
        if not is_ruled:
            return
        _pen(painter, _RULE, 0.1)
        painter.drawLine(QPointF(x, y + height_mm), QPointF(x + _WIDTH_MM, y + height_mm))

    return _Piece(height_mm, draw, gap_mm=0.0)


def _cells(tag: str, row: Row, numeric: frozenset[int]) -> str:
    kind, sides = ' class="quiet"' if row.is_doubtful else "", ("left", "right")
    return "".join(
        f'<{tag} align="{sides[k in numeric]}"><span{kind}>{shown(text)}</span></{tag}>'
        for k, text in enumerate(row.cells)
    )


def _row(figures: Sequence[Figure]) -> _Piece:
    """Return one wide figure, or up to two narrow ones side by side, each with its caption."""
    from PySide6.QtCore import QByteArray, QRectF, Qt
    from PySide6.QtSvg import QSvgRenderer

    drawn = []
    for figure in figures:
        renderer = QSvgRenderer(QByteArray(to_svg(figure, text_as_paths=True).encode()))
        caption = _document(f'<p class="quiet small">{shown(figure.caption)}</p>', figure.width_mm)
        drawn.append((figure, renderer, caption))
    height = max(figure.height_mm + 1.0 + _height_mm(caption) for figure, _, caption in drawn)

    def draw(painter: Any, x: float, y: float) -> None:
        for figure, renderer, caption in drawn:
            painter.setPen(Qt.PenStyle.NoPen)  # which a renderer would take for what has no outline
            renderer.render(painter, QRectF(x, y, figure.width_mm, figure.height_mm))
            _draw_document(caption, painter, x, y + figure.height_mm + 1.0)
            x += _WIDTH_MM - figure.width_mm

    return _Piece(height, draw)


def _draw_foot(page: _Page, report: Report) -> None:
    text = f'<table width="100%"><tr><td class="quiet small">{shown(report.footer)}</td>'
    text += f'<td class="quiet small" align="right">{shown(report.title)}, page {page.number}</td></tr></table>'
    _draw_document(_document(text, _WIDTH_MM), page.painter, _MARGIN_MM, 297.0 - _MARGIN_MM - _FOOT_MM + 4.0)
