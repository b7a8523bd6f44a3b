"""Commands do what their help says, with the exit status and the JSON that scripts rely on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from daq import open_run
from daq.files.header import Header
from daq.files.layout import create_run_file
from daq.files.open_file import RunFileBytes
from drivers import Block
from fitting import kept_study
from protocols import Sample
from tests.ionecho.commands import command
from tests.patience import patience

COMMANDS = ["demo", "gui", "sim", "discover", "check", "run", "fit", "import", "note", "runs", "tag", "recover"]


def ionecho(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Give a command to the command line in this process: a process of its own costs a second to load."""
    with redirect_stdout(StringIO()) as output, redirect_stderr(StringIO()) as errors:
        status = command(*arguments)
    return subprocess.CompletedProcess(arguments, status, output.getvalue(), errors.getvalue())


def in_a_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    whole = [sys.executable, "-m", "ionecho", *arguments]
    return subprocess.run(whole, capture_output=True, encoding="utf-8", timeout=patience(110), check=False)


def document_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_helps_with_an_example(name: str) -> None:
    done = ionecho(name, "--help")
    assert done.returncode == 0
    assert f"ionecho {name}" in done.stdout
    assert "Example" in done.stdout


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys; from typer.testing import CliRunner; from ionecho.cli import app; import ionecho\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
        "heavy = ('numpy', 'scipy', 'numba', 'h5py', 'pyvisa', 'pint', 'PySide6', 'pydantic')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "[]"


def test_wrong_usage_and_wrong_protocols_exit_with_2(tmp_path: Path) -> None:
    assert in_a_process("run").returncode == 2
    broken = tmp_path / "broken.toml"
    broken.write_text('name = "x"\n[sequence]\nkind = "pulse"\nlevel = "1 A"\n')
    done = ionecho("check", str(broken))
    assert done.returncode == 2
    for path in ("sequence.level", "sequence.width", "sampling", "limits"):
        assert path in done.stderr
    as_json = in_a_process("check", str(broken), "--json")
    assert as_json.returncode == 2
    assert json.loads(as_json.stdout)["error"]["kind"] == "protocol"


def test_check_tells_the_plan() -> None:
    document = document_of(ionecho("check", "pump_probe", "--json"))
    assert document["samples"] == 200_000
    assert document["duration_s"] == pytest.approx(2.0)
    assert document["rounded"] == []


def test_discover_says_who_answers_and_who_does_not(simulated: Callable[..., str]) -> None:
    resource = simulated()
    found = document_of(ionecho("discover", resource, "TCPIP::127.0.0.1::9::SOCKET", "--json"))["instruments"]
    assert found[0]["model"] == "MODEL 2461"
    assert found[0]["driver"] == "keithley2461"
    assert found[1]["driver"] is None
    assert "nothing listens" in found[1]["problem"]


def test_the_demo_finds_the_simulated_truth(tmp_path: Path) -> None:
    document = document_of(in_a_process("demo", "--json", "--folder", str(tmp_path), "--seed", "11"))
    assert document["resource"].startswith("TCPIP::127.0.0.1::")
    assert document["samples"] == 200_000
    for name, found in document["parameters"].items():
        assert set(found) >= {"value", "ci95", "unit", "determined", "truth"}, name
    determined = [found for found in document["parameters"].values() if found["determined"]]
    # The simulator has no truth for what depends on its noise: reversed current, readable bits.
    memory = [found for found in document["memory"].values() if "truth" in found]
    assert len(memory) >= 6
    assert len(determined) >= 4
    # One run: each interval holds its truth with 95 %; all within twice the interval is as good as certain.
    for found in determined + memory:
        half = (found["ci95"][1] - found["ci95"][0]) / 2
        assert abs(found["value"] - found["truth"]) < 2.5 * half
    assert document["rms_residual_A"] == pytest.approx(document["noise_A"], rel=0.05)
    back_hop = document["memory"]["back_hop_fraction"]
    assert back_hop["value"] == pytest.approx(back_hop["truth"], rel=0.1)
    with h5py.File(document["run"], "r") as file:
        assert file["entry/data/current"].shape == (200_000,)


