"""Transitions: the next state of the window for each event. Pure functions, without Qt.

Events that are out of date (an answer for an address that is no longer asked, a plan for another protocol) leave the
state as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from daq.state import Outcome, OutputState, RunState, RunStatus
from gui.app.state import (
    Alarm,
    CurrentRun,
    Evidence,
    Fit,
    FitStage,
    Output,
    Owner,
    Page,
    Plan,
    PlanStage,
    StopRequest,
)
from gui.common.instrument import Connection, ConnectionStage, Simulator

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from gui.app.state import AppState
    from gui.common.instrument import Instrument
    from gui.common.run_facts import RunFacts
    from gui.protocol.plan_model import PlanView

# -- connection -------------------------------------------------------------------------------------------------------


def simulator_requested(state: AppState, kind: str) -> AppState:
    """Record that a simulated instrument is being started."""
    return state.evolve(connection=Connection(ConnectionStage.STARTING_SIMULATOR, kind=kind))


def simulator_served(state: AppState, simulator: Simulator) -> AppState:
    """Record that a simulated instrument can be connected to."""
    return state.evolve(simulators=(*state.simulators, simulator))


def simulator_ended(state: AppState, kind: str) -> AppState:
    """Record that a simulated instrument has ended or could not be started; a connection to it ends with it."""
    left = tuple(one for one in state.simulators if one.kind != kind)
    connection = Connection() if state.connection.kind == kind else state.connection
    return state.evolve(simulators=left, connection=connection)


def connecting(state: AppState, address: str) -> AppState:
    """Record that an address is being asked; the instrument that was connected is no longer."""
    served = state.simulator_at(address)
    kind = "" if served is None else served.kind
    return state.evolve(connection=Connection(ConnectionStage.CONNECTING, address, kind=kind))


def _is_asked(state: AppState, address: str) -> bool:
    return state.connection.stage is ConnectionStage.CONNECTING and state.connection.address == address


def connected(state: AppState, address: str, instrument: Instrument) -> AppState:
    """Record that the instrument at an address has answered."""
    if not _is_asked(state, address):
        return state
    connection = replace(state.connection, stage=ConnectionStage.CONNECTED, instrument=instrument)
    return state.evolve(connection=connection)


def not_connected(state: AppState, address: str) -> AppState:
    """Record that an address has not answered, or could not be asked."""
    return state.evolve(connection=Connection()) if _is_asked(state, address) else state


# -- plan -------------------------------------------------------------------------------------------------------------


def planning(state: AppState, source: str | Path, driver: str) -> AppState:
    """Record that a plan of a protocol is being made for a driver."""
    return state.evolve(plan=Plan(PlanStage.PLANNING, source, driver))


def _is_awaited(state: AppState, source: str | Path, driver: str) -> bool:
    return state.plan == Plan(PlanStage.PLANNING, source, driver)


def planned(state: AppState, source: str | Path, driver: str, view: PlanView) -> AppState:
    """Record that the plan is there."""
    if not _is_awaited(state, source, driver):
        return state
    return state.evolve(plan=Plan(PlanStage.READY, source, driver, view))


def plan_refused(state: AppState, source: str | Path, driver: str, error: Exception) -> AppState:
    """Record that the protocol cannot be run."""
    if not _is_awaited(state, source, driver):
        return state
    return state.evolve(plan=Plan(PlanStage.REFUSED, source, driver, error=error))


# -- run --------------------------------------------------------------------------------------------------------------


def run_ordered(state: AppState) -> AppState:
    """Record that a run on the connected instrument is being started by this window."""
    instrument = state.connection.instrument
    who = "" if instrument is None else instrument.title
    return _with_new_run(state, Owner.THIS_WINDOW, instrument=who, simulated=state.connection.is_simulated)


def run_found(state: AppState, path: Path) -> AppState:
    """Record that a run of another window or program is followed from now on."""
    return _with_new_run(state, Owner.ELSEWHERE, path=path)


def _with_new_run(
    state: AppState, owner: Owner, *, instrument: str = "", simulated: bool = False, path: Path | None = None
) -> AppState:
    number = 1 if state.run is None else state.run.number + 1
    run = CurrentRun(number, owner, instrument, simulated, path)
    return state.evolve(run=run, fit=Fit(), page=Page.MEASUREMENT)


def run_begun(state: AppState, path: Path) -> AppState:
    """Record that the run's processes have been started; its file may not be there yet."""
    return _with_run(state, path=path)


