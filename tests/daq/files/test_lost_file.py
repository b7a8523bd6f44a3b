"""A run file that is taken away while it is written: the run ends, and what was acknowledged is found again."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from daq import open_run
from daq.execution.runner import Runner
from daq.files.open_file import RunFileBytes
from daq.files.writer import RunWriter
from daq.state import OutputState, RunState
from drivers import DrivePlan
from protocols import Protocol
from tests.daq.conftest import HandClock, Listener, ResistorPotentiostat
from tests.patience import until

MakeRunner = Callable[..., tuple[Runner, Listener, Path, HandClock]]


def _replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_text("precious")
    other.replace(path)


def _copy_over(path: Path) -> None:
    """What a program does that downloads an older version of the file: same name, same seal, other file."""
    shutil.copy(path, path.with_name("copy"))
    path.with_name("copy").replace(path)


def _put_link(path: Path) -> None:
    """Move it away and put a link to it in its place, at once: else it may be seen to be moved only."""
    path.with_name("elsewhere").hardlink_to(path)
    path.with_name("link").symlink_to(path.with_name("elsewhere"))
    path.with_name("link").replace(path)


def _overwrite(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.write(bytes(size))


WAYS: dict[str, tuple[Callable[[Path], object], str]] = {
    "deleted": (lambda path: path.unlink(), "was deleted"),
    "renamed": (lambda path: path.rename(path.with_name("elsewhere")), "was renamed to .*elsewhere"),
    "replaced": (_replace, "was replaced by another file"),
    "replaced by a copy": (_copy_over, "was replaced by another file"),
    "truncated": (lambda path: os.truncate(path, 0), "was cut short to"),
    "cut in half": (lambda path: os.truncate(path, path.stat().st_size // 2), "was cut short to"),
    "overwritten": (_overwrite, "was overwritten"),
    "folder removed": (lambda path: shutil.rmtree(path.parent), "was deleted with its folder"),
    "folder renamed": (lambda path: path.parent.rename(path.parent.with_name("moved")), "lost its folder.*moved"),
    "replaced by a link": (_put_link, "was replaced by a symbolic link"),
}


# Others may change the content of an open file everywhere, but Windows lets nobody take it away.
IN_PLACE = ("truncated", "cut in half", "overwritten")
takes_it_away = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows lets nobody delete, rename or replace an open file, nor its folder"
)


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """A folder of the run's own, that a case may remove."""
    return tmp_path / "runs"


