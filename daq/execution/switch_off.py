"""Switching off an instrument through fresh sessions, by whichever process of a run is alive.

The guardian does so when it takes a run over, the runner when its guardian is gone, a front end when both are, and
`daq.recover` after a crash. There is one function for all of them, and it has two ends only: the output was read back
as off, or `OutputStateUnknown` is raised. So whoever says that an output is off has read it back.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from daq.execution.exchange_limits import SWITCHING_OFF_S
from daq.execution.output_marker import OutputMarker
from daq.execution.spare_session import pause_between_sessions_s
from drivers import Patience, driver_names, off_switch_of, open_potentiostat, reopen_potentiostat
from protocols import InstrumentError, OutputStateUnknown

if TYPE_CHECKING:
    from drivers import OutputReadback, Potentiostat

# How long (s) an unreachable instrument is tried again: an instrument that restarts its network comes back within it,
# and a person is told to press the key soon enough. Pause (s) between attempts: 50 of them.
RETRY_S = 10.0
_RETRY_INTERVAL_S = 0.2
# Shortest timeout (s) of an exchange: the last attempt must not be given up before an instrument can answer at all.
_LEAST_TIMEOUT_S = 0.2


def switch_off(resource: str, driver: str = "", timeout_s: float = 1.5, for_s: float = RETRY_S) -> OutputReadback:
    """Switch an output off through fresh sessions, and return what was read back.

    Parameters
    ----------
    resource : str
        VISA resource.
    driver : str
        Name of the driver of the run; if there is none of that name, the one that the marker of the instrument names.
        With it the instrument is interrupted and greeted in its own dialect only; without it all dialects of such
        links are tried in turn, which takes longer.
    timeout_s : float
        Of any single exchange, on an idle computer; on one under load it takes longer, and no longer than the rest of
        the time.
    for_s : float
        How long to try. The last attempt may end a few exchanges later.

    Raises
    ------
    OutputStateUnknown
        If the output could not be read back as off in all that time: says what to do at the instrument.
    """
    deadline = time.monotonic() + for_s
    driver = driver if driver in driver_names() else _marked_driver(resource)
    pause_s = max(_RETRY_INTERVAL_S, pause_between_sessions_s(driver))
    while True:
        left_s = deadline - time.monotonic()
        try:
            return _switch_off_once(resource, driver, _patience(timeout_s, left_s))
        except Exception as error:  # whatever it is, of a driver of somebody else's too: the next attempt may succeed
            if time.monotonic() + pause_s >= deadline:
                raise _unknown(resource, driver, for_s, error) from error
        time.sleep(pause_s)


def _marked_driver(resource: str) -> str:
    with suppress(InstrumentError):  # no folder for markers: then there is none
        marked = OutputMarker(resource).read()
        if marked is not None and marked.driver in driver_names():
            return marked.driver
    return ""


def _patience(timeout_s: float, left_s: float) -> Patience:
    left_s = max(left_s, _LEAST_TIMEOUT_S)
    return Patience(min(timeout_s, left_s), longest_s=min(left_s, SWITCHING_OFF_S))


def _switch_off_once(resource: str, driver: str, patience: Patience) -> OutputReadback:
    session: Potentiostat = (
        reopen_potentiostat(resource, driver, patience=patience)
        if driver
        else open_potentiostat(resource, patience=patience)
    )
    try:
        return session.safe_state()
    finally:
        with suppress(Exception):  # what was read back before stays true
            session.close()


def _unknown(resource: str, driver: str, for_s: float, error: Exception) -> OutputStateUnknown:
    if isinstance(error, OutputStateUnknown):
        return error  # the driver's own words, with what the instrument answered
    why = f"the instrument could not be reached for {for_s:.0f} s ({error})"
    return off_switch_of(driver).unknown(resource, why)
