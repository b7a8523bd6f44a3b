"""Queue of campaigns: watched in a thread of its own, and given orders in others.

How campaigns stand is read from their folders, twice a second while something is conducted. No order waits for the look
before it, and a stop waits for no other order.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from gui.common.language import tr
from gui.common.queue_view import CampaignView, PointView, QueueView, Temperature
from gui.services.child_process import JsonChild, end_children
from gui.services.jobs import Jobs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from daq.campaign.folder import CampaignFolder
    from daq.campaign.queue import QueueItem
    from daq.campaign.view import CampaignStatus, PointStatus

_LOOK_MS, _IDLE_MS = 500, 2000
"""Interval between two looks, while something is conducted and else: a point of some seconds is seen, and another
program's change of an idle queue within two seconds. Doubled, a short run is over before the window follows it."""
_AFTER_ORDER = 10
"""Looks at the shorter interval after an order, though nothing is conducted yet: a process that is to conduct takes a
second or two to begin. Halved, a first point of a second is over before the window follows it."""
_CLOSE_S = 5.0
"""How long a window that closes waits for an order that is being given. Longer waits only delay the closing."""

_LOOK_AT_END_S = 0.02
"""Between two looks whether a process has let go meanwhile. Doubled, a window closes so much later."""


class QueueService(QObject):
    """Watches the queue of this user, and gives the orders of the operator.

    Parameters
    ----------
    parent : QObject
    """

    seen = Signal(object)
    """`QueueView`, when it differs from the one before."""
    failed = Signal(str)
    """Why an order could not be carried out."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._watching = Jobs(self)
        self._orders = Jobs(self)
        # A stop must not queue behind an order that waits for a slow disk.
        self._stops = Jobs(self, n_threads=2)
        self._view = QueueView()
        self._opened: frozenset[int] = frozenset()
        self._is_looking = self._look_again = self._is_over = False
        self._n_idle = _AFTER_ORDER  # looks since something was ordered or conducted
        self._timer = QTimer(self, interval=_IDLE_MS)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        """Watch from now on."""
        self._timer.start()
        self.look()

    def look_into(self, numbers: frozenset[int]) -> None:
        """Read the points of these campaigns too from now on."""
        self._opened = numbers
        self.look()

    def look(self) -> None:
        """Look at once; while a look is in progress, another one follows it."""
        if self._is_looking or self._is_over:
            self._look_again = True
            return
        self._is_looking, opened = True, self._opened
        self._watching.do(lambda: read_queue(opened), self._take, self._take_error)

    def _take_error(self, error: Exception) -> None:
        self._take(QueueView(problem=str(error)))

    def _take(self, view: QueueView) -> None:
        self._is_looking = False
        self._n_idle = 0 if view.running else self._n_idle + 1
        self._timer.setInterval(_LOOK_MS if self._n_idle < _AFTER_ORDER else _IDLE_MS)
        if view != self._view:
            self._view = view
            self.seen.emit(view)
        if self._look_again:
            self._look_again = False
            self.look()

    # -- orders -------------------------------------------------------------------------------------------------------

    def add(self, documents: tuple[Path | str, ...], resource: str, folder: Path) -> None:
        """Put protocols and campaigns at the end of an instrument's queue; each gets its folder in `folder`.

        By a child process, as on the command line: a rule for what is to be known is checked by the fit's rooms.
        """
        child = JsonChild(tr("Adding to the queue"), self)

        def over(why: str = "") -> None:
            child.let_go()
            if why:
                self.failed.emit(why)
            self.look()

        child.documented.connect(lambda _: over())
        child.failed.connect(over)
        child.start("queue", "add", *map(str, documents), "-r", resource, "--folder", str(folder), "--json")

    def move(self, number: int, place: int) -> None:
        """Move what waits to a place among what waits on its instrument; 1 is the next."""

        def move() -> None:
            from daq.campaign.queue import Queue

            Queue().move(number, place)

        self._order(move)

    def remove(self, number: int) -> None:
        """Take out what waits or has ended; its folder stays."""

        def remove() -> None:
            from daq.campaign.queue import Queue

            Queue().remove(number)

        self._order(remove)

    def resume(self, resource: str) -> None:
        """Have what waits on an instrument conducted; go on after a pause, or after its process was killed."""

        def resume() -> None:
            from daq.campaign.queue import start_queue

            start_queue(resource)

        self._order(resume)

    def resume_campaign(self, folder: Path) -> None:
        """Go on with a campaign of which the queue is through: measure what failed, was stopped or is left."""

        def resume() -> None:
            from daq.campaign.campaign_in_progress import resume_campaign
            from daq.campaign.folder import CampaignFolder

            resume_campaign(CampaignFolder(folder)).await_start()

        self._order(resume)

    def pause(self, resource: str, *, now: bool) -> None:
        """Pause an instrument's queue: after the point that is being measured, or at once."""

        def pause() -> None:
            from daq.campaign.queue import pause_queue

            pause_queue(resource, now=now)

        self._order(pause, self._stops if now else None)

    def stop(self, folder: Path, *, after_point: bool) -> None:
        """Stop a campaign: output off at once, or after the point that is being measured."""

        def stop() -> None:
            from daq.campaign.campaign_in_progress import stop_campaign
            from daq.campaign.folder import CampaignFolder

            outcome = stop_campaign(CampaignFolder(folder), after_point=after_point)
            if outcome is not None:
                outcome.raise_if_failed()

        self._order(stop, self._stops)

    def end(self, folder: Path) -> None:
        """Stop a campaign and have `close` wait until its process has let go of the instrument, which ends then."""

        def end() -> None:
            from daq.campaign.campaign_in_progress import stop_campaign
            from daq.campaign.folder import CampaignFolder

            campaign, until_s = CampaignFolder(folder), time.monotonic() + _CLOSE_S
            stop_campaign(campaign)
            while campaign.is_owned and time.monotonic() < until_s:
                time.sleep(_LOOK_AT_END_S)

        self._order(end, self._stops)

    def _order(self, work: Callable[[], None], lane: Jobs | None = None) -> None:
        (lane or self._orders).do(work, lambda _: self._look_closely(), self._report)

    def _look_closely(self) -> None:
        self._n_idle = 0
        self._timer.setInterval(_LOOK_MS)
        self.look()

    def _report(self, error: Exception) -> None:
        self.failed.emit(str(error))
        self.look()

    def close(self) -> None:
        """End the threads; what is conducted goes on."""
        self._is_over = True
        self._timer.stop()
        end_children(self)
        for lane in (self._watching, self._orders, self._stops):
            lane.finish(_CLOSE_S)


