"""States of the window: all that permissions and header may depend on, for tables over their product."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice, product
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from daq import Outcome, OutputState, Phase, RunState, RunStatus
from gui.app.fit_state import Fit, FitStage
from gui.app.state import (
    Alarm,
    AppState,
    Attempt,
    AttemptStage,
    CurrentRun,
    Evidence,
    Output,
    Owner,
    Plan,
    PlanStage,
    StopRequest,
)
from gui.common.instrument import Connection, ConnectionStage, Instrument, Simulator
from gui.common.run_facts import RunFacts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gui.protocol.plan_model import PlanView

AT = datetime(2026, 11, 25, 12, 30, 15, tzinfo=UTC)
EARLIER = datetime(2026, 11, 25, 12, 30, 5, tzinfo=UTC)
PATH = Path("runs/20261125-pulse.nxs")
RESOURCE = "TCPIP::10.0.0.7::5025::SOCKET"
INSTRUMENT = Instrument(RESOURCE, "KEITHLEY", "MODEL 2461", "04089762", "1.7.12b", "keithley2461")
FACTS = RunFacts(PATH, "Single pulse", "MODEL 2461 04089762", 1.0, 1000, np.empty(0), np.empty(0))
VIEW = cast("PlanView", object())  # the rules only look whether there is one

CONNECTIONS = (
    Connection(),
    Connection(ConnectionStage.STARTING_SIMULATOR, kind="keithley2461"),
    Connection(ConnectionStage.CONNECTING, RESOURCE),
    Connection(ConnectionStage.CONNECTED, RESOURCE, INSTRUMENT),
    Connection(ConnectionStage.CONNECTED, "TCPIP::127.0.0.1::1::SOCKET", INSTRUMENT, "keithley2461"),
)
PLANS = (
    Plan(),
    Plan(PlanStage.PLANNING, "pulse", "keithley2461"),
    Plan(PlanStage.READY, "pulse", "keithley2461", VIEW),
    Plan(PlanStage.READY, "pulse", "ec301", VIEW),
    Plan(PlanStage.REFUSED, "pulse", "keithley2461", error=ValueError("too high")),
)


def _output_in(phase: Phase) -> OutputState:
    """Return what the guardian reports of the output in a phase (table in `daq.state.Phase`)."""
    return {
        Phase.RUNNING: OutputState.ON,
        Phase.SWITCHING_OFF: OutputState.UNKNOWN,
        Phase.CLOSING: OutputState.OFF,
        Phase.FINISHED: OutputState.OFF,
    }.get(phase, OutputState.UNTOUCHED)


IN_PROGRESS = tuple(
    CurrentRun(1, owner, "Keithley 2461", False, path, facts, status, request, failed)
    for owner in Owner
    for path, facts in ((None, None), (PATH, None), (PATH, FACTS))
    for status in (RunStatus(phase, 250, 1000, _output_in(phase)) for phase in Phase)
    for request in StopRequest
    for failed in (("", "the guardian does not answer") if request is not StopRequest.NONE else ("",))
)
ENDED = tuple(
    CurrentRun(
        1,
        Owner.THIS_WINDOW,
        "Keithley 2461",
        False,
        PATH,
        facts,
        RunStatus().ended(Outcome(state, output, "why", error)),
    )
    for facts in (None, FACTS)
    for state, output, error in (
        *product(
            (RunState.COMPLETE, RunState.STOPPED, RunState.ABORTED), (OutputState.OFF, OutputState.UNTOUCHED), ("",)
        ),
        (RunState.REFUSED, OutputState.UNTOUCHED, "InstrumentError"),
        (RunState.REFUSED, OutputState.UNTOUCHED, ""),
        (RunState.UNKNOWN, OutputState.UNKNOWN, "OutputStateUnknown"),
    )
)
SILENT = tuple(
    replace(run, silent_since=EARLIER)
    for run in IN_PROGRESS
    if run.owner is Owner.THIS_WINDOW and run.facts is not None and not run.stop_failed
)
RUNS = (None, *IN_PROGRESS, *SILENT, *ENDED)
OUTPUTS = tuple(
    Output(state, AT, evidence)
    for state, evidence in (
        (OutputState.UNTOUCHED, Evidence.NONE),
        (OutputState.ON, Evidence.PHASE),
        (OutputState.OFF, Evidence.READ_BACK),
        (OutputState.OFF, Evidence.OPERATOR),
        (OutputState.UNKNOWN, Evidence.FAILURE),
    )
)
ALARM = Alarm("no answer to :OUTP?", PATH, AT, RESOURCE)
# Alarms, with what has been tried against them.
ALARMS = (
    ((), Attempt()),
    ((), Attempt(AttemptStage.OFF, 1, 0, AT)),
    ((ALARM,), Attempt()),
    ((ALARM,), Attempt(AttemptStage.TRYING)),
    ((ALARM,), Attempt(AttemptStage.FAILED, 0, 1, AT)),
    ((ALARM, Alarm("two", None, AT)), Attempt(AttemptStage.FAILED, 1, 2, AT)),
)
FITS = tuple(Fit(stage, "R0-Mig1-CPE1") for stage in FitStage)
NOTES = ("", "No run is in progress: there is nothing to stop.")
_FIRST = AppState()  # has what is the same in all of them: to make it anew for each takes longer than the tests do


def states_of_permissions(every: int = 1) -> Iterator[AppState]:
    """Yield the product of all that permissions may depend on, or every so many-th of it."""
    simulators = (Simulator("keithley2461", "TCPIP::127.0.0.1::1::SOCKET"),)
    whole = product(CONNECTIONS, PLANS, RUNS, ALARMS, FITS)
    for connection, plan, run, (alarms, attempt), fit in islice(whole, 0, None, every):
        yield _state(connection, simulators, plan, run, _FIRST.output, alarms, attempt, fit)


def states_of_header(every: int = 1) -> Iterator[AppState]:
    """Yield the product of all that the header may depend on, or every so many-th of it.

    Half of them have a note: of two that differ in one thing by one place, one has.
    """
    connections, plans = (CONNECTIONS[0], CONNECTIONS[2], CONNECTIONS[3]), (PLANS[0], *PLANS[2:])
    axes = (connections, plans, RUNS, OUTPUTS, ALARMS)
    for at in islice(product(*(range(len(axis)) for axis in axes)), 0, None, every):
        c, p, r, o, a = at
        alarms, attempt = ALARMS[a]
        note = NOTES[sum(at) % 2]
        yield _state(connections[c], (), plans[p], RUNS[r], OUTPUTS[o], alarms, attempt, note=note)


def _state(
    connection: Connection,
    simulators: tuple[Simulator, ...],
    plan: Plan,
    run: CurrentRun | None,
    output: Output,
    alarms: tuple[Alarm, ...],
    attempt: Attempt,
    fit: Fit = FITS[0],
    note: str = "",
) -> AppState:
    kept = {"queue": _FIRST.queue, "runs": _FIRST.runs, "editor": _FIRST.editor}
    return AppState(connection, simulators, plan, run, output, alarms, attempt, fit, note=note, **kept)  # type: ignore[arg-type]
