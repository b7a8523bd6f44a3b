"""Reports of comparisons, campaigns and archives, and the command that makes them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from daq import open_run
from daq.campaign.folder import create_campaign, run_file_name
from daq.campaign.schema import PlannedPoint
from daq.campaign.states import PointState
from daq.campaign.store import CampaignStore
from fitting.archive.rows import DUPLICATE, FAILED, FITTED, row_of_result, row_of_run
from fitting.archive.table import write_table
from fitting.study import analyse, kept_study, sample_of
from protocols import InputError, Limits, Sample
from reports.archive_report import best_rows, report_of_archive
from reports.comparison_report import report_of_comparison
from reports.content import Points, Row, Table, Tone
from reports.html_page import html_page, shown
from reports.reporting import report_of
from reports.runs_table import common_folder, name_in, runs_table
from tests.fitting.archive.runs import CIRCUIT, write_run
from tests.ionecho.commands import command
from tests.reports.conftest import Reported

BOLTZMANN_eV_K = 8.617333262e-5
ENERGY_eV, KELVINS = 0.35, (280.0, 290.0, 300.0)


@pytest.fixture(scope="session")
def series(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three fitted runs of a cell whose memory time is activated with 0.35 eV."""
    folder = tmp_path_factory.mktemp("series")
    paths = []
    for T in KELVINS:
        tau_s = 0.02 * np.exp(ENERGY_eV / BOLTZMANN_eV_K * (1.0 / T - 1.0 / 290.0))
        sample = Sample("pellet", 1e-3, 5e-5, temperature_K=T)
        path = write_run(folder / f"{T:g}.nxs", run_id=f"{T:g}", tau_s=tau_s, sample=sample, seed=int(T))
        analyse(path, CIRCUIT)
        paths.append(path)
    return paths


def test_a_comparison_gives_the_activation_that_was_planted(series: list[Path]) -> None:
    report = report_of([*series])
    figures = dict(report.verdict.figures)
    value, _, ends = figures["Activation energy of the memory time"].partition(" eV (95 %: ")
    low, high = (float(one) for one in ends.rstrip(")").split(" … "))
    assert low < float(value) < high
    assert low - 0.01 < ENERGY_eV < high + 0.01
    assert (report.kind, report.title) == ("comparison", "3 runs compared")
    drawn = {one.name: one for one in report.figures()}
    assert set(drawn) == {"decays", "memory_time_over_T", "conductance_over_T"}
    line = drawn["memory_time_over_T"].columns
    slope = np.polyfit(line["line_1000_over_T"] / (1000.0 * BOLTZMANN_eV_K), np.log(line["line_s"]), 1)[0]
    assert slope == pytest.approx(float(value), abs=1e-3)
    assert list(line["1000_over_T"]) == pytest.approx([1000.0 / T for T in KELVINS])


def test_runs_that_are_not_described_are_said_first_and_not_compared(series: list[Path], missed: Reported) -> None:
    report = report_of_comparison([open_run(path) for path in series[:1]] + [missed.run])
    assert report.verdict.tone is Tone.BAD
    assert report.verdict.sentence == "The fitted circuit does not describe 1 of 2 records: run."
    assert [one.name for one in report.figures()] == ["decays"]
    table = next(one for one in report.sections[0].blocks if isinstance(one, Table))
    assert [row.is_doubtful for row in table.rows] == [False, True]


def test_a_campaign_says_how_it_stands_and_what_its_fits_say(series: list[Path], tmp_path: Path) -> None:
    names = [run_file_name(k, 4, f"{T:g} K") for k, T in enumerate((*KELVINS, 310.0), 1)]
    points = [PlannedPoint(k, f"<b>{k}</b>", name, None, 1.1) for k, name in enumerate(names, 1)]
    folder = create_campaign(tmp_path / "study", 'name = "x"\n', points, "A <i>study</i>", ("R", Limits(), ""))
    store = CampaignStore(folder.state)
    for k, path in enumerate(series, 1):
        for beside in (path, path.with_suffix(".results.nxs")):
            shutil.copy(beside, folder.path / names[k - 1].replace(".nxs", beside.name.removeprefix(path.stem)))
        store.begin(k, 100.0 * k)
        store.end(k, PointState.DONE, "", 100.0 * k + 7.0, ("id", 2000))
    store.add_temperatures([(100.0 + k, 280.0 + k, 281.0, True) for k in range(5)])
    store.begin(4, 400.0)
    store.end(4, PointState.FAILED, "the link went away", 401.0)
    store.close()
    report = report_of([folder.path])
    assert report.verdict.sentence == "3 of 4 points are measured; the campaign is waiting."
    assert report.verdict.next_steps[0] == f"ionecho resume {folder.path}"
    assert "Activation energy of the memory time" in dict(report.verdict.figures)
    drawn = {one.name: one for one in report.figures()}
    assert list(drawn["temperature"].columns["temperature_K"]) == [280.0, 281.0, 282.0, 283.0, 284.0]
    page = html_page(report)
    assert "the link went away" in page
    assert "A &lt;i&gt;study&lt;/i&gt;" in page
    assert "<i>" not in page


