"""Tables of `campaign.sqlite`: how the state of a new campaign is made, and how one is recognised.

docs/reference/campaign-folders.md lists the tables.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from daq.campaign.states import CampaignState, PointState
from protocols import InputError, Limits, RunFileError, when_free

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FORMAT = 1
"""Version of the tables, in ``PRAGMA user_version``. A newer one is refused with a sentence."""
_TABLES = """
CREATE TABLE campaign (
    id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL, campaign_id TEXT NOT NULL, resource TEXT NOT NULL,
    limits TEXT NOT NULL, transcript TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',
    output_problem TEXT NOT NULL DEFAULT '', is_limit INTEGER NOT NULL DEFAULT 0, started_s REAL, expected_end_s REAL
);
CREATE TABLE points (
    number INTEGER PRIMARY KEY, label TEXT NOT NULL, file TEXT NOT NULL, temperature_K REAL, planned_s REAL NOT NULL,
    state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, began_s REAL, ended_s REAL,
    run_id TEXT NOT NULL DEFAULT '', n_samples INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT ''
);
CREATE TABLE attempts (
    number INTEGER NOT NULL, attempt INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
    file TEXT NOT NULL, run_id TEXT NOT NULL, began_s REAL, ended_s REAL
);
CREATE TABLE events (at_s REAL NOT NULL, number INTEGER, text TEXT NOT NULL);
CREATE TABLE temperatures (at_s REAL NOT NULL, temperature_K REAL NOT NULL, setpoint_K REAL NOT NULL,
    is_stable INTEGER NOT NULL);
"""


class CampaignFileError(InputError, RunFileError):
    """The state of a campaign cannot be read, or is of a newer version. Nothing was sent."""


@dataclass(frozen=True)
class Facts:
    """What is known of a campaign before its first point, and never changes.

    Attributes
    ----------
    name : str
    campaign_id : str
        Tells this campaign from any other; each of its run files carries it.
    resource : str
        VISA resource of the instrument.
    limits : Limits
        Of the rig.
    transcript : str
        File in which every byte is recorded; empty for none.
    """

    name: str
    campaign_id: str
    resource: str
    limits: Limits
    transcript: str = ""


@dataclass(frozen=True)
class PlannedPoint:
    """A point as it is entered into a new campaign.

    Attributes
    ----------
    number : int
    label : str
    file : str
        Name of its run file in the folder.
    temperature_K : float or None
    planned_s : float
        Duration of its protocol.
    """

    number: int
    label: str
    file: str
    temperature_K: float | None
    planned_s: float


def create_store(path: Path, facts: Facts, points: Sequence[PlannedPoint]) -> None:
    """Make the state of a new campaign, whole or not at all.

    Raises
    ------
    RunFileError
        If it exists, or cannot be written.
    """
    if path.exists():
        raise RunFileError(f"{path} exists already: it was left as it is")
    making = path.with_name(path.name + ".making")
    making.unlink(missing_ok=True)
    try:
        link = sqlite3.connect(making, isolation_level=None)
        try:
            link.execute("PRAGMA synchronous = FULL")
            link.execute("BEGIN")
            for statement in _TABLES.split(";"):
                link.execute(statement)
            link.execute(
                "INSERT INTO campaign (id, name, campaign_id, resource, limits, transcript, state)"
                " VALUES (1, ?, ?, ?, ?, ?, ?)",
                (
                    facts.name,
                    facts.campaign_id,
                    facts.resource,
                    json.dumps(asdict(facts.limits)),
                    facts.transcript,
                    CampaignState.WAITING,
                ),
            )
            link.executemany(
                "INSERT INTO points (number, label, file, temperature_K, planned_s, state) VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (one.number, one.label, one.file, one.temperature_K, one.planned_s, PointState.WAITING)
                    for one in points
                ],
            )
            link.execute(f"PRAGMA user_version = {FORMAT}")
            link.execute("COMMIT")
        finally:
            link.close()
        when_free(lambda: making.replace(path))
    except (OSError, sqlite3.Error) as error:
        raise RunFileError(f"{path} could not be made: {error}. Nothing was sent.") from error


def check_format(link: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that is no state of a campaign, or one of a newer version.

    Raises
    ------
    CampaignFileError
    sqlite3.Error
        If it is no file of SQLite.
    """
    version = int(link.execute("PRAGMA user_version").fetchone()[0])
    if version > FORMAT:
        raise CampaignFileError(
            f"this campaign was made by a newer ionecho (format {version}; this one reads up to {FORMAT}): upgrade",
            str(path),
        )
    if version == 0:
        raise CampaignFileError("this is no state of a campaign", str(path))


def facts_of(link: sqlite3.Connection) -> Facts:
    """Return what never changes of a campaign whose state is open."""
    name, campaign_id, resource, limits, transcript = link.execute(
        "SELECT name, campaign_id, resource, limits, transcript FROM campaign"
    ).fetchone()
    return Facts(str(name), str(campaign_id), str(resource), Limits(**json.loads(limits)), str(transcript))
