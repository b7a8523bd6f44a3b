"""Does every driver end well whatever goes wrong, whenever: no hang, no wrong value, output off or said to be unknown?

For each simulated instrument a short run on a 10 kohm resistor is played once without faults, to learn how many bytes
of answers belong to each of its stages (open, arm, run, read, stop). Then it is played again and again, each time
with one fault at one place: link faults at byte offsets (a truncation at each of the first 64 bytes and then at
strides), the instrument's own faults between the stages. What happened is judged against the resistor:

- ``complete``: the run ended as if nothing had been (a late answer within the timeout), and all values are right;
- ``error``: the driver said clearly that something is wrong; what it gave before is right;
- ``wrong``: a value without a flag is not the resistor's. ``hang``, ``crash``: as they say. None of these may be.

Afterwards, as a guardian does, a fresh session brings the instrument into its safe state: ``off``, or ``unknown`` if
the driver says so.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.campaigns.tally import Progress
from drivers import driver_named, open_potentiostat
from protocols import IonechoError, Limits, OutputStateUnknown, Protocol, ProtocolError, PulseSequence, Sampling
from sim_instruments.faults import LINK_FAULTS, Fault
from sim_instruments.instrument import DEVICE_FAULTS
from sim_instruments.kinds import KINDS
from sim_instruments.serving import InProcess, served_here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from drivers import Block, DrivePlan

OHM = 10_000.0
STAGES = ("open", "arm", "run", "read", "stop")
DRIVERS = {
    "b2912a": "b2911",
    "ec301": "ec301",
    "emstat-pico": "emstat-pico",
    "emstat4": "emstat4",
    "keithley2450": "keithley2450",
    "keithley2460": "keithley2460",
    "keithley2461": "keithley2461",
    "keithley2602b": "keithley2602b",
    "zahner-pp212": "zahner-pp212",
}
TIMEOUT_S = 0.5
_SAFE_S = 8.0
_LIMIT_S = 30.0
_LEVEL_V = 0.02
_TOLERANCE_A = 3e-8  # of 2 uA: above every simulator's noise on these ranges, far below a wrong sample


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
        Given by the driver.
    said : str
        What the driver said.
    seconds : float
    """

    outcome: str
    output: str
    samples: int
    said: str
    seconds: float


def plan_for(kind: str) -> DrivePlan:
    """Return a short run that the instrument can do: one pulse of 20 mV."""
    driver = driver_named(DRIVERS[kind])
    can = driver.capabilities
    width = max(0.01, 2.0 * can.min_dwell_s)
    interval = min(max(1e-4, can.min_interval_s), can.max_interval_s)
    sequence = PulseSequence.pulse(_LEVEL_V, width, before=width, after=width)
    limits = Limits(voltage_V=0.1, current_A=1e-5)
    protocol = Protocol("faults", sequence, Sampling(interval), limits)
    try:
        return driver.plan(protocol)
    except ProtocolError:  # its shortest time is longer on this range
        return driver.plan(protocol.stretched(10.0))


class Attempt:
    """One run, with a fault or without, in a thread that can be given up.

    Parameters
    ----------
    instrument : InProcess
    plan : DrivePlan
    device_fault, stage : str
        An instrument's own fault, and before which stage it comes; empty for none.
    """

    def __init__(self, instrument: InProcess, plan: DrivePlan, device_fault: str = "", stage: str = "") -> None:
        self._instrument = instrument
        self._plan = plan
        self._device_fault, self._stage = device_fault, stage
        self.blocks: list[Block] = []
        self.bytes_at: dict[str, int] = {}
        self.failure: Exception | None = None
        self.failed_at = ""

    def run(self) -> bool:
        """Do it; return whether it came to an end."""
        thread = threading.Thread(target=self._guarded, daemon=True)
        thread.start()
        thread.join(_LIMIT_S)
        return not thread.is_alive()

    def _guarded(self) -> None:
        try:
            self._played()
        except Exception as caught:  # noqa: BLE001 - whatever it is, the verdict says it
            self.failure = caught

    def _enter(self, stage: str) -> None:
        self.failed_at = stage
        host = self._instrument.served.host
        self.bytes_at[stage] = host.faults.sent
        if stage == self._stage:
            self._instrument.do(lambda: host.suffer([Fault(self._device_fault)]))

    def _played(self) -> None:
        self._enter("open")
        driver = open_potentiostat(self._instrument.resource, TIMEOUT_S)
        try:
            driver.identify()
            self._enter("arm")
            driver.arm(self._plan)
            self._enter("run")
            driver.start()
            self._followed(driver.read)
            self._enter("stop")
            driver.safe_state()
            self.bytes_at["end"] = self._instrument.served.host.faults.sent
        finally:
            driver.close()

    def _followed(self, read: Callable[[], Block | None]) -> None:
        deadline = time.monotonic() + 1.2 * self._plan.duration_s + 5.0
        while (block := read()) is not None:
            if len(block):
                if not self.blocks:
                    self._enter("read")
                self.blocks.append(block)
            elif time.monotonic() > deadline:
                raise IonechoError("the instrument does not come to its end")
            else:
                time.sleep(0.002)

    def wrong_samples(self) -> int:
        """Return how many samples without a flag are not the resistor's."""
        wrong = 0
        for block in self.blocks:
            expected = self._plan.sequence.voltage_at(block.t_s) / OHM
            # A sample at an edge may be on either side of it by the instrument's own jitter.
            edges = self._plan.sequence.jumps()[0]
            near = (
                np.min(np.abs(block.t_s[:, None] - edges), axis=1) < self._plan.aperture_s + self._plan.jitter_s + 1e-4
            )
            judged = (block.status == 0) & ~near
            wrong += int(np.count_nonzero(~(np.abs(block.current_A - expected)[judged] < _TOLERANCE_A)))
        return wrong


