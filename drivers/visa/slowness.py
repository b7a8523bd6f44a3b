"""Slowness of this computer at this moment: how many threads want each of its cores."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

_LOADAVG = Path("/proc/loadavg")
"""Linux: its fourth field is ``runnable/all``, threads at this very moment (proc_loadavg(5))."""


def slowness(loadavg: Path = _LOADAVG) -> float:
    """Return how many times slower than an idle one this computer does what needs the processor; at least 1.

    A process that only waits is woken soon on a busy computer. One that computes, such as a program that answers over a
    local link, or a driver of the system, shares its core with all others that want it: their number is the measure.
    Elsewhere than on Linux it is their mean over the last minute.
    """
    try:
        runnable = float(loadavg.read_text(encoding="ascii").split()[3].partition("/")[0])
    except (OSError, ValueError, IndexError):
        try:
            runnable = psutil.getloadavg()[0]
        except (OSError, RuntimeError):  # Windows whose performance counters are switched off
            return 1.0
    return max(1.0, runnable / (os.cpu_count() or 1))
