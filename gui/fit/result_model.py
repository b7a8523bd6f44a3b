"""Contents of the page "Memory" for a fit: curves, figures and texts, worked out without Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gui.common.traces import edge_times
from protocols import format_quantity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from daq import Run
    from fitting import Estimate, Study

    Floats = NDArray[np.float64]

_LEFT_OUT = {"friction_growth", "reversal_onset", "reversal_peak", "reversal_lasts", "readable_bits"}
"""Quantities that the window has no room for: `ionecho fit` prints them, the results file keeps them. Doubled, the page
scrolls."""


@dataclass(frozen=True, eq=False)
class FitCurves:
    """What is drawn of a fit.

    Attributes
    ----------
    edges_s : ndarray
        When the voltage jumps.
    time_s, current_A, residual_A : ndarray, shape (k,)
        The fitted current over the run, and measured minus fitted; NaN where the run has no trustworthy sample.
    W_time_s, W, W_lowest, W_highest : ndarray, shape (m,)
        The relaxation of the bulk with its 95 % band; empty if the model has no bulk that relaxes.
    """

    edges_s: Floats
    time_s: Floats
    current_A: Floats
    residual_A: Floats
    W_time_s: Floats
    W: Floats
    W_lowest: Floats
    W_highest: Floats


@dataclass(frozen=True)
class Row:
    """One figure of a result.

    Attributes
    ----------
    name, value, interval : str
    note : str
        What it rests on.
    doubt : str
        Why the figure must not be used; empty if it may.
    """

    name: str
    value: str
    interval: str
    note: str = ""
    doubt: str = ""


@dataclass(frozen=True, eq=False)
class ShownFit:
    """What the page shows of a fit.

    Attributes
    ----------
    curves : FitCurves
    headline, quality : str
        The circuit; residual and noise.
    memory, parameters : tuple of Row
    attribution, evidence : str
        Whose memory it is; why, and which experiment would decide.
    doubts : str
        What to know before any figure is used, a line each.
    """

    curves: FitCurves
    headline: str
    quality: str
    memory: tuple[Row, ...]
    parameters: tuple[Row, ...]
    attribution: str
    evidence: str
    doubts: str


def load_fit(run_path: Path) -> ShownFit:
    """Return what is shown of the fit that is kept beside a run.

    Raises
    ------
    RunFileError
        If there is none, or the run file is damaged.
    FitError
        If a later version of ionecho wrote it.
    """
    from daq import open_run
    from fitting import kept_study

    run = open_run(run_path)
    run.require_intact()
    return shown_fit(run, kept_study(run))


def shown_fit(run: Run, study: Study) -> ShownFit:
    """Return what is shown of a study of a run."""
    result = study.result
    quality = f"Residual {format_quantity(result.rms_residual_A, result.unit)} rms"
    if np.isfinite(result.step_noise_A):
        quality += f", noise {format_quantity(result.step_noise_A, result.unit)}"
    memory, parameters = rows_of(result.memory), rows_of(result.estimates)
    doubts = [f"{row.name}: {row.doubt}" for row in (*parameters, *memory) if row.doubt]
    return ShownFit(
        _curves(run, study),
        result.model.circuit,
        quality,
        memory,
        parameters,
        study.summary[:1].upper() + study.summary[1:],
        "" if study.attribution is None else "\n".join(study.attribution.lines),
        "\n".join(doubts + [str(remark) for remark in result.remarks]),
    )


def _curves(run: Run, study: Study) -> FitCurves:
    time, current = study.overlay_t_s, study.overlay_current_A
    if study.result.terms.is_current_driven:  # the page draws the current, which was not fitted
        time, current = np.empty(0), np.empty(0)
    nearest = np.clip(np.searchsorted(run.t_s, time), 0, run.n_samples - 1)
    good = run.status[nearest] == 0
    residual = np.where(good, run.current_A[nearest] - current, np.nan)
    band = study.result.band
    relaxation = (np.empty(0),) * 4 if band is None else (band.t_s, band.W, band.lowest, band.highest)
    return FitCurves(edge_times(run.drive), time, current, residual, *relaxation)


def rows_of(figures: Iterable[Estimate]) -> tuple[Row, ...]:
    """Return figures as rows of a table, without those that have no room."""
    return tuple(_row(one) for one in figures if one.name not in _LEFT_OUT)


def _row(one: Estimate) -> Row:
    doubt = "" if one.determined else one.note or "this run does not determine it"
    if not np.isfinite(one.value):
        return Row(one.title, "–", "–", one.note, doubt)
    return Row(one.title, *one.shown(), one.note, doubt)
