"""Status line at the foot of the window: output, owner of the run, its end, room on the disk."""

from __future__ import annotations

import shutil
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from gui.app.header import header
from gui.app.status import status
from gui.common.language import tr

if TYPE_CHECKING:
    from pathlib import Path

    from gui.app.area import Context

_TICK_MS = 1000
"""The time that is left goes down by the second."""
_DISK_TICKS = 15
"""Seconds from one look at the disk to the next: 0.4 GB at a million samples a second. Doubled: twice as old."""


class StatusLine(QWidget):
    """The line.

    Parameters
    ----------
    context : Context
        Its jobs look at the disk: one that does not answer must hold up no one.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("statusLine")
        self._store, self._jobs, self._folder = context.store, context.jobs, context.folder
        self._free: int | None = None
        self._asked = False
        self._ticks = 0
        self._labels = {name: self._label(name) for name in ("output", "owner", "end", "disk")}
        self._labels["output"].setAccessibleName(tr("State of the output"))
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 3, 12, 3)
        row.setSpacing(18)
        row.addWidget(self._labels["output"])
        row.addWidget(self._labels["owner"])
        row.addWidget(self._labels["end"])
        row.addStretch(1)
        row.addWidget(self._labels["disk"])
        self._clock = QTimer(self, interval=_TICK_MS)
        self._clock.timeout.connect(self._tick)
        self._clock.start()
        self._store.changed.connect(lambda _state, _before: self.show_status())
        self.show_status()

    def _label(self, name: str) -> QLabel:
        made = QLabel()
        made.setObjectName(f"{name}Status")
        made.setProperty("role", "faint")
        return made

    def _tick(self) -> None:
        if self._ticks % _DISK_TICKS == 0 and not self._asked:
            self._asked = True
            folder = self._folder
            self._jobs.do(lambda: free_bytes(folder), self._take, lambda _: self._take(None))
        self._ticks += 1
        self.show_status()

    def _take(self, free: int | None) -> None:
        self._free, self._asked = free, False
        self.show_status()

    def show_status(self) -> None:
        """Show how things stand now."""
        state = self._store.state
        shown = status(state, datetime.now().astimezone(), self._free)
        texts = {"output": header(state).badge.text, "owner": shown.owner, "end": shown.end, "disk": shown.disk}
        for name, text in texts.items():
            if self._labels[name].text() != text:
                self._labels[name].setText(text)
        role = "warning" if shown.disk_is_low else "faint"
        if self._labels["disk"].property("role") != role:
            self._labels["disk"].setProperty("role", role)
            self._labels["disk"].style().polish(self._labels["disk"])


def free_bytes(folder: Path) -> int:
    """Return the room on the disk of a folder, which need not be there yet."""
    there = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    return shutil.disk_usage(there).free
