"""Subjects of the mutation campaign that a run leaves behind: run files and results files."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.mutations import Reading, Subject
from daq import open_run, read_process, write_process
from daq.files.finalize import finalize_run_file
from daq.files.header import Header
from daq.files.layout import create_run_file
from daq.files.open_file import RunFileBytes
from daq.state import RunState
from drivers import Block, Identity, Keithley2461
from protocols import Protocol

if TYPE_CHECKING:
    from daq import Run

# Run files that an earlier version left behind, kept with the tests.
_VERSION_1 = tuple(
    Path(__file__).parents[1] / "tests" / "daq" / "files" / "version1" / name
    for name in ("stopped.nxs.gz", "left.nxs.gz")
)
# Samples of a block of the whole files: several blocks of each, and files of some 100 KB.
_BLOCK = 100


def run_subject() -> Subject:
    """Return the run files: complete, trimmed, and left by a crash."""
    return Subject("run", _make_runs, _read_run)


def earlier_subject() -> Subject:
    """Return the run files of version 1, which have no seal: each is tried in a child process by the program itself."""
    return Subject("earlier", _unpack_earlier, _read_run)


def results_subject() -> Subject:
    """Return the results files, each beside its run."""
    return Subject("results", _make_results, _read_results)


def _make_runs(folder: Path) -> list[Path]:
    return [
        _run_file(folder / "complete" / "run.nxs", 4, RunState.COMPLETE),
        _run_file(folder / "stopped" / "run.nxs", 3, RunState.STOPPED),
        _run_file(folder / "left" / "run.nxs", 3, RunState.RUNNING),
    ]


def _unpack_earlier(folder: Path) -> list[Path]:
    paths = []
    for packed in _VERSION_1:
        path = folder / packed.stem / "run.nxs"
        path.parent.mkdir(parents=True)
        path.write_bytes(gzip.decompress(packed.read_bytes()))
        paths.append(path)
    return paths


def _run_file(path: Path, n_blocks: int, state: RunState) -> Path:
    """Make a run file of 400 planned samples, with so many blocks of it measured."""
    protocol = Protocol.load("pump_probe")
    plan = Keithley2461.plan(protocol)
    header = Header.of(protocol, plan, Identity("MAKER", "MODEL", "1", "2"), "TCPIP::127.0.0.1::5025::SOCKET")
    create_run_file(path, replace(header, n_samples=4 * _BLOCK, duration_s=1.0))
    rng = np.random.default_rng(1)
    file = RunFileBytes(path)
    file.set_state(RunState.RUNNING)
    file.add_event("start")
    for row in range(n_blocks):
        t = np.asarray((np.arange(_BLOCK) + row * _BLOCK) * 1e-3, np.float64)
        file.write_samples(
            row * _BLOCK, row, [Block(t, rng.normal(size=_BLOCK), rng.normal(size=_BLOCK), np.zeros(_BLOCK, np.uint8))]
        )
    if state.is_final:
        file.add_event(state, "for the campaign", output="off", warnings=())
    file.close()
    if state.is_final:
        finalize_run_file(path, state)
    return path


def _read_run(path: Path) -> Reading:
    """Take all values of a run, as a fit and a window do: open, and verify what is used whole."""
    run = open_run(path)
    findings = run.verify()
    damage = () if findings.is_intact else (findings.damage(),)
    return Reading(_values(run), damage + findings.notes)


def _values(run: Run) -> tuple[object, ...]:
    samples = tuple(np.array(part).tobytes() for part in (run.t_s, run.voltage_V, run.current_A, run.status))
    drive = run.drive
    edges = () if drive is None else (drive.times_s.tobytes(), drive.start_V.tobytes(), drive.end_V.tobytes())
    rest = (run.title, run.start_time, run.protocol_text, run.plan, run.sample, run.instrument, run.versions)
    return (*samples, *edges, *map(repr, rest), str(run.state), repr(run.events), run.blocks.tobytes())


def _make_results(folder: Path) -> list[Path]:
    run = _run_file(folder / "run.nxs", 4, RunState.COMPLETE)
    rng = np.random.default_rng(2)
    write_process(run, "reduction", {"factor": rng.normal(size=(20, 20))}, {"version": 1, "sum": "0123"})
    return [write_process(run, "fit", {"W": rng.normal(size=50)}, {"model": "R0-Mig1", "ci95": [1.0, None]})]


def _read_results(path: Path) -> Reading:
    run = path.with_name("run.nxs")
    values: list[tuple[str, object]] = []
    for name in ("reduction", "fit"):
        kept = read_process(run, name)
        if kept is None:
            values.append((name, None))
        else:
            arrays = {key: (array.shape, array.tobytes()) for key, array in kept.arrays.items()}
            values.append((name, (arrays, repr(kept.attributes), kept.date)))
    return Reading(tuple(values))
