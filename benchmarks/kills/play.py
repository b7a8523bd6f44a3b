"""One case of the campaign of kills, played: a run, the signals, and what comes of it.

The instrument is simulated in this process, and the true state of its output is read inside it every 2 ms. The run is
an ordinary `ionecho run` in processes of its own. A second front end asks how the run stands until the signals come,
and not after: then only the run's own processes may help it.
"""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import ExitStack, nullcontext, suppress
from typing import TYPE_CHECKING

from benchmarks.kills.cases import PROCESSES
from benchmarks.kills.observation import Alarm, Change, Observation
from benchmarks.kills.processes import Observer, RunProcesses, runner_has_run
from benchmarks.kills.protocol import duration_s, protocol_for
from benchmarks.kills.verdict import end_limit_s
from daq import open_run, unconfirmed_outputs
from daq.state import Phase
from protocols import IonechoError
from sim_instruments.serving.in_process import served_here

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from benchmarks.kills.cases import Case
    from sim_instruments.serving.in_process import InProcess

# Interval (s) of looks at processes: much shorter than any promised time.
_LOOK_S = 0.02
# Longest wait (s) for a phase on an idle machine: the start of three processes, and a short program.
_REACH_S = 20.0
# Longest delay (s) of the signals within each phase, times the case's moment: the phases that wait for the instrument
# are held open for so long, by holding its answers; planning and closing take some ten milliseconds.
_DELAYS_S = {
    Phase.CONNECTING: 1.0,
    Phase.PLANNING: 0.05,
    Phase.ARMING: 0.6,
    Phase.RUNNING: 1.5,
    Phase.SWITCHING_OFF: 0.3,
    Phase.CLOSING: 0.03,
}
_HELD = {Phase.PLANNING, Phase.ARMING, Phase.SWITCHING_OFF}
# In which the run comes to its end.
_ENDS = {Phase.SWITCHING_OFF, Phase.CLOSING}
# Moments within `Phase.RUNNING` before this one are the start itself: told as running, and not on yet.
_START_MOMENT = 0.15
# How long (s) a run measures before it is stopped, or before it counts as running.
_MEASURES_S = 0.3
# How long (s) `ionecho recover` may take before it is killed: longer than it is allowed, to know how long it takes.
_RECOVER_S = 40.0
# How long (s) helpers of the three processes (a resource tracker of multiprocessing) may take to end after them.
_HELPERS_END_S = 3.0
# How long (s) the truth is watched once everything has ended: whatever wakes up late is seen.
_AFTERWARDS_S = 0.3


class NotReachedError(IonechoError):
    """The phase of a case did not come."""


