"""Points whose run file is found: written down as done if it is complete, put aside to be measured again if not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daq.campaign.states import PointState

if TYPE_CHECKING:
    from daq.campaign.clock import Clock
    from daq.campaign.conditions import StopConditions
    from daq.campaign.settling import FoundRun, RunFiles
    from daq.campaign.store import CampaignStore, PointRow
    from protocols.campaigns import Point


class FoundPoints:
    """What a conductor writes down of run files that it finds.

    Parameters
    ----------
    files : RunFiles
    store : CampaignStore
    conditions : StopConditions
        Are told of each point that is done.
    clock : Clock
    """

    def __init__(self, files: RunFiles, store: CampaignStore, conditions: StopConditions, clock: Clock) -> None:
        self._files, self._store, self._conditions, self._clock = files, store, conditions, clock

    def done(self, point: Point, found: FoundRun) -> None:
        """Write down that a point is done."""
        run, now_s = (found.run_id, found.n_samples), self._clock.unix_s()
        self._store.end(point.number, PointState.DONE, found.why_early, now_s, run)
        self.was_done(point, self._store.point(point.number))

    def was_done(self, point: Point, row: PointRow) -> None:
        """Take a point that is done by what is written down."""
        self._conditions.point_done(point, self._files.path(row.file), row.reason)

    def settle(self, point: Point, row: PointRow, why: str) -> bool:
        """Write down what the file of a run says that nobody follows any more, and return whether its point is done."""
        found = self._files.found(row.file, point.protocol)
        if found is not None and found.is_complete:
            self._note("its run file is complete", point)
            self.done(point, found)
            return True
        aside = self._files.put_aside(row.file, row.attempts)
        self._store.repeat(row.number, aside, why, self._clock.unix_s(), found.run_id if found else "")
        return False

    def is_there(self, point: Point, row: PointRow) -> bool:
        """Whether a complete run of a waiting point lies at its path; anything else there is put aside."""
        found = self._files.found(row.file, point.protocol)
        if found is None:
            return False
        if found.is_complete:
            self._note("a complete run of it was found: it is not repeated", point)
            self.done(point, found)
            return True
        aside = self._files.put_aside(row.file, row.attempts)
        self._store.keep_aside(point.number, aside, "it lay at the path of the run", self._clock.unix_s(), found.run_id)
        return False

    def _note(self, text: str, point: Point) -> None:
        self._store.note(self._clock.unix_s(), text, point.number)
