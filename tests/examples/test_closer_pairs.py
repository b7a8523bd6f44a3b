"""Does the example of a generator measure closer and closer pairs, and end by itself?"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from daq import open_run
from tests.patience import patience

EXAMPLE = Path(__file__).parents[2] / "examples" / "closer_pairs.py"


@pytest.mark.slow
def test_the_waits_shrink_until_they_are_as_short_as_the_memory(tmp_path: Path, simulated: Callable[..., str]) -> None:
    command = [sys.executable, str(EXAMPLE), simulated(speed=2.0)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=patience(110), check=False)
    assert done.returncode == 0, done.stderr
    waits = []
    for path in sorted((tmp_path / "runs").glob("*.nxs")):
        drive = open_run(path).drive
        assert drive is not None
        edges = drive.jumps()[0]
        waits.append(edges[2] - edges[1])
    assert waits == pytest.approx([0.1, 0.1 / 3, 0.1 / 9], rel=0.01)
    assert len(done.stdout.splitlines()) == 3
