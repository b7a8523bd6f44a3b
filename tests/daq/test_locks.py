"""A lock is held by one process at a time, and free once its holder is dead."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from threading import Timer

import pytest

from daq import open_run, recover
from daq.execution.control import ControlServer
from daq.execution.run_request import RunRequest
from daq.files.header import Header
from daq.files.layout import create_run_file
from daq.instrument_locks import instrument_lock_path, instrument_searched, lock_instrument
from daq.locks import Lock, LockHeldError, control_path
from drivers import InstrumentInUseError
from protocols import InstrumentError, Limits, RunFileError, Sample
from tests.patience import patience

RESOURCE = "TCPIP::192.0.2.1::5025::SOCKET"  # an address of documentation's (RFC 5737): no instrument


def test_a_second_holder_is_refused_and_hears_who_the_first_is(tmp_path: Path) -> None:
    first = Lock(tmp_path / "lock", "the first")
    with pytest.raises(LockHeldError, match="the first"):
        Lock(tmp_path / "lock", "the second")
    first.release()
    Lock(tmp_path / "lock", "the second").release()


def test_the_death_of_a_holder_frees_the_lock(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from daq.locks import Lock\n"
        "lock = Lock(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockHeldError):
            Lock(tmp_path / "lock")
        holder.kill()
    Lock(tmp_path / "lock").release()


def test_an_instrument_is_the_same_however_its_name_is_spelt(tmp_path: Path) -> None:
    held = lock_instrument(RESOURCE, tmp_path / "one.nxs", "guardian")
    with pytest.raises(InstrumentError, match=r"is in use by the run .*one\.nxs \(process \d+\).*Nothing was sent"):
        lock_instrument("tcpip0::192.0.2.1::5025::socket", tmp_path / "two.nxs", "guardian")
    held.release()
    paths = {instrument_lock_path(f"TCPIP::{host}::5025::SOCKET", "guardian") for host in ("localhost", "127.0.0.1")}
    assert len(paths) == 1


def test_a_search_asks_no_other_address_of_a_host_whose_instrument_is_in_use(tmp_path: Path) -> None:
    held = lock_instrument(RESOURCE, tmp_path / "one.nxs", "runner")
    with (
        pytest.raises(InstrumentInUseError, match=r"192\.0\.2\.1.*may be the same instrument.*one\.nxs"),
        instrument_searched("TCPIP::192.0.2.1::inst0::INSTR"),
    ):
        pytest.fail("it was asked")
    with instrument_searched("TCPIP::192.0.2.2::inst0::INSTR"):
        pass
    held.remove()
    with instrument_searched("TCPIP::192.0.2.1::inst0::INSTR"):
        pass


def test_a_search_is_refused_what_a_run_has_and_a_run_waits_for_a_search(tmp_path: Path) -> None:
    held = lock_instrument(RESOURCE, tmp_path / "one.nxs", "runner")
    with pytest.raises(InstrumentInUseError, match=r"one\.nxs"), instrument_searched(RESOURCE):
        pytest.fail("it was asked")
    held.remove()
    script = (
        "import sys; from daq.instrument_locks import instrument_searched\n"
        "with instrument_searched(sys.argv[1]): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, RESOURCE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as search:
        assert search.stdout is not None
        assert search.stdin is not None
        assert search.stdout.readline() == "held\n"
        Timer(0.3, search.stdin.close).start()
        lock_instrument(RESOURCE, tmp_path / "two.nxs", "guardian").remove()
        assert search.wait(patience(5)) == 0, "the search was through before the run began"


def test_locks_of_instruments_leave_no_files(tmp_path: Path, shared_folder_of_test: Path) -> None:
    for role in ("guardian", "runner"):
        lock_instrument(RESOURCE, tmp_path / "one.nxs", "guardian" if role == "guardian" else "runner").remove()
    with instrument_searched(RESOURCE):
        pass
    assert list(shared_folder_of_test.iterdir()) == []


def test_a_run_whose_runner_lives_is_not_recovered_and_its_death_frees_it(tmp_path: Path) -> None:
    path = tmp_path / "run.nxs"
    create_run_file(path, Header("t", "", Sample(), None, "R", {}, None, 10, 1.0))
    script = (
        "import sys, time; from pathlib import Path; from daq.locks import lock_run\n"
        "lock = lock_run(Path(sys.argv[1]), 'runner'); print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, encoding="utf-8"
    ) as runner:
        assert runner.stdout is not None
        assert runner.stdout.readline() == "held\n"
        with pytest.raises(RunFileError, match=rf"is still running in process {runner.pid} \(runner"):
            recover(path)
        assert open_run(path).state == "created"
        runner.kill()
    assert recover(path).state == "aborted"
    assert list(tmp_path.iterdir()) == [path]


def test_a_control_file_is_removed_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "run.nxs"
    first = ControlServer(path, RunRequest(RESOURCE, "", Limits(), str(path), "first"))
    second = ControlServer(path, RunRequest(RESOURCE, "", Limits(), str(path), "second"))
    first.close()
    assert json.loads(control_path(path).read_text())["run"] == "second"
    second.close()
    assert list(tmp_path.iterdir()) == []
