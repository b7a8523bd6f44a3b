"""Drawing of figures by matplotlib: SVG whose colours follow the page's light or dark style, SVG and PDF for papers.

matplotlib is an extra and loaded only here (decision 271).
"""

from __future__ import annotations

import io
import re
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from protocols import InputError, format_quantity, prefixed_unit, printable
from reports.figure import SINGLE_MM, Ink, Mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.figure import Axis, Figure, Floats, Layer, Panel

COLOURS = {
    Ink.TEXT: ("#1d1d21", "#e4e4ea"),
    Ink.VOLTAGE: ("#0072b2", "#56b4e9"),
    Ink.CURRENT: ("#6a6a72", "#9a9aa4"),
    Ink.FIT: ("#d55e00", "#ff8a3d"),
    Ink.MEMORY: ("#009e73", "#35c79b"),
    Ink.FIRST: ("#0072b3", "#57b4e9"),
    Ink.SECOND: ("#d55e01", "#ff8b3d"),
    Ink.THIRD: ("#009e74", "#36c79b"),
    Ink.FOURTH: ("#b5498f", "#e38fc2"),
    Ink.FIFTH: ("#8a6d00", "#d8b840"),
    Ink.FAINT: ("#d9d9df", "#3a3a42"),
}
"""Light and dark colour of each ink: Okabe and Ito's, which everybody tells apart (jfly.uni-koeln.de/color, 2008), the
darker ones for white paper, lighter ones for a dark page. Each differs from all others, so that it can be replaced."""
_MM_PER_INCH = 25.4
"""matplotlib measures in inches."""
_STYLE = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: text is as wide everywhere
    "font.size": 7.5,
    "axes.linewidth": 0.6,
    "axes.labelpad": 3.0,
    "axes.unicode_minus": True,
    "lines.linewidth": 1.1,
    "lines.markersize": 2.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "xtick.major.size": 2.6,
    "ytick.major.size": 2.6,
    "xtick.minor.size": 1.4,
    "ytick.minor.size": 1.4,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "path.simplify": True,
    "text.parse_math": False,  # a sample may be called "$x_1"
    "pdf.fonttype": 42,
}
"""Settings of matplotlib: text of 7.5 points, which journals print as it is; lines that photocopy. Doubled, no figure
fits a column."""
_SUBDIVIDED_DECADES, _LINEAR_DECADES = 2.0, 0.8
"""Decades of a logarithmic axis up to which it has numbers at 1, 2 and 5, and up to which at even steps: some five
numbers in each case."""
_LABELS_INSIDE = 2
"""Entries of a legend that have room beside curves; more stand above the panel."""
_MM_PER_CHARACTER, _LABEL_ROOM = 1.55, 7
"""Width of a character of the legend (mm), and room of its mark in characters: text of 7.5 points in DejaVu Sans."""
_LARGE_MARK = 3.6
"""Size of a mark with a bar (points): more than that of a sample, which has none. Doubled, it hides its bar."""
_MARGIN = 0.05
"""Room above and below curves, as a share of what they span. Doubled, curves look flat."""


def to_svg(figure: Figure, *, text_as_paths: bool = False) -> str:
    """Return a figure as an SVG document, in its light colours, on no background.

    Parameters
    ----------
    figure : Figure
    text_as_paths : bool
        Draw letters as outlines, for viewers that lack the font.

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    out = io.StringIO()
    with _settings(**_svg_settings(figure, "path" if text_as_paths else "none")):
        _save_svg(_drawn(figure), figure, out)
    return out.getvalue() if not text_as_paths else _for_qt(out.getvalue())


def _svg_settings(figure: Figure, fonttype: str = "none") -> dict[str, str]:
    return {"svg.fonttype": fonttype, "svg.hashsalt": figure.name}


def _save_svg(drawing: Any, figure: Figure, out: io.StringIO) -> None:
    metadata = {"Date": None, "Title": printable(figure.caption)}
    drawing.savefig(out, format="svg", transparent=True, metadata=metadata)


def _for_qt(svg: str) -> str:
    """Return an SVG as Qt takes it: without outlines of blanks, which have no path, and with no outline of its own."""
    for name in re.findall(r'<path id="([^"]+)"(?: transform="[^"]*")?/>', svg):
        svg = re.sub(rf'<(use xlink:href="#|path id="){re.escape(name)}"[^>]*/>', "", svg)
    # Qt's PDF would outline in black all that has no outline.
    return svg.replace("<svg ", '<svg stroke="none" ', 1)


def to_svg_and_pdf(figure: Figure) -> tuple[str, bytes]:
    """Return a figure as an SVG document, and as a PDF document of one page, in both letters as text.

    It is laid out once for both.

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    svg, pdf = io.StringIO(), io.BytesIO()
    with _settings(**_svg_settings(figure)):
        drawing = _drawn(figure)
        _save_svg(drawing, figure, svg)
        drawing.set_layout_engine("none")  # everything stands where it stood
        metadata = {"CreationDate": None, "Creator": "ionecho", "Title": printable(figure.caption)}
        drawing.savefig(pdf, format="pdf", transparent=True, metadata=metadata)
    return svg.getvalue(), pdf.getvalue()


