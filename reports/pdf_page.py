"""Pages of a report as PDF, by Qt: A4, text as text, figures as vectors, page numbers.

A report is a row of blocks that flow over the pages: a heading stays with what follows it, a figure with its caption,
and a long table begins each page with its headings. Qt is loaded only here.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from protocols import InputError
from reports.content import Command, Facts, Paragraph, Points, Table, Tone
from reports.drawing import to_svg
from reports.figure import Figure
from reports.html_page import shown
from reports.pdf_pieces import (
    RULE,
    WIDTH_MM,
    Piece,
    breakable,
    document_of,
    draw_document,
    flowing,
    height_mm_of,
    set_pen,
    table_pieces,
    text_piece,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from reports.content import Block, Report, Section, Verdict

_MARGIN_MM, _PAGE_MM = 16.0, 297.0
"""Margin, and height of A4."""
_FOOT_MM = 8.0
"""Height of the foot with the page number."""
_DPI = 1200
"""Units of the page: positions to 20 um. Text and figures are vectors."""
_TONES = {Tone.GOOD: "#00734f", Tone.OPEN: "#8a5a00", Tone.BAD: "#b3261e"}
_PANEL = "#f6f6f8"


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
    page = _Page(writer, painter, _PAGE_MM - _MARGIN_MM - _FOOT_MM, lambda one: _draw_foot(one, report))
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


def _flow(pieces: Sequence[Piece], page: _Page) -> None:
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


def _pieces(report: Report) -> Iterator[Piece]:
    kind = (
        f'<span class="quiet small">REPORT OF {"AN" if report.kind[0] in "aeiou" else "A"} {report.kind.upper()}</span>'
    )
    yield text_piece(f"{kind}<h1>{shown(report.title)}</h1>", keeps=True)
    yield _verdict(report.verdict)
    if report.facts:
        yield from _facts(Facts(report.facts))
    for section in report.sections:
        yield from _section(section)


def _section(section: Section) -> Iterator[Piece]:
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


def _block(block: Block) -> Iterator[Piece]:
    match block:
        case Paragraph():
            yield from flowing(f"<p>{shown(block.text)}</p>")
        case Command():
            yield from flowing(f"<pre>{shown(block.text)}</pre>")
        case Points():
            tag = "ol" if block.is_numbered else "ul"
            yield from flowing(f"<{tag}>{''.join(f'<li>{shown(one)}</li>' for one in block.items)}</{tag}>")
        case Facts():
            if block.rows:
                yield from _facts(block)
        case Table():
            yield from table_pieces(block)
        case Figure():
            yield _row([block])


def _heading(text: str) -> Piece:
    from PySide6.QtCore import QPointF

    document = document_of(f"<h2>{shown(text)}</h2>", WIDTH_MM)
    height = height_mm_of(document) + 4.0

    def draw(painter: Any, x: float, y: float) -> None:
        draw_document(document, painter, x, y + 3.0)
        set_pen(painter, RULE)
        painter.drawLine(QPointF(x, y + height), QPointF(x + WIDTH_MM, y + height))

    return Piece(height, draw, keeps_with_next=True)


def _verdict(verdict: Verdict) -> Piece:
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
    document = document_of(html, WIDTH_MM - 10.0)
    height = height_mm_of(document) + 6.0

    def draw(painter: Any, x: float, y: float) -> None:
        painter.fillRect(QRectF(x, y, WIDTH_MM, height), QColor(_PANEL))
        painter.fillRect(QRectF(x, y, 1.2, height), QColor(_TONES[verdict.tone]))
        draw_document(document, painter, x + 5.0, y + 3.0)

    return Piece(height, draw)


def _facts(facts: Facts) -> Iterator[Piece]:
    rows = "".join(
        f'<tr><td class="quiet">{shown(name)}</td><td>{breakable(shown(value))}</td></tr>' for name, value in facts.rows
    )
    yield from flowing(f'<table cellspacing="0">{rows}</table>')


def _row(figures: Sequence[Figure]) -> Piece:
    """Return one wide figure, or up to two narrow ones side by side, each with its caption."""
    from PySide6.QtCore import QByteArray, QRectF, Qt
    from PySide6.QtSvg import QSvgRenderer

    drawn = []
    for figure in figures:
        renderer = QSvgRenderer(QByteArray(to_svg(figure, text_as_paths=True).encode()))
        caption = document_of(f'<p class="quiet small">{shown(figure.caption)}</p>', figure.width_mm)
        drawn.append((figure, renderer, caption))
    height = max(figure.height_mm + 1.0 + height_mm_of(caption) for figure, _, caption in drawn)

    def draw(painter: Any, x: float, y: float) -> None:
        for figure, renderer, caption in drawn:
            painter.setPen(Qt.PenStyle.NoPen)  # which a renderer would take for what has no outline
            renderer.render(painter, QRectF(x, y, figure.width_mm, figure.height_mm))
            draw_document(caption, painter, x, y + figure.height_mm + 1.0)
            x += WIDTH_MM - figure.width_mm

    return Piece(height, draw)


def _draw_foot(page: _Page, report: Report) -> None:
    text = f'<table width="100%"><tr><td class="quiet small">{shown(report.footer)}</td>'
    text += f'<td class="quiet small" align="right">{shown(report.title)}, page {page.number}</td></tr></table>'
    draw_document(document_of(text, WIDTH_MM), page.painter, _MARGIN_MM, _PAGE_MM - _MARGIN_MM - _FOOT_MM + 4.0)
