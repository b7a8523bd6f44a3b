"""Arguments, options and help of `resume`, `pause`, `stop` and `attach`; `ionecho.commands.campaign` does it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ionecho.commands.statement_options import Json

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of a campaign.")]
Now = Annotated[bool, typer.Option("--now", help="Stop the run of the point that is measured; it is repeated later.")]
RunOrFolder = Annotated[Path, typer.Argument(metavar="RUN|FOLDER", help="Run file, or folder of a campaign.")]


def resume(folder: Folder, as_json: Json = False) -> None:
    """Go on with a campaign, after a pause, a stop, a crash or a power cut.

    It goes on at the first point that is not finished, and says what is repeated. Ctrl-C stops it safely.
    """
    from ionecho.commands.campaign import resume as resume_campaign
    from ionecho.commands.refusals import reported

    with reported(as_json=as_json):
        resume_campaign(folder, as_json=as_json)


def pause(
    folder: Folder,
    now: Now = False,
    as_json: Json = False,
) -> None:
    """Pause a campaign after the point that is being measured; `resume` goes on. The output is off meanwhile."""
    from ionecho.commands.campaign import pause as pause_campaign
    from ionecho.commands.refusals import reported

    with reported(as_json=as_json):
        pause_campaign(folder, now=now, as_json=as_json)


def stop(
    run: RunOrFolder,
    after_point: Annotated[
        bool, typer.Option("--after-point", help="Let a campaign measure its point to the end first.")
    ] = False,
    abort: Annotated[
        bool, typer.Option("--abort", help="Switch a run's output off by its guardian's own session at once.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Stop a run or a campaign, whoever started it: output off, what was measured kept."""
    from ionecho.commands.campaign import stop as stop_campaign
    from ionecho.commands.refusals import reported
    from ionecho.commands.run import stop_run

    with reported(as_json=as_json):
        if run.is_dir():
            stop_campaign(run, after_point=after_point, as_json=as_json)
        else:
            stop_run(run, abort=abort, as_json=as_json)


def attach(run: RunOrFolder, as_json: Json = False) -> None:
    """Follow a run or a campaign that is in progress, whoever started it, to its end.

    Ctrl-C stops it safely, as it stops `run`. Closing the terminal does not.
    """
    from ionecho.commands.campaign import attach_to_campaign
    from ionecho.commands.refusals import reported
    from ionecho.commands.run import attach_to_run

    with reported(as_json=as_json):
        if run.is_dir():
            attach_to_campaign(run, as_json=as_json)
        else:
            attach_to_run(run, as_json=as_json)
