"""Folder of a campaign: which files it has, how it is made, and who owns it.

::

    20261126-101500-000-lpscl-study/
        campaign.toml            the document as given, its arrays inlined
        campaign.sqlite          how the points stand (`daq.campaign.store`), and its log while a conductor lives
        campaign.nxs             index: links to the points that are done
        0001-level-20-mv.nxs     one run file a point
        aside/                   what attempts measured that were not completed: 0007-level-40-mv.attempt-1.nxs
        campaign.lock            held by the conductor for as long as it lives
        campaign.control.json    where it listens, readable by its user only
        conductor.log            what it printed, if it failed

Front ends make a folder and start a conductor; whoever starts another one finds the lock.
"""

from __future__ import annotations

import os
import platform
import re
import secrets
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from daq.campaign.schema import Facts, PlannedPoint, create_store
from daq.files.run_path import file_name_for
from daq.locks import Lock, LockHeldError, is_held, lock_soon
from protocols import InputError, RunFileError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from protocols import Limits

DOCUMENT, STATE, INDEX = "campaign.toml", "campaign.sqlite", "campaign.nxs"
_LOCK, _CONTROL, _LOG, _ASIDE = "campaign.lock", "campaign.control.json", "conductor.log", "aside"
_MOST_OF_LABEL = 80
"""Longest part of a run file's name that is taken from its label (characters): half of what a table of files shows.
Doubled, names reach the 215 bytes that are left of what file systems take."""


class CampaignInUseError(RunFileError):
    """Another conductor has this campaign. Nothing was sent."""


@dataclass(frozen=True)
class CampaignFolder:
    """A folder of a campaign.

    Attributes
    ----------
    path : Path
        Absolute.
    """

    path: Path

    @property
    def document(self) -> Path:
        """The campaign's document."""
        return self.path / DOCUMENT

    @property
    def state(self) -> Path:
        """The database with the state."""
        return self.path / STATE

    @property
    def index(self) -> Path:
        """The NeXus index."""
        return self.path / INDEX

    @property
    def control(self) -> Path:
        """The file that says where the conductor listens."""
        return self.path / _CONTROL

    @property
    def log(self) -> Path:
        """What the conductor printed."""
        return self.path / _LOG

    @property
    def is_campaign(self) -> bool:
        """Whether there is a campaign in it."""
        return self.state.is_file()

    def run_file(self, name: str) -> Path:
        """Return the path of a point's run file."""
        return self.path / name

    def aside(self, name: str, attempt: int) -> Path:
        """Return a free path for what an attempt measured that was not completed."""
        free = self.expected_aside(name, attempt)
        while free.exists():  # of an attempt that was never written down
            free = free.with_name(f"{free.stem}-{secrets.token_hex(2)}.nxs")
        return free

    def expected_aside(self, name: str, attempt: int) -> Path:
        """Return the path to which what an attempt measured is moved, if nothing is there."""
        return self.path / _ASIDE / f"{name.removesuffix('.nxs')}.attempt-{attempt}.nxs"

    def relative(self, path: Path) -> str:
        """Return the name by which the state calls a file of this folder."""
        return path.relative_to(self.path).as_posix()

    def lock(self) -> Lock:
        """Become the owner of this campaign.

        Raises
        ------
        CampaignInUseError
            If a conductor has it: says which.
        """
        owner = f"process {os.getpid()} (conductor, on {platform.node()})"
        try:
            return lock_soon(self.path / _LOCK, owner)
        except LockHeldError as holder:
            raise CampaignInUseError(f"{self.path}: this campaign is being conducted by {holder}") from None

    @property
    def is_owned(self) -> bool:
        """Whether a conductor lives."""
        return is_held(self.path / _LOCK)


def where_run_is(path: Path) -> Path:
    """Return where a run file is: at its path, or among the attempts that its campaign has put aside since."""
    if path.exists():
        return path
    attempts = (path.parent / _ASIDE).glob(f"{path.stem}.attempt-*.nxs")
    return max(attempts, key=lambda one: one.stat().st_mtime, default=path)


def label_in_file_name(label: str) -> str:
    """Return what is plain of a label."""
    plain = re.sub(r"[^a-z0-9.]+", "-", label.lower().replace("µ", "u"))[:_MOST_OF_LABEL]
    return plain.strip("-.") or "point"


def run_file_name(number: int, n_points: int, label: str) -> str:
    """Return the name of a point's run file: its number, with as many digits as the last has, and its label."""
    return f"{number:0{max(4, len(str(n_points)))}d}-{label_in_file_name(label)}.nxs"


def folder_name_for(title: str) -> str:
    """Return the name of a new campaign's folder: the time, and what is plain of the title."""
    return file_name_for(title).removesuffix(".nxs")


def create_campaign(
    path: Path, text: str, points: Sequence[PlannedPoint], name: str, rig: tuple[str, Limits, str]
) -> CampaignFolder:
    """Make the folder of a new campaign.

    Parameters
    ----------
    path : Path
        Must not exist, or be an empty folder.
    text : str
        The document as given.
    points : sequence of PlannedPoint
    name : str
    rig : tuple of str, Limits and str
        VISA resource of the instrument, limits of the rig, transcript.

    Raises
    ------
    InputError
        If there is something at that path already.
    RunFileError
        If it cannot be made.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise InputError("there is something already: it was left as it is. Choose another folder", str(path))
    folder = CampaignFolder(path.resolve())
    was_there = path.exists()
    try:
        path.mkdir(parents=True, exist_ok=True)
        folder.document.write_text(text, encoding="utf-8", newline="")  # the ends of lines as they are given
        resource, limits, transcript = rig
        create_store(folder.state, Facts(name, secrets.token_hex(8), resource, limits, transcript), points)
    except OSError as error:
        if not was_there:
            shutil.rmtree(path, ignore_errors=True)
        raise RunFileError(f"{path} could not be made: {error.strerror or error}. Nothing was sent.") from error
    return folder
