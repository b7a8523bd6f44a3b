"""Commands: what happens when the operator asks for something, and when a service answers.

Each command asks the rules whether it is allowed, tells the store what happens, and gives the work to a service. None
of them waits: child processes, worker threads and the follower's thread do what takes time.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from daq.state import OutputState
from gui.app import transitions
from gui.app.rules import Command, allowed
from gui.app.state import AttemptStage, Page, StopRequest
from gui.common.instrument import USUAL_KIND, ConnectionStage
from gui.common.language import tr
from gui.protocol.plan_model import plan_protocol
from gui.services.instruments import Instruments
from gui.services.jobs import Jobs
from gui.services.last_run import last_run, runs_in_progress, unconfirmed_outputs
from gui.services.outputs import OutputInDoubt, switch_off_all
from gui.services.run_follower import RunRequest
from gui.services.runs import Runs
from gui.services.simulators import Simulators

if TYPE_CHECKING:
    from pathlib import Path

    from daq import Outcome
    from daq.state import RunStatus
    from gui.app.state import AppState
    from gui.app.store import Store
    from gui.common.instrument import Instrument, Simulator
    from gui.common.run_facts import RunFacts
    from gui.services.last_run import LastRun

# Plans are made for this driver while no instrument is connected: the one that the README's tour uses.
_DEFAULT_DRIVER = "keithley2461"
# How long a window that closes waits for a plan or a file that is being read.
_CLOSE_S = 5.0
# How soon after midnight a time of yesterday is shown with its date.
_CALENDAR_MS = 60_000


def _now() -> datetime:
    return datetime.now().astimezone()


class Commands(QObject):
    """The operator's commands, and the services that carry them out.

    Parameters
    ----------
    parent : QObject
    store : Store
    folder : Path
        Where run files go.
    seed : int
        Of the noise of simulated instruments.

    Attributes
    ----------
    instruments : Instruments
    simulators : Simulators
    runs : Runs
    """

    message = Signal(str)
    """Something that the operator must read."""
    campaign_stop_wanted = Signal()
    """Stop was pressed between two points of a campaign of the queue: no further point is to begin."""
    may_close = Signal()
    """The run has ended, and the window was to be closed then."""

    def __init__(self, parent: QObject, store: Store, folder: Path, seed: int) -> None:
        super().__init__(parent)
        self._store = store
        self._folder = folder
        # Two: a folder that is slow to look through does not hold up a plan.
        self._jobs = Jobs(self, n_threads=2)
        # Stop must not queue behind anything.
        self._off_lane = Jobs(self)
        self.instruments = Instruments(self, self._jobs)
        self.simulators = Simulators(self, seed)
        self.runs = Runs(self)
        self._connect_services()
        self._calendar = QTimer(self, interval=_CALENDAR_MS)
        self._calendar.timeout.connect(lambda: self._store.apply(transitions.day_begun, _now().date()))
        self._calendar.start()

    def _connect_services(self) -> None:
        self.instruments.answered.connect(self._connected)
        self.instruments.silent.connect(self._not_connected)
        self.simulators.served.connect(self._simulator_served)
        self.simulators.ended.connect(self._simulator_ended)
        self.runs.stop_failed.connect(self._stop_failed)
        self.runs.stop_taken.connect(self._stop_taken)
        self.runs.silent.connect(self._run_silent)
        follower = self.runs.follower
        follower.begun.connect(self._run_begun)
        follower.opened.connect(self._run_opened)
        follower.progressed.connect(self._run_progressed)
        follower.ended.connect(self._run_ended)
        follower.recalled.connect(self._run_recalled)
        follower.failed.connect(self._run_not_followed)
        follower.unforeseen.connect(self.message)

    @property
    def _state(self) -> AppState:
        return self._store.state

    def _is_allowed(self, command: Command) -> bool:
        return allowed(self._state)[command].granted

    def _report(self, error: Exception) -> None:
        self.message.emit(str(error))

    # -- connection ---------------------------------------------------------------------------------------------------

    def connect_to(self, address: str) -> None:
        """Connect to an address: a VISA resource, or a name in the address book."""
        if address and self._is_allowed(Command.CONNECT):
            self._ask(address)

    def _ask(self, address: str) -> None:
        self._store.apply(transitions.connecting, address)
        self.instruments.ask(address)

    def simulate(self, kind: str = USUAL_KIND) -> None:
        """Connect to a simulated instrument, which is started if there is none of this kind."""
        if not self._is_allowed(Command.SIMULATE):
            return
        served = self._state.simulator_of(kind)
        if served is not None:
            self._ask(served.resource)
            return
        self._store.apply(transitions.simulator_requested, kind)
        self.simulators.start(kind)

    def _simulator_served(self, simulator: Simulator) -> None:
        self._store.apply(transitions.simulator_served, simulator)
        connection = self._state.connection
        if connection.stage is ConnectionStage.STARTING_SIMULATOR and connection.kind == simulator.kind:
            self._ask(simulator.resource)

    def _simulator_ended(self, kind: str, why: str) -> None:
        self._store.apply(transitions.simulator_ended, kind)
        self.message.emit(why)
        self._plan_again()

    def _connected(self, address: str, instrument: Instrument) -> None:
        self._store.apply(transitions.connected, address, instrument, _now())
        self._plan_again()

    def _not_connected(self, address: str, why: str) -> None:
        self._store.apply(transitions.not_connected, address)
        self.message.emit(why)
        self._plan_again()

    # -- plan ---------------------------------------------------------------------------------------------------------

    def choose_protocol(self, source: str | Path) -> None:
        """Plan a protocol: the name of a ready one, or a file."""
        if self._state.run_in_progress is None:  # a live page stays in sight
            self._store.apply(transitions.page_shown, Page.PLAN)
        self._plan(source)

    def _plan_again(self) -> None:
        if self._state.plan.source is not None:
            self._plan(self._state.plan.source)

    def _plan(self, source: str | Path) -> None:
        instrument = self._state.connection.instrument
        driver = _DEFAULT_DRIVER if instrument is None else instrument.driver
        self._store.apply(transitions.planning, source, driver)
        self._jobs.do(
            lambda: plan_protocol(source, driver),
            lambda view: self._store.apply(transitions.planned, source, driver, view),
            lambda error: self._store.apply(transitions.plan_refused, source, driver, error),
        )

    # -- run ----------------------------------------------------------------------------------------------------------

    def start_run(self) -> None:
        """Start a run of the planned protocol on the connected instrument."""
        instrument, view = self._state.connection.instrument, self._state.plan.view
        if self._is_allowed(Command.RUN) and instrument is not None and view is not None:
            self._store.apply(transitions.run_ordered)
            self.runs.start(RunRequest(instrument.resource, self._folder, view.protocol))

    def look_for_runs(self) -> None:
        """Follow a run that is in progress in the folder, or show the last one; recall outputs that may be on."""
        folder = self._folder
        self._jobs.do(lambda: runs_in_progress(folder), self._follow_found, self._report)
        self._look_for_alarms()

    def _look_for_alarms(self) -> None:
        """Recall outputs that may be on; again, if one was switched off meanwhile: what was seen before is past."""
        folder, attempt = self._folder, self._state.attempt

        def recall(reasons: dict[Path, str]) -> None:
            if self._state.attempt == attempt:
                self.recall_alarms(reasons)
            else:
                self._look_for_alarms()

        self._jobs.do(lambda: unconfirmed_outputs(folder), recall, self._report)

    def _follow_found(self, paths: list[Path]) -> None:
        if not paths:
            self._jobs.do(lambda: last_run(self._folder), self._recall, self._report)
        if not paths or self._state.run_in_progress is not None:
            return
        self.follow_run(paths[-1])
        if len(paths) > 1:
            others = ", ".join(path.name for path in paths[:-1])
            self.message.emit(
                tr("Other runs are in progress in {folder} as well: {others}").format(
                    folder=self._folder, others=others
                )
            )

    def follow_run(self, path: Path) -> None:
        """Follow a run that was started elsewhere, by a queue for example, unless another one is being followed."""
        if self._state.run_in_progress is None:
            self._store.apply(transitions.run_found, path, _now())
            self.runs.attach(path)

    def _recall(self, path: Path | None) -> None:
        if path is not None and self._state.run is None:
            self.runs.recall(path)

    def _run_recalled(self, last: LastRun) -> None:
        self._store.apply(transitions.run_recalled, last.facts, last.outcome, last.ended_at)

    def _run_begun(self, path: Path) -> None:
        self._store.apply(transitions.run_begun, path)
        if self._state.run is not None and self._state.run.stop_request is not StopRequest.NONE:
            # Stop was pressed before there was anybody to tell.
            self._request_end()

    def _run_opened(self, facts: RunFacts) -> None:
        self._store.apply(transitions.run_opened, facts)

    def _run_progressed(self, status: RunStatus) -> None:
        self._store.apply(transitions.run_progressed, status, _now())

    def _run_silent(self, since: datetime) -> None:
        self._store.apply(transitions.run_silent, since)

    def _run_ended(self, outcome: Outcome) -> None:
        self._store.apply(transitions.run_ended, outcome, _now())
        for warning in outcome.warnings:
            self.message.emit(warning)
        if outcome.error and outcome.reason and outcome.output is not OutputState.UNKNOWN:  # the banner says that one
            self.message.emit(outcome.reason)
        self._close_if_wanted()

    def _run_not_followed(self, why: str) -> None:
        self._store.apply(transitions.run_not_followed)
        self.message.emit(why)
        self._close_if_wanted()

    def _close_if_wanted(self) -> None:
        if self._state.close_when_ended and self._state.run_in_progress is None:
            self.may_close.emit()

    # -- stop ---------------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Stop the run; pressed again, switch the output off by the guardian's own session.

        Without a run, switch off the outputs that may be on, by sessions of this window's own.
        """
        if self._state.run_in_progress is not None:
            self._store.apply(transitions.stop_requested)
            self._request_end()
        elif self._state.attempt.stage is AttemptStage.TRYING:
            self._store.apply(transitions.noted, tr("A fresh session to the instrument is being tried already."))
        elif self._state.alarms:
            self._switch_off()
        elif self._state.queue.is_going_on:
            self._store.apply(transitions.noted, tr("No run is in progress: the campaign of the queue is paused."))
            self.campaign_stop_wanted.emit()
        else:
            self._store.apply(transitions.noted, tr("No run is in progress: there is nothing to stop."))

    def _switch_off(self) -> None:
        alarms = self._state.alarms
        outputs = [OutputInDoubt(alarm.path, alarm.resource) for alarm in alarms]

        def tell(problems: list[str]) -> None:
            failed = {alarm: problem for alarm, problem in zip(alarms, problems, strict=True) if problem}
            off = [alarm for alarm in alarms if alarm not in failed]
            self._store.apply(transitions.switch_off_ended, off, failed, _now())

        self._store.apply(transitions.switch_off_begun)
        self._off_lane.do(lambda: switch_off_all(outputs), tell, lambda error: tell([str(error)] * len(alarms)))

    def _request_end(self) -> None:
        run = self._state.run_in_progress
        if run is not None and run.path is not None:
            self.runs.request_end(run.path, "stop" if run.stop_request is StopRequest.STOP else "abort")

    def _stop_failed(self, why: str) -> None:
        self._store.apply(transitions.stop_failed, why, _now())

    def _stop_taken(self) -> None:
        self._store.apply(transitions.stop_taken)

    def stop_and_close(self) -> None:
        """Stop the run unless it is being stopped already, and close the window when it has ended.

        Between two points of a campaign on a simulated instrument of this window, the campaign is paused at once.
        """
        self._store.apply(transitions.closing_when_ended)
        run = self._state.run_in_progress
        if run is None:
            if self._state.campaign_ends_with_window:
                self.campaign_stop_wanted.emit()
            self.may_close.emit()
        elif run.stop_request is StopRequest.NONE:
            self.stop()

    def leave_run(self) -> None:
        """Close the window; the run keeps running."""
        self._store.apply(transitions.run_left)
        self.may_close.emit()

    # -- alarms -------------------------------------------------------------------------------------------------------

    def recall_alarms(self, reasons: dict[Path, str]) -> None:
        """Raise the alarms of earlier runs, each with its reason."""
        self._store.apply(transitions.alarms_recalled, reasons, _now())

    def confirm_off(self) -> None:
        """Remember beside the runs that a person has seen that their outputs are off."""
        from daq import confirm_off

        paths = [alarm.path for alarm in self._state.alarms if alarm.path is not None]

        def confirm() -> None:
            for path in paths:
                confirm_off(path)

        self._store.apply(transitions.alarms_confirmed, _now())
        self._jobs.do(confirm, lambda _: None, self._report)

    # -- window -------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """End everything that ends with the window; only for a window that closes."""
        self.runs.close()
        self.instruments.close()
        self.simulators.close()
        self._off_lane.finish(_CLOSE_S)
        self._jobs.finish(_CLOSE_S)
