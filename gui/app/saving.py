"""Files that the window writes: where to, asked with a dialog that blocks nothing, least of all Stop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from gui.common.language import tr

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PySide6.QtCore import QObject

    from gui.app.area import Context


def ask_where(
    parent: QObject, name: str, title: str, offered: Path, endings: Mapping[str, str], then: Callable[[Path], None]
) -> None:
    """Ask for a file to write; the window can be used meanwhile.

    Parameters
    ----------
    parent : QObject
        A widget over which the dialog stands.
    name, title : str
        Of the dialog.
    offered : Path
        The file without its ending.
    endings : mapping of str to str
        Ending of each kind of file; the first is offered.
    then : callable
        Is given the file that was chosen.
    """
    first = next(iter(endings.values()))
    start = str(offered.with_name(f"{offered.name}.{first}"))
    dialog = QFileDialog(parent if isinstance(parent, QWidget) else None, title, start)
    dialog.setObjectName(name)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    filters = {f"{what} (*.{ending})": ending for what, ending in endings.items()}
    dialog.setNameFilters(list(filters))
    dialog.setDefaultSuffix(first)
    dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(filters.get(chosen, first)))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowModality(Qt.WindowModality.NonModal)
    dialog.fileSelected.connect(lambda chosen: then(Path(chosen)))
    dialog.show()


def save_as(context: Context, parent: QWidget, stem: str, suffix: str, content: bytes) -> None:
    """Ask for a name, and write a file of that name by a worker thread.

    Parameters
    ----------
    context : Context
    parent : QWidget
        Over which the dialog stands.
    stem, suffix : str
        Of the name that is offered.
    content : bytes
    """

    def write(path: Path) -> None:
        context.jobs.do(
            lambda: path.write_bytes(content),
            lambda _: context.exchange.message.emit(tr("Written: {path}").format(path=path)),
            lambda error: context.exchange.message.emit(str(error)),
        )

    ask_where(parent, "exportDialog", tr("Export"), context.folder / stem, {suffix.upper(): suffix}, write)
