"""Master curves of the samples of an archive, from the fits that are kept beside their runs."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from fitting.archive.job import sample_of_row
from fitting.archive.records import runs_of
from fitting.archive.values import NO_NAME, kept_studies
from fitting.interpretation.master_curve import MasterCurve, master_curve
from protocols import FitError, IonechoError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from fitting.results.fit_result import FitResult


def master_curves(given: Iterable[Path], circuit: str) -> dict[str, MasterCurve | str]:
    """Return the master curve of each sample, or why there is none.

    Parameters
    ----------
    given : iterable of Path
        Run files, folders, patterns.
    circuit : str
        Fits with another one are left out.
    """
    from daq import open_run

    fits: defaultdict[str, list[tuple[FitResult, float]]] = defaultdict(list)
    for path in runs_of(given):
        try:
            run = open_run(path)
            results = [one.result for one in kept_studies(run) if one.result.model.circuit == circuit]
        except (IonechoError, OSError):  # counted as a run without a value
            continue
        sample = sample_of_row(run)
        if sample.temperature_K is not None:
            fits[sample.name or NO_NAME] += [(one, sample.temperature_K) for one in results]
    return {name: _curve(some) for name, some in sorted(fits.items()) if some}


def _curve(fits: list[tuple[FitResult, float]]) -> MasterCurve | str:
    if any(result.model.bulk is None for result, _ in fits):
        return "its circuit has no hopping conductor"
    try:
        return master_curve([result for result, _ in fits], [T for _, T in fits])
    except FitError as error:
        return str(error)
