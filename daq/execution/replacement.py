"""Replacement of a run's processes by a front end: whoever lives switches the output off.

A guardian that is dead, frozen or hung cannot see to the output any more. A front end that notices (`RunInProgress`)
ends the run in its place::

    guardian silent ──► its process is ended ──┐
                                               ▼
    guardian dead ───────────────────► the runner has some seconds: without its guardian it stops by itself
                                               │
               ┌───────────────────────────────┼──────────────────────────────┐
               ▼                               ▼                              ▼
    it has read the output          it closes its file, the          it is frozen, hung, or dead
    back as off and ended           output is off: it may                      │
               │                    take its time ──► ended          its process is ended
               ▼                               │                               │
    its outcome counts ◄───────────────────────┘                     locks of run and instrument taken,
                                                                     output switched off and read back,
                                                                     event and state written into the run file

Only processes that are known to be the run's own are ended: by process number and start, as the control file of the
very run has them, and on this computer. They are ended before anything else is done, since a frozen process keeps its
locks, and could switch on when it wakes. Of several front ends that do so at the same time, the locks decide which one
acts; the others read in the run file what came of it.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from daq.execution.output_marker import OutputMarker
from daq.execution.recorded_end import record_end, recorded_end
from daq.execution.switch_off import switch_off
from daq.execution.worker import Worker
from daq.instrument_locks import instrument_held
from daq.locks import OUTPUT_IS_OFF, control_path, exclusive_access, holder_of, is_locked
from daq.state import Outcome, OutputState, Phase, RunState
from protocols import InstrumentError, IonechoError, OutputStateUnknown

if TYPE_CHECKING:
    from pathlib import Path

    from daq.execution.control_file import ControlFile
    from daq.state import RunStatus

# Interval (s) between two looks at files and locks.
_POLL_S = 0.05
# How long (s) a runner without guardian may take to stop and to switch off: it abandons its exchange within a slice.
# Doubled: one that hangs keeps the output on for 4 s more. One that is frozen, as the operating system says, gets a
# moment (s).
_RUNNER_ALONE_S, _RUNNER_FROZEN_S = 4.0, 0.2
# How long (s) a runner may take that has read its output back as off and only closes its file: its own patience with a
# disk (60 s), and the copy of what was measured. Doubled: a disk that hangs is told two minutes later.
_RUNNER_CLOSES_S = 120.0
# How long (s) a process that was killed may take to be gone.
_KILLED_S = 1.0
# How long (s) an instrument is tried: with the times above, a person hears of it within 10 s. Doubled: one that
# restarts its network is caught more often, and a person told later.
_SWITCH_OFF_S = 3.0
# How long (s) another front end that was faster is waited for: what it may take itself, and a second.
_OTHER_S = 8.0
# How long (s) the end may take on its way into the run file. Doubled: with a disk that hangs, a person is told later.
_RECORD_S = 3.0
# Phases in which nothing was sent yet that could switch an output on, and no run file is there.
_BEFORE_FILE = frozenset({Phase.CONNECTING, Phase.PLANNING})


def replace_processes(path: Path, control: ControlFile, status: RunStatus, why: str) -> Outcome:
    """End a run in the place of its guardian, and return how it ended and what was done.

    Parameters
    ----------
    path : Path
        Run file.
    control : ControlFile
        Of that run.
    status : RunStatus
        How the run stood when it was heard of last.
    why : str
        What has happened to the guardian, as a sentence without its end.
    """
    if not control.is_of_this_computer:
        return Outcome.unknown(
            f"{why}; it runs on the computer {control.node}: stop the run there. The output may still be ON"
        )
    # While the guardian lives its children are surely the run's own, should it have been frozen before it could name
    # its runner.
    others = {control.runner} if control.runner is not None else set(control.guardian.children())
    done = why
    try:
        if control.guardian.is_alive():
            control.guardian.kill(_KILLED_S)
            done += f", so that process ({control.guardian.pid}) was ended"
        if (outcome := _end_of_runner(path, control)) is not None:
            return _with_note(outcome, done)
        if alive := [process for process in others if process is not None and process.is_alive()]:
            for process in alive:
                process.kill(_KILLED_S)
            done += f"; the measuring process ({alive[-1].pid}) did not stop by itself and was ended too"
    except PermissionError as error:
        return Outcome.unknown(f"{done}; {error}. The output may still be ON. Press the OUTPUT key of the instrument.")
    return _switch_off(path, control, status, done)


def _end_of_runner(path: Path, control: ControlFile) -> Outcome | None:
    """Return how a runner without guardian has ended the run by itself, None if it has not."""
    begun = time.monotonic()
    while is_locked(path, "runner"):
        limit_s = _RUNNER_CLOSES_S if OUTPUT_IS_OFF in holder_of(path, "runner") else _RUNNER_ALONE_S
        if control.runner is not None and control.runner.is_frozen():
            limit_s = _RUNNER_FROZEN_S
        if time.monotonic() - begun > limit_s:
            return None
        time.sleep(_POLL_S)
    outcome = recorded_end(path, control.run)
    return outcome if outcome is not None and outcome.output.is_off else None


def _switch_off(path: Path, control: ControlFile, status: RunStatus, done: str) -> Outcome:
    """Switch off through a session of this process's own, and write into the run file what came of it."""
    if status.phase in _BEFORE_FILE and not path.exists():
        return Outcome.refused(f"{done}. Nothing of the run had been sent yet", "InstrumentError")
    deadline = time.monotonic() + _OTHER_S
    while True:
        try:
            return _settle(path, control, done)
        except IonechoError as error:  # another front end was faster, or another run has the instrument by now
            if (outcome := recorded_end(path, control.run)) is not None and outcome.output.is_off:
                return _with_note(outcome, done)
            if time.monotonic() > deadline:
                return Outcome.unknown(
                    f"{done}; but the instrument could not be asked: {error} The output may still be ON. Press the "
                    "OUTPUT key of the instrument."
                )
        time.sleep(_POLL_S)


