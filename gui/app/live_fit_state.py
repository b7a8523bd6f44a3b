"""State of the live fit: which run it follows with which model, and how it stands. Frozen, without Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from gui.app.state import AppState


class LiveFitStage(Enum):
    """Stages of the live fit::

    OFF ──► ARMED ──► STARTING ──► FITTING ──► OVER      the run has ended
     ▲        │          │            │
     │        └──────────┴────────────┴──────► FAILED
     └── it is stopped
    """

    OFF = "no live fit"
    ARMED = "its process is ready, and waits for the next run"
    STARTING = "its process starts, and waits for a response to fit"
    FITTING = "each new part of the run is fitted"
    OVER = "the run has ended; the last fit is shown"
    FAILED = "it has ended by itself"


@dataclass(frozen=True)
class LiveFit:
    """The live fit.

    Attributes
    ----------
    stage : LiveFitStage
    run : Path or None
        The run file that is followed; None while it waits for a run.
    model : str
    problem : str
        Why it failed; empty otherwise.
    """

    stage: LiveFitStage = LiveFitStage.OFF
    run: Path | None = None
    model: str = ""
    problem: str = ""

    @property
    def is_on(self) -> bool:
        """Whether there is a process that fits."""
        return self.stage in {LiveFitStage.ARMED, LiveFitStage.STARTING, LiveFitStage.FITTING}


def run_to_follow(state: AppState) -> Path | None:
    """Return the file of the run in progress; None if there is none, or it has no file yet."""
    run = state.run_in_progress
    return None if run is None else run.path


def started(model: str) -> LiveFit:
    """Return the state of a live fit whose process is being started."""
    return LiveFit(LiveFitStage.ARMED, None, model)


def following(fit: LiveFit, run: Path) -> LiveFit:
    """Record that it has been told which run to follow."""
    return replace(fit, stage=LiveFitStage.STARTING, run=run) if fit.stage is LiveFitStage.ARMED else fit


def fitted(fit: LiveFit, *, over: bool) -> LiveFit:
    """Record that a fit has come, the last one if the run is over."""
    return replace(fit, stage=LiveFitStage.OVER if over else LiveFitStage.FITTING) if fit.is_on else fit


def ended(fit: LiveFit) -> LiveFit:
    """Record that its process has ended with the run."""
    return replace(fit, stage=LiveFitStage.OVER) if fit.is_on else fit


def failed(fit: LiveFit, problem: str) -> LiveFit:
    """Record that its process has ended by itself, and why."""
    return replace(fit, stage=LiveFitStage.FAILED, problem=problem) if fit.is_on else fit


def stopped(fit: LiveFit) -> LiveFit:
    """Record that somebody has stopped it; what it has found stays."""
    return replace(fit, stage=LiveFitStage.OFF)
