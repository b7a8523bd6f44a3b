"""Does a run whose samples are not even end in a whole file, and does a fit of it find the truth?

By an injected clock, which is the simulators', the drivers' and the runner's.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from daq import Run, open_run
from daq.execution.limit_monitor import LimitMonitor
from daq.execution.run_request import RunRequest
from daq.execution.runner import Runner
from daq.state import Outcome, RunStatus
from drivers import Block, Keithley2461, Keithley2602B, Potentiostat, driver_named
from fitting import fit
from ionecho.demo.truth import true_parameters
from protocols import LimitError, Limits, Protocol, PulseSequence, Sampling
from protocols.acts import Until
from protocols.sampling_rules import Logarithmic
from protocols.single_steps import Hold, OpenCircuit
from protocols.steps import Group
from sim_instruments.sample.cell import load_cell
from tests.drivers.wireless import Wireless

LIMITS = Limits(voltage_V=0.1, current_A=10e-6)


class Supervisor:
    """Nobody who wants anything."""

    def report(self, status: RunStatus) -> None: ...

    def stop_reason(self) -> str | None:
        return None

    def may_start(self) -> str | None:
        return None

    def switch_off(self) -> str | None:
        return "not asked for"


CarriedOut = tuple[Outcome, Run, type[Potentiostat]]


@pytest.fixture
def carried_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, Protocol], CarriedOut]:
    """What carries a protocol out on a simulator with some cell."""

    def run(kind: str, cell: str, protocol: Protocol) -> CarriedOut:
        link = Wireless(kind, cell)
        monkeypatch.setattr("drivers.palmsens.driver.time", link)
        return _carried_out(link, kind, protocol, tmp_path)

    return run


def _carried_out(link: Wireless, kind: str, protocol: Protocol, folder: Path) -> CarriedOut:
    path, driver = folder / "run.nxs", driver_named(kind)
    request = RunRequest("simulated", protocol.to_toml(), Limits(), str(path))
    outcome = Runner(driver(link), request, Supervisor(), link).run()  # type: ignore[arg-type]
    return outcome, open_run(path), driver


def relaxation(interval_s: float) -> Protocol:
    row = Group((Hold(0.0, 0.2), Hold(0.02, 2.0), Hold(0.0, 20.0)), sampling=Logarithmic(per_decade=30))
    return Protocol("relaxation", PulseSequence.steps((row,)), Sampling(interval_s), LIMITS)


@pytest.mark.parametrize("kind", ["keithley2602b", "keithley2461"])
def test_a_fit_of_400_logarithmic_samples_finds_the_truth(
    kind: str, carried_out: Callable[[str, str, Protocol], CarriedOut]
) -> None:
    protocol = relaxation(200e-6)
    outcome, run, driver = carried_out(kind, "demo", protocol)
    plan = driver.plan(protocol)
    assert plan.is_averaged == (kind == "keithley2461")
    assert plan.grid is not None
    assert (outcome.state, outcome.output, outcome.warnings) == ("complete", "off", ())
    assert run.n_samples == run.n_planned == plan.n_recorded < 500
    np.testing.assert_allclose(run.t_s, plan.grid.times_s, atol=1e-6)
    assert run.sample_interval_s is None
    assert run.protocol == protocol
    assert run.drive == plan.sequence
    run.require_intact()
    result = fit(run, "R0-Mig1-CPE1")
    truth = true_parameters(load_cell("demo"))
    assert [one.name for one in result.estimates] == list(truth)
    for one in result.estimates:
        low, high = one.ci95
        assert low is not None
        assert high is not None
        # Twice the interval: seven parameters are looked at, and one record.
        assert abs(one.value - truth[one.name]) < high - low, one.name
        assert high - low < 0.3 * truth[one.name]


def test_a_run_that_ends_a_step_early_is_complete_with_fewer_samples(
    carried_out: Callable[[str, str, Protocol], CarriedOut],
) -> None:
    row = (OpenCircuit(0.5), Hold(0.02, 30.0, until=Until(0.1, current_slope=1e-9)), Hold(0.0, 0.5))
    protocol = Protocol("rest", PulseSequence.steps(row), Sampling(0.02), LIMITS)
    outcome, run, driver = carried_out("emstat4", "rc", protocol)
    plan = driver.plan(protocol)
    assert (outcome.state, outcome.error, outcome.reason) == ("complete", "", "")
    assert 50 < run.n_samples < plan.n_recorded
    assert run.n_samples == outcome.n_samples
    run.require_intact()
    assert run.drive is None, "nobody knew when the step would end"
    assert run.protocol == protocol


def test_the_charge_of_uneven_samples_is_that_of_the_time_between_them() -> None:
    protocol = relaxation(0.01)
    plan = Keithley2602B.plan(protocol)
    assert plan.grid is not None
    t_s = plan.grid.times_s
    current = np.full(len(t_s), 1e-6)
    block = Block(t_s, np.full(len(t_s), 0.02), current, np.zeros(len(t_s), dtype=np.uint8))
    monitor = LimitMonitor(Limits(charge_C=1.0), plan)
    for part in (slice(0, 100), slice(100, None)):
        monitor.check(Block(*(getattr(block, name)[part] for name in Block.__dataclass_fields__)))
    assert monitor.charge_C == pytest.approx(1e-6 * t_s[-1], rel=1e-9)
    assert monitor.energy_J == pytest.approx(2e-8 * t_s[-1], rel=1e-9)
    with pytest.raises(LimitError, match="charge"):
        LimitMonitor(Limits(charge_C=1e-6 * 5.0), plan).check(block)


def test_the_charge_of_averaged_samples_is_that_of_all_of_them() -> None:
    plan = Keithley2461.plan(relaxation(1e-3))
    assert plan.is_averaged
    t_s = (np.arange(1000, dtype=np.float64) + 0.5) * plan.interval_s
    block = Block(t_s, np.full(1000, 0.02), np.full(1000, 1e-6), np.zeros(1000, dtype=np.uint8))
    monitor = LimitMonitor(Limits(charge_C=1.0), plan)
    monitor.check(block)
    assert monitor.charge_C == pytest.approx(1000 * plan.interval_s * 1e-6)
