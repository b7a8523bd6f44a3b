"""Command `gui`: the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def open_window(folder: Path, resource: str | None) -> int:
    """Open the window and return its exit status."""
    from gui import main

    return main(folder, resource)
