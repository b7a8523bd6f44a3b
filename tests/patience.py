"""Waiting for events, with limits that follow the measured speed of the machine.

A limit of a wait is there so that a test which waits in vain ends; it is no statement about the product. So it is
generous, and it grows with the slowness of the machine: `until` and `patience`. A time that the product promises is
another thing: a test of it is marked `realtime` and takes its limit from `promised`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

# Processor time (s) of the calibration on the machine on which the limits of the tests were chosen (one idle core of
# an x86-64 server of 2023, CPython 3.11), and its number of turns.
_REFERENCE_S = 0.025
_TURNS = 800_000
# Part of it that is done for the limit of a wait, which need not be exact: each of three workers asks every 2 s.
_PART = 0.1
# How often (s) the speed is measured anew: a load may begin and end within a test.
_VALID_S = 2.0
# What a wait may take beyond what it takes on an idle machine: several processes that wait for each other are
# scheduled one after the other. Doubled: a test that fails says so later.
_GENEROSITY = 4.0
# Longest wait (s): shorter than the timeout of a test (pyproject.toml), so that the test's own message is seen.
_LONGEST_S = 480.0
# Interval (s) between two looks at a condition.
_POLL_S = 0.01
# Rest after a look, in times of its processor time: who waits leaves four fifths of a core to what is waited for.
_REST_OF_LOOKS = 4.0
# How many times slower Wine starts a process than Linux does.
_OF_WINE = 4.0

_measured: tuple[float, float] | None = None


def slowness(*, fresh: bool = False) -> float:
    """How many times slower than an idle reference core this machine is now; at least 1.

    The larger of two measures: wall-clock time of a fixed amount of work, and the number of processes that want a core.
    The first sees a slow core and a load that has just begun, the second a load from which a short piece of work may be
    spared by chance.
    """
    global _measured  # noqa: PLW0603 - one machine, one speed
    now = time.monotonic()
    if fresh or _measured is None or now - _measured[0] > _VALID_S:
        part = 1.0 if fresh else _PART
        _measured = (now, max(1.0, _work_s(part) / (part * _REFERENCE_S), _processes_a_core()))
    return _measured[1]


def patience(seconds: float) -> float:
    """Limit (s) of a wait for what takes less than so many seconds on an idle machine."""
    return min(_GENEROSITY * seconds * slowness(), _LONGEST_S)


def promised(seconds: float) -> float:
    """Limit (s) of what the product promises within so many seconds; the promise itself on an idle machine.

    Under Wine, where processes take seconds to start, a promise is held to a limit only.
    """
    measured = max(slowness(fresh=True), _OF_WINE if sys.platform == "win32" else 1.0)
    return seconds if measured < 1.5 else min(_GENEROSITY * seconds * measured, _LONGEST_S)


def timeout(seconds: float) -> float:
    """Timeout (s) of a link on which some tests wait for what never comes; as it stands on an idle machine."""
    return min(seconds * slowness(), _LONGEST_S)


def core_slowness() -> float:
    """How many times slower than the reference core this one is by processor time; at least 1.

    A loaded machine uses more processor time too: its cores share caches and, with two threads a core, units.
    """
    begun = time.process_time()
    _work_s()
    return max(1.0, (time.process_time() - begun) / _REFERENCE_S)


def slowed(speed: float, least: float = 0.1) -> float:
    """Speed of a simulator whose run a test must meet midway: slower, as the machine is.

    Parameters
    ----------
    speed : float
        On an idle machine. Under Wine a quarter of it: what is to meet the run starts processes first.
    least : float
        A runner stops an instrument that is 30 s late, which two seconds of protocol are at a speed of 0.06.
    """
    times = slowness() * (_OF_WINE if sys.platform == "win32" else 1.0)
    return max(speed / times, min(speed, least))


def until(condition: Callable[[], bool], seconds: float = 20.0) -> float:
    """Wait until something holds and return how long (s) that took.

    Parameters
    ----------
    condition : callable
    seconds : float
        What it takes at most on an idle machine; the wait itself lasts longer, see `patience`.

    Raises
    ------
    AssertionError
        If it never holds.
    """
    begun = time.monotonic()
    # Of an idle machine. How slow this one is, is measured once that is over: it takes a core longer than most waits.
    limit = min(_GENEROSITY * seconds, _LONGEST_S)
    while True:
        before = time.thread_time()
        if condition():
            return time.monotonic() - begun
        waited = time.monotonic() - begun
        if waited > limit:
            limit = max(limit, patience(seconds))
            assert waited <= limit, f"waited {waited:.0f} s in vain (machine {slowness():.1f} times slower than idle)"
        time.sleep(max(_POLL_S, _REST_OF_LOOKS * (time.thread_time() - before)))


def _work_s(part: float = 1.0) -> float:
    """Wall-clock time (s) of a fixed amount of work, or of a part of it."""
    begun = time.perf_counter()
    total = 0
    for number in range(round(part * _TURNS)):
        total += number
    return time.perf_counter() - begun


def _processes_a_core() -> float:
    try:
        return os.getloadavg()[0] / (os.cpu_count() or 1)
    except (AttributeError, OSError):  # Windows keeps no such count
        return 1.0
