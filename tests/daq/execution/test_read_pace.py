"""Is an instrument asked for samples as often as it must be, and no more?"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from daq.execution.read_pace import ReadPace
from drivers import Block

READ_S = 0.001


def block_of(times_s: NDArray[np.floating]) -> Block:
    times = times_s.astype(np.float64)
    return Block(times, times, times, np.zeros(len(times), np.uint8))


def reads_of(rate_Hz: float, at_most: int, wanted: int) -> tuple[list[int], float]:
    """Return the sizes of reads until so many samples have come, and when (s); each read takes a millisecond."""
    pace, now, read, sizes = ReadPace(), READ_S, 0, []
    while read < wanted:
        begun = now
        n = min(int(now * rate_Hz) - read, at_most, wanted - read)
        now += READ_S
        now += pace.rest_s(block_of((read + np.arange(n)) / rate_Hz), begun, now)
        read += n
        sizes.append(n)
    return sizes, now


def test_a_million_samples_a_second_are_asked_for_a_hundred_times_a_second() -> None:
    sizes, ended_s = reads_of(1e6, 20_000, 1_000_000)
    assert len(sizes) == pytest.approx(100, abs=3)
    assert np.median(sizes) == pytest.approx(10_000, rel=0.01)
    assert ended_s == pytest.approx(1.0, abs=0.015)


@pytest.mark.parametrize("at_most", [20_000, 3_000])
def test_what_waits_is_read_without_a_pause(at_most: int) -> None:
    """Ten times more samples wait than come in a read: an instrument that gives few at a time is followed too."""
    sizes, ended_s = reads_of(1e6, at_most, 1_000_000)
    assert ended_s == pytest.approx(1.0, abs=0.035)
    assert max(sizes) <= at_most
    pace = ReadPace()
    assert pace.rest_s(block_of(np.arange(20_000) * 1e-6), 0.0, 0.001) == 0.0


def test_a_driver_that_times_its_samples_itself_is_not_kept_waiting() -> None:
    assert ReadPace().rest_s(block_of(np.array([0.1])), 0.0, 0.001) == 0.0
