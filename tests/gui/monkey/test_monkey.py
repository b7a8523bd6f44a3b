"""Two hundred random events at the real window: nothing breaks, and nothing that it says of the output is untrue."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import PROJECT
from tests.patience import patience


def test_random_events_break_nothing_and_the_output_is_shown_as_it_is() -> None:
    """In a process of its own, as in the campaign: a crash of Qt is a fault, and takes no other test with it."""
    command = [sys.executable, "-m", "benchmarks.monkey", "30", "--seed", "1", "--events", "200"]
    done = subprocess.run(
        command, cwd=PROJECT, capture_output=True, encoding="utf-8", timeout=patience(240.0), check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 faults" in done.stdout
