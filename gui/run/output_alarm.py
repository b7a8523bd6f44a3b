"""Banner of outputs that may still be on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout

from gui.common.language import tr
from gui.common.widgets import ScrolledLabel, action_button, label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QAction

# Some five lines: the reasons of several alarms. More would push the header, and Stop with it, down the screen.
_HIGHEST = 96
# Width (pixels) of the sentence: two lines of it.
_TEXT_WIDTH = 330


class OutputAlarmBanner(QFrame):
    """The loudest thing in the window: an output may be on. It stays until that has been seen or read back as off.

    Parameters
    ----------
    confirm : QAction
        Confirms that the output is off.
    """

    def __init__(self, confirm: QAction) -> None:
        super().__init__()
        self.setObjectName("unknownOutput")
        text = label(tr("Output state unknown: press the OUTPUT key of the instrument"), "banner", "unknownOutputText")
        text.setMinimumWidth(_TEXT_WIDTH)
        self._reason = ScrolledLabel(label("", "", "unknownOutputReason"), _HIGHEST)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(16)
        layout.addWidget(text, 2)
        layout.addWidget(self._reason, 3, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(action_button(confirm, "acknowledgeButton"))
        self.hide()

    def show_reasons(self, reasons: Sequence[str]) -> None:
        """Show why the state of outputs is not known; without a reason there is no banner.

        Parameters
        ----------
        reasons : sequence of str
        """
        self._reason.setText("\n".join(one[:1].upper() + one[1:] for one in reasons))
        self.setVisible(bool(reasons))
