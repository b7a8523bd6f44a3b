"""Pictures of a fit: what it says of the current, what it leaves, and what the bulk remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from daq.files.figures import FIGURE_IN, axis_of, band_colour, current_colour, figure_of, fit_colour
from daq.files.run_views import thinned
from fitting.reduction.control import controlled
from fitting.reduction.prediction import FittedResponse, predict
from protocols import FitError

if TYPE_CHECKING:
    from fitting.model.circuit import CellModel
    from fitting.records.record import Record
    from fitting.results.estimate import Band

_WITH_RUN_IN = (FIGURE_IN[0], 1.5 * FIGURE_IN[1])
"""Width and height (inches) of three plots one above the other."""


class DrawnResult(FittedResponse, Protocol):
    """What is drawn of a result; `FitResult` has it."""

    @property
    def model(self) -> CellModel: ...  # noqa: D102
    @property
    def band(self) -> Band | None: ...  # noqa: D102
    @property
    def source(self) -> str: ...  # noqa: D102
    @property
    def unit(self) -> str: ...  # noqa: D102


def figure_of_result(result: DrawnResult, run: Record | None) -> Any:
    """Return a figure of a result, beside its run if that is given; see `FitResult.plot`."""
    if run is None and result.band is None:
        raise FitError(
            f"{result.model.circuit} has no hopping conductor whose W(t) could be drawn; give the run that was fitted: "
            "result.plot(run)"
        )
    figure = figure_of(FIGURE_IN if run is None else _WITH_RUN_IN)
    n_plots = 2 * (run is not None) + (result.band is not None)
    axes = np.atleast_1d(figure.subplots(n_plots, 1))
    if run is not None:
        _draw_current(axes[0], axes[1], result, run)
    if result.band is not None:
        _draw_memory(axes[-1], result.band)
    axes[0].set_title(f"{result.model.circuit} on {result.source or 'record'}")
    return figure


def _draw_current(upper: Any, lower: Any, result: DrawnResult, run: Record) -> None:
    """Draw what answered and what was fitted, and below it the difference."""
    answering, _ = controlled(run, result.terms)
    fitted = predict(run, result)
    measured = np.asarray(answering.current_A)
    quantity = "current" if result.unit == "A" else "voltage"
    good = np.asarray(answering.status) == 0
    t = np.asarray(answering.t_s)
    upper.plot(*thinned(t, measured), color=current_colour, linewidth=1.0, label="measured")
    upper.plot(*thinned(t, fitted), color=fit_colour, linewidth=1.0, linestyle="--", label="fitted")
    upper.legend()
    lower.plot(*thinned(t, np.where(good, measured - fitted, np.nan)), color=current_colour, linewidth=0.8)
    lower.axhline(0.0, color=fit_colour, linewidth=0.8)
    lower.sharex(upper)
    axis_of(upper.yaxis, quantity, result.unit)
    axis_of(lower.yaxis, "measured - fitted", result.unit)
    axis_of(lower.xaxis, "time", "s")


def _draw_memory(axis: Any, band: Band) -> None:
    """Draw the share of the conductance that is left some time after a step, with its 95 % band."""
    axis.fill_between(band.t_s, band.lowest, band.highest, color=band_colour, alpha=0.3, linewidth=0, label="95 %")
    axis.plot(band.t_s, band.W, color=band_colour, label="fitted")
    axis.set_xscale("log")
    axis.set_ylim(0.0, 1.05)
    axis.legend()
    axis_of(axis.yaxis, "W(t)", "")
    axis_of(axis.xaxis, "time after a step", "s")
