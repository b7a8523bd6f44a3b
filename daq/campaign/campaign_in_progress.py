"""Campaign as a front end sees it: how it stands, how it is paused, stopped and resumed.

How it stands is read from its state on disk. A front end asks its conductor for nothing but a sign of life, and never
takes its place: `resume` starts another one, and ends one first that does not answer any more.
"""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from daq.campaign.conditions import condition_problems
from daq.campaign.folder import CampaignFolder, create_campaign, run_file_name
from daq.campaign.link import ConductorSilent, NotConductedError, ask_conductor, read_address
from daq.campaign.requests import CampaignRequest
from daq.campaign.schema import PlannedPoint
from daq.campaign.settling import run_in_progress_at
from daq.campaign.states import CampaignState
from daq.campaign.view import read_status
from drivers import resolved
from protocols import ConnectionLost, InputError, Problem, RunFileError
from protocols.campaigns import StopKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from daq.campaign.view import CampaignStatus
    from daq.state import Outcome
    from protocols import Limits
    from protocols.campaigns import Campaign

STARTED: list[subprocess.Popen[bytes]] = []
"""Processes that this one has started and that may outlive it: kept, since Python warns of any that it forgets."""
# What `start_new_session` does elsewhere; both are known on Windows only.
OWN_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)
_POLL_S = 0.1
"""Interval (s) between two looks at the state: a person sees no faster change."""
_SIGN_S = 2.0
"""Interval (s) between two questions for a sign of life."""
_HUNG_S = 30.0
"""Age (s) of the conductor's loop at which it counts as hung. It turns every second, but for the settling of a run
that crashed, which tries an instrument for 10 s. Doubled, a person is told half a minute later."""
_START_S = 60.0
"""How long (s) a conductor may take to own its folder: it imports everything, which takes a second of an idle
processor, and 10 to 30 s on one with 30 processes a core. Doubled, one that is frozen is told a minute later."""
_KILLED_S = 5.0
"""How long (s) a conductor that was killed may take to be gone."""
_ENDED_S = 5.0
"""How long (s) a conductor that has let go of its campaign is waited for: its last words come before its end."""


class CampaignInProgress:
    """A campaign that a conductor has, or had.

    Parameters
    ----------
    folder : CampaignFolder
    process : Popen, optional
        The conductor, if this process started it.
    """

    def __init__(self, folder: CampaignFolder, process: subprocess.Popen[bytes] | None = None) -> None:
        self.folder = folder
        self._process = process
        self._asked_s = time.monotonic()

    def status(self) -> CampaignStatus:
        """Return how the campaign stands."""
        return read_status(self.folder)

    def ask(self, request: CampaignRequest) -> None:
        """Ask the conductor for something.

        Raises
        ------
        ConnectionLost
            If there is none; `ConductorSilent` if it does not answer.
        """
        age_s = ask_conductor(self.folder, request)
        if age_s > _HUNG_S:
            raise ConductorSilent(f"{self.folder.path}: the conductor of this campaign has hung for {age_s:.0f} s")

    def wait(self, progress: Callable[[CampaignStatus], None] | None = None) -> CampaignStatus:
        """Wait until the campaign has ended and return how it stands then.

        Parameters
        ----------
        progress : callable, optional
            Called some times a second.

        Raises
        ------
        ConnectionLost
            If its conductor has died or does not answer. A run that is in progress continues under its guardian.
        """
        while True:
            status = self.status()
            if progress is not None:
                progress(status)
            if not status.is_conducted:
                return self._ended(self.status())
            if time.monotonic() - self._asked_s > _SIGN_S:
                self._asked_s = time.monotonic()
                self._require_sign()
            time.sleep(_POLL_S)

    def _ended(self, status: CampaignStatus) -> CampaignStatus:
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):  # it owns nothing any more, and how the campaign stands is known
                self._process.wait(_ENDED_S)
        if status.is_conducted or not status.is_interrupted:
            return status
        raise ConnectionLost(
            f"{self.folder.path}: the conductor of this campaign has ended unexpectedly{self._last_words()}. A run "
            f"that is in progress continues under its guardian. Go on with `ionecho resume {self.folder.path}`."
        )

    def _require_sign(self) -> None:
        try:
            self.ask(CampaignRequest.STATUS)
        except ConductorSilent as error:
            raise ConductorSilent(
                f"{error}. A run that is in progress continues under its guardian. `ionecho resume {self.folder.path}` "
                "ends this conductor and starts another one."
            ) from error
        except ConnectionLost:
            return  # it is ending, and the next look at the state says how

    def _last_words(self) -> str:
        """Return what the conductor printed last, in brackets; empty if it printed nothing."""
        try:
            lines = self.folder.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        except OSError:
            return ""
        return f" ({lines[-1]})" if lines else ""

    def await_start(self) -> None:
        """Wait until the conductor owns the campaign, or has ended.

        Raises
        ------
        RunFileError
            If another one has it, or it does not start.
        """
        deadline = time.monotonic() + _START_S
        process = self._process
        while process is not None and not self.folder.control.exists():
            if process.poll() is not None:
                if process.returncode != 0 and self.status().state is CampaignState.WAITING:
                    raise RunFileError(f"{self.folder.path}: the conductor did not start{self._last_words()}")
                return
            if time.monotonic() > deadline:
                process.kill()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_KILLED_S)
                raise RunFileError(f"{self.folder.path}: the conductor did not start within {_START_S:.0f} s")
            time.sleep(_POLL_S)


