"""Campaign: every driver under every fault at every stage of a run. (`just instrument-faults`)

For each simulated instrument a short run on a 10 kohm resistor is played once without faults, to learn how many bytes
of answers belong to each of its stages (open, arm, run, read, stop). Then it is played again and again, each time
with one fault at one place: link faults at byte offsets (a truncation at each of the first 64 bytes and then at
strides), the instrument's own faults between the stages. What happened is judged against the resistor:

- ``complete``: the run ended as if nothing had been (a late answer within the timeout), and all values are right;
- ``error``: the driver said clearly that something is wrong; what it gave before is right;
- ``wrong``: a value without a flag is not the resistor's. ``hang``, ``crash``: as they say. None of these may be.

A temperature controller goes to a set point instead, and its readings are judged against the simulated sensor.
Afterwards, as a guardian does, a fresh session brings the instrument into its safe state: ``off``, or ``unknown`` if
the driver says so.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.campaigns.attempts import CONTROLLERS, DRIVERS, LIMIT_S, Attempt, attempt_on, plan_for
from benchmarks.campaigns.tally import Progress
from protocols import IonechoError, OutputStateUnknown
from sim_instruments.catalogue import CATALOGUE
from sim_instruments.core.instrument import DEVICE_FAULTS
from sim_instruments.serving.in_process import InProcess, served_here
from sim_instruments.serving.injected_faults import LINK_FAULTS, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator


STAGES = ("open", "arm", "run", "read", "stop")
SAFE_S = 8.0


@dataclass(frozen=True)
class Case:
    """One run with one fault.

    Attributes
    ----------
    kind, transport : str
    fault : str
        As `Fault.parse` reads it, or the name of an instrument's fault.
    stage : str
        In which it comes.
    """

    kind: str
    transport: str
    fault: str
    stage: str


@dataclass(frozen=True)
class Verdict:
    """How a case ended.

    Attributes
    ----------
    outcome : str
        ``complete``, ``error``, ``wrong``, ``hang`` or ``crash``.
    output : str
        ``off`` or ``unknown``, by a fresh session.
    samples : int
        Or readings, given by the driver.
    message : str
        What the driver said.
    seconds : float
    """

    outcome: str
    output: str
    samples: int
    message: str
    seconds: float


def stages_of(kind: str, transport: str, speed: float) -> dict[str, int]:
    """Return after how many bytes of answers each stage begins, from a run without faults.

    Raises
    ------
    RuntimeError
        If that run itself is not right.
    """
    with served_here(kind, transport, speed=speed) as instrument:
        instrument.served.host.faults.add(Fault("stall", at_byte=10**15))  # so that bytes are counted
        attempt = attempt_on(instrument, kind)
        if not attempt.run() or attempt.failure is not None or attempt.n_wrong():
            raise RuntimeError(f"{kind} over {transport} fails without any fault: {attempt.failure!r}")
        return attempt.bytes_at


def cases_of(kind: str, transport: str, at: dict[str, int], *, dense: bool) -> Iterator[Case]:
    """Yield the cases of one instrument over one transport."""
    ends = [at[stage] for stage in STAGES] + [at["end"]]
    for stage, begin, end in zip(STAGES, ends[:-1], ends[1:], strict=True):
        places = sorted({begin, (begin + end) // 2, max(begin, end - 1)}) if dense else [(begin + end) // 2]
        for name in LINK_FAULTS:
            if transport == "pty" and name == "drop-rst":
                continue
            for place in places:
                value = f"={1.0 if name == 'late' and place % 2 else 0.1}s" if name == "late" else ""
                yield Case(kind, transport, f"{name}{value}@{place}", stage)
        for name in DEVICE_FAULTS:
            yield Case(kind, transport, name, stage)
    last = at["end"]
    stride = max(1, (last - 64) // (24 if dense else 3))
    for place in [*range(0, 64, 1 if dense else 16), *range(64, last, stride)]:
        stage = next(name for name in reversed(STAGES) if at[name] <= place)
        yield Case(kind, transport, f"truncate@{place}", stage)


def judged(case: Case, speed: float) -> Verdict:
    """Play one case."""
    began = time.monotonic()
    with served_here(case.kind, case.transport, speed=speed) as instrument:
        own = case.fault in DEVICE_FAULTS
        if not own:
            instrument.served.host.faults.add(Fault.parse(case.fault))
        attempt = attempt_on(instrument, case.kind, case.fault if own else "", case.stage if own else "")
        ended = attempt.run()
        output = _output(attempt, instrument)
        outcome, message = _outcome(case, attempt, ended=ended)
    return Verdict(outcome, output, attempt.n_given, message, time.monotonic() - began)


def _outcome(case: Case, attempt: Attempt, *, ended: bool) -> tuple[str, str]:
    if not ended:
        return "hang", f"still in {attempt.failed_at} after {LIMIT_S:.0f} s"
    # A cell that falls off or is short-circuited, or a second client's *RST: then other currents are right ones.
    changes_truth = case.fault in {"cell-open", "cell-short", "compliance"}
    wrong = 0 if changes_truth and case.kind not in CONTROLLERS else attempt.n_wrong()
    if wrong:
        return "wrong", f"{wrong} values; {attempt.failure!r}"
    if attempt.failure is None:
        return "complete", ""
    message = f"{attempt.failed_at}: {type(attempt.failure).__name__}: {attempt.failure}"
    return ("error" if isinstance(attempt.failure, IonechoError) else "crash"), message


def _output(attempt: Attempt, instrument: InProcess) -> str:
    """Do as a guardian: a fresh session, again for some seconds, until the output is read back as off."""
    deadline = time.monotonic() + SAFE_S
    while True:
        try:
            driver = attempt.opened(instrument)
            try:
                return "off" if driver.safe_state().off else "unknown"
            finally:
                driver.close()
        except OutputStateUnknown:
            if time.monotonic() > deadline:
                return "unknown"
        except (IonechoError, OSError):
            if time.monotonic() > deadline:
                return "unknown"


def campaign(kinds: list[str], folder: Path, *, dense: bool, speed: float = 10.0) -> Counter[str]:
    """Play all cases of some instruments over each of their transports; write every case that must not be.

    Returns
    -------
    Counter
        How many cases ended how: ``outcome/output``.
    """
    counts: Counter[str] = Counter()
    bad: list[dict[str, object]] = []
    for kind in kinds:
        own_speed = 1.0 if kind in CONTROLLERS or plan_for(kind).jitter_s else speed
        for transport in CATALOGUE[kind].transports:
            cases = list(cases_of(kind, transport, stages_of(kind, transport, own_speed), dense=dense))
            progress = Progress(folder / f"faults-{kind}-{transport}.json")
            here: Counter[str] = Counter()
            told: list[dict[str, object]] = []
            for number, case in enumerate(cases, 1):
                verdict = judged(case, own_speed)
                here[f"{verdict.outcome}/{verdict.output}"] += 1
                told.append(asdict(case) | asdict(verdict))
                if verdict.outcome in {"wrong", "hang", "crash"} or verdict.output != "off":
                    bad.append(told[-1])
                progress.report(number, len(cases), {"counts": dict(here), "cases": told}, str(dict(here)))
            counts.update(here)
    (folder / "faults.json").write_text(json.dumps({"counts": dict(counts), "bad": bad}, indent=1))
    return counts


def main() -> int:
    """Run the campaign; the exit status says whether something happened that must not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", help="instruments; all that have a driver by default")
    parser.add_argument("--small", action="store_true", help="one place a stage")
    parser.add_argument("--folder", type=Path, default=Path("campaigns"))
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    kinds = given.kinds or [kind for kind in (*DRIVERS, *CONTROLLERS) if kind in CATALOGUE]
    counts = campaign(kinds, given.folder, dense=not given.small)
    print(json.dumps(dict(counts), indent=1))
    return int(any(key.split("/")[0] in {"wrong", "hang", "crash"} for key in counts))


if __name__ == "__main__":
    sys.exit(main())
