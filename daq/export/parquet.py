"""Tables of samples as parquet files, written in groups of rows."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from daq.files.extras import library

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from daq.export.table import SampleTable

_TYPES = {"f8": "float64", "u1": "uint8", "u4": "uint32"}
"""Names of pyarrow's types."""


def require_parquet() -> Any:
    """Return pyarrow.

    Raises
    ------
    RunFileError
        If it is not installed.
    """
    return library("pyarrow", "parquet")


def write_parquet(table: SampleTable, path: Path, facts: Mapping[str, str]) -> None:
    """Write a table; units stand with the columns, facts with the file, both as texts."""
    pa = require_parquet()
    parquet = import_module("pyarrow.parquet")
    fields = [
        pa.field(
            column.name,
            getattr(pa, _TYPES[column.dtype])(),
            metadata={"description": column.about, **({"units": column.unit} if column.unit else {})},
        )
        for column in table.columns
    ]
    schema = pa.schema(fields, metadata={f"ionecho.{name}": text for name, text in facts.items()})
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for piece in table.pieces():
            # NaN is where nothing was measured: a cell without a value, as other tables know it.
            arrays = [
                pa.array(values, type=one.type, from_pandas=True) for values, one in zip(piece, fields, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
