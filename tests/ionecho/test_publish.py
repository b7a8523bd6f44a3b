"""Is a publication what its standard asks for, and do others get the same fit from it without the samples?"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from daq import open_run, results_path
from daq.files.without_samples import write_without_samples
from daq.state import RunState
from fitting import StudyOptions, analyse
from fitting.archive.job import Job, refit_run
from fitting.archive.settings import RefitSettings
from ionecho.publication.about import Author, license_address
from protocols import InputError, RunFileError, Sample
from tests.fitting.archive.runs import write_run
from tests.ionecho.commands import command

CIRCUIT = "De1-C1"
SAID = ("--license", "CC-BY-4.0", "--author", "Jane Doe <0000-0002-1825-0097>", "--institution", "A university")
VARY = {"run", "seconds", "fitted_at", "reduction_kept"}


Told = Callable[..., Any]


@pytest.fixture
def ionecho(capsys: pytest.CaptureFixture[str]) -> Told:
    """Return a function that runs a command, and gives its document, or what it printed."""

    def run(*words: object, status: int = 0) -> Any:
        capsys.readouterr()
        ended = command(*map(str, words))
        printed = capsys.readouterr()
        assert ended == status, printed.out + printed.err
        return json.loads(printed.out) if "--json" in words else printed.out + printed.err

    return run


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Return a folder as a campaign leaves it: two points, one attempt that was repeated, one run in progress."""
    folder = tmp_path / "study"
    (folder / "aside").mkdir(parents=True)
    warm = Sample("LPSCl", 1e-3, 5e-5, "Au", 300.0, permittivity=30.0)
    write_run(folder / "0001-cold.nxs", run_id="one", tau_s=0.05, sample=Sample("LPSCl", 1e-3, temperature_K=250.0))
    write_run(folder / "0002-warm.nxs", run_id="two", tau_s=0.02, sample=warm, seed=2)
    write_run(folder / "aside" / "0001-cold.attempt-1.nxs", run_id="three", state=RunState.ABORTED)
    write_run(folder / "0003-growing.nxs", run_id="four", state=None)
    (folder / "campaign.toml").write_text('name = "study"\n')
    (folder / "campaign.sqlite").touch()
    return folder


def entities(crate: Path) -> dict[str, dict[str, Any]]:
    document = json.loads((crate / "ro-crate-metadata.json").read_text())
    return {one["@id"]: one for one in document["@graph"]}


def refitted(runs: list[Path], options: StudyOptions | None = None) -> list[dict[str, Any]]:
    """Return what `ionecho refit` finds of some runs, each searched from everywhere."""
    settings = RefitSettings((CIRCUIT,), options or StudyOptions(), searched=True, kept=False)
    found = [row for run in runs for row in refit_run(Job(str(run), str(run)), settings).rows]
    return [{name: value for name, value in row.items() if name not in VARY} for row in found]


def test_without_their_samples_runs_are_fitted_as_with_them(study: Path, tmp_path: Path, ionecho: Told) -> None:
    pytest.importorskip("rocrate")
    before = {path: path.stat().st_mtime_ns for path in study.rglob("*")}
    done = ionecho("publish", study, "-o", tmp_path / "crate", *SAID, "--no-raw", "--json")
    assert {path: path.stat().st_mtime_ns for path in study.rglob("*")} == before, "the archive was touched"
    assert done["runs"] == ["runs/0001-cold.nxs", "runs/0002-warm.nxs"]
    assert [Path(one.partition(": ")[0]).name for one in done["left_out"]] == ["0003-growing.nxs"]
    published = tmp_path / "crate" / "runs"
    originals = [study / "0001-cold.nxs", study / "0002-warm.nxs"]
    found = refitted([published / one.name for one in originals])
    assert found == refitted(originals)
    assert [row["status"] for row in found] == ["fitted", "fitted"]
    np.testing.assert_allclose([row["De1.tau_s"] for row in found], [0.05, 0.02], rtol=0.05)  # as they were made
    for original in originals:
        bare = (published / original.name).read_bytes()
        assert np.asarray(open_run(original).current_A[:100]).tobytes() not in bare


def test_a_run_without_its_samples_is_the_run_and_says_what_it_lacks(tmp_path: Path, ionecho: Told) -> None:
    path = write_run(tmp_path / "whole.nxs", run_id="one")
    write_without_samples(path, tmp_path / "bare.nxs")
    whole, bare = open_run(path), open_run(tmp_path / "bare.nxs")
    for name in ("run_id", "title", "start_time", "sample", "plan", "state", "events", "instrument", "drive"):
        np.testing.assert_equal(getattr(bare, name), getattr(whole, name))
    assert bare.n_samples == bare.n_planned == 0
    assert bare.verify().is_intact
    assert "2,000 samples were left out" in str(bare)
    for refused in (bare.require_intact, lambda: analyse(bare, CIRCUIT)):
        with pytest.raises(RunFileError, match="were left out when it was published"):
            refused()
    with pytest.raises(FileExistsError):
        write_without_samples(path, tmp_path / "bare.nxs")
    ionecho("export", tmp_path / "bare.nxs", "-o", tmp_path / "bare.csv", status=1)


