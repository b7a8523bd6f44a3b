"""Legend of curves: each name beside its line, in its colour and its style."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from gui.common.trace_lane import glyph, overlay_colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gui.common.theme import Colours


def legend_text(colours: Colours, name: str, overlays: Sequence[str]) -> str:
    """Return the legend of a run with other runs drawn over it, as rich text.

    Parameters
    ----------
    colours : Colours
    name : str
        Of the run.
    overlays : sequence of str
        Names of the other ones, in their order.
    """
    lines = [f'<span style="color:{colours.ink.name()}">━━ {escape(name)}</span>']
    for index, other in enumerate(overlays):
        ink = overlay_colour(colours, index).name()
        lines.append(f'<span style="color:{ink}">{glyph(index)}&nbsp;{escape(other)}</span>')
    return "&nbsp;&nbsp;&nbsp; ".join(lines)
