"""Do the rules of the house hold that no linter knows?"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def test_both_lists_of_tested_versions_are_the_same() -> None:
    lines = (PROJECT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    with (PROJECT / "pyproject.toml").open("rb") as file:
        assert tomllib.load(file)["tool"]["uv"]["constraint-dependencies"] == pins


def test_importing_the_product_loads_no_room() -> None:
    script = "import sys, ionecho; print([m for m in ('numpy', 'daq', 'fitting', 'protocols') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "[]"


def test_scripts_find_the_names_that_they_were_promised() -> None:
    from ionecho import Bench, CellModel, Limits, Protocol, PulseSequence, fit, open_run, reduce_run

    assert all(
        callable(name) for name in (Bench, CellModel, Limits, Protocol, PulseSequence, fit, open_run, reduce_run)
    )


def test_the_example_script_is_short() -> None:
    assert len((PROJECT / "examples" / "pump_probe.py").read_text().splitlines()) < 30
