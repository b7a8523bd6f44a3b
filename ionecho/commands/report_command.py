"""Arguments, options and help of `ionecho report`; what it does is in `ionecho.commands.report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ionecho.commands.statement_options import Json

Given = Annotated[
    list[Path],
    typer.Argument(metavar="RUN|FOLDER|TABLE", help="Run; several runs; folder of a campaign; table of `refit`."),
]
Output = Annotated[
    Path, typer.Option("--output", "-o", help="File to be made: .html or .pdf; replaced if it is there.")
]
Figures = Annotated[
    Path | None,
    typer.Option("--figures", file_okay=False, help="Folder for each figure by itself: SVG, PDF, and its data as CSV."),
]


def report(given: Given, output: Output, figures: Figures = None, as_json: Json = False) -> None:
    """Report on a run, a comparison of runs, a campaign or an archive, on a page to read, print or send.

    The verdict comes first. A fit is the one that `ionecho fit` kept; nothing is fitted here.
    """
    from ionecho.commands.refusals import reported
    from ionecho.commands.report import make_report

    with reported(as_json=as_json):
        make_report(given, output, figures, as_json=as_json)
