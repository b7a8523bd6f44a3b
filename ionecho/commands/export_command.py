"""Arguments, options and help of `ionecho export`; what it does is in `ionecho.commands.export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ionecho.commands.statement_options import Json

Runs = Annotated[
    list[Path], typer.Argument(metavar="RUN", help='Run files, folders of them, patterns such as "runs/*.nxs".')
]
Output = Annotated[Path, typer.Option("--output", "-o", help="File to be made; of several runs a folder.")]
FormatName = Annotated[
    str, typer.Option("--format", help="csv, parquet, bdf, netcdf or bluesky; as the file's name ends unless given.")
]
WithResults = Annotated[
    bool, typer.Option("--results", help="The kept fit too, as NAME.fit.json, and reduction, as NAME.reduction.npz.")
]
Forced = Annotated[bool, typer.Option("--force", help="Replace files that are there already.")]


def export(
    runs: Runs,
    output: Output,
    format_name: FormatName = "",
    results: WithResults = False,
    force: Forced = False,
    as_json: Json = False,
) -> None:
    """Write runs into files that other programs read.

    Endings: .csv, .parquet, .bdf or .bdf.csv (Battery Data Format), .nc (NetCDF), .jsonl (bluesky documents).
    """
    from ionecho.commands.export import ExportRequest, export_runs
    from ionecho.commands.refusals import reported

    request = ExportRequest(runs, output, format_name, results=results, replace=force)
    with reported(as_json=as_json):
        export_runs(request, as_json=as_json)
