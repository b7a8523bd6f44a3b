"""Window of the operator, from the connection of an instrument to the memory read-out.

Its names are loaded when they are first used: Qt takes its time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gui.app.main_window import MainWindow
    from gui.app.start import main

_FILES = {"MainWindow": "gui.app.main_window", "main": "gui.app.start"}

__all__ = ["MainWindow", "main"]


def __getattr__(name: str) -> object:
    if name not in _FILES:
        raise AttributeError(f"module 'gui' has no attribute {name!r}")
    return getattr(import_module(_FILES[name]), name)