def new_campaign(campaign: Campaign, path: Path, resource: str, limits: Limits, transcript: str = "") -> CampaignFolder:
    """Make the folder of a campaign; nothing is started.

    Raises
    ------
    InputError
        If there is something at that path, or the document asks for what no version can do yet.
    RunFileError
        If it cannot be made.
    """
    for problem in document_problems(campaign):
        raise InputError(problem.message, problem.path)
    n = len(campaign.points)
    points = [
        PlannedPoint(
            point.number,
            point.label,
            run_file_name(point.number, n, point.label),
            point.temperature_K,
            point.protocol.duration_s,
        )
        for point in campaign.points
    ]
    return create_campaign(path, campaign.text, points, campaign.name, (resolved(resource), limits, transcript))


def document_problems(campaign: Campaign) -> Iterator[Problem]:
    """Give what a document asks for that no campaign can do."""
    if campaign.between.rest_level_V is not None:
        yield Problem(
            "between.rest_level",
            "a rest at a level is not possible yet: between two runs the output is off. Write the level into the "
            'sequence, or give rest_level = "off"',
        )
    yield from condition_problems(campaign)
    known = [one.text for one in campaign.stop.stop_when if one.kind is StopKind.KNOWN]
    if len(known) > 1:
        yield Problem(
            "stop.stop_when", f"one quantity that is to be known can end a run: keep one of {', '.join(known)}"
        )


def start_conductor(folder: CampaignFolder) -> CampaignInProgress:
    """Start a conductor for a campaign and return at once.

    It does not depend on this process.
    """
    if not folder.is_owned:
        folder.control.unlink(missing_ok=True)  # of a conductor that was killed
    with folder.log.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - this program
            [sys.executable, "-P", "-m", "daq.campaign.conductor_process", str(folder.path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            # Ctrl-C in the terminal is for the front end, which then asks for a safe stop.
            start_new_session=True,
            creationflags=OWN_GROUP,
        )
    STARTED.append(process)
    return CampaignInProgress(folder, process)


def attach_campaign(folder: CampaignFolder) -> CampaignInProgress:
    """Return the campaign that a conductor has, whoever started it.

    Raises
    ------
    ConnectionLost
        If none has it.
    """
    if not folder.is_owned:
        raise NotConductedError(folder.path)
    return CampaignInProgress(folder)


def resume_campaign(folder: CampaignFolder) -> CampaignInProgress:
    """Go on with a campaign: continue it if it is paused; start a conductor if there is none, or none that answers."""
    if folder.is_owned:
        campaign = CampaignInProgress(folder)
        try:
            campaign.ask(CampaignRequest.CONTINUE)
        except ConductorSilent:
            end_silent_conductor(folder)
        except ConnectionLost:  # it has just ended
            pass
        else:
            return campaign
    return start_conductor(folder)


def end_silent_conductor(folder: CampaignFolder) -> None:
    """End the process of a conductor that does not answer. A run that is in progress continues under its guardian.

    Raises
    ------
    ConnectionLost
        If it is on another computer.
    PermissionError
        If it is not ours to end.
    """
    known = read_address(folder)
    if not known.is_of_this_computer:
        raise ConnectionLost(f"{folder.path}: this campaign is conducted on the computer {known.node}: do it there")
    known.conductor.kill(_KILLED_S)


def stop_campaign(folder: CampaignFolder, *, after_point: bool = False) -> Outcome | None:
    """Stop a campaign: at once, or after the point that is being measured.

    A conductor that does not answer is ended, and one that is dead is done without: the run in progress is then stopped
    by this process.

    Returns
    -------
    Outcome or None
        How the run ended that this process stopped; None if the conductor sees to it, or there was none.
    """
    request = CampaignRequest.STOP if after_point else CampaignRequest.STOP_NOW
    try:
        CampaignInProgress(folder).ask(request)
    except ConductorSilent:
        end_silent_conductor(folder)
    except ConnectionLost:
        if folder.is_owned:
            raise
    else:
        return None
    current = read_status(folder).current
    run = None if current is None else run_in_progress_at(folder.run_file(current.file))
    return None if run is None else run.stop_and_wait()
