"""Views of a run: a table of what it is, data frames of its samples, and a picture.

The libraries are extras: ``pip install "ionecho[frames]"`` brings pandas and xarray, ``pip install "ionecho[plots]"``
matplotlib, ``polars`` polars. None is loaded before it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from daq.files.extras import library
from daq.files.figures import FIGURE_IN, axis_of, current_colour, figure_of, voltage_colour
from protocols import RunFileError, format_quantity
from protocols.tables import html_table, text_table

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from daq.state import RunState
    from protocols import Sample

DRAWN = 20_000
"""Samples that are drawn; of a longer run the smallest and the largest of each stretch. Doubled, a picture of 1,000
columns looks the same."""


class RunViews:
    """Base of `Run`: how it is shown, and given to other libraries."""

    if TYPE_CHECKING:
        path: Path

        @property
        def n_samples(self) -> int: ...  # noqa: D102
        @property
        def n_planned(self) -> int: ...  # noqa: D102
        @property
        def t_s(self) -> NDArray[np.float64]: ...  # noqa: D102
        @property
        def voltage_V(self) -> NDArray[np.float64]: ...  # noqa: D102
        @property
        def current_A(self) -> NDArray[np.float64]: ...  # noqa: D102
        @property
        def status(self) -> NDArray[np.uint8]: ...  # noqa: D102
        @property
        def title(self) -> str: ...  # noqa: D102
        @property
        def start_time(self) -> str: ...  # noqa: D102
        @property
        def state(self) -> RunState: ...  # noqa: D102
        @property
        def instrument(self) -> dict[str, str]: ...  # noqa: D102
        @property
        def sample(self) -> Sample: ...  # noqa: D102
        @property
        def notes(self) -> tuple[str, ...]: ...  # noqa: D102

    def rows(self) -> list[tuple[str, str]]:
        """Return names and values of a table of it, for a user to read."""
        lasts = float(self.t_s[-1] - self.t_s[0]) if self.n_samples else 0.0
        of = "" if self.n_samples == self.n_planned else f" of {self.n_planned:,} planned"
        who = " ".join(self.instrument.get(name, "") for name in ("maker", "model", "serial")).strip()
        return [
            ("file", str(self.path)),
            ("state", str(self.state)),
            ("begun", self.start_time),
            *([("instrument", who)] if who else []),
            ("samples", f"{self.n_samples:,}{of}, over {format_quantity(lasts, 's')}"),
            ("voltage", _span(self.voltage_V, "V")),
            ("current", _span(self.current_A, "A")),
            *([("sample", self.sample.name)] if self.sample.name else []),
            *(("note", note) for note in self.notes),
        ]

    def __str__(self) -> str:
        return text_table(f"run {self.title!r}", self.rows())

    def _repr_html_(self) -> str:
        return html_table(f"run {self.title!r}", self.rows())

    def _columns(self) -> dict[str, NDArray[Any]]:
        """Return copies of the columns by their names with units."""
        columns = {
            "time_s": self.t_s,
            "voltage_V": self.voltage_V,
            "current_A": self.current_A,
            "status": self.status,
        }
        return {name: np.array(column) for name, column in columns.items()}

    def _attributes(self) -> dict[str, str]:
        return {"title": self.title, "start_time": self.start_time, "source": self.path.name, "state": str(self.state)}

    def to_dataframe(self) -> Any:
        """Return the samples as a pandas data frame with columns ``time_s``, ``voltage_V``, ``current_A``, ``status``.

        Raises
        ------
        RunFileError
            If pandas is not installed.
        """
        frame = library("pandas", "frames").DataFrame(self._columns())
        frame.attrs.update(self._attributes())
        return frame

    def to_polars(self) -> Any:
        """Return the samples as a polars data frame with the columns of `to_dataframe`.

        Raises
        ------
        RunFileError
            If polars is not installed.
        """
        return library("polars", "polars").DataFrame(self._columns())

    def to_xarray(self) -> Any:
        """Return the samples as an xarray dataset over ``time_s``, with the units as attributes.

        Raises
        ------
        RunFileError
            If xarray is not installed.
        """
        columns = self._columns()
        units = {"voltage_V": "V", "current_A": "A", "status": ""}
        variables = {name: ("time_s", columns[name], {"units": unit} if unit else {}) for name, unit in units.items()}
        times = {"time_s": ("time_s", columns["time_s"], {"units": "s"})}
        return library("xarray", "frames").Dataset(variables, times, self._attributes())

    def plot(self) -> Any:
        """Return a matplotlib figure of voltage and current over time.

        Raises
        ------
        RunFileError
            If matplotlib is not installed, or there is nothing to draw yet.
        """
        if not self.n_samples:
            raise RunFileError(f"{self.path.name}: there are no samples yet, so there is nothing to draw")
        figure = figure_of(FIGURE_IN)
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(1, 2))
        for axis, values, quantity, unit, colour in (
            (upper, self.voltage_V, "voltage", "V", voltage_colour),
            (lower, self.current_A, "current", "A", current_colour),
        ):
            axis.plot(*thinned(self.t_s, values), color=colour, linewidth=1.0)
            axis_of(axis.yaxis, quantity, unit)
        axis_of(lower.xaxis, "time", "s")
        upper.set_title(self.title)
        return figure


def thinned(
    t_s: NDArray[np.float64], values: NDArray[np.float64], most: int = DRAWN
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points of a curve that look as all of them do: of each stretch the smallest and the largest.

    Parameters
    ----------
    t_s, values : ndarray, shape (n,)
    most : int
        How many points may be left.
    """
    if len(t_s) <= most:
        return np.asarray(t_s), np.asarray(values)
    step = -(-2 * len(t_s) // most)
    whole = len(t_s) // step * step
    stretches = np.asarray(values[:whole]).reshape(-1, step)
    is_gap = np.isnan(stretches)
    low = np.argmin(np.where(is_gap, np.inf, stretches), axis=1)
    high = np.argmax(np.where(is_gap, -np.inf, stretches), axis=1)
    first = np.arange(0, whole, step)
    picked = np.unique(np.concatenate([first + low, first + high, np.arange(whole, len(t_s))]))
    return np.asarray(t_s[picked]), np.asarray(values[picked])


def _span(values: NDArray[np.float64], unit: str) -> str:
    finite = values[np.isfinite(values)]
    if not len(finite):
        return "none"
    low, high = (format_quantity(float(one), unit) for one in (finite.min(), finite.max()))
    return f"{low} to {high}"
