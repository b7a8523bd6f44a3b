"""Does a script's bench plan, check, measure, stop when enough is known, follow a generator, and leave nothing on?"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import ionecho
from daq import read_process
from drivers.lakeshore.driver import LakeShore336
from ionecho import (
    Bench,
    Campaign,
    FitError,
    InstrumentError,
    KnownTo,
    LimitError,
    Limits,
    Protocol,
    ProtocolError,
    PulseSequence,
    Regulation,
    Run,
    Sampling,
    fit,
    open_run,
    open_temperature_controller,
)
from tests.patience import patience, slowed

LIMITS = Limits(voltage_V="50 mV", current_A="100 uA")
SHORT = Protocol(
    "short", PulseSequence.pulse("20 mV", "20 ms", before="5 ms", after="40 ms"), Sampling("100 us"), LIMITS
)
IMPOSSIBLE = replace(SHORT, sequence=PulseSequence.pulse("20 mV", "10 ns", after="40 ms"))
CAMPAIGN = """
name = "two levels"
[sequence]
kind = "pulse"
level = "20 mV"
width = "20 ms"
before = "5 ms"
after = "40 ms"
[sampling]
interval = "100 us"
[limits]
voltage = "50 mV"
current = "100 uA"
[[sweep]]
field = "sequence.level"
values = ["10 mV", "20 mV"]
"""


@pytest.fixture(scope="module")
def instruments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Return the resources of a simulated meter and of a controller, on one cell in one cryostat."""
    command = [sys.executable, "-m", "ionecho", "sim", "keithley2461", "lakeshore336", "--json"]
    command += ["--cell", "thermal", "--speed", str(min(15.0, slowed(22.0)))]  # a busy computer cannot play it so fast
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            meter, thermostat = (one["resource"] for one in json.loads(process.stdout.readline())["instruments"])
            yield meter, thermostat
        finally:
            process.terminate()


@pytest.fixture
def bench(instruments: tuple[str, str], tmp_path: Path) -> Bench:
    return Bench(instruments[0], folder=tmp_path, limits=Limits(voltage_V="30 mV", current_A="1 mA"))


def test_every_name_that_a_script_imports_is_there() -> None:
    for name in ionecho.__all__:
        assert getattr(ionecho, name) is not None, name


def test_a_plan_is_of_who_answers_and_within_the_limits_of_the_bench(bench: Bench) -> None:
    assert bench.identify().model == "MODEL 2461"
    plan = bench.plan(SHORT)
    assert plan.model == "Keithley 2461"
    assert "duration" in str(plan)
    assert "<table>" in plan._repr_html_()
    with pytest.raises(LimitError, match="voltage limit of 30 mV"):
        bench.plan(replace(SHORT, sequence=PulseSequence.pulse("40 mV", "20 ms", after="40 ms")))


def test_a_check_says_what_will_be_or_why_not_and_asks_nobody_where_the_model_is_named() -> None:
    bench = Bench("TCPIP::192.0.2.1::5025::SOCKET", instrument="keithley2461")  # nobody is there (RFC 5737)
    found = bench.check(SHORT)
    assert found.is_possible
    assert "bulk memory" in str(found)
    faster = bench.check(IMPOSSIBLE)
    assert not faster.is_possible
    assert faster.problem in str(faster)
    with pytest.raises(InstrumentError, match="no driver"):
        Bench("TCPIP::192.0.2.1::5025::SOCKET", instrument="keithley1")


def test_a_run_ends_at_rest_once_its_time_is_known(bench: Bench) -> None:
    # Ten minutes are planned, so that a slow machine has time to fit; some seconds are measured.
    sequence = PulseSequence.train("20 mV", "50 ms", "150 ms", 3000, before="20 ms")
    protocol = Protocol("train", sequence, Sampling("500 us"), LIMITS)
    rule = KnownTo("Mig1.tau", 0.1)
    run = bench.run(protocol, until=rule)
    assert run.state == "stopped"
    assert run.n_samples < 0.9 * sequence.duration_s / 500e-6
    assert rule.half_width(fit(run.path, "R0-Mig1-CPE1")["Mig1.tau"]) < 0.1
    kept = read_process(run.path, "stopping")
    assert kept is not None
    assert kept.attributes["is_met"]
    assert kept.attributes["rule"] == "Mig1.tau known to 10 % by R0-Mig1-CPE1"
    assert kept.arrays["half_width"][-1] < 0.1
    # A look may be planned for the very edge with which a rest begins.
    assert sequence.voltage_at(kept.arrays["planned_s"] + 1e-9) == pytest.approx(0.0)


def test_a_rule_that_no_run_can_follow_is_refused_before_anything_is_sent(bench: Bench) -> None:
    with pytest.raises(FitError, match="does not say when to stop"):
        bench.run(SHORT, until="soon")
    stairs = replace(SHORT, sequence=PulseSequence.staircase("5 mV", "20 mV", 4, "20 ms"))
    with pytest.raises(FitError, match="never rests"):
        bench.run(stairs, until="Mig1.tau known to 5 %")
    assert list(bench.folder.glob("*.nxs")) == []


