"""Queue of campaigns for each instrument of a user: which is conducted, and which follow.

It is a database of the user's own (`queue_file`). Every change is one transaction, so that front ends may edit it at
any time: what waits can be moved and removed, while a queue process (`daq.campaign.queue_process`) takes the first of
what waits whenever it has conducted a campaign to its end. How a campaign stands is in its own folder.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from daq.campaign.campaign_in_progress import OWN_GROUP, STARTED, CampaignInProgress
from daq.campaign.folder import CampaignFolder
from daq.campaign.requests import CampaignRequest
from daq.locks import LockHeldError, is_held, lock_soon
from drivers import canonical_resource, resolved
from protocols import ConnectionLost, InputError, RunFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from daq.locks import Lock

ENVIRONMENT = "IONECHO_STATE"
"""Names a folder in place of the platform's, as ``IONECHO_CONFIG`` does for the address book."""
_FORMAT = 1
"""Version of the tables, in ``PRAGMA user_version``."""
_BUSY_S = 10.0
"""How long (s) a change waits for another one, which takes milliseconds."""
_TABLES = """
CREATE TABLE IF NOT EXISTS items (
    id INTEGER PRIMARY KEY AUTOINCREMENT, resource TEXT NOT NULL, place INTEGER NOT NULL, folder TEXT NOT NULL,
    name TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', added_s REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS paused (resource TEXT PRIMARY KEY, reason TEXT NOT NULL);
"""


class ItemState(StrEnum):
    """State of what is in a queue; the values are the words on disk."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def is_final(self) -> bool:
        """Whether the queue is through with it."""
        return self not in {ItemState.WAITING, ItemState.RUNNING}


class QueueError(InputError, RunFileError):
    """The queue cannot do what is asked of it. Nothing was sent."""


@dataclass(frozen=True)
class QueueItem:
    """A campaign in a queue.

    Attributes
    ----------
    id : int
    resource : str
        VISA resource of its instrument.
    folder : Path
    name : str
    state : ItemState
    reason : str
        Why it failed or was stopped.
    """

    id: int
    resource: str
    folder: Path
    name: str
    state: ItemState
    reason: str


def queue_file() -> Path:
    """Return where the queue is: in ``$IONECHO_STATE`` or the platform's folder for such files."""
    folder = os.environ.get(ENVIRONMENT) or platformdirs.user_state_dir("ionecho", appauthor=False)
    return Path(folder) / "queue.sqlite"