def test_an_archive_gives_the_best_circuit_of_each_run_and_what_failed(
    series: list[Path], missed: Reported, tmp_path: Path
) -> None:
    rows = []
    for path in (*series, missed.run.path):
        run = open_run(path)
        study = kept_study(run)
        about = {"run": path.name, "circuit": study.result.model.circuit, "status": FITTED, "settings_sha256": "0"}
        rows.append({**about, **row_of_run(run, sample_of(run)), **row_of_result(study.result, study.attribution)})
    worse = {**rows[0], "circuit": "R0-C1", "describes": False, "aicc": rows[0]["aicc"] - 1e6}
    failed = {"run": "<b>.nxs", "circuit": CIRCUIT, "status": FAILED, "reason": "it is damaged", "settings_sha256": "0"}
    again = {**failed, "run": "copy.nxs", "status": DUPLICATE, "reason": "the same record as 280.nxs"}
    table = tmp_path / "table.csv"
    write_table(table, [worse, *rows, failed, again])
    report = report_of_archive(table)
    assert report.verdict.sentence.startswith("No circuit describes 1 of 4 runs")
    assert [row["circuit"] for row in best_rows([worse, rows[0]])] == [CIRCUIT]
    tables = {section.heading: section.blocks for section in report.sections}
    by_temperature = tables["Memory by temperature, geometry and pulse"]
    (energies,) = (one for one in by_temperature if isinstance(one, Table))
    assert energies.rows[0].cells[:3] == ("pellet", "3 of 3", "280–300")
    assert float(energies.rows[0].cells[3].split()[0]) / 1000.0 == pytest.approx(ENERGY_eV, abs=0.01)
    (points,) = (one for one in by_temperature if isinstance(one, Points))
    assert f"1 runs without a value: {CIRCUIT} does not describe them" not in points.items  # another circuit's
    assert {"Not fitted", "Given twice"} <= set(tables)
    assert "&lt;b&gt;.nxs" in html_page(report)
    write_table(tmp_path / "empty.csv", [])
    with pytest.raises(InputError, match="no rows"):
        report_of_archive(tmp_path / "empty.csv")
    with pytest.raises(InputError, match="alone"):
        report_of([table, series[0]])


def told(sample: str, T: float, time_s: float, *, describes: bool = True, verdict: str = "bulk") -> dict[str, object]:
    """A row of a table whose median memory time is known to 4 %."""
    ends = {"median_memory_time_low_s": 0.96 * time_s, "median_memory_time_high_s": 1.04 * time_s}
    time = {"median_memory_time_s": time_s, **ends, "median_memory_time_determined": True}
    about = {"run": f"a/b/{sample} {T:g}.nxs", "sample": sample, "temperature_K": T, "circuit": "X", "aicc": 0.0}
    fitted = {
        "status": FITTED,
        "settings_sha256": "0",
        "describes": describes,
        "verdict": verdict,
        "run_id": about["run"],
    }
    return {**about, **fitted, **time}


