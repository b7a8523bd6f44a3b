"""Campaign: is a disturbed record told by its cause, and is what is called known still true? (`just disturbances`)

Twenty kinds of disturbance, as instruments and samples have them, on records of R0-Cc1-CPE1 cells whose drive is known;
currents come by `benchmarks.campaigns.truth`. Each is of the size that moves a parameter by some of its deviations.
Where the first cause names an option, the record is fitted again with it.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.campaigns.coverage import drawn_bulk, holds
from benchmarks.campaigns.tally import Progress, share
from benchmarks.campaigns.truth import Cell, SimulatedRecord
from fitting import CellModel, FitResult, Nuisance, fit
from fitting.inference.diagnosis import diagnose
from fitting.inference.disturbances import CauseKind
from fitting.inference.observations import observation_of
from fitting.inference.problem import Problem
from fitting.inference.solution import solve
from protocols import FitError, PulseSequence

if TYPE_CHECKING:
    from collections.abc import Callable

    from fitting.transforms.laplace import Floats

N, INTERVAL_S, LEVEL_V, SNR = 10_000, 1e-3, 0.02, 1e3
CIRCUIT = "R0-Cc1-CPE1"
# What the option that a cause names makes of the fit, where there is one.
REMEDIES = {
    CauseKind.DELAY: Nuisance(fitted=("delay",)),
    CauseKind.CLOCK: Nuisance(fitted=("clock",)),
    CauseKind.BASELINE: Nuisance(baseline="smooth"),
    CauseKind.HISTORY: Nuisance(before="unknown"),
    CauseKind.DRIFT: Nuisance(drift=True),
    CauseKind.HUM: Nuisance(mains_Hz=50.0, harmonics=5),
}
# What the user of an instrument knows of it.
KNOWN = {"aperture": INTERVAL_S}


@dataclass
class Scene:
    """A record while it is being made.

    Attributes
    ----------
    cell : Cell
    drive : PulseSequence
    t_s : ndarray, shape (n,)
        When samples are said to be.
    current_A : ndarray, shape (n,)
        Without noise.
    sigma_A : float
    rng : Generator
    """

    cell: Cell
    drive: PulseSequence
    t_s: Floats
    current_A: Floats
    sigma_A: float
    rng: np.random.Generator

    @property
    def peak_A(self) -> float:
        """Largest current."""
        return float(np.abs(self.current_A).max())

    def noise(self) -> Floats:
        """Return white noise (A)."""
        return self.sigma_A * self.rng.standard_normal(len(self.t_s))

    def at(self, t_s: Floats) -> Floats:
        """Return the current at other times (A)."""
        return self.cell.current(t_s, self.drive)

    def slowed(self, tau_s: float) -> Floats:
        """Return the current as an ammeter of one time constant shows it, by fine steps (A)."""
        fine = 20
        step = INTERVAL_S / fine
        t = (np.arange(N * fine, dtype=np.float64) + 0.5) * step
        fall = float(np.exp(-step / tau_s))
        from scipy.signal import lfilter  # which takes half a second to load

        seen = lfilter([1.0 - fall], [1.0, -fall], self.at(t))
        return np.asarray(np.interp(self.t_s, t, seen))


def _pink(scene: Scene) -> Floats:
    white = scene.rng.standard_normal(4 * N)
    spectrum = np.fft.rfft(white)
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    pink = np.fft.irfft(spectrum)[:N]
    return np.asarray(scene.current_A + 2.0 * scene.sigma_A * pink / pink.std() + 0.3 * scene.noise())


def _hum(scene: Scene) -> Floats:
    return scene.current_A + scene.sigma_A * np.sin(2.0 * np.pi * 50.0 * scene.t_s + 1.0) + scene.noise()


def _quantised(scene: Scene) -> Floats:
    step = 8.0 * scene.sigma_A
    return np.asarray(step * np.round((scene.current_A + 0.5 * scene.noise()) / step))


def _range_step(scene: Scene) -> Floats:
    above = np.abs(scene.current_A) > 0.2 * scene.peak_A
    return scene.current_A * np.where(above, 1.01, 1.0) + scene.noise()


def _offset_step(scene: Scene) -> Floats:
    above = np.abs(scene.current_A) > 0.2 * scene.peak_A
    return scene.current_A + 0.01 * scene.peak_A * above * np.sign(scene.current_A) + scene.noise()


def _spikes(scene: Scene) -> Floats:
    current = scene.current_A + scene.noise()
    current[scene.rng.choice(N, 20, replace=False)] += scene.peak_A * scene.rng.choice([-0.3, 0.3], 20)
    return current


def _jitter(scene: Scene) -> Floats:
    return scene.at(scene.t_s + 0.05 * INTERVAL_S * scene.rng.standard_normal(N)) + 0.1 * scene.noise()


def _clock(scene: Scene) -> Floats:
    return scene.at(scene.t_s * (1.0 + 1e-4)) + 0.1 * scene.noise()


def _delay(intervals: float) -> Callable[[Scene], Floats]:
    return lambda scene: scene.at(scene.t_s - intervals * INTERVAL_S) + scene.noise()


def _lag(intervals: float) -> Callable[[Scene], Floats]:
    return lambda scene: scene.slowed(intervals * INTERVAL_S) + scene.noise()


def _aperture(scene: Scene) -> Floats:
    fine = scene.t_s[:, None] + INTERVAL_S * (np.arange(40) + 0.5) / 40.0
    return np.asarray(scene.at(fine.ravel()).reshape(fine.shape).mean(axis=1) + scene.noise())


def _sqrt_baseline(scene: Scene) -> Floats:
    return np.asarray(scene.current_A + 0.01 * scene.peak_A * np.sqrt(scene.t_s / scene.t_s[-1]) + scene.noise())


def _exponential_baseline(scene: Scene) -> Floats:
    return np.asarray(
        scene.current_A + 0.01 * scene.peak_A * np.exp(-scene.t_s / (0.3 * scene.t_s[-1])) + scene.noise()
    )


def _ageing_gain(scene: Scene) -> Floats:
    return np.asarray(scene.current_A * (1.0 + 0.01 * scene.t_s / scene.t_s[-1]) + scene.noise())


def _ageing_bulk(scene: Scene) -> Floats:
    aged = Cell(
        type(scene.cell.bulk)(scene.cell.bulk.family, scene.cell.bulk.p | {"G_inf": 1.03 * scene.cell.bulk.p["G_inf"]}),
        scene.cell.R,
        scene.cell.Q,
        scene.cell.n,
    )
    share_of_time = scene.t_s / scene.t_s[-1]
    changed = share_of_time * (aged.current(scene.t_s, scene.drive) - scene.current_A)
    return np.asarray(scene.current_A + changed + scene.noise())


def _clipped(scene: Scene) -> Floats:
    most = 0.5 * scene.peak_A
    return np.clip(scene.current_A + scene.noise(), -most, most)


def _plain(scene: Scene) -> Floats:
    return scene.current_A + scene.noise()


# What the first cause is to be called; empty where nothing is wrong that a fit has to know.
KINDS: dict[str, tuple[Callable[[Scene], Floats], tuple[str, ...]]] = {
    "one over f": (_pink, ("coloured_noise", "baseline", "history")),
    "hum": (_hum, ("hum",)),
    "quantisation": (_quantised, ("quantisation",)),
    "gain step": (_range_step, ("range_step",)),
    "offset step": (_offset_step, ("range_step",)),
    "spikes": (_spikes, ("spikes",)),
    "jitter": (_jitter, ("jitter",)),
    "clock 100 ppm": (_clock, ("clock",)),
    "delay 0.3": (_delay(0.3), ("delay",)),
    "delay 2": (_delay(2.0), ("delay",)),
    "lag 0.3": (_lag(0.3), ("lag",)),
    "lag 3": (_lag(3.0), ("lag",)),
    "aperture": (_aperture, ("delay",)),
    "sqrt baseline": (_sqrt_baseline, ("baseline", "history", "drift")),
    "exponential baseline": (_exponential_baseline, ("baseline", "history")),
    "ageing gain": (_ageing_gain, ("ageing",)),
    "ageing bulk": (_ageing_bulk, ("ageing",)),
    "clipping": (_clipped, ("clipping",)),
    "gaps": (_plain, ()),
    "lost samples": (_plain, ()),
}


def drawn(kind: str, seed: int) -> tuple[SimulatedRecord, dict[str, float]]:
    """Return a disturbed record and the true parameters."""
    rng = np.random.default_rng([20261126, seed, list(KINDS).index(kind)])
    span = N * INTERVAL_S
    G = 10.0 ** rng.uniform(-6.0, -3.0)
    pulse = 0.25 * span
    bulk = drawn_bulk("Cc", rng, G, pulse * 10.0 ** rng.uniform(-2.0, -1.3))
    n = rng.uniform(0.8, 0.95)
    cell = Cell(bulk, 10.0 ** rng.uniform(-0.9, -0.5) / G, G * (pulse * 10.0 ** rng.uniform(0.3, 1.0)) ** n, n)
    drive = PulseSequence.pump_probe(
        LEVEL_V, 0.25 * span, 0.15 * span, probe_width=0.15 * span, before=0.02 * span, after=0.43 * span
    )
    t = (np.arange(N, dtype=np.float64) + 0.5) * INTERVAL_S
    current = cell.current(t, drive)
    sigma = float(np.sqrt(np.mean(current**2))) / SNR
    scene = Scene(cell, drive, t, current, sigma, rng)
    seen = KINDS[kind][0](scene)
    kept = np.ones(N, dtype=np.bool_)
    if kind == "gaps":
        for first in rng.integers(0, N - 300, 3):
            kept[first : first + 300] = False
    if kind == "lost samples":
        kept[rng.choice(N, 500, replace=False)] = False
    truth = {"R0": cell.R, **{f"Cc1.{name}": value for name, value in bulk.p.items()}, "CPE1.Q": cell.Q, "CPE1.n": n}
    return SimulatedRecord.of(t[kept], seen[kept], drive), truth


def count(result: FitResult, truth: dict[str, float], kind: str, told: Counter[str], held: Counter[str]) -> None:
    """Count the figures that a fit calls known, and those whose interval holds the truth."""
    for one in result.estimates:
        if one.determined:
            told[kind] += 1
            held[kind] += holds(one.ci95, truth[one.name])


def campaign(kinds: tuple[str, ...], runs: int, folder: Path, first: int = 0) -> dict[str, Any]:
    """Simulate, fit, diagnose and count; return what was found."""
    progress = Progress(folder / "disturbances.json")
    held: Counter[str] = Counter()
    told: Counter[str] = Counter()
    held_again: Counter[str] = Counter()
    told_again: Counter[str] = Counter()
    described: Counter[str] = Counter()
    named: Counter[str] = Counter()
    questioned: Counter[str] = Counter()
    others: dict[str, Counter[str]] = {kind: Counter() for kind in kinds}
    document: dict[str, Any] = {}
    for done, (seed, kind) in enumerate(((s, kind) for s in range(first, first + runs) for kind in kinds), start=1):
        record, truth = drawn(kind, seed)
        try:
            result = fit(record, CIRCUIT)
            solution = solve(Problem.single(observation_of(record), CellModel(CIRCUIT)))
        except FitError as error:
            others[kind][f"refused: {error}"] += 1
            continue
        causes = diagnose(record, solution).causes
        first_cause = str(causes[0].kind) if causes else ""
        wanted = KINDS[kind][1]
        named[kind] += first_cause in wanted if wanted else not first_cause
        others[kind][first_cause] += 1
        questioned[kind] += any(one.kind.questions_model for one in result.remarks)
        count(result, truth, kind, told, held)
        remedy = REMEDIES.get(causes[0].kind) if causes else None
        if remedy is not None:
            again = fit(record, CIRCUIT, terms=replace(remedy, aperture_s=KNOWN.get(kind)))
            count(again, truth, kind, told_again, held_again)
            described[kind] += not any(one.kind.questions_model for one in again.remarks)
        document = {
            "held": share(sum(held.values()), sum(told.values())),
            "held with the remedy": share(sum(held_again.values()), sum(told_again.values())),
            "named": share(sum(named.values()), done),
            "kinds": {
                kind: {
                    "held": share(held[kind], told[kind]),
                    "named": named[kind],
                    "held with the remedy": share(held_again[kind], told_again[kind]),
                    "described with the remedy": described[kind],
                    "questioned": questioned[kind],
                    "first causes": dict(others[kind]),
                }
                for kind in kinds
            },
        }
        line = f"{sum(held.values())} of {sum(told.values())} intervals hold the truth"
        progress.report(done, runs * len(kinds), document, f"{line}, {sum(named.values())} of {done} named")
    return document


def main() -> None:
    """Run the campaign."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=list(KINDS), action="append")
    parser.add_argument("--runs", type=int, default=20, help="of each kind")
    parser.add_argument("--first", type=int, default=0, help="seed of the first run")
    parser.add_argument("--folder", type=Path, default=Path("campaigns"))
    asked = parser.parse_args()
    campaign(tuple(asked.kind or KINDS), asked.runs, asked.folder, asked.first)


if __name__ == "__main__":
    main()
