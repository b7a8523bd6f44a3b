"""Campaign of kills in mid-run: when is the output off, and is all that was acknowledged on disk? (`just kills`)"""

from __future__ import annotations

import random
import socket
import statistics
import sys
import tempfile
import time

import psutil

from daq import Bench, RunInProgress, open_run
from ionecho.demo.run_demo import simulated_instrument
from protocols import Protocol


def output_is_off(resource: str) -> bool:
    """Ask the instrument over a connection of our own."""
    port = int(resource.split("::")[2])
    with socket.create_connection(("127.0.0.1", port)) as link, link.makefile() as lines:
        link.sendall(b":OUTP?\n")
        return lines.readline().strip() == "0"


def victim_of(live: RunInProgress, whom: str) -> psutil.Process:
    """Return the process to be killed: the guardian, or the runner among its children."""
    guardian = psutil.Process(live.guardian_pid)
    if whom == "guardian":
        return guardian
    return next(child for child in guardian.children() if "spawn_main" in " ".join(child.cmdline()))


def main(n_kills: int) -> None:
    """Kill runners and guardians in turn, at random moments, and check each time."""
    seconds: dict[str, list[float]] = {"runner": [], "guardian": []}
    lost = bad_blocks = 0
    with simulated_instrument("keithley2461", 1, 1.0, "demo") as resource, tempfile.TemporaryDirectory() as folder:
        for kill in range(n_kills):
            whom = ("runner", "guardian")[kill % 2]
            live = Bench(resource, folder).start(Protocol.load("pump_probe"))
            wanted = random.randrange(1, 120_000)  # noqa: S311 - a moment, not a secret
            while live.poll().n_samples < wanted:
                time.sleep(0.005)
            acknowledged = live.poll().n_samples
            begun = time.monotonic()
            victim_of(live, whom).kill()
            while not output_is_off(resource):
                time.sleep(0.002)
            seconds[whom].append(time.monotonic() - begun)
            outcome = live.wait()
            run = open_run(live.path)
            lost += run.n_samples < acknowledged or outcome.output != "off"
            bad_blocks += len(run.verify().bad_blocks)
    for whom, found in seconds.items():
        median, most = statistics.median(found), max(found)
        print(f"{whom:8} killed {len(found)} times: off after {median:.3f} s, at most {most:.3f} s")
    print(f"runs with acknowledged samples lost or output not off: {lost}; blocks with a wrong checksum: {bad_blocks}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
