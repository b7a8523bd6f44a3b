"""Tables of a refit on disk: CSV or parquet, written whole, read back with the types of their columns."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from daq.files.durable import write_atomically
from fitting.archive.rows import TEXTS, Row, columns_of
from protocols import InputError, RunFileError, reason_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType

CSV, PARQUET = ".csv", ".parquet"
_TRUTH = {"true": True, "false": False}
_COUNTS = frozenset({"samples_used", "samples_excluded"})
"""Columns of whole numbers."""


def check_table(path: Path) -> None:
    """Raise `InputError` if no table can be written to a path."""
    suffix = path.suffix.lower()
    if suffix not in {CSV, PARQUET}:
        raise InputError(f"a table is a {CSV} or a {PARQUET} file, not {path.name!r}", "--output")
    if path.is_dir():
        raise InputError("this is a folder: name a file in it", str(path))
    if not path.parent.is_dir():
        raise InputError("there is no such folder: make it first", str(path.parent))
    if suffix == PARQUET:
        _pyarrow()


def write_table(path: Path, rows: list[Row]) -> None:
    """Write a table in place of the one that was there; whoever opens it finds the old one or the new one, whole.

    Raises
    ------
    RunFileError
        If it cannot be written; the old one stays.
    """
    columns = columns_of(rows)
    write: Callable[[Path, list[str], list[Row]], None]
    write = _write_parquet if path.suffix.lower() == PARQUET else _write_csv
    try:
        with write_atomically(path) as making:
            write(making, columns, rows)
    except OSError as error:
        raise RunFileError(f"{path} could not be written: {reason_of(error)}. Its rows are in the journal.") from error


def read_table(path: Path) -> list[Row]:
    """Return the rows of a table; empty cells are left out.

    Raises
    ------
    RunFileError
        If it is not a table that `write_table` wrote.
    """
    try:
        rows = _read_parquet(path) if path.suffix.lower() == PARQUET else _read_csv(path)
    except (OSError, ValueError, csv.Error) as error:
        reason = reason_of(error) if isinstance(error, OSError) else str(error)
        raise RunFileError(f"{path} is no table of a refit: {reason}. Give another name, or move it away.") from error
    if any("run" not in row or "status" not in row or "settings_sha256" not in row for row in rows):
        raise RunFileError(f"{path} is no table of a refit: give another name, or move it away.")
    return rows


def _write_csv(path: Path, columns: list[str], rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read_csv(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return [
            {name: _value(name, cell) for name, cell in row.items() if cell}
            for row in csv.DictReader(file, strict=True, restkey="", restval="")
        ]


def _value(name: str, cell: str) -> Any:
    if name in TEXTS:
        return cell
    if cell in _TRUTH:
        return _TRUTH[cell]
    return int(cell) if name in _COUNTS else float(cell)


def _write_parquet(path: Path, columns: list[str], rows: list[Row]) -> None:
    pa = _pyarrow()
    import pyarrow.parquet

    arrays = [pa.array([row.get(name) for row in rows], _type_of(pa, name)) for name in columns]
    pyarrow.parquet.write_table(pa.Table.from_arrays(arrays, names=columns), path)


def _type_of(pa: ModuleType, name: str) -> Any:
    """Return the type of a column: by its name, so that a column without a value has the same in every table."""
    if name in TEXTS:
        return pa.string()
    if name in {"describes", "reduction_kept"} or name.endswith("_determined"):
        return pa.bool_()
    return pa.int64() if name in _COUNTS else pa.float64()


def _read_parquet(path: Path) -> list[Row]:
    _pyarrow()
    import pyarrow.parquet

    rows = pyarrow.parquet.read_table(path).to_pylist()
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def _pyarrow() -> ModuleType:
    try:
        import pyarrow as pa
    except ImportError:
        raise InputError(
            "parquet needs pyarrow, which is not installed: pip install 'ionecho[parquet]', or write a .csv", "--output"
        ) from None
    module: ModuleType = pa
    return module
