"""What a conductor makes of each way in which runs end, of wishes, temperatures and rests; time is simulated."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from daq.campaign.requests import CampaignRequest
from daq.campaign.states import CampaignEnd, CampaignState, PointState
from daq.campaign.store import CampaignStore
from daq.state import ABORTED_BY_OPERATOR, STOPPED_BY_OPERATOR, Outcome
from tests.daq.campaign.world import (
    ABORTED,
    COMPLETE,
    OVER_LIMIT,
    REFUSED,
    STOPPED,
    UNKNOWN,
    FakeTemperature,
    KilledError,
    World,
    document,
)

TEMPERATURES = """
[temperature]
controller = "R"
set_points = ["300 K", "310 K"]
tolerance = "0.1 K"
stable_for = "60 s"
at_most = "{at_most}"
limit = "350 K"
"""
Make = Callable[..., World]


@pytest.fixture
def world_of(tmp_path: Path) -> Make:
    return lambda count=3, more="": World(tmp_path, document(count, more))


def rows(world: World, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(world.path)) as link:
        return link.execute(query).fetchall()


def states(world: World) -> list[str]:
    return [row[0] for row in rows(world, "SELECT state FROM points ORDER BY number")]


def ended(world: World) -> CampaignEnd:
    end = world.conduct()
    assert end is not None
    return end


def test_all_points_are_run_once_in_their_order(world_of: Make) -> None:
    world = world_of(3)
    assert ended(world) == CampaignEnd(CampaignState.DONE)
    assert world.runner.begun == ["0001.nxs", "0002.nxs", "0003.nxs"]
    assert states(world) == ["done"] * 3
    assert world.runner.is_closed


@pytest.mark.parametrize("failure", [ABORTED, REFUSED])
def test_a_point_that_failed_is_tried_again_and_what_it_measured_is_kept_aside(
    world_of: Make, failure: Outcome
) -> None:
    world = world_of(2)
    world.runner.endings = [failure, COMPLETE]
    assert ended(world).state is CampaignState.DONE
    assert world.runner.begun == ["0001.nxs", "0001.nxs", "0002.nxs"]
    kept = [("aside/0001.nxs.1", failure.reason)] if failure is ABORTED else [("", failure.reason)]
    assert rows(world, "SELECT file, reason FROM attempts") == kept
    assert list(world.files.aside) == [file for file, _ in kept if file]


def test_a_point_that_fails_with_all_its_retries_is_left_and_tells_at_the_end(world_of: Make) -> None:
    world = world_of(3, "[between]\nretries = 2\n")
    world.runner.endings = [ABORTED] * 3
    end = ended(world)
    assert (end.state, end.reason) == (CampaignState.FAILED, "1 of 3 points failed")
    assert states(world) == ["failed", "done", "done"]
    assert ended(world).state is CampaignState.DONE, "resume repeats what failed"
    assert world.runner.begun.count("0001.nxs") == 4


def test_a_limit_is_not_met_a_second_time(world_of: Make) -> None:
    world = world_of(2, "[between]\nretries = 5\n")
    world.runner.endings = [OVER_LIMIT]
    assert ended(world).reason == "1 of 2 points failed"
    assert world.runner.begun == ["0001.nxs", "0002.nxs"]


def test_it_is_given_up_after_so_many_failures_in_a_row(world_of: Make) -> None:
    world = world_of(5, "[between]\nretries = 0\ngive_up_after = 2\n")
    world.runner.endings = [ABORTED, COMPLETE, ABORTED, ABORTED]
    assert ended(world).reason.startswith("given up after 2 points that failed in a row")
    assert states(world) == ["failed", "done", "failed", "failed", "waiting"]


def test_an_output_that_may_be_on_ends_everything_and_its_file_stays_where_it_is_seen(world_of: Make) -> None:
    world = world_of(3)
    world.runner.endings = [COMPLETE, UNKNOWN]
    end = ended(world)
    assert (end.state, end.output_problem) == (CampaignState.FAILED, UNKNOWN.reason)
    assert states(world) == ["done", "failed", "waiting"]
    assert "0002.nxs" in world.files.runs
    assert ended(world).state is CampaignState.DONE
    assert list(world.files.aside) == ["aside/0002.nxs.1"]


def test_a_complete_file_makes_its_point_done_whatever_was_reported(world_of: Make) -> None:
    world = world_of(2)

    def killed_while_closing(name: str) -> Outcome:
        world.runner.leave(name, is_complete=True)
        return REFUSED

    world.runner.endings = [killed_while_closing]
    assert ended(world).state is CampaignState.DONE
    assert world.runner.begun == ["0001.nxs", "0002.nxs"]


@pytest.mark.parametrize(
    "ending",
    [STOPPED, ABORTED.for_operator(STOPPED_BY_OPERATOR), ABORTED.for_operator(ABORTED_BY_OPERATOR)],
    ids=["stopped", "a stop at which the link failed", "switched off by the guardian"],
)
def test_a_run_that_somebody_ended_pauses_the_campaign_and_is_repeated(world_of: Make, ending: Outcome) -> None:
    world = world_of(2)
    world.runner.endings = [ending]
    world.clock.at(100.0, lambda: world.wishes.ask(CampaignRequest.CONTINUE))
    assert ended(world).state is CampaignState.DONE
    assert world.runner.begun == ["0001.nxs", "0001.nxs", "0002.nxs"]
    assert rows(world, "SELECT began_s FROM points WHERE number = 1")[0][0] >= 1_795_000_100.0


# -- wishes -----------------------------------------------------------------------------------------------------------


def test_a_pause_waits_for_the_end_of_the_point(world_of: Make) -> None:
    world = world_of(2)
    seen: list[str] = []
    world.clock.at(1.0, lambda: world.wishes.ask(CampaignRequest.PAUSE))
    world.clock.at(50.0, lambda: seen.extend(row[0] for row in rows(world, "SELECT state FROM campaign")))
    world.clock.at(60.0, lambda: world.wishes.ask(CampaignRequest.CONTINUE))
    assert ended(world).state is CampaignState.DONE
    assert seen == ["paused"]
    assert world.runner.begun == ["0001.nxs", "0002.nxs"]
    assert not world.files.aside


def test_a_pause_at_once_stops_the_run_and_repeats_the_point(world_of: Make) -> None:
    world = world_of(2)
    world.clock.at(1.0, lambda: world.wishes.ask(CampaignRequest.PAUSE_NOW))
    world.clock.at(60.0, lambda: world.wishes.ask(CampaignRequest.CONTINUE))
    assert ended(world).state is CampaignState.DONE
    assert world.runner.begun == ["0001.nxs", "0001.nxs", "0002.nxs"]
    assert list(world.files.aside) == ["aside/0001.nxs.1"]
    assert any("is repeated: stopped by the operator" in row[0] for row in rows(world, "SELECT text FROM events"))


@pytest.mark.parametrize(("request_", "n_done"), [(CampaignRequest.STOP, 1), (CampaignRequest.STOP_NOW, 0)])
def test_a_stop_ends_the_campaign_and_resume_goes_on(world_of: Make, request_: CampaignRequest, n_done: int) -> None:
    world = world_of(3)
    world.clock.at(1.0, lambda: world.wishes.ask(request_))
    assert ended(world).state is CampaignState.STOPPED
    assert states(world).count("done") == n_done
    assert ended(world).state is CampaignState.DONE
    assert states(world) == ["done"] * 3


def test_a_pause_does_not_take_a_stop_back(world_of: Make) -> None:
    world = world_of(3)
    world.clock.at(1.0, lambda: world.wishes.ask(CampaignRequest.STOP))
    world.clock.at(2.0, lambda: world.wishes.ask(CampaignRequest.PAUSE))
    world.clock.at(2.5, lambda: world.wishes.ask(CampaignRequest.CONTINUE))
    assert ended(world).state is CampaignState.STOPPED


def test_a_stop_after_the_last_point_changes_nothing(world_of: Make) -> None:
    world = world_of(1)
    world.clock.at(1.0, lambda: world.wishes.ask(CampaignRequest.STOP))
    assert ended(world) == CampaignEnd(CampaignState.DONE)


# -- rests, end of time, temperatures ---------------------------------------------------------------------------------


def test_the_cell_rests_between_points_and_also_after_a_crash(world_of: Make) -> None:
    world = world_of(3, '[between]\nrest = "100 s"\n')
    world.clock.at(150.0, _kill)
    assert world.conduct() is None, "killed while it rests after the second point"
    assert world.clock.t_s < 160.0
    assert ended(world).state is CampaignState.DONE
    assert world.clock.t_s == pytest.approx(3 * 3.0 + 2 * 100.0, abs=1.0), (
        "no rest before the first, none after the last"
    )


def _kill() -> None:
    raise KilledError


def test_no_point_begins_that_would_not_be_done_in_time(world_of: Make) -> None:
    world = world_of(5, '[stop]\nend = "10 s"\n')
    end = ended(world)
    assert (end.state, end.reason) == (CampaignState.DONE, "2 of 5 points were skipped")
    assert states(world) == ["done"] * 3 + ["skipped"] * 2
    assert world.clock.t_s == pytest.approx(9.0)


def test_the_time_counts_from_the_first_start_of_the_campaign(world_of: Make) -> None:
    world = world_of(5, '[stop]\nend = "10 s"\n')
    world.clock.at(4.0, _kill)
    assert world.conduct() is None
    world.clock.pass_s(100.0)
    ended(world)
    assert states(world) == ["done"] + ["skipped"] * 4


def test_a_point_is_run_at_its_temperature(world_of: Make) -> None:
    world = world_of(2, TEMPERATURES.format(at_most="1000 s"))
    world.temperature = FakeTemperature(world.clock, rate_K_s=0.1)
    measured_at_K: list[float] = []
    world.runner.endings = [lambda _: measured_at_K.append(world.temperature.temperature_K) or COMPLETE] * 4  # type: ignore
    assert ended(world).state is CampaignState.DONE
    assert measured_at_K == [point.temperature_K for point in world.campaign.points]
    assert set(measured_at_K) == {300.0, 310.0}
    assert world.temperature.is_ended
    assert rows(world, "SELECT count(*) FROM temperatures")[0][0] > 15, "readings are kept"


def test_a_temperature_that_is_not_stable_in_time_fails_its_point_and_begins_no_run(world_of: Make) -> None:
    world = world_of(1, TEMPERATURES.format(at_most="150 s"))
    world.temperature = FakeTemperature(world.clock, rate_K_s=0.05, begins_K=299.0)  # 310 K comes after 200 s
    end = ended(world)
    assert (end.state, end.reason) == (CampaignState.FAILED, "1 of 2 points failed")
    assert world.runner.begun == ["0001.nxs"]
    assert rows(world, "SELECT reason FROM points WHERE number = 2") == [("310 K was not stable within 150 s",)]


def test_a_temperature_above_its_limit_stops_the_run_and_ends_the_campaign(world_of: Make) -> None:
    world = world_of(3, TEMPERATURES.format(at_most="1000 s"))
    temperature = world.temperature = FakeTemperature(world.clock, rate_K_s=1.0)

    def too_warm() -> None:
        temperature.problem, temperature.is_limit = "the cell was at 360 K, above the limit of 350 K", True

    world.clock.at(14.5, too_warm)
    end = ended(world)
    assert (end.state, end.is_limit) == (CampaignState.FAILED, True)
    assert "above the limit" in end.reason
    assert states(world)[1] == "stopped", "the run in which it happened"
    assert temperature.is_ended


def test_every_end_is_written_down_before_the_next_point_begins(world_of: Make) -> None:
    world = world_of(3)
    seen: list[list[str]] = []
    world.runner.endings = [lambda _: seen.append(states(world)) or COMPLETE] * 3  # type: ignore
    ended(world)
    assert seen == [
        ["running", "waiting", "waiting"],
        ["done", "running", "waiting"],
        ["done", "done", "running"],
    ]


def test_a_state_that_does_not_follow_is_refused(world_of: Make) -> None:
    world = world_of(1)
    ended(world)
    with closing(CampaignStore(world.path)) as store, pytest.raises(ValueError, match="cannot go from"):
        store.begin(1, 0.0)
    assert states(world) == [PointState.DONE]
