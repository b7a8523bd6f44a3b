"""Processes of one run under attack: its front end, its guardian, its runner; and what the guardian told of the run."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

from benchmarks import from_outside
from daq.execution.control import RunLink
from daq.execution.control_file import read_control_file
from daq.shared_folder import ENVIRONMENT
from daq.state import OutputState, Phase
from protocols import ConnectionLost

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.kills.cases import Action, Process
    from daq.state import RunStatus

# Variable of the environment that all processes of a case inherit, so that whatever they leave is found.
_MARK = "IONECHO_KILLS_CASE"
# Interval (s) of questions to the guardian: short beside the phases that take some ten milliseconds; and while samples
# come, when as often as a window asks is enough.
_ASK_S, _ASK_RUNNING_S = 0.002, 0.02


def _is_guardian(child: psutil.Process) -> bool:
    return "daq.execution.guardian" in " ".join(child.cmdline())


def runner_has_run(run_path: Path) -> bool:
    """Whether the guardian of a run has told which process is to measure it."""
    with suppress(ConnectionLost, OSError, ValueError):
        return read_control_file(run_path).runner is not None
    return False


class Observer:
    """A second front end, which only asks how the run stands: what it was told, the run must keep.

    It asks in a thread of its own, so that a guardian that does not answer holds nothing up.

    Parameters
    ----------
    run_path : Path
    eager : bool
        Whether to ask as often while samples come as otherwise, since what follows takes some ten milliseconds.
    """

    def __init__(self, run_path: Path, *, eager: bool) -> None:
        self._run_path = run_path
        self._while_running_s = _ASK_S if eager else _ASK_RUNNING_S
        self._is_over = threading.Event()
        self._stop_wanted = threading.Event()
        self._thread = threading.Thread(target=self._observe, name="observer", daemon=True)
        self.phase: Phase | None = None
        """The last one that was told; None before the guardian listens."""
        self.n_samples = 0
        """Largest number of samples that was told to be safely on disk."""
        self.output: OutputState | None = None
        self._thread.start()

    def _observe(self) -> None:
        link: RunLink | None = None
        while not self._is_over.is_set():
            try:
                link = link or RunLink(self._run_path)
                if self._stop_wanted.is_set():
                    link.stop()
                    self._stop_wanted.clear()
                self._take(link.status())
            except (ConnectionLost, OSError, ValueError):
                link = None
            if self.phase is Phase.FINISHED:
                break
            time.sleep(self._while_running_s if self.phase is Phase.RUNNING else _ASK_S)
        if link is not None:
            link.close()

    def _take(self, status: RunStatus) -> None:
        if self._is_over.is_set():
            return
        self.n_samples = max(self.n_samples, status.n_samples)
        self.phase, self.output = status.phase, status.output

    def stop_run(self) -> None:
        """Ask for the end of the run, as an operator at a second window does."""
        self._stop_wanted.set()

    def stop_is_sent(self) -> bool:
        """Whether the stop that was asked for has been told to the guardian."""
        return not self._stop_wanted.is_set()

    def end(self) -> None:
        """Ask no more: from now on nobody but the run's own processes may help it."""
        self._is_over.set()
        self._thread.join(10 * _ASK_RUNNING_S)


class RunProcesses:
    """The three processes of a run, by `ionecho run`.

    Parameters
    ----------
    protocol_path, run_path : Path
    resource : str
    folder : Path
        For what the front end prints; also names this run among all others.
    """

    def __init__(self, protocol_path: Path, run_path: Path, resource: str, folder: Path) -> None:
        command = [sys.executable, "-P", "-m", "ionecho", "run", str(protocol_path), "-r", resource]
        self._folder = folder
        self._locks_folder.mkdir()
        with self._output_path.open("wb") as output, self._errors_path.open("wb") as errors:
            self.front_end = subprocess.Popen(
                [*command, "-o", str(run_path), "--json"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                env=self.environment,
                cwd=folder,
            )
        self._known: dict[Process, psutil.Process] = {"front end": psutil.Process(self.front_end.pid)}
        self.ended_s: dict[Process, float] = {}
        """When each process was first seen to have ended, by `time.monotonic`."""

    @property
    def environment(self) -> dict[str, str]:
        """Environment of all processes of this case: locks and markers of its own, whatever else runs here."""
        return os.environ | {_MARK: str(self._folder), ENVIRONMENT: str(self._locks_folder)}

    @property
    def _locks_folder(self) -> Path:
        return self._folder / "locks"

    @property
    def is_marked(self) -> bool:
        """Whether the instrument has a marker that its output may be on."""
        return any(path.stat().st_size for path in self._locks_folder.glob("*.output-may-be-on.json"))

    @property
    def _output_path(self) -> Path:
        return self._folder / "front-end.out"

    @property
    def _errors_path(self) -> Path:
        return self._folder / "front-end.err"

    @property
    def output(self) -> str:
        """Standard output of the front end so far."""
        return self._output_path.read_text("utf-8", errors="replace")

    @property
    def errors(self) -> str:
        """Standard error of the front end so far."""
        return self._errors_path.read_text("utf-8", errors="replace")

    def knows(self, name: Process) -> bool:
        """Look for one of the processes; return whether it has been found, alive or not."""
        if name in self._known:
            return True
        parent, is_wanted = ("front end", _is_guardian) if name == "guardian" else ("guardian", from_outside.is_runner)
        if parent == "guardian" and not self.knows("guardian"):
            return False
        with suppress(psutil.Error):
            owner = self._known["front end" if name == "guardian" else "guardian"]
            found = [child for child in owner.children() if is_wanted(child)]
            if found:
                self._known[name] = found[0]
        return name in self._known

    def hit(self, name: Process, action: Action) -> None:
        """Kill or freeze one of the processes; one that has just ended by itself is left alone."""
        with suppress(psutil.NoSuchProcess):
            if action == "kill":
                self._known[name].kill()
            else:
                self._known[name].suspend()

    def wake(self, name: Process) -> None:
        """Let a frozen process go on, if it still exists."""
        with suppress(psutil.NoSuchProcess):
            self._known[name].resume()

    def look(self) -> None:
        """Note which processes have ended."""
        now = time.monotonic()
        for name in self._known:
            if name not in self.ended_s and not self._is_there(name):
                self.ended_s[name] = now

    def exists(self, name: Process) -> bool:
        """Whether a process exists, frozen or not."""
        return name in self._known and name not in self.ended_s and self._is_there(name)

    def _is_there(self, name: Process) -> bool:
        if name == "front end":  # ours: it has ended when its exit status can be had, not while its threads still end
            return self.front_end.poll() is None
        return _exists(self._known[name])

    @property
    def all_ended(self) -> bool:
        """Whether all processes that have been found had ended at the last look."""
        return len(self.ended_s) == len(self._known)

    def leftovers(self) -> list[psutil.Process]:
        """Return the processes of this case that still exist, whoever started them."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get(_MARK) == str(self._folder) and _exists(process):
                    found.append(process)
        return found


def _exists(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