def test_a_reduction_by_other_settings_needs_the_samples(study: Path, tmp_path: Path, ionecho: Told) -> None:
    pytest.importorskip("rocrate")
    ionecho("publish", study / "0001-cold.nxs", "-o", tmp_path / "crate", *SAID, "--no-raw")
    row = refitted([tmp_path / "crate" / "runs" / "0001-cold.nxs"], StudyOptions(drift=True))[0]
    assert "were left out when it was published" in row["reason"]


def test_a_publication_says_what_was_measured_by_whom_under_which_licence(
    study: Path, tmp_path: Path, ionecho: Told
) -> None:
    pytest.importorskip("rocrate")
    analyse(study / "0002-warm.nxs", CIRCUIT)
    ionecho("publish", study, "-o", tmp_path / "crate", *SAID, "--title", "A study", "--keyword", "echo")
    crate = tmp_path / "crate"
    found = entities(crate)
    root = found["./"]
    assert root["name"] == "A study"
    assert root["license"] == {"@id": "https://spdx.org/licenses/CC-BY-4.0"}
    assert found[root["author"]["@id"]]["name"] == "Jane Doe"
    assert found[found[root["author"]["@id"]]["affiliation"]["@id"]]["name"] == "A university"
    parts = {one["@id"] for one in root["hasPart"]}
    files = {path.relative_to(crate).as_posix() for path in crate.rglob("*") if path.is_file()}
    assert parts == files - {"ro-crate-metadata.json"}
    assert "campaign.toml" in parts
    for name in ("0001-cold.nxs", "0002-warm.nxs"):
        assert (crate / "runs" / name).read_bytes() == (study / name).read_bytes()
    warm = next(one for one in found.values() if one.get("description") == "electrodes: Au")
    assert "SolidElectrolyte" in warm["@type"]
    quantities = [found[one["@id"]] for one in warm["hasProperty"]]
    assert {kind for one in quantities for kind in one["@type"]} >= {
        "Thickness",
        "Area",
        "ThermodynamicTemperature",
        "RelativePermittivity",
    }
    thickness = next(one for one in quantities if "Thickness" in one["@type"])
    assert found[thickness["hasNumericalPart"]["@id"]]["hasNumericalValue"] == 1e-3
    assert thickness["hasMeasurementUnit"] == {"@id": "https://w3id.org/emmo#Metre"}
    tau = next(one for one in found.values() if one["@id"].startswith("#fit-") and one["name"] == "De1.tau")
    assert tau["minValue"] < 0.02 < tau["maxValue"]


def test_it_satisfies_the_validator_of_research_objects(study: Path, tmp_path: Path, ionecho: Told) -> None:
    """By `roc-validator` in an environment of its own: it needs an older rich than ours."""
    rocrate = pytest.importorskip("rocrate")
    program = os.environ.get("IONECHO_ROC_VALIDATOR") or shutil.which("rocrate-validator")
    if not program:
        pytest.skip("no rocrate-validator: uv tool install roc-validator, or set IONECHO_ROC_VALIDATOR")
    analyse(study / "0002-warm.nxs", CIRCUIT)
    ionecho("publish", study, "-o", tmp_path / "crate", *SAID)
    interpreter = Path(program).read_text().splitlines()[0].removeprefix("#!")
    script = Path(__file__).parent / "validate_crate.py"
    context = Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COVERAGE"))}
    ended = subprocess.run(
        [interpreter, script, tmp_path / "crate", context],
        capture_output=True,
        encoding="utf-8",
        cwd=tmp_path,
        env=clean,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr[-2000:]


def test_a_publication_may_be_one_zip_file(study: Path, tmp_path: Path, ionecho: Told) -> None:
    pytest.importorskip("rocrate")
    ionecho("publish", study / "0001-cold.nxs", "-o", tmp_path / "crate.zip", *SAID)
    with zipfile.ZipFile(tmp_path / "crate.zip") as archive:
        assert {"ro-crate-metadata.json", "runs/0001-cold.nxs", "runs/0001-cold.results.nxs"} <= set(archive.namelist())
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_nothing_is_overwritten_and_nothing_half_made_is_left(study: Path, tmp_path: Path, ionecho: Told) -> None:
    pytest.importorskip("rocrate")
    (tmp_path / "mine").mkdir()
    assert "exists already" in ionecho("publish", study, "-o", tmp_path / "mine", *SAID, status=2)
    path = study / "0001-cold.nxs"
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    place = content.index(np.asarray(open_run(path).voltage_V[:2000]).tobytes())
    content[place + 4000] ^= 1
    path.write_bytes(content)
    results_path(path).unlink(missing_ok=True)
    for raw in ("--raw", "--no-raw"):
        assert "damaged" in ionecho("publish", study, "-o", tmp_path / "crate", *SAID, raw, status=1)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["mine", "study"]


def test_authors_are_asked_for_and_checked(study: Path, tmp_path: Path, ionecho: Told) -> None:
    pytest.importorskip("rocrate")
    told = ionecho("publish", study, "-o", tmp_path / "crate", "--license", "CC0-1.0", status=2)
    assert "--author" in told
    assert Author.from_text("Jane Doe").orcid == ""
    assert Author.from_text("J. Carberry <https://orcid.org/0000-0002-1825-0097>").orcid.endswith("0097")
    for wrong in ("", "Jane <0000-0002-1825-0098>", "Jane <jane@example.org>"):
        with pytest.raises(InputError):
            Author.from_text(wrong)
    assert license_address("https://example.org/licence") == "https://example.org/licence"
    with pytest.raises(InputError):
        license_address("all rights reserved")
