"""Tables of results for the terminal and for notebooks.

Loaded when a table is asked for: a fit that prints nothing does not wait for the library.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fitting.results.estimate import Estimate

_WIDTH = 100
"""Characters of a line of printed text: a terminal of 80 breaks most notes in two, 120 suits no half screen. Doubled,
notes stand in one line each."""


class ResultTable(Table):
    """A table that also prints without a console: `print(table)` gives text."""

    def __str__(self) -> str:
        console = Console(file=io.StringIO(), width=_WIDTH, highlight=False, color_system=None)
        with console.capture() as printed:
            console.print(self)
        return "\n".join(line.rstrip() for line in printed.get().splitlines())

    def to_html(self) -> str:
        """Return the table as HTML for a notebook."""
        console = Console(file=io.StringIO(), width=_WIDTH, highlight=False, record=True)
        console.print(self)
        return console.export_html(inline_styles=True, code_format="<pre>{code}</pre>")


def result_table(title: str, headings: Sequence[str], caption: Iterable[object] = ()) -> ResultTable:
    """Return an empty table: first and last column to the left, figures to the right.

    Parameters
    ----------
    title : str
    headings : sequence of str
    caption : iterable
        Lines under the table, as `str` shows them.
    """
    lines = Text("\n".join(map(str, caption)), justify="left")
    table = ResultTable(title=Text(title), caption=lines or None)
    for k, heading in enumerate(headings):
        is_text = k == 0 or (k == len(headings) - 1 and not heading)
        table.add_column(heading, justify="left" if is_text else "right", overflow="fold")
    return table


def estimate_table(
    title: str, parameters: Iterable[Estimate], fixed: Mapping[str, float], caption: Iterable[object]
) -> ResultTable:
    """Return a table of parameters, fitted and fixed."""
    table = result_table(title, ("parameter", "value", "95 % interval", ""), caption)
    for one in parameters:
        table.add_row(Text(one.name), *one.shown(), Text("" if one.determined else f"not determined: {one.note}"))
    for name, value in fixed.items():
        table.add_row(Text(name), f"{value:g}", "fixed", "")
    return table


def add_memory_rows(table: ResultTable, memory: Iterable[Estimate]) -> None:
    """Add memory quantities under a line of their own."""
    table.add_section()
    for one in memory:
        note = one.note if one.determined else f"not determined: {one.note}"
        table.add_row(Text(one.title), *one.shown(), Text(note))