@pytest.mark.parametrize("way", [pytest.param(way, marks=() if way in IN_PLACE else takes_it_away) for way in WAYS])
def test_a_run_whose_file_is_taken_away_ends_and_its_samples_are_rescued(
    run_folder: Path, potentiostat: ResistorPotentiostat, protocol: Protocol, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    take_away, message = WAYS[way]
    runner, _, path = _runner_in(run_folder, potentiostat, protocol, monkeypatch)
    writers = _writers_of(monkeypatch)

    def at_read(number: int) -> None:
        if number == 4:
            # All that was read is on disk: a write on its way would give a file that is cut short its length again.
            until(lambda: writers[0].acknowledged == 3 * potentiostat.block_samples)
            take_away(path)
            if way != "replaced by a copy":  # which is known only once the two differ
                until(lambda: writers[0].loss is not None)

    potentiostat.on_read = at_read
    outcome = runner.run()
    assert potentiostat.output_on is False
    assert (outcome.state, outcome.output, outcome.error) == (RunState.ABORTED, OutputState.OFF, "RunFileError")
    assert outcome.rescued
    with pytest.raises(Exception, match=message):
        outcome.raise_if_failed()
    rescued = open_run(outcome.rescued)
    assert rescued.n_samples == outcome.n_samples >= writers[0].acknowledged >= 3 * potentiostat.block_samples
    rescued.require_intact()
    np.testing.assert_allclose(rescued.current_A, rescued.voltage_V / potentiostat.ohm)
    np.testing.assert_allclose(rescued.t_s, (np.arange(rescued.n_samples) + 0.5) * 1e-4)
    assert (rescued.state, rescued.notes) == (RunState.ABORTED, ())
    assert rescued.protocol == protocol
    assert not list(run_folder.parent.rglob("*.making"))
    if way == "replaced":
        assert path.read_text() == "precious", "the other file is left as it was"
    if run_folder.exists():
        assert Path(outcome.rescued) == path.with_name("run.rescued.nxs")
    assert run_folder.exists() is not way.startswith("folder"), "a folder that somebody removed is not made again"


@takes_it_away
def test_a_file_that_is_gone_before_the_start_keeps_the_output_off(
    run_folder: Path, potentiostat: ResistorPotentiostat, protocol: Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner, _, path = _runner_in(run_folder, potentiostat, protocol, monkeypatch)
    arm = potentiostat.arm

    def lose_and_arm(plan: DrivePlan) -> None:
        path.unlink()
        arm(plan)

    monkeypatch.setattr(potentiostat, "arm", lose_and_arm)
    outcome = runner.run()
    assert "start" not in potentiostat.calls
    assert outcome.state is RunState.ABORTED
    assert "was deleted" in outcome.reason


def test_a_file_that_is_made_read_only_is_finished(
    run_folder: Path, potentiostat: ResistorPotentiostat, protocol: Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner, _, path = _runner_in(run_folder, potentiostat, protocol, monkeypatch)
    potentiostat.on_read = lambda number: path.chmod(0o444) if number == 2 else None
    outcome = runner.run()
    assert (outcome.state, outcome.warnings, outcome.rescued) == (RunState.COMPLETE, (), "")
    assert open_run(path).n_samples == 4000


def test_samples_that_memory_has_let_go_are_said_to_be_lost(
    run_folder: Path, potentiostat: ResistorPotentiostat, protocol: Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner, _, path = _runner_in(run_folder, potentiostat, protocol, monkeypatch)
    monkeypatch.setattr("daq.files.writer._KEPT_BYTES", 25 * 700)
    writers = _writers_of(monkeypatch)

    def at_read(number: int) -> None:
        if number < 5:
            until(lambda: writers[0].acknowledged >= 500 * (number - 1))  # a block each, on disk
        if number == 4:
            os.truncate(path, 0)
            until(lambda: writers[0].loss is not None)

    potentiostat.on_read = at_read
    outcome = runner.run()
    assert "older ones are lost" in outcome.reason
    rescued = open_run(outcome.rescued)
    rescued.require_intact()
    assert 0 < rescued.n_samples < writers[0].acknowledged
    np.testing.assert_allclose(rescued.t_s[-1], 1e-4 * (4 * potentiostat.block_samples - 0.5))


def test_numbers_of_files_that_are_not_kept_are_no_loss(
    run_folder: Path, potentiostat: ResistorPotentiostat, protocol: Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some network and user file systems give a file another number at each look."""
    runner, _, path = _runner_in(run_folder, potentiostat, protocol, monkeypatch)
    monkeypatch.setattr("daq.files.watch.os.path.samestat", lambda *_: False)
    assert runner.run().state is RunState.COMPLETE
    assert open_run(path).n_samples == 4000


def _runner_in(
    folder: Path, potentiostat: ResistorPotentiostat, protocol: Protocol, monkeypatch: pytest.MonkeyPatch
) -> tuple[Runner, Listener, Path]:
    from daq.execution.run_request import RunRequest
    from protocols import Limits

    monkeypatch.setattr("daq.files.rescue.Path.home", lambda: folder.parent)
    path, listener = folder / "run.nxs", Listener()
    request = RunRequest("FAKE", protocol.to_toml(), Limits(), str(path))
    return Runner(potentiostat, request, listener, HandClock()), listener, path


def _writers_of(monkeypatch: pytest.MonkeyPatch) -> list[RunWriter]:
    writers: list[RunWriter] = []

    def kept(path: Path) -> RunWriter:
        writers.append(RunWriter(path))
        return writers[-1]

    monkeypatch.setattr("daq.execution.runner.RunWriter", kept)
    return writers


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights that few have on Windows")
def test_a_link_at_the_name_of_a_run_is_not_written_through(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("precious")
    link = tmp_path / "run.nxs"
    link.symlink_to(other)
    with pytest.raises(OSError, match="symbolic links"):
        RunFileBytes(link)
    assert other.read_text() == "precious"
