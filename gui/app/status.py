"""Status line: whose run it is, when it ends, how much disk is left. Without Qt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from gui.app.state import Owner
from gui.common.language import tr
from protocols import format_quantity

if TYPE_CHECKING:
    from datetime import datetime

    from gui.app.state import AppState

_GIGABYTE = 1e9
"""Bytes, as makers of disks count."""
_FEW_LEFT_GB = 5.0
"""Disk (GB) below which it is said aloud: some ten minutes at a million samples a second. Doubled: said too early on
the small disk of a bench computer."""


@dataclass(frozen=True)
class Status:
    """Texts of the status line; each may be empty.

    Attributes
    ----------
    owner, end, disk : str
    disk_is_low : bool
    """

    owner: str = ""
    end: str = ""
    disk: str = ""
    disk_is_low: bool = False


def status(state: AppState, now: datetime, free_bytes: int | None) -> Status:
    """Return what the status line says.

    Parameters
    ----------
    state : AppState
    now : datetime
    free_bytes : int or None
        Room on the disk of the runs; None while it is not known.
    """
    return Status(_owner(state), _end(state, now), *_disk(free_bytes))


def _owner(state: AppState) -> str:
    run = state.run_in_progress
    if run is None:
        return tr("No run in progress")
    if run.owner is Owner.THIS_WINDOW:
        return tr("Run of this window")
    of_queue = run.path is not None and any(one.folder in run.path.parents for one in state.queue.view.running)
    return tr("Run of the queue") if of_queue else tr("Run of another window or script")


def _end(state: AppState, now: datetime) -> str:
    run = state.run_in_progress
    if run is None or run.facts is None or not run.status.n_samples or run.silent_since is not None:
        return ""
    left_s = max(run.facts.duration_s * (1.0 - run.fraction), 0.0)
    end = now + timedelta(seconds=left_s)
    moment = f"{end:%H:%M:%S}" if end.date() == now.date() else f"{end:%d %b %H:%M}"
    return tr("{left} left, ends at {moment}").format(left=format_quantity(left_s, "s", 2), moment=moment)


def _disk(free_bytes: int | None) -> tuple[str, bool]:
    if free_bytes is None:
        return "", False
    free = free_bytes / _GIGABYTE
    text = tr("{free} GB free on the disk of the runs").format(free=f"{free:.0f}" if free >= 10.0 else f"{free:.1f}")
    return text, free < _FEW_LEFT_GB
