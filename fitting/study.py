"""Study of a run: one whole analysis, kept beside the run file.

Reduce (or take the kept reduction), fit, derive the memory, attribute it, keep it all. The command line, the window and
scripts call the same `analyse`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.interpretation.attribution import Attribution
from fitting.kept_reduction import digest_of, reduction_of
from fitting.model.circuit import CellModel
from fitting.reduction.control import controlled, named_for
from fitting.reduction.nuisance import DELAY
from fitting.results.document import up_to_date
from fitting.results.estimate import Estimates
from fitting.results.fit_result import NOT_ATTRIBUTED, FitResult
from fitting.results.printable import Printable
from fitting.results.provenance import code_versions
from fitting.study_options import StudyOptions
from protocols import FitError, RunFileError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from daq import Run
    from fitting.inference.profile_curve import ProfileCurve
    from fitting.inference.solution import Solution
    from fitting.records.record import Record
    from fitting.reduction.reduction import Reduction
    from fitting.results.tables import ResultTable
    from fitting.transforms.laplace import Floats
    from protocols import Sample


@dataclass(frozen=True, eq=False, repr=False)
class Study(Printable):
    """A whole analysis of a run; `print` shows it.

    Attributes
    ----------
    result : FitResult
        With all memory quantities.
    attribution : Attribution or None
        None for a kept fit that was not attributed.
    overlay_t_s, overlay_current_A : ndarray, shape (k,)
        The fitted current at some thousand times, for plots; where the current was controlled, the voltage (V).
    reduction_was_kept : bool
        Whether the reduction came from the results file.
    referee_table : dict or None
        Plain data of a `RefereeTable` of this run, where one was asked for.
    provenance : dict or None
        What it takes to make the study again: versions of the code, digest of the run, what was stated of it, options
        and sample. None for a kept fit of an earlier version.
    """

    result: FitResult
    attribution: Attribution | None
    overlay_t_s: Floats = field(default_factory=lambda: np.empty(0))
    overlay_current_A: Floats = field(default_factory=lambda: np.empty(0))
    reduction_was_kept: bool = False
    referee_table: dict[str, Any] | None = None
    provenance: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"<Study: {self.result.model.circuit} on {self.result.source or 'record'}>"

    @property
    def summary(self) -> str:
        """Whose memory it is, in one line."""
        return NOT_ATTRIBUTED if self.attribution is None else self.attribution.summary

    def table(self) -> ResultTable:
        """Return parameters, memory quantities and attribution as a table for the terminal."""
        return self.result.table("" if self.attribution is None else str(self.attribution))

    def to_document(self) -> dict[str, Any]:
        """Return the study as plain data (JSON); `arrays` has the rest of it."""
        attribution = None if self.attribution is None else self.attribution.to_document()
        others = {"referee_table": self.referee_table, "provenance": self.provenance}
        kept = {name: value for name, value in others.items() if value is not None}
        return self.result.to_document() | {"attribution": attribution} | kept

    def arrays(self) -> dict[str, Floats]:
        """Return the arrays that are kept with the document."""
        overlay = {"overlay_t_s": self.overlay_t_s, "overlay_current_A": self.overlay_current_A}
        return self.result.arrays() | named_for(self.result.terms.control, overlay)

    @classmethod
    def from_document(cls, document: dict[str, Any], arrays: dict[str, Floats]) -> Study:
        """Read what `to_document` and `arrays` wrote, of this version or an earlier one."""
        now, result = up_to_date(document), FitResult.from_document(document, arrays)
        attribution, found = now["attribution"], named_for(result.terms.control, arrays)
        return cls(
            result,
            None if attribution is None else Attribution.from_document(attribution),
            found["overlay_t_s"],
            found["overlay_current_A"],
            referee_table=now.get("referee_table"),
            provenance=now.get("provenance"),
        )


def analyse(
    run: Run | str | Path,
    model: CellModel | str = "R0-Mig1-CPE1",
    options: StudyOptions | None = None,
    *,
    sample: Sample | None = None,
    keep: bool = True,
    start: Mapping[str, float | str] | None = None,
) -> Study:
    """Analyse a run with a cell model, and keep the study in the results file beside the run.

    Parameters
    ----------
    run : Run or path
    model : CellModel or str
        A circuit, or its string.
    options : StudyOptions, optional
    sample : Sample, optional
        Thickness, area, permittivity and so on for the attribution; the run's own (`sample_of`) unless given.
    keep : bool
        Whether reduction and study are written to the results file.
    start : mapping of str to float or str, optional
        Values that are tried first, SI or with a unit.

    Raises
    ------
    FitError
        If the circuit cannot be read, or the run cannot be fitted.
    RunFileError
        If the results file cannot be written.
    """
    from fitting.interpretation.assembly import fit_result
    from fitting.interpretation.attribution import attribute
    from fitting.interpretation.reversal import memory_of_run
    from fitting.reduction.prediction import overlay_times, predict

    if isinstance(run, str | Path):
        from daq import open_run

        run = open_run(run)
    run.require_samples()
    sample = sample_of(run) if sample is None else sample
    provenance = _provenance(run, options or StudyOptions(), sample)
    record, options = _record_of(run, options or StudyOptions())
    reduction, solution, was_kept = _solved(
        run, record, model, options, start, keep=keep, digest=provenance["raw_sha256"]
    )
    result = fit_result(solution)
    result = replace(result, memory=Estimates(result.memory + memory_of_run(result, record.drive)))
    attribution = attribute(reduction, result, sample)
    times = overlay_times(record)
    study = Study(result, attribution, times, predict(record, result, times), was_kept, provenance=provenance)
    if keep:
        keep_study(run, study)
    return study


def _provenance(run: Run, options: StudyOptions, sample: Sample) -> dict[str, Any]:
    """Return what it takes to make a study of a run again; without a digest if the run is growing."""
    return {
        **code_versions(),
        "raw_sha256": digest_of(run) if run.state.is_final else "",
        "run_id": run.run_id,
        "stated": run.statements.stated,
        "options": options.to_document(),
        "sample": {name: value for name, value in asdict(sample).items() if value not in {None, ""}},
    }


def tried(run: Run, model: CellModel | str, options: StudyOptions) -> tuple[float, bool]:
    """Return what a fit leaves of a sample (A; V where the current was controlled), and whether it describes the run.

    No intervals are worked out, nothing is attributed, and nothing is kept.

    Parameters
    ----------
    run : Run
    model : CellModel or str
        A circuit, or its string.
    options : StudyOptions

    Raises
    ------
    FitError
        If the circuit cannot be read, or the run cannot be fitted.
    """
    record, options = _record_of(run, options)
    _, solution, _ = _solved(run, record, model, options, keep=False)
    return solution.rms_residual_A, not any(one.kind.questions_model for one in solution.remarks)


def profiled(
    run: Run,
    model: CellModel | str,
    options: StudyOptions,
    name: str,
    start: Mapping[str, float | str] | None = None,
) -> ProfileCurve:
    """Return the profile of a parameter of a fit to a run; nothing is kept.

    Parameters
    ----------
    run : Run
    model : CellModel or str
        A circuit, or its string.
    options : StudyOptions
    name : str
        A free parameter.
    start : mapping of str to float or str, optional
        Values that are tried first, SI or with a unit.

    Raises
    ------
    FitError
        If the circuit cannot be read, the run cannot be fitted, or there is no such parameter.
    """
    from fitting.inference.profile_curve import profile_curve

    record, options = _record_of(run, options)
    _, solution, _ = _solved(run, record, model, options, start, keep=False)
    return profile_curve(solution, name, run.path.name)


def _record_of(run: Run, options: StudyOptions) -> tuple[Record, StudyOptions]:
    """Return a run with the edges that were commanded, where they are given; when they began is found then."""
    if options.drive is None:
        return run, options
    from fitting.reduction.commanded import commanded

    if controlled(run, options.terms)[1].is_current_driven:
        raise FitError(
            f"{run.path.name}: its current was controlled, and a protocol has voltages: state the current that was"
            ' applied (ionecho note --drive "0 A; 1 mA at 0 s")'
        )
    record = commanded(run, options.drive)
    if options.before == "":
        options = replace(options, before=run.stated_before())
    if options.delay_s == 0.0:
        options = replace(options, delay_s=record.offset_s, fitted=tuple({*options.fitted, DELAY}))
    return record, options


def _solved(
    run: Run,
    record: Record,
    model: CellModel | str,
    options: StudyOptions,
    start: Mapping[str, float | str] | None = None,
    *,
    keep: bool,
    digest: str = "",
) -> tuple[Reduction, Solution, bool]:
    """Return reduction and solution of a run, as it is or with other edges, and whether the reduction was kept."""
    from fitting.api import solution_of
    from fitting.reduction.reduce import reduce_run

    if options.robust:
        from fitting.inference.robust import solve_robust

        cell = CellModel.of(model)
        solution = solve_robust(record, cell, start or {}, options.terms)
        return reduce_run(record, options.terms), solution, False
    # A reduction is kept for the run as it is.
    kept = (reduce_run(record, options.terms), False) if record is not run else None
    reduction, was_kept = kept or reduction_of(run, options.terms, keep=keep, digest=digest)
    solution = solution_of(record, reduction, model, start)
    return solution.reduction() or reduction, solution, was_kept


def sample_of(run: Run) -> Sample:
    """Return the sample of a run: its protocol's, or that of an imported file, with what was stated of it later."""
    protocol = run.protocol  # older files keep less of the sample than the protocol in them
    return run.sample if protocol is None else run.statements.over(protocol.sample)


def keep_study(run: Run, study: Study) -> None:
    """Keep a study in the results file beside a run; those of other circuits stay there."""
    from daq.files.kept_fits import write_fit

    write_fit(run.path, study.arrays(), study.to_document(), run.start_time)


def has_kept_study(run: Run) -> bool:
    """Return whether a study is kept beside a run."""
    from daq.files.kept_fits import read_fit

    return read_fit(run) is not None


def kept_study(run: Run, circuit: str = "") -> Study:
    """Return a study that is kept beside a run.

    Parameters
    ----------
    run : Run
    circuit : str, optional
        Its cell model, as it was written; the newest study unless given.

    Raises
    ------
    RunFileError
        If there is none.
    FitError
        If a later version of ionecho wrote it.
    """
    from daq.files.kept_fits import read_fit

    kept = read_fit(run, circuit)
    if kept is None:
        raise RunFileError(f"{run.path}: no fit{' of ' * bool(circuit)}{circuit} is kept beside it")
    return Study.from_document(kept.attributes, kept.arrays)
