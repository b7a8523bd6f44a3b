"""Bar above the list of runs: the search, the filters, the columns and the folders."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QVBoxLayout, QWidget

from gui.browser.columns import Column, figure_column, known_columns, usual_columns
from gui.common.adaptive_row import AdaptiveRow
from gui.common.language import tr
from gui.common.run_query import RunQuery
from gui.common.widgets import button, label

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from daq.catalogue import Choices

_WIDE = 600
"""Width (pixels) from which the search stands beside the buttons. Less, and a condition is cut."""
_TYPED_MS = 150
"""How long after the last letter a search begins: less than a person waits for, more than between two letters."""
_SINCE = ("1 day", "1 week", "30 days", "365 days")
"""Times that are offered; others are typed as a condition (`start > 2026-11-01`)."""
_MOST_FIGURES = 60
"""Figures that are offered as columns: two columns of a menu; those of the usual circuits are forty."""


class QueryBar(QWidget):
    """What is looked for, and how it is shown."""

    asked = Signal(object)
    """`RunQuery`."""
    columns_chosen = Signal(object)
    follow_wanted = Signal()
    unfollow_wanted = Signal(object)
    look_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.query = RunQuery()
        self.columns: tuple[Column, ...] = usual_columns()
        self._choices: Choices | None = None
        self._folders: tuple[Path, ...] = ()
        self.search = QLineEdit()
        self.search.setObjectName("runsSearch")
        self.search.setAccessibleName(tr("Search runs"))
        self.search.setPlaceholderText(tr("words, or a condition: T<270 K and tag=rough"))
        self.search.setClearButtonEnabled(True)
        self._typed = QTimer(self, singleShot=True, interval=_TYPED_MS)
        self._typed.timeout.connect(self._take_text)
        self.search.textChanged.connect(lambda _: self._typed.start())
        self.search.returnPressed.connect(self._take_text)
        self.filter_menu, self.column_menu, self.folder_menu = QMenu(self), QMenu(self), QMenu(self)
        self.count = label("", "faint", "runsCount")
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        for text, name, menu, fill in (
            (tr("Filter"), "runsFilterButton", self.filter_menu, self._fill_filters),
            (tr("Columns"), "runsColumnsButton", self.column_menu, self._fill_columns),
            (tr("Folders"), "runsFoldersButton", self.folder_menu, self._fill_folders),
        ):
            made = button(text, name, lambda: None, "menu")
            made.setMenu(menu)
            menu.setToolTipsVisible(True)
            menu.aboutToShow.connect(fill)
            row.addWidget(made)
        row.addStretch(1)
        row.addWidget(self.count)
        self.count.setWordWrap(False)
        self.count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.fault = label("", "fault", "runsFault")
        self.filtered = label("", "faint", "runsFiltered")
        self.clear = button(tr("Clear"), "runsClearButton", self.clear_filters)
        of_filters = QHBoxLayout()
        of_filters.addWidget(self.filtered, 1)
        of_filters.addWidget(self.clear)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(AdaptiveRow(_WIDE, (self.search, 1), (row, 0)))
        column.addWidget(self.fault)
        column.addLayout(of_filters)
        self.show_fault("")
        self._show_filters()

    # -- search and filters -------------------------------------------------------------------------------------------

    def ask(self, **changes: str) -> None:
        """Ask for something else: fields of `RunQuery` by name."""
        wanted = replace(self.query, **changes)
        if wanted != self.query:
            self.query = wanted
            self._show_filters()
            self.asked.emit(wanted)

    def _take_text(self) -> None:
        self._typed.stop()
        self.ask(text=self.search.text().strip())

    def clear_filters(self) -> None:
        """Take all filters away; the text stays."""
        self.ask(sample="", instrument="", state="", tag="", since="")

    def show_fault(self, why: str) -> None:
        """Say why the text cannot be understood; the last list stays."""
        self.fault.setText(why)
        self.fault.setVisible(bool(why))

    def _show_filters(self) -> None:
        titles = _filter_titles()
        texts = [f"{titles[name]}: {value}" for name, value in self.query.filters.items()]
        self.filtered.setText(tr("Only {filters}").format(filters=", ".join(texts)) if texts else "")
        self.filtered.setVisible(bool(texts))
        self.clear.setVisible(bool(texts))

    def show_choices(self, choices: Choices) -> None:
        """Offer values that runs have."""
        self._choices = choices

    def _fill_filters(self) -> None:
        menu, choices, titles = self.filter_menu, self._choices, _filter_titles()
        menu.clear()
        offered: dict[str, Sequence[str]] = {"since": _SINCE}
        if choices is not None:
            offered |= {
                "sample": choices.samples,
                "instrument": choices.instruments,
                "state": choices.states,
                "tag": choices.tags,
            }
        for name, title in titles.items():
            values = offered.get(name, ())
            below = menu.addMenu(title)
            below.setObjectName(f"runsFilter-{name}")
            below.setEnabled(bool(values))
            for value in ("", *values):
                action = below.addAction(value or tr("any"))
                action.setCheckable(True)
                action.setChecked(getattr(self.query, name) == value)
                action.triggered.connect(lambda _checked, name=name, value=value: self.ask(**{name: value}))

    # -- columns ------------------------------------------------------------------------------------------------------

    def _fill_columns(self) -> None:
        menu = self.column_menu
        menu.clear()
        for one in known_columns():
            self._add_column(menu, one)
        figures = [] if self._choices is None else sorted(self._choices.figures)[:_MOST_FIGURES]
        below = menu.addMenu(tr("Fitted"))
        below.setObjectName("runsColumns-fitted")
        below.setEnabled(bool(figures))
        for name in figures:
            self._add_column(below, figure_column(name))
        menu.addSeparator()
        menu.addAction(tr("Usual columns")).triggered.connect(lambda: self.set_columns(usual_columns()))

    def _add_column(self, menu: QMenu, one: Column) -> None:
        shown = {column.key for column in self.columns}
        action = menu.addAction(one.title)
        action.setObjectName(f"column-{one.key}")
        action.setCheckable(True)
        action.setChecked(one.key in shown)
        action.triggered.connect(lambda checked, one=one: self.show_column(one, wanted=checked))

    def show_column(self, one: Column, *, wanted: bool) -> None:
        """Show a column, behind the others but the notes, or hide it; one column stays."""
        others = [column for column in self.columns if column.key != one.key]
        if wanted:  # the last one is as wide as there is room, which notes need
            others.insert(len(others) - (others[-1].key == "notes"), one)
        self.set_columns(tuple(others) or self.columns)

    def set_columns(self, columns: tuple[Column, ...]) -> None:
        """Show these columns."""
        self.columns = columns
        self.columns_chosen.emit(columns)

    # -- folders ------------------------------------------------------------------------------------------------------

    def show_folders(self, folders: tuple[Path, ...]) -> None:
        """Offer the followed folders to be followed no longer."""
        self._folders = folders

    def _fill_folders(self) -> None:
        menu = self.folder_menu
        menu.clear()
        self._add(menu, tr("Follow a folder …"), self.follow_wanted.emit)
        self._add(menu, tr("Look again"), self.look_wanted.emit)
        if self._folders:
            menu.addSeparator()
        for folder in self._folders:
            text = tr("Stop following {folder}").format(folder=folder)
            self._add(menu, text, partial(self.unfollow_wanted.emit, folder))

    @staticmethod
    def _add(menu: QMenu, text: str, do: Callable[[], object]) -> None:
        menu.addAction(text).triggered.connect(lambda _checked: do())


def _filter_titles() -> dict[str, str]:
    return {
        "sample": tr("Sample"),
        "instrument": tr("Instrument"),
        "state": tr("State"),
        "tag": tr("Tag"),
        "since": tr("Since"),
    }
