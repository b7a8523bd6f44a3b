"""Process of a queue: it conducts what waits on one instrument, one campaign after the other.

`daq.campaign.queue` starts it as ``python -m daq.campaign.queue_process RESOURCE``; it ends when nothing waits any
more, or the queue is paused. A campaign that was stopped by an operator or a limit, or whose output may be on, pauses
the queue: nothing begins on an instrument that nobody has looked after.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from daq.campaign.conductor_process import conduct_folder, obey_signals
from daq.campaign.folder import CampaignFolder, CampaignInUseError
from daq.campaign.queue import ItemState, Queue, QueueError
from daq.campaign.requests import CampaignRequest, Wishes
from daq.campaign.states import CampaignState
from daq.campaign.view import read_status
from protocols import IonechoError

if TYPE_CHECKING:
    from collections.abc import Callable

    from daq.campaign.queue import QueueItem

_LOOK_S = 1.0
"""Interval (s) between two looks at a campaign that somebody conducts by hand."""


def work_on(queue: Queue, resource: str, conduct: Callable[[QueueItem], CampaignState]) -> None:
    """Have what waits on an instrument conducted until nothing waits, or the queue is paused.

    Parameters
    ----------
    queue : Queue
        Its lock for this instrument must be held.
    resource : str
    conduct : callable
        Conducts a campaign to its end and returns how it ended; an error of ours counts as a failure.
    """
    while not queue.why_paused(resource):
        item = queue.take(resource)
        if item is None:
            return
        try:
            state = conduct(item)
            status = read_status(CampaignFolder(item.folder))
            reason, needs_somebody = status.reason, bool(status.output_problem) or status.is_limit
        except IonechoError as error:
            state, reason, needs_somebody = CampaignState.FAILED, str(error), False
        queue.finish(item.id, _ITEM_STATES.get(state, ItemState.FAILED), reason)
        if needs_somebody or state is CampaignState.STOPPED:
            queue.pause(resource, f"{item.name}: {reason}")


_ITEM_STATES = {CampaignState.DONE: ItemState.DONE, CampaignState.STOPPED: ItemState.STOPPED}


def conduct_item(queue: Queue, item: QueueItem) -> CampaignState:
    """Conduct a campaign of the queue, or wait until whoever conducts it has ended."""
    folder = CampaignFolder(item.folder)
    wishes = Wishes()
    obey_signals(wishes)
    if queue.why_paused(item.resource):  # somebody has paused it since it was taken
        wishes.ask(CampaignRequest.PAUSE)
    while True:
        try:
            return conduct_folder(folder, wishes).state
        except CampaignInUseError:
            while folder.is_owned:
                time.sleep(_LOOK_S)
            if (state := read_status(folder).state) is CampaignState.DONE:
                return state


def main() -> int:
    """Work on the queue of the instrument that the command line names."""
    resource, queue = sys.argv[1], Queue()
    while _has_work(queue, resource):
        if (status := _work(queue, resource)) != 0:
            return status
    return 0


def _has_work(queue: Queue, resource: str) -> bool:
    """Whether something is to be conducted: looked at again without the lock, since whoever adds looks at the lock."""
    open_states = {ItemState.WAITING, ItemState.RUNNING}
    return not queue.why_paused(resource) and any(item.state in open_states for item in queue.items(resource))


def _work(queue: Queue, resource: str) -> int:
    try:
        lock = queue.lock(resource)
    except QueueError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    try:
        work_on(queue, resource, lambda item: conduct_item(queue, item))
    finally:
        lock.remove()
    return 0


if __name__ == "__main__":
    sys.exit(main())
