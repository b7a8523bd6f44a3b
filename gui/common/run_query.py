"""Question of the dock "Runs" to the catalogue: a text that somebody types, filters, and an order. Without Qt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from daq.catalogue import Search

_COMPARES = re.compile(r"[=~<>]")
"""What makes a text a condition: a comparison. All else are words that are looked for anywhere."""
FILTERS = ("sample", "instrument", "state", "tag", "since")
"""Filters, in the order in which they are offered."""


@dataclass(frozen=True)
class RunQuery:
    """What runs are looked for.

    Attributes
    ----------
    text : str
        A condition (``T<270 K and tag=rough``), or words that are anywhere.
    sample, instrument, state, tag : str
        Exactly these; empty for any.
    since : str
        A time such as ``1 week``.
    sort : str
        A field or a fitted figure; behind a minus, the largest first.
    """

    text: str = ""
    sample: str = ""
    instrument: str = ""
    state: str = ""
    tag: str = ""
    since: str = ""
    sort: str = "-start"

    @property
    def is_condition(self) -> bool:
        """Whether the text compares something."""
        return _COMPARES.search(self.text) is not None

    @property
    def filters(self) -> dict[str, str]:
        """Filters that are set."""
        return {name: value for name in FILTERS if (value := getattr(self, name))}

    def search(self) -> Search:
        """Return the question in the catalogue's form."""
        from daq.catalogue import Search

        parts = [f"({self.text})"] if self.is_condition else []
        compared = {"sample": "=", "instrument": "~", "state": "="}  # a name without its serial number is contained
        parts += [
            f"{name} {how} {_quoted(getattr(self, name))}" for name, how in compared.items() if getattr(self, name)
        ]
        words = "" if self.is_condition else self.text.strip()
        tags = (self.tag,) if self.tag else ()
        return Search(where=" and ".join(parts), tags=tags, since=self.since, text=words, sort=self.sort)


def _quoted(value: str) -> str:
    """Return a value in the quotes that it does not have itself; conditions have no value with both."""
    return f"'{value}'" if '"' in value else f'"{value}"'
