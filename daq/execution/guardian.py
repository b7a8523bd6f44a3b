"""Supervision of the runs of one session: the output goes off even if a run's own process cannot see to it.

The guardian is a small process of its own. It opens a spare session to the instrument, starts the runner, receives its
reports several times a second, and passes on what front ends ask. Requests come one a line on its standard input, and
its end is the end of the session; a single run is a session of one request. Its own life::

    connecting ──► supervising a run ──► between runs ──► ending: the runner reads back off once more and closes,
         │              │      ▲             │    │                   then the spare session is closed
         │ refused      │      └─────────────┘    │ the runner died: off by the guardian, and read back;
         │              │       next request      │ the next run gets a fresh runner
         ▼              ▼                         ▼
       finished     taking over (`daq.execution.supervised_run`): the next run gets a fresh runner

Everything is done by one loop that turns every 0.05 s at the latest, whatever happens: what may take long (sessions,
disks) is done by a `TurningWorker`, and the pipe is read and written by a `MessageChannel`. With each turn it

- takes a message of the runner, and answers whether it may start: not after a stop, nor out of turn;
- holds the runner against the deadline of its phase (`daq.execution.deadlines`), the phases before the start too: a
  frozen runner must not wake up later and switch on;
- passes a stop on to the runner; an abort also switches off through the spare session at once;
- lets the runner hear a heartbeat, four times a second. A runner that hears none for 2 s stops, and switches off by
  itself: no run continues without a guardian.

A runner that is taken over is dead before anything else is done, so that it can do nothing when it wakes. A report of a
phase that may not follow the last one is a failure of the runner, which is then taken over.

The guardian itself is watched by the runner, by its heartbeats, and by front ends: each of their answers carries the
time since the loop turned last. A front end replaces a guardian that does not answer, or whose loop does not turn
(`daq.execution.replacement`).

`daq.execution.bench` starts it as ``python -m daq.execution.guardian`` for one run, `daq.execution.bench_session` for
many.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from typing import IO, TYPE_CHECKING

from daq.execution.control import NOT_STARTED, OUTPUT_UNKNOWN
from daq.execution.guarded_instrument import GuardedInstrument
from daq.execution.messages import Heartbeat, end_to_line
from daq.execution.output_marker import OutputMarker
from daq.execution.run_request import request_from_json
from daq.execution.runner_link import RunnerLink, forked_runner
from daq.execution.supervised_run import SupervisedRun
from daq.execution.worker import TURN_S
from daq.state import Outcome, RunState
from drivers import load_drivers
from protocols import InstrumentError, IonechoError

if TYPE_CHECKING:
    from daq.execution.run_request import RunRequest
    from daq.execution.runner_link import StartedRunner

# Interval (s) of the heartbeats: an eighth of what the runner waits for one.
_HEARTBEAT_S = 0.25
# How long (s) a runner that has reported its outcome may take to end by itself before it is killed.
_RUNNER_END_S = 2.0
# How long (s) a runner may take to read back off at the end of a session and to close: its longest exchange on a busy
# computer, and a second. Doubled: a runner that hangs with its output off is ended 5 s later.
_SESSION_END_S = 5.0


class Requests:
    """Requests for runs as they come, one a line.

    Parameters
    ----------
    stream : text file
        A pipe, or a file with one line.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._came: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._has_ended = threading.Event()
        threading.Thread(target=self._read, name="requests", daemon=True).start()

    def _read(self) -> None:
        with suppress(OSError, ValueError):  # what is no text is the end, too
            for line in self._stream:
                self._came.put(line)
        self._has_ended.set()

    def end(self) -> None:
        """Take no more requests, and drop those that wait."""
        self._has_ended.set()
        with suppress(queue.Empty):
            while True:
                self._came.get_nowait()

    @property
    def are_over(self) -> bool:
        """Whether no more will come."""
        return self._has_ended.is_set() and self._came.empty()

    def next(self, limit_s: float) -> RunRequest | None:
        """Return the next request, None if none has come in time.

        Raises
        ------
        InstrumentError
            If a line is no request.
        """
        try:
            line = self._came.get(timeout=limit_s)
        except queue.Empty:
            return None
        try:
            return request_from_json(line)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InstrumentError(f"what the guardian process was asked is no request for a run ({error})") from error


