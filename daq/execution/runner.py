"""How does one run happen, in its own process: plan, run file, program, samples, off?

The runner owns the instrument's main session, in one thread. It is started by the guardian and talks to it over a pipe:
it tells how it stands several times a second, and stops safely when it is told to, or when the guardian is gone.
"""

from __future__ import annotations

import queue
import signal
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from daq.execution.limit_monitor import LimitWatch
from daq.files.finalize import close_run_file
from daq.files.layout import Header, create_run_file
from daq.files.writer import RunWriter
from daq.locks import take_instrument, take_run
from daq.state import Outcome, OutputState, Phase, RunState, RunStatus
from drivers import Status
from protocols import IonechoError, LimitError, RunFileError
from protocols import Protocol as MeasurementProtocol

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from daq.execution.run_request import Job
    from drivers import Block, DrivePlan, Potentiostat
    from protocols import Limits

_POLL_S = 0.02
_TELL_S = 0.05
_RESCUE_S = 30.0
_NO_GUARD = "the guardian is gone: no run without a guard"
# `Status.EDGE` is no fault: the plan says where it stands.
_WARNED = {
    Status.OVERLOAD: "the current was beyond the measuring range",
    Status.COMPLIANCE: "the instrument limited the current",
    Status.TIMING: "their time or source value is not the plan's",
    Status.GAP: "samples before them were lost",
}


class Supervisor(Protocol):
    """Whoever watches the runner."""

    def report(self, status: RunStatus) -> None:
        """Hear how the run stands; also a sign of life."""

    def wants_stop(self) -> str | None:
        """Return why the run must stop, None if it need not."""

    def rescue(self) -> str | None:
        """Switch the output off in the runner's place; return None once it is read back as off, else why it is not."""


