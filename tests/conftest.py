"""What do all tests share: settings of the property tests, the measured data, simulated instruments?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.patience import patience

# Each worker has one core: threads of linear algebra would only stand in each other's way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

settings.register_profile("ionecho", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ionecho")

PROJECT = Path(__file__).parent.parent


@pytest.fixture
def measured_data() -> Path:
    """Return the folder of measured data, which is not ours to ship."""
    folder = Path(os.environ.get("IONECHO_DATA", PROJECT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no measured data at {folder}: set IONECHO_DATA")
    return folder


@pytest.fixture
def simulated() -> Iterator[Callable[..., str]]:
    """Return a function that serves a simulated 2461 in a process of its own and gives its VISA resource."""
    served: list[subprocess.Popen[str]] = []

    def serve(cell: str = "demo", *, seed: int = 1, speed: float = 1.0) -> str:
        command = [sys.executable, "-m", "ionecho", "sim", "keithley2461", "--json"]
        command += ["--cell", cell, "--seed", str(seed), "--speed", str(speed)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        served.append(process)
        assert process.stdout is not None
        return str(json.loads(process.stdout.readline())["resource"])

    yield serve
    for process in served:
        process.terminate()
        process.wait(patience(10))
        if process.stdout is not None:
            process.stdout.close()
