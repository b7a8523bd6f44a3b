"""A long run is shown at once and then exactly; what is kept beside it is used only if it is surely of its samples."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from daq import open_run
from daq.files.kept_extremes import read_extremes
from daq.files.layout import create_run_file
from daq.files.names import extremes_path
from daq.files.open_file import RunFileBytes
from daq.state import RunState
from drivers import Block
from gui.common.pyramid import BIN
from gui.common.trace_view import View
from gui.services import overview
from gui.services.overview import Overview
from tests.daq.files.test_run_file import header

if TYPE_CHECKING:
    from daq import Run

N = 40_000 + 13


@pytest.fixture(autouse=True)
def _short_runs_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview, "LONG_RUN", N)
    monkeypatch.setattr(overview, "_PIECE", 20 * BIN)


def measured(path: Path, seed: int, last_A: float = 1e-6) -> Run:
    rng = np.random.default_rng(seed)
    current = rng.normal(size=N) * 1e-6
    current[-1] = last_A
    t = (np.arange(N, dtype=np.float64) + 0.5) * 1e-5
    create_run_file(path, header(N))
    file = RunFileBytes(path)
    file.write_samples(0, 0, [Block(t, np.where(t > 0.1, 0.01, 0.0), current, np.zeros(N, np.uint8))])
    file.set_state(RunState.COMPLETE)
    file.close()
    return open_run(path)


def read_whole(run: Run) -> Overview:
    one = Overview(run)
    while not one.read_on():
        pass
    one.wait_until_kept()
    return one


def test_a_long_run_is_shown_at_once_then_exactly_and_what_was_read_is_kept(tmp_path: Path) -> None:
    run = measured(tmp_path / "run.nxs", 1)
    first = Overview(run)
    shown = first.traces.traces(View())
    assert (shown.share_read, shown.n_samples) == (0.0, N)
    assert len(shown.time_s) > 1000
    while not first.read_on():
        assert 0.0 < first.traces.traces(View()).share_read < 1.0
    first.wait_until_kept()
    exact = first.traces.traces(View())
    assert exact.share_read == 1.0
    for view in (View(), View(window_s=(0.1, 0.35)), View(edge=0)):
        curves = first.traces.traces(view)
        inside = (run.t_s >= curves.first_s[0]) & (run.t_s <= curves.end_s[-1])
        assert np.nanmax(curves.current_A) == run.current_A[inside].max()
        assert np.nanmin(curves.current_A) == run.current_A[inside].min()
    again = Overview(open_run(run.path))
    assert again.is_complete, "what is kept is used"
    np.testing.assert_array_equal(again.traces.traces(View()).current_A, exact.current_A)
    zoomed = again.traces.traces(View(window_s=(0.2, 0.201)))
    assert len(zoomed.time_s) == 100, "every sample"


def test_what_is_kept_of_other_samples_or_damaged_is_made_anew(tmp_path: Path) -> None:
    run = measured(tmp_path / "run.nxs", 1)
    read_whole(run)
    kept = extremes_path(run.path)
    content = kept.read_bytes()
    kept.unlink()
    assert not Overview(run).is_complete
    other = measured(tmp_path / "other.nxs", 1, last_A=2e-6)
    rng = np.random.default_rng(2)
    damaged = [content[:-1], content + b"\0", b"", b"\0" * len(content), content[4096:]]
    places = (3, 40, *rng.integers(4096, len(content), size=4))
    damaged += [content[:place] + bytes([content[place] ^ 32]) + content[place + 1 :] for place in places]
    for wrong in damaged:
        kept.write_bytes(wrong)
        assert not Overview(run).is_complete
    kept.write_bytes(content)
    assert Overview(run).is_complete
    extremes_path(other.path).write_bytes(content)
    assert not Overview(other).is_complete, "it differs in one sample"
    read_whole(other)
    assert Overview(other).is_complete
    assert read_extremes(run, ("voltage", "current"), [BIN // 2]) is None


def test_what_is_kept_is_never_read_through_a_link(tmp_path: Path) -> None:
    run = measured(tmp_path / "run.nxs", 1)
    read_whole(run)
    kept = extremes_path(run.path)
    kept.rename(tmp_path / "elsewhere")
    try:
        kept.symlink_to(tmp_path / "elsewhere")
    except OSError:
        pytest.skip("no links here")
    assert not Overview(run).is_complete


def test_a_folder_that_cannot_be_written_to_is_shown_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = measured(tmp_path / "run.nxs", 1)
    before = sorted(tmp_path.iterdir())

    opened = os.open

    def refused(path: Path, flags: int, *rest: int) -> int:
        if flags & os.O_CREAT:
            raise PermissionError(13, os.strerror(13))
        return opened(path, flags, *rest)

    with monkeypatch.context() as patch:
        patch.setattr("daq.files.durable.os.open", refused)
        one = read_whole(run)
    assert one.is_complete
    assert np.nanmax(one.traces.traces(View()).current_A) == run.current_A.max()
    assert sorted(tmp_path.iterdir()) == before


def test_a_run_that_is_not_long_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview, "LONG_RUN", N + 1)
    one = Overview(measured(tmp_path / "run.nxs", 1))
    assert one.read_on()
    one.wait_until_kept()
    assert not extremes_path(tmp_path / "run.nxs").exists()
