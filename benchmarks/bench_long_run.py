"""Benchmark of a run of 1e9 samples in the window's own services: opened, drawn, read once, zoomed to 1 ms.

    python -m benchmarks.bench_long_run FOLDER [--samples 1e9]

Takes 16 bytes a sample on the disk of the folder (the voltage is zero, and a hole in the file), and removes it again.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from daq import open_run
from daq.files.header import Header
from daq.files.layout import ROW, create_run_file
from daq.files.open_file import EncodedBlock, RunFileBytes
from daq.state import RunState
from drivers import Identity
from gui.common.trace_view import View
from gui.services.overview import Overview
from protocols import PulseSequence, Sample

if TYPE_CHECKING:
    from collections.abc import Callable

INTERVAL_S = 1e-6
_BLOCK = 1_000_000
_SPANS_S = (100.0, 10.0, 1.0, 0.1, 0.01, 0.001)


def make_run(path: Path, n_samples: int) -> None:
    """Make a finished run of a million samples a second."""
    duration_s = n_samples * INTERVAL_S
    quarter = duration_s / 4
    drive = PulseSequence.pulse("20 mV", 2 * quarter, before=quarter, after=quarter)
    who = Identity("KEITHLEY", "2461", "1", "1")
    plan = {"interval_s": INTERVAL_S, "duration_s": duration_s}
    os.posix_fallocate = lambda *_: None  # what is not written stays a hole
    create_run_file(path, Header("long", "", Sample(), who, "", plan, drive, n_samples, duration_s))
    file = RunFileBytes(path)
    descriptor, offsets = file.fileno(), file.layout.offsets
    noise = np.random.default_rng(1).normal(size=_BLOCK) * 1e-8
    nothing, good = np.zeros(_BLOCK), np.zeros(_BLOCK, np.uint8)
    for row in range(n_samples // _BLOCK):
        first = row * _BLOCK
        t = (np.arange(first, first + _BLOCK) + 0.5) * INTERVAL_S
        current = np.sin(row / 50) * 1e-6 + np.roll(noise, row)
        columns = {"time": t, "voltage": nothing, "current": current, "status": good}
        block = EncodedBlock(first, _BLOCK, 0, time.time_ns(), columns)
        for name in ("time", "current"):
            os.pwrite(descriptor, columns[name].tobytes(), offsets[name] + 8 * first)
        os.pwrite(descriptor, block.row().tobytes(), offsets["blocks"] + row * ROW.itemsize)
    os.fsync(descriptor)
    file.set_state(RunState.COMPLETE)
    file.close()


def forget(path: Path) -> None:
    """Have the system forget what it keeps of a file in memory."""
    descriptor = os.open(path, os.O_RDONLY)
    with suppress(AttributeError):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return how long (s) some work took, and its answer."""
    began = time.perf_counter()
    answer = work()
    return round(time.perf_counter() - began, 3), answer


def steps(path: Path) -> tuple[dict[str, float], Overview]:
    """Open a run, draw all of it, and zoom in to 1 ms; return how long (s) each step took."""
    forget(path)
    found: dict[str, float] = {}
    found["open"], one = timed(lambda: Overview(open_run(path)))
    found["overview"], whole = timed(lambda: one.traces.traces(View()))
    middle = float(whole.last_s) * 0.5
    for span in _SPANS_S:
        view = View(window_s=(middle - span / 2, middle + span / 2))
        found[f"zoom to {span} s"], _ = timed(partial(one.traces.traces, view))
    return found, one


def peak_MiB() -> float:
    """Return the most memory that this process has had."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 1024


def read_whole(one: Overview) -> None:
    """Read a run to its end, and wait until what was read is kept."""
    while not one.read_on():
        pass
    one.wait_until_kept()


def figures(folder: Path, n_samples: int) -> dict[str, Any]:
    """Measure, and return the figures (s)."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        path = Path(own) / "run.nxs"
        make_run(path, n_samples)
        first, one = steps(path)
        processor_s = time.process_time()
        read_s, _ = timed(lambda: read_whole(one))
        processor_s = time.process_time() - processor_s
        then, _ = steps(path)
    reading = {"wall": read_s, "processor": round(processor_s, 1), "peak_MiB": round(peak_MiB())}
    return {"load": os.getloadavg()[0], "before_it_was_read": first, "reading": reading, "kept": then}


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description="A run of very many samples: opened, drawn, zoomed.")
    parser.add_argument("folder", type=Path, help="where there is room for it")
    parser.add_argument("--samples", type=float, default=1e9)
    options = parser.parse_args()
    print(json.dumps(figures(options.folder, int(options.samples)), indent=1))


if __name__ == "__main__":
    main()
