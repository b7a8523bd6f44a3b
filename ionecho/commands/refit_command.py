"""Arguments, options and help of `ionecho refit`; what it does is in `ionecho.commands.refit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ionecho.commands.statement_options import Json

Runs = Annotated[
    list[Path] | None,
    typer.Argument(metavar="RUN", help='Run files, folders of them, patterns such as "runs/*.nxs".'),
]
Where = Annotated[str, typer.Option(help="Those of the catalogue that meet a condition, as `ionecho runs` takes it.")]
Models = Annotated[
    list[str] | None, typer.Option("--model", "-m", help="Circuit (R0-Mig1-CPE1 unless given); each run gets each.")
]
Table = Annotated[Path | None, typer.Option("--output", "-o", help="Table to be made or added to: .csv, or .parquet.")]
Drift = Annotated[bool, typer.Option("--drift", help="Take a linear drift of the current out.")]
Baseline = Annotated[str, typer.Option(help="smooth: take a slow baseline out, as strong as the record says.")]
Mains = Annotated[float | None, typer.Option(help="Take the mains out, 50 or 60 Hz, and harmonics.")]
Attributed = Annotated[
    bool, typer.Option("--attribute", help="Whose memory it is, for each fit; takes twice to three times as long.")
]
Profiled = Annotated[
    bool,
    typer.Option("--profiles", help="Profile intervals of circuits that do not describe their record too; slow."),
]
Searched = Annotated[
    bool, typer.Option("--search", help="Search each run from everywhere, not from the cells of other runs; slow.")
]
WorkerCount = Annotated[int | None, typer.Option("--workers", min=1, help="Processes; one a core unless given.")]
Scheduler = Annotated[
    str, typer.Option(help="Dask cluster to do it, e.g. tcp://10.0.0.5:8786; needs ionecho[cluster].")
]
Verified = Annotated[
    bool, typer.Option("--verify", help="Make the kept fits again, as they were made: what comes out otherwise?")
]


def refit(
    runs: Runs = None,
    where: Where = "",
    model: Models = None,
    output: Table = None,
    drift: Drift = False,
    baseline: Baseline = "",
    mains: Mains = None,
    attribute: Attributed = False,
    profiles: Profiled = False,
    search: Searched = False,
    workers: WorkerCount = None,
    scheduler: Scheduler = "",
    verify: Verified = False,
    as_json: Json = False,
) -> None:
    """Fit every run to every circuit, each by itself, into one table.

    A row says what was found, or why nothing was. Stopped or killed, the same command goes on where it was.
    """
    from ionecho.commands.refit import RefitRequest, run_refit
    from ionecho.commands.refusals import reported

    if verify and (model or output or drift or baseline or mains or attribute or profiles or search):
        raise typer.BadParameter("kept fits are verified as they were made", param_hint="--verify")
    if not verify and output is None:
        raise typer.BadParameter("name the table: -o table.csv", param_hint="--output")
    if not runs and not where:
        raise typer.BadParameter("name runs or folders, or give --where", param_hint="RUN")
    if workers and scheduler:
        raise typer.BadParameter("a cluster has workers of its own", param_hint="--workers")
    request = RefitRequest(
        runs or [],
        model or [],
        output,
        given=(drift, baseline, mains),
        depth=(attribute, profiles, search),
        workers=workers,
        scheduler=scheduler,
        where=where,
    )
    with reported(as_json=as_json):
        run_refit(request, as_json=as_json)
