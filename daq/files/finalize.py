"""End of a run file: closed as complete, trimmed to what was measured, or recovered after a crash."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

import h5py

from daq.files.durable import write_atomically
from daq.files.layout import GROWING
from daq.files.run import open_run
from daq.files.writer import RunFileBytes
from daq.locks import control_path, exclusive_access
from daq.state import RunState
from protocols import RunFileError

if TYPE_CHECKING:
    from pathlib import Path

    from daq.files.run import Findings, Run


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
        if self.findings.bad_blocks:
            rows = ", ".join(map(str, self.findings.bad_blocks))
            lines.append(f"  samples of block {rows} do not match their checksum: do not trust them")
        else:
            lines.append("  every checksum is right")
        if self.trimmed_from is not None:
            lines.append(f"  trimmed from the {self.trimmed_from} samples that were planned")
        if self.state != self.found_state:
            lines.append(f"  was left as '{self.found_state}', is now '{self.state}'")
        if self.output_problem:
            lines.append(f"  {self.output_problem}")
        return "\n".join(lines)


def finalize_run_file(path: Path, state: RunState) -> int | None:
    """Finalize a run file: trim it to what was measured, write its final state, make it read-only.

    A run without a single sample is not trimmed: HDF5 gives empty datasets no place in the file.

    Returns
    -------
    int or None
        The planned number of samples, if the file was trimmed.
    """
    run = open_run(path)
    trimmed = None
    if 0 < run.n_samples < run.n_planned:
        trimmed = run.n_planned
        _trim(path, run.n_samples, len(run.blocks), state)
    else:
        _write_state(path, state)
    path.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
    return trimmed


def _write_state(path: Path, state: RunState) -> None:
    path.chmod(path.stat().st_mode | stat.S_IWUSR)
    file = RunFileBytes(path)
    try:
        file.set_state(state)
    finally:
        file.close()


def _trim(path: Path, n_samples: int, n_rows: int, state: RunState) -> None:
    """Replace the file by a copy without the unused capacity.

    The old file gets its final state first: whoever still has it open then sees that the run has ended.
    """
    _write_state(path, state)
    cut = {where: n_samples for where, _ in GROWING.values()} | {"entry/blocks/table": n_rows}
    with write_atomically(path) as making, h5py.File(path, "r") as old, h5py.File(making, "w") as new:
        _copy(old, new, cut)


def _copy(old: h5py.Group, new: h5py.Group, cut: dict[str, int], under: str = "") -> None:
    """Copy a group; a group copy of HDF5's own would take the unused capacity with it."""
    new.attrs.update(old.attrs)
    for name, item in old.items():
        where = f"{under}{name}"
        if isinstance(item, h5py.Group):
            _copy(item, new.create_group(name), cut, f"{where}/")
        elif where in cut:
            copied = new.create_dataset(name, data=item[: cut[where]])
            copied.attrs.update(item.attrs)
        else:
            old.copy(name, new)


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
    run = open_run(path)  # what is no run file is left as it is
    if not os.access(path.parent, os.W_OK):
        if not _is_closed(run):
            raise RunFileError(
                f"{path}: its run was left as '{run.state}', and nothing can be written to {path.parent}: copy the run"
                " to where you may write, and recover the copy"
            )
        return Recovery(path, run.state, run.state, run.verify(), None)
    with exclusive_access(path):
        control_path(path).unlink(missing_ok=True)
        return _recover_locked(path)


def _recover_locked(path: Path) -> Recovery:
    run = open_run(path)
    found_state, findings = run.state, run.verify()
    if _is_closed(run):
        return Recovery(path, found_state, found_state, findings, None)
    state = found_state
    if not found_state.is_final:
        state = RunState.ABORTED if found_state.output_is_off else RunState.UNKNOWN
    if not os.access(path, os.W_OK):
        path.chmod(path.stat().st_mode | stat.S_IWUSR)
    trimmed = finalize_run_file(path, state)
    return Recovery(path, found_state, state, findings, trimmed)


def _is_closed(run: Run) -> bool:
    return run.state is RunState.COMPLETE or (run.state.is_final and run.n_samples == run.n_planned)
