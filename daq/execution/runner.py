"""Execution of one run: plan, run file, program, samples, safe state.

The runner owns the instrument's main session, in one thread. It reports to its supervisor several times a second and
asks it whether to stop; `daq.execution.runner_process` puts it into a process of its own, with the guardian as
supervisor. Its phases, with the output in each, are drawn in `daq.state.Phase`::

    run() ── _prepare ──► refused: nothing was sent            planning
                │
             create_run_file ──► refused                       planning
                │
             arm ── may_start? ── start ── _acquire            arming, running
                │ end, stop, limit or any exception
             _switch_off: own session, else the guardian's     running, switching off
                │ off (read back) or unknown
             _finalize: last samples, events, trimming         closing
"""

from __future__ import annotations

import platform
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from daq.execution import exchange_limits
from daq.execution.averaging import Averaging
from daq.execution.limit_monitor import LimitMonitor, StopConditionMet
from daq.execution.output_marker import OutputMarker
from daq.execution.read_pace import ReadPace
from daq.execution.wall_clock import WallClock
from daq.files.finalize import finalize_open_file
from daq.files.header import Header
from daq.files.layout import create_run_file
from daq.files.rescue import rescue
from daq.files.slow_channels import TEMPERATURE
from daq.files.writer import RunWriter
from daq.state import Outcome, OutputState, Phase, RunState, RunStatus
from drivers import ExchangeAbandonedError, Patience, Status, name_of_driver
from protocols import InstrumentError, IonechoError, LimitError, ProtocolError, RunFileError
from protocols import Protocol as MeasurementProtocol

if TYPE_CHECKING:
    from daq.execution.run_request import RunRequest
    from drivers import Block, DrivePlan, Potentiostat
    from protocols import Limits

# Wait (s) after a read without samples. It adds to the time from a stop to the output off; doubled, 20 ms more.
_POLL_S = 0.02
# Interval (s) of reports within one phase: 80 of them within the guardian's patience of 4 s. Doubled: progress is shown
# ten times a second, and 40 lost reports in a row count as silence.
_REPORT_INTERVAL_S = 0.05
# Longest time that an instrument gets for its program: a share of the planned duration, for its clock and its link, and
# seconds more, for starting and reading out. Doubled: an instrument that never ends its program is stopped later.
_OVERTIME_FACTOR, _OVERTIME_S = 1.2, 30.0
# `Status.EDGE` is no fault: the plan says where it stands.
_FLAGS_WITH_WARNING = {
    Status.OVERLOAD: "the current was beyond the measuring range",
    Status.COMPLIANCE: "the instrument limited the current",
    Status.TIMING: "their time or source value is not the plan's",
    Status.GAP: "samples before them were lost",
}


class Supervisor(Protocol):
    """Whoever watches the runner."""

    def report(self, status: RunStatus) -> None:
        """Take in how the run stands; also a sign of life."""

    def stop_reason(self) -> str | None:
        """Return why the run must stop, None if it need not."""

    def may_start(self) -> str | None:
        """Return None if the output may be switched on at this moment, else why not."""

    def switch_off(self) -> str | None:
        """Switch the output off in the runner's place; return None once it is read back as off, else why it is not."""


class Clock(Protocol):
    """Source of time."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""

    def time(self) -> float:
        """Return seconds since 1970, as the computer's clock says it; it may be set at any time."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class RunStopped(IonechoError):  # noqa: N818 - nobody made an error
    """A stop that was asked for."""


# What no instrument had a part in.
_OURS = (RunStopped, StopConditionMet, LimitError, ProtocolError, RunFileError)


