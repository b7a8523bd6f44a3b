"""Figures for scripts and notebooks: colours that everybody tells apart, and axes in engineering units.

matplotlib is an extra and loaded only here. No figure belongs to pyplot: it is shown by a notebook when it is the value
of a cell, and kept by ``figure.savefig(path)``; nothing has to be closed.
"""

from __future__ import annotations

from typing import Any

from protocols import IonechoError

voltage_colour, current_colour, fit_colour, band_colour = "#0072B2", "#D55E00", "#000000", "#009E73"
"""Of Okabe and Ito's palette, which is told apart with every kind of colour vision (jfly.uni-koeln.de/color, 2008)."""
FIGURE_IN = (7.0, 4.5)
"""Width and height (inches): a column of a page and a half, and most of a notebook's width."""


class FigureError(IonechoError):
    """A figure cannot be drawn."""


def figure_of(size_in: tuple[float, float]) -> Any:
    """Return an empty matplotlib figure.

    Raises
    ------
    FigureError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise FigureError('a picture needs matplotlib, which is not installed: pip install "ionecho[plots]"') from None
    return Figure(figsize=size_in, layout="constrained")


def axis_of(axis: Any, quantity: str, unit: str) -> None:
    """Give an axis of a plot its name, and numbers with prefixes (``20 mV``)."""
    from matplotlib.ticker import EngFormatter

    axis.set_label_text(quantity)
    if unit:
        axis.set_major_formatter(EngFormatter(unit=unit, sep="\u202f"))
    axis.grid(visible=True, alpha=0.25)
