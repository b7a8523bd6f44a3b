"""Only the very process that is meant is taken for alive, and ended."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from daq.execution.processes import ProcessId
from tests.patience import patience, until


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process
    process.kill()
    process.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="no state says on Windows that a process is suspended")
def test_a_frozen_process_lives_is_known_as_frozen_and_can_be_ended(child: subprocess.Popen[bytes]) -> None:
    known = ProcessId.of(child.pid)
    assert known.is_alive()
    psutil.Process(child.pid).suspend()
    until(known.is_frozen)
    assert known.is_alive()
    assert known.kill(patience(5))
    assert not known.is_alive()


def test_a_number_that_another_process_has_by_now_is_left_alone(child: subprocess.Popen[bytes]) -> None:
    earlier = ProcessId(child.pid, "an earlier start")
    assert not earlier.is_alive()
    assert earlier.kill(0.0)
    assert ProcessId.of(child.pid).is_alive(), "it was not touched"
    assert earlier.children() == ()


def test_a_program_never_ends_itself() -> None:
    with pytest.raises(PermissionError, match="this very program"):
        ProcessId.of(os.getpid()).kill(0.0)


def test_an_unknown_start_is_nobody(child: subprocess.Popen[bytes]) -> None:
    assert not ProcessId(child.pid, "").is_alive()


def test_a_process_that_has_ended_and_was_not_waited_for_does_not_live(child: subprocess.Popen[bytes]) -> None:
    known = ProcessId.of(child.pid)
    child.kill()
    until(lambda: not known.is_alive())
    assert known.kill(0.0)


def test_children_and_processor_time_are_those_of_this_process(child: subprocess.Popen[bytes]) -> None:
    this = ProcessId.of(os.getpid())
    assert ProcessId.of(child.pid) in this.children()
    assert this.cpu_s() > 0.0
    assert not this.is_frozen()
