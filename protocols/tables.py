"""Small tables of names and values, as text for `print` and as HTML for a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Row = tuple[str, str]


def text_table(title: str, rows: Iterable[Row]) -> str:
    """Return a title and lines of names and values, the values one below the other."""
    lines = list(rows)
    width = max((len(name) for name, _ in lines), default=0)
    return "\n".join([title, *(f"  {name:<{width}}  {value}".rstrip() for name, value in lines)])


def html_table(title: str, rows: Iterable[Row]) -> str:
    """Return a table of names and values; nothing in them acts in the page."""
    cells = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th><td style="text-align:left">{escape(value)}</td></tr>'
        for name, value in rows
    )
    return f"<table><caption>{escape(title)}</caption>{cells}</table>"
