"""Transitions: the next state of the window for each event. Pure functions, without Qt.

Events that are out of date (an answer for an address that is no longer asked, a plan for another protocol) leave the
state as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from daq.state import Outcome, OutputState, RunState, RunStatus
from gui.app.fit_state import Fit, FitStage
from gui.app.state import (
    Alarm,
    Attempt,
    AttemptStage,
    CurrentRun,
    Evidence,
    Output,
    Owner,
    Page,
    Plan,
    PlanStage,
    StopRequest,
)
from gui.common.instrument import Connection, ConnectionStage, Simulator
from gui.fit.fit_wish import FitWish

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date, datetime
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


def connected(state: AppState, address: str, instrument: Instrument, at: datetime) -> AppState:
    """Record that the instrument at an address has answered. Nobody has asked it about its output yet."""
    if not _is_asked(state, address):
        return state
    connection = replace(state.connection, stage=ConnectionStage.CONNECTED, instrument=instrument)
    known = state.output.resource == instrument.resource
    output = state.output if known else Output(at=at, resource=instrument.resource)
    return state.evolve(connection=connection, output=output)


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


# -- saved runs -------------------------------------------------------------------------------------------------------


def runs_opened(state: AppState, paths: Collection[Path]) -> AppState:
    """Record which saved runs are opened; none goes back to the run of this window."""
    return state.evolve(opened=tuple(paths), fit=Fit() if tuple(paths) != state.opened else state.fit)


# -- run --------------------------------------------------------------------------------------------------------------


def window_opened(state: AppState, at: datetime) -> AppState:
    """Record since when this window looks: nothing is known of any output yet."""
    return state.evolve(output=replace(state.output, at=at), today=at.date())


def day_begun(state: AppState, today: date) -> AppState:
    """Record that another day has begun."""
    return state if state.today == today else replace(state, today=today)


def run_ordered(state: AppState) -> AppState:
    """Record that a run on the connected instrument is being started by this window."""
    instrument = state.connection.instrument
    run = CurrentRun(
        _next_number(state),
        Owner.THIS_WINDOW,
        instrument="" if instrument is None else instrument.title,
        simulated=state.connection.is_simulated,
        resource="" if instrument is None else instrument.resource,
    )
    return _with_new_run(state, run)


def run_found(state: AppState, path: Path, at: datetime) -> AppState:
    """Record that a run of another window or program is followed from now on; its instrument is not known yet."""
    found = state.evolve(output=Output(at=at))
    return _with_new_run(found, CurrentRun(_next_number(state), Owner.ELSEWHERE, path=path))


def run_recalled(state: AppState, facts: RunFacts, outcome: Outcome, ended_at: datetime) -> AppState:
    """Record which run was the last one before this window was opened. It says nothing of the output now."""
    if state.run is not None:
        return state
    status = RunStatus(n_planned=facts.n_planned).ended(outcome)
    run = CurrentRun(
        _next_number(state),
        Owner.ELSEWHERE,
        instrument=facts.instrument,
        path=facts.path,
        facts=facts,
        status=status,
        resource=facts.resource,
        over_since=ended_at,
    )
    page = Page.MEASUREMENT if state.plan.source is None else state.page
    return replace(state, run=run, page=page)


def _next_number(state: AppState) -> int:
    return 1 if state.run is None else state.run.number + 1


def _with_new_run(state: AppState, run: CurrentRun) -> AppState:
    return state.evolve(run=run, fit=Fit(), page=Page.MEASUREMENT, attempt=Attempt())


def run_begun(state: AppState, path: Path) -> AppState:
    """Record that the run's processes have been started; its file may not be there yet."""
    return _with_run(state, path=path)


def run_opened(state: AppState, facts: RunFacts) -> AppState:
    """Record that the run file is there."""
    run = state.run
    if run is None:
        return state
    resource = facts.resource or run.resource
    known = _with_run(state, path=facts.path, facts=facts, instrument=facts.instrument or run.instrument)
    # A run of the queue on a simulated instrument of this window ends with it as well.
    simulated = run.simulated or state.simulator_at(resource) is not None
    known = _with_run(known, resource=resource, simulated=simulated)
    return known.evolve(output=replace(state.output, resource=resource))


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
    if status.output is not OutputState.UNTOUCHED and (status.output, Evidence.PHASE) != (
        output.state,
        output.evidence,
    ):
        output = Output(status.output, at, Evidence.PHASE, run.resource)
    return state.evolve(run=replace(run, status=status, silent_since=None), output=output)


def run_silent(state: AppState, since: datetime) -> AppState:
    """Record that the run has not been heard of for too long; its next report ends that."""
    return state if state.run_in_progress is None else _with_run(state, silent_since=since)


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


