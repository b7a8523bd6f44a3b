"""Supervision of one run: its lock, its control channel, its deadlines, and what is done when its runner fails.

::

    serving ──► supervising ─────── outcome reported ───────► finished
        │               │                                         ▲
        │ refused       │ runner dead, or past the deadline of its │
        │               │ phase, or the guardian itself failed     │
        │               ▼                                          │
        │          taking over: kill the runner, switch off, ──────┤
        │               read back, note the end in the run file    │
        └──────────────────────────────────────────────────────────┘

The guardian (`daq.execution.guardian`) has one of these for each run of its session.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from daq.execution.control import ControlServer
from daq.execution.deadlines import RunnerWatch
from daq.execution.messages import ControlRequest, StartAnswer, StartRequest, StopOrder, SwitchOffAnswer
from daq.execution.output_marker import OutputMarker
from daq.execution.recorded_end import record_end, recorded_end
from daq.execution.worker import TURN_S
from daq.locks import lock_run
from daq.state import ABORTED_BY_OPERATOR, STOPPED_BY_OPERATOR, Outcome, OutputState, Phase, RunState, RunStatus
from protocols import ConnectionLost, InstrumentError, OutputStateUnknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from daq.execution.guarded_instrument import GuardedInstrument
    from daq.execution.messages import PipeMessage
    from daq.execution.run_request import RunRequest
    from daq.execution.runner_link import RunnerLink
    from daq.execution.worker import Job

# How long (s) a last word may take to be written into the run file: a disk that hangs must not keep the outcome back.
# Doubled: a person is told 5 s later.
_RECORD_S = 5.0
# How long (s) front ends have to fetch the outcome before the control channel closes; a poll takes 0.05 s. After that
# they read it from the run file.
_LINGER_S = 5.0
# How long (s) a front end that asks for the end is kept waiting: less than it takes a guardian for silent, and for
# looking whether it is frozen (0.25 s).
_END_ANSWER_S = 0.2
# How long (s) a dead runner may take to be seen as dead: its pipe closes a moment before.
_DEATH_SEEN_S = 0.1


class SupervisedRun:
    """One run under supervision.

    Parameters
    ----------
    request : RunRequest
    instrument : GuardedInstrument
    turn : callable
        Shows that the guardian's loop turns; called with each turn of the loop here.

    Raises
    ------
    RunFileError
        If another guardian has this run.
    """

    def __init__(self, request: RunRequest, instrument: GuardedInstrument, turn: Callable[[], None]) -> None:
        self.request = request
        self.path = Path(request.path)
        self._instrument = instrument
        self._turn = turn
        self._status = RunStatus()
        self._has_ended = threading.Event()
        self._stop_reason: str | None = None
        self._wish = ""  # of an operator
        self._is_stop_sent = False
        self._abort_requested = threading.Event()
        self._switching_off: Job[str | None] | None = None  # for a runner that waits
        self._run_lock = lock_run(self.path, "guardian")
        self._server = ControlServer(self.path, request)

    def serve(self, age_s: Callable[[], float]) -> None:
        """Answer front ends from now on, in threads; `age_s` returns the time since the loop turned last."""
        self._server.serve(self._answer, age_s)

    def stop(self, reason: str) -> None:
        """Stop the run."""
        self._stop_reason = self._stop_reason or reason

    def stopped_before_start(self) -> Outcome | None:
        """Return the outcome of a run that was stopped before anything was started, None if it was not."""
        if self._stop_reason is None and not self._abort_requested.is_set():
            return None
        return Outcome.refused(f"{self._stop_reason or ABORTED_BY_OPERATOR}: nothing was started", "")

    def _answer(self, request: ControlRequest) -> RunStatus:
        """Take a front end's request and return how the run stands; called from the channel's threads."""
        if request is ControlRequest.STOP:
            self._wish = self._wish or STOPPED_BY_OPERATOR
            self.stop(STOPPED_BY_OPERATOR)
        elif request is ControlRequest.ABORT:
            self._wish = ABORTED_BY_OPERATOR
            self._abort_requested.set()
        elif request is ControlRequest.END:
            self._has_ended.wait(_END_ANSWER_S)
        return self._status

    def end(self, outcome: Outcome) -> None:
        """Give the run file back and let front ends hear how the run ended."""
        self._run_lock.remove()  # before anybody hears of the end: the file may be recovered
        self._status = self._status.ended(outcome)
        self._has_ended.set()

    def finish(self) -> None:
        """Close the control channel once every front end has heard the outcome, or after some seconds."""
        self._server.finish(_LINGER_S)

    # -- the loop -----------------------------------------------------------------------------------------------------

    def supervise(self, runner: RunnerLink, *, is_last: bool) -> Outcome:
        """Have the run carried out by a runner and return how it ended.

        Parameters
        ----------
        runner : RunnerLink
            Dead when this returns, if it failed.
        is_last : bool
            Whether it is known that no other run follows: then the runner closes its session to the instrument before
            it reports the end.

        Raises
        ------
        RunFileError
            If the folder takes no file: nothing was asked for.
        """
        self._server.file.set_runner(runner.identity)
        try:
            runner.send(self.request)
            if is_last:
                runner.send_end()
            watch = RunnerWatch(self.request.stall_s, runner.identity)
            outcome = self._follow(runner, watch) or self._take_over(runner)
        except Exception as error:  # noqa: BLE001 - whatever it is, even a bug of ours: the output must go off
            self._stop_reason = f"the guardian process failed ({type(error).__name__}: {error})"
            outcome = self._take_over(runner)
        return outcome.for_operator(self._wish) if self._wish else outcome

    def _follow(self, runner: RunnerLink, watch: RunnerWatch) -> Outcome | None:
        """Return how the run ended, or None if the runner died or is past its deadline."""
        seemed_dead = False
        while True:
            self._turn()
            # One report a turn: a runner that reports all the time must not keep a stop from being passed on.
            try:
                message = runner.next_message(TURN_S)
            except queue.Empty:
                # What it sent last may be on its way for another turn.
                if seemed_dead:
                    return None
                seemed_dead = not runner.is_alive()
            else:
                if message is None:
                    return None
                if isinstance(message, RunStatus) and message.outcome is not None:
                    return message.outcome
                self._receive(message, runner, watch)
            self._pass_on_requests(runner, watch)
            self._answer_switched_off(runner, watch)
            if (overdue := watch.overdue()) is not None:
                self._stop_reason = overdue
                return None

    def _receive(self, message: PipeMessage, runner: RunnerLink, watch: RunnerWatch) -> None:
        if isinstance(message, StartRequest):
            runner.send(StartAnswer(message.token, self._refusal_of_start()))
        elif isinstance(message, RunStatus):
            watch.report(message.phase)
            if not message.phase.may_follow(self._status.phase):
                raise InstrumentError(f"the runner reports {message.phase!r} after {self._status.phase!r}")
            self._status = message
            if message.phase is Phase.SWITCHING_OFF and self._switching_off is None:
                self._switching_off = self._instrument.start_switching_off()

    def _refusal_of_start(self) -> str | None:
        """Return why the output must not go on now, None if it may."""
        if self._stop_reason is not None or self._abort_requested.is_set():
            return self._stop_reason or ABORTED_BY_OPERATOR
        if self._status.phase is not Phase.RUNNING:
            return f"the measuring process wants to start while {self._status.phase.activity}"
        return None

    def _pass_on_requests(self, runner: RunnerLink, watch: RunnerWatch) -> None:
        """Tell the runner to stop if somebody asked for it; after an abort, switch off without waiting for it."""
        if self._abort_requested.is_set():
            self._abort_requested.clear()
            self.stop(ABORTED_BY_OPERATOR)
            self._instrument.start_switching_off()
        if self._stop_reason is not None and not self._is_stop_sent:
            self._is_stop_sent = True
            runner.send(StopOrder(self._stop_reason))
            watch.order_stop()

    def _answer_switched_off(self, runner: RunnerLink, watch: RunnerWatch) -> None:
        """Tell a runner that waits for it what came of switching off; until then its silence is expected."""
        if self._switching_off is None:
            return
        watch.report(self._status.phase)
        if self._switching_off.is_done:
            runner.send(SwitchOffAnswer(self._switching_off.result()))
            self._switching_off = None

    # -- taking over --------------------------------------------------------------------------------------------------

    def _take_over(self, runner: RunnerLink) -> Outcome:
        """Switch the output off in the runner's place, and leave its file as it lies, but for state and event."""
        phase = self._status.phase
        runner.await_end(_DEATH_SEEN_S)
        reason = self._stop_reason or "the measuring process closed its pipe to the guardian"
        if not runner.is_alive():
            reason = f"the measuring process ended unexpectedly while {phase.activity}{runner.killed_by}"
            if (recorded := recorded_end(self.path, self.request.run_id)) is not None and recorded.output.is_off:
                return recorded  # it has ended by itself, with a guardian that was frozen meanwhile
        # First the runner, then the output: a runner that wakes up must not switch it on again.
        runner.kill()
        recorded = recorded_end(self.path, self.request.run_id) if phase is Phase.CLOSING else None
        if recorded is not None and recorded.output.is_off:
            return replace(recorded, warnings=(*recorded.warnings, reason))
        was_untouched = self._status.output is OutputState.UNTOUCHED and not self.path.exists()
        output = self._status.output if phase.output_is_off else OutputState.UNKNOWN
        self._status = replace(self._status, phase=Phase.SWITCHING_OFF, output=output)
        problem = self._instrument.switch_off()
        if problem is None:
            OutputMarker(self.request.resource).remove()
            if was_untouched and self._wish:
                told = f"{reason}; the guardian process read the output back as off"
                return replace(Outcome.refused(f"{self._wish}: nothing was started", ""), warnings=(told,))
            output, state, error_name = OutputState.OFF, RunState.ABORTED, "InstrumentError"
            reason += "; the guardian process switched the output off and read that back"
        elif was_untouched:
            return Outcome.refused(
                f"{reason}: nothing was started. Nor does the instrument answer: {problem}", "InstrumentError"
            )
        else:
            output, state, error_name = OutputState.UNKNOWN, RunState.UNKNOWN, OutputStateUnknown.__name__
            reason += f"; {problem}"
        n_samples = self._record_end(state, reason, output)
        if n_samples:
            reason = f"{reason.rstrip('.')}. {n_samples} samples are in {self.path}; `ionecho recover` closes the file"
        return Outcome(state, output, reason, error_name, n_samples)

    def _record_end(self, state: RunState, reason: str, output: OutputState) -> int:
        try:
            record = partial(record_end, self.path, self.request.run_id, state, reason, output)
            return self._instrument.do(record, lambda: _RECORD_S, "writing the end of the run")
        except ConnectionLost:
            return 0