class Clock(Protocol):
    """Where time comes from."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class Stopped(IonechoError):  # noqa: N818 - it is not an error of anyone's
    """Somebody stopped the run."""


class Runner:
    """One run with one instrument.

    Parameters
    ----------
    driver : Potentiostat
        Open and owned by this thread.
    job : Job
    supervisor : Supervisor
    clock : Clock
    """

    def __init__(self, driver: Potentiostat, job: Job, supervisor: Supervisor, clock: Clock) -> None:
        self._driver = driver
        self._job = job
        self._supervisor = supervisor
        self._clock = clock
        self._path = Path(job.path)
        self._writer: RunWriter | None = None
        self._n_planned = 0
        self._told_phase: Phase | None = None
        self._output = OutputState.UNTOUCHED
        self._told_at = 0.0
        self._flagged = dict.fromkeys(_WARNED, 0)

    def run(self) -> Outcome:
        """Do it all and say how it ended. Raises nothing that belongs to a run."""
        try:
            plan, limits, header = self._prepared()
        except IonechoError as fault:
            return Outcome.refused(str(fault), type(fault).__name__)
        self._n_planned = plan.n_samples
        try:
            create_run_file(self._path, header)
        except RunFileError as fault:
            return Outcome.refused(str(fault), type(fault).__name__)
        return self._measured(plan, limits)

    def _prepared(self) -> tuple[DrivePlan, Limits, Header]:
        self._tell(Phase.PLANNING)
        identity = self._driver.identify()
        protocol = MeasurementProtocol.from_toml(self._job.protocol_text)
        limits = protocol.limits.stricter(self._job.limits)
        limits.check_sequence(protocol.sequence)
        plan = self._driver.plan(replace(protocol, limits=limits))
        return plan, limits, Header.of(protocol, plan, identity, self._job.resource)

    def _measured(self, plan: DrivePlan, limits: Limits) -> Outcome:
        writer = self._writer = RunWriter(self._path)
        fault: Exception | None = None
        try:
            self._tell(Phase.ARMING)
            self._driver.arm(plan)
            self._must_go_on()
            writer.file.set_state(RunState.RUNNING)
            writer.file.add_event("start")
            self._output = OutputState.ON
            self._tell(Phase.RUNNING)
            self._driver.start()
            self._follow(writer, LimitWatch(limits, plan), plan)
        except Exception as caught:  # noqa: BLE001 - whatever it is, even a bug of ours: the output must go off
            fault = caught
        outcome = self._switched_off(fault)
        return self._closed(writer, outcome)

    def _follow(self, writer: RunWriter, watch: LimitWatch, plan: DrivePlan) -> None:
        # An instrument that never comes to its end is stopped: its clock may not be ours, hence the margin.
        deadline = self._clock.monotonic() + 1.2 * plan.duration_s + 30.0
        while True:
            self._must_go_on()
            block = self._driver.read()
            if block is None:
                return
            self._count_flags(block)
            try:
                watch.check(block)
            finally:
                writer.put(block)
            self._tell(Phase.RUNNING)
            if len(block) == 0:
                if self._clock.monotonic() > deadline:
                    raise RunFileError(
                        f"the instrument did not end its program within {1.2 * plan.duration_s + 30:.0f} s"
                    )
                self._clock.sleep(_POLL_S)

    def _count_flags(self, block: Block) -> None:
        for flag in self._flagged:
            self._flagged[flag] += int(np.count_nonzero(block.status & flag))

    def _warnings(self) -> tuple[str, ...]:
        return tuple(
            f"{count} of the samples have the flag {flag.name}: {_WARNED[flag]}"
            for flag, count in self._flagged.items()
            if count
        )

    def _must_go_on(self) -> None:
        if (why := self._supervisor.wants_stop()) is not None:
            raise Stopped(why)

    def _switched_off(self, fault: Exception | None) -> Outcome:
        """Put the instrument into its safe state, whatever has happened, and say so."""
        reason, error = (str(fault), type(fault).__name__) if fault else ("", "")
        try:
            self._driver.safe_state()
        except (IonechoError, OSError):
            # Our session is of no use any more; the guardian has one of its own and may open others. A serial line can
            # be had only once it is free.
            with suppress(IonechoError, OSError):
                self._driver.close()
            if (unsafe := self._supervisor.rescue()) is not None:
                return Outcome.unknown(f"{reason}; {unsafe}" if reason else unsafe)
        if fault is None:
            return Outcome(RunState.COMPLETE, OutputState.OFF)
        if isinstance(fault, Stopped):
            return Outcome(RunState.STOPPED, OutputState.OFF, reason)
        state = RunState.STOPPED if isinstance(fault, LimitError) else RunState.ABORTED
        return Outcome(state, OutputState.OFF, reason, error)

    def _closed(self, writer: RunWriter, outcome: Outcome) -> Outcome:
        """Close the run file and say how the run ended. How it ended is known: no fault of the disk may hide that."""
        self._output = outcome.output
        self._tell(Phase.CLOSING)
        writer.finish()
        warnings = self._warnings()
        state, reason, error = outcome.state, outcome.reason, outcome.error
        if writer.failure is not None:
            lost = f"writing failed: {writer.failure}"
            state = RunState.ABORTED if state is RunState.COMPLETE else state
            reason, error = (f"{reason}; {lost}", error) if error else (lost, "RunFileError")
        elif state is RunState.COMPLETE and writer.acknowledged < self._n_planned:
            state, error = RunState.ABORTED, "InstrumentError"
            reason = f"the instrument gave {writer.acknowledged} of {self._n_planned} samples"
        try:
            if writer.is_stuck:
                raise RunFileError("its disk does not answer")
            try:
                writer.file.add_event(outcome.state, outcome.reason, output=outcome.output, warnings=warnings)
            finally:
                writer.close()
            close_run_file(self._path, state)
        except (OSError, IonechoError) as fault:
            unfinished = f"the run file is not closed ({fault}): its samples are safe, `ionecho recover` closes it"
            warnings = (*warnings, unfinished)
        return Outcome(state, outcome.output, reason, error, writer.acknowledged, warnings)

    def _tell(self, phase: Phase) -> None:
        """Report a new phase at once, progress within one some times a second."""
        now = self._clock.monotonic()
        if phase is self._told_phase and now - self._told_at < _TELL_S:
            return
        self._told_phase, self._told_at = phase, now
        done = self._writer.acknowledged if self._writer is not None else 0
        self._supervisor.report(RunStatus(phase, done, self._n_planned, self._output))


class PipeSupervisor:
    """The guardian, seen from the runner through a pipe.

    A thread listens, so that a stop is known at the next turn of the loop however busy the pipe is.
    """

    def __init__(self, pipe: Connection[Any, Any]) -> None:
        self._pipe = pipe
        self._why: str | None = None
        self._last = RunStatus()
        self._rescue: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._listen, name="guardian's voice", daemon=True).start()

    def _listen(self) -> None:
        try:
            while True:
                what, text = self._pipe.recv()
                if what == "rescue":
                    self._rescue.put(text)
                else:
                    self._why = text
        except (OSError, EOFError):
            self._why = _NO_GUARD
            self._rescue.put(_NO_GUARD)

    def stop(self, why: str) -> None:
        """Let the run stop, from within this process."""
        self._why = why

    def report(self, status: RunStatus) -> None:
        """Tell the guardian how the run stands."""
        self._last = status
        try:
            self._pipe.send(status)
        except OSError:
            self._why = _NO_GUARD

    def wants_stop(self) -> str | None:
        """Return why to stop, None to go on."""
        return self._why

    def rescue(self) -> str | None:
        """Ask the guardian to switch the output off, and wait for its word."""
        self.report(replace(self._last, phase=Phase.SWITCHING_OFF, output=OutputState.UNKNOWN))
        try:
            return self._rescue.get(timeout=_RESCUE_S)
        except queue.Empty:
            return "the guardian does not answer. Press the OUTPUT key of the instrument."


def run_process(job: Job, pipe: Connection[Any, Any]) -> None:
    """Do one job; the main function of the runner's process."""
    from drivers import open_potentiostat

    supervisor = PipeSupervisor(pipe)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: supervisor.stop("the runner was told to end"))
    with ExitStack() as held:
        try:
            held.callback(take_run(Path(job.path), "runner").remove)
            held.callback(take_instrument(job.resource, Path(job.path), "runner").release)
            driver = open_potentiostat(job.resource, job.timeout_s, Path(job.transcript) if job.transcript else None)
        except IonechoError as fault:
            outcome = Outcome.refused(str(fault), type(fault).__name__)
        else:
            held.callback(driver.close)
            outcome = Runner(driver, job, supervisor, time).run()
        supervisor.report(RunStatus().ended(outcome))
