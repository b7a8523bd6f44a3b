"""Transitions of the docks "Queue" and "Runs": the next state for each of their events. Pure functions, without Qt.

A look at the queue is no answer to a press: the note of the last press stays.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gui.app.state import AppState
    from gui.common.queue_view import QueueView


def queue_seen(state: AppState, view: QueueView) -> AppState:
    """Record how the queue stands now."""
    return replace(state, queue=replace(state.queue, view=view))


def campaign_selected(state: AppState, number: int | None) -> AppState:
    """Record which campaign of the queue is selected."""
    return replace(state, queue=replace(state.queue, selected=number))


def runs_selected(state: AppState, paths: tuple[str, ...]) -> AppState:
    """Record which kept runs are selected."""
    return replace(state, runs=replace(state.runs, selected=paths))


def fits_progressed(state: AppState, n_fitted: int, n_fits: int, failures: tuple[str, ...]) -> AppState:
    """Record how many of the fits of kept runs are through, and which of them failed."""
    return replace(state, runs=replace(state.runs, n_fitted=n_fitted, n_fits=n_fits, failures=failures))
