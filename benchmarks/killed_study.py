"""A study of 60 points with a cryostat, killed 25 times and resumed.

Is it the study that would have been without the kills?

The document of `examples/campaigns/study.toml` is conducted twice on a simulated source meter and cryostat that share a
cell: once undisturbed, and once while its front end, conductor, guardian and runner, or all of them, are killed
(SIGKILL) at random moments. Rests and the wait for a stable temperature are cut to seconds, as the simulators' clock
runs faster, and the limit of the current is that of the simulated cell. In the end each point has exactly one complete
run, the output is off by the instrument's own word, each pair of fits agrees within its intervals as often as it
should, and the activation energy of the killed study holds that of the cell. ``just killed-study``.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.campaign_kills import VICTIMS, Act, CampaignPlay
from benchmarks.from_outside import asked
from daq import open_run
from fitting import arrhenius, fit
from ionecho.demo.run_demo import simulated_instruments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from daq.campaign.folder import CampaignFolder
    from fitting.results.estimate import Estimate

EXAMPLE = Path(__file__).parent.parent / "examples" / "campaigns" / "study.toml"
CIRCUIT = "R0-Mig1-CPE1"
TRUE_ENERGY_EV = 0.35
"""Of the bulk of the simulated cell "thermal", as its file says."""
_SPEED = 20.0
"""Simulated seconds a second: a run of 5 s takes a quarter of one, and heaters reach 310 K in some seconds."""
_CUTS = {
    'stable_for = "5 min"': 'stable_for = "2 s"',
    'rest = "30 s"': 'rest = "0 s"',
    'controller = "cryostat"': 'controller = "{cryostat}"',
    'current = "10 uA"': 'current = "1 mA"',  # the simulated cell draws more than the example's
    # A simulated meter that falls behind its clock measures a cell that is as warm as it was then.
    'interval = "20 us"': 'interval = "100 us"',
}
_LONGEST_DELAY_S = 3.5
"""Longest delay (s) of a kill after the study has gone on: some points are measured between two kills."""


def kills(seed: int, number: int) -> Iterator[Act]:
    """Give so many kills of anyone, at random moments."""
    draws = random.Random(seed)  # noqa: S311 - a play that can be repeated, no secret
    for _ in range(number):
        yield Act("kill", draws.choice(VICTIMS), draws.uniform(0.3, _LONGEST_DELAY_S))


def study_of(cryostat: str) -> str:
    """Return the document with rests and waits of seconds."""
    document = EXAMPLE.read_text(encoding="utf-8")
    for wanted, cut in _CUTS.items():
        if wanted not in document:
            raise ValueError(f"{EXAMPLE} does not say {wanted}: see what it asks for now")
        document = document.replace(wanted, cut.format(cryostat=cryostat))
    return document


def conduct(path: Path, acts: Iterator[Act], most: int, patience: float) -> CampaignPlay:
    """Conduct the study on simulators of its own, and return what was seen."""
    with simulated_instruments(("keithley2461", "lakeshore336"), 1, _SPEED, "thermal") as (meter, cryostat):
        play = CampaignPlay(
            path, meter, lambda: is_on(meter), study_of(cryostat), patience, partial(print, "  ", flush=True)
        )
        play.play(acts, most)
    return play


def is_on(meter: str) -> bool:
    """Ask the source meter itself (2461 reference manual, :OUTPut[:STATe]?)."""
    return asked(meter, ":OUTP?") != "0"


def times_of(folder: CampaignFolder) -> list[tuple[float, Estimate]]:
    """Fit each run; return its temperature (K) and relaxation time."""
    found = []
    for path in sorted(folder.path.glob("[0-9]*.nxs")):
        if not path.name.endswith(".results.nxs"):
            run = open_run(path)
            kelvin = run.sample.temperature_K or np.nan
            found.append((kelvin, fit(run, CIRCUIT)["Mig1.tau"]))
    return found


def main() -> int:
    """Conduct the study twice, and print how the two differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patience", type=float, default=4.0)
    parser.add_argument("--keep", type=Path, help="a folder for both studies, which stay there")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="ionecho-study-") as temporary:
        folder = options.keep or Path(temporary)
        begun_s = time.monotonic()
        undisturbed = conduct(folder / "undisturbed", iter(()), 0, options.patience)
        middle_s = time.monotonic()
        killed = conduct(folder / "killed", kills(options.seed, options.kills), options.kills, options.patience)
        seen = killed.seen
        violations = [*undisturbed.seen.violations, *seen.violations]
        print(f"undisturbed: {middle_s - begun_s:.0f} s; {seen.n_acts} kills: {time.monotonic() - middle_s:.0f} s")
        print(f"{seen.n_repeated} attempts put aside; violations: {violations}")
        pairs = list(zip(times_of(undisturbed.folder), times_of(killed.folder), strict=True))
    within = sum(_agree(one, other) for (_, one), (_, other) in pairs)
    print(f"{within} of {len(pairs)} relaxation times agree within their 95 % intervals")
    energy = arrhenius([kelvin for _, (kelvin, _) in pairs], [tau for _, (_, tau) in pairs])
    low, high = sorted(-bound for bound in energy.energy_ci95_eV)
    print(f"activation energy {-energy.energy_eV:.4f} eV (95 %: {low:.4f} to {high:.4f}); true: {TRUE_ENERGY_EV} eV")
    fine = not violations and within >= 0.9 * len(pairs) and low <= TRUE_ENERGY_EV <= high
    return 0 if fine and seen.n_acts == options.kills else 1


def _agree(one: Estimate, other: Estimate) -> bool:
    """Return whether two values differ by no more than two independent 95 % intervals allow."""
    spread = 0.0
    for estimate in (one, other):
        low, high = (end if end is not None else np.inf for end in estimate.ci95)
        spread += (0.5 * (high - low)) ** 2
    return bool(abs(one.value - other.value) <= spread**0.5)


if __name__ == "__main__":
    sys.exit(main())
