"""Area "Runs": joins the list of kept runs to the catalogue, and passes on what is wanted of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication

from gui.app import dock_transitions as transitions
from gui.app.area import ActionSpec, DockSpec, Layout, Menu, Side
from gui.app.rules import Permission
from gui.services.catalogue import CatalogueService
from gui.services.refits import Refits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gui.app.area import Context
    from gui.app.state import AppState
    from gui.browser.columns import Column
    from gui.browser.runs_panel import RunsPanel
    from gui.common.theme import Colours

NAME = "runs"
"""Name of the dock."""
_REST_MS = 120
"""How long a selection must rest before its fits are read: somebody who holds an arrow key passes ten runs a second."""
_MOST_COMPARED = 6
"""Most runs whose kept fits are shown side by side: more are no longer read, and a table of fits is made for them."""


class RunsArea(QObject):
    """Kept runs.

    Parameters
    ----------
    context : Context
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context.parent)
        self._context = context
        self._store, self._exchange = context.store, context.exchange
        self._service = CatalogueService(self)
        self._refits = Refits(self)
        self._panel: RunsPanel | None = None
        self._colours: Colours | None = None
        sides = {Layout.MEASURE: Side.CENTRE, Layout.ANALYSE: Side.BOTTOM}
        self._docks = (DockSpec(NAME, "Runs", self._made, sides),)
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._read_fits)
        self._service.failed.connect(self._exchange.message)
        self._refits.kept.connect(self._fit_kept)
        self._refits.progressed.connect(
            lambda done, n, failures: self._store.apply(transitions.fits_progressed, done, n, failures)
        )

    def docks(self) -> Sequence[DockSpec]:
        """Return the dock."""
        return self._docks

    def actions(self) -> Sequence[ActionSpec]:
        """Return what can be done with kept runs."""

        def spec(verb: str, text: str, do: Callable[[], object], tip: str, shortcut: str = "") -> ActionSpec:
            def permission(state: AppState) -> Permission:
                return Permission(state.runs.reasons().get(verb, ""))

            menu = Menu.FILE if verb in {"find", "reveal", "copy", "follow"} else Menu.ANALYSE
            return ActionSpec(f"runs.{verb}", text, menu, do, tip, shortcut, permission)

        return (
            spec("find", "&Find runs …", self._find, "Search all kept runs", "Ctrl+Shift+F"),
            spec("follow", "Fo&llow a folder …", self._follow, "List the runs of another folder too"),
            spec("reveal", "Show the run in its fol&der", self._reveal, "Open the folder of the selected run"),
            spec("copy", "Copy the &paths of runs", self._copy, "Copy the paths of the selected runs"),
            spec("open", "Open the se&lected runs", self._open, "Show curves and fits of the selected runs"),
            spec("overlay", "O&verlay the selected runs", self._overlay, "Draw the selected runs over the shown one"),
            spec("compare", "Compare the selected r&uns", self._compare, "Compare over thickness and temperature"),
            spec(
                "refit", "Re&fit the selected runs …", self._choose_models, "Fit the selected runs with several models"
            ),
            spec("cancel", "Ca&ncel the fits of runs", self._refits.cancel, "Those that are through are kept"),
        )

    def _made(self) -> RunsPanel:
        """Return the panel, made when it is first needed."""
        if self._panel is None:
            self._panel = self._make_panel()
        return self._panel

    def _make_panel(self) -> RunsPanel:
        from gui.browser.columns import columns_of
        from gui.browser.runs_panel import RunsPanel

        panel, service = RunsPanel(lambda: self._context.folder), self._service
        model, bar = panel.model, panel.bar
        bar.asked.connect(service.ask)
        bar.look_wanted.connect(service.look)
        bar.unfollow_wanted.connect(service.unfollow)
        panel.follow_wanted.connect(service.follow)
        panel.forget_wanted.connect(self._forget)
        model.rows_wanted.connect(service.read)
        model.picture_wanted.connect(service.picture)
        model.edited.connect(self._state_of_run)
        service.found.connect(panel.show_found)
        service.faulty.connect(bar.show_fault)
        service.looking.connect(lambda looking: panel.show_looking(is_looking=looking))
        service.rows_read.connect(model.take_rows)
        service.pictured.connect(model.take_picture)
        service.choices_read.connect(bar.show_choices)
        service.fits_read.connect(panel.fits.show_fits)
        # Queued: what is selected may change while a list is being shown.
        panel.selected.connect(self._select, Qt.ConnectionType.QueuedConnection)
        panel.open_wanted.connect(self._open)
        panel.overlay_wanted.connect(self._overlay)
        panel.compare_wanted.connect(self._compare)
        panel.refit_wanted.connect(self._refit)
        panel.cancel_wanted.connect(self._refits.cancel)
        panel.reveal_wanted.connect(self._reveal)
        panel.copy_wanted.connect(self._copy)
        if (settings := self._context.settings) is not None:
            bar.set_columns(columns_of(settings.run_columns))
            bar.columns_chosen.connect(self._keep_columns)
        if self._colours is not None:
            panel.set_colours(self._colours)
        self._show_in(panel, self._store.state)
        # As `ionecho run` does: what this window measures is found.
        service.follow(self._context.folder)
        service.ask(bar.query)
        return panel

    def _keep_columns(self, columns: tuple[Column, ...]) -> None:
        if (settings := self._context.settings) is not None:
            settings.run_columns = tuple(one.key for one in columns)

    # -- intents ------------------------------------------------------------------------------------------------------

    @property
    def _selected(self) -> tuple[Path, ...]:
        return tuple(map(Path, self._store.state.runs.selected))

    def _select(self, paths: tuple[str, ...]) -> None:
        self._store.apply(transitions.runs_selected, paths)
        self._rest.start()

    def _read_fits(self) -> None:
        self._service.read_fits(tuple(map(Path, self._store.state.runs.selected[:_MOST_COMPARED])))

    def _fit_kept(self, run: Path) -> None:
        self._service.look()
        if str(run) in self._store.state.runs.selected[:_MOST_COMPARED]:
            self._rest.start()

    def _state_of_run(self, path: str, key: str, text: str) -> None:
        if key == "tags":
            self._service.state_tags(path, tuple(one for one in (tag.strip() for tag in text.split(",")) if one))
        else:
            self._service.state_notes(path, text)

    def _find(self) -> None:
        self._exchange.dock_wanted.emit(NAME)
        search = self._made().bar.search
        search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        search.selectAll()

    def _follow(self) -> None:
        self._exchange.dock_wanted.emit(NAME)
        self._made().choose_folder()

    def _forget(self, folders: tuple[Path, ...]) -> None:
        for folder in folders:
            self._service.unfollow(folder)

    def _open(self) -> None:
        if self._selected:
            self._exchange.runs_opened.emit(self._selected)

    def _overlay(self) -> None:
        if self._selected:
            self._exchange.overlay_wanted.emit(self._selected)

    def _compare(self) -> None:
        if not self._store.state.runs.reasons()["compare"]:
            self._exchange.comparison_wanted.emit(self._selected)

    def _choose_models(self) -> None:
        if not self._store.state.runs.reasons()["refit"]:
            self._made().choose_models()

    def _refit(self, models: tuple[str, ...]) -> None:
        if self._selected and models:
            self._refits.start(self._selected, models)

    def _reveal(self) -> None:
        if self._selected:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._selected[0].parent)))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText("\n".join(self._store.state.runs.selected))

    # -- show ---------------------------------------------------------------------------------------------------------

    def show(self, state: AppState, before: AppState) -> None:
        """Show a state; a run that has ended is looked for at once."""
        panel = self._panel
        if panel is None:
            return
        if state is before or state.runs != before.runs:
            self._show_in(panel, state)
        if before.run_in_progress is not None and state.run_in_progress is None:
            self._service.look()

    @staticmethod
    def _show_in(panel: RunsPanel, state: AppState) -> None:
        runs = state.runs
        panel.show_refits(runs.n_fitted, runs.n_fits, runs.failures)
        panel.show_permissions(runs.reasons())

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        self._colours = colours
        if self._panel is not None:
            self._panel.set_colours(colours)

    def close(self) -> None:
        """End fits and threads."""
        self._refits.close()
        self._service.close()