def test_import_fit_and_spectrum_of_the_measured_titration(tmp_path: Path, measured_data: Path) -> None:
    target = tmp_path / "pitt.nxs"
    source = measured_data / "zahner_pitt" / "PITT.txt"
    document = document_of(ionecho("import", str(source), "-o", str(target), "--json"))
    assert document["samples"] == 6150
    spectrum = document_of(ionecho("fit", str(target), "--spectrum", "--json"))
    with h5py.File(target, "r") as file:
        rms_current = float(np.sqrt(np.mean(file["entry/data/current"][()] ** 2)))
    assert spectrum["rms_residual_A"] < 0.02 * rms_current


def test_second_fit_uses_the_kept_reduction_until_the_run_file_changes(tmp_path: Path) -> None:
    target = _imported(tmp_path, "rc", *_ohmic())
    fits = [document_of(ionecho("fit", str(target), "--model", "R0-C1", "--json")) for _ in range(2)]
    assert [one.pop("reduction") for one in fits] == ["new", "kept"]
    assert fits[0] == fits[1]
    target.chmod(0o600)
    file = RunFileBytes(target)
    file.add_event("note", "a run file that has changed, and is whole")
    file.close()
    assert document_of(ionecho("fit", str(target), "--model", "R0-C1", "--json"))["reduction"] == "new"


def test_output_into_a_file_is_utf8_whatever_the_locale(tmp_path: Path) -> None:
    # "Ω" is in no old code page of Windows, and in none of the old locales elsewhere.
    run = _imported(tmp_path, "ohmic", *_ohmic())
    old = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONIOENCODING"} | old
    command = [sys.executable, "-m", "ionecho", "fit", str(run), "--model", "R0-C1"]
    with (tmp_path / "out.txt").open("wb") as output, (tmp_path / "errors.txt").open("wb") as errors:
        status = subprocess.call(command, stdout=output, stderr=errors, env=environment, timeout=patience(110))
    assert status == 0, (tmp_path / "errors.txt").read_text("utf-8")
    assert "Ω" in (tmp_path / "out.txt").read_text("utf-8")


def _ohmic() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a record of 10 kohm in series with 10 uF, pulsed with 20 mV: time, voltage, current."""
    t = 1e-3 * np.arange(3000)
    volts = np.where((t >= 0.5) & (t < 1.5), 0.02, 0.0)
    late = [np.where(t >= edge, np.exp(-(t - edge) / 0.1), 0.0) for edge in (0.5, 1.5)]
    noise = 1e-9 * np.random.default_rng(1).standard_normal(len(t))
    return t, volts, 0.02 / 1e4 * (late[0] - late[1]) + noise


def _imported(folder: Path, name: str, t: np.ndarray, volts: np.ndarray, amperes: np.ndarray) -> Path:
    text, target = folder / f"{name}.txt", folder / f"{name}.nxs"
    header = "time/s,voltage/V,current/A"
    np.savetxt(text, np.column_stack([t, volts, amperes]), delimiter=",", header=header, comments="")
    document_of(ionecho("import", str(text), "-o", str(target), "--json"))
    return target


def _double_layer(folder: Path, name: str = "double-layer", height_V: float = 0.02) -> Path:
    """A pulse into 1 kohm, then 9 kohm beside 10 uF: an electrode's charge transfer, without any memory of the bulk."""
    t = 1e-3 * np.arange(3000)
    volts = np.where((t >= 0.5) & (t < 1.5), height_V, 0.0)
    tau = 1e-5 / (1 / 1e3 + 1 / 9e3)
    late = [np.where(t >= edge, 1e-4 + 9e-4 * np.exp(-(t - edge) / tau), 0.0) for edge in (0.5, 1.5)]
    noise = 1e-9 * np.random.default_rng(2).standard_normal(len(t))
    return _imported(folder, name, t, volts, height_V * (late[0] - late[1]) + noise)


def test_fit_says_that_a_double_layer_is_no_memory_of_the_bulk(tmp_path: Path) -> None:
    document = document_of(ionecho("fit", str(_double_layer(tmp_path)), "--model", "De1", "--json"))
    assert document["parameters"]["De1.tau"]["value"] == pytest.approx(9e-3, rel=0.01)
    assert document["attribution"]["verdict"] in {"electrode", "undecided"}


