"""Whatever a conductor dies of, wherever it dies: no point is lost, and none is measured twice."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daq.campaign import conductor_process
from daq.campaign.campaign_in_progress import CampaignInProgress, new_campaign
from daq.campaign.link import ask_conductor
from daq.campaign.requests import CampaignRequest, Wishes
from daq.campaign.states import CampaignEnd, CampaignState, PointState
from daq.campaign.store import CampaignStore
from daq.state import Outcome
from protocols import InstrumentError, Limits
from protocols.campaigns import Campaign
from tests.daq.campaign.world import ABORTED, COMPLETE, OVER_LIMIT, REFUSED, KilledError, World, document
from tests.patience import patience
from tests.properties import examples

N_POINTS = 4
CHANGES = frozenset(
    "begin end repeat keep_aside skip_waiting set_state set_expected_end note add_temperatures".split()  # noqa: SIM905
)


class DyingStore:
    """A store whose process dies at some of its changes: before the change is on disk, or just after."""

    def __init__(self, store: CampaignStore, dies_at: int, *, after: bool) -> None:
        self._store, self._left, self._after = store, dies_at, after

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        if name not in CHANGES:
            return method

        def change(*arguments: Any, **named: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._after:
                raise KilledError
            result = method(*arguments, **named)
            if self._left == 0:
                raise KilledError
            return result

        return change


def _dies_in_run(world: World, *, complete: bool, leaves_file: bool) -> Any:
    def end(name: str) -> Outcome:
        if leaves_file:
            world.runner.leave(name, is_complete=complete)
        raise KilledError

    return end


crash = st.tuples(st.integers(1, 30), st.booleans())
ending = st.sampled_from(["complete", "aborted", "refused", "limit", "dies early", "dies partial", "dies complete"])
wish = st.tuples(st.floats(0.0, 30.0), st.sampled_from([one for one in CampaignRequest if "stop" not in one]))


def _ask(world: World, request: CampaignRequest) -> None:
    world.wishes.ask(request)  # of the conductor that lives then


def _endings(world: World, names: list[str]) -> list[Any]:
    made = {
        "complete": COMPLETE,
        "aborted": ABORTED,
        "refused": REFUSED,
        "limit": OVER_LIMIT,
        "dies early": _dies_in_run(world, complete=False, leaves_file=False),
        "dies partial": _dies_in_run(world, complete=False, leaves_file=True),
        "dies complete": _dies_in_run(world, complete=True, leaves_file=True),
    }
    return [made[name] for name in names]


@settings(max_examples=examples(60))
@given(
    crashes=st.lists(crash, max_size=6),
    names=st.lists(ending, max_size=12),
    wishes=st.lists(wish, max_size=4),
)
def test_each_point_is_measured_to_its_end_exactly_once(
    crashes: list[tuple[int, bool]], names: list[str], wishes: list[tuple[float, CampaignRequest]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), document(N_POINTS))
        world.runner.endings = _endings(world, names)
        for at_s, request in wishes:
            world.clock.at(at_s, partial(_ask, world, request))
            world.clock.at(at_s + 40.0, lambda: world.wishes.ask(CampaignRequest.CONTINUE))
        for dies_at, after in crashes:
            world.conduct(lambda store, at=dies_at, after=after: DyingStore(store, at, after=after))  # type: ignore
            _check(world)
        for _ in range(len(names) + 1):  # a person resumes until all is done
            end = world.conduct()
            _check(world)
            if end is not None and end.state is CampaignState.DONE:
                break
        assert world.runner.completed == {f"{number + 1:04d}.nxs": 1 for number in range(N_POINTS)}
        assert all(is_complete for _, is_complete in world.files.runs.values())
        _check_attempts(world)


def _check(world: World) -> None:
    """The state can be read, and at most one point is being measured; what is done has its complete run."""
    store = CampaignStore(world.path)
    rows = list(store.points())
    store.close()
    assert len(rows) == N_POINTS
    assert sum(row.state is PointState.RUNNING for row in rows) <= 1
    for row in rows:
        if row.state is PointState.DONE:
            assert world.files.runs[row.file][1]
    assert all(count == 1 for count in world.runner.completed.values())


def _check_attempts(world: World) -> None:
    """Every file that was put aside is named in the state."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(world.path)) as link:
        named = {row[0] for row in link.execute("SELECT file FROM attempts WHERE file != ''")}
    assert named == set(world.files.aside)


class Lingering(subprocess.Popen[bytes]):
    """A conductor's process that takes longer to go than anybody waits, as on a computer with too much to do."""

    def __init__(self) -> None:
        super().__init__([sys.executable, "-c", ""])
        super().wait()

    def wait(self, timeout: float | None = None) -> int:
        raise subprocess.TimeoutExpired(self.args, timeout or 0.0)


def test_a_conductor_that_is_slow_to_go_does_not_hide_how_its_campaign_ended(tmp_path: Path) -> None:
    two = Campaign.from_toml(document(2))
    folder = new_campaign(two, tmp_path / "two", "TCPIP::192.0.2.1::5025::SOCKET", Limits())
    store = CampaignStore(folder.state)
    store.set_state(CampaignState.RUNNING, 1.0)
    store.set_state(CampaignState.STOPPED, 2.0, "stopped by the operator")
    store.close()
    status = CampaignInProgress(folder, Lingering()).wait()
    assert (status.state, status.reason) == (CampaignState.STOPPED, "stopped by the operator")


def test_a_conductor_answers_while_it_loads_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a slow computer that takes longer than a front end waits: it took the conductor for a dead one."""
    loading, loaded = threading.Event(), threading.Event()

    def load(_resource: str) -> None:
        loading.set()
        loaded.wait(patience(60))
        raise InstrumentError("no such driver")

    monkeypatch.setattr(conductor_process, "load_drivers", load)
    one = Campaign.from_toml(document(1))
    folder = new_campaign(one, tmp_path / "one", "TCPIP::192.0.2.1::5025::SOCKET", Limits())
    ends: list[CampaignEnd] = []
    thread = threading.Thread(target=lambda: ends.append(conductor_process.conduct_folder(folder, Wishes())))
    thread.start()
    try:
        assert loading.wait(patience(10))
        age_s = ask_conductor(folder, CampaignRequest.STATUS, patience(5))
    finally:
        loaded.set()
        thread.join(patience(10))
    assert 0.0 <= age_s < patience(10)
    assert ends == [CampaignEnd(CampaignState.FAILED, "no such driver")]
