"""Banner of outputs that may still be on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QHBoxLayout

from gui.common.widgets import action_button, label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QAction


class OutputAlarmBanner(QFrame):
    """The loudest thing in the window: an output may be on. It stays until somebody confirms that it is off.

    Parameters
    ----------
    confirm : QAction
        Confirms that the output is off.
    """

    def __init__(self, confirm: QAction) -> None:
        super().__init__()
        self.setObjectName("unknownOutput")
        self._text = label(
            "Output state unknown: press the OUTPUT key of the instrument", "headline", "unknownOutputText"
        )
        self._text.setWordWrap(True)
        self._reason = label("", "", "unknownOutputReason")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.addWidget(self._text, 2)
        layout.addWidget(self._reason, 3)
        layout.addWidget(action_button(confirm, "acknowledgeButton"))
        self.hide()

    def show_reasons(self, reasons: Sequence[str]) -> None:
        """Show why the state of outputs is not known; without a reason there is no banner.

        Parameters
        ----------
        reasons : sequence of str
        """
        self._reason.setText("\n".join(reasons))
        self.setVisible(bool(reasons))
