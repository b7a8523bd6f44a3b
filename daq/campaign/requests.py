"""What operators want of a campaign: the words that front ends send to its conductor, and the wish that results.

A wish stays until another one takes its place; a stop is never taken back. ``at once`` ends the run of the point that
is being measured: its output goes off, what was measured is put aside, and the point is repeated when the campaign
goes on. Otherwise the point is measured to its end first.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import StrEnum


class CampaignRequest(StrEnum):
    """What a front end may ask of a conductor."""

    STATUS = "status"
    CONTINUE = "continue"
    PAUSE = "pause"
    PAUSE_NOW = "pause now"
    STOP = "stop"
    """End the campaign after the point that is being measured."""
    STOP_NOW = "stop now"


class Wish(StrEnum):
    """What a conductor is to do."""

    CONTINUE = "continue"
    PAUSE = "pause"
    STOP = "stop"


@dataclass(frozen=True)
class Wanted:
    """What operators want now.

    Attributes
    ----------
    wish : Wish
    at_once : bool
        Whether the run of the point that is being measured is to be stopped for it.
    by : str
        Who wants it, as the end of a sentence.
    """

    wish: Wish = Wish.CONTINUE
    at_once: bool = False
    by: str = ""


_WANTED = {
    CampaignRequest.CONTINUE: Wanted(Wish.CONTINUE),
    CampaignRequest.PAUSE: Wanted(Wish.PAUSE, by="by the operator"),
    CampaignRequest.PAUSE_NOW: Wanted(Wish.PAUSE, at_once=True, by="by the operator"),
    CampaignRequest.STOP: Wanted(Wish.STOP, by="by the operator"),
    CampaignRequest.STOP_NOW: Wanted(Wish.STOP, at_once=True, by="by the operator"),
}


class Wishes:
    """The wish that counts, for a conductor's loop and for the threads that hear front ends.

    Attributes
    ----------
    changed : Event
        Set when there is a new wish; the loop clears it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted = Wanted()
        self.changed = threading.Event()

    @property
    def wanted(self) -> Wanted:
        """What is wanted now."""
        with self._lock:
            return self._wanted

    def ask(self, request: CampaignRequest) -> None:
        """Take a request; `CampaignRequest.STATUS` changes nothing."""
        if request is not CampaignRequest.STATUS:
            self.want(_WANTED[request])

    def want(self, wanted: Wanted) -> None:
        """Take a wish, unless the campaign is to be stopped already and this is no more urgent stop."""
        with self._lock:
            is_stopping = self._wanted.wish is Wish.STOP
            if not is_stopping or (wanted.wish is Wish.STOP and wanted.at_once):
                self._wanted = wanted
        self.changed.set()
