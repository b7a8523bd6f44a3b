"""A refit of an archive: a row for each run and circuit, right, whatever happens on the way.

The cell's response is known in closed form, the runs are written by the product's own writer.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from daq import open_run, results_path
from daq.files.layout import Layout
from daq.files.results import read_attributes
from daq.files.seal import Seal, check_seal, peek_seal
from daq.files.statements import Statements, write_statements
from fitting import CellModel
from fitting.archive.dispatch import Workers
from fitting.archive.job import Job, refit_run
from fitting.archive.refit import Progress, Refitted, refit_archive
from fitting.archive.settings import RefitSettings
from fitting.archive.table import read_table
from fitting.inference.optimum import Fitted
from fitting.inference.parameter_transform import ParameterTransform
from fitting.interpretation.memory import memory_quantities
from fitting.study_options import StudyOptions
from fitting.transforms.laplace import Floats
from protocols import RunFileError
from tests.fitting.archive.runs import CAPACITANCE_F, CIRCUIT, G_INF_S, write_run

W_INF = {"a": 0.2, "b": 0.3, "c": 0.45}
TAU_S = {"a": 0.015, "b": 0.02, "c": 0.03}
HERE: Workers[Any, Any] = Workers(lambda _: ThreadPoolExecutor(1), 1)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs whose reductions are kept, and one that cannot be read."""
    folder = tmp_path_factory.mktemp("archive") / "runs"
    for seed, (name, W_inf) in enumerate(W_INF.items()):
        write_run(folder / f"{name}.nxs", run_id=name, W_inf=W_inf, tau_s=TAU_S[name], seed=seed)
    (folder / "damaged.nxs").write_bytes(b"not a run")
    _refit(folder, folder.parent / "first.csv")
    return folder


@pytest.fixture
def runs(archive: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(archive, tmp_path / "runs"))


def _refit(
    folder: Path,
    table: Path,
    *circuits: str,
    follow: Callable[[Progress], None] | None = None,
    settings: RefitSettings | None = None,
) -> Refitted:
    chosen = circuits or (CIRCUIT,)
    return refit_archive([folder], chosen, table, workers=HERE, follow=follow, settings=settings)


