"""Files that a plot gives away: where to, asked with a dialog that blocks nothing, and written by a worker thread."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog

from gui.common.language import tr

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from gui.app.area import Context


def save_as(context: Context, parent: QWidget, stem: str, suffix: str, content: bytes) -> None:
    """Ask for a name, and write a file of that name.

    Parameters
    ----------
    context : Context
    parent : QWidget
        Over which the dialog stands.
    stem, suffix : str
        Of the name that is offered.
    content : bytes
    """
    dialog = QFileDialog(parent, tr("Export"), str(context.folder / f"{stem}.{suffix}"))
    dialog.setObjectName("exportDialog")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilter(f"{suffix.upper()} (*.{suffix})")
    dialog.setDefaultSuffix(suffix)

    def write(name: str) -> None:
        path = Path(name)
        context.jobs.do(
            lambda: path.write_bytes(content),
            lambda _: context.exchange.message.emit(tr("Written: {path}").format(path=path)),
            lambda error: context.exchange.message.emit(str(error)),
        )

    dialog.fileSelected.connect(write)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
