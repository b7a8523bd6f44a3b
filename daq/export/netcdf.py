"""Samples of a run as NetCDF 4, as xarray would write `Run.to_xarray`, but piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from daq.files.extras import library

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from daq.export.table import SampleTable

_CHUNK = 1 << 16
"""Rows that are packed together: 512 KB of a column. Doubled, a reader of a short stretch unpacks twice as much."""


def require_netcdf() -> Any:
    """Return h5netcdf.

    Raises
    ------
    RunFileError
        If it is not installed.
    """
    return library("h5netcdf", "frames")


def write_netcdf(table: SampleTable, path: Path, facts: Mapping[str, str]) -> None:
    """Write a table: its first column is the dimension, the others are variables over it, with units (CF)."""
    axis = table.columns[0].name
    # Whoever makes the file has locked it already.
    with require_netcdf().File(path, "w", locking=False) as file:
        file.dimensions = {axis: table.n_rows}
        variables = []
        for column in table.columns:
            chunks = (min(_CHUNK, table.n_rows),)
            one = file.create_variable(
                column.name, (axis,), column.dtype, chunks=chunks, compression="gzip", compression_opts=1, shuffle=True
            )
            if column.unit:
                one.attrs["units"] = column.unit
            one.attrs["long_name"] = column.about
            variables.append(one)
        first = 0
        for piece in table.pieces():
            for variable, values in zip(variables, piece, strict=True):
                variable[first : first + len(values)] = values
            first += len(piece[0])
        file.attrs["Conventions"] = "CF-1.11"
        for name, text in facts.items():
            file.attrs[name] = text
