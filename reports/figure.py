"""Figures as plain descriptions: named columns of numbers, and panels that say which of them are drawn, and how.

A figure is drawn from its columns and nothing else, and its columns are the CSV beside it: what is drawn can be drawn
again from the file.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from protocols import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

SINGLE_MM, DOUBLE_MM = 86.0, 178.0
"""Widths of one and of two columns of a journal page (mm), as the American Physical Society sets them."""


class Ink(StrEnum):
    """What a colour stands for; the values are the names of the colours in the page's style."""

    TEXT = "text"
    VOLTAGE = "voltage"
    CURRENT = "current"
    FIT = "fit"
    MEMORY = "memory"
    FIRST = "first"
    SECOND = "second"
    THIRD = "third"
    FOURTH = "fourth"
    FIFTH = "fifth"
    FAINT = "faint"


SERIES = (Ink.FIRST, Ink.SECOND, Ink.THIRD, Ink.FOURTH, Ink.FIFTH)
"""Colours of curves that stand side by side, in their order."""


class Mark(StrEnum):
    """How columns are drawn."""

    LINE = "line"
    DASHED = "dashed"
    STEPS = "steps"
    POINTS = "points"
    BAND = "band"
    """Between two columns."""
    INTERVALS = "intervals"
    """Points with a bar from a second column to a third."""
    LEVEL = "level"
    """A thin line across the panel, at the first value of the column."""
    BARS = "bars"
    """From zero, one for each label."""


@dataclass(frozen=True)
class Axis:
    """Axis of a panel.

    Attributes
    ----------
    quantity : str
    unit : str
        SI unit of the columns; the axis takes the prefix that suits them.
    log : bool
    low, high : float or None
        Ends that the data do not set (SI).
    labels : tuple of str
        Texts at 0, 1, 2, ... in place of numbers.
    """

    quantity: str
    unit: str = ""
    log: bool = False
    low: float | None = None
    high: float | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layer:
    """Columns that are drawn together.

    Attributes
    ----------
    mark : Mark
    x : str
        Name of a column.
    y : tuple of str
        Names of columns: one; two of a band; three of intervals (value, low, high).
    ink : Ink
    label : str
        In the legend; empty for none.
    across : tuple of str
        Names of two columns: points have a bar along x from one to the other. Empty for none.
    """

    mark: Mark
    x: str
    y: tuple[str, ...]
    ink: Ink = Ink.FIRST
    label: str = ""
    across: tuple[str, ...] = ()


@dataclass(frozen=True)
class Panel:
    """Panel of a figure.

    Attributes
    ----------
    x, y : Axis
    layers : tuple of Layer
    height : float
        Beside those of the other panels.
    equal : bool
        Whether a unit is as long on both axes.
    """

    x: Axis
    y: Axis
    layers: tuple[Layer, ...]
    height: float = 1.0
    equal: bool = False


@dataclass(frozen=True, eq=False)
class Figure:
    """Figure of a report.

    Attributes
    ----------
    name : str
        Of its files, without an ending.
    caption : str
    panels : tuple of Panel
        One above the other; they share the axis of the lowest.
    columns : mapping of str to ndarray
        What is drawn, by names with units (``current_A``); they need not be equally long.
    height_mm : float
    width_mm : float
    """

    name: str
    caption: str
    panels: tuple[Panel, ...]
    columns: Mapping[str, Floats]
    height_mm: float
    width_mm: float = DOUBLE_MM

    @property
    def is_wide(self) -> bool:
        """Whether it takes the width of two columns."""
        return self.width_mm > SINGLE_MM

    def to_csv(self) -> str:
        """Return the columns as CSV, in SI; a column that is shorter than others ends with empty cells."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns)
        longest = max((len(one) for one in self.columns.values()), default=0)
        texts = [[_cell(value) for value in one] + [""] * (longest - len(one)) for one in self.columns.values()]
        writer.writerows(zip(*texts, strict=True))
        return out.getvalue()

    def with_csv(self, text: str) -> Figure:
        """Return the same figure with the columns that `to_csv` wrote.

        Raises
        ------
        InputError
            If a column is missing, or a cell is no number.
        """
        rows = list(csv.reader(io.StringIO(text)))
        names = rows[0] if rows else []
        if missing := [name for name in self.columns if name not in names]:
            raise InputError(f"these columns are missing: {', '.join(missing)}", f"{self.name}.csv")
        try:
            columns = {name: _column([row[k] for row in rows[1:]]) for k, name in enumerate(names)}
        except (ValueError, IndexError) as error:
            raise InputError(f"a cell is no number: {error}", f"{self.name}.csv") from None
        return replace(self, columns=columns)


def _cell(value: float) -> str:
    return "nan" if np.isnan(value) else repr(float(value))


def _column(cells: Sequence[str]) -> Floats:
    filled = list(cells)
    while filled and not filled[-1]:
        filled.pop()
    return np.array([float(one) for one in filled], dtype=np.float64)


@dataclass
class Columns:
    """Columns of a figure while it is being made."""

    values: dict[str, Floats] = field(default_factory=dict)

    def add(self, name: str, values: ArrayLike) -> str:
        """Add a column, and return the name that it has: another one if that is taken."""
        unique, k = name, 2
        while unique in self.values:
            unique, k = f"{name}_{k}", k + 1
        self.values[unique] = np.atleast_1d(np.asarray(values, dtype=np.float64))
        return unique
