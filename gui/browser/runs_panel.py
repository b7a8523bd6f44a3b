"""Panel of kept runs: found, sorted, marked, and given to whoever opens, compares or fits them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QProgressBar,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gui.browser.fits_table import FitsTable
from gui.browser.query_bar import QueryBar
from gui.browser.refit_dialog import RefitDialog
from gui.browser.runs_model import RunsModel
from gui.browser.runs_table import RunsTable
from gui.common.fits_side_by_side import FitsSideBySide
from gui.common.language import tr
from gui.common.widgets import button, label

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PySide6.QtCore import QPoint
    from PySide6.QtGui import QResizeEvent

    from daq.catalogue import FoundPaths
    from gui.common.theme import Colours

_MARGIN, _GAP = 8, 6
"""Room (pixels) at the edges and between parts, as in other panels."""
_LOWEST = 64
"""Least height (pixels) of a table: its head and a row. More, and a low dock cuts it."""
_WIDE_SHAPE = 1.8
"""Width over height from which a dock is wide: one below the plots has 3 and more, one at the side less than 1."""
_N_IN_TIP = 20
"""Folders that are named in a tool tip. Doubled, it is higher than a small screen."""
_LIST, _FITS = 3000, 2000
"""Heights for the list and for kept fits below it: more than there is, so that they count as shares."""


class RunsPanel(QWidget):
    """Dock "Runs"."""

    open_wanted = Signal()
    overlay_wanted = Signal()
    compare_wanted = Signal()
    refit_wanted = Signal(object)
    """Fit the selected runs with these models (tuple of str)."""
    cancel_wanted = Signal()
    reveal_wanted = Signal()
    copy_wanted = Signal()
    follow_wanted = Signal(object)
    forget_wanted = Signal(object)
    """Follow these folders (tuple of Path) no longer: they cannot be reached."""
    selected = Signal(object)

    def __init__(self, folder: Callable[[], Path]) -> None:
        super().__init__()
        self.setObjectName("runsPanel")
        self._folder = folder
        self.model = RunsModel()
        self.model.setParent(self)
        self.bar = QueryBar()
        self.table = RunsTable(self.model)
        self.fits = FitsTable()
        self._n_selected = 0
        self._is_looking = False
        self._found: FoundPaths | None = None
        self._gone: tuple[Path, ...] = ()
        self._make_parts()
        self._lay_out()
        self._connect()
        self.fits.show_fits(FitsSideBySide())
        self.show_permissions({})
        self.forget.hide()
        self._show_count()

    def _make_parts(self) -> None:
        self.empty = label("", "faint", "runsEmpty")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.follow = button(tr("Follow a folder …"), "runsFollowButton", self.choose_folder, "primary")
        self.notes = label("", "faint", "runsNotes")
        self.forget = button(tr("Forget them"), "runsForgetButton", self._forget, tip=_forget_tip())
        self.progress = QProgressBar()
        self.progress.setObjectName("refitProgress")
        self.progress.setAccessibleName(tr("Fits of kept runs"))
        self.progress.setTextVisible(False)
        self.refitting = label("", "faint", "refitText")
        self._buttons = {
            "open": button(tr("Open"), "runsOpenButton", self.open_wanted.emit, "primary", tr("Open (Enter)")),
            "overlay": button(tr("Overlay"), "runsOverlayButton", self.overlay_wanted.emit, tip=_overlay_tip()),
            "compare": button(tr("Compare"), "runsCompareButton", self.compare_wanted.emit, tip=_compare_tip()),
            "refit": button(tr("Refit with …"), "runsRefitButton", self.choose_models, tip=_refit_tip()),
            "cancel": button(tr("Cancel fits"), "refitCancelButton", self.cancel_wanted.emit, tip=_cancel_tip()),
        }
        self._tips = {name: one.toolTip() for name, one in self._buttons.items()}

    def _lay_out(self) -> None:
        nothing = QWidget()
        column = QVBoxLayout(nothing)
        column.addStretch(1)
        column.addWidget(self.empty)
        column.addWidget(self.follow, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        # A low dock has no room for more, and what is scrolled twice is hard to use.
        for part in (self.table, self.fits.table):
            part.setMinimumHeight(_LOWEST)
        self.empty.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        self.empty.setMinimumHeight(_LOWEST // 2)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.table)
        self.stack.addWidget(nothing)
        split = self._split = QSplitter(Qt.Orientation.Vertical)
        split.setObjectName("runsSplit")
        split.setChildrenCollapsible(False)
        split.addWidget(self.stack)
        split.addWidget(self.fits)
        split.setSizes([_LIST, _FITS])
        acts = QHBoxLayout()
        acts.setSpacing(_GAP)
        for name in ("open", "overlay", "compare", "refit"):
            acts.addWidget(self._buttons[name])
        acts.addWidget(self.refitting, 1)
        acts.addStretch(0)
        acts.addWidget(self._buttons["cancel"])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        whole.setSpacing(_GAP)
        whole.addWidget(self.bar)
        whole.addWidget(split, 1)
        notes = QHBoxLayout()
        notes.addWidget(self.notes, 1)
        notes.addWidget(self.forget)
        whole.addLayout(notes)
        whole.addWidget(self.progress)
        whole.addLayout(acts)

    def _connect(self) -> None:
        self.table.open_wanted.connect(self.open_wanted)
        self.table.selected.connect(self._select)
        self.table.sort_wanted.connect(lambda sort: self.bar.ask(sort=sort))
        self.table.menu_wanted.connect(self._show_menu)
        self.bar.asked.connect(lambda query: self.table.show_sort(query.sort))
        self.bar.columns_chosen.connect(self.model.set_columns)
        self.bar.follow_wanted.connect(self.choose_folder)

    # -- intents ------------------------------------------------------------------------------------------------------

    def _select(self, paths: tuple[str, ...]) -> None:
        self._n_selected = len(paths)
        self._show_count()
        self.selected.emit(paths)

    def choose_models(self) -> None:
        """Ask with which models the selected runs are to be fitted."""
        dialog = RefitDialog(self, self._n_selected)
        dialog.chosen.connect(self.refit_wanted)
        dialog.open()

    def choose_folder(self) -> None:
        """Ask which folder is to be followed."""
        dialog = QFileDialog(self, tr("Follow a folder"), str(self._folder()))
        dialog.setObjectName("runsFolderDialog")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.follow_wanted.emit(Path(name)))
        dialog.open()

    def _show_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name in ("open", "overlay", "compare", "refit"):
            made = self._buttons[name]
            action = menu.addAction(made.text())
            action.setEnabled(made.isEnabled())
            action.triggered.connect(made.click)
        menu.addSeparator()
        menu.addAction(tr("Show in its folder")).triggered.connect(self.reveal_wanted)
        menu.addAction(tr("Copy paths")).triggered.connect(self.copy_wanted)
        menu.popup(at)

    # -- show ---------------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put kept fits beside the list where the dock is wide, and below it where it is high."""
        super().resizeEvent(event)
        is_wide = self.width() > _WIDE_SHAPE * self.height()
        wanted = Qt.Orientation.Horizontal if is_wide else Qt.Orientation.Vertical
        if self._split.orientation() != wanted:
            self._split.setOrientation(wanted)
            self._split.setSizes([_LIST, _FITS])

    def show_found(self, found: FoundPaths) -> None:
        """List what was found."""
        self._found = found
        self.model.set_paths(found.paths)
        self.bar.show_folders(found.followed)
        self._show_notes(found)
        self._show_count()

    def _show_notes(self, found: FoundPaths) -> None:
        """Say in one line which folders cannot be looked into; all of them, with the reasons, in its tool tip."""
        self._gone = tuple(one for one in found.followed if any(note.startswith(f"{one}: ") for note in found.notes))
        others = [note for note in found.notes if not any(note.startswith(f"{one}: ") for one in self._gone)]
        texts = others[:1]
        if len(self._gone) > 1:
            texts.append(tr("{n} followed folders cannot be reached.").format(n=len(self._gone)))
        elif self._gone:
            texts.append(tr("A followed folder cannot be reached: {folder}").format(folder=self._gone[0]))
        if len(others) > 1:
            texts.append(tr("and {n} more that cannot be looked into").format(n=len(others) - 1))
        self.notes.setText("\n".join(texts))
        self.notes.setToolTip("\n".join(found.notes[:_N_IN_TIP]))
        self.forget.setText(tr("Forget them") if len(self._gone) > 1 else tr("Forget it"))
        self.forget.setVisible(bool(self._gone))

    def _forget(self) -> None:
        self.forget_wanted.emit(self._gone)

    def show_looking(self, *, is_looking: bool) -> None:
        """Say whether folders are being looked into."""
        self._is_looking = is_looking
        self._show_count()

    def _show_count(self) -> None:
        found = self._found
        self.notes.setVisible(bool(self.notes.text()))
        n = 0 if found is None else len(found.paths)
        self.stack.setCurrentIndex(0 if n else 1)
        self.follow.setVisible(found is not None and not found.followed)
        if found is None or (self._is_looking and not n):
            self.empty.setText(tr("Looking for runs …"))
        elif not found.followed:
            self.empty.setText(tr("No folder is followed. Follow one: all runs in it and below it are listed here."))
        else:
            is_asked = bool(self.bar.query.text or self.bar.query.filters)
            nothing = (
                tr("No run is like that.") if is_asked else tr("There is no run yet: what is measured comes here.")
            )
            self.empty.setText(nothing)
        text = tr("{n} of {all} runs selected").format(n=f"{self._n_selected:,}", all=f"{n:,}") if n else ""
        self.bar.count.setText(
            tr("{text}; looking for changes …").format(text=text) if self._is_looking and n else text
        )

    def show_refits(self, n_done: int, n: int, failures: tuple[str, ...]) -> None:
        """Show how many fits are through."""
        is_fitting = n_done < n
        self.progress.setVisible(is_fitting)
        self.progress.setMaximum(max(n, 1))
        self.progress.setValue(n_done)
        self._buttons["cancel"].setVisible(is_fitting)
        texts = [tr("Fitting: {done} of {n} are through").format(done=n_done, n=n)] if is_fitting else []
        if failures:
            texts.append(tr("{n} failed: {why}").format(n=len(failures), why=failures[-1]))
        self.refitting.setText(". ".join(texts))
        self.refitting.setToolTip("\n".join(failures))
        self.refitting.setVisible(bool(texts))

    def show_permissions(self, reasons: Mapping[str, str]) -> None:
        """Enable each button for which there is no reason against it."""
        for name, made in self._buttons.items():
            reason = reasons.get(name, "")
            made.setEnabled(not reason)
            made.setToolTip(reason or self._tips[name])

    def set_colours(self, colours: Colours) -> None:
        """Draw pictures in the colour of currents."""
        self.model.set_ink(colours.current)


def _forget_tip() -> str:
    return tr("Follow no longer what cannot be reached; no file is touched, and a folder can be followed again")


def _overlay_tip() -> str:
    return tr("Draw the selected runs over the one that is shown")


def _compare_tip() -> str:
    return tr("Fit the selected runs, and compare them over thickness, temperature and drive")


def _refit_tip() -> str:
    return tr("Fit the selected runs with several models; kept fits stay")


def _cancel_tip() -> str:
    return tr("End the fits in progress; those that are through are kept")
