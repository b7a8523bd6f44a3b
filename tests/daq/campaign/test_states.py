"""Which states of points and campaigns follow each other: the arrows of the documentation, and no others."""

from __future__ import annotations

import pytest

from daq.campaign.states import CampaignState, PointState

POINT_ARROWS = {
    "waiting": "running done failed skipped",  # done: a complete run was found at its path
    "running": "done failed stopped waiting",
    "failed": "waiting",
    "stopped": "waiting",
    "done": "",
    "skipped": "",
}
CAMPAIGN_ARROWS = {
    "waiting": "running",
    "running": "running paused done stopped failed",
    "paused": "paused running done stopped failed",
    "done": "done running",
    "stopped": "stopped running",
    "failed": "failed running",
}


@pytest.mark.parametrize("before", PointState)
def test_a_point_goes_where_the_diagram_says(before: PointState) -> None:
    assert {after for after in PointState if after.may_follow(before)} == set(POINT_ARROWS[before].split())


@pytest.mark.parametrize("before", CampaignState)
def test_a_campaign_goes_where_the_diagram_says(before: CampaignState) -> None:
    reached = {after for after in CampaignState if after.may_follow(before)}
    assert reached - {before} == set(CAMPAIGN_ARROWS[before].split()) - {before}


def test_what_is_done_or_skipped_is_never_measured_again() -> None:
    assert [state for state in PointState if not state.is_left] == [PointState.DONE, PointState.SKIPPED]
