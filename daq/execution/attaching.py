"""Runs that somebody else has started: found, followed, and ended if their processes answer no more."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from daq.execution.control_file import read_control_file
from daq.execution.run_in_progress import RunInProgress
from daq.locks import CONTROL_SUFFIX, is_in_progress
from protocols import ConnectionLost

if TYPE_CHECKING:
    from daq.state import Outcome


def attach(path: str | Path) -> RunInProgress:
    """Return the run in progress at a path, whoever started it.

    Raises
    ------
    ConnectionLost
        If none is in progress there, or if it is on another computer.
    """
    run_path = Path(path).resolve()
    if not is_in_progress(run_path):
        raise ConnectionLost(f"{run_path}: no run is in progress there")
    control = read_control_file(run_path)
    if not control.is_of_this_computer:
        raise ConnectionLost(f"{run_path}: this run is in progress on the computer {control.node}: follow it there")
    return RunInProgress(run_path)


def end_if_silent(path: str | Path) -> Outcome | None:
    """End a run whose processes do not answer any more, so that it can be recovered.

    Returns
    -------
    Outcome or None
        How it ended; None if no process of it lives on this computer, or if its guardian answers.
    """
    run_path = Path(path).resolve()
    with suppress(ConnectionLost):
        control = read_control_file(run_path)
        processes = [process for process in (control.guardian, control.runner) if process is not None]
        if control.is_of_this_computer and any(process.is_alive() for process in processes):
            run = RunInProgress(run_path)
            if run.poll().is_final or run.is_being_replaced:
                return run.wait()
            run.close()
    return None


def runs_in_progress(folder: str | Path) -> list[Path]:
    """Return the files of the runs in progress in a folder."""
    control_files = sorted(Path(folder).glob(f"*{CONTROL_SUFFIX}"))
    runs = [control.with_name(control.name.removesuffix(CONTROL_SUFFIX)) for control in control_files]
    return [run for run in runs if is_in_progress(run)]
