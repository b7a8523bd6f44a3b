"""The document of the protocol editor and its file: opened, saved, kept as a draft; never lost without a question."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from gui.app.questions import Answer, ask
from gui.common.language import tr
from gui.protocol.editor_undo import EditedText

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from gui.app.settings import Settings
    from gui.services.jobs import Jobs
    from gui.services.protocol_files import TextFile


def _files() -> ModuleType:
    """Return the service of files, with what it imports: the window paints before it is there."""
    return import_module("gui.services.protocol_files")


def _nothing() -> None:
    return None


class EditorSession(QObject):
    """What is open in the editor.

    Parameters
    ----------
    window : QWidget
        Its questions stand on it; before it closes, unsaved changes are asked about.
    jobs : Jobs
        Files are read and written there.
    folder : Path
        Of the runs; drafts are kept in it.
    settings : Settings or None
        Knows the folder of protocol files.

    Attributes
    ----------
    document : EditedText
    file : TextFile or None
        None: it has not been saved yet.
    title : str
    is_open : bool
    """

    opened = Signal()
    """Another document is there."""
    changed = Signal()
    """Title, file, or whether it is modified."""
    message = Signal(str)
    """Something that the operator must read."""
    disk_changed = Signal(bool)
    """Whether the file was changed by somebody else."""

    def __init__(self, window: QWidget, jobs: Jobs, folder: Path, settings: Settings | None) -> None:
        super().__init__(window)
        self._window = window
        self._jobs = jobs
        self._folder = folder
        self._settings = settings
        self._settled_text: str | None = None  # of which the operator has said that it may be dropped
        self._dialogs: dict[str, QFileDialog] = {}
        self.document = EditedText(self)
        self.file: TextFile | None = None
        self.title = ""
        self.is_open = False
        window.installEventFilter(self)

    @property
    def is_modified(self) -> bool:
        """Whether something would be lost with the document."""
        return self.is_open and self.document.is_modified

    @property
    def folder(self) -> Path | None:
        """Where the files of the document's long arrays are."""
        return None if self.file is None else self.file.path.parent

    # -- open ----------------------------------------------------------------------------------------------------------

    def open_path(self, path: Path) -> None:
        """Open a file, once unsaved changes are settled."""
        self.settle(lambda: self._jobs.do(lambda: _files().open_text(path), self._take_file, self._report))

    def open_ready(self, name: str, title: str) -> None:
        """Begin a new document from a ready protocol."""
        self.settle(
            lambda: self._jobs.do(
                lambda: _files().ready_text(name), lambda text: self._take_text(title, text, is_new=False), self._report
            )
        )

    def open_text(self, title: str, text: str) -> None:
        """Begin a new document."""
        self.settle(lambda: self._take_text(title, text, is_new=True))

    def ask_for_file(self) -> None:
        """Ask which file to open."""
        dialog = self._dialog("editorOpenDialog", tr("Open a protocol or campaign"))
        dialog.fileSelected.connect(lambda name: self.open_path(Path(name)))
        dialog.show()

    def _take_file(self, file: TextFile) -> None:
        self.file = file
        self._keep_folder(file.path)
        self._begin(file.path.name, file.text, is_new=False)

    def _take_text(self, title: str, text: str, *, is_new: bool) -> None:
        self.file = None
        self._begin(title, text, is_new=is_new)

    def _begin(self, title: str, text: str, *, is_new: bool) -> None:
        """Show another document; a new one is nowhere else, so that it would be lost."""
        self.title = title
        self.is_open = True
        self.document.start(text, is_new=is_new)
        self.disk_changed.emit(False)
        self.opened.emit()
        self.changed.emit()

    # -- save ----------------------------------------------------------------------------------------------------------

    def save(self, then: Callable[[], object] = _nothing) -> None:
        """Save the document; ask for a name if it has none, or if somebody else has changed the file."""
        if self.file is None:
            self.save_as(then)
        else:
            self._save(self.file, then)

    def _save(self, file: TextFile, then: Callable[[], object], *, replace_changed: bool = False) -> None:
        text = self.document.text

        def saved(done: TextFile) -> None:
            self.file = done
            self.title = done.path.name
            self.document.saved_text = done.text
            self._keep_folder(done.path)
            self.disk_changed.emit(False)
            self.changed.emit()
            then()

        def failed(error: Exception) -> None:
            if isinstance(error, _files().ChangedOnDiskError):
                self._ask_about_disk(file, then)
            else:
                self.message.emit(tr("{name} was not saved: {error}").format(name=file.path.name, error=error))

        self._jobs.do(lambda: _files().save_text(file, text, replace_changed=replace_changed), saved, failed)

    def _ask_about_disk(self, file: TextFile, then: Callable[[], object]) -> None:
        self.disk_changed.emit(True)
        ask(
            self._window,
            "editorDiskQuestion",
            tr("{name} was changed by another program since it was opened.").format(name=file.path.name),
            tr("Nothing was saved yet. What the other program wrote is lost if you replace it."),
            (
                Answer(
                    tr("Replace it"),
                    "replaceFile",
                    lambda: self._save(file, then, replace_changed=True),
                    destroys=True,
                ),
                Answer(tr("Save under another name …"), "saveElsewhere", lambda: self.save_as(then)),
            ),
        )

    def save_as(self, then: Callable[[], object] = _nothing) -> None:
        """Ask for a name, and save."""
        dialog = self._dialog("editorSaveDialog", tr("Save the protocol"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("toml")
        known = self.title if self.title.endswith(".toml") else f"{self.title.lower().replace(' ', '_')}.toml"
        dialog.selectFile(known)
        dialog.fileSelected.connect(lambda name: self.save_to(Path(name), then))
        dialog.show()

    def save_to(self, path: Path, then: Callable[[], object] = _nothing) -> None:
        """Save under a name that the operator has chosen, and been asked about if it is taken."""
        before, made = self.file, _files().TextFile
        file = made(path, "", "") if before is None else made(path, "", "", before.line_end, before.has_mark)
        self._save(file, then)

    def with_file(self, then: Callable[[Path], None], title: str = "", text: str | None = None) -> None:
        """Give the path of a file with the text: its own if that is saved, else a draft beside the runs.

        Parameters
        ----------
        then : callable
            Takes the path.
        title, text : str, optional
            Another text than the document, such as one point of a campaign.
        """
        if text is None and self.file is not None and not self.document.is_modified:
            then(self.file.path)
            return
        shown = title or Path(self.title).stem
        whole, beside = self.document.text if text is None else text, self.folder
        self._jobs.do(lambda: _files().keep_draft(self._folder, shown, whole, beside), then, self._report)

    # -- the file on disk ----------------------------------------------------------------------------------------------

    def look_at_disk(self) -> None:
        """Look whether somebody else has changed the file."""
        file = self.file
        if file is None:
            return

        def tell(digest: str) -> None:
            if self.file is file and digest:
                self.disk_changed.emit(digest != file.digest)

        self._jobs.do(lambda: _files().digest_on_disk(file.path), tell, self._report)

    def load_again(self) -> None:
        """Take what is on disk in place of the document; undo leads back."""
        file = self.file
        if file is None:
            return

        def take(read: TextFile) -> None:
            self.file = read
            self.document.saved_text = read.text
            self.document.change(read.text, tr("Loading of the file"))
            self.disk_changed.emit(False)
            self.changed.emit()

        self._jobs.do(lambda: _files().open_text(file.path), take, self._report)

    # -- questions -----------------------------------------------------------------------------------------------------

    def settle(self, then: Callable[[], object]) -> None:
        """Go on at once, or, if changes would be lost, when the operator has said what is to become of them."""
        if not self.is_modified:
            then()
            return
        ask(
            self._window,
            "editorDropQuestion",
            tr("{title} has changes that are not saved.").format(title=self.title),
            tr("They are lost if you drop them."),
            (
                Answer(tr("Save"), "saveChanges", lambda: self.save(then)),
                Answer(tr("Drop them"), "dropChanges", then, destroys=True),
            ),
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask before the window closes on unsaved changes, and look at the file when it comes to the front."""
        if watched is self._window and event.type() == QEvent.Type.WindowActivate:
            self.look_at_disk()
        if watched is self._window and event.type() == QEvent.Type.Close and self._would_lose:
            event.ignore()
            self.settle(self._close_window)
            return True
        return super().eventFilter(watched, event)

    @property
    def _would_lose(self) -> bool:
        """Whether closing would lose something that nobody has been asked about."""
        return self.is_modified and self.document.text != self._settled_text

    def _close_window(self) -> None:
        self._settled_text = self.document.text
        self._window.close()

    def close(self) -> None:
        """Keep changes that nobody was asked about as a draft; only for a window that closes."""
        if self._would_lose:
            _files().keep_draft(self._folder, Path(self.title).stem, self.document.text, self.folder)

    def close_unasked(self) -> None:
        """Let the window close without a question: changes are kept as a draft."""
        self.close()
        self._settled_text = self.document.text

    def _dialog(self, name: str, title: str) -> QFileDialog:
        """Return a new dialog for files, in place of the last one; Stop can be pressed while it is open."""
        before = self._dialogs.pop(name, None)
        if before is not None:
            before.close()
        start = Path.cwd() if self._settings is None else self._settings.protocol_folder
        if self.file is not None:
            start = self.file.path.parent
        dialog = QFileDialog(self._window, title, str(start), tr("Protocols (*.toml)"))
        dialog.setObjectName(name)
        dialog.setModal(False)
        dialog.finished.connect(lambda _: self._dialogs.pop(name, dialog).deleteLater())
        self._dialogs[name] = dialog
        return dialog

    def _keep_folder(self, path: Path) -> None:
        if self._settings is not None:
            self._settings.protocol_folder = path.parent

    def _report(self, error: Exception) -> None:
        self.message.emit(str(error))
