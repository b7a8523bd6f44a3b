"""Scripts of a maker, run on a simulated instrument, judged and counted.

    python -m benchmarks.vendor_scripts keithley2602b FOLDER [--json FILE]

For folders that somebody has fetched: none is kept here. Each script is loaded and run on an instrument of its own, on
a 10 kohm resistor, in its time (nothing waits); then the calls that its comments give as "Example Usage" are made. A
script that calls what another script of the folder defines is run again behind that one; one that a model of the
touchscreen family refuses is tried on the others. `script_verdicts` says of each whether the answer is right.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.script_verdicts import CLEAN, REFUSED, TO_READ, WAITS, Outcome, Verdict, judged, libraries
from sim_instruments import CATALOGUE, ManualClock
from sim_instruments.sample.cell import load_cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SUFFIXES = {".tsp", ".tspa", ".lua", ".mscr"}
FAMILY = ("keithley2450", "keithley2460", "keithley2461")
"""Models for which a maker's scripts of the touchscreen family are written, but for the 2470."""
KINDS = ("emstat-pico", "emstat4", "keithley2602b", *FAMILY)
SLOWEST_S = 30.0
"""Processor time (s) after which a script is given up."""
LONGEST_S = 7200.0
"""Instrument time (s) after which it counts as one that runs on until somebody stops it."""
_USAGE = re.compile(r"example usage:?[ \t]*\n?[ \t]*(?:--)?[ \t]*([A-Za-z_]\w*[ \t]*\([^\n]*\))", re.IGNORECASE)


def played(kind: str, source: str, name: str) -> Outcome:
    """Run one script and the calls that it recommends."""
    return _played_methodscript(kind, source, name) if kind.startswith("emstat") else _played_tsp(kind, source, name)


def _played_methodscript(kind: str, source: str, name: str) -> Outcome:
    clock = ManualClock()
    device: Any = CATALOGUE[kind].make(clock, load_cell("resistor"), 1)
    line = device.client_session()
    body = "\n".join(one.rstrip() or "#" for one in source.splitlines())  # an empty line would end the script
    line.receive(f"e\n{body}\n\n".encode("latin-1", "replace"))
    begun, until = time.process_time(), clock.now() + LONGEST_S
    while line.waiting and clock.now() < until and time.process_time() - begun < SLOWEST_S:
        clock.advance(1.0)
        line.run()
    answers = bytes(line.output).decode("latin-1").split("\n")
    errors = [one for one in answers if re.match(r"e?![0-9A-F]{4}", one)]
    return Outcome(name, kind, not line.waiting, len(line.output), 0, errors)


def _played_tsp(kind: str, source: str, name: str) -> Outcome:
    clock = ManualClock()
    device: Any = CATALOGUE[kind].make(clock, load_cell("resistor"), 1)
    session = device.client_session()
    host = device
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
    return Outcome(name, kind, ends, printed, len(usages), errors)


def outcome_of(kind: str, name: str, texts: Mapping[str, str]) -> tuple[Outcome, Verdict]:
    """Run a script where it is at home: behind what it calls, and on the model that takes it; judge the outcome."""
    kinds = [kind, *(other for other in FAMILY if other != kind and kind in FAMILY)]
    first: tuple[Outcome, Verdict] | None = None
    for each in kinds:
        outcome = played(each, texts[name], name)
        if needed := libraries(outcome, texts):
            together = "\n".join((*(texts[one] for one in needed), texts[name]))
            outcome = replace(played(each, together, name), script=name)
        verdict = judged(outcome, texts)
        if verdict.name in {CLEAN, WAITS}:
            return outcome, verdict
        if first is None or (first[1].name, verdict.name) == (TO_READ, REFUSED):
            first = outcome, verdict
        if verdict.name == REFUSED and "2470" in verdict.reason + name:
            break
    if first is None:
        raise ValueError(f"no instrument of the kind {kind!r}")
    return first


def scripts(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield path and text of each script of a folder."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            text = path.read_text("latin-1")
            yield str(path.relative_to(folder)), text.removeprefix("e\n") if path.suffix == ".mscr" else text


def main() -> None:
    """Run all scripts of a folder and print a line for each, then the counts and the reasons."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path, help="where the outcomes go")
    options = parser.parse_args()
    texts, results = dict(scripts(options.folder)), []
    for name in texts:
        outcome, verdict = outcome_of(options.kind, name, texts)
        results.append((outcome, verdict))
        seen = f"{outcome.kind}, {outcome.printed} bytes, {outcome.calls} calls"
        print(f"{verdict.name} ({verdict.reason or seen}): {name} {outcome.errors[:2]}", flush=True)
    counts = Counter(verdict.name for _, verdict in results)
    told = "; ".join(f"{counts[each]} {each}" for each in (CLEAN, WAITS, REFUSED, TO_READ))
    print(f"\n{len(results)} scripts: {told}")
    reasons = Counter((verdict.name, verdict.reason) for _, verdict in results if verdict.reason)
    for (name, reason), count in sorted(reasons.items()):
        print(f"| {count} | {name} | {reason} |")
    if options.json:
        told_of = [asdict(outcome) | asdict(verdict) for outcome, verdict in results]
        options.json.write_text(json.dumps(told_of, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
