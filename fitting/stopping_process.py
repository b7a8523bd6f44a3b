"""Process that watches one run for a rule and stops it: ``python -m fitting.stopping_process RUN RULE``.

It is a front end like any other: it reads the run file, and asks the run's guardian for a stop. So no fit ever runs in
the runner, and if this process dies, the run continues to its planned end. What each look found is kept beside the run.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from daq import attach, open_run, write_process
from fitting.stopping import KnownTo, Look, Stopping
from protocols import ConnectionLost, IonechoError, RunFileError

if TYPE_CHECKING:
    from daq import Run

PROCESS = "stopping"
"""Name of what is kept in the results file."""
_POLL_S = 0.05
"""Interval (s) of looks at the run file, as often as it grows."""
_START_S = 240.0
"""How long (s) a run may take until its file is there. Connecting and planning take a second or two; on a slow computer
a guardian lets its runner connect for four minutes (`daq.execution.deadlines`). Doubled or halved, the same elsewhere:
whoever started this process ends it with the run."""
_NICENESS = 5
"""How much this process gives way to the runner. Doubled or halved, no different on an idle computer."""


def watch(path: Path, rule: KnownTo) -> list[Look]:
    """Watch a run to its end, and stop it once a rule is met; return what the looks found.

    Raises
    ------
    RunFileError
        If no run begins at the path.
    FitError
        If the rule cannot be judged by this run.
    """
    run = _begun(path)
    if run is None:
        return []
    stopping = Stopping(run, rule)
    while not run.state.is_final:
        if stopping.is_met:
            if stopping.is_at_rest():
                with suppress(ConnectionLost):  # it has just ended
                    attach(path).stop()
                break
            run.refresh()
        elif stopping.look() is None:
            time.sleep(_POLL_S)
    return stopping.looks


def _begun(path: Path) -> Run | None:
    """Return the run at a path once it has samples; None if it ends without any."""
    deadline = time.monotonic() + _START_S
    run: Run | None = None
    while run is None or run.refresh() == 0:
        if run is None and path.exists():
            with suppress(RunFileError):
                run = open_run(path)
        if run is not None and run.state.is_final:
            return None
        if run is None and time.monotonic() > deadline:
            raise RunFileError(f"{path}: no run has begun there within {_START_S:.0f} s")
        time.sleep(_POLL_S)
    return run


def _keep(path: Path, rule: KnownTo, looks: list[Look]) -> None:
    """Keep what the looks found beside the run, once it has ended: then its file is not replaced any more."""
    with suppress(ConnectionLost):
        attach(path).wait()
    tables = {name: np.array([float(asdict(look)[name]) for look in looks]) for name in asdict(looks[0])}
    about: dict[str, Any] = {"rule": str(rule), "is_met": looks[-1].is_met, "looks": [str(look) for look in looks]}
    write_process(path, PROCESS, tables, about)


def main() -> int:
    """Watch the run that the command line names."""
    path, rule = Path(sys.argv[1]), KnownTo.from_document(json.loads(sys.argv[2]))
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    try:
        looks = watch(path, rule)
        if looks:
            _keep(path, rule, looks)
    except IonechoError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
