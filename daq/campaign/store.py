"""State of a campaign on disk: `campaign.sqlite`, as its one writer changes it.

Every change is one transaction of SQLite, on disk when the call returns (write-ahead log, ``synchronous = FULL``). The
log is a file of its own while the store is open. Only the holder of the folder's lock writes (`daq.campaign.folder`);
readers (`daq.campaign.view`) never keep it waiting.
The tables are in `daq.campaign.schema`.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from daq.campaign.schema import CampaignFileError, check_format, facts_of
from daq.campaign.states import CampaignState, PointState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from daq.campaign.schema import Facts

_BUSY_S = 10.0
"""How long (s) a transaction waits for a reader that is just recovering the log of a killed conductor. Doubled, a disk
that hangs is told 10 s later."""

_FOLD_S = 2.0
"""How long (s) the end waits for a moment in which nobody reads: readers look ten times a second, for milliseconds.
Doubled, the end of a campaign whose state somebody keeps open comes 2 s later."""
_RETRY_S = 0.02
"""Pause (s) between two attempts at that. Doubled, no different."""


@dataclass(frozen=True)
class PointRow:
    """A point as its campaign's state has it.

    Attributes
    ----------
    number : int
    label : str
    file : str
    state : PointState
    attempts : int
        How often its run was begun.
    ended_s : float or None
        Unix time of the end of its last attempt.
    reason : str
    """

    number: int
    label: str
    file: str
    state: PointState
    attempts: int
    ended_s: float | None
    reason: str


class CampaignStore:
    """The state of a campaign, for its one writer.

    Parameters
    ----------
    path : Path
        Of ``campaign.sqlite``, which must exist.

    Raises
    ------
    CampaignFileError
        If it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.is_file():
            raise CampaignFileError("there is no such file: this is no folder of a campaign", str(path))
        self._link = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
        try:
            check_format(self._link, path)
            self._use_journal("WAL", _BUSY_S)
            self._link.execute("PRAGMA synchronous = FULL")
        except (sqlite3.Error, CampaignFileError) as error:
            self._link.close()
            raise error if isinstance(error, CampaignFileError) else _unreadable(path, error) from error

    def close(self) -> None:
        """Close the file, with its log taken into it: reading it then needs, and leaves, no file beside it."""
        with suppress(sqlite3.OperationalError):  # somebody reads it all the time: the log stays, and is complete
            self._use_journal("DELETE", _FOLD_S)
        self._link.close()

    def _use_journal(self, mode: str, patience_s: float) -> None:
        """Change the kind of log, for which nobody may be reading; SQLite does not wait for that by itself."""
        deadline = time.monotonic() + patience_s
        while True:
            try:
                self._link.execute(f"PRAGMA journal_mode = {mode}")
            except sqlite3.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_RETRY_S)
            else:
                return

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._link.execute("BEGIN IMMEDIATE")
        try:
            yield self._link
        except BaseException:
            self._link.execute("ROLLBACK")
            raise
        self._link.execute("COMMIT")

    # -- reading ------------------------------------------------------------------------------------------------------

    def facts(self) -> Facts:
        """Return what never changes."""
        return facts_of(self._link)

    def points(self) -> Iterator[PointRow]:
        """Give the points in their order."""
        for row in self._link.execute(_POINTS).fetchall():
            yield _point_from(row)

    def point(self, number: int) -> PointRow:
        """Return one point."""
        return _point_from(self._link.execute(_ONE_POINT, (number,)).fetchone())

    def count(self, state: PointState) -> int:
        """Return how many points are in a state."""
        return int(self._link.execute("SELECT count(*) FROM points WHERE state = ?", (state,)).fetchone()[0])

    def numbers_in(self, state: PointState) -> list[int]:
        """Return the numbers of the points in a state, in their order."""
        found = self._link.execute("SELECT number FROM points WHERE state = ? ORDER BY number", (state,))
        return [int(row[0]) for row in found]

    def started_s(self) -> float | None:
        """Return the Unix time at which the campaign was started first; None before that."""
        found = self._link.execute("SELECT started_s FROM campaign").fetchone()[0]
        return None if found is None else float(found)

    def last_end_s(self) -> float | None:
        """Return the Unix time at which a run of this campaign ended last; None before the first."""
        found = self._link.execute("SELECT max(ended_s) FROM points").fetchone()[0]
        return None if found is None else float(found)

    # -- changes ------------------------------------------------------------------------------------------------------

    def begin(self, number: int, at_s: float) -> int:
        """Write down that the run of a point begins, and return which attempt it is."""
        with self._transaction() as link:
            self._move(number, PointState.RUNNING)
            link.execute(
                "UPDATE points SET attempts = attempts + 1, began_s = ?, ended_s = NULL, reason = '' WHERE number = ?",
                (at_s, number),
            )
        return self.point(number).attempts

    def end(
        self,
        number: int,
        state: PointState,
        reason: str,
        at_s: float,
        run: tuple[str, int] = ("", 0),
        aside: str = "",
    ) -> None:
        """Write down how a point ended.

        Parameters
        ----------
        number : int
        state : PointState
        reason : str
        at_s : float
            Unix time.
        run : tuple of str and int
            Identity of the run in its file, and number of its samples.
        aside : str
            File, within the folder, in which the samples are of a run that is not complete.
        """
        with self._transaction() as link:
            if state is not PointState.DONE and self.point(number).state is PointState.RUNNING:
                self._keep_attempt(link, number, (aside, reason, run[0], at_s))
            self._move(number, state)
            link.execute(
                "UPDATE points SET ended_s = ?, reason = ?, run_id = ?, n_samples = ? WHERE number = ?",
                (at_s, reason, *run, number),
            )

    def repeat(self, number: int, aside: str, why: str, at_s: float, run_id: str = "") -> None:
        """Let a point wait again, and keep what became of its last attempt.

        Parameters
        ----------
        number : int
        aside : str
            File, within the folder, to which what that attempt measured was moved just now; empty if nothing was.
        why : str
        at_s : float
            Unix time.
        run_id : str
            Of that attempt's run, as its file has it.
        """
        with self._transaction() as link:
            if aside or self.point(number).state is PointState.RUNNING:
                self._keep_attempt(link, number, (aside, why, run_id, at_s))
            self._move(number, PointState.WAITING)
            link.execute("UPDATE points SET reason = '', run_id = '', n_samples = 0 WHERE number = ?", (number,))
            note = f"is repeated: {why}" + (f" (what was measured is in {aside})" if aside else "")
            link.execute("INSERT INTO events VALUES (?, ?, ?)", (at_s, number, note))

    def keep_aside(self, number: int, aside: str, why: str, at_s: float, run_id: str = "") -> None:
        """Keep where a file is that lay at the path of a point that waits."""
        with self._transaction() as link:
            self._keep_attempt(link, number, (aside, why, run_id, at_s))

    @staticmethod
    def _keep_attempt(link: sqlite3.Connection, number: int, end: tuple[str, str, str, float]) -> None:
        aside, why, run_id, at_s = end
        state, attempt, began_s = link.execute(
            "SELECT state, attempts, began_s FROM points WHERE number = ?", (number,)
        ).fetchone()
        link.execute(
            "INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (number, attempt, state, why, aside, run_id, began_s, at_s),
        )

    def skip_waiting(self, reason: str) -> None:
        """Skip all points that wait."""
        with self._transaction() as link:
            link.execute(
                "UPDATE points SET state = ?, reason = ? WHERE state = ?",
                (PointState.SKIPPED, reason, PointState.WAITING),
            )

    def _move(self, number: int, state: PointState) -> None:
        before = self.point(number).state
        if not state.may_follow(before):
            raise CampaignFileError(f"point {number} cannot go from {before!r} to {state!r}", str(self._path))
        self._link.execute("UPDATE points SET state = ? WHERE number = ?", (state, number))

    def set_state(
        self, state: CampaignState, at_s: float, reason: str = "", trouble: tuple[str, bool] = ("", False)
    ) -> None:
        """Write down how the campaign stands.

        Parameters
        ----------
        state : CampaignState
        at_s : float
            Unix time.
        reason : str
        trouble : tuple of str and bool
            Why the output may still be on, and whether a limit ended the campaign.
        """
        with self._transaction() as link:
            before = CampaignState(link.execute("SELECT state FROM campaign").fetchone()[0])
            if not state.may_follow(before):
                raise CampaignFileError(f"a campaign cannot go from {before!r} to {state!r}", str(self._path))
            link.execute(
                "UPDATE campaign SET state = ?, reason = ?, output_problem = ?, is_limit = ?,"
                " started_s = coalesce(started_s, ?)",
                (state, reason, *trouble, at_s),
            )

    def set_resource(self, resource: str) -> None:
        """Change the address of the instrument."""
        with self._transaction() as link:
            link.execute("UPDATE campaign SET resource = ?", (resource,))

    def set_expected_end(self, at_s: float | None) -> None:
        """Write down when (Unix time) the campaign is expected to end."""
        with self._transaction() as link:
            link.execute("UPDATE campaign SET expected_end_s = ?", (at_s,))

    def note(self, at_s: float, text: str, number: int | None = None) -> None:
        """Write down what happened."""
        with self._transaction() as link:
            link.execute("INSERT INTO events VALUES (?, ?, ?)", (at_s, number, text))

    def add_temperatures(self, rows: Iterable[tuple[float, float, float, bool]]) -> None:
        """Add readings: Unix time, temperature (K), set point (K), and whether it is stable."""
        with self._transaction() as link:
            link.executemany("INSERT INTO temperatures VALUES (?, ?, ?, ?)", rows)


_POINTS = "SELECT number, label, file, state, attempts, ended_s, reason FROM points ORDER BY number"
_ONE_POINT = "SELECT number, label, file, state, attempts, ended_s, reason FROM points WHERE number = ?"


def _point_from(row: tuple[object, ...]) -> PointRow:
    number, label, file, state, attempts, ended_s, reason = row
    ended = None if ended_s is None else float(str(ended_s))
    return PointRow(
        int(str(number)), str(label), str(file), PointState(str(state)), int(str(attempts)), ended, str(reason)
    )


def _unreadable(path: Path, error: sqlite3.Error) -> CampaignFileError:
    return CampaignFileError(f"the state of this campaign cannot be read: {error}", str(path))
