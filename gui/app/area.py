"""Area: what a part of the window offers to the main window, and what it is given.

The main window knows no panel. It is given areas (the instrument, the live view, the editor, the queue, the runs, the
fit), lays out the docks that they offer, puts their actions into menus, tool bar and command palette, and passes the
state on. Areas do not know each other: what one wants of another goes through the `Exchange`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from PySide6.QtCore import QObject, Signal

from gui.app.rules import Permission

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from PySide6.QtGui import QUndoStack
    from PySide6.QtWidgets import QWidget

    from gui.app.actions import Actions
    from gui.app.commands import Commands
    from gui.app.settings import Settings
    from gui.app.state import AppState
    from gui.app.store import Store
    from gui.common.theme import Colours
    from gui.services.jobs import Jobs


class Menu(Enum):
    """Menus of the window, in their order."""

    FILE = "&File"
    EDIT = "&Edit"
    INSTRUMENT = "&Instrument"
    PROTOCOL = "&Protocol"
    RUN = "&Run"
    ANALYSE = "&Analyse"
    VIEW = "&View"
    HELP = "&Help"


class Side(Enum):
    """Where a dock stands in a ready layout, until the user moves it."""

    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"
    BOTTOM = "bottom"


class Layout(StrEnum):
    """Ready layouts."""

    MEASURE = "measure"
    ANALYSE = "analyse"


def _always(_state: AppState) -> Permission:
    return Permission()


@dataclass(frozen=True)
class ActionSpec:
    """An action: everything that a menu, a button, a shortcut and the command palette need.

    Attributes
    ----------
    name : str
        Object name, and the name in settings: ``area.verb``, for example ``runs.compare``.
    text : str
        As it stands in a menu, in English; the main window translates it.
    menu : Menu
    do : callable
        Called in the GUI thread; never waits.
    tip : str
        One sentence: what it does.
    shortcut : str
        In Qt's portable text, for example ``Ctrl+Shift+O``; empty for none.
    permission : callable
        Whether it is allowed in a state, and why not; pure.
    icon : str
        Name in the kept set of icons; empty for none.
    in_tool_bar : bool
    """

    name: str
    text: str
    menu: Menu
    do: Callable[[], object]
    tip: str
    shortcut: str = ""
    permission: Callable[[AppState], Permission] = _always
    icon: str = ""
    in_tool_bar: bool = False


@dataclass(frozen=True)
class DockSpec:
    """A dock: a widget with a title, and where it stands at first.

    Attributes
    ----------
    name : str
        Object name; layouts are kept by it.
    title : str
        In English; the main window translates it.
    widget : QWidget or callable
        A callable that returns it is called when the dock first comes to the front; the area is then shown the state
        as at first, and the palette. What is costly to build, or seldom looked at, is given so.
    sides : dict
        Side in each ready layout in which the dock is shown; absent where it is hidden.
    waits : bool
        Whether it stays closed there until its area offers it (`Exchange.dock_offered`): it has nothing to show before.
    """

    name: str
    title: str
    widget: QWidget | Callable[[], QWidget]
    sides: dict[Layout, Side] = field(default_factory=dict)
    waits: bool = False


class Exchange(QObject):
    """What one area wants of another, or of the main window."""

    message = Signal(str)
    """Something that the operator must read."""
    writing = Signal(str)
    """Name of a file that is being written by a process of its own; empty when there is none any more."""
    dock_wanted = Signal(str)
    """Bring a dock to the front, by its name."""
    dock_offered = Signal(str)
    """Show a dock, by its name, if it stands beside the others: it covers none, and takes no focus."""
    runs_opened = Signal(object)
    """Open saved runs (tuple of Path): their curves and their fits are shown; files of others are read by `daq`."""
    overlay_wanted = Signal(object)
    """Draw saved runs (tuple of Path) over what is shown; empty removes all."""
    comparison_wanted = Signal(object)
    """Compare saved runs (tuple of Path)."""
    protocol_wanted = Signal(object)
    """Edit a protocol: a Path, the name of a ready one, or its TOML text prefixed with its title (`ProtocolText`)."""
    planned_wanted = Signal(object)
    """Plan a protocol as the one that Run starts: a Path or the name of a ready one."""
    queue_wanted = Signal(object)
    """Put a protocol or campaign file (Path) into the queue."""
    closing_unasked = Signal()
    """The window closes now, and no question can be answered any more: keep what would be lost."""
    open_wanted = Signal(object)
    """Open files and folders of any kind (tuple of Path); an empty tuple asks the operator which ones."""
    dock_raised = Signal(str)
    """A dock, by its name, has come to the front."""
    zoom_wanted = Signal(float, float)
    """Show this span of time (s, linear axis) of the run, wherever its curves are shown."""
    zoom_out_wanted = Signal()
    """Show the whole of what is zoomed into, everywhere."""
    painted = Signal()
    """The window stands on the screen for the first time: what it did not need for that may begin."""


@dataclass(frozen=True)
class ProtocolText:
    """A protocol that is no file yet, for the editor.

    Attributes
    ----------
    title, text : str
        Its title, and the TOML document.
    """

    title: str
    text: str


@dataclass(frozen=True)
class Context:
    """What an area is given.

    Attributes
    ----------
    parent : QObject
        Owns what the area makes.
    store : Store
    exchange : Exchange
    jobs : Jobs
        Worker threads for files; never for an instrument.
    folder : Path
        Where run files go.
    settings : Settings or None
        None: nothing is kept.
    commands : Commands
        What is asked of instrument, run and fit; their services.
    actions : Actions
        Actions of the commands, for buttons that trigger them.
    """

    parent: QObject
    store: Store
    exchange: Exchange
    jobs: Jobs
    folder: Path
    settings: Settings | None
    commands: Commands
    actions: Actions


class Area(Protocol):
    """A part of the window.

    It is made as a QObject, child of the context's parent: a signal of another thread is delivered to a method of a
    QObject in the GUI thread, and to any other callable in that thread.
    """

    def docks(self) -> Sequence[DockSpec]:
        """Return its docks; the same ones at every call."""
        ...

    def actions(self) -> Sequence[ActionSpec]:
        """Return its actions."""
        ...

    def show(self, state: AppState, before: AppState) -> None:
        """Show a state; what has not changed since the one before it is left alone (both are the same at first)."""
        ...

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        ...

    def close(self) -> None:
        """End what ends with the window; only for a window that closes."""
        ...


@runtime_checkable
class Undoable(Protocol):
    """An area whose changes can be undone: *Undo* and *Redo* work on its stack while one of its docks is in front."""

    def undo_stack(self) -> QUndoStack:
        """Return its stack; the same one at every call."""
        ...
