"""A thousand points and three days on a simulated clock: memory, estimates, and a queue that is edited."""

from __future__ import annotations

import random
from pathlib import Path

import psutil
import pytest

from daq.campaign.folder import CampaignFolder
from daq.campaign.queue import ItemState, Queue
from daq.campaign.states import CampaignState
from tests.daq.campaign.world import START_S, FakeTemperature, World

DOCUMENT = """
name = "three days"
[sequence]
kind = "pulse"
level = "10 mV"
width = "40 s"
before = "40 s"
after = "120 s"
[sampling]
interval = "1 ms"
[limits]
voltage = "1 V"
current = "10 mA"
[[sweep]]
field = "sequence.level"
from = "10 mV"
to = "200 mV"
count = 20
[[sweep]]
field = "sequence.width"
values = ["20 s", "40 s", "60 s", "80 s", "100 s"]
[order]
kind = "random"
seed = 3
[temperature]
controller = "R"
set_points = ["300 K", "305 K", "310 K", "315 K", "320 K", "325 K", "330 K", "335 K", "340 K", "345 K"]
tolerance = "0.1 K"
stable_for = "10 min"
at_most = "5 h"
limit = "360 K"
[between]
rest = "30 s"
"""


@pytest.mark.slow
def test_three_days_of_a_thousand_points(tmp_path: Path) -> None:
    """Memory grows by less than 1 MB an hour, and from a tenth on the end is known to 5 % of the whole."""
    world, draws = World(tmp_path, DOCUMENT), random.Random(5)  # noqa: S311 - a simulation
    assert len(world.campaign.points) == 1000
    world.temperature = FakeTemperature(world.clock, rate_K_s=0.005, stable_after_s=600.0)
    world.temperature.read_every_s = 300.0
    world.runner = type(world.runner)(world.clock, world.files, lambda: draws.uniform(1.0, 9.0))
    queue = Queue(tmp_path / "queue.sqlite")
    ids = [queue.add("R", CampaignFolder(tmp_path / name), name) for name in "abc"]
    assert queue.take("R") is not None, "the campaign that is conducted"
    estimates: list[tuple[float, float]] = []
    memory: list[tuple[float, int]] = []

    def look() -> None:
        if (told_s := world.expected_end_s()) is not None:
            estimates.append((world.clock.t_s, told_s - START_S))
        memory.append((world.clock.t_s, psutil.Process().memory_info().rss))
        queue.move(ids[2], 1)
        extra = queue.add("R", CampaignFolder(tmp_path / "extra"), "extra")
        queue.remove(extra)
        world.clock.at(world.clock.t_s + 3600.0, look)

    world.clock.at(3600.0, look)
    end = world.conduct()
    assert end is not None
    assert end.state is CampaignState.DONE
    whole_s = world.clock.t_s
    assert 60 * 3600.0 < whole_s < 90 * 3600.0
    late = [(at_s, told_s) for at_s, told_s in estimates if at_s > 0.1 * whole_s]
    assert len(late) > 50
    assert max(abs(told_s - whole_s) for _, told_s in late) < 0.05 * whole_s
    quarter = len(memory) // 4
    hours = (memory[-1][0] - memory[quarter][0]) / 3600.0
    assert (memory[-1][1] - memory[quarter][1]) / hours < 1e6
    assert [(item.name, item.state) for item in queue.items("R")] == [
        ("a", ItemState.RUNNING),
        ("c", ItemState.WAITING),
        ("b", ItemState.WAITING),
    ]