def test_an_archive_ranks_its_samples_as_the_command_compare_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Times of exact Arrhenius laws, so that the ranks and the values at the common temperature are known."""
    laws = {"slow <b>": 0.5, "[red]fast": 0.02, "middle": 0.1}
    rows = [
        told(name, T, at_300_s * np.exp(ENERGY_eV / BOLTZMANN_eV_K * (1.0 / T - 1.0 / 300.0)))
        for name, at_300_s in laws.items()
        for T in (280.0, 290.0, 300.0, 310.0)
    ]
    missed = told("middle", 320.0, 1e6, describes=False)  # its figures must not be used
    write_table(tmp_path / "table.csv", [*rows, missed])
    report = report_of_archive(tmp_path / "table.csv")
    drawn = {one.name: one for one in report.figures()}
    assert set(drawn) == {"ranking", "memory_times"}
    names = [label.partition("\n")[0] for label in drawn["ranking"].panels[0].y.labels]
    assert names == ["[red]fast", "middle", "slow <b>"]  # from below
    assert all("memory of: bulk" in label for label in drawn["ranking"].panels[0].y.labels)
    at_K = 298.15
    for k, name in enumerate(names):
        suffix = f"_{k + 1}" if k else ""
        value, low, high = (drawn["ranking"].columns[f"memory_time{end}_s{suffix}"][0] for end in ("", "_low", "_high"))
        exact = laws[name] * np.exp(ENERGY_eV / BOLTZMANN_eV_K * (1.0 / at_K - 1.0 / 300.0))
        assert low < exact < high
        assert value == pytest.approx(exact, rel=1e-6)
    sections = {one.heading: one.blocks for one in report.sections}
    ranks = next(one for one in sections["Which sample remembers longest"] if isinstance(one, Table))
    assert [row.cells[:2] for row in ranks.rows] == [("slow <b>", "1"), ("middle", "2"), ("[red]fast", "3")]
    first = "slow <b> remembers longest, told apart from all others. Whose memory: bulk (4 of 4)"
    assert first in report.verdict.evidence
    points = next(one for one in sections["Memory by temperature, geometry and pulse"] if isinstance(one, Points))
    assert "1 runs without a value: X does not describe them" in points.items
    assert "<b>" not in html_page(report)
    write_table(tmp_path / "described.csv", rows)
    assert command("compare", str(tmp_path / "described.csv")) == 0
    printed = capsys.readouterr().out
    assert first in printed
    assert "[red]fast" in printed
    assert all(cell.split()[0] in printed for row in ranks.rows for cell in row.cells)


def test_what_is_alike_in_all_runs_is_told_once() -> None:
    rows = [Row(("a", "pellet", "270 K", "yes", "")), Row(("b", "pellet", "280 K", "yes", ""), is_doubtful=True)]
    table = runs_table(("run", "sample", "T", "describes", "W_inf"), rows)
    assert table.headings == ("run", "T", "describes")
    assert [row.cells for row in table.rows] == [("a", "270 K", "yes"), ("b", "280 K", "yes")]
    assert [row.is_doubtful for row in table.rows] == [False, True]
    assert table.caption.startswith("All: sample pellet.")
    assert table.numeric == {1}
    assert runs_table(("run", "sample"), rows[:0]).rows == ()
    assert runs_table(("run", "sample"), [Row(("a", "pellet"))]).headings == ("run", "sample")


@pytest.mark.parametrize(
    ("paths", "folder", "names"),
    [
        (["x/a.nxs", "x/b.nxs"], "x", ["a", "b"]),
        (["x/a.nxs", "x/y/b.nxs"], "x", ["a", "y/b"]),
        (["a.nxs", "x/b.nxs"], "", ["a", "x/b"]),
        (["/x/a.nxs", "y/b.nxs"], "", ["/x/a", "y/b"]),
    ],
)
def test_runs_are_named_without_the_folder_that_all_have(paths: list[str], folder: str, names: list[str]) -> None:
    assert common_folder(paths) == folder
    assert [name_in(folder, path).replace("\\", "/") for path in paths] == names


def test_the_command_writes_what_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, run = tmp_path / "report.html", write_run(tmp_path / "run.nxs", run_id="c")
    assert command("report", str(run), "-o", str(page), "--figures", str(tmp_path / "f"), "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["report"] == str(page)
    assert shown(document["verdict"]) in page.read_text("utf-8")
    assert sorted(tmp_path.joinpath("f").iterdir()) == sorted(map(Path, document["figures"]))


@pytest.mark.parametrize(
    ("given", "output", "message"),
    [
        ("empty", "r.html", "there is no run file"),
        ("nowhere.nxs", "r.html", "there is no such file"),
        ("run.nxs", "r.docx", "an .html or a .pdf file"),
        ("run.nxs", "nowhere/r.html", "there is no such folder"),
        ("note.txt", "r.html", "note.txt"),
    ],
)
def test_what_no_report_can_be_of_is_refused(
    given: str,
    output: str,
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("note.txt").write_text("no run")
    Path("run.nxs").write_text("never read")
    assert command("report", given, "-o", output) in {1, 2}
    assert message in " ".join(capsys.readouterr().err.split())
    assert not Path(output).exists()


def test_samples_without_a_name_or_a_temperature_are_reported_too(series: list[Path], tmp_path: Path) -> None:
    path = write_run(tmp_path / "bare.nxs", run_id="bare", sample=replace(Sample(), name=""))
    report = report_of_comparison([open_run(path), open_run(path)])
    assert report.verdict.sentence == "No fit is kept beside any of these runs."
    assert html_page(report)


def test_an_impedance_is_reported_with_its_kramers_kronig_test(tmp_path: Path) -> None:
    """An arc is causal; a real part of its own, beside an imaginary part of another cell, is not."""
    f = np.geomspace(1.0, 1e5, 40)
    Z = 100.0 + 900.0 / (1.0 + 2j * np.pi * f * 900.0 * 1e-6)
    for name, imaginary, tone in (("causal", Z.imag, Tone.GOOD), ("not", 0.5 * Z.imag, Tone.BAD)):
        text = tmp_path / f"{name}.txt"
        np.savetxt(text, np.c_[f, Z.real, imaginary], header="freq/Hz,Re(Z)/Ohm,Im(Z)/Ohm", delimiter=",", comments="")
        report = report_of([text])
        assert report.verdict.tone is tone
        drawn = {one.name: one.columns for one in report.figures()}
        assert drawn["nyquist"]["re_Z_ohm"] == pytest.approx(Z.real)
        assert html_page(report)
