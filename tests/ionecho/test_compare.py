"""Command `compare`: from records over their refit, and from kept fits, to a table, verdicts and a picture."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from scipy.constants import e, k

from daq import open_run
from fitting import analyse
from protocols import Sample
from tests.fitting.archive.runs import CIRCUIT, write_run
from tests.ionecho.commands import command

KELVIN = (280.0, 290.0, 300.0)


def tau_s(sample: str, kelvin: float) -> float:
    """Two samples, of 0.2 and 0.3 eV; the second remembers three times as long at 290 K."""
    energy, at_290_s = {"film": (0.2, 0.01), "pellet": (0.3, 0.03)}[sample]
    return at_290_s * float(np.exp(energy * e / k * (1.0 / kelvin - 1.0 / 290.0)))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records of closed form of both samples at three temperatures, refit into a table; the film's fits are kept."""
    folder = tmp_path_factory.mktemp("archive")
    for seed, (name, kelvin) in enumerate((name, kelvin) for name in ("film", "pellet") for kelvin in KELVIN):
        sample = Sample(name, 1e-3, 5e-5, temperature_K=kelvin)
        run = f"{name}-{kelvin:g}"
        write_run(folder / "runs" / f"{run}.nxs", run_id=run, tau_s=tau_s(name, kelvin), sample=sample, seed=seed)
        if name == "film":
            analyse(open_run(folder / "runs" / f"{run}.nxs"), CIRCUIT)
            if seed == 0:  # a later fit of another circuit does not hide the first
                analyse(open_run(folder / "runs" / f"{run}.nxs"), "R1-C1")
    asked = (str(folder / "runs"), "-m", CIRCUIT, "-o", str(folder / "t.csv"), "--workers", "1")
    assert command("refit", *asked) == 0
    return folder


def test_a_refit_tells_which_sample_remembers_longest(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib (uv sync --extra plots)")
    written = ("-o", str(archive / "c.csv"), "--plot", str(archive / "c.svg"))
    assert command("compare", str(archive / "t.csv"), *written, "--at", "17 degC", "--quantity", "De1.tau") == 0
    printed = capsys.readouterr().out
    assert "pellet remembers longest, told apart from all others. Whose memory: not attributed" in printed
    assert "6 of 6 values are used" in printed
    with (archive / "c.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["sample"]: row for row in csv.DictReader(file)}
    assert [rows[name]["rank"] for name in ("pellet", "film")] == ["1", "2"]
    for name, energy in (("film", 0.2), ("pellet", 0.3)):
        row = rows[name]
        assert float(row["low"]) < tau_s(name, 290.15) < float(row["high"])
        assert float(row["E_a_eV"]) == pytest.approx(energy, abs=0.005)
    assert "<svg" in (archive / "c.svg").read_text(encoding="utf-8")


def test_kept_fits_are_compared_and_runs_without_one_are_counted(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("compare", str(archive / "runs"), "--by", "temperature", "--quantity", "De1.G_inf", "--master", "--json")
    assert command(*asked) == 2
    assert f"{CIRCUIT}, R1-C1: choose one" in capsys.readouterr().err
    assert command(*asked, "-m", CIRCUIT) == 0
    document = json.loads(capsys.readouterr().out)
    (film,) = document["samples"]
    assert (film["sample"], film["values_used"], document["circuit"]) == ("film", 3, CIRCUIT)
    # The conductance is the same at all temperatures: times T, it is hardly activated.
    assert abs(film["activation"]["activation_energy_eV"]["value"]) < 0.05
    assert sum(film["verdicts"].values()) == 3
    ((why, number),) = document["runs_without_a_value"].items()
    assert "no fit is kept" in why
    assert number == 3
    assert "superposition" in document["master_curves"]["film"]["verdict"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--by", "colour"), "temperature, thickness, width, amplitude, sample"),
        (("--at", "5 V"), "--at"),
        (("-o", "c.xlsx"), "c.xlsx"),
        (("--plot", "c.bmp"), "c.bmp"),
        (("--quantity", "warmth"), "De1.tau"),
        (("-m", "R0-C1"), "no run is fitted with R0-C1"),
        (("--master",), "a table has no spectra"),
    ],
)
def test_what_cannot_be_done_is_refused(
    archive: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], message: str
) -> None:
    assert command("compare", str(archive / "t.csv"), *options) == 2
    assert message in capsys.readouterr().err


def test_a_table_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("compare", "nowhere.csv") == 2
    assert "there is no such file" in capsys.readouterr().err
