"""Does the example of pump-probe pairs run as it stands, and find the memory of the simulated cell?"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from daq import open_run
from ionecho.demo.truth import true_memory
from sim_instruments import load_cell
from tests.patience import patience

EXAMPLE = Path(__file__).parents[2] / "examples" / "pump_probe.py"


@pytest.mark.slow
def test_the_example_prints_the_back_hop_fraction_of_each_wait(tmp_path: Path, simulated: Callable[..., str]) -> None:
    command = [sys.executable, str(EXAMPLE), simulated()]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=patience(110), check=False
    )
    assert done.returncode == 0, done.stderr
    lines = [re.match(r"wait (\d+ ms): ([\d.]+) % hop back", line) for line in done.stdout.splitlines()]
    assert [line[1] for line in lines if line] == ["300 ms", "100 ms", "30 ms"]
    runs = sorted((tmp_path / "runs").glob("*.nxs"))
    assert len(runs) == 3
    for line, path in zip(lines, runs, strict=True):
        assert line is not None
        truth = true_memory(load_cell("demo"), open_run(path), 1.0)["back_hop_fraction"]
        assert truth is not None
        assert float(line[2]) / 100.0 == pytest.approx(truth, rel=0.01)
