"""Process of a runner, and its pipe to the guardian.

It carries out one request after the other. Between them it keeps its session to the instrument, if that was sound at
the end of the last run, whose output was read back as off::

    ──► request ──► locks of run and instrument, session ──► `Runner` ──► locks given back ──► outcome reported ──┐
         ▲                                                                                                        │
         └──────────────────────────────────── no end of the session was told ◄───────────────────────────────────┘
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import secrets
import signal
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daq.execution import exchange_limits
from daq.execution.message_channel import MessageChannel
from daq.execution.messages import (
    EndOfSession,
    Heartbeat,
    SessionEnded,
    StartAnswer,
    StartRequest,
    StopOrder,
    SwitchOffAnswer,
)
from daq.execution.processes import ProcessId
from daq.execution.run_request import RunRequest
from daq.execution.runner import Runner
from daq.execution.switch_off import switch_off
from daq.instrument_locks import lock_instrument
from daq.locks import OUTPUT_IS_OFF, lock_run
from daq.state import Outcome, OutputState, Phase, RunStatus
from drivers import Patience, driver_problems, open_potentiostat
from protocols import IonechoError, OutputStateUnknown

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from daq.execution.messages import PipeMessage
    from drivers import Potentiostat

# How long (s) the runner waits while the guardian switches off: three times what the guardian tries for (10 s), since
# each of its attempts may last some more seconds.
_SWITCH_OFF_S = 30.0
# How long (s) the guardian may be silent: eight of its heartbeats. Doubled: the output stays on for 2 s more under a
# guardian that is frozen. After it a moment (s) to take in what waits in the pipe, should this process be the one that
# was frozen.
_SILENCE_S, _LAST_LOOK_S = 2.0, 0.25
# Age (s) of the last heartbeat from which on it is looked whether the guardian is frozen, as the operating system says:
# three heartbeats. Doubled: the output stays on for 0.75 s more under a frozen guardian.
_LATE_S = 0.75
# How long (s) the guardian may take to answer before the start; it does so within a turn of its loop (0.05 s). Doubled:
# a process that wakes late may start on an answer that is as old.
_START_S = 1.0
# How long (s) the outcome may take on its way into the pipe before this process ends without.
_FLUSH_S = 2.0
# Interval (s) of the signs of life that exchanges with the instrument are, and the phases in which they are needed:
# while it runs, a driver returns its samples several times a second.
_PROGRESS_S = 0.25
_PHASES_OF_EXCHANGES = frozenset({Phase.CONNECTING, Phase.PLANNING, Phase.ARMING})
# How long (s) the guardian may take to send the request: it does so at once. Doubled: a runner whose guardian was
# frozen at that moment does nothing for a minute longer.
_REQUEST_S = 60.0
_NO_GUARDIAN = "the guardian process of this run has ended, and no run continues without a guardian"
_SILENT_GUARDIAN = "the guardian process of this run fell silent, and no run continues without a guardian"


class PipeSupervisor:
    """The guardian, seen from the runner through a pipe.

    Nothing here waits for a guardian that may be frozen, but for `switch_off` and `may_start`, which have limits. The
    guardian counts as gone once its end of the pipe is closed, or once its heartbeats have ceased::

        watched ──── no heartbeat for 2 s (0.75 s if it is frozen, as the operating system says), or pipe closed
           │
           └───────► alone: the run stops, and nothing is started any more

    Parameters
    ----------
    pipe : Connection
    switch_off_alone : callable
        Switches the output off through sessions of this process's own, for a runner whose guardian is gone; returns
        None once it is read back as off, else why it is not.
    is_guardian_frozen : callable, optional
        Whether the operating system says so.
    clock : callable, optional
        Reads the monotonic clock.

    Attributes
    ----------
    on_closing_alone : callable
        Called when the output is off and the run file is being closed without a guardian.
    """

    def __init__(
        self,
        pipe: Connection[Any, Any],
        switch_off_alone: Callable[[], str | None],
        is_guardian_frozen: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._is_guardian_frozen = is_guardian_frozen
        self._switch_off_alone = switch_off_alone
        self._clock = clock
        self._stop_reason: str | None = None
        self._own_stop_reason: str | None = None
        self._status = RunStatus()
        self._news = threading.Condition()
        self._heartbeat_s = clock()
        self._progress_s = clock()
        self._is_alone = False
        self._switch_off_answers: queue.SimpleQueue[SwitchOffAnswer] = queue.SimpleQueue()
        self._start_answers: queue.SimpleQueue[StartAnswer] = queue.SimpleQueue()
        self._requests: queue.SimpleQueue[RunRequest | None] = queue.SimpleQueue()
        self._is_over = False
        self.on_closing_alone: Callable[[], None] = lambda: None
        self._channel = MessageChannel(pipe, self._take)

    def _take(self, message: PipeMessage | None) -> None:
        """Take in a message of the guardian; called by the channel's thread."""
        if message is None:
            with self._news:
                self._is_alone = True
                self._news.notify_all()
            self._stop_reason = self._stop_reason or _NO_GUARDIAN
            self._end_requests()
        elif isinstance(message, RunRequest):
            self._begin(message)
        elif isinstance(message, EndOfSession):
            self._end_requests()
        elif isinstance(message, Heartbeat):
            with self._news:
                self._heartbeat_s = max(self._heartbeat_s, message.sent_s)
                self._news.notify_all()
        elif isinstance(message, SwitchOffAnswer):
            self._switch_off_answers.put(message)
        elif isinstance(message, StartAnswer):
            self._start_answers.put(message)
        elif isinstance(message, StopOrder):
            self._stop_reason = message.reason

    def _begin(self, request: RunRequest) -> None:
        """Take in the next request: what was ordered and answered for the run before does not count any more."""
        self._stop_reason = self._own_stop_reason
        self._status = RunStatus()
        self._switch_off_answers = queue.SimpleQueue()
        self._requests.put(request)

    def _end_requests(self) -> None:
        self._is_over = True
        self._requests.put(None)

    @property
    def is_over(self) -> bool:
        """Whether it is known that no more requests come."""
        return self._is_over

    def next_request(self, limit_s: float | None = None) -> RunRequest | None:
        """Wait for the next request and return it; None if no more come, or none has come in time."""
        with suppress(queue.Empty):
            return self._requests.get(timeout=limit_s)
        return None

    def end_session(self, problem: str | None) -> None:
        """Tell the guardian why the output may be on at the end of the session, None if it is off."""
        self._channel.send(SessionEnded(problem))
        self._channel.flush(_FLUSH_S)

    def stop(self, reason: str) -> None:
        """Stop the run, from within this process, and take no more requests."""
        self._stop_reason = self._own_stop_reason = reason
        self._end_requests()

    def report(self, status: RunStatus) -> None:
        """Tell the guardian how the run stands. Never waits; the outcome is given some seconds to be delivered."""
        self._status = status
        self._channel.send(status)
        if status.phase is Phase.CLOSING and status.output.is_off and self._is_alone:
            self.on_closing_alone()
        if status.is_final:
            self._channel.flush(_FLUSH_S)

    def report_progress(self) -> None:
        """Tell the guardian that an exchange with the instrument has begun: a slow program upload is no silence."""
        now = self._clock()
        if self._status.phase in _PHASES_OF_EXCHANGES and now - self._progress_s >= _PROGRESS_S:
            self._progress_s = now
            self._channel.send(self._status)

    def report_waiting(self) -> None:
        """Tell the guardian that an answer is waited for: an instrument that is late is no silence of this process."""
        now = self._clock()
        if now - self._progress_s >= _PROGRESS_S:
            self._progress_s = now
            self._channel.send(self._status)

    def stop_reason(self) -> str | None:
        """Return why the run must stop, None if it need not."""
        if not self._hears_guardian():
            self._stop_reason = self._stop_reason or _SILENT_GUARDIAN
        return self._stop_reason

    def _hears_guardian(self) -> bool:
        """Return whether the guardian's loop turned lately; once it has not, it is not believed any more."""
        with self._news:
            limit_s = _SILENCE_S
            if not self._is_heartbeat_fresh(_LATE_S) and self._is_guardian_frozen():
                limit_s = _LATE_S
            if not self._is_alone and not self._is_heartbeat_fresh(limit_s):
                self._news.wait_for(lambda: self._is_alone or self._is_heartbeat_fresh(limit_s), _LAST_LOOK_S)
                self._is_alone = self._is_alone or not self._is_heartbeat_fresh(limit_s)
            return not self._is_alone

    def _is_heartbeat_fresh(self, limit_s: float) -> bool:
        return self._clock() - self._heartbeat_s <= limit_s

    def may_start(self) -> str | None:
        """Ask whether the output may be switched on now; return None if it may, else why not.

        The answer counts for a moment only: a process that was frozen after it had asked, and wakes later, must not
        start on it. Whoever replaced it meanwhile has read the output back as off.
        """
        token = secrets.token_hex(8)
        asked_s = self._clock()
        self._channel.send(StartRequest(token))
        refusal = self._start_answer(token, asked_s + _START_S)
        if refusal is None and self._clock() - asked_s > _START_S:
            refusal = f"the measuring process was held up for {self._clock() - asked_s:.1f} s before the start"
        return refusal

    def _start_answer(self, token: str, deadline_s: float) -> str | None:
        while (left_s := deadline_s - self._clock()) > 0:
            try:
                answer = self._start_answers.get(timeout=left_s)
            except queue.Empty:
                break
            if answer.token == token:
                return answer.refusal
        return f"the guardian process of this run did not permit the start within {_START_S:.0f} s"

    def switch_off(self) -> str | None:
        """Let the guardian switch the output off, or do so here if it is gone or silent.

        Returns
        -------
        str or None
            None once the output is read back as off, else why it is not.
        """
        self.report(replace(self._status, phase=Phase.SWITCHING_OFF, output=OutputState.UNKNOWN))
        deadline = self._clock() + _SWITCH_OFF_S
        while self._hears_guardian() and self._clock() < deadline:
            with suppress(queue.Empty):
                return self._switch_off_answers.get(timeout=_LAST_LOOK_S).problem
        return self._switch_off_alone()


