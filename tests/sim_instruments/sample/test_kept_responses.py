"""Step responses kept on disk: the same numbers as worked out, never those of another cell, and never in the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim_instruments.sample import cell as cells
from sim_instruments.sample.cell import Cell, load_cell
from sim_instruments.sample.counted_memory import memory_of
from sim_instruments.sample.lattice_gas import LatticeGas
from sim_instruments.sample.relaxation import debye

PARAMETERS = {"R_s": 1e3, "G_inf": 1e-4, "Q": 1e-6, "n": 0.9}
T = np.geomspace(1e-8, 1e3, 30)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which this test's step responses are kept."""
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(tmp_path))
    # A tenth of the points: what is kept matters here, not how exact it is.
    monkeypatch.setattr(cells, "_POINTS", 20)
    return tmp_path / "step-responses"


def made(tau_s: float = 1e-3) -> Cell:
    return Cell("made", PARAMETERS, debye(0.2, tau_s), points_per_decade=20)


def test_a_second_cell_of_the_same_kind_takes_the_first_ones_response(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = made().step_response(T)
    assert len(list(kept.iterdir())) == 1
    monkeypatch.setattr(cells, "step_current", lambda *_: pytest.fail("worked out again"))
    np.testing.assert_array_equal(made().step_response(T), first)


def test_each_cell_has_its_own(kept: Path) -> None:
    assert np.abs(made(1e-3).step_response(T) - made(2e-3).step_response(T)).max() > 1e-6
    assert len(list(kept.iterdir())) == 2


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY", b"no array"])
def test_a_damaged_file_is_worked_out_again_and_mended(kept: Path, damage: bytes) -> None:
    first = made().step_response(T)
    (file,) = kept.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage)
    np.testing.assert_array_equal(made().step_response(T), first)
    assert file.read_bytes() == whole


def test_a_folder_that_cannot_be_written_is_no_hindrance(kept: Path) -> None:
    kept.write_text("a file where the folder would be")
    assert np.isfinite(made().step_response(T)).all()


def test_a_count_is_kept_for_each_gas_duration_and_seed_and_read_as_it_was_counted(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gas = LatticeGas((4, 4, 4), 8, 1.0, 2.0, 0.1)
    counts = []
    for asked, duration_s, seed in ((gas, 2e3, 0), (gas, 3e3, 0), (gas, 2e3, 1), (replace(gas, ions=9), 2e3, 0)):
        memory_of.cache_clear()
        counts.append(memory_of(asked, duration_s, 1.0, seed))
        assert len(list(kept.iterdir())) == len(counts)
    memory_of.cache_clear()
    monkeypatch.setattr("sim_instruments.sample.counted_memory.count_hops", lambda *_: pytest.fail("counted again"))
    again = memory_of(gas, 2e3, 1.0, 0)
    np.testing.assert_array_equal(again.rates_Hz, counts[0].rates_Hz)
    np.testing.assert_array_equal(again.shares, counts[0].shares)


def test_a_plain_resistor_needs_no_working_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "step_current", lambda *_: pytest.fail("worked out"))
    np.testing.assert_allclose(load_cell("resistor").step_response(T), 1e-4, rtol=1e-12)
