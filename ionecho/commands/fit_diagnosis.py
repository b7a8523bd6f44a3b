"""Command ``ionecho fit --diagnose``: what explains what a fit leaves, and what each option that may help leaves."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from ionecho.commands.output import console, opened_run, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from daq import Run
    from fitting import StudyOptions
    from fitting.inference.diagnosis import Diagnosis


@dataclass(frozen=True)
class Trial:
    """A fit with an option more.

    Attributes
    ----------
    option : str
        As on the command line; empty for none.
    residual_A : float
        In volts where the current was controlled.
    is_described : bool
        Whether the circuit describes the record.
    problem : str
        Why there is no such fit.
    """

    option: str
    residual_A: float
    is_described: bool
    problem: str = ""


def print_diagnosis(path: Path, model: str, options: StudyOptions, *, as_json: bool) -> None:
    """Diagnose a fit of a run, try the options that may help, and print both."""
    from fitting import diagnose_run
    from fitting.reduction.control import named_for
    from fitting.reduction.nuisance import CURRENT
    from protocols import format_quantity

    run = opened_run(path)
    diagnosis = diagnose_run(run, model, options.terms)
    trials = [_tried(run, model, options, "")]
    trials += [_tried(run, *one) for one in _remedies(diagnosis, model, options)]
    if as_json:
        shown = [named_for(diagnosis.control, asdict(trial)) for trial in trials]
        print_json({"run": path, "circuit": model, **diagnosis.to_document(), "trials": shown})
        return
    out, unit = console(), "V" if diagnosis.control == CURRENT else "A"
    noise, residual = (format_quantity(one, unit, 3) for one in (diagnosis.noise_A, diagnosis.residual_A))
    out.print(f"{model} leaves {residual} a sample; neighbouring samples scatter by {noise}.", soft_wrap=True)
    out.print(str(diagnosis), soft_wrap=True)
    if len(trials) == 1:
        return
    from fitting.results.tables import result_table

    table = result_table("What each option leaves", ("option", "rms residual", ""))
    for trial in trials:
        left = trial.problem or ("describes the record" if trial.is_described else "does not describe the record")
        residual = "" if trial.problem else format_quantity(trial.residual_A, unit, 3)
        table.add_row(trial.option or "none more", residual, left)
    out.print(table)


def _remedies(diagnosis: Diagnosis, model: str, options: StudyOptions) -> Iterator[tuple[str, StudyOptions, str]]:
    """Give circuits and options that may help, and what they are called, each once."""
    from fitting.inference.disturbances import CauseKind
    from fitting.reduction.nuisance import CLOCK, DELAY, SMOOTH, UNKNOWN

    changed = {
        CauseKind.DRIFT: replace(options, drift=True),
        CauseKind.BASELINE: replace(options, baseline=SMOOTH),
        CauseKind.HISTORY: replace(options, before=UNKNOWN),
        CauseKind.SPIKES: replace(options, robust=True),
        CauseKind.DELAY: replace(options, fitted=tuple({*options.fitted, DELAY})),
        CauseKind.CLOCK: replace(options, fitted=tuple({*options.fitted, CLOCK})),
    }
    tried = set()
    for cause in diagnosis.shown:
        trial = model, changed.get(cause.kind), cause.remedy
        if cause.mains_Hz is not None:
            trial = model, replace(options, mains_Hz=cause.mains_Hz), cause.remedy
        elif cause.kind is CauseKind.LAG and "@" not in model:
            trial = f"{model}@Lag1", options, f"-m {model}@Lag1"
        if trial[1] is not None and trial[2] not in tried:
            tried.add(trial[2])
            yield trial[0], trial[1], trial[2]


def _tried(run: Run, model: str, options: StudyOptions, option: str) -> Trial:
    """Return what a fit leaves with an option."""
    from fitting.study import tried
    from protocols import FitError

    try:
        residual, is_described = tried(run, model, options)
    except FitError as error:
        return Trial(option, float("nan"), is_described=False, problem=str(error))
    return Trial(option, residual, is_described)
