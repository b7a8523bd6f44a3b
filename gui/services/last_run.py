"""Runs of a folder that a window finds when it opens. In worker threads: `daq` brings HDF5 with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from gui.common.run_facts import RunFacts
from protocols import RunFileError

if TYPE_CHECKING:
    from pathlib import Path

    from daq import Outcome, Run

_N_NEWEST = 20
"""Files, newest first, among which the last run that has ended is looked for. Doubled: a folder of other files costs
twice the look."""


@dataclass(frozen=True, eq=False)
class LastRun:
    """A run that was over before this window was opened.

    Attributes
    ----------
    facts : RunFacts
    outcome : Outcome
    ended_at : datetime
    """

    facts: RunFacts
    outcome: Outcome
    ended_at: datetime

    @classmethod
    def of(cls, run: Run) -> LastRun | None:
        """Return what a file says of how its run ended; None if it does not say."""
        outcome = run.recorded_outcome()
        if outcome is None:
            return None
        ended_at = datetime.fromtimestamp(run.events[-1]["host_ns"] * 1e-9).astimezone()
        return cls(RunFacts.of(run), outcome, ended_at)


def last_run(folder: Path) -> Path | None:
    """Return the file of the newest run of a folder that has ended; None if there is none."""
    from daq import is_results

    runs = [path for path in folder.glob("*.nxs") if not is_results(path)]
    newest = sorted(runs, key=lambda path: path.stat().st_mtime, reverse=True)[:_N_NEWEST]
    return next((path for path in newest if _has_ended(path)), None)


def _has_ended(path: Path) -> bool:
    from daq import open_run
    from daq.files.run import peek_state

    state = peek_state(path)
    if state is None:  # without a seal: of an earlier version, or no run at all
        try:
            state = open_run(path).state
        except RunFileError:
            return False
    return state.is_final


def runs_in_progress(folder: Path) -> list[Path]:
    """Return the files of runs that are in progress in a folder."""
    from daq import runs_in_progress as found

    return found(folder)


def unconfirmed_outputs(folder: Path) -> dict[Path, str]:
    """Return the runs of a folder whose outputs nobody has confirmed to be off, with the reasons."""
    from daq import unconfirmed_outputs as found

    return found(folder)
