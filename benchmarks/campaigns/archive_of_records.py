"""Campaign: one planted archive, the whole way: records, `ionecho refit`, and the comparison of its samples.

Two hundred records (`archives.drawn_truths`: five samples, eight temperatures, five repeats) of a Debye conductor
before a capacitor, whose current is a closed form of exponentials; written as run files, refit, compared.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.campaigns.archives import KELVIN, REPEATS, Counts, Truth, drawn_truths
from daq.files.finalize import finalize_run_file
from daq.files.header import Header
from daq.files.layout import create_run_file
from daq.files.open_file import RunFileBytes
from daq.state import RunState
from drivers import Block
from fitting.archive.comparison import compare_archive
from fitting.archive.dispatch import processes
from fitting.archive.refit import refit_archive
from fitting.archive.values import rows_of, values_of
from protocols import PulseSequence, Sample

DRIVE = PulseSequence.pump_probe(0.02, 0.3, 0.1, before=0.05, after=0.65)
CIRCUIT = "De1-C1"
N, SNR = 2000, 300.0
G_INF_S, W_INF, CAPACITANCE_F = 2e-4, 0.3, 2e-3
OFF_K, OF_RUNS = 0.3, 0.03
"""What the cryostat is off at each visit to a temperature, and how much runs differ."""


def step_current(lag_s: Any, tau_s: float) -> Any:
    """Return the current of 1 V into ``g (1 - (1 - W)/(1 + s tau))`` before a capacitor: two exponentials.

    ``I(s) = Y/s`` with ``Y = s C G (W + s tau) / (s C (1 + s tau) + G (W + s tau))``, by its poles.
    """
    C, G = CAPACITANCE_F, G_INF_S
    poles = np.roots([C * tau_s, C + G * tau_s, G * W_INF])
    slopes = 2.0 * C * tau_s * poles + C + G * tau_s
    residues = C * G * (W_INF + poles * tau_s) / slopes
    return sum(r * np.exp(p * lag_s) for r, p in zip(residues, poles, strict=True))


def write_record(path: Path, sample: Sample, tau_s: float, rng: np.random.Generator) -> None:
    """Write one record."""
    interval_s = DRIVE.duration_s / N
    t = (np.arange(N, dtype=np.float64) + 0.5) * interval_s
    current = np.zeros(N)
    for edge_s, jump_V in zip(*DRIVE.jumps(), strict=True):
        late = t > edge_s
        current[late] += jump_V * step_current(t[late] - edge_s, tau_s)
    current += rng.standard_normal(N) * float(np.sqrt(np.mean(current**2))) / SNR
    plan = {"interval_s": interval_s, "aperture_s": 0.0}
    header = Header("pump probe", "", sample, None, "none", plan, DRIVE, N, DRIVE.duration_s, path.stem)
    create_run_file(path, header)
    file = RunFileBytes(path)
    file.write_samples(0, 0, [Block(t, DRIVE.voltage_at(t), current, np.zeros(N, np.uint8))])
    file.close()
    finalize_run_file(path, RunState.COMPLETE)


def write_archive(folder: Path, truths: dict[str, Truth], rng: np.random.Generator) -> None:
    """Write the records of an archive."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, truth in truths.items():
        for kelvin in KELVIN:
            reached_K = kelvin + rng.normal(0.0, OFF_K)
            for repeat in range(REPEATS):
                tau_s = truth.time_s(reached_K) * math.exp(rng.normal(0.0, OF_RUNS))
                run = f"{name.replace(' ', '-')}-{kelvin:g}K-{repeat}"
                write_record(folder / f"{run}.nxs", Sample(name, 1e-3, 5e-5, temperature_K=kelvin), tau_s, rng)


def main() -> None:
    """Run the campaign."""
    parser = argparse.ArgumentParser(description="One planted archive through records, refit and comparison.")
    parser.add_argument("--folder", type=Path, default=Path("campaigns/archive-of-records"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    rng = np.random.default_rng([20261126, asked.seed])
    truths = drawn_truths(rng)
    write_archive(asked.folder / "runs", truths, rng)
    began = time.process_time(), time.perf_counter()
    table = asked.folder / "table.csv"
    done = refit_archive([asked.folder / "runs"], [CIRCUIT], table, workers=processes(asked.workers))
    seconds = time.perf_counter() - began[1]
    rows, without = rows_of([table])
    found = compare_archive(values_of(rows, "De1.tau", without=without))
    counts = Counts()
    counts.add(found, truths)
    document = counts.document() | {"runs": done.n_runs, "fitted": done.n_fitted, "refit_s": round(seconds, 1)}
    print(json.dumps(document, indent=1))
    for one in found.ranked:
        energy = None if one.activation is None else one.activation.energy_eV
        print(one.name, one.at, energy, truths[one.name].energy_eV, one.undetermined)


if __name__ == "__main__":
    main()
