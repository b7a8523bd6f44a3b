"""Decision records on the site: reached from their list by subject, not from the sidebar.

A hundred and fifty records in the sidebar of every page would hide the rest of it, and take a third of the time of a
build. Their list is kept complete by ``tests/docs/test_decisions.py``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_RECORD = re.compile(r"decisions/\d{3}-")


def leave_out_of_sidebar(_app: Sphinx, page: str, source: list[str]) -> None:
    """Tell Sphinx that no table of contents has to name a record."""
    if _RECORD.match(page):
        source[0] = "---\norphan: true\n---\n\n" + source[0]


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the step."""
    app.connect("source-read", leave_out_of_sidebar)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