def _settle(path: Path, control: ControlFile, done: str) -> Outcome:
    """Switch off with all locks held.

    Raises
    ------
    IonechoError
        If another process has one of the locks, or there is no folder for them.
    """
    with exclusive_access(path), instrument_held(control.resource, f"the end of the run {path}"):
        if (outcome := recorded_end(path, control.run)) is not None and outcome.output.is_off:
            return _with_note(outcome, done)
        try:
            switch_off(control.resource, timeout_s=control.timeout_s, for_s=_SWITCH_OFF_S)
        except OutputStateUnknown as error:
            outcome = Outcome.unknown(f"{done}; {error}")
        else:
            OutputMarker(control.resource).remove()
            reason = f"{done}; the output was then switched off and read back as off"
            outcome = Outcome(RunState.ABORTED, OutputState.OFF, reason, InstrumentError.__name__)
        n_samples = _record(path, control.run, outcome)
    if n_samples:
        kept = f"{outcome.reason.rstrip('.')}. {n_samples} samples are in {path}; `ionecho recover` closes the file"
        outcome = replace(outcome, reason=kept, n_samples=n_samples)
    return outcome


def _record(path: Path, run_id: str, outcome: Outcome) -> int:
    """Write the end into the run file and return its number of samples; a disk that hangs hides no outcome."""

    def record() -> int:
        n_samples = record_end(path, run_id, outcome.state, outcome.reason, outcome.output)
        control_path(path).unlink(missing_ok=True)
        return n_samples

    job = Worker("end of the run file").submit(record)
    return job.result() if job.wait(_RECORD_S) else 0


def _with_note(outcome: Outcome, done: str) -> Outcome:
    return replace(outcome, warnings=(*outcome.warnings, done))
