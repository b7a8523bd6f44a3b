"""States of a campaign and of its points.

A point is one run. Its state is what `campaign.sqlite` says; the samples are in its run file, and where the two differ
after a crash the run file counts (`daq.campaign.settling`)::

    waiting ──► running ──► done
     ▲   │        ├───────► failed     given up after its retries, or a limit that a repetition would meet again
     │   │        ├───────► stopped    by an operator, or by the limit of the temperature
     │   │        │            │
     │   │        ▼            ▼
     └───┼──── a retry; `ionecho resume` for what failed, was stopped, or ran when the conductor died
         ▼
      skipped                          the campaign's own rule to stop was met before it

A campaign::

    waiting ──► running ◄──► paused
                   ├───────► done       nothing is left to be run
                   ├───────► stopped    by an operator
                   └───────► failed     points failed, or it was given up
                                        (`resume` leads from each of the three back to running)

Whether a conductor lives is no state: the lock of the folder says that.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class PointState(StrEnum):
    """State of a point; the values are the words on disk."""

    WAITING = "waiting"
    RUNNING = "running"
    """Its run was begun, and its end is not written down yet."""
    DONE = "done"
    """Its run file is complete."""
    FAILED = "failed"
    STOPPED = "stopped"
    SKIPPED = "skipped"

    def may_follow(self, before: PointState) -> bool:
        """Return whether a point may come from another state to this one."""
        return self in _NEXT_OF_POINT[before]

    @property
    def is_left(self) -> bool:
        """Whether `ionecho resume` runs such a point."""
        return self not in {PointState.DONE, PointState.SKIPPED}


# The arrows of the first diagram.
_NEXT_OF_POINT = {
    PointState.WAITING: frozenset({PointState.RUNNING, PointState.DONE, PointState.FAILED, PointState.SKIPPED}),
    PointState.RUNNING: frozenset({PointState.DONE, PointState.FAILED, PointState.STOPPED, PointState.WAITING}),
    PointState.FAILED: frozenset({PointState.WAITING}),
    PointState.STOPPED: frozenset({PointState.WAITING}),
    PointState.DONE: frozenset[PointState](),
    PointState.SKIPPED: frozenset[PointState](),
}


class CampaignState(StrEnum):
    """State of a campaign; the values are the words on disk."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"

    def may_follow(self, before: CampaignState) -> bool:
        """Return whether a campaign may come from another state to this one, or stay in it."""
        return self is before or self in _NEXT_OF_CAMPAIGN[before]

    @property
    def is_open(self) -> bool:
        """Whether a conductor has to be alive for such a campaign, or died."""
        return self in {CampaignState.RUNNING, CampaignState.PAUSED}


_ENDS = frozenset({CampaignState.DONE, CampaignState.STOPPED, CampaignState.FAILED})
# The arrows of the second diagram; a paused campaign can be stopped, and its temperature can fail.
_NEXT_OF_CAMPAIGN = {
    CampaignState.WAITING: frozenset({CampaignState.RUNNING}),
    CampaignState.RUNNING: _ENDS | {CampaignState.PAUSED},
    CampaignState.PAUSED: _ENDS | {CampaignState.RUNNING},
    CampaignState.DONE: frozenset({CampaignState.RUNNING}),
    CampaignState.STOPPED: frozenset({CampaignState.RUNNING}),
    CampaignState.FAILED: frozenset({CampaignState.RUNNING}),
}


@dataclass(frozen=True)
class CampaignEnd:
    """How a campaign ended.

    Attributes
    ----------
    state : CampaignState
    reason : str
        Empty if all points are done.
    output_problem : str
        Why the output of the instrument may still be on.
    is_limit : bool
        Whether a limit of the temperature ended it.
    """

    state: CampaignState
    reason: str = ""
    output_problem: str = ""
    is_limit: bool = False

    @classmethod
    def of_points(cls, n_points: int, counts: Mapping[PointState, int], met: str) -> CampaignEnd:
        """Return how a campaign ended of which no point waits any more.

        Parameters
        ----------
        n_points : int
        counts : mapping of PointState to int
            How many points failed, and how many were skipped.
        met : str
            Which condition of its document ended it; empty for none.
        """
        parts = [f"ended: {met}"] if met else []
        for state, what in ((PointState.FAILED, "failed"), (PointState.SKIPPED, "were skipped")):
            parts += [f"{counts[state]} of {n_points} points {what}"] if counts[state] else []
        return cls(CampaignState.FAILED if counts[PointState.FAILED] else CampaignState.DONE, "; ".join(parts))
