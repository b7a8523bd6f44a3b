"""Benchmark of the reduction: walk against compiled C, samples a second, memory.

    python -m benchmarks.bench_drive [--json]

One core, 48 modes; the walk with 8 as well. It is compared with `reference_drive.c` (cc -O3 -march=native), in turns,
best of all turns, in memory that begins at a line of the cache on both sides; reductions are medians. Memory is what
arrays take at most while a memory map is reduced.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.processor_time import median_s
from fitting import ModeGrid, Reducer
from fitting.reduction.drive import segments_of
from fitting.transforms.loops import drive_modes
from fitting.transforms.memory import aligned_rows
from protocols import PulseSequence

SAMPLES = 4_000_000
BLOCK = 4096
MODES, FEW_MODES = 48, 8
TURNS = 5
DRIVE = PulseSequence.pump_probe(0.02, 2.0, 1.0, before=0.5, after=6.5)
MAPPED = (1_000_000, 10_000_000)


def walk_ns(n_modes: int) -> dict[str, float]:
    """Return nanoseconds a sample of the compiled loop, at held and at measured voltage."""
    step_s = 1e-6
    rates = np.concatenate([[0.0], 10.0 ** (-np.arange(n_modes - 1) / 6.0)])
    t = 1.0 + np.arange(BLOCK, dtype=np.float64) * step_s
    held = segments_of(PulseSequence.pulse(0.02, 10.0, before=0.5, after=1.0))
    slopes = np.diff(np.sin(0.01 * np.arange(BLOCK))) / step_s
    measured = np.stack([t[:-1], np.zeros(BLOCK - 1), slopes])
    rows, keep = aligned_rows(BLOCK, n_modes), np.empty(BLOCK, dtype=np.bool_)
    mean = np.stack([np.ones(n_modes), np.zeros(n_modes)])
    found = {}
    for name, segments, begun in (("held", held, 2.0), ("measured", measured, 0.0)):
        tolerances = np.array([0.0, 1e-9, 1e-12]) if begun else np.zeros(3)
        best = np.inf
        for _ in range(200):
            clock, z = np.array([t[0] - step_s, 0.0, 0.5, begun]), np.ones(n_modes)
            start = time.process_time()
            drive_modes(t, rates, segments, mean, tolerances, clock, z, rows, keep)
            best = min(best, time.process_time() - start)
        found[name] = 1e9 * best / BLOCK
    return found


def reference(folder: Path) -> Path | None:
    """Compile the C reference; None without a compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        print("no C compiler: the reference is left out", file=sys.stderr)
        return None
    program = folder / "reference_drive"
    source = Path(__file__).with_name("reference_drive.c")
    subprocess.run([compiler, "-O3", "-march=native", str(source), "-o", str(program), "-lm"], check=True)
    return program


def reference_ns(program: Path, n_modes: int) -> dict[str, float]:
    """Return nanoseconds a sample of the C reference."""
    command = [str(program), str(n_modes), str(SAMPLES // 4), "3"]
    held, measured, _ = subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout.split()
    return {"held": float(held), "measured": float(measured)}


def walks(n_modes: int) -> dict[str, dict[str, float]]:
    """Return the walk and the reference, best of turns."""
    turns: dict[str, list[dict[str, float]]] = {"ours": [], "reference": []}
    with tempfile.TemporaryDirectory() as folder:
        program = reference(Path(folder))
        for _ in range(TURNS):
            turns["ours"].append(walk_ns(n_modes))
            if program is not None:
                turns["reference"].append(reference_ns(program, n_modes))
    return {
        who: {name: min(turn[name] for turn in found) for name in ("held", "measured")}
        for who, found in turns.items()
        if found
    }


def reductions_per_s() -> dict[str, float]:
    """Return samples a second."""
    dt = DRIVE.duration_s / SAMPLES
    t = (np.arange(SAMPLES) + 0.4) * dt
    volts = DRIVE.voltage_at(t) + 1e-5 * np.random.default_rng(2).standard_normal(SAMPLES)
    current = np.random.default_rng(1).standard_normal(SAMPLES)
    status = np.zeros(SAMPLES, np.uint8)
    grid = ModeGrid(-20, MODES - 22, 0.4 * dt, DRIVE.duration_s)
    uneven = t + 0.01 * dt * np.random.default_rng(3).random(SAMPLES)

    def rate(times: Any, drive: PulseSequence | None, n: int) -> float:
        def run() -> None:
            Reducer(grid, drive, interval_s=dt).append(times[:n], volts[:n], current[:n], status[:n])

        return n / median_s(run, TURNS)

    return {
        "commanded, even": rate(t, DRIVE, SAMPLES),
        "commanded, even, 1e6 samples": rate(t, DRIVE, 1_000_000),
        "measured voltage, even": rate(t, None, SAMPLES),
        "commanded, uneven": rate(uneven, DRIVE, SAMPLES // 4),
        "measured voltage, uneven": rate(uneven, None, SAMPLES // 4),
    }


def most_bytes(n: int, *, measured: bool) -> float:
    """Return the most bytes that arrays took while a memory map was reduced, block by block."""
    dt = DRIVE.duration_s / n
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "current.f8"
        noise = np.random.default_rng(1)
        with path.open("wb") as file:
            for first in range(0, n, 65536):
                noise.standard_normal(min(65536, n - first)).tofile(file)
        grid = ModeGrid(-20, MODES - 22, 0.4 * dt, DRIVE.duration_s)
        tracemalloc.start()
        reducer = Reducer(grid, None if measured else DRIVE, interval_s=dt)
        for first in range(0, n, 65536):
            count = min(65536, n - first)
            current = np.memmap(path, np.float64, "r", offset=8 * first, shape=(count,))
            t = (np.arange(first, first + count) + 0.4) * dt
            reducer.append(t, current, current, np.zeros(count, np.uint8))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return float(most)


def memory() -> dict[str, dict[str, float]]:
    """Return the memory that reductions of short and long maps take at most (bytes)."""
    return {
        name: {f"{n:g}": most_bytes(n, measured=name == "measured") for n in MAPPED}
        for name in ("commanded", "measured")
    }


def figures() -> dict[str, Any]:
    """Return all that is measured here."""
    return {
        "modes": MODES,
        "walk_ns_per_sample": {str(n): walks(n) for n in (MODES, FEW_MODES)},
        "reduction_samples_per_s": reductions_per_s(),
        "memory_bytes": memory(),
    }


def table(found: dict[str, Any]) -> str:
    """Return the figures as text."""
    lines = [f"{found['modes']} modes unless said, one core"]
    for n_modes, walk in found["walk_ns_per_sample"].items():
        for name, ours in walk["ours"].items():
            line = f"  walk, {n_modes + ' modes, ' + name + ' voltage':26s} {ours:7.2f} ns a sample"
            if "reference" in walk:
                line += f", C {walk['reference'][name]:.2f}: {ours / walk['reference'][name]:.2f} times"
            lines.append(line)
    lines += [
        f"  reduction, {name:28s} {value / 1e6:7.2f} million samples/s"
        for name, value in found["reduction_samples_per_s"].items()
    ]
    lines += [
        f"  memory, {name}: " + ", ".join(f"{size / 1e6:.1f} MB for {n} samples" for n, size in sizes.items())
        for name, sizes in found["memory_bytes"].items()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    measured_here = figures()
    print(json.dumps(measured_here) if "--json" in sys.argv else table(measured_here))