def for_page(figure: Figure) -> str:
    """Return a figure as an ``svg`` element for a page: its colours are variables of the page, its names its own.

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    text = to_svg(figure)
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\b(id|href)="(#?)', rf'\1="\g<2>{figure.name}-', text)
    text = text.replace("url(#", f"url(#{figure.name}-")
    for ink, (light, _) in COLOURS.items():
        text = text.replace(light, f"var(--{ink})")
    text = re.sub(r"font: ([\d.]+px)[^;\"]*", r"font-size: \1", text)
    return re.sub(r"<svg ", f'<svg role="img" aria-labelledby="caption-{figure.name}" ', text, count=1)


@contextmanager
def _settings(**more: Any) -> Iterator[None]:
    """Hold matplotlib to our style, whatever its user has set."""
    require_matplotlib()
    import matplotlib as mpl

    with mpl.rc_context(), warnings.catch_warnings():
        # A name may have letters that the font lacks: a page takes them from another one.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        warnings.filterwarnings("ignore", message="Data has no positive values")  # a logarithmic axis shows none
        mpl.rcdefaults()
        colours = dict.fromkeys(
            ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), COLOURS[Ink.TEXT][0]
        )
        mpl.rcParams.update(_STYLE | colours | more)
        yield


def require_matplotlib() -> None:
    """Raise `InputError` with what to do unless matplotlib is installed."""
    try:
        import matplotlib as mpl  # noqa: F401 - whether it is there
    except ImportError:
        raise InputError(
            "the figures of a report need matplotlib, which is not installed: pip install 'ionecho[report]'", "report"
        ) from None


def _drawn(figure: Figure) -> Any:
    from matplotlib.figure import Figure as Drawing
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    size_in = (figure.width_mm / _MM_PER_INCH, figure.height_mm / _MM_PER_INCH)
    layout = ConstrainedLayoutEngine(w_pad=0.02, h_pad=0.02, hspace=0.02)
    drawing = Drawing(figsize=size_in, layout=layout)
    drawing.patch.set_visible(False)
    heights = [panel.height for panel in figure.panels]
    rows = drawing.subplots(len(heights), 1, squeeze=False, sharex=True, height_ratios=heights)[:, 0]
    for axes, panel in zip(rows, figure.panels, strict=True):
        _draw_panel(axes, panel, figure)
    drawing.align_ylabels()
    low, high = _span(figure, "x", figure.panels)
    if not figure.panels[-1].x.log and any(_has_marks(panel) for panel in figure.panels):
        low, high = low - _MARGIN * (high - low), high + _MARGIN * (high - low)
    _set_axis(rows[-1].xaxis, figure.panels[-1].x, (low, high), largest=_largest(figure, figure.panels[-1]))
    return drawing


def _has_marks(panel: Panel) -> bool:
    """Return whether a panel has marks that the edge of the frame would cut through."""
    return any(layer.mark in {Mark.POINTS, Mark.INTERVALS} for layer in panel.layers)


def _draw_panel(axes: Any, panel: Panel, figure: Figure) -> None:
    axes.patch.set_visible(False)
    for spine in ("top", "right"):
        axes.spines[spine].set_visible(False)
    span = _span(figure, "y", (panel,))
    if panel.y.log:
        axes.set_yscale("log")
    if panel.x.log:
        axes.set_xscale("log")
    for layer in panel.layers:
        _draw_layer(axes, layer, figure)
    if panel.equal:
        axes.set_aspect("equal", adjustable="datalim")
    _set_axis(axes.yaxis, panel.y, span, largest=_largest(figure, panel))
    axes.grid(visible=True, color=COLOURS[Ink.FAINT][0], linewidth=0.5)
    axes.set_axisbelow(True)
    labels = [printable(layer.label) for layer in panel.layers if layer.label]
    if len(labels) > _LABELS_INSIDE:
        room = figure.width_mm / _MM_PER_CHARACTER
        n_columns = max(1, int(room / (max(map(len, labels)) + _LABEL_ROOM)))
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=n_columns, borderaxespad=0.2, columnspacing=1.2)
    elif labels:
        axes.legend(loc="best", borderaxespad=0.3, labelspacing=0.3)


def _largest(figure: Figure, panel: Panel) -> float:
    """Return the largest value along both axes of a panel whose axes are alike, so that their units are; else 0."""
    if not panel.equal:
        return 0.0
    return max(abs(end) for which in ("x", "y") for end in _span(figure, which, (panel,)))


def _draw_layer(axes: Any, layer: Layer, figure: Figure) -> None:
    x, ys = figure.columns[layer.x], [figure.columns[name] for name in layer.y]
    colour, label = COLOURS[layer.ink][0], printable(layer.label) or None
    match layer.mark:
        case Mark.LINE | Mark.DASHED:
            style = "--" if layer.mark is Mark.DASHED else "-"
            axes.plot(x, ys[0], color=colour, linestyle=style, label=label)
        case Mark.STEPS:
            axes.plot(x, ys[0], color=colour, drawstyle="steps-post", label=label)
        case Mark.POINTS:
            size = None
            if layer.across:
                size = _LARGE_MARK
                axes.hlines(ys[0], *(figure.columns[name] for name in layer.across), color=colour)
            axes.plot(x, ys[0], color=colour, linestyle="", marker="o", ms=size, markeredgewidth=0.0, label=label)
        case Mark.BAND:
            axes.fill_between(x, *ys, color=colour, alpha=0.22, linewidth=0.0, label=label)
        case Mark.INTERVALS:
            value, low, high = ys
            axes.vlines(x, np.where(np.isnan(low), value, low), np.where(np.isnan(high), value, high), color=colour)
            axes.plot(x, value, color=colour, linestyle="", marker="o", ms=_LARGE_MARK, label=label)
        case Mark.LEVEL:
            axes.axhline(ys[0][0], color=colour, linewidth=0.7)
        case Mark.BARS:
            axes.bar(x, ys[0], width=0.36, color=colour, label=label)


def _span(figure: Figure, which: str, panels: tuple[Panel, ...]) -> tuple[float, float]:
    """Return the least and the greatest finite value (SI) along an axis; of a logarithmic one, above zero."""
    values: list[Floats] = []
    for panel in panels:
        axis: Axis = getattr(panel, which)
        for layer in panel.layers:
            names = (layer.x, *layer.across) if which == "x" else layer.y
            values += [figure.columns[name] for name in names if layer.mark is not Mark.LEVEL or which == "y"]
            if layer.mark is Mark.BARS and which == "y":
                values.append(np.zeros(1))
        values += [np.array([end]) for end in (axis.low, axis.high) if end is not None]
    every = np.concatenate([*values, np.empty(0)])
    every = every[np.isfinite(every)]
    if getattr(panels[0], which).log:
        every = every[every > 0.0]
    return (float(every.min()), float(every.max())) if len(every) else (0.1, 1.0)


def _set_axis(axis: Any, named: Axis, span: tuple[float, float], *, largest: float = 0.0) -> None:
    """Give an axis its ends, its numbers and its name with the unit."""
    quantity = printable(named.quantity)
    if named.labels:
        axis.set_ticks(range(len(named.labels)), labels=[printable(one, keep="\n") for one in named.labels])
        axis.set_label_text(quantity)
        _limit(axis, -0.5, len(named.labels) - 0.5, named)  # else the only one stands in a corner
    elif named.log:
        axis.set_label_text(quantity)  # its numbers have units
        _set_decades(axis, named, *span)
    else:
        unit = _set_numbers(axis, named, *span, largest=largest)
        axis.set_label_text(f"{quantity} ({unit})" if unit else quantity)


def _set_decades(axis: Any, named: Axis, low: float, high: float) -> None:
    """Give a logarithmic axis its ends and its numbers, each with the unit and a prefix."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    decades, digits = np.log10(high / low), 3
    if decades > _SUBDIVIDED_DECADES:
        axis.set_major_locator(LogLocator(numticks=8))
    elif decades > _LINEAR_DECADES:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=8))
    else:
        axis.set_major_locator(MaxNLocator(nbins=5, steps=(1, 2, 2.5, 5, 10)))
        # As many digits as tell neighbours apart.
        digits = max(digits, 2 + int(np.ceil(np.log10(high / max(high - low, 1e-9 * high)))))
    axis.set_minor_formatter(NullFormatter())
    axis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value, named.unit, digits)))
    room = (high / low) ** 0.02
    _limit(axis, low / room, high * room, named)


