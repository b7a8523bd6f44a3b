"""Top of the dock "Memory": the verdict in one sentence with its figures, then what to know before any is used."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from gui.common.language import tr
from gui.common.widgets import button, label
from gui.fit.parts import Mark, Tone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent

    from gui.fit.verdict import KeyFigure, Notice, Verdict

_NOTICES_HEIGHT = 104
"""Pixels: two notices of two lines; more scroll. Doubled, a small window has no room for the evidence."""


def _restyle(widget: QWidget) -> None:
    """Let a widget take the style of its new properties."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)


class VerdictCard(QFrame):
    """What is remembered, for how long, how surely, and by whom.

    Attributes
    ----------
    is_empty : bool
        Whether there is no verdict yet.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("verdict")
        self.setAccessibleName(tr("Verdict"))
        self._mark = Mark(Tone.NOTE)
        self._mark.setObjectName("verdictMark")
        self._sentence = label("", "verdict", "verdictSentence")
        # Below all figures: in a column of its own it would be four lines high on a small screen.
        self._reason = label("", "faint", "verdictReason")
        self._source = label("", "faint", "verdictSource")
        self._figures = QHBoxLayout()
        self._figures.setSpacing(28)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._sentence, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(4)
        column.addLayout(head)
        column.addLayout(self._figures)
        column.addWidget(self._reason)
        column.addWidget(self._source)
        self.show_nothing()

    def show_nothing(self) -> None:
        """Say that there is no fit yet, and what to do."""
        self.is_empty = True
        self._show(Tone.NOTE, tr("No fit yet"), tr("Measure, or open a run; then press Fit in “Cell model”."), ())

    def show_fitting(self) -> None:
        """Say that the verdict of the first fit is to come."""
        self._show(Tone.NOTE, tr("No fit yet"), tr("The verdict stands here as soon as the fit is through."), ())

    def show_verdict(self, verdict: Verdict) -> None:
        """Show a verdict."""
        self.is_empty = False
        self._show(Tone(verdict.tone), verdict.sentence, verdict.source, verdict.figures)

    def _show(self, tone: Tone, sentence: str, source: str, figures: Sequence[KeyFigure]) -> None:
        self.setProperty("tone", tone.value)
        self._mark.set_tone(tone)
        self._sentence.setText(sentence)
        self._source.setText(source)
        self._source.setVisible(bool(source))
        self.setAccessibleDescription(sentence)
        while (item := self._figures.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        reason = figures[-1].detail if figures else ""
        self._reason.setText(reason[:1].upper() + reason[1:] + "." * bool(reason))
        self._reason.setVisible(bool(reason))
        for number, figure in enumerate(figures):
            is_last = number == len(figures) - 1
            shown = replace(figure, detail="") if is_last else figure
            self._figures.addWidget(_figure(shown, number), int(is_last))
        for one in (self, self._mark, self._sentence, self._reason, self._source):
            _restyle(one)
        # The edge of another tone is broader: what stands within it moves at once, not with the next size.
        layout = self.layout()
        if layout is not None:
            layout.invalidate()
            layout.activate()


def _figure(figure: KeyFigure, number: int) -> QWidget:
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    value = label(figure.value, "figure", f"keyFigure{number}")
    value.setAccessibleName(figure.title)
    detail = label(figure.detail, "faint", f"keyDetail{number}")
    value.setMinimumWidth(value.fontMetrics().horizontalAdvance("not determined"))
    for widget in (label(figure.title, "faint"), value, detail):
        column.addWidget(widget)
    detail.setMinimumWidth(min(detail.fontMetrics().horizontalAdvance(figure.detail) + 4, 190))
    column.addStretch(1)
    return made


class NoticeList(QScrollArea):
    """Warnings and notes: each with its mark and its word, so that nobody needs to see its colour."""

    option_wanted = Signal(str)
    """Fit again with this option."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("notices")
        self.setAccessibleName(tr("Warnings and notes"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.viewport().setAutoFillBackground(False)
        self.show_notices(())

    def show_notices(self, notices: Sequence[Notice]) -> None:
        """Show some notices, or nothing."""
        content = QWidget()
        content.setAutoFillBackground(False)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(4)
        for number, notice in enumerate(notices):
            column.addWidget(self._frame(notice, number))
        self.setWidget(content)
        self.setVisible(bool(notices))
        self._fit_height()

    def _frame(self, notice: Notice, number: int) -> QFrame:
        frame = QFrame()
        tone = Tone.WARNING if notice.is_warning else Tone.NOTE
        frame.setProperty("notice", tone.value)
        frame.setObjectName(f"notice{number}")
        row = QHBoxLayout(frame)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(8)
        word = tr("Warning") if notice.is_warning else tr("Note")
        frame.setAccessibleName(f"{word}: {notice.text}")
        row.addWidget(Mark(tone), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(label(f"{word}: {notice.text}", "", f"noticeText{number}"), 1)
        if notice.option:
            text = tr("Fit with {option}").format(option=notice.option)
            option = notice.option
            row.addWidget(
                button(text, f"noticeOption{number}", lambda: self.option_wanted.emit(option)),
                0,
                Qt.AlignmentFlag.AlignTop,
            )
        return frame

    def _highest(self) -> int:
        """Return the greatest height: a share of the dock's, so that the evidence below it has room."""
        dock = self.parentWidget()
        return _NOTICES_HEIGHT if dock is None else min(_NOTICES_HEIGHT, max(dock.height() // 6, 44))

    def _fit_height(self) -> None:
        content = self.widget()
        needed = 0 if content is None else content.heightForWidth(max(self.viewport().width(), 60))
        if content is not None and needed < 0:
            needed = content.sizeHint().height()
        self.setFixedHeight(min(max(needed, 0), self._highest()))

    def sizeHint(self) -> QSize:
        """Return no more than is shown."""
        return QSize(200, self.maximumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take as much height as the texts need at the new width."""
        super().resizeEvent(event)
        self._fit_height()