def run_opened(state: AppState, facts: RunFacts) -> AppState:
    """Record that the run file is there."""
    known = facts.instrument or (state.run.instrument if state.run is not None else "")
    return _with_run(state, path=facts.path, facts=facts, instrument=known)


def _with_run(state: AppState, **changes: object) -> AppState:
    if state.run is None:
        return state
    return state.evolve(run=replace(state.run, **changes))  # type: ignore[arg-type]


def run_progressed(state: AppState, status: RunStatus, at: datetime) -> AppState:
    """Record how the run stands, as its guardian says. How it ended is told by `run_ended`."""
    run = state.run_in_progress
    if run is None or status.outcome is not None:
        return state
    output = state.output
    if status.output is not run.status.output and status.output is not OutputState.UNTOUCHED:
        output = Output(status.output, at, Evidence.PHASE)
    return state.evolve(run=replace(run, status=status), output=output)


def stop_requested(state: AppState) -> AppState:
    """Record that Stop was pressed; pressed again, it asks for the output to go off by the guardian's own session."""
    run = state.run_in_progress
    if run is None:
        return state
    first = run.stop_request is StopRequest.NONE
    return _with_run(state, stop_request=StopRequest.STOP if first else StopRequest.SWITCH_OFF, stop_failed="")


def stop_failed(state: AppState, reason: str, at: datetime) -> AppState:
    """Record that no process of the run could be told to stop: nobody knows whether the output is off."""
    path = state.run.path if state.run is not None else None
    alarmed = _with_alarm(state, reason, path, at)
    return alarmed if alarmed.run_in_progress is None else _with_run(alarmed, stop_failed=reason)


def run_ended(state: AppState, outcome: Outcome, at: datetime) -> AppState:
    """Record that the run has ended, or nobody can say any more how it stands."""
    run = state.run
    path = None if run is None else run.path
    ended = state if run is None else _with_run(state, status=run.status.ended(outcome))
    if outcome.output is OutputState.UNKNOWN or outcome.state is RunState.UNKNOWN:
        # Not closed: the alarm must be seen.
        return _with_alarm(ended, outcome.reason, path, at).evolve(close_when_ended=False)
    if outcome.output is OutputState.OFF:
        return ended.evolve(output=Output(OutputState.OFF, at, Evidence.READ_BACK))
    return ended


def run_not_followed(state: AppState) -> AppState:
    """Record that there is no run to follow: it was not started, or it has ended before it could be followed."""
    return state.evolve(run=None)


# -- alarms -----------------------------------------------------------------------------------------------------------


def _with_alarm(state: AppState, reason: str, path: Path | None, at: datetime) -> AppState:
    """Return the state with one alarm more; a run has one alarm, with the newest reason."""
    others = tuple(one for one in state.alarms if one.path != path or (path is None and one.reason != reason))
    alarms = (*others, Alarm(reason, path, at))
    return state.evolve(alarms=alarms, output=Output(OutputState.UNKNOWN, at, Evidence.FAILURE))


def alarms_recalled(state: AppState, reasons: Mapping[Path, str], at: datetime) -> AppState:
    """Record that earlier runs have left outputs that nobody has confirmed to be off."""
    for path, reason in reasons.items():
        state = _with_alarm(state, reason, path, at)
    return state


def alarms_confirmed(state: AppState, at: datetime) -> AppState:
    """Record that a person has seen that the outputs are off."""
    output = state.output
    if output.state is OutputState.UNKNOWN:
        output = Output(OutputState.OFF, at, Evidence.OPERATOR)
    return state.evolve(alarms=(), output=output)


# -- fit and window ---------------------------------------------------------------------------------------------------


def fit_started(state: AppState, model: str) -> AppState:
    """Record that a fit is in progress."""
    return state.evolve(fit=Fit(FitStage.FITTING, model), page=Page.MEMORY)


def fit_ended(state: AppState, stage: FitStage) -> AppState:
    """Record that the fit is done, was cancelled, or has failed."""
    return state.evolve(fit=Fit(stage, state.fit.model))


def page_shown(state: AppState, page: Page) -> AppState:
    """Record that another page is shown."""
    return state.evolve(page=page, note=state.note)


def noted(state: AppState, note: str) -> AppState:
    """Keep the answer to a press that had nothing to do."""
    return state.evolve(note=note)


def closing_when_ended(state: AppState) -> AppState:
    """Record that the window closes as soon as the run has ended."""
    return state.evolve(close_when_ended=True)


def run_left(state: AppState) -> AppState:
    """Record that the window closes without the run, which keeps running."""
    return state.evolve(run=None)