def test_a_generator_sees_each_run_and_each_error_in_any_thread_beside_an_event_loop(bench: Bench) -> None:
    """As the cells of a notebook run: the loop of the kernel is running, and the thread may not be the main one."""
    seen: list[object] = []
    titles: list[str] = []

    def points() -> Generator[Protocol, Run, None]:
        seen.append((yield SHORT))
        try:
            yield IMPOSSIBLE
        except ProtocolError as error:
            seen.append(error)
        seen.append((yield replace(SHORT, name="last")))

    async def cell() -> None:
        titles.extend(run.title for run in bench.follow(points()))

    thread = threading.Thread(target=lambda: asyncio.run(cell()))
    thread.start()
    thread.join(patience(60))
    assert titles == ["short", "last"]
    assert [type(one) for one in seen] == [Run, ProtocolError, Run]


def test_a_generator_of_something_else_is_refused(bench: Bench) -> None:
    with pytest.raises(ProtocolError, match="yields protocols"):
        list(bench.follow(word for word in ["pulse"]))  # type: ignore[arg-type, misc]


def test_a_campaign_goes_on_where_it_ended(bench: Bench, tmp_path: Path) -> None:
    campaign = Campaign.from_toml(CAMPAIGN)
    first = next(iter(bench.campaign(campaign)))
    assert first.run is not None
    assert not first.was_there
    both = list(bench.campaign(campaign))
    assert [point.was_there for point in both] == [True, False]
    assert [point.run.origin.point for point in both if point.run] == [1, 2]
    assert {point.run.origin.campaign for point in both if point.run} == {campaign.name}
    assert [float(np.max(point.run.voltage_V)) for point in both if point.run] == pytest.approx([0.01, 0.02], rel=0.02)
    names = sorted(path.name for path in (tmp_path / "two-levels").glob("*.nxs"))
    assert len(names) == 2
    assert names[0].startswith("0001-")
    with pytest.raises(ProtocolError, match="another campaign"):
        list(bench.campaign(Campaign.from_toml(CAMPAIGN.replace("20 ms", "30 ms")), tmp_path / "two-levels"))


def test_a_campaign_ends_at_its_own_condition_and_does_not_go_on_afterwards(bench: Bench) -> None:
    campaign = Campaign.from_toml(CAMPAIGN + '[stop]\nstop_when = "current above 1 nA"\n')
    for was_there in (False, True):
        [point] = bench.campaign(campaign)
        assert point.run is not None
        assert (point.point.number, point.was_there, point.run.state) == (1, was_there, "stopped")
        outcome = point.run.recorded_outcome()
        assert outcome is not None
        assert outcome.campaign_ends_for.startswith("current above 1 nA (current ")
        assert outcome.output == "off"


def test_a_campaign_that_needs_its_conductor_says_so(bench: Bench) -> None:
    text = CAMPAIGN + '[stop]\nstop_when = "R0 drifts by 10 %"\n'
    with pytest.raises(ProtocolError, match="ionecho run"):
        next(bench.campaign(Campaign.from_toml(text)))


@pytest.mark.slow
def test_a_bench_with_a_temperature_measures_at_it_and_leaves_nothing_on(
    instruments: tuple[str, str], tmp_path: Path
) -> None:
    meter, thermostat = instruments
    regulation = Regulation(band_K="200 mK", settling_s="100 ms", highest_K="320 K")
    with Bench(meter, tmp_path, temperature=thermostat, regulation=regulation) as bench:
        controller = bench.temperature
        at = controller.read().temperature_K + 0.5
        controller.go_to(at)
        with pytest.raises(LimitError):
            controller.go_to("400 K")
        with pytest.raises(ProtocolError, match="temperature: '25' has no unit"):
            controller.go_to("25")
        bench.start(SHORT, tmp_path / "waited.nxs")
    run = open_run(tmp_path / "waited.nxs")
    assert run.state == "complete"
    assert run.protocol is not None
    assert run.protocol.sample.temperature_K == pytest.approx(at, abs=0.3)
    with pytest.raises(InstrumentError, match="closed"):
        controller.read()
    again = open_temperature_controller(thermostat)
    try:
        assert isinstance(again, LakeShore336)
        assert again.session.query("RANGE? 1").strip() == "0"
    finally:
        again.close()


def test_a_bench_without_a_controller_says_how_to_give_one(bench: Bench) -> None:
    with pytest.raises(InstrumentError, match="temperature="):
        bench.run(SHORT, temperature="298 K")


def test_leaving_a_block_by_an_error_stops_its_runs(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "stopped.nxs"

    def fail_in_block() -> None:
        with bench:
            bench.start(replace(SHORT, repeats=2000), path)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_in_block()
    assert not path.exists() or open_run(path).state == "stopped"
