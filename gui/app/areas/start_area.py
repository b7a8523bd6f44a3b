"""Start page: three ways to begin, and what was opened last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.app.area import DockSpec, Layout, Side
from gui.app.rules import Command, allowed
from gui.common.instrument import USUAL_KIND
from gui.common.language import tr
from gui.common.widgets import WrappedLabel, button, label

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QPushButton

    from gui.app.area import ActionSpec, Context
    from gui.app.state import AppState
    from gui.common.theme import Colours

_WIDTH = 460
"""Pixels of the column: a line of some sixty letters. Doubled, the eye loses the line."""
_TRIED = "pump_probe"
"""The ready protocol whose run is told apart by its memory within a second."""


class StartArea(QObject):
    """The dock "Start".

    Parameters
    ----------
    context : Context
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context.parent)
        self._context = context
        self._try: QPushButton | None = None
        sides = dict.fromkeys(Layout, Side.CENTRE)
        self._docks = (DockSpec("start", "Start", self._page, sides),)

    def _page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(32, 24, 32, 24)
        column.setSpacing(6)
        column.addStretch(2)
        column.addWidget(self._part(_title()))
        column.addSpacing(12)
        self._try = self._entry(
            column,
            "tryButton",
            tr("Try it on a simulated cell"),
            tr("Connects a simulated Keithley 2461 and plans a pump-probe measurement: then press Run."),
            self._try_it,
            role="primary",
        )
        self._entry(
            column,
            "beginButton",
            tr("Connect an instrument"),
            tr("Enter its address, or look for it on the network and on serial lines."),
            self._connect,
        )
        self._entry(
            column,
            "openRunsButton",
            tr("Open runs"),
            tr("Open saved runs, texts of other programs or protocols; or drop them on this window."),
            lambda: self._context.exchange.open_wanted.emit(()),
        )
        column.addStretch(3)
        return page

    def _entry(
        self, column: QVBoxLayout, name: str, text: str, about: str, do: Callable[[], None], role: str = ""
    ) -> QPushButton:
        made = button(text, name, do, role)
        made.setMinimumHeight(38)
        made.setAccessibleDescription(about)
        column.addWidget(self._part(made))
        column.addWidget(self._part(label(about, "faint", f"{name}About")))
        column.addSpacing(10)
        return made

    def _part(self, widget: QWidget) -> QWidget:
        widget.setMaximumWidth(_WIDTH)
        return widget

    def _try_it(self) -> None:
        commands, state = self._context.commands, self._context.store.state
        if state.connection.kind != USUAL_KIND or state.connection.instrument is None:
            commands.simulate()
        self._context.exchange.planned_wanted.emit(_TRIED)

    def _connect(self) -> None:
        self._context.exchange.dock_wanted.emit("instrument")

    def docks(self) -> Sequence[DockSpec]:
        """Return the dock of the start page."""
        return self._docks

    def actions(self) -> Sequence[ActionSpec]:
        """Return none: what it offers stands in the menus of others."""
        return ()

    def show(self, state: AppState, before: AppState) -> None:
        """Offer what is allowed."""
        permission = allowed(state)[Command.SIMULATE]
        if self._try is not None and (state is before or permission != allowed(before)[Command.SIMULATE]):
            reason = permission.reason
            self._try.setEnabled(not reason)
            self._try.setToolTip(reason)

    def set_colours(self, colours: Colours) -> None:
        """Nothing here has colours of its own."""

    def close(self) -> None:
        """Nothing here ends with the window."""


def _title() -> WrappedLabel:
    """Return the title: it wraps where there is no room, since half a question says nothing."""
    made = WrappedLabel(tr("What do you want to do?"))
    made.setObjectName("startTitle")
    made.setProperty("role", "headline")
    made.setWordWrap(True)
    return made
