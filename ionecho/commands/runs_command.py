"""Arguments, options and help of `ionecho runs`; what it does is in `ionecho.commands.runs`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ionecho.commands.statement_options import Json

Folders = Annotated[
    list[Path] | None, typer.Argument(metavar="FOLDER", help="Folders to look in; none looks in all that are followed.")
]
Where = Annotated[str, typer.Option(help="Condition, e.g. 'sample~\"LPSCl\" and T<270 K'.")]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="Runs with this tag; may be given several times.")]
Since = Annotated[str, typer.Option(help='Runs since a date, or within a time such as "3 days".')]
Text = Annotated[str, typer.Option(help="Runs with these words anywhere in their texts.")]
Sort = Annotated[str, typer.Option(help="Field to sort by; -FIELD puts the largest first.")]
Limit = Annotated[int | None, typer.Option(help="Most runs that are listed; 0 lists all.", min=0)]
Follow = Annotated[
    Path | None, typer.Option(file_okay=False, help="Look in this folder, and all below it, from now on.")
]
Unfollow = Annotated[Path | None, typer.Option(help="Look in this folder no longer.")]
Rebuild = Annotated[bool, typer.Option("--rebuild", help="Read all run files anew.")]


def runs(
    folders: Folders = None,
    where: Where = "",
    tag: Tags = None,
    since: Since = "",
    text: Text = "",
    sort: Sort = "-start",
    limit: Limit = None,
    follow: Follow = None,
    unfollow: Unfollow = None,
    rebuild: Rebuild = False,
    as_json: Json = False,
) -> None:
    """List runs, and find them: by sample, temperature, instrument, tags, words, fitted figures.

    The folders of `ionecho run` are followed by themselves.
    """
    from ionecho.commands.refusals import reported
    from ionecho.commands.runs import RunsRequest, list_runs

    request = RunsRequest(
        tuple(folders or ()), where, tuple(tag or ()), since, text, sort, limit, follow, unfollow, rebuild
    )
    with reported(as_json=as_json):
        list_runs(request, as_json=as_json)
