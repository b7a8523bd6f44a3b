"""Small plots as SVG text: axes, lines, points, bands and a legend.

`Plot` is given layers (`line`, `points`, `band`); `write` makes the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from math import ceil, floor, log10
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

# Okabe, Ito: colours that stay apart for all eyes.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
_LEFT, _RIGHT, _TOP, _BOTTOM = 74, 16, 34, 52
_FONT = 'font-family="sans-serif" font-size="13"'
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Axis:
    """One axis: its label with the unit, whether logarithmic, and its ends where the data shall not set them."""

    label: str
    log: bool = False
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class _Scale:
    """Values to pixels; `low` and `high` are logarithms on a logarithmic axis."""

    log: bool
    low: float
    high: float
    start: float
    stop: float

    def pixels(self, values: ArrayLike) -> Floats:
        value = np.asarray(values, dtype=np.float64)
        if self.log:
            value = np.log10(np.where(value > 0.0, value, np.nan))
        return self.start + (value - self.low) / (self.high - self.low) * (self.stop - self.start)

    def ticks(self) -> list[tuple[float, str]]:
        """Return value and text of each tick."""
        if self.log and self.high - self.low >= 1.5:
            step = ceil((self.high - self.low) / 8.0)
            return [
                (10.0**k, "10" + str(k).translate(_SUPERSCRIPT) if k else "1")
                for k in range(ceil(self.low - 1e-9), floor(self.high + 1e-9) + 1, step)
            ]
        if self.log:
            decades = range(floor(self.low), ceil(self.high) + 1)
            marks = [m * 10.0**k for k in decades for m in (1, 2, 5)]
            return [(v, f"{v:g}") for v in marks if self.low - 1e-9 <= log10(v) <= self.high + 1e-9]
        rough = (self.high - self.low) / 5.0
        decade = float(10.0 ** floor(log10(rough)))
        spacing = decade * next(m for m in (1, 2, 5, 10) if m * decade >= 0.999 * rough)
        first, last = ceil(self.low / spacing - 1e-9), floor(self.high / spacing + 1e-9)
        return [(k * spacing, f"{k * spacing:.10g}") for k in range(first, last + 1)]


@dataclass(frozen=True)
class _Layer:
    kind: str
    x: Floats
    y: Floats
    high: Floats
    label: str
    colour: str
    dash: str


@dataclass
class Plot:
    """A plot that is drawn layer by layer.

    Attributes
    ----------
    x, y : Axis
    title : str
    width, height : int
        Pixels.
    legend : str
        Corner of the legend: "top left", "top right", "bottom left" or "bottom right".
    """

    x: Axis
    y: Axis
    title: str = ""
    width: int = 620
    height: int = 400
    legend: str = "top right"
    equal: bool = False
    """Whether both axes have the same scale, as the two parts of an impedance should."""
    _layers: list[_Layer] = field(default_factory=list)

    def line(self, x: ArrayLike, y: ArrayLike, label: str = "", *, colour: str = "", dash: str = "") -> None:
        """Draw a line; `dash` such as "6 4". Values that are not finite break it."""
        self._add("line", (x, y, y), label, colour, dash)

    def points(self, x: ArrayLike, y: ArrayLike, label: str = "", *, colour: str = "") -> None:
        """Draw a small circle for each pair."""
        self._add("points", (x, y, y), label, colour)

    def band(self, x: ArrayLike, low: ArrayLike, high: ArrayLike, label: str = "", *, colour: str = "") -> None:
        """Shade between two curves."""
        self._add("band", (x, low, high), label, colour)

    def _add(
        self, kind: str, values: tuple[ArrayLike, ArrayLike, ArrayLike], label: str, colour: str, dash: str = ""
    ) -> None:
        x, y, high = (np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in values)
        colour = colour or COLOURS[len(self._layers) % len(COLOURS)]
        self._layers.append(_Layer(kind, x, y, high, label, colour, dash))

    def write(self, path: Path) -> None:
        """Write the plot as an SVG file."""
        path.write_text(self.svg(), encoding="utf-8")

    def svg(self) -> str:
        """Return the plot as SVG."""
        horizontal = self._scale(self.x, [layer.x for layer in self._layers], _LEFT, self.width - _RIGHT)
        values = [values for layer in self._layers for values in (layer.y, layer.high)]
        vertical = self._scale(self.y, values, self.height - _BOTTOM, _TOP)
        if self.equal:
            horizontal, vertical = _equal(horizontal, vertical)
        frame = f'x="{_LEFT}" y="{_TOP}" width="{self.width - _RIGHT - _LEFT}" height="{self.height - _BOTTOM - _TOP}"'
        axes = self._axes(horizontal, vertical)
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}"'
            f' viewBox="0 0 {self.width} {self.height}" {_FONT}>',
            f'<rect width="{self.width}" height="{self.height}" fill="white"/>',
            *(part for part in axes if part.startswith("<path")),
            *(_drawn(layer, horizontal, vertical) for layer in self._layers),
            # Margins over what runs out of the frame: not every viewer clips by a path.
            f'<path fill="white" fill-rule="evenodd" d="M0 0H{self.width}V{self.height}H0Z'
            f'M{_LEFT} {_TOP}H{self.width - _RIGHT}V{self.height - _BOTTOM}H{_LEFT}Z"/>',
            *(part for part in axes if not part.startswith("<path")),
            f'<rect {frame} fill="none" stroke="#333"/>',
            *self._legend(),
            "</svg>",
        ]
        return "\n".join(part for part in parts if part) + "\n"

    def _scale(self, axis: Axis, values: list[Floats], start: float, stop: float) -> _Scale:
        every = np.concatenate([v[np.isfinite(v)] for v in values]) if values else np.array([0.0, 1.0])
        if axis.log:
            every = np.log10(every[every > 0.0])
        bounds = [None if end is None else log10(end) if axis.log else end for end in (axis.low, axis.high)]
        low, high = float(every.min()), float(every.max())
        margin = 0.04 * (high - low) or 0.5 * abs(high) or 0.5
        low = low - margin if bounds[0] is None else bounds[0]
        high = high + margin if bounds[1] is None else bounds[1]
        return _Scale(axis.log, low, high, start, stop)

    def _axes(self, horizontal: _Scale, vertical: _Scale) -> list[str]:
        bottom, right = self.height - _BOTTOM, self.width - _RIGHT
        parts = []
        for value, text in horizontal.ticks():
            x = horizontal.pixels(value)
            parts.append(f'<path d="M{x:.1f} {bottom}V{_TOP}" stroke="#ddd"/>')
            parts.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{text}</text>')
        for value, text in vertical.ticks():
            y = vertical.pixels(value)
            parts.append(f'<path d="M{_LEFT} {y:.1f}H{right}" stroke="#ddd"/>')
            parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
        middle_x, middle_y = (_LEFT + right) / 2, (_TOP + bottom) / 2
        turned = f'transform="translate(16 {middle_y}) rotate(-90)"'
        parts += [
            f'<text x="{middle_x}" y="{self.height - 12}" text-anchor="middle">{escape(self.x.label)}</text>',
            f'<text {turned} text-anchor="middle">{escape(self.y.label)}</text>',
            f'<text x="{middle_x}" y="21" text-anchor="middle" font-weight="bold">{escape(self.title)}</text>',
        ]
        return parts

    def _legend(self) -> list[str]:
        named = [layer for layer in self._layers if layer.label]
        if not named:
            return []
        wide, tall = 44 + 7.0 * max(len(layer.label) for layer in named), 18 * len(named) + 8
        left = _LEFT + 8 if "left" in self.legend else self.width - _RIGHT - 8 - wide
        top = _TOP + 8 if "top" in self.legend else self.height - _BOTTOM - 8 - tall
        parts = [f'<rect x="{left}" y="{top}" width="{wide}" height="{tall}" fill="white" fill-opacity="0.85"/>']
        for k, layer in enumerate(named):
            y = top + 13 + 18 * k
            parts.append(_sample(layer, left + 6, y))
            parts.append(f'<text x="{left + 38}" y="{y + 4}">{escape(layer.label)}</text>')
        return parts


def _equal(horizontal: _Scale, vertical: _Scale) -> tuple[_Scale, _Scale]:
    """Widen one of two scales until a unit is as long on both."""
    per_pixel = [(s.high - s.low) / abs(s.stop - s.start) for s in (horizontal, vertical)]
    wider = []
    for scale in (horizontal, vertical):
        more = (max(per_pixel) * abs(scale.stop - scale.start) - (scale.high - scale.low)) / 2.0
        wider.append(_Scale(scale.log, scale.low - more, scale.high + more, scale.start, scale.stop))
    return wider[0], wider[1]


def _path(x: Floats, y: Floats) -> str:
    """Return a path through pixels, begun anew after a gap."""
    steps, pen_down = [], False
    for a, b in zip(x, y, strict=True):
        good = np.isfinite(a) and np.isfinite(b)
        if good:
            steps.append(f"{'L' if pen_down else 'M'}{a:.1f} {np.clip(b, -1e4, 1e4):.1f}")
        pen_down = bool(good)
    return "".join(steps)


def _drawn(layer: _Layer, horizontal: _Scale, vertical: _Scale) -> str:
    x, y = horizontal.pixels(layer.x), vertical.pixels(layer.y)
    if layer.kind == "points":
        good = np.isfinite(x) & np.isfinite(y)
        circles = "".join(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2.6"/>' for a, b in zip(x[good], y[good], strict=True))
        return f'<g fill="{layer.colour}" fill-opacity="0.75">{circles}</g>'
    if layer.kind == "band":
        # A lower edge that a logarithmic axis cannot show lies below the frame.
        low = np.where(np.isfinite(y), y, vertical.start + 10.0)
        high = vertical.pixels(layer.high)
        outline = _path(np.concatenate([x, x[::-1]]), np.concatenate([low, high[::-1]]))
        return f'<path d="{outline}Z" fill="{layer.colour}" fill-opacity="0.22"/>'
    dash = f' stroke-dasharray="{layer.dash}"' if layer.dash else ""
    return f'<path d="{_path(x, y)}" fill="none" stroke="{layer.colour}" stroke-width="1.8"{dash}/>'


def _sample(layer: _Layer, x: float, y: float) -> str:
    """Return a layer's mark in the legend."""
    if layer.kind == "points":
        return f'<circle cx="{x + 12}" cy="{y}" r="3" fill="{layer.colour}"/>'
    if layer.kind == "band":
        return f'<rect x="{x}" y="{y - 5}" width="24" height="10" fill="{layer.colour}" fill-opacity="0.3"/>'
    dash = f' stroke-dasharray="{layer.dash}"' if layer.dash else ""
    return f'<path d="M{x} {y}h24" stroke="{layer.colour}" stroke-width="1.8"{dash}/>'
