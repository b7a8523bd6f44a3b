"""Scripts of a maker, run on a simulated instrument and counted.

    python -m benchmarks.vendor_scripts keithley2602b FOLDER [--json FILE]

For folders that somebody has fetched: none is kept here. Each script is loaded and run on an instrument of its own, on
a 10 kohm resistor, in its time (nothing waits); then the calls that its comments give as "Example Usage" are made. What
is told of each: whether it ends, how much it prints, and what the error queue holds. Whether an error is the right
answer is for a reader to say.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sim_instruments import CATALOGUE, ManualClock
from sim_instruments.sample.cell import load_cell

SUFFIXES = {".tsp", ".tspa", ".lua"}
SLOWEST_S = 30.0
"""Processor time (s) after which a script is given up."""
LONGEST_S = 7200.0
"""Instrument time (s) after which it counts as one that runs on until somebody stops it."""
_USAGE = re.compile(r"example usage:?[ \t]*\n?[ \t]*(?:--)?[ \t]*([A-Za-z_]\w*[ \t]*\([^\n]*\))", re.IGNORECASE)


@dataclass(frozen=True)
class Outcome:
    """What became of a script.

    Attributes
    ----------
    script : str
    ends : bool
    printed : int
        Bytes.
    calls : int
        Of functions that its comments recommend.
    errors : list of str
    """

    script: str
    ends: bool
    printed: int
    calls: int
    errors: list[str]


def played(kind: str, path: Path, name: str) -> Outcome:
    """Run one script and the calls that it recommends."""
    clock = ManualClock()
    device: Any = CATALOGUE[kind].make(clock, load_cell("resistor"), 1)
    session = device.client_session()
    host = device
    source = path.read_text("latin-1")
    usages = _USAGE.findall(source)
    loads = any(line.strip().startswith(("loadscript", "loadandrunscript")) for line in source.splitlines())
    if kind != "keithley2602b":
        session.receive(b"*LANG TSP\n")
        device.restart()
        session, host = device.client_session(), device.tsp
    chunks = [source if loads else f"loadandrunscript vendor_script\n{source}\nendscript\n", *usages]
    printed, ends, begun = 0, True, time.process_time()
    for chunk in chunks:
        session.receive(chunk.encode("latin-1", "replace") + b"\n")
        until = clock.now() + LONGEST_S
        step = 0.001
        while host.scripting or session.lines:
            clock.advance(step)
            session.run()
            step = min(step * 1.02, 1.0)
            if clock.now() > until or time.process_time() - begun > SLOWEST_S:
                ends = False
                session.receive(b"abort\n")
                break
        printed += len(session.output)
        session.output.clear()
    if kind == "keithley2602b":
        entries = [device.errors.next() for _ in range(len(device.errors))]
    else:
        entries = [entry for entry in device.status.log if entry[2] == 1]
    errors = [f"{entry[0]:.0f}, {entry[1]}" for entry in entries]
    return Outcome(name, ends, printed, len(usages), errors)


def main() -> None:
    """Run all scripts of a folder and print a line for each, then the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=[kind for kind in CATALOGUE if kind.startswith("keithley2")])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path, help="where the outcomes go")
    options = parser.parse_args()
    outcomes = []
    for path in sorted(options.folder.rglob("*")):
        if path.suffix.lower() not in SUFFIXES:
            continue
        outcome = played(options.kind, path, str(path.relative_to(options.folder)))
        outcomes.append(outcome)
        state = "ends" if outcome.ends else "runs on"
        print(
            f"{state}, {outcome.printed} bytes, {outcome.calls} calls: {outcome.script} {outcome.errors[:2]}",
            flush=True,
        )
    tally = Counter(
        ("ends" if one.ends else "runs on", "without errors" if not one.errors else "with errors") for one in outcomes
    )
    print(len(outcomes), "scripts:", "; ".join(f"{count} {' '.join(what)}" for what, count in sorted(tally.items())))
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in outcomes], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
