"""Queue as the window shows it: campaigns, their points, and what has happened to who conducts them. Without Qt."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gui.common.language import tr
from protocols import format_quantity

if TYPE_CHECKING:
    from pathlib import Path

_SOON_S = 12 * 3600.0
"""A time of the clock (s from now) that needs no day beside it. Doubled, tonight and tomorrow look the same."""


@dataclass(frozen=True)
class PointView:
    """A point of a campaign.

    Attributes
    ----------
    number : int
    label, state, reason : str
        State as on disk; why it failed, was stopped or skipped.
    attempts, n_samples : int
    ended_s : float or None
        Unix time.
    run : Path
        Its run file, which is there once it has been measured.
    aside : tuple of Path
        Files of attempts that were not completed.
    """

    number: int
    label: str
    state: str
    reason: str
    attempts: int
    n_samples: int
    ended_s: float | None
    run: Path
    aside: tuple[Path, ...] = ()

    @property
    def is_measured(self) -> bool:
        """Whether there is a run file to be opened."""
        return self.state in {"done", "running"}


@dataclass(frozen=True)
class Temperature:
    """Temperature of a campaign, as it was read last.

    Attributes
    ----------
    now_K, set_point_K : float
    is_stable : bool
        By the document's rule.
    """

    now_K: float
    set_point_K: float
    is_stable: bool

    @property
    def text(self) -> str:
        """As it stands in the window."""
        now, wanted = format_quantity(self.now_K, "K", 5), format_quantity(self.set_point_K, "K", 5)
        form = tr("{now}, set point {wanted}, stable") if self.is_stable else tr("{now}, set point {wanted}, settling")
        return form.format(now=now, wanted=wanted)


@dataclass(frozen=True)
class CampaignView:
    """A campaign, or a protocol as a campaign of one point, in the queue.

    Attributes
    ----------
    number : int
        In the queue.
    name, resource : str
    folder : Path
    state : str
        In the queue: waiting, running, done, failed, stopped.
    campaign_state : str
        Of the campaign itself: also paused.
    reason : str
        Why it is paused, failed or was stopped; why its state cannot be read.
    is_conducted : bool
        Whether a process conducts it now.
    is_open : bool
        Whether one has to: if it is not conducted then, that process was killed.
    n_done, n_points, n_failed : int
    current : PointView or None
        The point that is being measured.
    expected_end_s : float or None
        Unix time.
    temperature : Temperature or None
    output_problem : str
        Why its output may still be on.
    points : tuple of PointView
        Of a campaign that is looked into; else empty.
    run_in_progress : Path or None
        The run of the current point, once its guardian can be asked.
    """

    number: int
    name: str
    resource: str
    folder: Path
    state: str
    campaign_state: str = ""
    reason: str = ""
    is_conducted: bool = False
    is_open: bool = False
    n_done: int = 0
    n_points: int = 0
    n_failed: int = 0
    current: PointView | None = None
    expected_end_s: float | None = None
    temperature: Temperature | None = None
    output_problem: str = ""
    points: tuple[PointView, ...] = ()
    run_in_progress: Path | None = None

    @property
    def is_interrupted(self) -> bool:
        """Whether the process that conducted it was killed."""
        return self.is_open and not self.is_conducted

    @property
    def is_waiting(self) -> bool:
        """Whether it has not begun."""
        return self.state == "waiting"

    @property
    def is_unfinished(self) -> bool:
        """Whether the queue is through with it, and something of it is left to be measured."""
        return self.state in {"failed", "stopped"} and self.n_done < self.n_points


@dataclass(frozen=True)
class QueueView:
    """All queues of this user.

    Attributes
    ----------
    campaigns : tuple of CampaignView
        What runs, what waits in its order, what has ended, instrument by instrument.
    paused : tuple of pairs of str
        Resources on which nothing begins, each with the reason.
    worked_on : tuple of str
        Resources whose queue has a process.
    is_read : bool
        Whether it has been looked at.
    problem : str
        Why it cannot be read.
    """

    campaigns: tuple[CampaignView, ...] = ()
    paused: tuple[tuple[str, str], ...] = ()
    worked_on: tuple[str, ...] = ()
    is_read: bool = False
    problem: str = ""

    def why_paused(self, resource: str) -> str:
        """Return why nothing begins on an instrument; empty if it does."""
        return dict(self.paused).get(resource, "")

    def campaign(self, number: int) -> CampaignView | None:
        """Return a campaign by its number."""
        return next((one for one in self.campaigns if one.number == number), None)

    @property
    def running(self) -> tuple[CampaignView, ...]:
        """What is being conducted, or was when its process was killed."""
        return tuple(one for one in self.campaigns if one.state == "running" or one.is_open)

    @property
    def interrupted(self) -> tuple[CampaignView, ...]:
        """Campaigns whose process was killed."""
        return tuple(one for one in self.running if self.is_killed(one))

    def is_killed(self, one: CampaignView) -> bool:
        """Whether nobody conducts a campaign that somebody has to."""
        is_left = one.state == "running" and not one.is_conducted and one.resource not in self.worked_on
        return one.is_interrupted or is_left

    @property
    def run_in_progress(self) -> Path | None:
        """The run of a point that is in progress; the first of several."""
        return next((one.run_in_progress for one in self.campaigns if one.run_in_progress is not None), None)

    @property
    def n_waiting(self) -> int:
        """How many campaigns wait."""
        return sum(one.is_waiting for one in self.campaigns)

    def place_of(self, number: int) -> int:
        """Return the place of what waits among what waits on its instrument, from 1; 0 for what does not wait."""
        one = self.campaign(number)
        if one is None or not one.is_waiting:
            return 0
        there = [other.number for other in self.campaigns if other.is_waiting and other.resource == one.resource]
        return there.index(number) + 1

    def sentence(self, now_s: float) -> str:
        """Return what holds now, in one or two sentences."""
        if self.problem:
            return self.problem
        if killed := self.interrupted:
            return _killed_sentence(killed[0])
        if running := [one for one in self.running if one.campaign_state != "paused"]:
            return _running_sentence(running[0], now_s)
        for one in self.running:
            return tr("{name}: {reason}. The output is off.").format(name=one.name, reason=one.reason or tr("paused"))
        waiting = next((one for one in self.campaigns if one.is_waiting), None)
        if waiting is None:
            return tr("Nothing waits.") if self.campaigns else ""
        reason = self.why_paused(waiting.resource)
        form = tr("{n} wait. Nothing begins: {reason}.") if reason else tr("{n} wait. Start begins with “{name}”.")
        return form.format(n=self.n_waiting, reason=reason, name=waiting.name)


def _killed_sentence(one: CampaignView) -> str:
    if one.current is None:
        form = tr("The process that conducted “{name}” was killed. Nothing is being measured. Resume goes on.")
        return form.format(name=one.name)
    form = tr(
        "The process that conducted “{name}” was killed at point {point}, whose run ends under its guardian. Resume"
        " follows that run, or measures the point again, and goes on."
    )
    return form.format(name=one.name, point=one.current.number)


def _running_sentence(one: CampaignView, now_s: float) -> str:
    parts = [tr("{name}: {done} of {n} points").format(name=one.name, done=one.n_done, n=one.n_points)]
    if one.current is not None:
        parts.append(tr("now {number}, {label}").format(number=one.current.number, label=one.current.label))
    if one.expected_end_s is not None:
        left_s = one.expected_end_s - now_s
        form = tr("until about {clock}, in {left}") if left_s > 0.0 else tr("about to end")
        parts.append(form.format(clock=clock_text(one.expected_end_s, now_s), left=time_text(left_s)))
    return ", ".join(parts)


def clock_text(at_s: float, now_s: float) -> str:
    """Return a time of the clock here, with the day where it is not soon."""
    form = "%H:%M" if abs(at_s - now_s) < _SOON_S else "%Y-%m-%d %H:%M"
    return time.strftime(form, time.localtime(at_s))


def time_text(seconds: float) -> str:
    """Return a time as hours and minutes, or seconds."""
    if seconds < 60.0:
        return tr("{n} s").format(n=max(round(seconds), 0))
    minutes = round(seconds / 60.0)
    if minutes < 60:
        return tr("{n} min").format(n=minutes)
    return tr("{h} h {min} min").format(h=minutes // 60, min=minutes % 60)
