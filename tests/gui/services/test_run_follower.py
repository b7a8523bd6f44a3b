"""The follower shows samples once they are written, and a long run at once and then exactly."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest

import daq
from daq.files.layout import create_run_file
from daq.files.open_file import EncodedBlock, RunFileBytes
from daq.state import Outcome, OutputState, Phase, RunState, RunStatus
from gui.common.traces import Traces
from gui.services import overview
from gui.services.run_follower import RunFollower
from tests.daq.files.test_run_file import block, header

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from gui.services.last_run import LastRun


@pytest.fixture
def follower(qtbot: QtBot) -> Iterator[RunFollower]:
    one = RunFollower()
    yield one
    one.release()


def _growing(folder: Path) -> tuple[Path, RunFileBytes]:
    """Return a run in progress of which a hundred samples are safe, with the file of who writes it."""
    path = folder / "run.nxs"
    create_run_file(path, header())
    file = RunFileBytes(path)
    file.set_state(RunState.RUNNING)
    file.write_samples(0, 0, [block(0, 100)])
    return path, file


def test_samples_are_drawn_once_they_are_written_and_those_of_a_run_that_ended_once_they_are_safe(
    follower: RunFollower, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, file = _growing(tmp_path)
    status = RunStatus(Phase.RUNNING, 100, 1000, OutputState.ON)
    run = SimpleNamespace(path=path, poll=lambda: status, close=lambda: None)
    monkeypatch.setattr(daq, "attach", lambda _: run)
    drawn: list[Traces] = []
    ended: list[Outcome] = []
    follower.traced.connect(drawn.append)
    follower.ended.connect(ended.append)
    follower.attach(path)
    qtbot.waitUntil(lambda: len(drawn) == 1)
    file.show(0, EncodedBlock.of(100, [block(100, 50)]))
    follower.allow_next_curves()
    qtbot.waitUntil(lambda: len(drawn) == 2)
    assert (drawn[1].n_samples, drawn[1].n_acknowledged) == (150, 100)
    np.testing.assert_array_equal(drawn[1].current_A[100:], block(100, 50).current_A)
    file.show(1, EncodedBlock.of(150, [block(150, 50)]))
    for _ in range(2):
        with qtbot.waitSignal(follower.progressed):
            pass
    assert len(drawn) == 2, "the next curves come once the last ones are on the screen"
    status = status.ended(Outcome(RunState.ABORTED, OutputState.OFF))
    follower.allow_next_curves()
    qtbot.waitUntil(lambda: bool(ended))
    follower.allow_next_curves()
    assert (drawn[-1].n_samples, drawn[-1].n_acknowledged) == (100, 100), "what was not safe is not kept"
    file.close()


def test_a_run_that_gives_nothing_is_looked_at_no_more_than_five_times_from_one_question_to_the_next(
    follower: RunFollower, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, file = _growing(tmp_path)
    status = RunStatus(Phase.RUNNING, 100, 1000, OutputState.ON)
    monkeypatch.setattr(daq, "attach", lambda _: SimpleNamespace(path=path, poll=lambda: status, close=lambda: None))
    told, refresh = list[str](), daq.Run.refresh_written

    def look(run: daq.Run) -> int:
        told.append("look")
        return refresh(run)

    monkeypatch.setattr(daq.Run, "refresh_written", look)
    follower.traced.connect(lambda _: follower.allow_next_curves())
    follower.progressed.connect(lambda _: told.append("question"))
    follower.attach(path)
    qtbot.waitUntil(lambda: told.count("question") > 6)
    follower.release()
    file.close()
    looks_between = [len(part.split()) for part in " ".join(told).split("question")]
    assert max(looks_between[3:]) <= 5, "a tenth of a second"


def test_a_long_run_is_drawn_at_once_and_then_exactly(
    follower: RunFollower, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "LONG_RUN", 30_000)
    monkeypatch.setattr(overview, "_PIECE", 4 * 256)
    path = tmp_path / "run.nxs"
    create_run_file(path, header(30_000))
    file = RunFileBytes(path)
    file.write_samples(0, 0, [block(0, 30_000)])
    file.add_event("complete", "", output=OutputState.OFF, warnings=[])
    file.set_state(RunState.COMPLETE)
    file.close()
    drawn: list[Traces] = []
    recalled: list[LastRun] = []
    follower.traced.connect(drawn.append)
    follower.recalled.connect(recalled.append)
    follower.recall(path)
    assert (len(recalled), [one.share_read for one in drawn]) == (1, [0.0])

    def is_exact() -> bool:
        follower.allow_next_curves()
        return drawn[-1].share_read == 1.0

    qtbot.waitUntil(is_exact)
    assert np.nanmax(drawn[-1].current_A) == block(0, 30_000).current_A.max()
