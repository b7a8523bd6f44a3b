"""Which outputs may still be on, and has somebody seen since that they are off?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from gui.common.messages import UnknownOutputBanner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gui.common.background import Background


class OutputAlarm(QObject):
    """Shows the banner, also for runs that an earlier window or a script has left, until somebody confirms.

    Parameters
    ----------
    background : Background
    say : callable
        Takes what went wrong.
    """

    def __init__(self, background: Background, say: Callable[[str], None]) -> None:
        super().__init__()
        self.banner = UnknownOutputBanner()
        self._background, self._say = background, say
        self._paths: list[Path] = []
        self.banner.acknowledged.connect(self._confirm)

    def recall(self, folder: Path) -> None:
        """Look for runs in a folder whose output nobody has confirmed to be off."""
        from daq import unconfirmed_outputs

        self._background.do(lambda: unconfirmed_outputs(folder), self._recalled, self._failed)

    def raise_for(self, reason: str, path: Path | None = None) -> None:
        """Say that an output may be on, and of which run."""
        if path is not None:
            self._paths.append(path)
        self.banner.alarm(reason)

    def _recalled(self, reasons: dict[Path, str]) -> None:
        if reasons:
            self._paths += reasons
            self.banner.alarm("\n".join(reasons.values()))

    def _confirm(self) -> None:
        from daq import confirm_off

        paths, self._paths = self._paths, []

        def confirm() -> None:
            for path in paths:
                confirm_off(path)

        self._background.do(confirm, lambda _: None, self._failed)

    def _failed(self, fault: Exception) -> None:
        self._say(str(fault))
