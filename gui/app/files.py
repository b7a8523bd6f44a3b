"""Files of the window: the dialog that asks for them, what was opened last, what is dropped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from gui.common.language import tr
from gui.services.opening import Opening

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QDragEnterEvent

    from gui.app.area import Exchange
    from gui.app.settings import Settings
    from gui.services.jobs import Jobs

_DROPS = {QEvent.Type.DragEnter, QEvent.Type.Drop}


class Files(QObject):
    """Opens files and folders, and remembers them.

    Parameters
    ----------
    window : QWidget
        Takes files that are dropped on it.
    exchange : Exchange
        Told what was opened.
    jobs : Jobs
    folder : Path
        Where the runs are.
    settings : Settings or None
        Without it nothing is remembered.

    Attributes
    ----------
    recent : QMenu
        What was opened last, and is still there.
    """

    def __init__(
        self, window: QWidget, exchange: Exchange, jobs: Jobs, folder: Path, settings: Settings | None
    ) -> None:
        super().__init__(window)
        self._window, self._exchange, self._jobs, self._folder = window, exchange, jobs, folder
        self._settings = settings
        self._opening = Opening(self, jobs, folder)
        self._opening.runs.connect(exchange.runs_opened)
        self._opening.protocol.connect(exchange.protocol_wanted)
        self._opening.campaign.connect(exchange.queue_wanted)
        self._opening.failed.connect(exchange.message)
        self._opening.opened.connect(self._remember)
        self.importing = self._opening.importing
        exchange.open_wanted.connect(self.open)
        self.recent = QMenu(tr("Open &recent"), window)
        self.recent.setObjectName("menu.recent")
        self.recent.aboutToShow.connect(self._look_for_recent)
        self._show_recent(())
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def open(self, paths: Sequence[Path]) -> None:
        """Open files and folders; ask for them if none is named."""
        if paths:
            self._opening.open(paths)
        else:
            self.ask()

    def ask(self) -> None:
        """Ask which files to open. The window, and Stop in it, can be used meanwhile."""
        dialog = self._window.findChild(QFileDialog, "openDialog")
        if dialog is None:
            dialog = QFileDialog(self._window, tr("Open"), str(self._folder if self._folder.is_dir() else Path.cwd()))
            dialog.setObjectName("openDialog")
            dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.setWindowModality(Qt.WindowModality.NonModal)
            dialog.filesSelected.connect(lambda names: self.open([Path(name) for name in names]))
        dialog.show()
        dialog.raise_()

    def _remember(self, path: Path) -> None:
        if self._settings is not None:
            self._settings.remember(path)

    def _look_for_recent(self) -> None:
        """Ask a worker thread which are still there: a network folder may not answer."""
        kept = () if self._settings is None else self._settings.recent
        self._jobs.do(
            lambda: [path for path in kept if path.exists()],
            self._show_recent,
            lambda error: self._exchange.message.emit(str(error)),
        )

    def _show_recent(self, paths: Sequence[Path]) -> None:
        self.recent.clear()
        for path in paths:
            self.recent.addAction(str(path)).triggered.connect(lambda _checked, path=path: self.open([path]))
        if not paths:
            self.recent.addAction(tr("Nothing was opened yet")).setEnabled(False)

    def eventFilter(self, _window: QObject, event: QEvent) -> bool:
        """Take files that are dropped on the window."""
        if event.type() not in _DROPS or not isinstance(event, QDropEvent):
            return False
        paths = _paths_of(event)
        if not paths:
            return False
        event.acceptProposedAction()
        if event.type() == QEvent.Type.Drop:
            self.open(paths)
        return True

    def close(self) -> None:
        """End what is under way; only for a window that closes."""
        self._opening.close()


def _paths_of(event: QDropEvent | QDragEnterEvent) -> list[Path]:
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
