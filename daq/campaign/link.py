"""Link between front ends and the conductor of a campaign: a local socket, whose address is in the campaign's folder.

It is made like that of a run's guardian (`daq.execution.control`): a key that only the user can read, single words, a
limit to every wait, and with each answer the time since the conductor's loop turned last. How the points stand is not
asked over it: that is in the state on disk.
"""

from __future__ import annotations

import json
import os
import platform
from contextlib import suppress
from dataclasses import asdict, dataclass
from multiprocessing import AuthenticationError
from typing import TYPE_CHECKING

from daq.campaign.requests import CampaignRequest
from daq.execution.local_channel import ANSWER_S, LocalLink, LocalServer
from daq.execution.processes import ProcessId
from daq.files.durable import write_small_file
from protocols import ConnectionLost, when_free

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from daq.campaign.folder import CampaignFolder


class NotConductedError(ConnectionLost):
    """Nobody conducts this campaign.

    Parameters
    ----------
    folder : Path
        Of the campaign.
    """

    hint = "`ionecho resume FOLDER` goes on with a campaign that is not done."

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder}: nobody conducts this campaign: `ionecho resume {folder}` goes on with it")


class ConductorSilent(ConnectionLost):
    """A conductor that is there and does not answer in time, or whose loop does not turn."""


@dataclass(frozen=True)
class ConductorAddress:
    """Content of a campaign's control file.

    Attributes
    ----------
    address, key : str
        Where the conductor listens, and what a front end must know.
    conductor : ProcessId
    node : str
        Computer on which it runs.
    """

    address: str
    key: str
    conductor: ProcessId
    node: str

    @property
    def is_of_this_computer(self) -> bool:
        """Whether the conductor is on this computer."""
        return self.node == platform.node()


def read_address(folder: CampaignFolder) -> ConductorAddress:
    """Return where the conductor of a campaign listens.

    Raises
    ------
    ConnectionLost
        If nobody conducts it.
    """
    try:
        fields = json.loads(when_free(lambda: folder.control.read_text(encoding="utf-8")))
        process = ProcessId(int(fields["conductor"]["pid"]), str(fields["conductor"]["started"]))
        return ConductorAddress(str(fields["address"]), str(fields["key"]), process, str(fields["node"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotConductedError(folder.path) from error


class ConductorServer:
    """The conductor's end: takes requests from now on, in threads.

    Parameters
    ----------
    folder : CampaignFolder
        Its lock must be held.
    take : callable
    age_s : callable
        Returns the time since the last turn of the conductor's loop.
    """

    def __init__(
        self, folder: CampaignFolder, take: Callable[[CampaignRequest], None], age_s: Callable[[], float]
    ) -> None:
        def answer(request: str) -> tuple[str, bool]:
            take(CampaignRequest(request))
            return repr(age_s()), False

        self._server = LocalServer()
        self._path = folder.control
        self._server.serve(answer)
        own = ConductorAddress(self._server.address, self._server.key, ProcessId.of(os.getpid()), platform.node())
        # It holds the key: for nobody but the user, from its first moment.
        write_small_file(self._path, json.dumps(asdict(own)), 0o600)

    def close(self) -> None:
        """Stop listening and remove the control file."""
        with suppress(OSError):
            when_free(lambda: self._path.unlink(missing_ok=True))
        self._server.close()


def ask_conductor(folder: CampaignFolder, request: CampaignRequest, limit_s: float = ANSWER_S) -> float:
    """Send a request, and return how long ago (s) the conductor's loop had turned.

    Raises
    ------
    ConductorSilent
        If it does not answer in time.
    ConnectionLost
        If there is none, or it is on another computer.
    """
    known = read_address(folder)
    if not known.is_of_this_computer:
        raise ConnectionLost(f"{folder.path}: this campaign is conducted on the computer {known.node}: do it there")
    try:
        link = LocalLink(known.address, known.key, limit_s, known.conductor.is_frozen)
        try:
            return float(link.ask(request))
        finally:
            link.close()
    except (TimeoutError, BlockingIOError) as error:
        raise ConductorSilent(f"{folder.path}: the conductor of this campaign does not answer") from error
    except (OSError, ValueError, EOFError, AuthenticationError, AssertionError) as error:
        raise NotConductedError(folder.path) from error
