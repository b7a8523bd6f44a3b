"""What ends a campaign by its own document: values that are measured, temperatures, drifts; time is simulated."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from daq.campaign.campaign_in_progress import document_problems
from daq.campaign.drift import DriftWatch, FittedValue
from daq.campaign.fitting_child import NOTHING_WATCHED
from daq.campaign.requests import CampaignRequest
from daq.campaign.states import CampaignState
from daq.campaign.store import CampaignStore
from daq.execution.run_request import StopThreshold
from daq.state import CAMPAIGN_ENDS, Outcome, OutputState, RunState
from protocols.campaigns import Campaign
from tests.daq.campaign.test_conductor import TEMPERATURES, ended, rows, states
from tests.daq.campaign.world import COMPLETE, FakeFits, FakeTemperature, KilledError, World, document

Make = Callable[..., World]
MET = "current above 1 uA (current 2 µA at 200.1 ms)"
ENDS = Outcome(RunState.STOPPED, OutputState.OFF, CAMPAIGN_ENDS + MET, n_samples=300)
ABOVE = '[stop]\nstop_when = "current above 1 uA"\n'
DRIFTS = '[order]\nrepeats = 3\n[stop]\nstop_when = "R0 drifts by 10 %"\n'


@pytest.fixture
def world_of(tmp_path: Path) -> Make:
    return lambda count=3, more="": World(tmp_path, document(count, more))


def test_a_run_that_meets_a_condition_makes_its_point_done_and_ends_the_campaign_well(world_of: Make) -> None:
    world = world_of(4, ABOVE)
    world.runner.endings = [COMPLETE, ENDS]
    end = ended(world)
    assert world.runner.ends_at == (StopThreshold("current", 1e-6, True, "current above 1 uA"),)
    assert (end.state, end.is_limit, end.output_problem) == (CampaignState.DONE, False, "")
    assert end.reason == f"ended: {MET}; 2 of 4 points were skipped"
    assert states(world) == ["done", "done", "skipped", "skipped"]
    assert rows(world, "SELECT count(*) FROM attempts") == [(0,)], "nothing is repeated"
    assert world.runner.is_closed


def test_a_condition_that_the_last_point_met_is_told_too(world_of: Make) -> None:
    world = world_of(1, ABOVE)
    world.runner.endings = [ENDS]
    assert ended(world).reason == f"ended: {MET}"


def test_a_condition_does_not_hide_points_that_failed(world_of: Make) -> None:
    world = world_of(3, ABOVE + "[between]\nretries = 0\n")
    world.runner.endings = [Outcome(RunState.ABORTED, OutputState.OFF, "no link", "InstrumentError"), ENDS]
    end = ended(world)
    assert (end.state, end.reason) == (
        CampaignState.FAILED,
        f"ended: {MET}; 1 of 3 points failed; 1 of 3 points were skipped",
    )


@pytest.mark.parametrize("after", [1, 2], ids=["before the point is done", "before the others are skipped"])
def test_a_conductor_that_follows_a_dead_one_ends_the_campaign_for_the_same_reason(world_of: Make, after: int) -> None:
    world = world_of(3, ABOVE)
    world.runner.endings = [ENDS]

    class Dying(CampaignStore):
        def end(self, *args: object, **kwargs: object) -> None:
            if after == 1:
                raise KilledError
            super().end(*args, **kwargs)  # type: ignore[arg-type] # passed on

        def skip_waiting(self, reason: str) -> None:  # noqa: ARG002 - dies
            raise KilledError

    assert world.conduct(lambda store: _with(store, Dying)) is None
    assert ended(world).reason == f"ended: {MET}; 2 of 3 points were skipped"
    assert world.runner.begun == ["0001.nxs"]


def _with(store: CampaignStore, kind: type[CampaignStore]) -> CampaignStore:
    store.__class__ = kind
    return store


def test_a_temperature_beyond_its_condition_while_a_run_is_in_progress_ends_the_campaign_well(world_of: Make) -> None:
    more = TEMPERATURES.format(at_most="1000 s") + '[stop]\nstop_when = "temperature above 305 K"\n'
    world = world_of(2, more)
    # Stable at 300 K from 70 s on, two runs of 3 s; then on the way to 310 K, where none runs before it is stable.
    world.temperature = FakeTemperature(world.clock, rate_K_s=0.1, begins_K=307.0)
    end = ended(world)
    assert (end.state, end.is_limit) == (CampaignState.DONE, False)
    assert end.reason == "ended: temperature above 305 K (temperature 310 K); 2 of 4 points were skipped"
    assert states(world) == ["done", "done", "skipped", "skipped"]
    assert rows(world, "SELECT number, file FROM attempts") == [(3, "aside/0003.nxs.1")], "its run was stopped"
    assert world.temperature.is_ended


# -- drifts -----------------------------------------------------------------------------------------------------------


def values(world: World, *pairs: tuple[float, float]) -> None:
    world.fits.values = {f"{k:04d}.nxs": FittedValue(*pair) for k, pair in enumerate(pairs, 1)}


def test_a_drift_since_the_first_point_with_the_same_values_ends_the_campaign_between_points(world_of: Make) -> None:
    world = world_of(2, DRIFTS)  # points 1 3 5 and 2 4 6 are alike
    values(world, (100.0, 1.0), (50.0, 0.5), (106.0, 1.0), (44.0, 0.5))
    end = ended(world)
    assert end.state is CampaignState.DONE
    assert end.reason == "ended: R0 drifts by 10 % (-12 % from point 2 to point 4); 2 of 6 points were skipped"
    assert len(world.runner.begun) == 4, "none is begun before the last is known"
    assert [name[:8] for name in world.fits.asked] == [f"000{k}.nxs" for k in (1, 3, 2, 4)], "each is fitted once"


def test_a_change_that_may_be_chance_ends_nothing_and_that_is_told_once(world_of: Make) -> None:
    world = world_of(1, DRIFTS)
    values(world, (100.0, 10.0), (115.0, 10.0), (84.0, 10.0))
    assert ended(world).reason == ""
    notes = [text for (text,) in rows(world, "SELECT text FROM events") if text.startswith(NOTHING_WATCHED)]
    assert len(notes) == 1
    assert "its change from point 1 to point 2 counts from 28 % on" in notes[0]


def test_a_point_that_cannot_be_fitted_is_told_and_the_campaign_goes_on(world_of: Make) -> None:
    world = world_of(1, DRIFTS)
    values(world, (100.0, 1.0))
    assert ended(world).state is CampaignState.DONE
    told = [number for number, text in rows(world, "SELECT number, text FROM events") if NOTHING_WATCHED in text]
    assert told == [2], "after the last point nothing is left to be ended"


def test_a_drift_is_judged_after_a_crash_too(world_of: Make) -> None:
    world = world_of(1, DRIFTS)
    values(world, (100.0, 1.0), (80.0, 1.0))
    world.clock.at(6.5, _kill)  # in the third run
    world.fits.values.pop("0002.nxs")
    assert world.conduct() is None
    world.files.runs.pop("0003.nxs", None)
    values(world, (100.0, 1.0), (80.0, 1.0))
    assert ended(world).reason == "ended: R0 drifts by 10 % (-20 % from point 1 to point 2); 1 of 3 points were skipped"


def _kill() -> None:
    raise KilledError


def test_a_stop_does_not_wait_for_a_fit(world_of: Make) -> None:
    world = world_of(1, DRIFTS)
    world.clock.at(6.0, lambda: world.wishes.ask(CampaignRequest.STOP))
    assert ended(world).state is CampaignState.STOPPED
    assert len(world.runner.begun) == 2


def test_chance_ends_fewer_than_one_in_a_thousand_comparisons_and_a_drift_of_the_size_is_seen() -> None:
    text = document(1, DRIFTS.replace("10 %", "5 %"))
    campaign, draws, sigma, n = Campaign.from_toml(text), np.random.default_rng(7), 0.02, 1000
    points = campaign.points[0], campaign.points[1]

    def is_ended(first: float, second: float) -> bool:
        fits = FakeFits()
        fits.values = {"1": FittedValue(first, 1.959964 * sigma), "2": FittedValue(second, 1.959964 * sigma)}
        watch = DriftWatch(campaign.stop.stop_when, fits, lambda *_: None)
        for point in points:
            watch.point_done(point, Path(str(point.number)))
        return watch.why_over(lambda: None) != ""

    assert sum(is_ended(*draws.normal(1.0, sigma, 2)) for _ in range(n)) <= 1
    assert sum(is_ended(*draws.normal([1.0, 1.25], sigma)) for _ in range(n)) > 0.9 * n
    assert math.isinf(FittedValue(1.0, 0.1).change_since(FittedValue(0.0, 0.1))[1])


# -- documents --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("temperature above 300 K", "is never looked at: temperatures are read with a controller"),
        ("current below 1 uA", "is met as soon as point 1 begins"),
        ("current above -1 uA", "is met as soon as point 1 begins"),
        ("charge below 1 mC", "is met as soon as point 1 begins"),
        ("current above 10 mA", "the limit of the current comes before it"),
        ("R0 drifts by 10 %", "no two points have them: give `repeats`"),
        ("current above 9 mA", ""),
        ("current below -9 mA", ""),
        ("energy above 1 J", ""),
    ],
)
def test_a_condition_that_means_nothing_is_refused(condition: str, why: str) -> None:
    found = list(document_problems(Campaign.from_toml(document(2, f'[stop]\nstop_when = "{condition}"\n'))))
    assert [problem.path for problem in found] == (["stop.stop_when"] if why else [])
    assert all(condition in problem.message and why in problem.message for problem in found)


def test_a_small_current_is_a_condition_where_the_cell_is_never_at_zero() -> None:
    text = document(1, '[stop]\nstop_when = "current below 1 uA"\n')
    held = text.replace('level = "10 mV"', 'bias = "50 mV"\nlevel = "60 mV"')
    assert list(document_problems(Campaign.from_toml(held))) == []
