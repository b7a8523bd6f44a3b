"""Slow channels of a run: what another instrument reads beside the samples, such as the temperature.

A channel is an NXlog in the run file, whose room is reserved before the run as that of the samples is. Each reading has
a checksum of its own. Whoever watches the other instrument writes it, which need not be the process that writes the
samples: the two never write the same bytes.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_SLOW_CHANNELS = 1
"""Most slow channels of a file: the places of one take 250 of the 1024 bytes of the seal, and all else 640 at most."""
_MOST_ROWS = 20_000
"""Most readings of a channel, 20 bytes each: of 12 h one every 2 s. Doubled, files of long runs grow by 0.4 MB."""
_ROWS_A_SECOND = 1
"""Readings a second that there is room for in a short run: a thermometer has no more to say."""
_SPARE_ROWS = 100
"""Readings to spare: a run may take longer than planned, and begin later."""


@dataclass(frozen=True)
class SlowChannel:
    """Quantity that is read now and then during a run.

    Attributes
    ----------
    name : str
        ``temperature``.
    unit : str
        SI.
    """

    name: str
    unit: str


TEMPERATURE = SlowChannel("temperature", "K")
"""Temperature of the sample, as a controller reads it."""


def slow_rows(duration_s: float) -> int:
    """Return the room of a channel, in readings, for a run of some length."""
    return min(math.ceil(_ROWS_A_SECOND * duration_s) + _SPARE_ROWS, _MOST_ROWS)


def slow_interval_s(duration_s: float) -> float:
    """Return the shortest time (s) between two readings with which the room lasts for a run of some length."""
    return max(duration_s / (_MOST_ROWS - _SPARE_ROWS), 1.0 / _ROWS_A_SECOND)


def slow_parts(channel: str) -> dict[str, str]:
    """Return the parts of a channel in the file, below the entry, and their types."""
    return {f"slow/{channel}/time": "<f8", f"slow/{channel}/value": "<f8", f"slow/{channel}/check": "<u4"}


def check_of(t_s: float, value: float) -> int:
    """Return the checksum of a reading."""
    return zlib.crc32(np.array([t_s, value], "<f8").tobytes())


def used_rows(
    t_s: NDArray[np.float64], values: NDArray[np.float64], checks: NDArray[np.uint32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the readings whose checksum is right, in their order; a damaged one is left out.

    Parameters
    ----------
    t_s, values : ndarray of float64, shape (n,)
    checks : ndarray of uint32, shape (n,)
    """
    used = np.flatnonzero(checks)
    right = [k for k in used if check_of(float(t_s[k]), float(values[k])) == int(checks[k])]
    return t_s[right], values[right]