def _by_name(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {Path(row["run"]).stem: row for row in rows}


def test_every_run_gets_a_row_whose_intervals_hold_the_truth(archive: Path) -> None:
    rows = _by_name(read_table(archive.parent / "first.csv"))
    assert set(rows) == {*W_INF, "damaged"}
    for name, W_inf in W_INF.items():
        row = rows[name]
        assert row["status"] == "fitted"
        assert row["describes"]
        # Of twelve intervals of 95 % some miss; twice as wide, 3.9 deviations, none does.
        for column, truth in (
            ("W_inf", W_inf), ("De1.tau", TAU_S[name]), ("De1.G_inf", G_INF_S), ("C1", CAPACITANCE_F)
        ):  # fmt: skip
            unit = {"De1.tau": "_s", "De1.G_inf": "_S", "C1": "_F"}.get(column, "")
            low, high = row[f"{column}_low{unit}"], row[f"{column}_high{unit}"]
            assert abs(row[f"{column}{unit}"] - truth) < (high - low)
        assert (row["sample"], row["temperature_K"], row["run_id"]) == ("pellet", 300.0, name)
        assert len(row["sha256"]) == 64
        assert row["code"]
    assert rows["damaged"]["status"] == "failed"
    assert "not a run file" in rows["damaged"]["reason"]


def test_what_is_in_the_table_is_not_fitted_again(runs: Path, tmp_path: Path) -> None:
    first = _refit(runs, tmp_path / "t.csv")
    again = _refit(runs, tmp_path / "t.csv")
    assert (first.n_fitted, first.n_failed) == (3, 1)
    assert (again.n_fitted, again.n_failed, again.n_unchanged) == (0, 1, 3)
    fitted = [row["fitted_at"] for row in read_table(tmp_path / "t.csv") if row["status"] == "fitted"]
    assert fitted == [row["fitted_at"] for row in first.rows if row["status"] == "fitted"]


def test_a_refit_that_was_stopped_goes_on_and_no_row_comes_twice(runs: Path, tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.n_done == 2:
            raise KeyboardInterrupt

    table = tmp_path / "t.csv"
    with pytest.raises(KeyboardInterrupt):
        _refit(runs, table, follow=stop)
    assert not table.exists()
    begun: list[int] = []
    done = _refit(runs, table, follow=lambda progress: begun.append(progress.n_done))
    # Of the two runs that were done before it was stopped, the damaged one is tried again at most.
    assert begun[0] >= 1
    assert done.n_fitted <= 2
    assert sorted(Path(row["run"]).stem for row in read_table(table)) == ["a", "b", "c", "damaged"]
    assert not list(tmp_path.glob("*.journal"))


def test_a_run_of_which_something_else_is_stated_is_fitted_again(runs: Path, tmp_path: Path) -> None:
    _refit(runs, tmp_path / "t.csv")
    write_statements(runs / "b.nxs", Statements(temperature="350 K"))
    done = _refit(runs, tmp_path / "t.csv")
    assert (done.n_fitted, done.n_unchanged) == (1, 2)
    rows = _by_name(done.rows)
    assert (rows["b"]["temperature_K"], rows["a"]["temperature_K"]) == (350.0, 300.0)
    assert len(done.rows) == 4


def test_another_run_at_the_same_path_takes_the_place_of_its_row(runs: Path, tmp_path: Path) -> None:
    _refit(runs, tmp_path / "t.csv")
    (runs / "b.nxs").chmod(0o600)  # Windows deletes nothing that is read-only
    (runs / "b.nxs").unlink()
    write_run(runs / "b.nxs", run_id="new", W_inf=0.6)
    done = _refit(runs, tmp_path / "t.csv")
    row = _by_name(done.rows)["b"]
    assert row["run_id"] == "new"
    assert row["W_inf_low"] < 0.6 < row["W_inf_high"]
    assert len(done.rows) == 4


def test_other_circuits_and_other_runs_are_added_to_a_table(runs: Path, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    refit_archive([runs / "a.nxs"], [CIRCUIT], table, workers=HERE)
    refit_archive([runs / "b.nxs"], [CIRCUIT, "R1-C1"], table, workers=HERE)
    done = refit_archive([runs / "a.nxs", runs / "b.nxs"], [CIRCUIT, "R1-C1"], table, workers=HERE)
    assert (done.n_fitted, done.n_unchanged) == (1, 3)
    found = [(Path(row["run"]).stem, row["circuit"], row["describes"]) for row in done.rows]
    assert found == [("a", CIRCUIT, True), ("a", "R1-C1", False), ("b", CIRCUIT, True), ("b", "R1-C1", False)]
    curved = [row["intervals"] for row in done.rows]
    assert curved == ["profile", "curvature", "profile", "curvature"]
    # AICc tells which circuit it was: R1-C1 has no memory.
    assert done.rows[0]["aicc"] < done.rows[1]["aicc"] - 10.0


def test_a_copy_gets_a_row_that_names_the_record_and_no_figures(runs: Path, tmp_path: Path) -> None:
    shutil.copy(runs / "a.nxs", runs / "z.nxs")
    done = _refit(runs, tmp_path / "t.csv")
    row = _by_name(done.rows)["z"]
    assert (row["status"], "W_inf" in row) == ("duplicate", False)
    assert row["reason"].endswith("a.nxs")
    assert (done.n_fitted, done.n_duplicate, done.n_failed) == (3, 1, 1)


def test_a_table_has_one_refit_at_a_time(runs: Path, tmp_path: Path) -> None:
    def second(_: Progress) -> None:
        with pytest.raises(RunFileError, match="another refit"):
            _refit(runs, tmp_path / "t.csv")

    _refit(runs, tmp_path / "t.csv", follow=second)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs", "t.csv"]


def test_a_circuit_that_cannot_be_fitted_says_why_and_leaves_the_others(runs: Path, tmp_path: Path) -> None:
    done = refit_archive([runs / "a.nxs"], ["Tab1-C1", CIRCUIT], tmp_path / "t.csv", workers=HERE)
    assert [row["status"] for row in done.rows] == ["failed", "fitted"]
    assert "table" in done.rows[0]["reason"]


def test_a_cell_found_by_its_neighbour_is_the_one_that_a_search_finds(runs: Path, tmp_path: Path) -> None:
    followed = _by_name(_refit(runs, tmp_path / "t.csv").rows)
    searched = _by_name(_refit(runs, tmp_path / "s.csv", settings=RefitSettings((), searched=True)).rows)
    assert followed["c"]["start"] == "neighbour"
    for name in W_INF:
        assert searched[name]["start"] == "search"
        for column in ("W_inf", "De1.tau"):
            unit = "_s" if column == "De1.tau" else ""
            one, other = (rows[name][f"{column}{unit}"] for rows in (followed, searched))
            width = searched[name][f"{column}_high{unit}"] - searched[name][f"{column}_low{unit}"]
            assert one == pytest.approx(other, abs=1e-3 * width)


def test_a_kept_reduction_costs_one_opening_of_the_run_and_one_of_its_results_and_no_hdf5(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def counted(descriptor: int, kind: str, where: Path) -> Seal | None:
        opened.append(kind)
        return check_seal(descriptor, kind, where)

    for module in ("run", "results"):
        monkeypatch.setattr(f"daq.files.{module}.check_seal", counted)
    monkeypatch.delattr(h5py, "File")
    done = refit_run(Job("a", str(runs / "a.nxs")), RefitSettings((CIRCUIT, "R0-C1")))
    assert [row["reduction_kept"] for row in done.rows] == [True, True]
    assert opened == ["run", "results"]


def test_a_run_whose_samples_are_another_ones_is_refitted_as_it_was_reduced_and_reduced_anew_is_refused(
    runs: Path, tmp_path: Path
) -> None:
    before = _by_name(_refit(runs, tmp_path / "before.csv").rows)["a"]
    _spoil(runs / "a.nxs", "current")
    after = _by_name(_refit(runs, tmp_path / "after.csv").rows)["a"]
    assert after["reduction_kept"]
    # The record that was fitted, by which anybody finds out that the file is no longer that one.
    assert after["sha256"] == before["sha256"] != hashlib.sha256((runs / "a.nxs").read_bytes()).hexdigest()
    for column in ("W_inf", "W_inf_low", "W_inf_high"):  # the search came from another run
        assert after[column] == pytest.approx(before[column], rel=1e-6)
    results_path(runs / "a.nxs").unlink()
    reduced = _by_name(_refit(runs, tmp_path / "reduced.csv").rows)["a"]
    assert (reduced["status"], "damaged" in reduced["reason"]) == ("failed", True)


def test_a_reduction_of_a_file_with_another_checksum_of_samples_does_not_count(runs: Path) -> None:
    _spoil(runs / "a.nxs", "blocks")
    [row] = refit_run(Job("a", str(runs / "a.nxs")), RefitSettings((CIRCUIT,))).rows
    assert (row["status"], "block 0 do not match" in row["reason"]) == ("failed", True)


def test_a_reduction_of_a_file_with_another_event_does_not_count(runs: Path) -> None:
    run = runs / "a.nxs"
    _spoil(run, "events")
    [row] = refit_run(Job("a", str(run)), RefitSettings((CIRCUIT,))).rows
    assert (row["status"], row["reduction_kept"]) == ("fitted", False)
    assert row["sha256"] == hashlib.sha256(run.read_bytes()).hexdigest()


def test_settings_that_need_another_reduction_sum_the_run_as_it_is(runs: Path) -> None:
    run = runs / "a.nxs"
    settings = RefitSettings((CIRCUIT,), StudyOptions(mains_Hz=50.0))
    [row] = refit_run(Job("a", str(run)), settings).rows
    assert not row["reduction_kept"]
    kept = read_attributes(run, "reduction", open_run(run).start_time)
    assert kept is not None
    assert kept["raw_sha256"] == hashlib.sha256(run.read_bytes()).hexdigest()


def _spoil(run: Path, part: str) -> None:
    """Flip a bit in the last byte of a part of a run file that is in use, its time of change as it was."""
    status, content = run.stat(), bytearray(run.read_bytes())
    with run.open("rb") as file:
        about = peek_seal(file.fileno(), "run")
    assert about is not None
    offset, length = Layout.from_seal(about).growing[part]
    used = max(k for k in range(offset, offset + length) if content[k])
    content[used] ^= 1
    run.chmod(0o600)
    run.write_bytes(content)
    os.utime(run, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_all_figures_of_the_memory_share_the_places_beside_the_optimum() -> None:
    cell = CellModel("R0-Cc1-CPE1")
    n, asked = len(cell.parameters), 0
    transform = ParameterTransform(cell.parameters)

    def theta_of(u: Floats) -> Floats:
        nonlocal asked
        asked += 1
        return transform.from_unbounded(u)

    u = transform.to_unbounded(np.array([100.0, 1e-3, 0.3, 1e-3, 0.8, 1e-5, 0.9]))
    fitted = Fitted(cell, transform, u, 1e-6 * np.eye(n), np.stack([u - 1e-3, u + 1e-3], axis=1), (1e-5, 1.0), theta_of)
    found, _ = memory_quantities(fitted, with_band=False)
    assert len(found) >= 5
    # The optimum, one place to either side of each unknown, and the ends of the interval of W_inf.
    assert asked <= 1 + 2 * n + 2