class Guardian:
    """Supervisor of the runs of one session, on one instrument.

    Parameters
    ----------
    requests : Requests
    first_runner : StartedRunner, optional
        Waits for its first request; by default a runner is started when there is one.
    """

    def __init__(self, requests: Requests, first_runner: StartedRunner | None = None) -> None:
        self._requests = requests
        self._first_runner = first_runner
        self._turned_s = self._beat_s = time.monotonic()
        self._runner: RunnerLink | None = None
        self._instrument: GuardedInstrument | None = None
        self._run: SupervisedRun | None = None
        self._stop_reason = ""
        self._finishing: list[threading.Thread] = []
        self.problem = ""
        """Why the output may be on at the end of the session, though no run said so; empty if it is off."""
        self.last_word = ""
        """How the last run ended, for a front end that did not hear it."""

    def serve(self) -> Outcome | None:
        """Carry out what is asked under supervision, until no more is; return how the last run ended.

        Raises
        ------
        RunFileError
            If another guardian has a run that was asked for.
        InstrumentError
            If a request is none, or is for another instrument.
        """
        outcome: Outcome | None = None
        try:
            while not self._requests.are_over:
                self._turn()
                self._look_at_idle_runner()
                if (request := self._requests.next(TURN_S)) is not None:
                    outcome = self._guard(request)
        finally:
            self._end_session()
            for thread in self._finishing:
                thread.join()
        return outcome

    def stop(self, reason: str) -> None:
        """Stop the run in progress, and take no more."""
        self._stop_reason = reason
        self._requests.end()
        if self._run is not None:
            self._run.stop(reason)

    def _turn(self) -> None:
        """Show that the loop turns: to front ends, and to the runner several times a second."""
        self._turned_s = time.monotonic()
        if self._runner is not None and self._turned_s - self._beat_s >= _HEARTBEAT_S:
            self._beat_s = self._turned_s
            self._runner.send(Heartbeat(self._turned_s))

    def _guard(self, request: RunRequest) -> Outcome:
        """Have one run carried out, tell front ends how it ended, and return that."""
        instrument = self._instrument = self._instrument_of(request)
        run = self._run = SupervisedRun(request, instrument, self._turn)
        if self._stop_reason:
            run.stop(self._stop_reason)
        run.serve(lambda: time.monotonic() - self._turned_s)
        note = ""
        try:
            note = instrument.prepare(run.path)
            outcome = run.stopped_before_start() or self._carry_out(run)
        except IonechoError as error:
            outcome = Outcome.refused(str(error), type(error).__name__)
        if note:
            outcome = replace(outcome, warnings=(note, *outcome.warnings))
        if self._requests.are_over:
            self._end_session()  # before anybody hears of the end: the next run may begin at once
        else:
            instrument.wait_for_next()
        self.last_word = end_to_line(request.run_id, outcome)
        run.end(outcome)
        self._finishing = [thread for thread in self._finishing if thread.is_alive()]
        self._finishing.append(threading.Thread(target=run.finish, name="front ends of a run that has ended"))
        self._finishing[-1].start()
        return outcome

    def _instrument_of(self, request: RunRequest) -> GuardedInstrument:
        if self._instrument is None:
            return GuardedInstrument(request.resource, request.timeout_s, self._turn)
        if self._instrument.resource != request.resource:
            raise InstrumentError(
                f"{request.resource}: this session has the instrument {self._instrument.resource}: open another one"
            )
        return self._instrument

    def _carry_out(self, run: SupervisedRun) -> Outcome:
        runner = self._runner = self._runner or RunnerLink(self._turn, self._unused_runner())
        outcome = run.supervise(runner, is_last=self._requests.are_over)
        if not runner.is_alive():
            self._runner = None
        return outcome

    def _unused_runner(self) -> StartedRunner | None:
        """Return the runner that waits for its first request, once; None if there is none that will wait for it."""
        first, self._first_runner = self._first_runner, None
        if first is not None and not first.is_fresh():
            first.kill()
            return None
        return first

    def _look_at_idle_runner(self) -> None:
        """See to it that nothing is on if the runner has died between two runs."""
        runner, instrument = self._runner, self._instrument
        if runner is None or instrument is None or runner.is_alive():
            return
        self._runner = None
        if (problem := instrument.switch_off()) is not None:
            self._leave_unknown(
                instrument, f"the measuring process ended between two runs{runner.killed_by}; {problem}"
            )

    # -- the end ------------------------------------------------------------------------------------------------------

    def _end_session(self) -> None:
        """End the runner, which reads back off once more if it waited for a run, and give the instrument back."""
        runner, self._runner = self._runner, None
        instrument, self._instrument = self._instrument, None
        if (unused := self._unused_runner()) is not None:
            unused.kill()
        if runner is not None:
            self._end_runner(runner, instrument)
        if instrument is not None:
            instrument.release()

    def _end_runner(self, runner: RunnerLink, instrument: GuardedInstrument | None) -> None:
        problem: str | None = None
        if not runner.is_ending:
            runner.send_end()
            problem = runner.last_word(_SESSION_END_S)
        runner.await_end(_RUNNER_END_S)
        runner.kill()
        if problem is not None and instrument is not None and (still := instrument.switch_off()) is not None:
            self._leave_unknown(instrument, f"{problem}; {still}")

    def _leave_unknown(self, instrument: GuardedInstrument, problem: str) -> None:
        """Keep that the output may be on, so that the next run on this instrument begins with switching off."""
        self.problem = problem
        if self._run is not None:
            with suppress(IonechoError):
                OutputMarker(instrument.resource).write(instrument.driver, self._run.path)


def _own_input() -> IO[str]:
    """Return standard input for this process alone: the runner that it starts gets nothing to read.

    Else the runner would hold the pipe of the requests open, and a front end whose guardian has been killed could go
    on asking without an error.
    """
    own = os.fdopen(os.dup(sys.stdin.fileno()), encoding="utf-8")
    with open(os.devnull) as nothing:  # noqa: PTH123 - for its descriptor
        os.dup2(nothing.fileno(), sys.stdin.fileno())
    return own


def main() -> int:
    """Guard the runs that standard input names."""
    requests = _own_input()
    with suppress(Exception):  # whatever is wrong with a driver, opening the instrument says it
        load_drivers()
    first_runner = forked_runner(requests)  # before anything here starts a thread
    guardian = Guardian(Requests(requests), first_runner)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: guardian.stop("the guardian process was told to end"))
    try:
        outcome = guardian.serve()
    except IonechoError as error:
        sys.stderr.write(f"{error}\n")
        return NOT_STARTED
    status = 0 if outcome is None or outcome.state is RunState.COMPLETE else 1
    if guardian.problem:
        sys.stderr.write(f"{guardian.problem}\n")
        status = OUTPUT_UNKNOWN
    elif outcome is not None and status:  # for a front end that did not hear it and finds no run file, and in words
        sys.stderr.write(f"{guardian.last_word}\n{outcome.reason}\n")
    if multiprocessing.active_children():  # one that was killed and is still in a call: nobody waits for it
        os._exit(status)
    return status


if __name__ == "__main__":
    sys.exit(main())
