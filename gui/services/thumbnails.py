"""Small pictures of runs: the current since the largest edge, drawn by numbers alone and kept beside the catalogue.

A picture is a mask (white where the curve is), so that one serves light and dark desktops. What a run of 1e9 samples
has between two columns of a picture is looked at in some places only: it tells shapes apart, and is no evidence.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import numpy as np

from gui.common.traces import edge_times

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from daq import Run

    Mask = NDArray[np.uint8]

WIDTH, HEIGHT = 192, 48
"""Size (pixels) of a picture: 96 by 24 points on a screen of twice the density. Doubled, a table has half the rows."""
_LOOKS = 32
"""Most samples that are looked at in a column. Doubled, a long run takes twice the time, and a spike is seen sooner."""
_BUSY_S = 5.0
"""How long (s) one program waits for another that keeps a picture, which takes milliseconds."""
_TABLE = "CREATE TABLE IF NOT EXISTS pictures (path TEXT PRIMARY KEY, stamp TEXT NOT NULL, mask BLOB NOT NULL)"


def thumbnail(path: Path) -> Mask:
    """Return the picture of a run, kept or drawn now.

    Raises
    ------
    RunFileError
        If the run cannot be read.
    """
    from daq import open_run
    from daq.catalogue.scan import stamp_of

    stamp = stamp_of(path).partition(" ")[0]
    if (kept := _kept(path, stamp)) is not None:
        return kept
    run = open_run(path, by_child_first=True)
    mask = draw(run)
    if run.state.is_final:
        _keep(path, stamp, mask)
    return mask


def draw(run: Run) -> Mask:
    """Return the picture of a run: its current since the largest edge, over the logarithm of time.

    Without known edges it is the whole record, over time.

    Returns
    -------
    ndarray of uint8, shape (HEIGHT, WIDTH)
        255 where the curve is, 0 elsewhere; all 0 for a run without samples.
    """
    mask = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    t, current = run.t_s, run.current_A
    bounds = _columns(t, run)
    lowest, highest = np.full(WIDTH, np.nan), np.full(WIDTH, np.nan)
    for column in range(WIDTH):
        first, last = int(bounds[column]), int(bounds[column + 1])
        if last > first:
            seen = current[first : last : max((last - first) // _LOOKS, 1)]
            seen = seen[np.isfinite(seen)]
            if len(seen):
                lowest[column], highest[column] = seen.min(), seen.max()
    _fill(mask, lowest, highest)
    return mask


def _columns(t: NDArray[np.float64], run: Run) -> NDArray[np.int64]:
    """Return the sample at which each column begins, and the end of the last."""
    if not len(t):
        return np.zeros(WIDTH + 1, dtype=np.int64)
    edges = edge_times(run.drive)
    if not len(edges) or run.drive is None:
        return np.searchsorted(t, np.linspace(t[0], np.nextafter(t[-1], np.inf), WIDTH + 1))
    largest = int(np.argmax(np.abs(run.drive.jumps()[1])))
    stop = edges[largest + 1] if largest + 1 < len(edges) else np.inf
    first, last = (int(one) for one in np.searchsorted(t, [edges[largest], stop]))
    if last <= first:
        return np.zeros(WIDTH + 1, dtype=np.int64)
    earliest = max(t[first] - edges[largest], (t[last - 1] - edges[largest]) * 1e-6, 1e-9)
    latest = max(t[last - 1] - edges[largest], 2.0 * earliest)
    bounds = np.searchsorted(t, edges[largest] + np.geomspace(earliest, latest, WIDTH + 1))
    return np.asarray(np.clip(bounds, first, last), dtype=np.int64)


def _fill(mask: Mask, lowest: NDArray[np.float64], highest: NDArray[np.float64]) -> None:
    """Draw a line from column to column, two pixels strong; it is straight over columns without a sample."""
    known = np.flatnonzero(np.isfinite(lowest))
    if not len(known):
        return
    columns = np.arange(WIDTH)
    seen_low, seen_high = (np.interp(columns, known, values[known]) for values in (lowest, highest))
    low, high = seen_low.copy(), seen_high.copy()
    low[1:] = np.minimum(low[1:], seen_high[:-1])  # joined to the column before it
    high[1:] = np.maximum(high[1:], seen_low[:-1])
    bottom, top = float(low.min()), float(high.max())
    scale = (HEIGHT - 3) / (top - bottom) if top > bottom else 0.0
    from_row = np.round((top - high) * scale).astype(int)
    to_row = np.round((top - low) * scale).astype(int) + 2
    rows = np.arange(HEIGHT)[:, None]
    mask[(rows >= from_row) & (rows < to_row)] = 255


def _kept(path: Path, stamp: str) -> Mask | None:
    with suppress(sqlite3.Error, OSError), closing(_opened()) as link:
        row = link.execute("SELECT mask FROM pictures WHERE path = ? AND stamp = ?", (str(path), stamp)).fetchone()
        if row is not None and len(row[0]) * 8 == WIDTH * HEIGHT:
            return np.unpackbits(np.frombuffer(row[0], np.uint8)).reshape(HEIGHT, WIDTH) * np.uint8(255)
    return None


def _keep(path: Path, stamp: str, mask: Mask) -> None:
    with suppress(sqlite3.Error, OSError), closing(_opened()) as link, link:
        link.execute("REPLACE INTO pictures VALUES (?, ?, ?)", (str(path), stamp, np.packbits(mask > 0).tobytes()))


def _opened() -> sqlite3.Connection:
    from daq.catalogue import catalogue_folder

    folder = catalogue_folder()
    folder.mkdir(parents=True, exist_ok=True)
    link = sqlite3.connect(folder / "thumbnails.sqlite", timeout=_BUSY_S)
    link.execute("PRAGMA journal_mode = WAL")
    link.execute("PRAGMA synchronous = OFF")  # a picture that is lost is drawn again
    link.execute(_TABLE)
    return link
