"""What is stated of a run by `ionecho note` is listed with what was guessed, and a fit uses it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from daq import open_run
from daq.files.names import statements_path
from fitting import Nuisance, fit, reduce_run
from tests.ionecho.commands import command

# A cell of R0 in series with R1 parallel to C1, that stepped from 0 to 0.1 V at 0.2 s (closed form).
R0, R1, C1 = 100.0, 900.0, 1e-3
T_S = np.round(0.005 + 0.01 * np.arange(100), 3)
TAU_S = C1 * R0 * R1 / (R0 + R1)
CURRENT_A = np.where(T_S > 0.2, 0.1 / (R0 + R1) * (1.0 + R1 / R0 * np.exp(-(T_S - 0.2) / TAU_S)), 0.0)


@pytest.fixture(autouse=True)
def hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    noise = np.random.default_rng(1).normal(0.0, 2e-7, len(T_S))
    rows = "".join(f"{t},0.1,{i:.9e}\n" for t, i in zip(T_S, CURRENT_A + noise, strict=True))
    (tmp_path / "hold.csv").write_text("t/s,U/V,I/A\n" + rows)
    assert command("import", "hold.csv") == 0


def test_a_fit_uses_what_was_stated(capsys: pytest.CaptureFixture[str]) -> None:
    circuit = ("fit", "hold.nxs", "--model", "R0-p(R1,C1)")
    assert command(*circuit) == 1
    assert "--before" in capsys.readouterr().err
    assert (
        command("note", "hold.nxs", "--drive", "0 V; 0.1 V at 0.2 s", "--thickness", "1 mm", "--notes", "dry room") == 0
    )
    printed = capsys.readouterr().out
    for line in ("drive: 0 V; 0.1 V at 0.2 s", "thickness: 1 mm", "notes: dry room", "guessed: time: column 1, 't/s'"):
        assert line in printed
    for _ in range(2):  # the second from what is kept
        assert command(*circuit, "--json") == 0
        fitted = json.loads(capsys.readouterr().out)["parameters"]
        for name, truth in (("R0", R0), ("R1", R1), ("C1", C1)):
            low, high = fitted[name]["ci95"]
            assert low < truth < high, name
    assert command("note", "hold.nxs", "--drive", "0 V; 0.05 V at 0.2 s") == 0
    assert command(*circuit, "--json") == 0  # another drive needs another reduction
    printed = capsys.readouterr().out
    fitted = json.loads(printed[printed.index("{") :])["parameters"]
    assert fitted["R0"]["value"] == pytest.approx(R0 / 2, rel=0.05)


@pytest.mark.parametrize(
    "arguments",
    [
        ["again.nxs", "--share", "R1", "--model", "R0-p(R1,C1)"], ["--rank", "--model", "R0-p(R1,C1)"],
        ["again.nxs", "--compare", "--model", "De1"],
        ["--spectrum"], ["again.nxs", "--table", "--model", "De1"],
    ],
)  # fmt: skip
def test_statements_count_for_whatever_is_fitted(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    later = ["import", "held.csv", "--before", "0 V", "--edges", "sample"]
    rows = Path("hold.csv").read_text().splitlines()
    Path("held.csv").write_text("\n".join([rows[0], *rows[21:]]))  # from right after the step on
    for name in ("held.nxs", "again.nxs"):
        assert command(*later, "--output", name) == 0
    assert command("fit", "held.nxs", *arguments, "--json") == 0
    assert command("note", "held.nxs", "--before", "") == 0
    capsys.readouterr()
    assert command("fit", "held.nxs", *arguments, "--json") == 1
    assert "--before" in capsys.readouterr().out


def test_statements_count_in_scripts_unless_others_are_given() -> None:
    assert command("note", "hold.nxs", "--before", "0 V", "--edges", "sample") == 0
    run = open_run("hold.nxs")
    assert (reduce_run(run).terms.before, reduce_run(run).terms.edges) == (0.0, "sample")
    given = reduce_run(run, Nuisance(before=0.05, edges="step")).terms
    assert (given.before, given.edges) == (0.05, "step")
    result = fit(run, "R0-p(R1,C1)")
    assert result.terms.before == 0.0


def test_an_empty_text_takes_a_statement_back(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("note", "hold.nxs", "--before", "0 V", "--edges", "ramp") == 0
    assert command("note", "hold.nxs", "--before", "") == 0
    capsys.readouterr()
    assert command("note", "hold.nxs", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["stated"], document["notes"]) == ({"edges": "ramp"}, [])
    assert len(document["guessed"]) == 4


@pytest.mark.parametrize(
    ("options", "where"),
    [
        (["--before", "5 A"], "--before"),
        (["--edges", "soft"], "--edges"),
        (["--drive", "0 V; 1 V at 99 s"], "--drive"),
        (["--thickness", "0 mm"], "--thickness"),
        (["--permittivity", "0.1"], "--permittivity"),
        (["--name", "x" * 5000], "--name"),
        (["--protocol", "sawtooth"], ""),
        (["--protocol", "pump_probe", "--drive", "0 V; 1 V at 0 s"], "--protocol"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_kept(
    capsys: pytest.CaptureFixture[str], options: list[str], where: str
) -> None:
    assert command("note", "hold.nxs", *options) == 2
    assert where in capsys.readouterr().err
    assert not statements_path("hold.nxs").exists()


def test_an_import_keeps_what_was_stated_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    Path("stated.csv").write_bytes(Path("hold.csv").read_bytes())
    assert command("import", "stated.csv", "--before", "rest", "--edges", "sample", "--protocol", "pump_probe") == 0
    run = open_run("stated.nxs")
    assert run.statements.stated == {"before": "rest", "edges": "sample"}
    assert run.drive is not None
    assert run.drive.times_s[1] == 0.05
    assert capsys.readouterr().out
