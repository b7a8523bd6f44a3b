"""Figures in large type beside each other, each under its title; in two rows where there is no room for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from gui.common.widgets import ElidedLabel, label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QResizeEvent
    from PySide6.QtWidgets import QLabel

_WIDEST = "-100.55 nA"
"""A current with its unit, as wide as nine digits: so much room, in the font of the system, has each figure."""
_APART = 16
"""Pixels between two figures. Doubled, four of them are in two rows on a small screen, and the plots below lose a tenth
of their height."""
_N_NARROW = 2
"""Figures beside each other where there is no room for all: with one, the plots below have no height left."""


class FigureRow(QWidget):
    """Figures with their titles.

    Parameters
    ----------
    titles : mapping of str to str
        By the names of the figures.
    prefix : str
        Of the object names of the figures.
    empty : str
        What stands for a figure that is not known.
    """

    def __init__(self, titles: Mapping[str, str], prefix: str, empty: str) -> None:
        super().__init__()
        self._empty = empty
        self._titles: dict[str, QLabel] = {}
        self._figures: dict[str, QLabel] = {}
        self._hidden: set[str] = set()
        self._places: tuple[tuple[str, ...], int] = ((), 0)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(16, 8, 12, 2)
        self._grid.setVerticalSpacing(0)
        for name, title in titles.items():
            # Of one line: what is said of a run in progress must not move the plots below.
            shown = ElidedLabel(Qt.TextElideMode.ElideRight)
            shown.setProperty("role", "faint")
            shown.setText(title)
            self._titles[name], self._figures[name] = shown, label(empty, "figure", f"{prefix}{name}")
        self._place()

    def set_title(self, name: str, title: str) -> None:
        """Say what a figure is."""
        self._titles[name].setText(title)

    def set_figure(self, name: str, text: str) -> None:
        """Show a figure."""
        self._figures[name].setText(text)

    def clear(self) -> None:
        """Forget all figures."""
        for figure in self._figures.values():
            figure.setText(self._empty)

    def set_shown(self, name: str, *, shown: bool) -> None:
        """Show a figure with its title, or leave no room for it."""
        (self._hidden.discard if shown else self._hidden.add)(name)
        for widget in (self._titles[name], self._figures[name]):
            widget.setVisible(shown)
        self._place()

    def minimumSizeHint(self) -> QSize:
        """Return the width of the narrow form."""
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the figures into as many rows as the width asks for."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        shown = tuple(name for name in self._figures if name not in self._hidden)
        widest = max(one.fontMetrics().horizontalAdvance(_WIDEST) for one in self._figures.values()) + _APART
        n_columns = len(shown) if self.width() >= widest * len(shown) else _N_NARROW
        if (shown, n_columns) == self._places:
            return
        self._places = shown, n_columns
        for number, name in enumerate(shown):
            row, column = divmod(number, n_columns)
            self._grid.addWidget(self._titles[name], 2 * row, column)
            self._grid.addWidget(self._figures[name], 2 * row + 1, column)
        for column in range(len(self._figures)):
            self._grid.setColumnStretch(column, int(column < n_columns))
