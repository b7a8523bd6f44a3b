"""Command `refit`: every run with every circuit into one table, and kept fits verified."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ionecho.commands.fit_checks import check_circuits, check_mains, checked_baseline
from ionecho.commands.fit_request import USUAL
from ionecho.commands.output import console, error_console, print_json
from ionecho.commands.refusals import FAILED, UsageError
from protocols import FitError, format_quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from fitting.archive.refit import Refitted
    from fitting.archive.settings import RefitSettings
    from fitting.archive.verify import Verified

_SHOWN = 10
"""Failures, duplicates and changes that are printed; all are in the table, or in the document."""


@dataclass(frozen=True)
class RefitRequest:
    """Arguments and options of ``ionecho refit``.

    Attributes
    ----------
    runs : list of Path
        Files, folders, patterns.
    models : list of str
    table : Path or None
        None to verify kept fits.
    given : tuple
        Drift, baseline, mains (Hz).
    depth : tuple of bool
        Whether memories are attributed, all intervals profiled, all runs searched from everywhere.
    workers : int or None
    scheduler : str
    where : str
        Condition that runs of the catalogue are to meet; `runs` are folders then, or none for all that are followed.
    """

    runs: list[Path]
    models: list[str]
    table: Path | None
    given: tuple[bool, str, float | None] = (False, "", None)
    depth: tuple[bool, bool, bool] = (False, False, False)
    workers: int | None = None
    scheduler: str = ""
    where: str = ""

    def named_runs(self) -> list[Path]:
        """Return what names the runs: what was given, or what the catalogue finds.

        Raises
        ------
        UsageError
            If something else than folders is given beside a condition, or no run meets it.
        """
        if not self.where:
            return self.runs
        from daq.catalogue import Search, search_runs

        files = [one for one in self.runs if not one.is_dir()]
        if files:
            raise UsageError(f"{files[0]} is no folder: a condition chooses among the runs of folders", "--where")
        found = search_runs(Search(folders=tuple(self.runs), where=self.where, sort="start"))
        if not found.runs:
            raise UsageError("no run meets the condition: `ionecho runs --where` tells what there is", "--where")
        return [one.path for one in found.runs]

    @property
    def settings(self) -> RefitSettings:
        """How each run is fitted."""
        from fitting import StudyOptions
        from fitting.archive.settings import RefitSettings

        drift, baseline, mains_Hz = self.given
        options = StudyOptions(drift=drift, baseline=checked_baseline(baseline), mains_Hz=mains_Hz)
        attributed, profiled, searched = self.depth
        circuits = tuple(self.models or [USUAL])
        return RefitSettings(circuits, options, attributed=attributed, profiled=profiled, searched=searched)


def run_refit(request: RefitRequest, *, as_json: bool) -> None:
    """Do what was asked for, and print what came of it."""
    check_circuits(request.models)
    check_mains(request.given[2])
    if request.table is None:
        _verify(request, as_json=as_json)
    else:
        _refit(request, request.table, as_json=as_json)


def _workers(request: RefitRequest) -> AbstractContextManager[Any]:
    from fitting.archive.dispatch import cluster, processes

    if request.scheduler:
        return cluster(request.scheduler)
    return nullcontext(processes(request.workers or os.cpu_count() or 1))


@contextmanager
def _bar(what: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Show how many runs are done of how many, and how long the others will take."""
    if quiet:
        yield lambda _done, _all: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), TextColumn("{task.completed:,}/{task.total:,} runs"))
    with Progress(*columns, TimeRemainingColumn(), console=error_console(), transient=True) as bar:
        task = bar.add_task(what, total=1)
        yield lambda done, every: bar.update(task, completed=done, total=every)


def _refit(request: RefitRequest, table: Path, *, as_json: bool) -> None:
    from fitting.archive.refit import refit_archive

    settings = request.settings
    try:
        with _workers(request) as workers, _bar("Fitting", quiet=as_json) as show:
            done = refit_archive(
                request.named_runs(),
                settings.circuits,
                table,
                settings=settings,
                workers=workers,
                follow=lambda one: show(one.n_done, one.n_runs),
            )
    except KeyboardInterrupt:
        error_console().print(f"What was found is kept beside {table}: the same command goes on.", soft_wrap=True)
        raise
    if as_json:
        print_json(_document(done))
    else:
        _print(done)
    if done.n_fitted + done.n_unchanged == 0:
        sys.exit(FAILED)


def _document(done: Refitted) -> dict[str, Any]:
    return {
        "table": done.table,
        "rows": len(done.rows),
        "runs": done.n_runs,
        "fitted": done.n_fitted,
        "unchanged": done.n_unchanged,
        "failed": [{name: row[name] for name in ("run", "circuit", "reason")} for row in done.failures],
        "duplicates": [{"run": one.path, "same_as": one.same_as} for one in done.duplicates],
    }


def _print(done: Refitted) -> None:
    counts = [(done.n_fitted, "fitted"), (done.n_unchanged, "as they were"), (done.n_failed, "failed")]
    counts.append((done.n_duplicate, "of records given twice"))
    shown = ", ".join(f"{n:,} {what}" for n, what in counts if n)
    console().print(f"{done.table}: {len(done.rows):,} rows; of {done.n_runs:,} runs {shown}", soft_wrap=True)
    lines = [f"failed: {row['run']}, {row['circuit']}: {row['reason']}" for row in done.failures]
    lines += [f"given twice: {one.path} is the same record as {one.same_as}" for one in done.duplicates]
    _print_some(lines, "in the table")


def _print_some(lines: list[str], where: str) -> None:
    for line in lines[:_SHOWN]:
        error_console().print(line, soft_wrap=True)
    if len(lines) > _SHOWN:
        error_console().print(f"and {len(lines) - _SHOWN:,} more, {where}", soft_wrap=True)


def _verify(request: RefitRequest, *, as_json: bool) -> None:
    from fitting.archive.records import runs_of
    from fitting.archive.verify import verify_runs

    paths = runs_of(request.named_runs())
    with _workers(request) as workers, _bar("Verifying", quiet=as_json) as show:
        found = verify_runs(paths, workers, lambda n_done: show(n_done, len(paths)))
    kept = [one for one in found if one.has_fit]
    if not kept:
        raise FitError(f"no fit is kept beside any of {len(found):,} runs: `ionecho fit` keeps one")
    changed = [one for one in kept if not one.is_same]
    if as_json:
        print_json({"runs": len(found), "changed": len(changed), "verified": [one.to_document() for one in kept]})
    else:
        largest = max(one.largest for one in kept)
        console().print(
            f"{len(kept) - len(changed):,} of {len(kept):,} kept fits come out as they were kept; the largest change"
            f" is {largest:.2g} of half an interval",
            soft_wrap=True,
        )
        if len(kept) < len(found):
            console().print(f"beside {len(found) - len(kept):,} runs no fit is kept", soft_wrap=True)
        _print_some([line for one in changed for line in _lines(one)], "with --json")
    if changed:
        sys.exit(FAILED)


def _lines(one: Verified) -> list[str]:
    if one.error:
        return [f"{one.run}: {one.error}"]
    code = f" (code {one.code_before}, now {one.code_now})" if one.code_before not in {"", one.code_now} else ""
    changes = []
    for change in one.changes:
        before, now = (format_quantity(value, change.unit) for value in (change.before, change.now))
        changes.append(f"{change.name} was {before}, is {now}: moved by {change.by:.2g} of half its interval")
    return [f"{one.run}, {one.circuit}{code}: {line}" for line in (*one.notes, *changes)]
