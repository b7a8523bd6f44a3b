"""Files of a publication: runs with or without their samples, what is kept beside them, and the reduction of each."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from daq import open_run, read_process, results_path
from daq.files.names import statements_path
from daq.files.without_samples import write_without_samples
from fitting.archive.records import runs_of
from fitting.archive.settings import options_for
from fitting.kept_reduction import reduction_of
from fitting.reduction.reduction import VERSION, Reduction
from fitting.study_options import StudyOptions
from protocols import FitError, RunFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from daq import Run

RUNS = "runs"
"""Folder of the runs in a publication."""
_OF_CAMPAIGN = ("campaign.toml",)
"""What of a campaign's folder goes along beside its runs: the state of its conduct is nobody else's matter."""


@dataclass(frozen=True)
class PublishedRun:
    """A run in a publication.

    Attributes
    ----------
    run : Run
        As it is there.
    name : str
        Its path below the folder of the publication, with ``/``.
    beside : tuple of str
        Results and statements, likewise.
    without_reduction : str
        Why it has no reduction; empty if it has one.
    """

    run: Run
    name: str
    beside: tuple[str, ...]
    without_reduction: str = ""


def chosen_runs(given: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """Return the runs that are to be published, and which are not since they have not ended, one sentence each.

    Raises
    ------
    RunFileError
        If none is left.
    """
    chosen, left = [], []
    for path in runs_of(given):
        state = open_run(path).state
        if state.is_final:
            chosen.append(path)
        else:
            left.append(f"{path}: the run is {state}")
    if not chosen:
        raise RunFileError("there is no run that has ended: " + "; ".join(left))
    return chosen, left


def documents_beside(given: Sequence[Path]) -> list[Path]:
    """Return documents of the campaigns whose folders are given."""
    return [folder / name for folder in given for name in _OF_CAMPAIGN if (folder / name).is_file()]


def fill(
    folder: Path, runs: Sequence[Path], *, raw: bool, follow: Callable[[int, int], None] | None = None
) -> list[PublishedRun]:
    """Put runs into a publication, each with a reduction, so that it can be fitted without its samples.

    Parameters
    ----------
    folder : Path
        Of the publication.
    runs : sequence of Path
    raw : bool
        Whether the samples go along.
    follow : callable, optional
        Told how many runs are in it, of how many.
    """
    root = Path(os.path.commonpath([path.resolve().parent for path in runs]))
    done = []
    for number, path in enumerate(runs, 1):
        target = folder / RUNS / path.resolve().relative_to(root)
        done.append(_put(path, target, folder, raw=raw))
        if follow is not None:
            follow(number, len(runs))
    return done


def _put(path: Path, target: Path, folder: Path, *, raw: bool) -> PublishedRun:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        raise RunFileError(f"{path} is given twice")
    for beside in (results_path, statements_path):
        if beside(path).is_file() and not beside(path).is_symlink():
            shutil.copy(beside(path), beside(target))
    # Whole at first: a reduction is made there, and nothing beside the run itself is touched. Writable when it is
    # opened: then Windows lets it be replaced, and its folder be renamed (decision 192).
    shutil.copyfile(path, target)
    run = open_run(target)
    if run.left_out is None:
        run.require_intact()
    why = _reduce(run)
    if not raw and run.left_out is None:
        if why:
            raise RunFileError(
                f"{path}: without its samples nobody could fit it, since it cannot be reduced: {why}."
                " Publish it with them."
            )
        _leave_samples_out(path, target)
    names = [beside(target) for beside in (results_path, statements_path)]
    target.chmod(0o644)
    published = PublishedRun(
        open_run(target),
        target.relative_to(folder).as_posix(),
        tuple(one.relative_to(folder).as_posix() for one in names if one.exists()),
        why,
    )
    target.chmod(0o444)
    return published


def _reduce(run: Run) -> str:
    """Keep a reduction beside a run unless there is one; return why that cannot be."""
    try:
        kept = read_process(run, "reduction")
        if kept is not None and kept.attributes.get("version") == VERSION:
            terms = Reduction.from_arrays(kept.arrays, kept.attributes).terms  # its owner's settings
        else:
            terms = options_for(run, StudyOptions()).terms
        reduction_of(run, terms)
    except (FitError, RunFileError) as error:
        return str(error)
    return ""


def _leave_samples_out(path: Path, target: Path) -> None:
    target.unlink()
    write_without_samples(path, target)
