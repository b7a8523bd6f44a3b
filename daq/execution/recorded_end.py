"""End of a run in its file, written by whoever ends a run in place of its runner."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from daq.files.open_file import RunFileBytes
from daq.files.run import open_run
from daq.state import OutputState, RunState
from protocols import IonechoError, RunFileError

if TYPE_CHECKING:
    from pathlib import Path

    from daq.files.run import Run
    from daq.state import Outcome


def recorded_end(path: Path, run_id: str) -> Outcome | None:
    """Return the outcome that the run's own processes have written into its file; None if they have not.

    Parameters
    ----------
    path : Path
    run_id : str
        The run's own, since another file may have taken the place of its own; empty if it is not known.
    """
    try:
        run = _own_file(path, run_id)
        outcome = run.recorded_outcome()
    except (IonechoError, OSError):
        return None
    return outcome if outcome is not None and run.state.is_final else None


def record_end(path: Path, run_id: str, state: RunState, reason: str, output: OutputState) -> int:
    """Write the end of a run into its file, if there is one, and return its number of samples.

    A file that tells an end already is left as it is, unless it says that the output may be on, and it has been read
    back as off since. Only for a holder of the locks of both processes of the run, or for its guardian once the runner
    is dead.
    """
    try:
        run = _own_file(path, run_id)
        if run.state.is_final and not (run.state is RunState.UNKNOWN and output is OutputState.OFF):
            return run.n_samples
        write_end(path, state, reason, output)
    except (IonechoError, OSError):
        return 0
    return run.n_samples


def write_end(path: Path, state: RunState, reason: str, output: OutputState) -> None:
    """Write event and state into a run file; a finished one is read-only, and stays so.

    Raises
    ------
    RunFileError, OSError
        If that cannot be written.
    """
    mode = stat.S_IMODE(path.stat().st_mode)
    path.chmod(mode | stat.S_IWUSR)
    try:
        file = RunFileBytes(path)
        try:
            file.add_event(state, reason, output=output)
            file.set_state(state)
        finally:
            file.close()
    finally:
        path.chmod(mode)


def _own_file(path: Path, run_id: str) -> Run:
    """Return the run at a path.

    Raises
    ------
    RunFileError
        If there is none, or it is another run.
    """
    run = open_run(path, damaged=True)
    if run_id and run.run_id != run_id:
        raise RunFileError(f"{path} is the file of another run")
    return run
