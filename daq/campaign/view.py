"""State of a campaign as anybody may read it, whether its conductor lives or not."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from daq.campaign.schema import CampaignFileError, check_format, facts_of
from daq.campaign.states import CampaignState, PointState

if TYPE_CHECKING:
    from pathlib import Path

    from daq.campaign.folder import CampaignFolder

_BUSY_S = 5.0
"""How long (s) reading waits for a writer that is just starting or ending."""
# Errors of SQLite for a file in a folder that cannot be written to: it may be read without its log then.
_READ_ONLY = frozenset({"SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_READONLY_DIRECTORY", "SQLITE_READONLY_CANTINIT"})


@dataclass(frozen=True)
class PointStatus:
    """How one point stands.

    Attributes
    ----------
    number : int
    label : str
    file : str
        Name of its run file in the folder.
    state : PointState
    attempts : int
        How often its run was begun.
    n_samples : int
    began_s, ended_s : float or None
        Unix time, of its last attempt.
    reason : str
        Why it failed, was stopped or skipped.
    aside : tuple of str
        Files with what earlier attempts measured.
    """

    number: int
    label: str
    file: str
    state: PointState
    attempts: int
    n_samples: int
    began_s: float | None
    ended_s: float | None
    reason: str
    aside: tuple[str, ...] = ()


@dataclass(frozen=True)
class CampaignStatus:
    """How a campaign stands.

    Attributes
    ----------
    folder : Path
    name : str
    resource : str
    state : CampaignState
    reason : str
        Why it is paused, was stopped or failed.
    output_problem : str
        Why the output of the instrument may still be on; empty if it is off or guarded.
    is_limit : bool
        Whether a limit ended it.
    counts : dict of PointState to int
    current : PointStatus or None
        The point whose run was begun and has not ended.
    expected_end_s : float or None
        Unix time, as estimated at the last point's end.
    temperature : tuple of float, or None
        Unix time, temperature (K) and set point (K) of the last reading.
    is_conducted : bool
        Whether a conductor lives.
    is_stable : bool
        Whether that temperature was stable by the document's rule.
    """

    folder: Path
    name: str
    resource: str
    state: CampaignState
    reason: str
    output_problem: str
    is_limit: bool
    counts: dict[PointState, int]
    current: PointStatus | None
    expected_end_s: float | None
    temperature: tuple[float, float, float] | None
    is_conducted: bool
    is_stable: bool = False

    @property
    def n_points(self) -> int:
        """How many points it has."""
        return sum(self.counts.values())

    @property
    def n_left(self) -> int:
        """How many points `ionecho resume` would run."""
        return sum(count for state, count in self.counts.items() if state.is_left)

    @property
    def is_interrupted(self) -> bool:
        """Whether its conductor has died."""
        return self.state.is_open and not self.is_conducted


def read_status(folder: CampaignFolder) -> CampaignStatus:
    """Return how a campaign stands.

    Raises
    ------
    CampaignFileError
        If its state cannot be read.
    """
    with closing(_opened(folder.state)) as link:
        facts = facts_of(link)
        state, reason, problem, is_limit, expected_end_s = link.execute(
            "SELECT state, reason, output_problem, is_limit, expected_end_s FROM campaign"
        ).fetchone()
        counts = {PointState(row[0]): int(row[1]) for row in link.execute(_COUNTS)}
        current = next(iter(_points(link, PointState.RUNNING)), None)
        reading = link.execute(_LAST_TEMPERATURE).fetchone()
    return CampaignStatus(
        folder.path,
        facts.name,
        facts.resource,
        CampaignState(state),
        str(reason),
        str(problem),
        bool(is_limit),
        counts,
        current,
        expected_end_s,
        None if reading is None else (reading[0], reading[1], reading[2]),
        folder.is_owned,
        reading is not None and bool(reading[3]),
    )


_COUNTS = "SELECT state, count(*) FROM points GROUP BY state"
_LAST_TEMPERATURE = "SELECT at_s, temperature_K, setpoint_K, is_stable FROM temperatures ORDER BY rowid DESC LIMIT 1"


def read_points(folder: CampaignFolder) -> list[PointStatus]:
    """Return how each point stands, in their order."""
    with closing(_opened(folder.state)) as link:
        return _points(link)


def read_events(folder: CampaignFolder) -> list[tuple[float, int | None, str]]:
    """Return what happened: Unix time, number of the point or None, text."""
    with closing(_opened(folder.state)) as link:
        return [(float(at), number, str(text)) for at, number, text in link.execute("SELECT * FROM events")]


def read_temperatures(folder: CampaignFolder) -> list[tuple[float, float, float]]:
    """Return what was read of the temperature: Unix time, temperature (K), set point (K); empty where nothing was."""
    with closing(_opened(folder.state)) as link:
        rows = link.execute("SELECT at_s, temperature_K, setpoint_K FROM temperatures ORDER BY rowid")
        return [(float(at_s), float(kelvin), float(setpoint_K)) for at_s, kelvin, setpoint_K in rows]


_POINTS = (
    "SELECT number, label, file, state, attempts, n_samples, began_s, ended_s, reason FROM points"
    " WHERE ? IN ('', state) ORDER BY number"
)


def _points(link: sqlite3.Connection, state: str = "") -> list[PointStatus]:
    """Return the points in a state, or all."""
    aside: dict[int, list[str]] = {}
    for number, file in link.execute("SELECT number, file FROM attempts WHERE file != '' ORDER BY rowid"):
        aside.setdefault(int(number), []).append(str(file))
    return [
        PointStatus(
            number=int(row[0]),
            label=str(row[1]),
            file=str(row[2]),
            state=PointState(row[3]),
            attempts=int(row[4]),
            n_samples=int(row[5]),
            began_s=row[6],
            ended_s=row[7],
            reason=str(row[8]),
            aside=tuple(aside.get(int(row[0]), ())),
        )
        for row in link.execute(_POINTS, (state,))
    ]


def _opened(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise CampaignFileError("there is no such file: this is no folder of a campaign", str(path))
    link = None
    for option in ("mode=ro", "mode=ro&immutable=1"):
        try:
            link = sqlite3.connect(f"{path.absolute().as_uri()}?{option}", uri=True, timeout=_BUSY_S)
            check_format(link, path)
        except sqlite3.Error as error:
            if link is not None:
                link.close()
            if "immutable" in option or getattr(error, "sqlite_errorname", "") not in _READ_ONLY:
                raise CampaignFileError(f"the state of this campaign cannot be read: {error}", str(path)) from error
        except CampaignFileError:
            if link is not None:
                link.close()
            raise
        else:
            return link
    raise CampaignFileError("the state of this campaign cannot be read", str(path))  # not reached
