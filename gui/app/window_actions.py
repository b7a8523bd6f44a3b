"""Actions of the window itself: files and layouts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gui.app.area import ActionSpec, Layout, Menu
from gui.common.language import tr_later

if TYPE_CHECKING:
    from collections.abc import Callable

    from gui.app.docks import Docks


def file_actions(ask: Callable[[], object], close: Callable[[], object]) -> list[ActionSpec]:
    """Return the first and the last action of the menu of files.

    Parameters
    ----------
    ask, close : callable
        Asks for files to open; closes the window.
    """
    return [
        ActionSpec(
            "window.open",
            tr_later("&Open …"),
            Menu.FILE,
            ask,
            tr_later("Open runs, texts of other programs, protocols or campaigns"),
            "Ctrl+O",
            icon="open",
            in_tool_bar=True,
        ),
        ActionSpec("window.quit", tr_later("&Quit"), Menu.FILE, close, tr_later("Close the window"), "Ctrl+Q"),
    ]


def view_actions(docks: Docks) -> list[ActionSpec]:
    """Return the actions of the menu of views: the ready layouts of the docks."""
    return [
        ActionSpec(
            "window.measure",
            tr_later("Layout: &measure"),
            Menu.VIEW,
            lambda: docks.lay_out(Layout.MEASURE),
            tr_later("Show what is needed to measure, and hide the rest"),
            "Ctrl+1",
            icon="measure",
            in_tool_bar=True,
        ),
        ActionSpec(
            "window.analyse",
            tr_later("Layout: &analyse"),
            Menu.VIEW,
            lambda: docks.lay_out(Layout.ANALYSE),
            tr_later("Show what is needed to look at saved runs, and hide the rest"),
            "Ctrl+2",
            icon="analyse",
            in_tool_bar=True,
        ),
        ActionSpec(
            "window.reset",
            tr_later("&Reset the layout"),
            Menu.VIEW,
            docks.reset,
            tr_later("Put every dock back to its place in the ready layout that was chosen last"),
            icon="reset",
        ),
    ]
