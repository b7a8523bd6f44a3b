"""Arguments, options and help of `ionecho queue`; what it does is in `ionecho.commands.queue`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ionecho.commands.campaign_command import Now
from ionecho.commands.statement_options import Json

queue_app = typer.Typer(
    name="queue", help="Campaigns that follow each other on an instrument.", no_args_is_help=True, rich_markup_mode=None
)

Documents = Annotated[
    list[str], typer.Argument(metavar="DOCUMENT", help="Campaign or protocol files, or names of ready protocols.")
]
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="As `ionecho queue list` shows it.")]
Resource = Annotated[str, typer.Option("--resource", "-r", help="VISA resource of the instrument, or its name.")]
OneOrAll = Annotated[str, typer.Option("--resource", "-r", help="Of one instrument only.")]


@queue_app.command(epilog="Example: ionecho queue add study.toml -r smu")
def add(
    documents: Documents,
    resource: Resource,
    folder: Annotated[Path, typer.Option("--folder", file_okay=False, help="Where campaigns' folders go.")] = Path(
        "runs"
    ),
    max_voltage: Annotated[str | None, typer.Option(help='Limit of this rig, e.g. "1 V".')] = None,
    max_current: Annotated[str | None, typer.Option(help='Limit of this rig, e.g. "1 mA".')] = None,
    as_json: Json = False,
) -> None:
    """Add campaigns at the end. Each gets its folder at once; `queue start` has them conducted."""
    from ionecho.commands.queue import add_to_queue
    from ionecho.commands.refusals import reported

    with reported(as_json=as_json):
        add_to_queue(documents, resource, folder, (max_voltage, max_current), as_json=as_json)


@queue_app.command("list", epilog="Example: ionecho queue list --json")
def list_(resource: OneOrAll = "", as_json: Json = False) -> None:
    """Show what is conducted, what waits, and what has ended."""
    from ionecho.commands.queue import list_queue
    from ionecho.commands.refusals import reported

    with reported(as_json=as_json):
        list_queue(resource, as_json=as_json)


@queue_app.command(epilog="Example: ionecho queue move 7 1")
def move(
    number: Number,
    place: Annotated[int, typer.Argument(metavar="PLACE", help="Among what waits; 1 is the next.", min=1)],
    as_json: Json = False,
) -> None:
    """Move what waits to another place."""
    from ionecho.commands.queue import move_in_queue
    from ionecho.commands.refusals import reported

    with reported(as_json=as_json):
        move_in_queue(number, place, as_json=as_json)


@queue_app.command(epilog="Example: ionecho queue remove 7")
def remove(number: Number, as_json: Json = False) -> None:
    """Take out what waits or has ended; its folder stays."""
    from ionecho.commands.queue import remove_from_queue
    from ionecho.commands.refusals import reported

    with reported(as_json=as_json):
        remove_from_queue(number, as_json=as_json)


@queue_app.command(epilog="Example: ionecho queue start -r smu")
def start(resource: Resource, as_json: Json = False) -> None:
    """Have what waits conducted, in processes of their own; or go on after a pause."""
    from ionecho.commands.queue import start_the_queue
    from ionecho.commands.refusals import reported

    with reported(as_json=as_json):
        start_the_queue(resource, as_json=as_json)


@queue_app.command(epilog="Example: ionecho queue pause -r smu")
def pause(
    resource: Resource,
    now: Now = False,
    as_json: Json = False,
) -> None:
    """Pause after the point that is being measured; `queue start` goes on. The output is off meanwhile."""
    from ionecho.commands.queue import pause_the_queue
    from ionecho.commands.refusals import reported

    with reported(as_json=as_json):
        pause_the_queue(resource, now=now, as_json=as_json)
