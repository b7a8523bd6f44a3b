"""Memory for rows that begins where the lines of a cache do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fitting.transforms.laplace import Floats

_LINE_BYTES = 64
"""Length of a line of the cache, and of the longest vectors, on all that ionecho runs on."""


def aligned_rows(n: int, m: int) -> Floats:
    """Return uninitialised memory, shape (n, m).

    numpy's own begins 16 bytes into a line, so that every other vector lies in two: the walk of 48 modes, which reads
    what it has just written, then takes half as long again.
    """
    size = 8 * n * m
    raw = np.empty(size + _LINE_BYTES, np.uint8)
    first = -raw.ctypes.data % _LINE_BYTES
    return raw[first : first + size].view(np.float64).reshape(n, m)
