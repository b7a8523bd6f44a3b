"""Conducting a campaign: its points one after the other, each settled in the state on disk before the next begins.

One thread does everything in order; what may come at any time is looked at wherever it waits: wishes of operators
(`daq.campaign.requests`) and the temperature (`daq.campaign.temperature`). For each point::

    paused or stopped?  the end of the time?  rest  temperature  what lies at its path?
          │
          ▼
    written down as running ──► its run, under a guardian ──► its run file is looked at ──► written down how it ended

A run file that is complete makes its point done whatever else was reported; any other is closed and put aside before
the point is measured again. So a conductor may die at any place in this loop: the next one reads the state, looks at
the one file that may be in between (or follows a run that is still in progress), and goes on.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from daq.campaign.conditions import StopConditions
from daq.campaign.found_points import FoundPoints
from daq.campaign.known import known_rule
from daq.campaign.point_runner import follow_adopted
from daq.campaign.remaining import RemainingTime
from daq.campaign.requests import Wanted, Wish
from daq.campaign.states import CampaignEnd, CampaignState, PointState
from daq.campaign.temperature_record import TemperatureRecord
from daq.execution.run_request import CampaignPlace
from daq.state import Outcome, OutputState, RunState
from protocols import IonechoError, LimitError, OutputStateUnknown, ProtocolError, format_quantity

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from daq.campaign.clock import Clock
    from daq.campaign.drift import FitsPoints
    from daq.campaign.point_runner import PointRunner
    from daq.campaign.requests import Wishes
    from daq.campaign.settling import RunFiles
    from daq.campaign.store import CampaignStore, PointRow
    from daq.campaign.temperature import TemperatureOwner
    from protocols.campaigns import Campaign, Point

_LOOK_S = 1.0
"""Longest time (s) between two turns of the loop while something is waited for: as often as a temperature is read, and
often enough for front ends, which look how long ago it turned."""
_BUSY_TRIES, _BUSY_S = 30, 2.0
"""How often a point is tried whose instrument somebody else has (a search, another run that is just ending), and the
pause (s) between two attempts. Doubled, a campaign waits two minutes for an instrument that another one keeps."""
_BUSY = "InstrumentInUseError"
# Errors of outcomes that a repetition would only meet again.
_NOT_REPEATED = frozenset({LimitError.__name__, ProtocolError.__name__})


class _Ended(Exception):  # noqa: N818 - no error: the way out of the loop
    """The campaign ends here."""

    def __init__(self, end: CampaignEnd) -> None:
        super().__init__(end.reason)
        self.end = end


class Conductor:
    """Conductor of one campaign.

    Parameters
    ----------
    campaign : Campaign
    files : RunFiles
        Of the campaign's folder, whose lock must be held.
    store : CampaignStore
    runner : PointRunner
    temperature : TemperatureOwner or None
    wishes : Wishes
    clock : Clock
    fits : FitsPoints
        For conditions on drifts.
    point_ended : callable
        Called when a point has ended and that is written down.
    """

    def __init__(
        self,
        campaign: Campaign,
        files: RunFiles,
        store: CampaignStore,
        runner: PointRunner,
        temperature: TemperatureOwner | None,
        wishes: Wishes,
        *,
        clock: Clock,
        fits: FitsPoints,
        point_ended: Callable[[], None] = lambda: None,
    ) -> None:
        self._campaign, self._files, self._store = campaign, files, store
        self._runner, self._temperature, self._wishes = runner, temperature, wishes
        self._clock, self._point_ended = clock, point_ended
        self._remaining = RemainingTime.of(campaign, starts_each=bool(store.facts().transcript))
        self._setpoint_K: float | None = None
        self._ended_s = -math.inf  # when a run ended last, on the clock of this process
        self._tries = 0  # of the point at hand
        self._failed_in_a_row = 0
        self._is_point_stopped = False  # and is to wait again once the campaign goes on
        self._stopped_for: Wanted | str | None = None  # why `_watch` had the run at hand stopped
        self._conditions = StopConditions(campaign, fits, self._note)
        self._found = FoundPoints(files, store, self._conditions, clock)
        self._record = TemperatureRecord(temperature, store, clock)
        self.turned_s = clock.now_s()
        """When the loop turned last."""

    def conduct(self) -> CampaignEnd:
        """Run what is left of the campaign, write down how it ended, and return that."""
        self._store.set_state(CampaignState.RUNNING, self._clock.unix_s())
        end = CampaignEnd(CampaignState.FAILED, "the conductor failed")
        try:
            try:
                end = self._run_points()
            except _Ended as ended:
                end = ended.end
            except OutputStateUnknown as error:
                end = CampaignEnd(CampaignState.FAILED, str(error), str(error))
            except IonechoError as error:
                end = CampaignEnd(CampaignState.FAILED, str(error))
            end = self._let_go(end)
        finally:
            if self._temperature is not None:
                heaters = self._temperature.end()
                self._record.keep()
                if heaters:
                    self._note(heaters)
                    reason = f"{end.reason}. {heaters}".lstrip(". ")
                    end = CampaignEnd(CampaignState.FAILED, reason, end.output_problem, end.is_limit)
        self._store.set_expected_end(None)
        self._store.set_state(end.state, self._clock.unix_s(), end.reason, (end.output_problem, end.is_limit))
        return end

    def _let_go(self, end: CampaignEnd) -> CampaignEnd:
        """Give the instrument back, and return how the campaign ends with what came of that."""
        try:
            self._runner.close()
        except OutputStateUnknown as error:
            return CampaignEnd(CampaignState.FAILED, str(error), str(error), end.is_limit)
        return end

    def _run_points(self) -> CampaignEnd:
        self._take_up()
        while self._store.numbers_in(PointState.WAITING) or self._store.numbers_in(PointState.STOPPED):
            self._look_at_drifts()
            self._obey()
            self._run_point(self._campaign.points[self._store.numbers_in(PointState.WAITING)[0] - 1])
        counts = {state: self._store.count(state) for state in (PointState.FAILED, PointState.SKIPPED)}
        return CampaignEnd.of_points(len(self._campaign.points), counts, self._conditions.met)

    # -- what an earlier conductor has left ---------------------------------------------------------------------------

    def _take_up(self) -> None:
        """Settle the point whose run had begun, and let wait again what failed or was stopped."""
        last_s = self._store.last_end_s()
        if last_s is not None:  # the rest counts from the last run, whoever conducted it
            self._ended_s = self._clock.now_s() - max(self._clock.unix_s() - last_s, 0.0)
        for row in self._store.points():
            point = self._campaign.points[row.number - 1]
            if row.state is PointState.RUNNING:
                self._take_up_running(point, row)
            elif row.state is PointState.DONE:
                self._found.was_done(point, row)
            elif row.state in {PointState.FAILED, PointState.STOPPED}:
                # A file that is still there is one whose output may have been on: it stayed where everybody sees it.
                is_there = self._files.exists(row.file)
                aside = self._files.put_aside(row.file, row.attempts) if is_there else ""
                self._store.repeat(row.number, aside, row.reason, self._clock.unix_s())
        self._tell_expected_end()

    def _take_up_running(self, point: Point, row: PointRow) -> None:
        run = self._files.in_progress(row.file)
        if run is None:
            if self._found.settle(point, row, "its conductor ended while it was measured"):
                self._point_ended()
            return
        self._note("the run is still in progress under its guardian: it is followed", point.number)
        if self._temperature is not None and point.temperature_K is not None:
            self._temperature.go_to(point.temperature_K)
            self._setpoint_K = point.temperature_K
        rule, path = known_rule(self._campaign), self._files.path(row.file)
        self._judge(point, self._followed(path, lambda: follow_adopted(run, self._watch, rule)))

    # -- one point ----------------------------------------------------------------------------------------------------

    def _run_point(self, point: Point) -> None:
        if self._is_over(point):
            return
        self._wait(self._campaign.between.rest_s - (self._clock.now_s() - self._ended_s))
        if not self._reach_temperature(point):
            return
        row = self._store.point(point.number)
        if self._found.is_there(point, row):
            return
        self._store.begin(point.number, self._clock.unix_s())
        path, is_read = self._files.path(row.file), self._temperature is not None
        place = CampaignPlace(self._campaign.name, point.number, is_read, self._conditions.thresholds)
        for _ in range(_BUSY_TRIES):
            outcome = self._followed(path, lambda: self._runner.run_point(point.protocol, path, self._watch, place))
            if outcome.error != _BUSY or self._wishes.wanted.wish is not Wish.CONTINUE:
                break
            self._pause(_BUSY_S)
        self._judge(point, outcome)

    def _followed(self, path: Path, run: Callable[[], Outcome]) -> Outcome:
        """Have a run carried out or followed, and count its time."""
        self._stopped_for = None
        began_s = self._clock.now_s()
        with self._record.of_run(path):
            outcome = run()
        self._ended_s = self._clock.now_s()
        self._took_s = self._ended_s - began_s
        return outcome

    def _judge(self, point: Point, outcome: Outcome) -> None:
        """Write down how a run has ended, and what follows from it."""
        row = self._store.point(point.number)
        if outcome.output is OutputState.UNKNOWN:
            self._store.end(point.number, PointState.FAILED, outcome.reason, self._clock.unix_s())
            self._point_ended()
            raise _Ended(CampaignEnd(CampaignState.FAILED, f"point {point.number}: {outcome.reason}", outcome.reason))
        found = self._files.found(row.file, point.protocol)
        if found is not None and found.is_complete:
            if not found.why_early:
                self._remaining.point_done(point.protocol.duration_s, self._took_s)
            self._tries = self._failed_in_a_row = 0
            for warning in outcome.warnings:
                self._note(warning, point.number)
            self._found.done(point, found)
        else:
            self._remaining.spent(self._took_s)
            aside = self._files.put_aside(row.file, row.attempts)
            run_id = found.run_id if found is not None else ""
            self._not_done(point, outcome, (aside, run_id))
        self._point_ended()
        self._tell_expected_end()
        self._raise_if_too_warm()

    def _not_done(self, point: Point, outcome: Outcome, left: tuple[str, str]) -> None:
        """Write down a run that is not complete: stopped, to be tried again, or failed."""
        number, now_s = point.number, self._clock.unix_s()
        aside, run_id = left
        why = outcome.reason or f"the run ended as {outcome.state!r}"
        # Whoever wanted it to end wanted the output off, whatever failed at that: it is not tried again by itself.
        is_stop = (outcome.state is RunState.STOPPED and not outcome.error) or outcome.is_by_operator
        if self._stopped_for is not None or is_stop:
            if self._stopped_for is None:
                self._wishes.want(Wanted(Wish.PAUSE, by=f"because the run of point {number} was stopped"))
            self._store.end(number, PointState.STOPPED, why, now_s, (run_id, 0), aside)
            self._is_point_stopped = True
            return
        self._tries += 1
        if outcome.error not in _NOT_REPEATED and self._tries <= self._campaign.between.retries:
            self._store.repeat(number, aside, why, now_s, run_id)
            return
        self._fail(number, why, run_id, aside)

    def _fail(self, number: int, why: str, run_id: str = "", aside: str = "") -> None:
        self._store.end(number, PointState.FAILED, why, self._clock.unix_s(), (run_id, 0), aside)
        self._tries = 0
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= self._campaign.between.give_up_after:
            n = self._failed_in_a_row
            raise _Ended(CampaignEnd(CampaignState.FAILED, f"given up after {n} points that failed in a row: {why}"))

    # -- between points -----------------------------------------------------------------------------------------------

    def _is_over(self, point: Point) -> bool:
        """Whether the campaign ends before a point, by its own rule; all that wait are skipped then."""
        now_s, started_s = self._clock.unix_s(), self._store.started_s()
        began_s = now_s if started_s is None else started_s
        reason = self._conditions.met or self._conditions.why_too_late(point, began_s, now_s)
        if not reason:
            return False
        self._store.skip_waiting(reason)
        self._note(reason)
        return True

    def _look_at_drifts(self) -> None:
        """Have the point that was done last compared, if it is to be; only a stop does not wait for that."""

        def turn() -> None:
            self._turn()
            self._raise_if_too_warm()
            if self._wishes.wanted.wish is Wish.STOP:
                self._obey()

        began_s = self._clock.now_s()
        self._conditions.judge(turn)
        self._remaining.spent(max(self._clock.now_s() - began_s - self._campaign.between.rest_s, 0.0))

    def _reach_temperature(self, point: Point) -> bool:
        """Wait until the temperature of a point is stable; if it is not in time, the point has failed."""
        rule = self._campaign.temperature
        if self._temperature is None or rule is None or point.temperature_K is None:
            return True
        self._setpoint_K, began_K, waited_s = point.temperature_K, self._temperature.temperature_K, 0.0
        self._temperature.go_to(point.temperature_K)
        while not self._temperature.is_stable:
            began_K = self._temperature.temperature_K if began_K is None else began_K
            if waited_s > rule.at_most_s:
                wanted, limit = format_quantity(point.temperature_K, "K"), format_quantity(rule.at_most_s, "s")
                self._fail(point.number, f"{wanted} was not stable within {limit}")
                self._point_ended()
                return False
            waited_s += self._wait(_LOOK_S)
        if began_K is not None:
            self._remaining.temperature_reached(abs(point.temperature_K - began_K), waited_s)
        return True

    def _wait(self, seconds: float) -> float:
        """Wait for some seconds, obeying operators meanwhile, and return them; a pause is not counted."""
        left_s = seconds
        while left_s > 0.0:
            left_s -= self._pause(min(left_s, _LOOK_S))
            self._obey()
        return seconds

    def _pause(self, seconds: float) -> float:
        """Wait until somebody wants something, or for some seconds, and return how long that took."""
        began_s = self._clock.now_s()
        self._clock.wait(self._wishes.changed, seconds)
        self._wishes.changed.clear()
        self._turn()
        self._raise_if_too_warm()
        return self._clock.now_s() - began_s

    def _obey(self) -> None:
        """Do what operators want at a place where nothing is measured: go on, be paused, or end.

        Raises
        ------
        _Ended
            If the campaign is to be stopped.
        """
        wanted = self._wishes.wanted
        if wanted.wish is Wish.PAUSE:
            self._store.set_state(CampaignState.PAUSED, self._clock.unix_s(), f"paused {wanted.by}")
            self._store.set_expected_end(None)
            self._note(f"paused {wanted.by}")
            self._runner.close()  # the instrument is free meanwhile
            while self._wishes.wanted.wish is Wish.PAUSE:
                self._pause(_LOOK_S)
            if self._wishes.wanted.wish is Wish.CONTINUE:
                self._store.set_state(CampaignState.RUNNING, self._clock.unix_s())
                self._note("continued")
        wanted = self._wishes.wanted
        if wanted.wish is Wish.STOP:
            raise _Ended(CampaignEnd(CampaignState.STOPPED, f"stopped {wanted.by}"))
        if self._is_point_stopped:
            self._is_point_stopped = False
            for number in self._store.numbers_in(PointState.STOPPED):
                self._store.repeat(number, "", self._store.point(number).reason, self._clock.unix_s())

    # -- while a run is in progress -----------------------------------------------------------------------------------

    def _watch(self) -> str | None:
        """Return why the run at hand is to be stopped; called several times a second while there is one."""
        self._turn()
        wanted = self._wishes.wanted
        if self._temperature is not None:
            problem = self._temperature.problem or self._conditions.met_by_temperature(self._temperature.temperature_K)
            if problem:
                self._stopped_for = problem
                return problem
        if wanted.at_once and wanted.wish is not Wish.CONTINUE:
            self._stopped_for = wanted
            return f"{wanted.wish} {wanted.by}"
        return None

    def _turn(self) -> None:
        self.turned_s = self._clock.now_s()
        self._record.take()

    def _raise_if_too_warm(self) -> None:
        if self._temperature is not None and (problem := self._temperature.problem):
            raise _Ended(CampaignEnd(CampaignState.FAILED, problem, is_limit=self._temperature.is_limit))

    def _note(self, text: str, number: int | None = None) -> None:
        self._store.note(self._clock.unix_s(), text, number)

    def _tell_expected_end(self) -> None:
        left_s = self._remaining.remaining_s(self._store.numbers_in(PointState.WAITING), self._setpoint_K)
        self._store.set_expected_end(self._clock.unix_s() + left_s)
