"""Parts of the fit's docks: tables that scroll, pages that are built when they are first shown, marks beside texts."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QLabel,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui.common.widgets import label, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent, QResizeEvent, QShowEvent

    from gui.common.theme import Colours
    from gui.fit.documents import Listing

_ROW_HEIGHT = 24
"""Pixels of a row of a table: a line of the system's font, with room to click. Doubled, half as many are seen."""
_LEAST_WRAPPED = 120
"""Pixels to which a column of texts may shrink before its table scrolls: some three words a line, and what the notes of
figures have in a window of 900. Halved, a note takes as many lines as it has words."""
LOWEST_PLOT = 120
"""Pixels of one of several plots above each other: its axis with title, legend and three ticks. Halved, the curve is a
line; doubled, a page of three scrolls on common screens."""
_MARGINS = (10, 8, 10, 8)
"""Pixels around the content of a page, as around that of other docks."""
_MARK = 20
"""Pixels of a mark beside a text: as high as its first line."""


class Tone(Enum):
    """How good the news is. Each tone has a mark of its own, so that nobody needs to see its colour."""

    GOOD = "good"
    OPEN = "open"
    BAD = "bad"
    WARNING = "warning"
    NOTE = "note"


class Mark(QWidget):
    """A mark beside a text: a tick, a question mark, a cross, a triangle, an i; in the colour of its text."""

    def __init__(self, tone: Tone = Tone.NOTE) -> None:
        super().__init__()
        self._tone = tone
        self.setFixedSize(QSize(_MARK, _MARK))

    def set_tone(self, tone: Tone) -> None:
        """Show the mark of another tone."""
        self._tone = tone
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint it with the colour that the style sheet gives it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = self.palette().color(self.foregroundRole())
        painter.setPen(QPen(ink, 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        frame = QRectF(2, 2, _MARK - 4, _MARK - 4)
        if self._tone is Tone.WARNING:
            painter.drawPolygon(QPolygonF([QPointF(10, 2.5), QPointF(18, 17), QPointF(2, 17)]))
        elif self._tone is Tone.BAD:
            painter.drawRect(frame)
        else:
            painter.drawEllipse(frame)
        if self._tone is Tone.GOOD:
            painter.drawPolyline(QPolygonF([QPointF(6, 10.5), QPointF(9, 13.5), QPointF(14.5, 7)]))
        elif self._tone is Tone.BAD:
            painter.drawLine(QPointF(6.5, 6.5), QPointF(13.5, 13.5))
            painter.drawLine(QPointF(13.5, 6.5), QPointF(6.5, 13.5))
        else:
            sign = {Tone.WARNING: "!", Tone.OPEN: "?"}.get(self._tone, "i")
            font = painter.font()
            font.setPixelSize(12)
            font.setBold(True)
            painter.setFont(font)
            painter.drawText(frame.adjusted(0, 2 if sign == "!" else 0, 0, 0), Qt.AlignmentFlag.AlignCenter, sign)


class FirstShown(QWidget):
    """A page that is built when it is first shown: until then it costs nothing."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self._colours: Colours | None = None
        self.is_built = False

    def build(self) -> None:
        """Build the content; once."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Show what is to be shown now; called after `build` too."""
        raise NotImplementedError

    def paint(self, colours: Colours) -> None:
        """Give the content the colours of the palette; pages without plots need not."""

    def changed(self) -> None:
        """Show what is to be shown, if there is anything to show it on."""
        if self.is_built:
            self.refresh()

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        self._colours = colours
        if self.is_built:
            self.paint(colours)

    def showEvent(self, event: QShowEvent) -> None:
        """Build the content at last."""
        if not self.is_built:
            self.is_built = True
            self.build()
            if self._colours is not None:
                self.paint(self._colours)
            self.refresh()
        super().showEvent(event)


def column_of(page: QWidget, *, margins: tuple[int, int, int, int] = _MARGINS) -> QVBoxLayout:
    """Return a layout of one column for a page."""
    column = QVBoxLayout(page)
    column.setContentsMargins(*margins)
    column.setSpacing(6)
    return column


def empty_note(text: str, name: str, *, alone: bool = False) -> QLabel:
    """Return what an empty page says: what there would be, and how to get it.

    Parameters
    ----------
    text, name : str
    alone : bool
        Whether its page has no margins of its own, for the sake of its plots.
    """
    made = label(text, "faint", name)
    if alone:
        made.setContentsMargins(*_MARGINS)
    made.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
    return made


def figures_table(name: str, title: str, headings: Sequence[str], *, editable: bool = False) -> QTableWidget:
    """Return a table of texts that scrolls both ways where it must.

    Parameters
    ----------
    name, title : str
        Object name, and what a screen reader calls it.
    headings : sequence of str
    editable : bool
        Whether cells that say so may be edited.
    """
    table = QTableWidget(0, len(headings)) if editable else _FiguresTable(len(headings))
    table.setObjectName(name)
    table.setAccessibleName(title)
    table.setHorizontalHeaderLabels(list(headings))
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
    table.setShowGrid(editable)
    table.setWordWrap(not editable)
    if not editable:
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
    table.setTabKeyNavigation(False)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    if editable:
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    return table


def fill(
    table: QTableWidget, rows: Sequence[Sequence[str]], tips: Sequence[str] = (), doubted: Sequence[bool] = ()
) -> None:
    """Put rows of texts into a table.

    Parameters
    ----------
    table : QTableWidget
    rows : sequence of sequence of str
    tips : sequence of str
        Tool tip of each row.
    doubted : sequence of bool
        Rows whose figures must not be used: their texts lean.
    """
    table.setRowCount(len(rows))
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            item.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            if row < len(tips) and tips[row]:
                item.setToolTip(plain(tips[row]))
            if row < len(doubted) and doubted[row]:
                font = item.font()
                font.setItalic(True)
                item.setFont(font)
            table.setItem(row, column, item)
    if isinstance(table, _FiguresTable):
        table.fit()


class _FiguresTable(QTableWidget):
    """A table that is as wide as its texts; where there is no room for all, those of its last column wrap."""

    def __init__(self, n_columns: int) -> None:
        super().__init__(0, n_columns)
        self.is_whole = False

    def fit(self) -> None:
        """Give columns and rows the sizes that their texts need."""
        last = self.columnCount() - 1
        if last < 0:
            return
        for column in range(last + 1):
            self.resizeColumnToContents(column)
        whole = self.columnWidth(last)
        room = self.viewport().width() - sum(self.columnWidth(column) for column in range(last))
        width = min(whole, max(room, _LEAST_WRAPPED))
        self.setColumnWidth(last, width)
        texts = ["" if (item := self.item(row, last)) is None else item.text() for row in range(self.rowCount())]
        metrics = self.fontMetrics()
        beside = whole - max((metrics.horizontalAdvance(text) for text in texts), default=0)
        area, how = QRect(0, 0, max(width - beside, 1), 0), Qt.TextFlag.TextWordWrap
        for row, text in enumerate(texts):
            # Qt's own hint leaves out what the style keeps free beside a text: a line too few.
            lines = metrics.boundingRect(area, how, text).height() if width < whole else 0
            self.setRowHeight(row, max(_ROW_HEIGHT, lines + _ROW_HEIGHT - metrics.height()))
        if self.is_whole:
            bar = self.horizontalScrollBar().sizeHint().height()
            rows = self.verticalHeader().length()
            self.setFixedHeight(self.horizontalHeader().sizeHint().height() + rows + bar)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the width."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.fit()


def keep_rows_in_sight(table: QTableWidget) -> None:
    """Make a table as high as all of its rows: the page that it stands on scrolls, and not the table."""
    if isinstance(table, _FiguresTable):
        table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.is_whole = True
        table.fit()


def scrolled_page(name: str) -> QScrollArea:
    """Return an area for a page that is higher than the dock.

    Parameters
    ----------
    name : str
        What a screen reader calls it.
    """
    made = QScrollArea()
    made.setAccessibleName(name)
    made.setWidgetResizable(True)
    made.setFrameShape(QFrame.Shape.NoFrame)
    made.viewport().setAutoFillBackground(False)
    return made


def shade(colour: QColor, alpha: float) -> QColor:
    """Return a colour that lets what is below it through."""
    made = QColor(colour)
    made.setAlphaF(alpha)
    return made


def scrolled_plots(shown: QWidget, n_rows: int, lowest: int = LOWEST_PLOT) -> QScrollArea:
    """Return plots above each other in an area that scrolls before they are too low to be read.

    Parameters
    ----------
    shown : QWidget
    n_rows : int
        Of plots.
    lowest : int
        Pixels of each.
    """
    shown.setMinimumHeight(n_rows * lowest)
    made = QScrollArea()
    made.setWidget(shown)
    made.setWidgetResizable(True)
    made.setFrameShape(QFrame.Shape.NoFrame)
    made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return made


def show_listing(table: QTableWidget, listing: Listing) -> None:
    """Put a listing into a table."""
    table.setColumnCount(len(listing.headings))
    table.setHorizontalHeaderLabels(list(listing.headings))
    fill(table, listing.rows, [" · ".join(row) for row in listing.rows], listing.doubted)
