"""Play by the minute: ``just monkey 60``. Each round is a process of its own, so that a crash of Qt is a fault too."""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_ROUND_MIN = 10.0
"""Minutes of a round: long enough for memory to grow visibly, short enough that a crash costs little."""
_WITHIN_S = 5.0
"""How long what is shown may be behind what is so, on a computer that does other things as well."""


def main() -> int:
    """Play, and print what was seen; the exit status is 1 with a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("minutes", type=float, nargs="?", default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--events", type=int, default=0, help="end a round after so many events")
    parser.add_argument("--round", action="store_true", help="play one round in this process")
    options = parser.parse_args()
    if options.round:
        return _round(options.seed, options.minutes, options.events)
    end_s, seed, n_faults = time.monotonic() + 60.0 * options.minutes, options.seed, 0
    while (left_min := (end_s - time.monotonic()) / 60.0) > 0.05:
        n_faults += _play_apart(seed, min(left_min, _ROUND_MIN), options.events)
        seed += 1
        if options.events:
            break
    print(f"seeds {options.seed} to {seed - 1}: {n_faults} faults")
    return 1 if n_faults else 0


def _play_apart(seed: int, minutes: float, n_events: int) -> int:
    """Play a round in a process of its own, print what it came to, and return its number of faults."""
    with tempfile.TemporaryDirectory(prefix="ionecho-monkey-") as folder:
        places = {"IONECHO_LOCKS": "locks", "IONECHO_STATE": "state", "IONECHO_CATALOGUE": "catalogue", "HOME": "home"}
        for name in places.values():
            (Path(folder) / name).mkdir()
        environment = {
            **os.environ,
            "QT_QPA_PLATFORM": os.environ.get("IONECHO_MONKEY_PLATFORM", "offscreen"),
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]),
            **{name: str(Path(folder) / place) for name, place in places.items()},
        }
        command = [sys.executable, "-m", "benchmarks.monkey", str(minutes), "--seed", str(seed), "--round"]
        command += ["--events", str(n_events)]
        done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=False)
        lines = done.stdout.splitlines()
        if not lines or not lines[-1].startswith("{"):
            print(f"seed {seed}: the process ended with {done.returncode}; last it did:", *lines[-20:], sep="\n  ")
            return 1
        seen = json.loads(lines[-1])
    print(f"seed {seed}: " + ", ".join(f"{key} {seen[key]}" for key in seen if key != "faults"), flush=True)
    for fault in seen["faults"]:
        print(f"  FAULT {fault}", flush=True)
    return len(seen["faults"])


def _round(seed: int, minutes: float, n_events: int) -> int:
    faulthandler.enable()
    from benchmarks.monkey.play import MonkeyPlay
    from sim_instruments.serving.in_process import served_here

    end_s = time.monotonic() + 60.0 * minutes
    with served_here("keithley2461", cell="demo", record_output=True) as instrument:
        play = MonkeyPlay(Path.cwd(), instrument, seed, _WITHIN_S, lambda line: print(line, flush=True))
        seen = play.play(lambda n: time.monotonic() < end_s and not 0 < n_events <= n)
    memory = seen.memory_MB
    quarters = [round(memory[k * (len(memory) - 1) // 4], 1) for k in range(5)] if memory else []
    found = {
        "events": seen.n_events,
        "runs": seen.n_runs,
        "windows": seen.n_windows,
        "docks": len(seen.docks),
        "memory_MB": quarters,
        "faults": seen.faults,
    }
    print(json.dumps(found), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
