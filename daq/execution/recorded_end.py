"""End of a run in its file, written by whoever ends a run in place of its runner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daq.files.run import open_run
from daq.files.writer import RunFileBytes
from protocols import IonechoError

if TYPE_CHECKING:
    from pathlib import Path

    from daq.state import Outcome, OutputState, RunState


def recorded_end(path: Path) -> Outcome | None:
    """Return the outcome that the run's own processes have written into its file; None if they have not."""
    try:
        run = open_run(path)
        outcome = run.recorded_outcome()
    except (IonechoError, OSError):
        return None
    return outcome if outcome is not None and run.state.is_final else None


def record_end(path: Path, state: RunState, reason: str, output: OutputState) -> int:
    """Write the end of a run into its file, if there is one and it does not say so yet; return its number of samples.

    Only for a holder of the locks of both processes of the run, or for its guardian once the runner is dead.
    """
    try:
        run = open_run(path)
        if run.state.is_final:
            return run.n_samples
        file = RunFileBytes(path)
        try:
            file.add_event(state, reason, output=output)
            file.set_state(state)
        finally:
            file.close()
    except (IonechoError, OSError):
        return 0
    return run.n_samples
