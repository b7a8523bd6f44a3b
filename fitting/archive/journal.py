"""Journal of a refit: rows as they are found, beside the table that they will be in.

A line of JSON for each run that was done. A refit that was killed goes on from it; what a crash cut short in its last
line is found by that line's own digest and done again.
"""

from __future__ import annotations

import json
import os
import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from protocols import RunFileError, reason_of

if TYPE_CHECKING:
    from pathlib import Path

    from fitting.archive.rows import Row

_SUFFIX = ".journal"
_SYNC_INTERVAL_S = 2.0
"""Longest time (s) that rows wait for the disk: what a crash of the whole computer costs. Doubled, twice as much work
is done again."""


@dataclass(frozen=True)
class Entry:
    """A run that was done.

    Attributes
    ----------
    rows : list of Row
    size, changed_ns : int
        Of the run file at that time: it is not read again while they stay.
    """

    rows: list[Row]
    size: int
    changed_ns: int


class Journal:
    """Rows that were found, on disk.

    Parameters
    ----------
    table : Path
        The table that they will be in.
    """

    def __init__(self, table: Path) -> None:
        self.path = table.with_name(f"{table.name}{_SUFFIX}")
        self._file: Any = None
        self._synced_s = time.monotonic()

    def entries(self) -> list[Entry]:
        """Return what was written so far; lines that a crash or anything else damaged are left out."""
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise RunFileError(f"{self.path} cannot be read: {reason_of(error)}. Move it away to begin anew.") from None
        return [entry for line in lines if (entry := _entry_of(line)) is not None]

    def add(self, entry: Entry) -> None:
        """Append a run that was done.

        Raises
        ------
        RunFileError
            If the disk fails.
        """
        text = json.dumps([entry.size, entry.changed_ns, entry.rows], separators=(",", ":"))
        content = text.encode()
        try:
            if self._file is None:
                self._file = self.path.open("ab")
                if self._file.tell():
                    self._file.write(b"\n")  # behind a line that was cut short
            self._file.write(b"%08x %s\n" % (zlib.crc32(content), content))
            self._file.flush()
            if time.monotonic() > self._synced_s + _SYNC_INTERVAL_S:
                self.sync()
        except OSError as error:
            raise RunFileError(
                f"{self.path} could not be written: {reason_of(error)}. What it holds is kept; the same command goes on"
            ) from error

    def sync(self) -> None:
        """Make what was written durable."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._synced_s = time.monotonic()

    def close(self) -> None:
        """Make what was written durable and close the file."""
        self.sync()
        if self._file is not None:
            self._file.close()
            self._file = None

    def remove(self) -> None:
        """Remove the file: its rows are in the table."""
        self.close()
        self.path.unlink(missing_ok=True)


def _entry_of(line: bytes) -> Entry | None:
    checksum, _, content = line.partition(b" ")
    try:
        if int(checksum, 16) != zlib.crc32(content):
            return None
        size, changed_ns, rows = json.loads(content)
    except ValueError:
        return None
    return Entry(rows, size, changed_ns)
