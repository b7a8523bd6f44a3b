"""Arguments, options and help of `ionecho compare`; what it does is in `ionecho.commands.compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ionecho.commands.statement_options import Json

Given = Annotated[
    list[Path],
    typer.Argument(metavar="RUNS|TABLE", help="Runs with kept fits, folders, patterns; tables of `ionecho refit`."),
]
Circuit = Annotated[str, typer.Option("--model", "-m", help="Fits of this circuit; needed where there are several.")]
By = Annotated[
    list[str] | None,
    typer.Option(help="temperature, thickness, width, amplitude or sample; several times; all unless given."),
]
Quantity = Annotated[str, typer.Option(help="What is compared, by its name in tables, e.g. De1.G_inf.")]
At = Annotated[str, typer.Option(help='Temperature at which samples are compared, e.g. "25 degC".')]
Superposed = Annotated[
    bool, typer.Option("--master", help="Do spectra of a sample fall onto one master curve? Needs runs, not a table.")
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write it: .csv (a row a sample) or .json (all).")]
Plot = Annotated[Path | None, typer.Option(help="Draw it: .svg, .png or .pdf.")]


def compare(
    given: Given,
    model: Circuit = "",
    by: By = None,
    quantity: Quantity = "median_memory_time",
    at: At = "",
    master: Superposed = False,
    output: Output = None,
    plot: Plot = None,
    as_json: Json = False,
) -> None:
    """Compare samples of an archive: which remembers longest, and is it the bulk?

    Activation, scaling with thickness, width and amplitude, samples by rank. Uses fits that are there; fits nothing.
    """
    from ionecho.commands.compare import CompareRequest, compare_runs
    from ionecho.commands.refusals import reported

    with reported(as_json=as_json):
        compare_runs(CompareRequest(given, model, tuple(by or ()), quantity, at, master, output, plot), as_json=as_json)