def stop_taken(state: AppState) -> AppState:
    """Record that a process of the run has taken the request to stop. An alarm stays: nothing was read back yet."""
    run = state.run_in_progress
    return state if run is None or not run.stop_failed else _with_run(state, stop_failed="")


def run_ended(state: AppState, outcome: Outcome, at: datetime) -> AppState:
    """Record that the run has ended, or nobody can say any more how it stands."""
    run = state.run
    path = None if run is None else run.path
    ended = state if run is None else _with_run(state, status=run.status.ended(outcome), silent_since=None)
    if outcome.output is OutputState.UNKNOWN or outcome.state is RunState.UNKNOWN:
        # Not closed: the alarm must be seen.
        return _with_alarm(ended, outcome.reason, path, at).evolve(close_when_ended=False)
    if outcome.output is OutputState.OFF:
        read_back = Output(OutputState.OFF, at, Evidence.READ_BACK, "" if run is None else run.resource)
        return ended.evolve(output=read_back, alarms=_without(ended.alarms, path))
    return ended


def _without(alarms: tuple[Alarm, ...], *paths: Path | None) -> tuple[Alarm, ...]:
    """Return the alarms of other runs: the outputs of these ones were read back as off."""
    return tuple(one for one in alarms if one.path is None or one.path not in paths)


def run_not_followed(state: AppState) -> AppState:
    """Record that there is no run to follow: it was not started, or it has ended before it could be followed."""
    return state.evolve(run=None)


# -- alarms -----------------------------------------------------------------------------------------------------------


def _with_alarm(state: AppState, reason: str, path: Path | None, at: datetime) -> AppState:
    """Return the state with one alarm more; a run has one alarm, with the newest reason."""
    run = state.run
    resource = run.resource if run is not None and run.path == path else ""
    others = tuple(one for one in state.alarms if one.path != path or (path is None and one.reason != reason))
    output = Output(OutputState.UNKNOWN, at, Evidence.FAILURE, resource)
    attempt = state.attempt if state.attempt.stage is AttemptStage.TRYING else Attempt()
    return state.evolve(alarms=(*others, Alarm(reason, path, at, resource)), output=output, attempt=attempt)


def alarms_recalled(state: AppState, reasons: Mapping[Path, str], at: datetime) -> AppState:
    """Record that earlier runs have left outputs that nobody has confirmed to be off.

    What is known already stays the same alarm: a look that ends while its output is being switched off would else put
    another in its place, which the read-back does not end.
    """
    known = {(alarm.path, alarm.reason) for alarm in state.alarms}
    for path, reason in reasons.items():
        if (path, reason) not in known:
            state = _with_alarm(state, reason, path, at)
    return state


def alarms_confirmed(state: AppState, at: datetime) -> AppState:
    """Record that a person has seen that the outputs are off. The reports of a run in progress still count."""
    output = state.output
    if output.state is OutputState.UNKNOWN:
        output = replace(output, state=OutputState.OFF, at=at, evidence=Evidence.OPERATOR)
    return state.evolve(alarms=(), output=output, attempt=Attempt())


def switch_off_begun(state: AppState) -> AppState:
    """Record that fresh sessions are opened to switch off the outputs that may be on."""
    return state.evolve(attempt=Attempt(AttemptStage.TRYING))


def switch_off_ended(state: AppState, off: Collection[Alarm], failed: Mapping[Alarm, str], at: datetime) -> AppState:
    """Record what came of fresh sessions.

    Parameters
    ----------
    state : AppState
    off : collection
        Alarms whose outputs were read back as off: these, and no others, end.
    failed : mapping
        The other ones that were tried, each with the reason.
    at : datetime
    """
    alarms = tuple(replace(one, reason=failed.get(one, one.reason)) for one in state.alarms if one not in off)
    output = state.output
    if off and not alarms and output.state is OutputState.UNKNOWN:
        output = replace(output, state=OutputState.OFF, at=at, evidence=Evidence.READ_BACK)
    attempt = Attempt(AttemptStage.FAILED if failed else AttemptStage.OFF, len(off), len(failed), at)
    return state.evolve(alarms=alarms, output=output, attempt=attempt)


# -- fit and window ---------------------------------------------------------------------------------------------------


def fit_started(state: AppState, model: str, wish: FitWish | None = None, at: datetime | None = None) -> AppState:
    """Record that a fit is in progress."""
    fit = Fit(FitStage.FITTING, model, wish=FitWish(model) if wish is None else wish, begun_at=at)
    return state.evolve(fit=fit, page=Page.MEMORY)


def fit_ended(state: AppState, stage: FitStage, problem: str = "") -> AppState:
    """Record that the fit is done, was cancelled, or has failed, and why."""
    return state.evolve(fit=replace(state.fit, stage=stage, problem=problem, begun_at=None))


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
