"""Recovery of what a run left behind when its processes died: first its output, then its file.

An alarm ends in two ways only: the output was read back as off, or a person has seen that it is. So a run whose output
may be on becomes ``aborted`` by a read-back or a confirmation, and ``unknown`` otherwise.
"""

from __future__ import annotations

import os
import platform
import time
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from daq.execution.output_marker import OutputMarker
from daq.execution.recorded_end import write_end
from daq.execution.spare_session import pause_between_sessions_s
from daq.execution.switch_off import RETRY_S, switch_off
from daq.execution.unconfirmed_outputs import is_confirmed, note_off
from daq.files import finalize
from daq.files.run import open_run
from daq.instrument_locks import instrument_held
from daq.locks import exclusive_access
from daq.state import OutputState, RunState
from drivers import Identity, canonical_resource, driver_for, is_address
from protocols import IonechoError, OutputStateUnknown

if TYPE_CHECKING:
    from daq.files.finalize import Recovery
    from daq.files.run import Run

# How long (s) an instrument is tried before a new run on it, if an earlier one may have left it on: two attempts at
# least. Doubled: a person hears 3 s later that it cannot be reached.
_BEFORE_RUN_S = 3.0


def recover(path: Path, for_s: float = RETRY_S) -> Recovery:
    """Switch off what a dead run may have left on, close its file, and say what was found.

    Parameters
    ----------
    path : Path
    for_s : float
        How long an instrument that does not answer is tried.

    Returns
    -------
    Recovery
        Its `output_problem` says why the output may still be on.

    Raises
    ------
    RunFileError
        If the file is no run file, its run is still in progress, or it has to be closed where nothing can be written.
    """
    path = path.resolve()  # a trimmed copy must not take the place of a link
    found_state = open_run(path, damaged=True, by_child_first=True).state
    problem = settle_output(path, for_s)
    recovery = finalize.close_run_file(path)
    return replace(recovery, found_state=found_state, output_problem=problem)


def settle_output(path: Path, for_s: float = RETRY_S, by: str = "`ionecho recover`") -> str:
    """Switch off what a run without processes may have left on, and write into its file how that ended.

    Parameters
    ----------
    path : Path
    for_s : float
        How long an instrument that does not answer is tried.
    by : str
        Who does so, for the event in the file.

    Returns
    -------
    str
        Why the output may still be on, with what to do; empty if it is off.

    Raises
    ------
    RunFileError
        If the run is still in progress.
    """
    if open_run(path, damaged=True).state.output_is_off:
        return ""
    is_writable = os.access(path.parent, os.W_OK)
    with exclusive_access(path) if is_writable else nullcontext():
        run = open_run(path, damaged=True)
        if run.state.output_is_off:
            return ""
        proof, problem = _proof_of_off(run, for_s, by)
        if is_writable:
            state, output = (RunState.UNKNOWN, OutputState.UNKNOWN) if problem else (RunState.ABORTED, OutputState.OFF)
            write_end(path, state, problem or proof, output)
        return problem


def _proof_of_off(run: Run, for_s: float, by: str) -> tuple[str, str]:
    """Return what shows that the output is off, and why it may be on: one of the two is empty."""
    resource = run.instrument.get("resource", "")
    if not is_address(resource):
        return "the record has no instrument whose output could be on", ""
    if is_confirmed(run.path):
        return "the output was seen to be off", ""
    computer = next((str(event["computer"]) for event in run.events if "computer" in event), platform.node())
    if computer != platform.node():
        return "", (
            f"the output of {resource} may still be ON: the run was made on the computer {computer}, which knows "
            "whether another run has the instrument now. Recover it there, or say that the output was seen to be off: "
            f"`ionecho recover --seen-off {run.path}`."
        )
    try:
        with instrument_held(resource, f"the recovery of {run.path}"):
            marker = OutputMarker(resource)
            marked = marker.read()
            switch_off(resource, (marked.driver if marked is not None else "") or _driver_of(run), for_s=for_s)
            marker.remove()
    except OutputStateUnknown as error:
        return "", f"{error} Then say so: `ionecho recover --seen-off {run.path}`."
    except IonechoError as error:
        return "", f"the output of {resource} may still be ON, and could not be asked: {error}"
    return f"switched off and read back as off by {by}", ""


def _driver_of(run: Run) -> str:
    fields = (run.instrument.get(name, "") for name in ("maker", "model", "serial", "firmware"))
    return driver_for(Identity(*fields))


def settle_instrument(resource: str, timeout_s: float) -> str:
    """Switch off what an earlier run may have left on, before a new one does anything.

    The locks of the instrument must be held.

    Returns
    -------
    str
        What was done, for whoever starts the new run; empty if there was nothing to do.

    Raises
    ------
    OutputStateUnknown
        If an earlier run may have left the output on and it could not be read back as off.
    """
    marker = OutputMarker(resource)
    marked = marker.read()
    if marked is None:
        return ""
    earlier = f"the run {marked.run}" if marked.run else "an earlier run"
    try:
        switch_off(resource, marked.driver, timeout_s, _BEFORE_RUN_S)
    except OutputStateUnknown as error:
        raise OutputStateUnknown(
            f"{earlier} may have left the output on, so no new run begins: {error} Then say so: "
            f"`ionecho recover --seen-off {marked.run or 'RUN'}`. Nothing of the new run was sent."
        ) from error
    marker.remove()
    time.sleep(pause_between_sessions_s(marked.driver))
    # What the marker says is anybody's word: only a run on this very instrument is concerned.
    with suppress(OSError, IonechoError):
        path = Path(marked.run)
        if canonical_resource(open_run(path).instrument["resource"]) == canonical_resource(resource):
            note_off(path, "read back as off before the next run")
    return f"{earlier} may have left the output on: it was switched off and read back before this run"


def confirm_off(path: Path) -> None:
    """Remember that somebody has seen that the output of a run's instrument is off.

    Raises
    ------
    OSError
        If that cannot be written beside the run.
    """
    note_off(path, "seen to be off")
    with suppress(IonechoError, OSError):  # a run that has the instrument by now has read it back itself
        resource = open_run(path).instrument.get("resource", "")
        if is_address(resource):
            with instrument_held(resource, f"a confirmation for {path}"):
                OutputMarker(resource).remove()
