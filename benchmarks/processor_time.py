"""Processor time of a benchmark: on an idle machine that of the clock, so that other work weighs less."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def median_s(run: Callable[[], object], repeats: int) -> float:
    """Return the median time of something, once warmed up."""
    times = []
    for _ in range(repeats + 1):
        begun = time.process_time()
        run()
        times.append(time.process_time() - begun)
    return statistics.median(times[1:])
