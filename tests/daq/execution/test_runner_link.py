"""A runner that is a copy of its guardian holds nothing of the guardian's, and is made only where that is safe."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from daq.execution.runner_link import forked_runner
from tests.patience import patience

# A process without threads, as a guardian is at its start: it says what a copy of it holds, and when that ends.
ALONE = """
import os, sys, threading, time
from pathlib import Path
from daq.execution.runner_link import RunnerLink, forked_runner

limit_s = float(sys.argv[1])
reading, writing = os.pipe()
requests = os.fdopen(writing, "wb")
started = forked_runner(requests)
requests.close()
assert os.read(reading, 1) == b"", "the copy holds the other end of what its guardian is asked over"
deadline = time.monotonic() + limit_s
comm = Path(f"/proc/{started.process.pid}/comm")
while comm.read_text().strip() != "ionecho runner" and time.monotonic() < deadline:
    time.sleep(0.01)
assert comm.read_text().strip() == "ionecho runner"
assert started.is_fresh()
if sys.argv[2] == "asked for nothing":
    started.pipe.close()  # as the death of a guardian does
else:
    link = RunnerLink(lambda: None, started)
    assert link.identity.pid == started.process.pid
    assert threading.active_count() > 1
    assert forked_runner() is None, "a copy of a process with threads"
    link.send_end()
started.process.join(limit_s)
assert started.process.exitcode == 0, started.process.exitcode
assert not started.is_fresh()
print("ended")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux only")
@pytest.mark.parametrize("how", ["asked for nothing", "told the end"])
def test_a_copy_of_the_guardian_has_its_own_end_of_the_pipe_alone_and_ends_with_the_other(how: str) -> None:
    command = [sys.executable, "-P", "-c", ALONE, str(patience(10)), how]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=patience(60), check=False)
    assert (done.returncode, done.stdout) == (0, "ended\n"), done.stderr


def test_no_process_with_threads_is_copied() -> None:
    go_on = threading.Event()
    thread = threading.Thread(target=go_on.wait)
    thread.start()
    try:
        assert forked_runner() is None
    finally:
        go_on.set()
        thread.join()
