"""Area of the instrument: what is connected, and what can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from gui.app.area import DockSpec, Layout, Side
from gui.app.rules import Command
from gui.common.widgets import panel
from gui.instrument.connection_panel import ConnectionPanel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gui.app.area import ActionSpec, Context
    from gui.app.state import AppState
    from gui.common.theme import Colours


class InstrumentArea(QObject):
    """The dock "Instrument".

    Parameters
    ----------
    context : Context
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context.parent)
        actions, commands = context.actions, context.commands
        self._panel = ConnectionPanel(
            actions[Command.CONNECT],
            actions[Command.FIND],
            actions[Command.SIMULATE],
            actions[Command.SIMULATE_USUAL],
        )
        self._panel.connect_wanted.connect(commands.connect_to)
        self._panel.simulate_wanted.connect(commands.simulate)
        self._panel.menu.search_wanted.connect(commands.instruments.search)
        commands.instruments.found.connect(
            lambda found, note, searching: self._panel.menu.show_found(found, note, searching=searching)
        )
        sides = {Layout.MEASURE: Side.LEFT}
        self._docks = (DockSpec("instrument", "Instrument", panel(self._panel), sides),)

    def docks(self) -> Sequence[DockSpec]:
        """Return the dock of the connection."""
        return self._docks

    def actions(self) -> Sequence[ActionSpec]:
        """Return none: what it can do are commands of the window."""
        return ()

    def show(self, state: AppState, before: AppState) -> None:
        """Show what is connected."""
        if state is before or (state.connection, state.instrument_in_run) != (
            before.connection,
            before.instrument_in_run,
        ):
            self._panel.show_connection(state.connection, state.instrument_in_run)

    def set_colours(self, colours: Colours) -> None:
        """Nothing here has colours of its own."""

    def close(self) -> None:
        """Nothing here ends with the window."""
