"""Which runs in a folder left an output of which nobody has said since that it is off?

A run knows that it could not switch its output off, or it died with its guardian and could not even say so. Either is
remembered beside the run until somebody has looked at the instrument, whatever program is closed or started meanwhile.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from daq.files.results import is_results
from daq.files.run import open_run
from daq.locks import lives
from protocols import IonechoError

_ENDING = ".output-off"
_NEWEST = 200


def unconfirmed_outputs(folder: str | Path) -> dict[Path, str]:
    """Return the runs whose output may still be on, each with the reason; of the newest 200 in the folder.

    Parameters
    ----------
    folder : str or Path
    """
    runs = [path for path in Path(folder).glob("*.nxs") if not is_results(path)]
    newest = sorted(runs, key=lambda path: path.stat().st_mtime, reverse=True)[:_NEWEST]
    found = {}
    for path in reversed(newest):
        if not _confirmation(path).exists():
            with suppress(IonechoError):  # no run file, or a damaged one: nothing that a run of ours has left
                reason = _reason(path)
                if reason:
                    found[path] = reason
    return found


def _reason(path: Path) -> str:
    run = open_run(path)
    if run.state.output_is_off or lives(path, "runner") or lives(path, "guardian"):
        return ""
    last = run.events[-1] if run.events else {}
    why = str(last.get("message", "")) if last.get("kind") == "unknown" else "the run died, and its guardian with it"
    instrument = " ".join(filter(None, (run.instrument.get("model", ""), run.instrument.get("resource", ""))))
    return f"{path.name}: {why}" + (f" ({instrument})" if instrument else "")


def confirm_off(path: Path) -> None:
    """Remember that somebody has seen that the output of a run's instrument is off.

    Raises
    ------
    OSError
        If that cannot be written beside the run.
    """
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    _confirmation(path).write_text(f"seen to be off, {now}\n", "utf-8")


def _confirmation(path: Path) -> Path:
    return path.with_name(path.name + _ENDING)