def read_queue(opened: frozenset[int]) -> QueueView:
    """Return how all queues of this user stand, with the points of some campaigns."""
    from daq.campaign.queue import Queue

    queue = Queue()
    if not queue.path.exists():  # nothing was ever queued: nothing is made for a look
        return QueueView(is_read=True)
    items = queue.items()
    resources = dict.fromkeys(item.resource for item in items)
    paused = tuple((one, reason) for one in resources if (reason := queue.why_paused(one)))
    worked_on = tuple(one for one in resources if queue.is_started(one))
    return QueueView(tuple(_campaign(item, with_points=item.id in opened) for item in items), paused, worked_on, True)


def _campaign(item: QueueItem, *, with_points: bool) -> CampaignView:
    from daq.campaign.folder import CampaignFolder
    from daq.campaign.states import PointState
    from daq.campaign.view import read_points, read_status
    from daq.locks import is_in_progress
    from protocols import IonechoError

    known = CampaignView(item.id, item.name, item.resource, item.folder, str(item.state), reason=item.reason)
    folder = CampaignFolder(item.folder)
    try:
        status = read_status(folder)
        points = tuple(_point(folder, one) for one in read_points(folder)) if with_points else ()
    except IonechoError as error:
        return replace(known, reason=item.reason or str(error))
    current = None if status.current is None else _point(folder, status.current)
    return replace(
        known,
        campaign_state=str(status.state),
        reason=status.reason or known.reason,
        is_conducted=status.is_conducted,
        is_open=status.state.is_open,
        n_done=status.counts.get(PointState.DONE, 0),
        n_points=status.n_points,
        n_failed=status.counts.get(PointState.FAILED, 0),
        current=current,
        expected_end_s=status.expected_end_s,
        temperature=_temperature(status),
        output_problem=status.output_problem,
        points=points,
        run_in_progress=current.run if current is not None and is_in_progress(current.run) else None,
    )


def _temperature(status: CampaignStatus) -> Temperature | None:
    if status.temperature is None:
        return None
    _, now_K, set_point_K = status.temperature
    return Temperature(now_K, set_point_K, status.is_stable)


def _point(folder: CampaignFolder, point: PointStatus) -> PointView:
    return PointView(
        point.number,
        point.label,
        str(point.state),
        point.reason,
        point.attempts,
        point.n_samples,
        point.ended_s,
        folder.run_file(point.file),
        tuple(folder.path / one for one in point.aside),
    )