def test_the_sample_of_an_imported_record_decides_whose_memory_it_is(tmp_path: Path) -> None:
    # 10 uF over 1 cm2 are a double layer's.
    asked = ("fit", str(_double_layer(tmp_path)), "--model", "De1", "--json")
    sample = ("--thickness", "1 mm", "--area", "1 cm^2", "--permittivity", "30", "--grain-size", "2 um")
    found = document_of(ionecho(*asked, *sample, "--temperature", "300"))["attribution"]
    assert (found["verdict"], found["reason"]) == ("electrode", "one_place")
    places = {one["place"]: one for one in found["hypotheses"]}
    assert places["double layer"]["possible"]
    # Where between two samples the voltage jumped, within a ninth of the relaxation time, is not known. It jumped at
    # the very sample: the truth is the end of what is possible, to a hundredth of an interval.
    low, high = places["double layer"]["found"]
    assert 0.9 < low / 0.1 < 1.002
    assert 1.0 < high / 0.1 < 1.15
    assert not places["bulk"]["possible"]
    thickness = next(one for one in found["experiments"] if one["setting"] == "thickness")
    # A third of the bulk's resistance: tau = W R C with W = 1/10, then 1/28
    expected = {one["place"]: one["value"] for one in thickness["expected"]}
    assert expected["double layer"] == pytest.approx(np.log(2.0) * 90e-3 / 28, rel=0.02)
    assert document_of(ionecho(*asked))["attribution"]["verdict"] == "undecided"


def test_rank_puts_the_true_family_first(tmp_path: Path) -> None:
    path = str(_double_layer(tmp_path))
    families = [argument for circuit in ("R0-C1", "De1", "R0-CPE1") for argument in ("-m", circuit)]
    document = document_of(ionecho("fit", path, "--rank", *families, "--json"))
    assert document["decided"]
    assert document["ranking"][0]["model"] == "De1"
    shown = ionecho("fit", path, "--rank", *families)
    assert shown.returncode == 0
    assert "De1" in shown.stdout
    assert ionecho("fit", path, *families).returncode == 2


def test_recover_reports_on_a_finished_run(tmp_path: Path, simulated: Callable[..., str]) -> None:
    path = tmp_path / "run.nxs"
    resource = simulated("resistor", speed=5.0)
    run = document_of(ionecho("run", "single_pulse", "-r", resource, "-o", str(path), "--json"))
    assert (run["state"], run["output"], run["samples"]) == ("complete", "off", 125_000)
    found = document_of(ionecho("recover", str(path), "--json"))["runs"][0]
    assert (found["state"], found["bad_blocks"], found["trimmed_from"]) == ("complete", [], None)
    # The catalogue follows the folder of a run.
    listed = document_of(ionecho("runs", "--where", f'samples = 125000 and path = "{path}"', "--json"))
    assert [one["run"] for one in listed["runs"]] == [str(path)]
    assert str(tmp_path) in listed["followed"]


def test_pulses_and_impedance_are_fitted_together(tmp_path: Path) -> None:
    R, C = 1e3, 1e-6
    t = np.arange(0.0, 0.04, 2e-5) + 1e-5
    volts = np.where((t > 0.005) & (t < 0.02), 0.02, 0.0)
    current = np.where(t > 0.005, 0.02 / R * np.exp(-(t - 0.005) / (R * C)), 0.0)
    current -= np.where(t > 0.02, 0.02 / R * np.exp(-np.maximum(t - 0.02, 0.0) / (R * C)), 0.0)
    text = tmp_path / "pulse.csv"
    rows = np.column_stack([t, volts, current + 1e-9 * np.random.default_rng(1).standard_normal(len(t))])
    np.savetxt(text, rows, delimiter=",", header="time/s,voltage/V,current/A", comments="")
    run, spectrum = tmp_path / "pulse.nxs", tmp_path / "eis.csv"
    assert ionecho("import", str(text), "-o", str(run)).returncode == 0
    f = np.geomspace(1e5, 1.0, 31)
    Z = R + 1.0 / (2j * np.pi * f * C)
    np.savetxt(spectrum, np.column_stack([f, Z.real, Z.imag]), delimiter=",", header="f/Hz,Re,Im", comments="")
    both = document_of(ionecho("fit", str(run), str(spectrum), "--model", "R0-C1", "--json"))
    assert both["parameters"]["R0"]["value"] == pytest.approx(R, rel=1e-2)
    assert both["parameters"]["C1"]["value"] == pytest.approx(C, rel=1e-2)
    assert [one["noise_unit"] for one in both["records"]] == ["A", "share of abs(Z)"]
    (drawn,) = both["spectra"]
    assert drawn["record"] == 2
    measured, fitted, curve = (
        np.array(part["real"]) + 1j * np.array(part["imaginary"])
        for part in (drawn["measured_ohm"], drawn["fitted_ohm"], drawn["curve"]["fitted_ohm"])
    )
    np.testing.assert_allclose(measured, Z, rtol=1e-9)
    np.testing.assert_allclose(fitted, Z, rtol=1e-2)
    np.testing.assert_allclose(curve.imag, -1.0 / (2 * np.pi * np.array(drawn["curve"]["frequency_Hz"]) * C), rtol=1e-2)
    apart = document_of(ionecho("fit", str(run), str(spectrum), "-m", "R0-C1", "--share", "C1", "--json"))
    assert set(apart["parameters"]) == {"R0[1]", "R0[2]", "C1"}
    refused = ionecho("fit", str(run), str(spectrum), "-m", "R0-C1", "--activate", "R0")
    assert refused.returncode == 2
    assert "--temperature" in refused.stderr


