"""Runs in a folder whose output nobody has confirmed to be off.

A run that could not switch its output off says so in its file; one that died together with its guardian could not even
say that. Either is remembered beside the run until somebody has looked at the instrument, whatever program is closed or
started meanwhile.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from daq.files.results import is_results
from daq.files.run import open_run
from daq.locks import is_locked
from daq.shared_folder import open_shared, write_text
from daq.state import RunState
from protocols import IonechoError

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
    reasons = {}
    for path in reversed(newest):
        if not is_confirmed(path):
            with suppress(IonechoError):  # no run file, or a damaged one: nothing that a run of ours has left
                reason = _reason(path)
                if reason:
                    reasons[path] = reason
    return reasons


def _reason(path: Path) -> str:
    """Return why the output of a run may still be on, empty if it is off or the run's processes still see to it."""
    run = open_run(path)
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
    return _confirmation_path(path).exists()


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