class Runner:
    """One run with one instrument.

    Parameters
    ----------
    driver : Potentiostat
        Open and owned by this thread.
    request : RunRequest
    supervisor : Supervisor
    clock : Clock
    patience : Patience, optional
        Of the driver's session: how long its answers are waited for in each part of the run.

    Attributes
    ----------
    session_is_sound : bool
        Whether the driver may be used for another run: nothing has failed that its session or instrument may have had
        a part in.
    """

    def __init__(
        self,
        driver: Potentiostat,
        request: RunRequest,
        supervisor: Supervisor,
        clock: Clock,
        patience: Patience | None = None,
    ) -> None:
        self._patience = patience or Patience(request.timeout_s)
        self._driver = driver
        self._request = request
        self._supervisor = supervisor
        self._clock = clock
        self._path = Path(request.path)
        self._writer: RunWriter | None = None
        self._n_planned = 0
        self._may_end_early = False
        self._wall_clock = WallClock(clock)
        self._output = OutputState.UNTOUCHED
        self._marker: OutputMarker | None = None
        self._reported_phase: Phase | None = None
        self._reported_at_s = 0.0
        self.session_is_sound = True
        self._n_late_before = self._patience.n_late
        self._n_flagged = dict.fromkeys(_FLAGS_WITH_WARNING, 0)

    def run(self) -> Outcome:
        """Carry the run out and return how it ended. Raises nothing that belongs to a run."""
        try:
            plan, limits, header = self._prepare()
        except IonechoError as error:
            self._judge_session(error)
            return Outcome.refused(str(error), type(error).__name__)
        self._n_planned = plan.n_recorded
        self._may_end_early = plan.may_end_early
        try:
            self._raise_if_stopped()
            create_run_file(self._path, header)
            writer = self._writer = RunWriter(self._path)
        except RunStopped as stopped:
            return Outcome.refused(f"{stopped}, while planning: nothing was started", "")
        except (OSError, RunFileError) as error:
            return Outcome.refused(str(error), RunFileError.__name__)
        return self._measure(writer, plan, limits)

    def _prepare(self) -> tuple[DrivePlan, Limits, Header]:
        self._report(Phase.PLANNING)
        self._wall_clock.look()
        identity = self._driver.identify()
        protocol = MeasurementProtocol.from_toml(self._request.protocol_text)
        limits = protocol.limits.stricter(self._request.limits)
        limits.check_sequence(protocol.sequence)
        plan = self._driver.plan(replace(protocol, limits=limits))
        header = Header.of(protocol, plan, identity, self._request.resource, self._request.run_id)
        place = self._request.place
        origin = replace(header.origin, campaign=place.campaign, point=place.point)
        slow = (TEMPERATURE,) if place.slow_temperature else ()
        return plan, limits, replace(header, origin=origin, accuracy=self._driver.accuracy, slow=slow)

    def _measure(self, writer: RunWriter, plan: DrivePlan, limits: Limits) -> Outcome:
        error: Exception | None = None
        try:
            self._report(Phase.ARMING)
            self._driver.arm(plan)
            self._raise_if_stopped()
            writer.file.set_state(RunState.RUNNING)
            writer.file.add_event("start", computer=platform.node())
            writer.look()
            writer.raise_if_lost()
            self._marker = OutputMarker(self._request.resource)
            self._marker.write(name_of_driver(self._driver), self._path)
            self._output = OutputState.ON
            self._report(Phase.RUNNING)
            self._require_permission()
            exchange_limits.while_running(self._patience)
            self._n_late_before = self._patience.n_late
            self._driver.start()
            self._acquire(writer, LimitMonitor(limits, plan, self._request.place.ends_at), plan)
        except ExchangeAbandonedError as caught:  # a stop does not wait for an instrument that is late
            reason = self._supervisor.stop_reason()
            error = caught if reason is None else RunStopped(reason)
            self.session_is_sound = False
        except Exception as caught:  # noqa: BLE001 - whatever it is, even a bug of ours: the output must go off
            error = caught
            self._judge_session(error)
        outcome = self._switch_off(error)
        return self._finalize(writer, outcome)

    def _judge_session(self, error: Exception) -> None:
        """Take in what has failed: what no instrument had a part in spoils no session."""
        self.session_is_sound = isinstance(error, _OURS)

    def _acquire(self, writer: RunWriter, monitor: LimitMonitor, plan: DrivePlan) -> None:
        """Hand samples to limits and run file until the program has ended.

        Raises
        ------
        RunStopped, StopConditionMet, LimitError, InstrumentError, RunFileError
        """
        averaging = Averaging(plan) if plan.is_averaged else None
        longest_s = _OVERTIME_FACTOR * plan.duration_s + _OVERTIME_S
        deadline = self._clock.monotonic() + longest_s
        pace = ReadPace()
        while True:
            self._note_clock_jump(writer)
            self._raise_if_stopped()
            begun_s = self._clock.monotonic()
            block = self._driver.read()
            if block is None:
                return
            self._count_flags(block)
            try:
                monitor.check(block)
            finally:
                writer.put(block if averaging is None else averaging.take(block))
            self._report(Phase.RUNNING)
            if len(block) == 0:
                if self._clock.monotonic() > deadline:
                    raise RunFileError(f"the instrument did not end its program within {longest_s:.0f} s")
                self._clock.sleep(_POLL_S)
            elif (rest_s := pace.rest_s(block, begun_s, self._clock.monotonic())) > 0.0:
                self._clock.sleep(rest_s)

    def _note_clock_jump(self, writer: RunWriter) -> None:
        if (jump := self._wall_clock.look()) is not None:
            writer.file.add_event("clock", str(jump), jump_s=jump.jump_s)

    def _count_flags(self, block: Block) -> None:
        for flag in self._n_flagged:
            self._n_flagged[flag] += int(np.count_nonzero(block.status & flag))

    def _warnings(self) -> tuple[str, ...]:
        flagged = tuple(
            f"{count} of the samples have the flag {flag.name}: {_FLAGS_WITH_WARNING[flag]}"
            for flag, count in self._n_flagged.items()
            if count
        )
        n_late = self._patience.n_late - self._n_late_before
        if not n_late:
            return flagged
        late = f"{n_late} answers of the instrument came late, the slowest after {self._patience.slowest_s:.1f} s"
        return (*flagged, f"{late}: its program ran on, and no limit was watched meanwhile")

    def _raise_if_stopped(self) -> None:
        if (reason := self._supervisor.stop_reason()) is not None:
            raise RunStopped(reason)

    def _require_permission(self) -> None:
        """Return if the output may go on now. Nothing may come between this and the start: the answer grows old.

        Raises
        ------
        RunStopped
            If the run was stopped meanwhile.
        InstrumentError
            If the supervisor does not permit the start, or this process was held up.
        """
        refusal = self._supervisor.may_start()
        self._raise_if_stopped()
        if refusal is not None:
            raise InstrumentError(f"{refusal}: the output was not switched on")

    def _switch_off(self, error: Exception | None) -> Outcome:
        """Put the instrument into its safe state, whatever has happened, and return the outcome so far."""
        reason, kind = (str(error), type(error).__name__) if error else ("", "")
        exchange_limits.while_switching_off(self._patience)
        try:
            self._driver.safe_state()
        except (IonechoError, OSError):
            # Our session is of no use any more; the guardian has one of its own and may open others. A serial line can
            # be opened only once it is free.
            self.session_is_sound = False
            with suppress(IonechoError, OSError):
                self._driver.close()
            if (problem := self._supervisor.switch_off()) is not None:
                return Outcome.unknown(f"{reason}; {problem}" if reason else problem)
        if self._marker is not None:
            self._marker.remove()
        if error is None:
            return Outcome(RunState.COMPLETE, OutputState.OFF)
        if isinstance(error, RunStopped | StopConditionMet):
            return Outcome(RunState.STOPPED, OutputState.OFF, reason)
        state = RunState.STOPPED if isinstance(error, LimitError) else RunState.ABORTED
        return Outcome(state, OutputState.OFF, reason, kind)

    def _finalize(self, writer: RunWriter, outcome: Outcome) -> Outcome:
        """Finalize the run file and return the outcome. The end is known by now: no fault of the disk may hide it."""
        self._output = outcome.output
        self._report(Phase.CLOSING)
        writer.finish()
        state, reason, error = self._state_with_samples(writer, outcome)
        ended = Outcome(state, outcome.output, reason, error, writer.acknowledged, self._warnings())
        try:
            if writer.is_stuck:
                raise RunFileError("its disk does not answer")
            try:
                return self._close_file(writer, ended)
            finally:
                writer.close()
        except (OSError, IonechoError) as fault:
            unfinished = f"the run file is not closed ({fault}): its samples are safe, `ionecho recover` closes it"
        return replace(ended, warnings=(*ended.warnings, unfinished))

    def _close_file(self, writer: RunWriter, ended: Outcome) -> Outcome:
        """Write the end into the file and trim it; or rescue what it holds, if it is lost at its path."""
        if not writer.look():
            try:
                self._note_clock_jump(writer)
                writer.file.add_event(ended.state, ended.reason, output=ended.output, warnings=ended.warnings)
                finalize_open_file(writer.file, writer.acknowledged, writer.n_rows, ended.state)
            except (OSError, IonechoError):
                if not writer.look():
                    raise
            else:
                return ended
        return self._rescue(writer, ended)

    def _rescue(self, writer: RunWriter, ended: Outcome) -> Outcome:
        """Make a new file of the samples of a file that is lost, and return the outcome with it."""
        state = RunState.UNKNOWN if ended.state is RunState.UNKNOWN else RunState.ABORTED
        loss = f"{self._path} {writer.loss} while its run was writing it"
        before = ended.reason if ended.reason and loss not in ended.reason else ""
        reason = f"{before}; {loss}" if before else loss
        with suppress(OSError):  # the lost file; the event is in memory too, for the new one
            writer.file.add_event(state, reason, output=ended.output, warnings=ended.warnings)
            if not writer.file.is_damaged():
                writer.file.set_state(state)  # whoever has it open, or finds it elsewhere, sees that the run has ended
        try:
            saved = rescue(writer.file, writer.acknowledged, writer.n_rows, state)
        except IonechoError as error:
            reason, n_samples, path = f"{reason}; {error}", 0, ""
        else:
            n_samples, path = saved.n_samples, str(saved.path)
            kept = f"{n_samples} samples were rescued to {path}"
            if n_samples < writer.acknowledged:
                kept += f", and {writer.acknowledged - n_samples} older ones are lost"
            reason = f"{reason}; {kept}"
        error_name = ended.error or RunFileError.__name__
        return replace(ended, state=state, reason=reason, error=error_name, n_samples=n_samples, rescued=path)

    def _state_with_samples(self, writer: RunWriter, outcome: Outcome) -> tuple[RunState, str, str]:
        """Return state, reason and error, now that it is known which samples are on disk."""
        state, reason, error = outcome.state, outcome.reason, outcome.error
        if writer.failure is not None:
            lost = f"writing failed: {writer.failure}"
            state = RunState.ABORTED if state is RunState.COMPLETE else state
            reason, error = (f"{reason}; {lost}", error) if error else (lost, RunFileError.__name__)
        elif state is RunState.COMPLETE and writer.acknowledged < self._n_planned and not self._may_end_early:
            state, error = RunState.ABORTED, "InstrumentError"
            reason = f"the instrument gave {writer.acknowledged} of {self._n_planned} samples"
        return state, reason, error

    def _report(self, phase: Phase) -> None:
        """Report a new phase at once, progress within one some times a second."""
        now = self._clock.monotonic()
        if phase is self._reported_phase and now - self._reported_at_s < _REPORT_INTERVAL_S:
            return
        self._reported_phase, self._reported_at_s = phase, now
        n_samples = self._writer.acknowledged if self._writer is not None else 0
        self._supervisor.report(RunStatus(phase, n_samples, self._n_planned, self._output))
