"""Arguments, options and help of `ionecho publish`; what it does is in `ionecho.commands.publish`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ionecho.commands.statement_options import Json

Runs = Annotated[
    list[Path], typer.Argument(metavar="RUN", help="Folders of campaigns, run files, folders of them, patterns.")
]
Output = Annotated[Path, typer.Option("--output", "-o", help="Folder, or .zip file, to be made; must not exist.")]
License = Annotated[str, typer.Option("--license", help="SPDX identifier, e.g. CC-BY-4.0, or an address.")]
Authors = Annotated[
    list[str] | None,
    typer.Option("--author", help='"Jane Doe <ORCID>", each in turn; the operators of the runs unless given.'),
]
Title = Annotated[str, typer.Option(help="Name of the campaign unless given.")]
Description = Annotated[str, typer.Option(help="A sentence or two for who finds it.")]
Institution = Annotated[str, typer.Option(help="Of the authors.")]
Keywords = Annotated[list[str] | None, typer.Option("--keyword", help="Each in turn; tags of the runs unless given.")]
Raw = Annotated[bool, typer.Option("--raw/--no-raw", help="With all samples, or with reductions in their place.")]


def publish(
    runs: Runs,
    output: Output,
    license_name: License,
    author: Authors = None,
    title: Title = "",
    description: Description = "",
    institution: Institution = "",
    keyword: Keywords = None,
    raw: Raw = True,
    as_json: Json = False,
) -> None:
    """Make a publication of runs: an RO-Crate with a reduction of each, which others fit again.

    Samples, instruments and measurements are described by EMMO and BattINFO. Needs ionecho[publish].
    """
    from ionecho.commands.publish import publish_runs
    from ionecho.commands.refusals import reported
    from ionecho.publication.publish import Stated

    stated = Stated(license_name, title, description, tuple(author or ()), tuple(keyword or ()), institution)
    with reported(as_json=as_json):
        publish_runs(runs, output, stated, raw=raw, as_json=as_json)
