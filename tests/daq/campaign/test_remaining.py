"""What a campaign is told to take still: as `ionecho check` takes it, until points have been measured."""

from __future__ import annotations

import pytest

from daq.campaign.remaining import Ahead, RemainingTime
from drivers import Keithley2461, plan_campaign
from protocols.campaigns import Campaign
from tests.daq.campaign.world import document

N = 1000
CAMPAIGN = Campaign.from_toml(document(20, '[between]\nrest = "2 s"\n'))


def test_before_the_first_point_it_is_what_check_takes_at_the_earliest() -> None:
    plan = plan_campaign(CAMPAIGN, Keithley2461)
    left_s = RemainingTime.of(CAMPAIGN, starts_each=False).remaining_s(range(1, 21), None)
    assert left_s == pytest.approx(plan.duration_s[0], rel=1e-6)


def test_the_start_of_a_session_counts_once_and_tells_nothing_of_the_points_after_it() -> None:
    remaining = RemainingTime([Ahead(0.1, None)] * N, 0.0, 0.0)
    remaining.point_done(0.1, 8.0)  # seven seconds of it are the start of the processes
    assert remaining.remaining_s(range(2, N + 1), None) < 999 * 0.2
    remaining.point_done(0.1, 0.25)
    remaining.point_done(0.1, 0.35)
    assert remaining.remaining_s(range(4, N + 1), None) == pytest.approx(997 * 0.3)


def test_without_a_session_every_point_has_its_start() -> None:
    remaining = RemainingTime([Ahead(0.1, None)] * 10, 0.0, 0.0, starts_each=True)
    assert remaining.remaining_s(range(1, 11), None) > 10 * 2.0
    remaining.point_done(0.1, 3.1)
    assert remaining.remaining_s(range(2, 11), None) == pytest.approx(9 * 3.1)
