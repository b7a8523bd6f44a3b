"""Damaged files, some of each kind: refused, told, or read with equal values (`just mutations` plays 5000 of each)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import patience
from tests.properties import examples


@pytest.mark.skipif(sys.platform == "win32", reason="limits of time and memory are the kernel's of POSIX systems")
@pytest.mark.parametrize(
    "counts",
    [
        {"run": examples(60), "earlier": 3, "results": examples(40)},
        {"protocol": examples(80), "addresses": examples(50), "transcript": examples(50)},
        {"records": examples(60), "spectra": examples(60)},
    ],
    ids=" ".join,
)
def test_no_damage_is_taken_without_a_word(tmp_path: Path, counts: dict[str, int]) -> None:
    subjects = [f"{subject}={count}" for subject, count in counts.items()]
    command = [sys.executable, "-m", "benchmarks.mutations", *subjects, "--folder", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=patience(100.0), check=False)
    for subject, count in counts.items():
        told = json.loads((tmp_path / f"mutations-{subject}.json").read_text())
        assert told["bad"] == [], ended.stdout
        assert (ended.returncode, sum(told["counts"].values())) == (0, count)
