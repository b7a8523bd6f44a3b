"""Kept fits made again: the same is the same, and a change is told by how many halves of its interval it is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from daq import Run, open_run
from fitting import StudyOptions, analyse, kept_study
from fitting.archive.dispatch import Workers
from fitting.archive.verify import verify_runs
from fitting.results.estimate import Estimates
from fitting.study import keep_study
from protocols import PulseSequence
from tests.fitting.archive.runs import CIRCUIT, write_run

HERE: Workers[Any, Any] = Workers(lambda _: ThreadPoolExecutor(1), 1)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    run = open_run(write_run(tmp_path / "run.nxs", run_id="1"))
    analyse(run, CIRCUIT, StudyOptions(drift=True))
    return run


def test_a_fit_that_was_kept_a_moment_ago_comes_out_the_same(run: Run) -> None:
    [found] = verify_runs([run.path], HERE)
    assert found.is_same
    assert (found.circuit, found.code_before) == (CIRCUIT, found.code_now)


def test_a_figure_that_moved_is_told_by_halves_of_its_interval(run: Run) -> None:
    kept = kept_study(run)
    W_inf = next(one for one in kept.result.memory if one.name == "W_inf")
    low, high = W_inf.ci95
    assert low is not None
    assert high is not None
    half = 0.5 * (high - low)
    moved = replace(W_inf, value=W_inf.value + 3.0 * half, ci95=(low + 3.0 * half, high + 3.0 * half))
    memory = Estimates(moved if one is W_inf else one for one in kept.result.memory)
    keep_study(run, replace(kept, result=replace(kept.result, memory=memory)))
    [found] = verify_runs([run.path], HERE)
    assert not found.is_same
    [change] = found.changes
    assert change.name == "W_inf"
    assert change.by == pytest.approx(3.0, rel=1e-6)
    assert change.now == pytest.approx(W_inf.value)


def test_a_figure_that_the_circuit_sets_may_differ_by_rounding(run: Run) -> None:
    kept = kept_study(run)
    # The spread of a single decay is a number, whose interval is nothing but rounding.
    spread = next(one for one in kept.result.memory if one.name == "memory_spread_decades")
    moved = replace(spread, value=spread.value * (1.0 + 1e-14), ci95=(spread.value, spread.value * (1.0 + 1e-15)))
    memory = Estimates(moved if one is spread else one for one in kept.result.memory)
    keep_study(run, replace(kept, result=replace(kept.result, memory=memory)))
    [found] = verify_runs([run.path], HERE)
    assert found.is_same


def test_a_run_without_a_fit_has_nothing_to_verify(tmp_path: Path) -> None:
    [found] = verify_runs([write_run(tmp_path / "run.nxs", run_id="1")], HERE)
    assert not found.has_fit


def test_a_study_names_the_options_and_the_sample_that_it_was_made_with(run: Run) -> None:
    known = kept_study(run).provenance
    assert known is not None
    assert known["options"] == {"drift": True}
    assert known["sample"]["temperature_K"] == 300.0
    assert len(known["raw_sha256"]) == 64


def test_options_with_a_drive_of_their_own_are_read_again() -> None:
    drive = PulseSequence.pump_probe(0.02, 0.3, 0.1, before=0.05, after=0.65)
    options = StudyOptions(mains_Hz=50.0, before=0.1, fitted=("delay",), drive=drive)
    again = StudyOptions.from_document(options.to_document())
    assert again == options
