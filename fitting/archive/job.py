"""One run of an archive fitted to several circuits: the work of a process, whatever starts it."""

from __future__ import annotations

import gc
import time
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from fitting.archive.rows import FAILED, FITTED, Row, row_of_result, row_of_run, stated_of
from fitting.archive.settings import RefitSettings, options_for
from fitting.kept_reduction import digest_of, digest_when_reduced, kept_reduction, reduction_of
from fitting.model.circuit import CellModel
from fitting.results.estimate import Estimates
from fitting.results.provenance import code_versions
from fitting.study import sample_of
from protocols import FitError, IonechoError, reason_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from daq import Run
    from fitting.inference.solution import Solution
    from fitting.reduction.reduction import Reduction
    from fitting.results.fit_result import FitResult
    from protocols import Sample

_AS_LITTLE = 1.2
"""How much larger the misfit may be that a circuit leaves of one record than that of the record it was searched on, to
be believed without a search. Doubled, a search that went astray on records that no circuit describes passes."""
_CELLS = 8
"""Cells of a circuit that a process remembers to follow; a look at each costs as much as a step of a search. Doubled,
fewer records of an archive are searched anew, and looking takes twice as long."""
_MOST_KINDS = 256
"""Circuits and kinds of records whose cells are remembered. Doubled, so much more memory."""


@dataclass(frozen=True)
class Job:
    """A run that is to be fitted.

    Attributes
    ----------
    path : str
        As a row names it.
    place : str
        Where it is, absolute: another process may stand in another folder.
    known : mapping of str to tuple of str
        Digest of the run and what was stated of it when each circuit was fitted.
    """

    path: str
    place: str
    known: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """What became of a job.

    Attributes
    ----------
    job : Job
    rows : tuple of Row
        One for each circuit that was not known.
    n_unchanged : int
        Circuits whose row still holds.
    """

    job: Job
    rows: tuple[Row, ...]
    n_unchanged: int = 0


@dataclass
class _Followed:
    """Cells that a search may follow, the last ones found, and what their circuit left of the record searched last.

    `describes` is whether it described the last one.
    """

    cells: deque[Mapping[str, float]]
    misfit: float
    describes: bool = False


_GARBAGE_OBJECTS = 50_000
"""New objects after which cycles of garbage are looked for: a fit makes few, and looking takes as long as the fit."""
_followed: dict[tuple[object, ...], _Followed] = {}


def refit_chunk(jobs: Sequence[Job], settings: RefitSettings) -> list[Done]:
    """Fit some runs; nothing that happens to one of them is raised."""
    often = gc.get_threshold()
    gc.set_threshold(max(_GARBAGE_OBJECTS, often[0]), *often[1:])
    try:
        return [refit_run(job, settings) for job in jobs]
    finally:
        gc.set_threshold(*often)


def refit_run(job: Job, settings: RefitSettings) -> Done:
    """Fit a run to all circuits of a refit; what cannot be fitted gets rows that say why."""
    from daq import open_run

    about: Row = {"run": job.path}
    try:
        run = open_run(Path(job.place))
        kept = kept_reduction(run)
        digest, stated = digest_when_reduced(run, kept) or digest_of(run), stated_of(run)
        about |= {"sha256": digest, "stated": stated}
        wanted = [one for one in settings.circuits if job.known.get(one) != (digest, stated)]
        if not wanted:
            return Done(job, (), len(settings.circuits))
        about |= row_of_run(run, sample_of_row(run))
        options = options_for(run, settings.options)
        reduction, was_kept = reduction_of(run, options.terms, keep=settings.kept, digest=digest, kept=kept)
        about |= {"reduction_kept": was_kept}
    except Exception as error:  # noqa: BLE001 - a row says what it was, and the other runs go on
        rows = [_stamped({**about, "circuit": one, **_failure(error)}, settings) for one in settings.circuits]
        return Done(job, tuple(rows))
    rows = [_stamped({**about, "circuit": one, **_fitted(run, reduction, one, settings)}, settings) for one in wanted]
    return Done(job, tuple(rows), len(settings.circuits) - len(wanted))