class RunnerProcess:
    """The runs of a session, one after the other, over one session to the instrument.

    Parameters
    ----------
    supervisor : PipeSupervisor
    """

    def __init__(self, supervisor: PipeSupervisor) -> None:
        self._supervisor = supervisor
        self._held = ExitStack()
        self._driver: Potentiostat | None = None
        self._patience: Patience | None = None

    def serve(self, request: RunRequest | None) -> None:
        """Carry out a request and those that follow it."""
        while request is not None:
            self._supervisor.report(RunStatus())
            outcome = self._carry_out(request)
            was_over = self._supervisor.is_over
            if was_over:
                self._close()
            # Drivers of other packages that are left out did no harm, and are told.
            outcome = replace(outcome, warnings=(*outcome.warnings, *driver_problems()))
            self._supervisor.report(RunStatus().ended(outcome))
            request = None if was_over else self._supervisor.next_request()
            if request is None and not was_over:
                self._supervisor.end_session(self._problem_at_the_end())
        self._close()

    def _carry_out(self, request: RunRequest) -> Outcome:
        path = Path(request.path)
        try:
            run_lock = lock_run(path, "runner")
        except IonechoError as error:
            return Outcome.refused(str(error), type(error).__name__)
        try:
            closing = f"process {os.getpid()} (runner), {OUTPUT_IS_OFF}"
            self._supervisor.on_closing_alone = lambda: run_lock.describe(closing)
            try:
                driver = self._opened(request)
            except IonechoError as error:
                self._close()
                return Outcome.refused(str(error), type(error).__name__)
            runner = Runner(driver, request, self._supervisor, time, self._patience)
            outcome = runner.run()
            if not runner.session_is_sound:
                self._close()
            return outcome
        finally:
            run_lock.remove()

    def _opened(self, request: RunRequest) -> Potentiostat:
        """Return the driver, with the session of the run before if there is one."""
        if self._driver is None:
            self._held.callback(lock_instrument(request.resource, Path(request.path), "runner").remove)
            transcript = Path(request.transcript) if request.transcript else None
            self._patience = Patience(
                request.timeout_s,
                on_exchange=self._supervisor.report_progress,
                on_wait=self._supervisor.report_waiting,
            )
            exchange_limits.before_start(self._patience, self._supervisor.stop_reason)
            self._driver = open_potentiostat(request.resource, transcript=transcript, patience=self._patience)
            self._held.callback(self._driver.close)
        elif self._patience is not None:
            exchange_limits.before_start(self._patience, self._supervisor.stop_reason)
        return self._driver

    def _close(self) -> None:
        """Close the session, if it is open, and give the instrument back: another run opens it anew."""
        self._driver = None
        with suppress(IonechoError, OSError):
            self._held.close()

    def _problem_at_the_end(self) -> str | None:
        """Read the output back as off once more; return why it may be on, None if it is off."""
        if self._driver is None:
            return None
        try:
            if self._patience is not None:
                exchange_limits.while_switching_off(self._patience)
            self._driver.safe_state()
        except (IonechoError, OSError) as error:
            return str(error)
        return None


def run_process(pipe: Connection[Any, Any]) -> None:
    """Carry out the requests that come; the main function of the runner's process."""
    parent = multiprocessing.parent_process()
    guardian = ProcessId.of(os.getppid() if parent is None else parent.pid or 0)
    current: list[RunRequest] = []

    def switch_off_alone() -> str | None:
        try:
            switch_off(current[0].resource, timeout_s=current[0].timeout_s)
        except OutputStateUnknown as error:
            return str(error)
        return None

    supervisor = PipeSupervisor(pipe, switch_off_alone, guardian.is_frozen)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: supervisor.stop("the measuring process was told to end"))
    if (request := supervisor.next_request(_REQUEST_S)) is not None:
        current.append(request)
        RunnerProcess(supervisor).serve(request)
