"""Fits of a growing run as they come: figures, their history over the run, W(t) with its band. Without Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gui.common.language import tr
from protocols import format_quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_MOST = 4_000
"""Fits of a history that are kept: beyond, every second one goes. Doubled, twice the points that a plot has pixels."""
_SIGNS = {"ohm": "Ω"}
_KNOWN = 1.0
"""Half width from which a parameter is not known yet: its ends are half and twice the value."""


@dataclass(frozen=True)
class Figure:
    """A parameter of a fit.

    Attributes
    ----------
    name, title, unit : str
    value, low, high : float
        SI, with its 95 % interval.
    half_width : float
        Relative.
    """

    name: str
    title: str
    unit: str
    value: float
    low: float
    high: float
    half_width: float

    @property
    def is_known(self) -> bool:
        """Whether the run says anything of it yet."""
        return math.isfinite(self.half_width) and self.half_width < _KNOWN

    def cells(self) -> tuple[str, str, str]:
        """Return title, value, and how well it is known, as they are shown."""
        if not self.is_known:
            return self.title, self._shown(self.value, 3), tr("not yet")
        return self.title, self._shown(self.value, self._digits), f"± {percent(self.half_width)}"

    @property
    def interval(self) -> str:
        """The 95 % interval by the curvature alone, as it is shown."""
        low, high = (self._shown(end, self._digits) for end in (self.low, self.high))
        return tr("95 % interval by the curvature: {low} … {high}").format(low=low, high=high)

    @property
    def _digits(self) -> int:
        """Digits of the value: two of its uncertainty are told."""
        return min(max(2, 2 - math.floor(math.log10(max(self.half_width, 1e-6)))), 6)

    def _shown(self, value: float, digits: int) -> str:
        return format_quantity(value, _SIGNS.get(self.unit, self.unit), digits)


def percent(share: float) -> str:
    """Return a share in percent with two digits."""
    return f"{float(f'{100.0 * share:.2g}'):g} %"


@dataclass(frozen=True, eq=False)
class LiveFigures:
    """What one line of the live fit says.

    Attributes
    ----------
    t_s : float
        Time of the newest sample.
    n_samples : int
    rms_A : float
    explains, over : bool
        Whether the model describes what was measured; whether the run has ended.
    figures : tuple of Figure
    band_s, W, W_lowest, W_highest : ndarray, shape (k,)
        Empty for a circuit without memory.
    """

    t_s: float
    n_samples: int
    rms_A: float
    explains: bool
    over: bool
    figures: tuple[Figure, ...]
    band_s: Floats
    W: Floats
    W_lowest: Floats
    W_highest: Floats

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> LiveFigures | None:
        """Return what a line says; None for one that only says that the run is over.

        Raises
        ------
        KeyError, TypeError, ValueError
            If it is none of the live fit's.
        """
        if "parameters" not in document:
            return None
        band = document.get("band", {})
        bands = (np.asarray(band.get(name, []), dtype=np.float64) for name in ("t_s", "W", "lowest", "highest"))
        return cls(
            float(document["t_s"]),
            int(document["n_samples"]),
            float(document["rms_A"]),
            bool(document["explains"]),
            bool(document["over"]),
            tuple(Figure(**one) for one in document["parameters"]),
            *bands,
        )


class History:
    """How parameters have closed in over the run."""

    def __init__(self) -> None:
        self._rows: list[LiveFigures] = []

    @property
    def latest(self) -> LiveFigures | None:
        """The newest fit; None before the first."""
        return self._rows[-1] if self._rows else None

    def add(self, figures: LiveFigures) -> None:
        """Take in a fit."""
        self._rows.append(figures)
        if len(self._rows) > _MOST:
            del self._rows[::2]

    def of(self, name: str) -> tuple[Floats, Floats, Floats, Floats]:
        """Return times (s), values and ends of the interval of a parameter; those not known yet are left out."""
        rows = [
            (row.t_s, one.value, one.low, one.high)
            for row in self._rows
            for one in row.figures
            if one.name == name and one.is_known
        ]
        t, value, low, high = np.array(rows).reshape(-1, 4).T
        return t, value, low, high
