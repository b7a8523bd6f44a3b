"""Searches of a catalogue that is open."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from daq.catalogue.catalogue import Search, select_runs


def found_in(connection: sqlite3.Connection, search: Search) -> list[Path]:
    """Return the run files that a search finds, in its order."""
    runs, n_found = select_runs(connection, search)
    assert n_found >= len(runs)
    return [one.path for one in runs]