def test_recover_of_a_damaged_run_fails_and_says_which_block(tmp_path: Path) -> None:
    path = tmp_path / "run.nxs"
    layout = create_run_file(path, Header("t", "", Sample(), None, "R", {}, None, 4, 1.0))
    samples = np.arange(4.0)
    file = RunFileBytes(path)
    file.write_samples(0, 0, [Block(samples, samples, samples, np.zeros(4, np.uint8))])
    file.close()
    with path.open("r+b") as raw:
        raw.seek(layout.offsets["current"])
        raw.write(b"\x01")
    done = ionecho("recover", str(path), "--json")
    assert done.returncode == 1
    assert "block 0" in done.stderr
    assert json.loads(done.stdout)["runs"][0]["bad_blocks"] == [0]


def test_a_referees_table_is_printed_and_kept(tmp_path: Path) -> None:
    run = _double_layer(tmp_path)
    sample = ("--thickness", "1 mm", "--area", "1 cm^2", "--temperature", "300")
    found = document_of(ionecho("fit", str(run), "-m", "De1", "--table", *sample, "--json"))
    figures = {row["name"]: row for row in found["figures"]}
    # 1 kohm at once and 10 kohm in the end, over 10 /m; the jump is at the very sample.
    for name, truth in (("sigma_inf", 1e-2), ("sigma_dc", 1e-3), ("bnn_figure", 1.0 / 9.0)):
        low, high = figures[name]["values"][0]["ci95"]
        assert 0.99 * low <= truth <= 1.01 * high
        assert high < 1.5 * low
    assert figures["bnn_figure"]["source"]
    kept = kept_study(open_run(run)).referee_table
    assert kept is not None
    assert kept["figures"][0] == found["figures"][0]
    shown = ionecho("fit", str(run), "-m", "De1", "--table")
    assert "conductances and capacitances in place" in " ".join(shown.stdout.split())


@pytest.mark.slow
def test_runs_are_compared_by_thickness_and_tested_for_linearity(tmp_path: Path) -> None:
    one, two = (str(_double_layer(tmp_path, name, height_V)) for name, height_V in (("one", 0.02), ("two", 0.04)))
    asked = ("fit", one, two, "--compare", "-m", "De1")
    alike = document_of(ionecho(*asked, "--json"))
    assert alike["linearity"]["linear"] is True
    assert alike["thickness_exponent"] is None
    varied = document_of(ionecho(*asked, "--thickness", "1 mm", "--thickness", "2 mm", "--json"))
    assert varied["thickness_exponent"]["value"] == pytest.approx(0.0, abs=0.05)
    assert "linearity" not in varied
    assert ionecho("fit", one, "-m", "De1").returncode == 0
    results = one.replace(".nxs", ".results.nxs")
    assert document_of(ionecho(*asked, results, "--json"))["linearity"] == alike["linearity"]
    refused = ionecho("fit", results, "-m", "De1")
    assert (refused.returncode, "give the run file itself, one.nxs" in refused.stderr) == (1, True)
    shown = ionecho(*asked, "--thickness", "1 mm", "--thickness", "2 mm")
    assert "time ~ thickness^" in shown.stdout
    assert ionecho("fit", one, "--compare").returncode == 2
    assert ionecho(*asked, "--thickness", "1 mm").returncode == 2
    assert ionecho(*asked, "--thickness", "1 V", "--thickness", "2 mm").returncode == 2
