"""Area of reports and exports: what is shown of saved runs goes to a file, written by a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from gui.app.area import ActionSpec, Menu
from gui.app.rules import Permission
from gui.app.saving import ask_where
from gui.common.language import tr
from gui.services.writing import Writing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gui.app.area import Context, DockSpec
    from gui.app.state import AppState
    from gui.common.theme import Colours


class ReportArea(QObject):
    """The actions *Save report* and *Export data*.

    Parameters
    ----------
    context : Context
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context.parent)
        self._context = context
        self._writing = Writing(self)
        self._writing.writing.connect(context.exchange.writing)
        self._writing.failed.connect(context.exchange.message)
        self._writing.written.connect(self._report_written)

    def save_report(self) -> None:
        """Ask where the report of the runs that are shown goes, and write it."""
        runs = self._context.store.state.shown_runs
        if runs:
            endings = {tr("Web page"): "html", "PDF": "pdf"}
            self._ask("reportDialog", tr("Save report"), runs[0], endings, lambda to: self._writing.report(runs, to))

    def export(self) -> None:
        """Ask where the data of the run that is shown go, and write them."""
        runs = self._context.store.state.shown_runs
        if runs:
            endings = {
                "CSV": "csv",
                "Parquet": "parquet",
                "Battery Data Format": "bdf.csv",
                "NetCDF": "nc",
                "bluesky": "jsonl",
            }
            self._ask("dataDialog", tr("Export data"), runs[0], endings, lambda to: self._writing.export(runs[0], to))

    def _ask(self, name: str, title: str, run: Path, endings: dict[str, str], then: Callable[[Path], None]) -> None:
        ask_where(self._context.parent, name, title, run.with_suffix(""), endings, then)

    def _report_written(self, path: Path, remarks: tuple[str, ...]) -> None:
        self._context.exchange.message.emit("\n".join((tr("Written: {path}").format(path=path), *remarks)))

    def docks(self) -> Sequence[DockSpec]:
        """Return none."""
        return ()

    def actions(self) -> Sequence[ActionSpec]:
        """Return what is written of the runs that are shown."""

        def permission(state: AppState) -> Permission:
            return Permission("" if state.shown_runs else tr("No saved run is shown: open one, or measure one."))

        return (
            ActionSpec(
                "report.save",
                "Save &report …",
                Menu.FILE,
                self.save_report,
                "Save verdict, figures and evidence of the shown runs as a page: HTML or PDF",
                "Ctrl+Shift+R",
                permission,
            ),
            ActionSpec(
                "report.export",
                "&Export data …",
                Menu.FILE,
                self.export,
                "Write the samples of the shown run for other programs: CSV, Parquet, BDF, NetCDF, bluesky",
                "Ctrl+Shift+E",
                permission,
            ),
        )

    def show(self, state: AppState, before: AppState) -> None:
        """Nothing here shows a state."""

    def set_colours(self, colours: Colours) -> None:
        """Nothing here has colours of its own."""

    def close(self) -> None:
        """End what is being written."""
        self._writing.close()
