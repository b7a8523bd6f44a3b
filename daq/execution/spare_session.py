"""Spare session of a guardian: whether an instrument has one to give, and when the next session may be opened.

On a serial line a second session would take the answers that are for the first one. Some instruments refuse a second
client, or do not hear it before the first has gone. There the guardian keeps no session: whoever switches off opens one
when the runner's has closed. Other interfaces jam on rapid connections: there the next one waits.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from daq.execution.exchange_limits import SWITCHING_OFF_S, patience_of_guardian
from drivers import (
    Patience,
    VisaSession,
    driver_named,
    driver_names,
    name_of_driver,
    open_potentiostat,
    takes_one_client,
)
from protocols import ConnectionLost

if TYPE_CHECKING:
    from drivers import Potentiostat

# How long (s) a second client is waited for on an idle computer: one that is blocked is never answered. Doubled, each
# run on such an instrument begins later by as much.
_HEARD_WITHIN_S = 1.5


def open_spare(resource: str, timeout_s: float) -> tuple[Potentiostat | None, str]:
    """Open a spare session, and return it with the name of its driver; None where there can be but one session.

    Raises
    ------
    ConnectionLost
        If nobody answers.
    InstrumentError
        If there is no driver for the instrument.
    """
    if takes_one_client(resource):
        return None, ""
    spare = open_potentiostat(resource, patience=patience_of_guardian(timeout_s))
    driver = name_of_driver(spare)
    if type(spare).reconnect_s > 0.0:  # it is known to hear a second client that takes its time
        time.sleep(type(spare).reconnect_s)
        return spare, driver
    if _hears_another(resource, spare, Patience(min(timeout_s, _HEARD_WITHIN_S), longest_s=SWITCHING_OFF_S)):
        return spare, driver
    with suppress(Exception):  # of a driver of somebody else's too: it is not needed any more
        spare.close()
    return None, driver


def _hears_another(resource: str, spare: Potentiostat, patience: Patience) -> bool:
    try:
        VisaSession(resource, dialect=type(spare).dialect, patience=patience).close()
    except ConnectionLost:
        return False
    return True


def pause_between_sessions_s(driver: str) -> float:
    """Return how long the next session of a driver waits after one was opened; 0 of a driver that is not known."""
    return driver_named(driver).reconnect_s if driver in driver_names() else 0.0