def _set_numbers(axis: Any, named: Axis, low: float, high: float, *, largest: float) -> str:
    """Give a linear axis its ends and its numbers, and return the unit that they are in."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    exponent, unit = prefixed_unit(largest or max(abs(low), abs(high)), named.unit)
    exponent, unit = (0, "s") if named.unit == "s" and exponent > 0 else (exponent, unit)  # nobody counts in ks
    scale = 10.0**exponent
    is_long = axis.axis_name == "x" and axis.axes.figure.get_figwidth() * _MM_PER_INCH > SINGLE_MM
    axis.set_major_locator(MaxNLocator(nbins=9 if is_long else 5, steps=(1, 2, 2.5, 5, 10)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / scale:.6g}".replace("-", "−")))
    margin = _MARGIN * (high - low) if axis.axis_name == "y" else 0.0
    if low == high:
        margin = 0.5 * abs(high) or 1.0
    _limit(axis, low - margin, high + margin, named)
    return unit


def _tick(value: float, unit: str, digits: int) -> str:
    return f"{value:.6g} s" if unit == "s" and value >= 1000.0 else format_quantity(value, unit, digits)


def _limit(axis: Any, low: float, high: float, named: Axis) -> None:
    ends = (low if named.low is None else named.low, high if named.high is None else named.high)
    if ends[1] > ends[0] and axis.axes.get_aspect() == "auto":  # else the axes see to it
        (axis.axes.set_xlim if axis.axis_name == "x" else axis.axes.set_ylim)(ends)
