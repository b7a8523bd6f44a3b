"""End of a run file: closed as complete, trimmed to what was measured, or recovered after a crash."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from daq.files.durable import write_atomically
from daq.files.open_file import RunFileBytes
from daq.files.run import open_run
from daq.files.trim import write_trimmed
from daq.locks import control_path, exclusive_access
from daq.state import RunState
from protocols import RunFileError

if TYPE_CHECKING:
    from pathlib import Path

    from daq.files.blocks import Findings
    from daq.files.run import Run


@dataclass(frozen=True)
class Recovery:
    """Result of a recovery: what it found and did.

    Attributes
    ----------
    path : Path
    found_state, state : RunState
        Before and after.
    findings : Findings
        Of the blocks.
    trimmed_from : int or None
        Planned number of samples, if the file was trimmed to the measured ones.
    output_problem : str
        Why the output of the instrument may still be on; empty if it is off.
    """

    path: Path
    found_state: RunState
    state: RunState
    findings: Findings
    trimmed_from: int | None
    output_problem: str = ""

    def __str__(self) -> str:
        lines = [f"{self.path}: {self.findings.n_samples} samples in {self.findings.n_blocks} blocks"]
        if self.findings.is_intact:
            lines.append("  every checksum is right")
        else:
            lines.append(f"  {self.findings.damage()}: do not trust them")
        lines += [f"  note: {note}" for note in self.findings.notes]
        if self.trimmed_from is not None:
            lines.append(f"  trimmed from the {self.trimmed_from} samples that were planned")
        if self.state != self.found_state:
            lines.append(f"  was left as '{self.found_state}', is now '{self.state}'")
        if self.output_problem:
            lines.append(f"  {self.output_problem}")
        return "\n".join(lines)


def finalize_run_file(path: Path, state: RunState, *, trim: bool = True) -> int | None:
    """Finalize a run file that nobody writes: trim it to what was measured, write its final state, make it read-only.

    A run without a single sample is not trimmed: HDF5 gives empty datasets no place in the file.

    Parameters
    ----------
    path : Path
    state : RunState
    trim : bool, default True
        Whether to take the unused space out.

    Returns
    -------
    int or None
        The planned number of samples, if the file was trimmed.

    Raises
    ------
    OSError
        If the disk has no room for a trimmed copy, or fails: the file stays as it is, with all its samples.
    """
    run = open_run(path, damaged=True)
    path.chmod(path.stat().st_mode | stat.S_IWUSR)
    file = RunFileBytes(path)
    try:
        if not run.has_closing_event:
            file.add_event(state, "closed after its processes had ended")
        return finalize_open_file(file, run.n_samples if trim else 0, len(run.blocks), state)
    finally:
        file.close()


def finalize_open_file(file: RunFileBytes, n_samples: int, n_rows: int, state: RunState) -> int | None:
    """Finalize a run file through the descriptor that wrote it; see `finalize_run_file`.

    The old file gets its final state before a trimmed copy takes its place: whoever still has it open then sees that
    the run has ended.

    Parameters
    ----------
    file : RunFileBytes
    n_samples, n_rows : int
        Acknowledged; without samples the file is not trimmed.
    state : RunState
    """
    file.set_state(state)
    _require_at_path(file)
    trimmed = 0 < n_samples < file.layout.n_samples
    if trimmed:
        _trim(file, n_samples, n_rows)
    file.path.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
    return file.layout.n_samples if trimmed else None


def _trim(file: RunFileBytes, n_samples: int, n_rows: int) -> None:
    """Replace the file by a copy without the unused capacity."""
    try:
        with write_atomically(file.path) as making:
            write_trimmed(file, making, n_samples, n_rows)
            _require_at_path(file)  # the copy must replace no other file
            if sys.platform == "win32":  # which replaces no open file
                file.close()
    except PermissionError as error:
        if sys.platform != "win32":
            raise
        # Nor one that somebody reads.
        raise RunFileError(f"{file.path} keeps its unused space: another program has it open ({error})") from error


def _require_at_path(file: RunFileBytes) -> None:
    if (problem := file.path_problem()) is not None:
        raise RunFileError(f"{file.path} {problem} while it was being closed")


def close_run_file(path: Path) -> Recovery:
    """Close what a crash left open, and say what was found.

    A run whose output was never on keeps what it has as ``aborted``, one whose output may be on as ``unknown``: whoever
    has read it back writes another state first. A finished run is only checked, which can also be done in a folder that
    cannot be written to.

    Raises
    ------
    RunFileError
        If the file is no run file, its run is still in progress, or it has to be closed where nothing can be written.
    """
    run = open_run(path, damaged=True, by_child_first=True)  # what is no run file is left as it is
    if not os.access(path.parent, os.W_OK):
        if not _is_closed(run):
            raise RunFileError(
                f"{path}: its run was left as '{run.state}', and nothing can be written to {path.parent}: copy the run"
                " to where you may write, and recover the copy"
            )
        return Recovery(path, run.state, run.state, run.verify(), None)
    with exclusive_access(path):
        control_path(path).unlink(missing_ok=True)
        try:
            return _recover_locked(path)
        except OSError as error:
            raise RunFileError(
                f"{path} could not be closed: {error}. It is as it was, with all its samples; make room where it lies, "
                "or copy it elsewhere, and recover it again."
            ) from error


def _recover_locked(path: Path) -> Recovery:
    run = open_run(path, damaged=True)
    found_state, findings = run.state, run.verify()
    if _is_closed(run):
        return Recovery(path, found_state, found_state, findings, None)
    state = found_state
    if not found_state.is_final:
        state = RunState.ABORTED if found_state.output_is_off else RunState.UNKNOWN
    if not os.access(path, os.W_OK):
        path.chmod(path.stat().st_mode | stat.S_IWUSR)
    # What lies behind a damaged row would be lost by trimming.
    trimmed = finalize_run_file(path, state, trim=not findings.problems)
    return Recovery(path, found_state, state, findings, trimmed)


def _is_closed(run: Run) -> bool:
    return run.state is RunState.COMPLETE or (run.state.is_final and run.n_samples == run.n_planned)