class Player:
    """One case on its instrument.

    Parameters
    ----------
    case : Case
    folder : Path
        For its files; must exist.
    patience : float
        By which limits of time are multiplied.
    starting : context manager, optional
        Held while much is computed: the start of processes. Others' measured seconds are not to suffer from it.
    """

    def __init__(
        self, case: Case, folder: Path, patience: float = 1.0, starting: AbstractContextManager[object] | None = None
    ) -> None:
        self._case = case
        self._folder = folder
        self._patience = patience
        self._starting = starting or nullcontext()
        self._run_path = folder / "run.nxs"
        self._seen = Observation(duration_s=duration_s(case))

    def play(self) -> Observation:
        """Play the case and return what was seen."""
        protocol = self._folder / "protocol.toml"
        protocol.write_text(protocol_for(self._case).to_toml(), "utf-8")
        with served_here(self._case.kind, self._case.transport, record_output=True) as instrument:
            self._instrument = instrument
            with ExitStack() as self._is_starting:
                self._is_starting.enter_context(self._starting)
                self._processes = RunProcesses(protocol, self._run_path, instrument.resource, self._folder)
                self._observer = Observer(self._run_path, eager=self._case.phase in _ENDS)
                try:
                    self._reach_phase()
                except NotReachedError as error:
                    self._seen.problem = str(error)
            try:
                self._hit()
                self._follow()
            finally:
                self._clear_up()
            self._recover()
            time.sleep(_AFTERWARDS_S)
            self._note_truth(instrument)
        self._read_run_file()
        return self._seen

    # -- until the signals --------------------------------------------------------------------------------------------

    def _reach_phase(self) -> None:
        """Wait for the moment of the case; the answers of the instrument may be held when this returns."""
        case, phase = self._case, self._case.phase
        delay_s = case.moment * _DELAYS_S[phase]
        if phase is Phase.CONNECTING:
            self._reach_connecting(delay_s)
            return
        if phase in _ENDS:
            self._reach_end()
        if phase is Phase.RUNNING and case.moment >= _START_MOMENT:
            self._until(lambda: self._observer.n_samples > 0, "the first sample")
        elif phase is not Phase.SWITCHING_OFF:
            self._until(lambda: self._has_come(phase), f"phase {phase!r}")
        if phase in _HELD or (phase is Phase.RUNNING and case.moment < _START_MOMENT):
            self._hold_answers()
        for name in PROCESSES:
            self._processes.knows(name)
        time.sleep(delay_s)

    def _reach_connecting(self, delay_s: float) -> None:
        if "runner" in self._case.fate:
            # One that is killed before it was asked for anything is replaced, and the run goes on to its own end.
            self._until(lambda: runner_has_run(self._run_path), "a runner that has the run", _LOOK_S)
            self._hold_answers()
        else:
            self._until(lambda: self._processes.knows("guardian"), "the guardian's process", _LOOK_S)
        time.sleep(delay_s)
        self._processes.knows("runner")

    def _reach_end(self) -> None:
        """Wait until the run comes to its end: by its program, or by a stop."""
        self._until(lambda: self._instrument.output.is_on, "output on")
        for name in PROCESSES:  # a run that is over in a moment leaves no time for that
            self._processes.knows(name)
        self._is_starting.close()
        began_s = self._instrument.output.edges[-1].at_s
        if self._case.ending == "stop":
            self._until(lambda: self._observer.n_samples > 0, "the first sample")
            time.sleep(_MEASURES_S)
            self._observer.stop_run()
            if self._case.phase is Phase.SWITCHING_OFF:
                self._until(self._observer.stop_is_sent, "the stop", 0.001)
        elif self._case.phase is Phase.SWITCHING_OFF:
            time.sleep(max(0.0, began_s + self._seen.duration_s - 0.02 - time.monotonic()))

    def _has_come(self, phase: Phase) -> bool:
        """Whether the run is in a phase, or beyond it: it may be over before anybody can ask."""
        order = [*_DELAYS_S, Phase.FINISHED]
        return self._observer.phase is not None and order.index(self._observer.phase) >= order.index(phase)

    def _until(self, holds: Callable[[], bool], what: str, interval_s: float = 0.002) -> None:
        deadline = time.monotonic() + (_REACH_S + self._seen.duration_s) * self._patience
        while not holds():
            if self._processes.front_end.poll() is not None:
                raise NotReachedError(f"the run ended before {what}: {self._processes.errors.strip()[-300:]}")
            if time.monotonic() > deadline:
                raise NotReachedError(f"waited in vain for {what}")
            time.sleep(interval_s)

    def _hold_answers(self) -> None:
        self._instrument.do(self._instrument.served.host.hold_answers)

    # -- the signals and after ----------------------------------------------------------------------------------------

    def _hit(self) -> None:
        self._observer.end()
        seen = self._seen
        seen.phase = "" if self._observer.phase is None else str(self._observer.phase)
        seen.acknowledged = self._observer.n_samples
        self._began_s = time.monotonic()
        seen.output_on = self._instrument.output.is_on
        for name, action in self._case.hits:
            if self._processes.knows(name):
                self._processes.hit(name, action)
        self._instrument.do(self._instrument.served.host.release_answers)

    def _since_s(self) -> float:
        return time.monotonic() - self._began_s

    def _follow(self) -> None:
        """Watch until all processes have ended, or they have had more than the time that they are allowed."""
        frozen = [name for name, action in self._case.hits if action == "freeze"]
        given_up_s = 3.0 + max(end_limit_s(self._case, self._seen, name, self._patience) for name in PROCESSES)
        if frozen:
            given_up_s += self._case.frozen_s
        while self._since_s() < given_up_s:
            if frozen and self._since_s() >= self._case.frozen_s:
                for name in frozen:
                    self._processes.wake(name)
                frozen, self._seen.frozen_until_s = [], self._since_s()
            for name in PROCESSES:
                self._processes.knows(name)
            was_alive = self._processes.exists("front end")
            self._processes.look()
            if was_alive and not self._processes.exists("front end"):
                self._seen.front_end_output_on = self._instrument.output.is_on
            if self._processes.all_ended:
                self._look_at_alarm("when all processes had ended")
                with suppress(IonechoError):
                    self._seen.state_left = str(open_run(self._run_path).state) if self._run_path.exists() else ""
                return
            time.sleep(_LOOK_S)

    def _look_at_alarm(self, when: str) -> None:
        is_on, reasons = self._instrument.output.is_on, unconfirmed_outputs(self._folder)
        self._seen.alarms.append(Alarm(when, is_on, self._run_path in reasons, self._processes.is_marked))

    def _clear_up(self) -> None:
        """Note how the processes ended, and kill what is left of them."""
        self._observer.end()
        processes, seen = self._processes, self._seen
        seen.ended_s = {name: at_s - self._began_s for name, at_s in processes.ended_s.items()}
        seen.front_end_status = processes.front_end.poll()
        deadline = time.monotonic() + _HELPERS_END_S * self._patience
        while processes.leftovers() and time.monotonic() < deadline:
            time.sleep(_LOOK_S)
        for process in processes.leftovers():
            name = " ".join(process.cmdline())[-60:]
            seen.leftovers.append(f"{process.pid} ({name})")
            process.kill()
        processes.front_end.wait()
        seen.front_end_output, seen.front_end_errors = processes.output, processes.errors

    def _recover(self) -> None:
        """Do what a person does after a crash, in a process of its own."""
        seen = self._seen
        seen.has_file = self._run_path.exists()
        if not seen.has_file:
            return
        command = [sys.executable, "-P", "-m", "ionecho", "recover", str(self._run_path)]
        with self._starting:
            begun_s = time.monotonic()
            try:
                done = subprocess.run(
                    command,
                    capture_output=True,
                    encoding="utf-8",
                    timeout=_RECOVER_S * self._patience,
                    check=False,
                    env=self._processes.environment,
                )
            except subprocess.TimeoutExpired:
                pass
            else:
                seen.recover_status, seen.recover_text = done.returncode, done.stdout + done.stderr
            seen.recover_s = time.monotonic() - begun_s
        self._look_at_alarm("after `ionecho recover`")

    def _note_truth(self, instrument: InProcess) -> None:
        changes = [edge for edge in instrument.output.edges if edge.at_s >= self._began_s]
        self._seen.changes = [Change(edge.at_s - self._began_s, edge.on) for edge in changes]
        self._seen.longest_gap_s = instrument.output.longest_gap_s(self._began_s)

    def _read_run_file(self) -> None:
        if not self._seen.has_file:
            return
        try:
            run = open_run(self._run_path)
            self._seen.n_samples, self._seen.state = run.n_samples, str(run.state)
            self._seen.bad_blocks = len(run.verify().bad_blocks)
        except (IonechoError, OSError) as error:
            self._seen.state = f"unreadable: {error}"
