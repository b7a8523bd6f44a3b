"""Process that tells one quantity of the fit to a whole run: ``python -m fitting.point_fit_process RUN RULE``.

A conductor starts it between points, for a condition on a drift. It takes the fit that is kept beside the run if that
was made as this one would be, with no option and nothing held, else it fits and keeps. One line of JSON on standard
output has the value and the half width of its 95 % interval, None where the run does not determine it.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from daq import open_run
from fitting.stopping import KnownTo
from fitting.study import analyse, kept_study
from fitting.study_options import StudyOptions
from protocols import FitError, IonechoError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from daq import Run
    from fitting.model.circuit import CellModel
    from fitting.study import Study

_NICENESS = 5
"""How much this process gives way to runs on other instruments. Doubled or halved, no different on an idle computer."""


def value_of(path: str, document: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the quantity of a rule, by the fit to a run.

    Parameters
    ----------
    path : str
        A run that has ended.
    document : mapping
        As `KnownTo.from_document` takes it.

    Raises
    ------
    FitError
        If there is no such quantity, or the run cannot be fitted.
    """
    rule, run = KnownTo.from_document(document), open_run(path)
    study = _kept(run, rule.cell) or analyse(run, rule.cell)
    try:
        found = study.result[rule.name]
    except KeyError as error:
        raise FitError(f"{run.path.name}: {error.args[0]}") from None
    low, high = found.ci95
    if not found.determined or low is None or high is None:
        return {"value": found.value, "half_width": None}
    return {"value": found.value, "half_width": 0.5 * (high - low)}


def _kept(run: Run, cell: CellModel) -> Study | None:
    """Return the study of a circuit that is kept beside a run, if it was made with no option and nothing held."""
    with suppress(IonechoError):
        study = kept_study(run, cell.circuit)
        options = (study.provenance or {}).get("options")
        return study if options == StudyOptions().to_document() and not study.result.model.fixed else None
    return None


def main() -> int:
    """Fit the run that the command line names."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    try:
        found = value_of(sys.argv[1], json.loads(sys.argv[2]))
    except IonechoError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{json.dumps(found)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
