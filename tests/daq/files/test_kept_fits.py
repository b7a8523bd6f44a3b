"""Fits are kept for each circuit: no refit loses another one, whoever keeps one at the same time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from daq import read_process, write_process
from daq.files.header import Header
from daq.files.kept_fits import fit_documents, write_fit
from daq.files.layout import create_run_file
from protocols import Sample


@pytest.fixture
def run_file(tmp_path: Path) -> Path:
    path = tmp_path / "run.nxs"
    create_run_file(path, Header("t", "2026-11-26T10:00:00.000+00:00", Sample(), None, "R", {}, None, 10, 1.0))
    return path


def _kept(run_file: Path) -> list[tuple[str, int]]:
    return [(one["model"], one["n"]) for one in fit_documents(run_file)]


def test_one_fit_is_kept_for_each_circuit_and_the_newest_comes_first(run_file: Path) -> None:
    write_process(run_file, "reduction", {}, {"version": 1})
    for n, circuit in enumerate(["A", "B", "C", "A", "A"]):
        write_fit(run_file, {}, {"model": circuit, "n": n})
    assert _kept(run_file) == [("A", 4), ("C", 2), ("B", 1)]
    write_fit(run_file, {}, {"model": "B", "n": 5})
    assert _kept(run_file) == [("B", 5), ("A", 4), ("C", 2)]
    newest, reduction = read_process(run_file, "fit"), read_process(run_file, "reduction")
    assert newest is not None
    assert newest.attributes["n"] == 5
    assert reduction is not None, "what is no fit stays"


def test_more_fits_than_the_seal_has_room_for_are_read_all_the_same(run_file: Path) -> None:
    for n in range(40):
        write_fit(run_file, {}, {"model": f"R0-Mig1-CPE{n}", "n": n})
    assert [n for _, n in _kept(run_file)] == list(range(39, -1, -1))


PROGRAM = """
import sys
from daq.files.kept_fits import write_fit
for n in range(8):
    write_fit(sys.argv[1], {}, {"model": f"{sys.argv[2]}{n}", "n": n})
"""


def test_two_programs_that_keep_fits_of_one_run_lose_none(run_file: Path) -> None:
    programs = [
        subprocess.Popen([sys.executable, "-c", PROGRAM, str(run_file), letter], cwd=Path(__file__).parents[3])
        for letter in "AB"
    ]
    assert [one.wait(120) for one in programs] == [0, 0]
    assert sorted(circuit for circuit, _ in _kept(run_file)) == [f"{letter}{n}" for letter in "AB" for n in range(8)]
    assert [one.name for one in run_file.parent.iterdir() if one.name.endswith(".lock")] == []
