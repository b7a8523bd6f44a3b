"""The queue of an instrument: its order while it is edited, and what a queue process makes of each end."""

from __future__ import annotations

from pathlib import Path

import pytest

from daq.campaign.folder import CampaignFolder, create_campaign, where_run_is
from daq.campaign.queue import ItemState, Queue, QueueError, QueueItem
from daq.campaign.queue_process import work_on
from daq.campaign.schema import PlannedPoint
from daq.campaign.states import CampaignState
from daq.campaign.store import CampaignStore
from daq.locks import Lock
from protocols import Limits, RunFileError

R = "TCPIP::192.168.0.10::5025::SOCKET"
OTHER = "TCPIP::192.168.0.11::5025::SOCKET"


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    return Queue(tmp_path / "queue.sqlite")


def _folder(tmp_path: Path, name: str) -> CampaignFolder:
    points = [PlannedPoint(1, "one", "0001-one.nxs", None, 1.0)]
    return create_campaign(tmp_path / name, "", points, name, (R, Limits(), ""))


def _add(queue: Queue, tmp_path: Path, names: str) -> list[int]:
    return [queue.add(R, _folder(tmp_path, name), name) for name in names]


def _names(queue: Queue, state: ItemState = ItemState.WAITING) -> str:
    return "".join(item.name for item in queue.items(R) if item.state is state)


def test_no_log_stays_beside_a_queue(queue: Queue, tmp_path: Path) -> None:
    _add(queue, tmp_path, "ab")
    queue.move(2, 1)
    assert _names(queue) == "ba"
    assert [one.name for one in tmp_path.glob("queue.sqlite*")] == ["queue.sqlite"]


def test_what_is_added_waits_at_the_end(queue: Queue, tmp_path: Path) -> None:
    _add(queue, tmp_path, "abc")
    assert _names(queue) == "abc"
    assert queue.items(OTHER) == []


@pytest.mark.parametrize(
    ("number", "place", "order"), [(3, 1, "cabd"), (1, 4, "bcda"), (1, 99, "bcda"), (2, 2, "abcd"), (4, 3, "abdc")]
)
def test_what_waits_is_moved_to_a_place(queue: Queue, tmp_path: Path, number: int, place: int, order: str) -> None:
    ids = _add(queue, tmp_path, "abcd")
    queue.move(ids[number - 1], place)
    assert _names(queue) == order


def test_what_is_conducted_can_be_neither_moved_nor_removed(queue: Queue, tmp_path: Path) -> None:
    ids = _add(queue, tmp_path, "ab")
    queue.take(R)
    with pytest.raises(QueueError, match="only what waits can be moved"):
        queue.move(ids[0], 1)
    with pytest.raises(QueueError, match="stop it first"):
        queue.remove(ids[0])
    queue.remove(ids[1])
    assert _names(queue) == ""
    with pytest.raises(QueueError, match="there is no number"):
        queue.remove(ids[1])


def test_what_a_dead_queue_process_has_left_comes_first(queue: Queue, tmp_path: Path) -> None:
    ids = _add(queue, tmp_path, "ab")
    queue.take(R)
    queue.move(ids[1], 1)
    taken = Queue(queue.path).take(R)
    assert taken is not None
    assert taken.name == "a"


def test_only_one_process_works_on_a_queue(queue: Queue) -> None:
    lock = queue.lock(R)
    assert queue.is_started(R)
    with pytest.raises(QueueError, match="is being worked on"):
        queue.lock(R)
    lock.remove()
    assert not queue.is_started(R)


@pytest.fixture
def looked_at(queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Queue:
    """Return a queue at which somebody looks just now, until one waits for that."""
    queue.lock(R).release()
    [path] = tmp_path.glob("queue-*.lock")
    looking = Lock(path)
    monkeypatch.setattr("daq.locks.time.sleep", lambda _: looking.release())
    return queue


def test_somebody_who_only_looks_at_a_queue_keeps_nobody_from_working_on_it(looked_at: Queue) -> None:
    looked_at.lock(R).release()


def test_of_two_who_look_at_a_queue_none_takes_the_other_for_its_process(looked_at: Queue) -> None:
    assert not looked_at.is_started(R)


@pytest.mark.parametrize(
    ("state", "trouble", "done", "waiting"),
    [
        (CampaignState.DONE, ("", False), "abc", ""),
        (CampaignState.FAILED, ("", False), "", ""),
        (CampaignState.STOPPED, ("", False), "", "bc"),
        (CampaignState.FAILED, ("", True), "", "bc"),
        (CampaignState.FAILED, ("the output may be ON", False), "", "bc"),
    ],
    ids=["done", "points failed", "stopped", "limit", "output unknown"],
)
def test_a_queue_goes_on_unless_somebody_has_to_look(
    queue: Queue, tmp_path: Path, state: CampaignState, trouble: tuple[str, bool], done: str, waiting: str
) -> None:
    _add(queue, tmp_path, "abc")

    def conduct(item: QueueItem) -> CampaignState:
        store = CampaignStore(CampaignFolder(item.folder).state)
        store.set_state(CampaignState.RUNNING, 1.0)
        store.set_state(state, 2.0, "why", trouble)
        store.close()
        return state

    work_on(queue, R, conduct)
    assert (_names(queue, ItemState.DONE), _names(queue)) == (done, waiting)
    assert bool(queue.why_paused(R)) == bool(waiting)


def test_a_folder_that_is_gone_fails_and_the_next_one_follows(queue: Queue, tmp_path: Path) -> None:
    _add(queue, tmp_path, "ab")
    conducted: list[str] = []

    def conduct(item: QueueItem) -> CampaignState:
        if item.name == "a":
            raise RunFileError("there is no such folder")
        conducted.append(item.name)
        return CampaignState.DONE

    work_on(queue, R, conduct)
    assert conducted == ["b"]
    assert {item.name: item.state for item in queue.items(R)}["a"] is ItemState.FAILED


def test_a_paused_queue_begins_nothing(queue: Queue, tmp_path: Path) -> None:
    _add(queue, tmp_path, "a")
    queue.pause(R, "paused by the operator")
    work_on(queue, R, lambda _: pytest.fail("begun"))
    queue.unpause(R)
    work_on(queue, R, lambda _: CampaignState.DONE)
    assert _names(queue, ItemState.DONE) == "a"


def test_a_run_that_was_put_aside_is_found_there(queue: Queue, tmp_path: Path) -> None:
    folder = _folder(tmp_path, "a")
    run = folder.run_file("0001-one.nxs")
    assert where_run_is(run) == run, "there is none"
    aside = folder.aside("0001-one.nxs", 2)
    aside.parent.mkdir()
    aside.write_text("stopped")
    assert where_run_is(run) == aside
    run.write_text("measured again")
    assert where_run_is(run) == run
