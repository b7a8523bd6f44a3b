"""Tables of results that read the same with ``print`` and in a terminal of rich."""

from __future__ import annotations

import io
import shutil

from rich.console import Console
from rich.table import Table

# Columns of text where there is no terminal to ask, such as a log file or a notebook.
_WIDTH = 120


class ResultTable(Table):
    """A table of rich whose ``str`` is its text, without colours."""

    def __str__(self) -> str:
        """Return the table as wide as the terminal."""
        text = io.StringIO()
        width = shutil.get_terminal_size((_WIDTH, 24)).columns
        Console(file=text, width=width, color_system=None, force_terminal=False).print(self)
        return "\n".join(line.rstrip() for line in text.getvalue().rstrip().splitlines())
