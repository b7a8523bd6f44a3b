"""Command `gui`: the window."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

from ionecho.commands.refusals import UsageError
from ionecho.commands.run import check_resource

# What Qt loads and no Python package carries; the README names the same.
APT_QT = "apt-get install libgl1 libegl1 libdbus-1-3 libfontconfig1 libglib2.0-0 libxkbcommon0"
APT_WINDOW = "apt-get install libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxkbcommon-x11-0"


def open_window(folder: Path, resource: str | None) -> int:
    """Open the window and return its exit status.

    Raises
    ------
    UsageError
        If there is no screen, or a library that Qt needs is missing: Qt would end the process without a word of help.
    """
    if resource is not None:
        check_resource(resource)
    if problem := problem_of_qt():
        raise UsageError(problem)
    from gui import main

    return main(folder, resource)


def problem_of_qt() -> str:
    """Return why no window can be opened here, and what helps; empty if one can be, as far as can be told."""
    try:
        import PySide6.QtWidgets
    except ImportError as error:
        return f"Qt cannot be loaded ({error}). On Debian or Ubuntu: {APT_QT}"
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return ""
    if os.environ.get("WAYLAND_DISPLAY"):
        return ""
    if not os.environ.get("DISPLAY"):
        return "there is no screen (neither DISPLAY nor WAYLAND_DISPLAY is set). All other commands work without one."
    plugin = Path(PySide6.QtWidgets.__file__).parent / "Qt" / "plugins" / "platforms" / "libqxcb.so"
    try:
        ctypes.CDLL(str(plugin))
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError as error:
        return f"Qt cannot open a window ({error}). On Debian or Ubuntu: {APT_WINDOW}"
    xcb.xcb_connect.restype = ctypes.c_void_p
    link = ctypes.c_void_p(xcb.xcb_connect(None, None))
    refused = xcb.xcb_connection_has_error(link)
    xcb.xcb_disconnect(link)
    return (
        f"the screen {os.environ['DISPLAY']} cannot be reached. All other commands work without one." if refused else ""
    )
