"""Tables of a refit: what is written is read back, and nothing else is taken for one."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from fitting.archive.table import check_table, read_table, write_table
from protocols import InputError, RunFileError

ROWS: list[dict[str, Any]] = [
    {
        "run": 'a,"1".nxs', "circuit": "R0-De1-C1", "status": "fitted", "settings_sha256": "00", "describes": True,
        "W_inf": 0.1 + 0.2, "W_inf_low": None, "W_inf_determined": False, "samples_used": 1999, "sample": "007",
    },
    {"run": "b.nxs", "circuit": "R0-R1", "status": "failed", "settings_sha256": "00", "reason": "two\nlines; µ"},
]  # fmt: skip
KEPT = [{name: value for name, value in row.items() if value is not None} for row in ROWS]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_rows_are_read_back_with_their_types(tmp_path: Path, suffix: str) -> None:
    if suffix == ".parquet":
        pytest.importorskip("pyarrow", reason="parquet needs pyarrow (uv run --group archive)")
    path = tmp_path / f"t{suffix}"
    write_table(path, ROWS)
    assert read_table(path) == KEPT


def test_a_csv_is_one_that_other_programs_read(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", ROWS)
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["run"], float(first["W_inf"]), first["describes"]) == ('a,"1".nxs', 0.1 + 0.2, "true")
    assert (second["reason"], second["W_inf"]) == ("two\nlines; µ", "")


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"run,status,settings_sha256\n1,2\n\xff", b'run,"st\n'])
def test_what_is_no_table_of_ours_is_refused_and_stays(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    if content:
        with pytest.raises(RunFileError, match="no table of a refit"):
            read_table(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize(("name", "match"), [("t.xlsx", r"\.csv or a \.parquet"), ("no/t.csv", "no such folder")])
def test_a_table_that_cannot_be_made_is_refused_at_once(tmp_path: Path, name: str, match: str) -> None:
    with pytest.raises(InputError, match=match):
        check_table(tmp_path / name)
