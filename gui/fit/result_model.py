"""Contents of the dock "Memory" for a fit: verdict, curves, figures and texts, worked out without Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gui.common.language import tr
from gui.common.traces import edge_times
from gui.fit.verdict import Notice, Verdict, notices_of, verdict_of
from protocols import RunFileError, format_quantity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from daq import Run
    from fitting import Estimate, Study
    from fitting.results.residuals import Residuals

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FitCurves:
    """What is drawn of a fit.

    Attributes
    ----------
    edges_s : ndarray
        When the voltage jumps.
    time_s, fitted : ndarray, shape (k,)
        What was fitted over the run (A; V where the current was controlled).
    residuals : Residuals
    W_time_s, W, W_lowest, W_highest : ndarray, shape (m,)
        The relaxation of the bulk with its 95 % band; empty if the model has no bulk that relaxes.
    unit : str
        ``A``, or ``V`` where the current was controlled.
    """

    edges_s: Floats
    time_s: Floats
    fitted: Floats
    residuals: Residuals
    W_time_s: Floats
    W: Floats
    W_lowest: Floats
    W_highest: Floats
    unit: str = "A"


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
    key : str
        Its name in documents.
    """

    name: str
    value: str
    interval: str
    note: str = ""
    doubt: str = ""
    key: str = ""


@dataclass(frozen=True)
class Experiment:
    """A run that would decide whose memory it is.

    Attributes
    ----------
    number : int
        Place among those of the fit.
    text : str
        What to vary, and what each place would show.
    """

    number: int
    text: str


@dataclass(frozen=True, eq=False)
class ShownFit:
    """What is shown of a fit.

    Attributes
    ----------
    path : Path
        The run.
    headline : str
        The circuit.
    verdict : Verdict
    notices : tuple of Notice
    curves : FitCurves
    memory, parameters : tuple of Row
    evidence : tuple of str
        Why it is who remembers.
    experiments : tuple of Experiment
    """

    path: Path
    headline: str
    verdict: Verdict
    notices: tuple[Notice, ...]
    curves: FitCurves
    memory: tuple[Row, ...]
    parameters: tuple[Row, ...]
    evidence: tuple[str, ...]
    experiments: tuple[Experiment, ...]


def load_fit(run_path: Path, circuit: str = "") -> ShownFit:
    """Return what is shown of a fit that is kept beside a run.

    Parameters
    ----------
    run_path : Path
    circuit : str
        The newest fit unless given.

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
    return shown_fit(run, kept_study(run, circuit))


def experiment_protocol(run_path: Path, circuit: str, number: int) -> tuple[str, str]:
    """Return title and text (TOML) of the protocol of an experiment that a kept fit proposes.

    Parameters
    ----------
    run_path : Path
    circuit : str
        Whose kept fit.
    number : int
        Which of its experiments, from 0.

    Raises
    ------
    FitError
        If the drive of the run is not known.
    RunFileError
        If no such fit is kept any more.
    """
    from daq import open_run
    from fitting import kept_study
    from fitting.interpretation.deciding_protocol import protocol_of

    run = open_run(run_path)
    attribution = kept_study(run, circuit).attribution
    experiments = () if attribution is None else attribution.experiments
    if number >= len(experiments):
        raise RunFileError(f"{run_path.name}: the fit of {circuit} was made anew, and proposes this no more")
    protocol = protocol_of(experiments[number], run)
    return protocol.name, protocol.to_toml()


def shown_fit(run: Run, study: Study) -> ShownFit:
    """Return what is shown of a study of a run."""
    result, attribution = study.result, study.attribution
    left = format_quantity(result.rms_residual_A, result.unit)
    quality = tr("residual {left} rms").format(left=left)
    if np.isfinite(result.step_noise_A):
        quality += tr(", noise {noise}").format(noise=format_quantity(result.step_noise_A, result.unit))
    source = tr("{circuit} on {run}: {quality}").format(
        circuit=result.model.circuit, run=run.path.name, quality=quality
    )
    experiments = () if attribution is None else attribution.experiments
    return ShownFit(
        run.path,
        result.model.circuit,
        verdict_of(study, source),
        notices_of(result.remarks, (*result.estimates, *result.memory)),
        _curves(run, study),
        rows_of(result.memory),
        rows_of((*result.estimates, *result.times, *result.combinations)),
        () if attribution is None else attribution.evidence,
        tuple(Experiment(number, str(one)) for number, one in enumerate(experiments)),
    )


def _curves(run: Run, study: Study) -> FitCurves:
    from fitting.results.residuals import residuals_of

    result, band = study.result, study.result.band
    time, fitted = study.overlay_t_s, study.overlay_current_A
    residuals = residuals_of(run, result.terms, time, fitted)
    relaxation = (np.empty(0),) * 4 if band is None else (band.t_s, band.W, band.lowest, band.highest)
    return FitCurves(edge_times(run.drive), time, fitted, residuals, *relaxation, unit=result.unit)


def rows_of(figures: Iterable[Estimate]) -> tuple[Row, ...]:
    """Return figures as rows of a table."""
    return tuple(_row(one) for one in figures)


def _row(one: Estimate) -> Row:
    doubt = "" if one.determined else one.note or tr("this run does not determine it")
    if not np.isfinite(one.value):
        return Row(one.title, "–", "–", one.note, doubt, one.name)
    return Row(one.title, *one.shown(), one.note, doubt, one.name)
