"""Command `queue`: campaigns that follow each other on an instrument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ionecho.commands.output import console, print_json

if TYPE_CHECKING:
    from pathlib import Path

    from daq.campaign.queue import Queue, QueueItem


def add_to_queue(
    documents: list[str], resource: str, folder: Path, rig: tuple[str | None, str | None], *, as_json: bool
) -> None:
    """Make the folders of campaigns and add them to the queue; nothing is added if one of them cannot be read."""
    from daq.campaign.campaign_in_progress import new_campaign
    from daq.campaign.folder import folder_name_for
    from daq.campaign.queue import Queue
    from ionecho.commands.campaign import check_rule
    from ionecho.commands.run import check_resource, limits_of_rig
    from protocols.campaigns import Campaign

    check_resource(resource)
    limits, queue = limits_of_rig(rig), Queue()
    added = []
    campaigns = [Campaign.load(document) for document in documents]
    for campaign in campaigns:
        check_rule(campaign)
    for campaign in campaigns:
        made = new_campaign(campaign, folder / folder_name_for(campaign.name), resource, limits)
        added.append(queue.add(resource, made, campaign.name))
    _print(queue, [item for item in queue.items(resource) if item.id in added], resource, as_json=as_json)


def list_queue(resource: str, *, as_json: bool) -> None:
    """Print what is in the queue."""
    from daq.campaign.queue import Queue

    queue = Queue()
    _print(queue, queue.items(resource), resource, as_json=as_json)


def move_in_queue(number: int, place: int, *, as_json: bool) -> None:
    """Move what waits, and print the queue of its instrument."""
    from daq.campaign.queue import Queue

    queue = Queue()
    queue.move(number, place)
    resource = next(item.resource for item in queue.items() if item.id == number)
    _print(queue, queue.items(resource), resource, as_json=as_json)


def remove_from_queue(number: int, *, as_json: bool) -> None:
    """Take something out, and print what it was."""
    from daq.campaign.queue import Queue

    item = Queue().remove(number)
    if as_json:
        print_json({"removed": _document(item)})
    else:
        console().print(f"{item.name} is no longer in the queue; its folder stays: {item.folder}", soft_wrap=True)


def start_the_queue(resource: str, *, as_json: bool) -> None:
    """Start a queue, or go on with it, and print it."""
    from daq.campaign.queue import Queue, start_queue

    queue = Queue()
    start_queue(resource, queue)
    _print(queue, queue.items(resource), resource, as_json=as_json)


def pause_the_queue(resource: str, *, now: bool, as_json: bool) -> None:
    """Pause a queue, and print it."""
    from daq.campaign.queue import Queue, pause_queue

    queue = Queue()
    pause_queue(resource, now=now, queue=queue)
    _print(queue, queue.items(resource), resource, as_json=as_json)


def _document(item: QueueItem) -> dict[str, Any]:
    return {
        "number": item.id,
        "name": item.name,
        "state": item.state,
        "reason": item.reason or None,
        "resource": item.resource,
        "campaign": item.folder,
    }


def _print(queue: Queue, items: list[QueueItem], resource: str, *, as_json: bool) -> None:
    from drivers import canonical_resource, resolved

    asked = {canonical_resource(resolved(resource))} if resource else set()
    resources = sorted({item.resource for item in items} | asked)
    paused = {one: reason for one in resources if (reason := queue.why_paused(one))}
    if as_json:
        print_json({"items": [_document(item) for item in items], "paused": paused})
        return
    from rich.table import Table

    table = Table("number", "state", "name", "instrument", "folder")
    for item in items:
        state = f"{item.state} ({item.reason})" if item.reason else str(item.state)
        table.add_row(str(item.id), state, item.name, item.resource, str(item.folder))
    console().print(table)
    for one, reason in paused.items():
        console().print(f"{one}: {reason}; `ionecho queue start -r {one}` goes on", soft_wrap=True)