def stages_of(kind: str, transport: str, speed: float) -> dict[str, int]:
    """Return after how many bytes of answers each stage begins, from a run without faults.

    Raises
    ------
    RuntimeError
        If that run itself is not right.
    """
    with served_here(kind, transport, speed=speed) as instrument:
        instrument.served.host.faults.add(Fault("stall", at_byte=10**15))  # so that bytes are counted
        attempt = Attempt(instrument, plan_for(kind))
        if not attempt.run() or attempt.failure is not None or attempt.wrong_samples():
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


def judged(case: Case, plan: DrivePlan, speed: float) -> Verdict:
    """Play one case."""
    began = time.monotonic()
    with served_here(case.kind, case.transport, speed=speed) as instrument:
        own = case.fault in DEVICE_FAULTS
        if not own:
            instrument.served.host.faults.add(Fault.parse(case.fault))
        attempt = Attempt(instrument, plan, case.fault if own else "", case.stage if own else "")
        ended = attempt.run()
        output = _output(instrument)
        outcome, said = _outcome(case, attempt, ended=ended)
        samples = sum(len(block) for block in attempt.blocks)
    return Verdict(outcome, output, samples, said, time.monotonic() - began)


def _outcome(case: Case, attempt: Attempt, *, ended: bool) -> tuple[str, str]:
    if not ended:
        return "hang", f"still in {attempt.failed_at} after {_LIMIT_S:.0f} s"
    # A cell that falls off or is short-circuited, or a second client's *RST: then other currents are right ones.
    changes_truth = case.fault in {"cell-open", "cell-short", "compliance"}
    wrong = 0 if changes_truth else attempt.wrong_samples()
    if wrong:
        return "wrong", f"{wrong} samples; {attempt.failure!r}"
    if attempt.failure is None:
        return "complete", ""
    said = f"{attempt.failed_at}: {type(attempt.failure).__name__}: {attempt.failure}"
    return ("error" if isinstance(attempt.failure, IonechoError) else "crash"), said


def _output(instrument: InProcess) -> str:
    """Do as a guardian: a fresh session, again for some seconds, until the output is read back as off."""
    deadline = time.monotonic() + _SAFE_S
    while True:
        try:
            driver = open_potentiostat(instrument.resource, TIMEOUT_S)
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
        own_speed = 1.0 if plan_for(kind).jitter_s else speed
        for transport in KINDS[kind].transports:
            plan = plan_for(kind)
            cases = list(cases_of(kind, transport, stages_of(kind, transport, own_speed), dense=dense))
            progress = Progress(folder / f"faults-{kind}-{transport}.json")
            here: Counter[str] = Counter()
            told: list[dict[str, object]] = []
            for number, case in enumerate(cases, 1):
                verdict = judged(case, plan, own_speed)
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
    kinds = given.kinds or [kind for kind in DRIVERS if kind in KINDS]
    counts = campaign(kinds, given.folder, dense=not given.small)
    print(json.dumps(dict(counts), indent=1))
    return int(any(key.split("/")[0] in {"wrong", "hang", "crash"} for key in counts))


if __name__ == "__main__":
    sys.exit(main())
