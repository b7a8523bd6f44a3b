"""Random kills, freezes and wishes over campaigns.

Is no point lost, none doubled, and the output off?

A campaign of short pulses is conducted on an instrument that is simulated in this process. Its front end, conductor,
guardian and runner, or all of them, are killed (SIGKILL) or frozen (SIGSTOP) at random moments, and it is paused,
continued and stopped. After each act a person would do one thing only: `ionecho resume FOLDER` if nobody conducts the
campaign. In the end each point must have exactly one complete run, and the output must be off.

``just campaign-kills`` plays 300 acts; ``--seed`` makes another play.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from daq import open_run, unconfirmed_outputs
from daq.campaign.campaign_in_progress import CampaignInProgress, new_campaign
from daq.campaign.link import read_address
from daq.campaign.requests import CampaignRequest
from daq.campaign.states import CampaignState, PointState
from daq.campaign.view import read_points, read_status
from daq.execution.control_file import read_control_file
from daq.state import RunState
from protocols import ConnectionLost, IonechoError, Limits
from protocols.campaigns import Campaign
from sim_instruments.serving.in_process import served_here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from daq.execution.processes import ProcessId

DOCUMENT = """
name = "kills"
[sequence]
kind = "pulse"
level = "10 mV"
width = "300 ms"
before = "100 ms"
after = "200 ms"
[sampling]
interval = "1 ms"
[limits]
voltage = "1 V"
current = "10 mA"
[[sweep]]
field = "sequence.level"
from = "10 mV"
to = "{to} mV"
count = {count}
[between]
retries = 3
give_up_after = 5
"""
VICTIMS = ("front end", "conductor", "guardian", "runner", "all")
WISHES = ("pause", "pause now", "stop", "stop now")
_LONGEST_DELAY_S = 3.0
"""Longest delay (s) of an act after the campaign has gone on: a start of processes and a run take some 2 s."""
_FROZEN_S = 4.0
"""How long (s) what was frozen stays so before a person resumes: longer than the 3 s after which a conductor counts as
silent."""
_POINT_S = 60.0
"""How long (s) a point may take on a loaded machine before a campaign counts as hung."""


@dataclass(frozen=True)
class Act:
    """What is done to a campaign, and when.

    Attributes
    ----------
    kind : str
        ``"kill"``, ``"freeze"`` or ``"wish"``.
    subject : str
        Of `VICTIMS`, or of `WISHES`.
    delay_s : float
        After the campaign has gone on.
    """

    kind: str
    subject: str
    delay_s: float

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} after {self.delay_s:.2f} s"


def document_of(n_points: int) -> str:
    """Return a campaign of so many points, each of another level."""
    return DOCUMENT.format(to=10 * n_points, count=n_points)


def random_acts(seed: int) -> Iterator[Act]:
    """Give acts without end; the same for the same seed."""
    draws = random.Random(seed)  # noqa: S311 - a play that can be repeated, no secret
    while True:
        kind = draws.choices(("kill", "freeze", "wish"), (5, 2, 2))[0]
        subject = draws.choice(WISHES if kind == "wish" else VICTIMS)
        yield Act(kind, subject, draws.uniform(0.0, _LONGEST_DELAY_S))


@dataclass
class Seen:
    """What was seen of one campaign.

    Attributes
    ----------
    violations : list of str
    n_acts : int
    n_repeated : int
        Attempts that were put aside.
    """

    violations: list[str] = field(default_factory=list)
    n_acts: int = 0
    n_repeated: int = 0


class CampaignPlay:
    """One campaign under attack.

    Parameters
    ----------
    path : Path
        Of its folder, which must not exist.
    resource : str
        The instrument.
    output_is_on : callable
        Looks at its true output.
    document : str
    patience : float
        By which limits of time are multiplied.
    report : callable
        Takes a line about what is done.
    """

    def __init__(
        self,
        path: Path,
        resource: str,
        output_is_on: Callable[[], bool],
        document: str,
        patience: float = 1.0,
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._output_is_on, self._patience, self._report = output_is_on, patience, report
        self._campaign = Campaign.from_toml(document)
        self._n_points = len(self._campaign.points)
        self.folder = new_campaign(self._campaign, path, resource, Limits(voltage_V=1.0))
        self.seen = Seen()
        self._front_end: subprocess.Popen[bytes] | None = None
        self._done: dict[int, str] = {}  # run of each point that was once told as done
        self._frozen: list[psutil.Process] = []

    def play(self, acts: Iterator[Act], most: int) -> Seen:
        """Conduct the campaign to its end, with some acts on its way."""
        try:
            for act in acts:
                if self.seen.n_acts >= most or self._goes_on(act.delay_s):
                    break
                self._report(str(act))
                self._do(act)
                self.seen.n_acts += 1
                self._check_state()
                if self.seen.violations:
                    break
            self._finish()
            self._check_end()
        finally:
            self._clear_up()
        return self.seen

    # -- acts ---------------------------------------------------------------------------------------------------------

    def _goes_on(self, delay_s: float) -> bool:
        """Have the campaign go on, wait a moment of it, and return whether it has ended."""
        if read_status(self.folder).state is CampaignState.DONE:
            return True
        self._resume()
        deadline = time.monotonic() + delay_s
        while time.monotonic() < deadline:
            if self._front_end is not None and self._front_end.poll() is not None:
                return read_status(self.folder).state is CampaignState.DONE
            time.sleep(0.01)
        return False

    def _resume(self) -> None:
        """Do what a person does who finds nobody watching: resume, in a terminal of its own."""
        self._wake()
        if self._front_end is not None and self._front_end.poll() is None:
            self._front_end.kill()
        if self._front_end is not None:
            self._front_end.wait()
        self._front_end = subprocess.Popen(
            [sys.executable, "-P", "-m", "ionecho", "resume", str(self.folder.path), "--json"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + _POINT_S * self._patience
        while not self._is_going() and time.monotonic() < deadline and self._front_end.poll() is None:
            time.sleep(0.01)

    def _is_going(self) -> bool:
        status = read_status(self.folder)
        return status.is_conducted and status.state is CampaignState.RUNNING

    def _do(self, act: Act) -> None:
        if act.kind == "wish":
            with suppress(ConnectionLost):
                CampaignInProgress(self.folder).ask(CampaignRequest(act.subject))
            return
        victims = [process for process in self._processes(act.subject) if process.pid != os.getpid()]
        for process in victims:
            with suppress(psutil.Error):
                if act.kind == "kill":
                    process.kill()
                else:
                    process.suspend()
                    self._frozen.append(process)
        if act.kind == "freeze" and victims:
            time.sleep(_FROZEN_S)

    def _processes(self, subject: str) -> list[psutil.Process]:
        """Return the processes of a name that live."""
        found: list[psutil.Process] = []
        if subject in {"front end", "all"} and self._front_end is not None and self._front_end.poll() is None:
            found.append(psutil.Process(self._front_end.pid))
        with suppress(ConnectionLost):
            if subject in {"conductor", "all"}:
                found += _living(read_address(self.folder).conductor)
        current = read_status(self.folder).current
        if current is not None:
            with suppress(ConnectionLost):
                control = read_control_file(self.folder.run_file(current.file))
                if subject in {"guardian", "all"}:
                    found += _living(control.guardian)
                if subject in {"runner", "all"} and control.runner is not None:
                    found += _living(control.runner)
        return found

    def _wake(self) -> None:
        """Let go on what is still frozen and was not ended: it must do no harm then."""
        for process in self._frozen:
            with suppress(psutil.Error):
                if process.status() == psutil.STATUS_STOPPED and read_status(self.folder).is_conducted is False:
                    process.resume()

    # -- what must hold -----------------------------------------------------------------------------------------------

    def _check_state(self) -> None:
        try:
            with closing(sqlite3.connect(f"{self.folder.state.as_uri()}?mode=ro", uri=True)) as link:
                health = link.execute("PRAGMA integrity_check").fetchone()[0]
            points = read_points(self.folder)
        except (IonechoError, sqlite3.Error) as error:
            self.seen.violations.append(f"the state cannot be read: {error}")
            return
        if health != "ok":
            self.seen.violations.append(f"the state is damaged: {health}")
        if len(points) != self._n_points or sum(point.state is PointState.RUNNING for point in points) > 1:
            self.seen.violations.append(f"{len(points)} points, of which several are measured at once: {points}")
        for point in points:
            if point.number in self._done and point.state is not PointState.DONE:
                self.seen.violations.append(f"point {point.number} was done and is {point.state}")
            if point.state is PointState.DONE:
                self._check_done(point.number, self.folder.run_file(point.file))

    def _check_done(self, number: int, path: Path) -> None:
        try:
            run = open_run(path)
        except (IonechoError, OSError) as error:
            self.seen.violations.append(f"point {number} is done, and its run cannot be opened: {error}")
            return
        if run.state is not RunState.COMPLETE or run.verify().bad_blocks:
            self.seen.violations.append(f"point {number} is done, and its run is {run.state}")
        if self._done.setdefault(number, run.run_id) != run.run_id:
            self.seen.violations.append(f"point {number} was done, and was measured again")

    def _finish(self) -> None:
        """Resume until the campaign is done."""
        deadline = time.monotonic() + _POINT_S * self._n_points * self._patience
        while (state := read_status(self.folder).state) is not CampaignState.DONE:
            if self._front_end is None or self._front_end.poll() is not None or state is CampaignState.PAUSED:
                self._resume()
            if time.monotonic() > deadline:
                self.seen.violations.append(f"the campaign does not end: {read_status(self.folder)}")
                return
            time.sleep(0.05)

    def _check_end(self) -> None:
        self._check_state()
        folder = self.folder.path
        runs = {path for path in folder.glob("[0-9]*.nxs") if not path.name.endswith(".results.nxs")}
        if runs != {self.folder.run_file(point.file) for point in read_points(self.folder)}:
            self.seen.violations.append(f"runs in the folder: {sorted(path.name for path in runs)}")
        for planned, point in zip(self._campaign.points, read_points(self.folder), strict=True):
            measured = open_run(self.folder.run_file(point.file)).protocol
            if measured is None or measured.sequence != planned.protocol.sequence:
                self.seen.violations.append(f"point {planned.number} is not {planned.label}: {measured}")
        aside = sorted((folder / "aside").glob("*.nxs"))
        self.seen.n_repeated = len(aside)
        named = {name for point in read_points(self.folder) for name in point.aside}
        for path in aside:
            if open_run(path, damaged=True).state is RunState.COMPLETE:
                self.seen.violations.append(f"{path.name} is complete, and was measured again")
            if self.folder.relative(path) not in named:
                self.seen.violations.append(f"{path.name} is not named in the state")
        if self._output_is_on():
            self.seen.violations.append("the output is on")
        if alarms := unconfirmed_outputs(folder):
            self.seen.violations.append(f"outputs that may be on: {alarms}")

    def _clear_up(self) -> None:
        for process in [*self._frozen, *self._processes("all")]:
            with suppress(psutil.Error):
                process.kill()
        if self._front_end is not None:
            self._front_end.wait()


def _living(process: ProcessId) -> list[psutil.Process]:
    with suppress(psutil.Error):
        if process.is_alive():
            return [psutil.Process(process.pid)]
    return []


def main() -> int:
    """Play campaigns until so many acts are done, and print what was violated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--acts", type=int, default=300)
    parser.add_argument("--points", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patience", type=float, default=4.0)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    acts, done, violations = random_acts(options.seed), 0, 0
    begun_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ionecho-kills-") as folder:
        number = 0
        while done < options.acts:
            number += 1
            with served_here("keithley2461", record_output=True) as instrument:
                output = instrument.output
                play = CampaignPlay(
                    Path(folder) / str(number),
                    instrument.resource,
                    lambda: output.is_on,  # noqa: B023 - played to its end within this turn
                    document_of(options.points),
                    options.patience,
                    partial(print, "  "),
                )
                seen = play.play(acts, options.acts - done)
            done += seen.n_acts
            violations += len(seen.violations)
            print(
                f"campaign {number}: {seen.n_acts} acts, {seen.n_repeated} attempts put aside, "
                f"{len(seen.violations)} violations {seen.violations}",
                flush=True,
            )
    print(f"{done} acts over {number} campaigns in {time.monotonic() - begun_s:.0f} s: {violations} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
