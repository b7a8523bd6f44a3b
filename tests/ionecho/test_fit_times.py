"""What `ionecho fit` is told of times, edges and baselines reaches the fit and the results; nonsense is refused.

Records are the small inputs of the shared cases (their README says what is right), or made here in closed form: 100 ohm
before 900 ohm beside 100 uF.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ionecho.commands.fit_times import GivenTimes, read_times
from ionecho.commands.refusals import UsageError
from protocols import Limits, Protocol, PulseSequence, Sampling
from tests.ionecho.commands import command

CELL = "R0-p(R1,C1)"
TRUTH = {"R0": 100.0, "R1": 900.0, "C1": 1e-4}
DT, LATE_S, BEGAN_S = 2e-3, 5e-3, 0.2011
DRIVE = PulseSequence.pulse(0.1, 0.4, after=0.4)


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def late() -> None:
    """A record of 500 samples whose current is late, in the run file late.nxs."""
    t = np.arange(500) * DT
    volts = DRIVE.voltage_at(t - BEGAN_S)
    amperes = np.zeros(len(t))
    for edge, step in ((BEGAN_S, 0.1), (BEGAN_S + 0.4, -0.1)):
        since = t - LATE_S - edge
        amperes += np.where(since > 0.0, step * (1e-3 + 9e-3 * np.exp(-np.maximum(since, 0.0) / 9e-3)), 0.0)
    amperes += 1e-7 * np.random.default_rng(1).standard_normal(len(t))
    rows = [f"{a:.6f},{b:.4f},{c:.9e}" for a, b, c in zip(t, volts, amperes, strict=True)]
    Path("late.csv").write_text("\n".join(["time/s,Ewe/V,I/A", *rows]) + "\n")
    assert command("import", "late.csv") == 0


def fitted(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    capsys.readouterr()
    assert command("fit", *arguments, "--json") == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def holds(document: dict[str, Any], name: str, truth: float) -> bool:
    low, high = document["parameters"][name]["ci95"]
    return (low is None or low <= truth) and (high is None or truth <= high)


def test_circuits_are_ranked_with_what_is_told_of_the_record(late: None, capsys: pytest.CaptureFixture[str]) -> None:
    ranked = ["late.nxs", "--rank", "-m", CELL, "-m", "R0-C1"]
    as_read = fitted(capsys, *ranked)["ranking"]
    told = fitted(capsys, *ranked, "--delay", "5 ms")["ranking"]
    assert min(one["rms_residual_A"] for one in as_read) > 1e-5
    assert told[0]["model"] == CELL
    assert told[0]["rms_residual_A"] == pytest.approx(1e-7, rel=0.1)  # the noise
    with_drift = fitted(capsys, *ranked, "--delay", "5 ms", "--drift", "--before", "0 V", "--aperture", "0 s")[
        "ranking"
    ]
    assert with_drift[0]["rms_residual_A"] < told[0]["rms_residual_A"]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--robust"], "ranked by least squares"),
        (["--posterior"], "ranked by least squares"),
        (["--delay", "fit"], "found by the fit of one circuit"),
        (["--clock", "fit"], "found by the fit of one circuit"),
        (["--protocol", "single_pulse"], "the fit of one run to one circuit"),
    ],
)
def test_what_no_ranking_takes_is_refused_with_a_reason(
    capsys: pytest.CaptureFixture[str], options: list[str], why: str
) -> None:
    assert command("fit", "late.nxs", "--rank", *options) == 2
    assert why in " ".join(capsys.readouterr().err.replace("│", " ").split())


def test_a_delay_is_found_and_may_be_given(late: None, capsys: pytest.CaptureFixture[str]) -> None:
    document = fitted(capsys, "late.nxs", "-m", CELL, "--delay", "fit")
    low, high = document["times"]["delay"]["ci95"]
    assert low <= LATE_S <= high
    # To a sample in the voltage and one in the current: a part of one is as good as another resistance.
    assert high - low < 2.1 * DT
    assert all(holds(document, name, truth) for name, truth in TRUTH.items())
    Path("edges.txt").write_text("# from the log of the generator\n0.2011\n601.1 ms\n")
    document = fitted(capsys, "late.nxs", "-m", CELL, "--delay", "5 ms", "--edges", "edges.txt")
    assert document["nuisance"]["delay_s"] == LATE_S
    assert all(holds(document, name, truth) for name, truth in TRUTH.items())
    assert document["parameters"]["R0"]["ci95"][1] < 101.0


def test_a_protocol_supplies_the_edges(late: None, capsys: pytest.CaptureFixture[str]) -> None:
    Protocol("pulse", DRIVE, Sampling(DT), Limits(0.2, 0.01)).save("pulse.toml")
    document = fitted(capsys, "late.nxs", "-m", CELL, "--protocol", "pulse.toml")
    low, high = document["times"]["delay"]["ci95"]
    assert low <= BEGAN_S + LATE_S <= high
    assert high - low < 1.1 * DT
    assert document["drive"] == "commanded edges"
    assert all(holds(document, name, truth) for name, truth in TRUTH.items())


def test_the_diagnosis_tries_the_option_that_it_names(late: None, capsys: pytest.CaptureFixture[str]) -> None:
    document = fitted(capsys, "late.nxs", "-m", CELL, "--diagnose")
    assert document["causes"][0]["remedy"] == "--delay fit"
    trial = next(one for one in document["trials"] if one["option"] == "--delay fit")
    assert trial["is_described"]
    assert trial["residual_A"] == pytest.approx(1e-7, rel=0.15)


@pytest.mark.parametrize("case", ["00_plain.csv", "56_burst_after_step.csv"])
def test_the_cell_of_a_case_is_found(import_cases: Path, capsys: pytest.CaptureFixture[str], case: str) -> None:
    assert command("import", str(import_cases / case), "-o", "case.nxs") == 0
    document = fitted(capsys, "case.nxs", "-m", CELL)
    assert all(holds(document, name, truth) for name, truth in TRUTH.items())


def test_a_case_that_only_holds_is_refused_until_what_was_before_is_said(
    import_cases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("import", str(import_cases / "58_hold_only.csv"), "-o", "case.nxs") == 0
    capsys.readouterr()
    assert command("fit", "case.nxs", "-m", CELL) == 1
    message = capsys.readouterr().err
    assert "the voltage never moves" in message
    assert "--before" in message
    document = fitted(capsys, "case.nxs", "-m", CELL, "--before", "0 V")
    assert all(holds(document, name, truth) for name, truth in TRUTH.items())


@pytest.mark.parametrize(
    ("given", "option"),
    [
        (GivenTimes(delay="soon"), "--delay"),
        (GivenTimes(delay="3 V"), "--delay"),
        (GivenTimes(clock="fast"), "--clock"),
        (GivenTimes(aperture="-1 ms"), "--aperture"),
        (GivenTimes(edges="nowhere.txt"), "--edges"),
    ],
)
def test_what_is_no_time_is_refused(given: GivenTimes, option: str) -> None:
    with pytest.raises(UsageError) as refused:
        given.to_options()
    assert option in str(refused.value.__dict__) + str(refused.value.args)


def test_times_are_given_with_units() -> None:
    given = GivenTimes(delay="-0.3 ms", clock="20 ppm", aperture="500 us").to_options()
    assert given == {"fitted": (), "delay_s": -3e-4, "clock_ppm": 20.0, "aperture_s": 5e-4, "edges": ""}
    assert GivenTimes(delay="fit", clock="fit").to_options()["fitted"] == ("delay", "clock")


def test_a_file_of_times_is_read_or_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "edges.txt"
    path.write_text("0.6\n\n200 ms  # the first\n")
    assert read_times(path) == (0.2, 0.6)
    path.write_text("0.6\nlater\n")
    with pytest.raises(UsageError, match="line 2: 'later'"):
        read_times(path)
    path.write_text("# nothing\n")
    with pytest.raises(UsageError, match="no times"):
        read_times(path)


@pytest.mark.parametrize(
    "wrong",
    [
        ("--delay", "fit", "--robust"),
        ("--delay", "fit", "--spectrum"),
        ("--protocol", "pump_probe", "--edges", "ramp"),
        ("--protocol", "pump_probe", "--posterior"),
        ("--baseline", "rough"),
        ("--clock", "fast"),
    ],
)
def test_options_that_do_not_go_together_are_refused(late: None, wrong: tuple[str, ...]) -> None:
    assert command("fit", "late.nxs", *wrong) == 2


def test_several_records_are_diagnosed_one_by_one(late: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("fit", "late.nxs", "late.nxs", "-m", CELL, "--diagnose") == 0
    told = capsys.readouterr().out
    assert "[2] late.nxs: the joint fit leaves" in told
    assert told.count("--delay fit") == 2
    assert command("fit", "late.nxs", "late.nxs", "--compare", "--diagnose") == 2
