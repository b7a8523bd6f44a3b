"""Extremes of a run's samples, kept beside it, so that a run of very many samples is drawn without being read.

They are derived, and never trusted over the data: a file that does not say that it was made of these very samples, or
that is damaged itself, counts as none. It begins with a line that names it, a line of JSON and zeros up to
`_HEAD_BYTES`; then, of each column and level, the lowest values and the highest, float64. What ties it to a run is the
digest of the run's block table, which has the checksum of every sample.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from daq.files.durable import open_in_place, read_at, write_atomically
from daq.files.names import extremes_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from daq.files.run import Run

    Pair = tuple[NDArray[np.float64], NDArray[np.float64]]

_FIRST_LINE = b"ionecho extremes file 1\n"
# Room for what stands before the values: some 300 bytes are used. A page, so that the values lie on whole pages.
_HEAD_BYTES = 4096


def write_extremes(run: Run, extremes: Mapping[str, Sequence[Pair]], bins: Sequence[int]) -> bool:
    """Keep the extremes of a finished run beside it.

    Parameters
    ----------
    run : Run
    extremes : mapping of str to sequence of (ndarray, ndarray)
        Of each column, for each of `bins`: lowest and highest value of each bin that is complete.
    bins : sequence of int
        Samples of a bin, the smallest first.

    Returns
    -------
    bool
        Whether they are kept; not where the folder cannot be written to, or its disk has no room.
    """
    values = [np.ascontiguousarray(one, "<f8") for pairs in extremes.values() for pair in pairs for one in pair]
    checksum = 0
    for one in values:
        checksum = zlib.crc32(one.data, checksum)
    about = {"columns": list(extremes), "bins": list(bins), **_ties(run), "crc32": checksum}
    head = _FIRST_LINE + json.dumps(about).encode() + b"\n"
    with suppress(OSError):
        with write_atomically(extremes_path(run.path)) as making, making.open("wb") as file:
            file.write(head.ljust(_HEAD_BYTES, b"\0"))
            for one in values:
                file.write(one.data)
        return True
    return False


def read_extremes(run: Run, columns: Sequence[str], bins: Sequence[int]) -> dict[str, list[Pair]] | None:
    """Return the extremes that are kept of a run; None if there are none that are surely of its samples as they are.

    Parameters
    ----------
    run : Run
    columns : sequence of str
    bins : sequence of int
        Samples of a bin, the smallest first; what was kept in other ones is not used.
    """
    expected = {"columns": list(columns), "bins": list(bins), **_ties(run)}
    counts = [run.n_samples // size for size in bins]
    n_bytes = 8 * 2 * len(columns) * sum(counts)
    try:
        descriptor = open_in_place(extremes_path(run.path), follow=False)
        try:
            if os.fstat(descriptor).st_size != _HEAD_BYTES + n_bytes:
                return None
            about = _about(read_at(descriptor, 0, _HEAD_BYTES))
            if about is None or {name: about.get(name) for name in expected} != expected:
                return None
            content = read_at(descriptor, _HEAD_BYTES, n_bytes)
        finally:
            os.close(descriptor)
    except OSError:
        return None
    if len(content) != n_bytes or zlib.crc32(content) != about.get("crc32"):
        return None
    values = np.split(np.frombuffer(content, "<f8"), np.cumsum(np.repeat(counts * len(columns), 2))[:-1])
    pairs = list(zip(values[0::2], values[1::2], strict=True))
    return {name: pairs[k * len(bins) : (k + 1) * len(bins)] for k, name in enumerate(columns)}


def _ties(run: Run) -> dict[str, Any]:
    """Return what ties extremes to a run: its samples, by the digest of the rows that have their checksums."""
    rows = np.ascontiguousarray(run.blocks).tobytes()
    return {"run_id": run.run_id, "n_samples": run.n_samples, "rows": hashlib.sha256(rows).hexdigest()}


def _about(head: bytes) -> dict[str, Any] | None:
    if not head.startswith(_FIRST_LINE):
        return None
    try:
        about = json.loads(head[len(_FIRST_LINE) :].rstrip(b"\0"))
    except ValueError:  # no UTF-8 is one too
        return None
    return about if isinstance(about, dict) else None
