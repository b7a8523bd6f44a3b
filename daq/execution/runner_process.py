"""Process of a runner, and its pipe to the guardian."""

from __future__ import annotations

import queue
import signal
import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daq.execution.messages import StopOrder, SwitchOffAnswer
from daq.execution.runner import Runner
from daq.execution.switch_off import switch_off
from daq.locks import lock_instrument, lock_run
from daq.state import Outcome, OutputState, Phase, RunStatus
from protocols import IonechoError, OutputStateUnknown

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from daq.execution.run_request import RunRequest

# How long (s) the runner waits while the guardian switches off: three times what the guardian tries for (10 s), since
# each of its attempts may last some more seconds.
_SWITCH_OFF_S = 30.0
_NO_GUARDIAN = "the guardian process of this run has ended, and no run continues without a guardian"


class PipeSupervisor:
    """The guardian, seen from the runner through a pipe.

    A thread listens, so that a stop is known at the next turn of the loop however busy the pipe is.

    Parameters
    ----------
    pipe : Connection
    switch_off_alone : callable
        Switches the output off through sessions of this process's own, for a runner whose guardian is gone; returns
        None once it is read back as off, else why it is not.
    """

    def __init__(self, pipe: Connection[Any, Any], switch_off_alone: Callable[[], str | None]) -> None:
        self._switch_off_alone = switch_off_alone
        self._pipe = pipe
        self._stop_reason: str | None = None
        self._status = RunStatus()
        self._answers: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._listen, name="orders of the guardian", daemon=True).start()

    def _listen(self) -> None:
        try:
            while True:
                message: StopOrder | SwitchOffAnswer = self._pipe.recv()
                if isinstance(message, SwitchOffAnswer):
                    self._answers.put(message.problem)
                else:
                    self._stop_reason = message.reason
        except (OSError, EOFError):
            self._stop_reason = _NO_GUARDIAN
            self._answers.put(_NO_GUARDIAN)

    def stop(self, reason: str) -> None:
        """Stop the run, from within this process."""
        self._stop_reason = reason

    def report(self, status: RunStatus) -> None:
        """Tell the guardian how the run stands."""
        self._status = status
        try:
            self._pipe.send(status)
        except OSError:
            self._stop_reason = _NO_GUARDIAN

    def stop_reason(self) -> str | None:
        """Return why the run must stop, None if it need not."""
        return self._stop_reason

    def switch_off(self) -> str | None:
        """Let the guardian switch the output off, or do so here if it is gone or silent.

        Returns
        -------
        str or None
            None once the output is read back as off, else why it is not.
        """
        self.report(replace(self._status, phase=Phase.SWITCHING_OFF, output=OutputState.UNKNOWN))
        try:
            problem = self._answers.get(timeout=_SWITCH_OFF_S)
        except queue.Empty:
            problem = _NO_GUARDIAN
        return self._switch_off_alone() if problem == _NO_GUARDIAN else problem


def _switch_off_alone(request: RunRequest) -> str | None:
    try:
        switch_off(request.resource, timeout_s=request.timeout_s)
    except OutputStateUnknown as error:
        return str(error)
    return None


def run_process(request: RunRequest, pipe: Connection[Any, Any]) -> None:
    """Carry out one request; the main function of the runner's process."""
    from drivers import driver_problems, open_potentiostat

    supervisor = PipeSupervisor(pipe, lambda: _switch_off_alone(request))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: supervisor.stop("the measuring process was told to end"))
    path = Path(request.path)
    with ExitStack() as held:
        try:
            held.callback(lock_run(path, "runner").remove)
            held.callback(lock_instrument(request.resource, path, "runner").release)
            transcript = Path(request.transcript) if request.transcript else None
            driver = open_potentiostat(request.resource, request.timeout_s, transcript)
        except IonechoError as error:
            outcome = Outcome.refused(str(error), type(error).__name__)
        else:
            held.callback(driver.close)
            outcome = Runner(driver, request, supervisor, time).run()
        # Drivers of other packages that are left out did no harm, and are told.
        outcome = replace(outcome, warnings=(*outcome.warnings, *driver_problems()))
        supervisor.report(RunStatus().ended(outcome))
