"""Arguments, options and help of `ionecho tag`; what it does is in `ionecho.commands.tags`."""

from __future__ import annotations

from typing import Annotated

import typer

from ionecho.commands.statement_options import Json, RunFiles

Add = Annotated[list[str] | None, typer.Option(help="Tag to add; may be given several times.")]
Remove = Annotated[list[str] | None, typer.Option(help="Tag to take away; may be given several times.")]


def tag(runs: RunFiles, add: Add = None, remove: Remove = None, as_json: Json = False) -> None:
    """Tag runs, so that `ionecho runs --tag` finds them; without options, print their tags.

    Tags are kept in a text beside each run.
    """
    from ionecho.commands.refusals import check_files, reported
    from ionecho.commands.tags import tag_runs

    with reported(as_json=as_json):
        check_files(runs)
        tag_runs(runs, add or [], remove or [], as_json=as_json)
