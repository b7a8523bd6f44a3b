"""Results that print as a table, in a terminal and in a notebook."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fitting.results.tables import ResultTable


class Printable(ABC):
    """Base of results that `str` shows as their table."""

    __slots__ = ()

    @abstractmethod
    def table(self) -> ResultTable:
        """Return the result as a table for the terminal."""

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()
