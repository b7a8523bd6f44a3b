"""Processor times of the catalogue of many runs: a question, and the catalogue made anew.

``python -m benchmarks.catalogue`` makes 10,000 finished runs (1 GB) by the product's own writer, with a fit beside
every fourth, and prints processor times of whole commands. ``--folder`` keeps the runs for another time.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from daq import write_process
from daq.files.finalize import finalize_run_file
from daq.files.header import Header
from daq.files.layout import create_run_file
from daq.files.open_file import RunFileBytes
from daq.files.origin import Origin
from daq.state import RunState
from drivers import Block, Identity
from protocols import Protocol, Sample

_SAMPLES = 100
_MATERIALS = ("LPSCl", "LGPS", "LLZO", "Na-beta alumina", "AgI")
_QUESTIONS = {
    "the newest": (),
    "sample and temperature": ("--where", 'sample~"LPSCl" and T<270 K'),
    "words": ("--text", "aged glovebox"),
    "a fitted figure": ("--where", "Mig1.tau < 2 ms and tag = rough"),
}


def make_run(path: Path, number: int, drive_protocol: Protocol) -> None:
    """Make a finished run with values of its own, and a fit beside every fourth."""
    rng = np.random.default_rng(number)
    sample = Sample(f"{_MATERIALS[number % 5]} {number // 50}", 1e-3, 5e-5, "Au", float(rng.uniform(200.0, 400.0)))
    notes = " ".join(rng.choice(["aged", "glovebox", "pressed", "annealed", "cracked", "fresh"], 3))
    origin = Origin(f"operator {number % 7}", f"project {number % 11}", ("rough",) if number % 3 else ())
    text = drive_protocol.to_toml().replace("notes = ", f'notes = "{notes}"\n#', 1)
    identity = Identity("KEITHLEY INSTRUMENTS", "MODEL 2461", f"{number % 13:05d}", "1.7.12b")
    drive = drive_protocol.sequence
    header = Header(
        "Pump-probe pair", text, sample, identity, "SIM", {}, drive, _SAMPLES, 1.0, f"{number:016x}", origin
    )
    create_run_file(path, header)
    file = RunFileBytes(path)
    t = np.asarray((np.arange(_SAMPLES) + 0.5) * 1e-2, np.float64)
    file.set_state(RunState.RUNNING)
    file.add_event("start")
    file.write_samples(0, 0, [Block(t, np.full(_SAMPLES, 0.02), np.full(_SAMPLES, 2e-6), np.zeros(_SAMPLES, np.uint8))])
    file.add_event("complete", output="off", warnings=())
    file.close()
    finalize_run_file(path, RunState.COMPLETE)
    if number % 4 == 0:
        write_process(path, "fit", {"W": t}, fit_document(rng))


def fit_document(rng: np.random.Generator) -> dict[str, object]:
    """Return a document like that of a fit: ten figures, an attribution with evidence."""

    def figure(value: float, unit: str) -> dict[str, object]:
        return {"value": value, "ci95": [0.9 * value, 1.1 * value], "unit": unit, "determined": True, "note": ""}

    values = rng.uniform(0.5, 5.0, 10)
    names = ("R0", "Mig1.R", "Mig1.tau", "CPE1.Q", "CPE1.n", "W_inf", "W_0", "back_hop_fraction", "t_memory", "charge")
    units = ("ohm", "ohm", "s", "S·s^n", "", "", "", "", "s", "")
    figures = {name: figure(value * 1e-3, unit) for name, value, unit in zip(names, values, units, strict=True)}
    attribution = {
        "verdict": "bulk",
        "evidence": ["a sentence of some eighty characters that says why it is the bulk"] * 6,
    }
    parameters = {name: figures[name] for name in names[:5]}
    memory = {name: figures[name] for name in names[5:]}
    return {
        "format": 2,
        "model": "R0-Mig1-CPE1",
        "parameters": parameters,
        "memory": memory,
        "attribution": attribution,
    }


def timed(command: list[str], place: Path) -> tuple[float, float]:
    """Return wall and processor time (s) of a command of ionecho."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = os.environ | {"IONECHO_CATALOGUE": str(place)}
    subprocess.run(
        [sys.executable, "-P", "-m", "ionecho", "runs", *command],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - began, used


def main() -> None:
    """Make the runs that are not there yet, and print the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary) / "runs"
        place = Path(temporary) / "catalogue"
        protocol, began = Protocol.load("pump_probe"), time.perf_counter()
        n_made = 0
        for number in range(options.runs):
            path = folder / f"{number // 500:03d}" / f"run-{number:05d}.nxs"
            if not path.exists():
                make_run(path, number, protocol)
                n_made += 1
        print(f"made {n_made} runs in {time.perf_counter() - began:.0f} s")
        timed(["--follow", str(folder)], place)
        wall, used = timed(["--rebuild"], place)
        print(f"rebuild of {options.runs} runs: {wall:.1f} s, {used:.1f} s of processor time")
        size = sum(one.stat().st_size for one in place.iterdir())
        print(f"the catalogue has {size / 1e6:.1f} MB")
        for question, command in _QUESTIONS.items():
            times = [timed(list(command), place) for _ in range(options.repeats)]
            walls, useds = ([one[k] for one in times] for k in (0, 1))
            print(
                f"{question}: {statistics.median(useds):.3f} s of processor time (at most {max(useds):.3f}), "
                f"{statistics.median(walls):.3f} s"
            )


if __name__ == "__main__":
    main()