def sample_of_row(run: Run) -> Sample:
    """Return the sample of a run: its protocol's or the file's, with what was stated of it later."""
    return run.statements.over(sample_of(run))


def _failure(error: Exception) -> Row:
    expected = isinstance(error, IonechoError | OSError)
    text = reason_of(error) if isinstance(error, OSError) else str(error)
    return {"status": FAILED, "reason": text if expected else f"{type(error).__name__}: {text}"}


def _stamped(row: Row, settings: RefitSettings) -> Row:
    """Return a row with what it takes to make it again."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {
        **row,
        **code_versions(),
        "settings": settings.text,
        "settings_sha256": settings.sha256,
        "fitted_at": now,
    }


def _fitted(run: Run, reduction: Reduction, circuit: str, settings: RefitSettings) -> Row:
    """Return what was found of a run with a circuit."""
    begun = time.perf_counter()
    try:
        solution, start = _solution(reduction, _cell_of(circuit), settings)
        is_profiled = _describes(solution) or settings.profiled
        result = _result(run, solution if is_profiled else solution.by_curvature())
        attribution = None
        if settings.attributed:
            from fitting.interpretation.attribution import attribute

            attribution = attribute(reduction, result, sample_of_row(run))
        found = row_of_result(result, attribution)
    except Exception as error:  # noqa: BLE001 - a row says what it was, and the other circuits go on
        return _failure(error)
    how = {"intervals": "profile" if is_profiled else "curvature", "start": start}
    return {"status": FITTED, **found, **how, "seconds": round(time.perf_counter() - begun, 4)}


@lru_cache(maxsize=_MOST_KINDS)
def _cell_of(circuit: str) -> CellModel:
    """Return a circuit; the same for all runs, so that what is known of its cells is found again."""
    return CellModel(circuit)


def _describes(solution: Solution) -> bool:
    return not any(one.kind.questions_model for one in solution.remarks)


def _result(run: Run, solution: Solution) -> FitResult:
    from fitting.interpretation.assembly import fit_result
    from fitting.interpretation.reversal import memory_of_run

    result = fit_result(solution, with_band=False)  # a row has none
    return replace(result, memory=Estimates(result.memory + memory_of_run(result, run.drive)))


def _solution(reduction: Reduction, cell: CellModel, settings: RefitSettings) -> tuple[Solution, str]:
    """Return the solution of a reduced run, and where its search started.

    Raises
    ------
    FitError
        If it cannot be fitted, or its times are to be found, which needs the run itself.
    """
    from fitting.inference.neighbours import solve_near
    from fitting.inference.observations import observation_of
    from fitting.inference.problem import Problem
    from fitting.inference.solution import solve

    if reduction.terms.fitted:
        raise FitError("times that are to be found need the run itself: `ionecho fit --delay fit`, run by run")
    problem = Problem.single(observation_of(reduction), cell)
    kind = (cell.circuit, reduction.grid, reduction.response_s, reduction.terms.control, settings.sha256)
    known = None if settings.searched else _followed.get(kind)
    solution = None
    if known is not None:
        most = _AS_LITTLE * known.misfit
        solution = solve_near(problem, list(known.cells), most, describes=known.describes)
    start = "neighbour"
    if solution is None:
        solution, start = solve(problem), "search"
        cells = deque(maxlen=_CELLS) if known is None else known.cells
        known = _Followed(cells, solution.misfit)
    if known is not None:
        known.cells.append(solution.values)
        known.describes = _describes(solution)
        _followed.pop(kind, None)
        _followed[kind] = known
    while len(_followed) > _MOST_KINDS:
        _followed.pop(next(iter(_followed)))
    return solution, start