class Queue:
    """The queue of this user.

    Parameters
    ----------
    path : Path, optional
        Of the database; made if need be.

    Raises
    ------
    QueueError
        From every method, if the database cannot be read or written.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = queue_file() if path is None else path

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None)) as link:
                link.execute("PRAGMA journal_mode = WAL")
                link.execute("PRAGMA synchronous = FULL")
                link.execute("BEGIN IMMEDIATE")
                try:
                    self._make(link)
                    yield link
                except BaseException:
                    link.execute("ROLLBACK")
                    raise
                link.execute("COMMIT")
        except (OSError, sqlite3.Error) as error:
            raise QueueError(f"the queue cannot be read or written: {error}", str(self.path)) from error

    def _make(self, link: sqlite3.Connection) -> None:
        version = int(link.execute("PRAGMA user_version").fetchone()[0])
        if version > _FORMAT:
            raise QueueError("this queue was made by a newer ionecho: upgrade", str(self.path))
        if version == 0:
            for statement in _TABLES.split(";"):
                link.execute(statement)
            link.execute(f"PRAGMA user_version = {_FORMAT}")

    # -- front ends ---------------------------------------------------------------------------------------------------

    def items(self, resource: str = "") -> list[QueueItem]:
        """Return what is in the queue of an instrument, or of all: what runs, what waits, in order, what has ended."""
        with self._transaction() as link:
            rows = link.execute(
                "SELECT id, resource, folder, name, state, reason FROM items WHERE ? IN ('', resource)"
                " ORDER BY resource, CASE state WHEN 'running' THEN 0 WHEN 'waiting' THEN 1 ELSE 2 END, place, id",
                (canonical_resource(resolved(resource)) if resource else "",),
            ).fetchall()
        return [_item_from(row) for row in rows]

    def add(self, resource: str, folder: CampaignFolder, name: str) -> int:
        """Add a campaign at the end, and return its number."""
        known = canonical_resource(resolved(resource))
        with self._transaction() as link:
            place = link.execute(
                "SELECT coalesce(max(place), 0) + 1 FROM items WHERE resource = ?", (known,)
            ).fetchone()
            added = link.execute(
                "INSERT INTO items (resource, place, folder, name, state, added_s) VALUES (?, ?, ?, ?, ?, ?)",
                (known, place[0], str(folder.path), name, ItemState.WAITING, time.time()),
            )
            return int(added.lastrowid or 0)

    def move(self, item_id: int, place: int) -> None:
        """Move what waits to a place among what waits on its instrument; 1 is the next."""
        with self._transaction() as link:
            item = self._waiting(link, item_id, "moved")
            rows = link.execute(
                "SELECT id FROM items WHERE resource = ? AND state = 'waiting' AND id != ? ORDER BY place, id",
                (item.resource, item_id),
            )
            order = [int(row[0]) for row in rows]
            order.insert(min(max(place - 1, 0), len(order)), item_id)
            for number, one in enumerate(order, 1):
                link.execute("UPDATE items SET place = ? WHERE id = ?", (number, one))

    def remove(self, item_id: int) -> QueueItem:
        """Take out what waits or has ended, and return it; its folder stays."""
        with self._transaction() as link:
            item = self._item(link, item_id)
            if item.state is ItemState.RUNNING:
                raise QueueError(
                    f"number {item_id} is being conducted: stop it first, with `ionecho stop {item.folder}`", "queue"
                )
            link.execute("DELETE FROM items WHERE id = ?", (item_id,))
            return item

    def pause(self, resource: str, reason: str) -> None:
        """Have no further campaign begin on an instrument."""
        with self._transaction() as link:
            link.execute("REPLACE INTO paused VALUES (?, ?)", (canonical_resource(resolved(resource)), reason))

    def unpause(self, resource: str) -> None:
        """Let campaigns begin again."""
        with self._transaction() as link:
            link.execute("DELETE FROM paused WHERE resource = ?", (canonical_resource(resolved(resource)),))

    def why_paused(self, resource: str) -> str:
        """Return why no further campaign begins on an instrument; empty if they do."""
        with self._transaction() as link:
            found = link.execute(
                "SELECT reason FROM paused WHERE resource = ?", (canonical_resource(resolved(resource)),)
            ).fetchone()
        return "" if found is None else str(found[0])

    # -- the queue process --------------------------------------------------------------------------------------------

    def take(self, resource: str) -> QueueItem | None:
        """Return what is to be conducted now: what a dead queue process has left, else the first that waits, or None.

        Only for the holder of the lock of that queue.
        """
        with self._transaction() as link:
            row = link.execute(
                "SELECT id, resource, folder, name, state, reason FROM items WHERE resource = ?"
                " AND state IN ('running', 'waiting') ORDER BY state = 'waiting', place, id LIMIT 1",
                (canonical_resource(resolved(resource)),),
            ).fetchone()
            if row is None:
                return None
            link.execute("UPDATE items SET state = 'running' WHERE id = ?", (row[0],))
        return _item_from(row)

    def finish(self, item_id: int, state: ItemState, reason: str) -> None:
        """Write down how a campaign ended."""
        with self._transaction() as link:
            link.execute("UPDATE items SET state = ?, reason = ? WHERE id = ?", (state, reason, item_id))

    def lock(self, resource: str) -> Lock:
        """Become the queue process of an instrument.

        Raises
        ------
        QueueError
            If there is one already.
        """
        path = self._lock_path(resource)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return lock_soon(path, f"process {os.getpid()}")
        except LockHeldError as error:
            raise QueueError(f"this queue is being worked on by {error}", resource) from None

    def is_started(self, resource: str) -> bool:
        """Whether a queue process works on the queue of an instrument."""
        return is_held(self._lock_path(resource))

    def _lock_path(self, resource: str) -> Path:
        digest = hashlib.sha256(canonical_resource(resolved(resource)).encode()).hexdigest()[:24]
        return self.path.with_name(f"queue-{digest}.lock")

    @staticmethod
    def _item(link: sqlite3.Connection, item_id: int) -> QueueItem:
        row = link.execute(
            "SELECT id, resource, folder, name, state, reason FROM items WHERE id = ?", (item_id,)
        ).fetchone()
        if row is None:
            raise QueueError(f"there is no number {item_id} in it: `ionecho queue list` shows what there is", "queue")
        return _item_from(row)

    def _waiting(self, link: sqlite3.Connection, item_id: int, act: str) -> QueueItem:
        item = self._item(link, item_id)
        if item.state is not ItemState.WAITING:
            raise QueueError(f"number {item_id} is {item.state}: only what waits can be {act}", "queue")
        return item


def _item_from(row: tuple[object, ...]) -> QueueItem:
    item_id, resource, folder, name, state, reason = row
    return QueueItem(int(str(item_id)), str(resource), Path(str(folder)), str(name), ItemState(str(state)), str(reason))


def start_queue(resource: str, queue: Queue | None = None) -> bool:
    """Have what waits on an instrument conducted, one after the other; return whether a process was started for it.

    It does not depend on this process. A campaign that the queue has paused is continued.
    """
    queue = queue or Queue()
    queue.unpause(resource)
    if queue.is_started(resource):
        _ask_running(queue, resource, CampaignRequest.CONTINUE)
        return False
    with queue.path.with_name("queue.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - this program
            [sys.executable, "-P", "-m", "daq.campaign.queue_process", resolved(resource)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
            creationflags=OWN_GROUP,
        )
    STARTED.append(process)
    return True


def pause_queue(resource: str, *, now: bool = False, queue: Queue | None = None) -> None:
    """Pause a queue: after the point that is being measured, or at once; no further campaign begins."""
    queue = queue or Queue()
    queue.pause(resource, "paused by the operator")
    _ask_running(queue, resource, CampaignRequest.PAUSE_NOW if now else CampaignRequest.PAUSE)


def _ask_running(queue: Queue, resource: str, request: CampaignRequest) -> None:
    for item in queue.items(resource):
        if item.state is ItemState.RUNNING:
            with suppress(
                ConnectionLost
            ):  # it is just beginning or ending: the queue process looks at the pause itself
                CampaignInProgress(CampaignFolder(item.folder)).ask(request)
