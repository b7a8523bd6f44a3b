"""Runs in a folder whose output nobody has confirmed to be off.

A run that could not switch its output off says so in its file; one that died together with its guardian could not even
say that. Either is remembered beside the run until somebody has looked at the instrument, whatever program is closed or
started meanwhile.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from daq.files.names import is_results
from daq.files.probe import readable_files
from daq.files.run import open_run, peek_state
from daq.locks import is_locked
from daq.shared_folder import open_shared, write_text
from daq.state import RunState
from protocols import RunFileError

# What the name of a confirmation adds to that of its run.
_CONFIRMATION_SUFFIX = ".output-off"
# Permissions of a confirmation: as those of a run file.
_NOTE_MODE = 0o644
# Most runs of a folder that are looked at, newest first, since a window looks when it opens. Doubled: a window on a
# large folder shows its alarm later.
_N_NEWEST = 200


def unconfirmed_outputs(folder: str | Path) -> dict[Path, str]:
    """Return the runs whose output may still be on, each with the reason; of the newest 200 in the folder.

    Parameters
    ----------
    folder : str or Path
    """
    runs = [path for path in Path(folder).glob("*.nxs") if not is_results(path)]
    newest = sorted(runs, key=lambda path: path.stat().st_mtime, reverse=True)[:_N_NEWEST]
    states = {path: peek_state(path) for path in reversed(newest) if not is_confirmed(path)}
    suspects = {path: state for path, state in states.items() if state is None or not state.output_is_off}
    readable = readable_files(suspects)
    reasons = {path: _reason(path, state, is_readable=path in readable) for path, state in suspects.items()}
    return {path: reason for path, reason in reasons.items() if reason}


def _reason(path: Path, state: RunState | None, *, is_readable: bool) -> str:
    """Return why the output of a run may still be on, empty if it is off or the run's processes still see to it.

    Parameters
    ----------
    path : Path
    state : RunState or None
        What a first look at the file said.
    is_readable : bool
        Whether a child process could read it.
    """
    try:
        run = open_run(path, damaged=True) if is_readable else None
    except RunFileError:
        run = None
    if run is None:
        # Without a state it is no run file of this version: nothing that a run of ours has left.
        is_ours = state is not None and not is_locked(path, "runner") and not is_locked(path, "guardian")
        return f"{path.name}: the file is damaged, and the state in it is '{state}'" if is_ours else ""
    if run.state.output_is_off or is_locked(path, "runner") or is_locked(path, "guardian"):
        return ""
    last = run.events[-1] if run.events else {}
    if last.get("kind") == RunState.UNKNOWN:
        reason = str(last.get("message", ""))
    else:
        reason = "both processes of the run ended unexpectedly, its guardian too"
    instrument = " ".join(filter(None, (run.instrument.get("model", ""), run.instrument.get("resource", ""))))
    return f"{path.name}: {reason}" + (f" ({instrument})" if instrument else "")


def is_confirmed(path: Path) -> bool:
    """Return whether it is noted beside a run that its output is off."""
    confirmation = _confirmation_path(path)
    return confirmation.is_file() and not confirmation.is_symlink()


def note_off(path: Path, how: str) -> None:
    """Note beside a run how it is known that its output is off.

    Raises
    ------
    OSError
        If that cannot be written.
    """
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    descriptor = open_shared(_confirmation_path(path), _NOTE_MODE)
    try:
        write_text(descriptor, f"{how}, {now}\n")
    finally:
        os.close(descriptor)


def _confirmation_path(path: Path) -> Path:
    return path.with_name(path.name + _CONFIRMATION_SUFFIX)
