"""State of the dock "Queue", and what may be done in it. Frozen, without Qt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gui.common.language import tr
from gui.common.queue_view import QueueView

if TYPE_CHECKING:
    from gui.common.queue_view import CampaignView


@dataclass(frozen=True)
class QueueState:
    """The queue, and what is selected in it.

    Attributes
    ----------
    view : QueueView
        As it was looked at last.
    selected : int or None
        Number of a campaign.
    """

    view: QueueView = field(default_factory=QueueView)
    selected: int | None = None

    @property
    def chosen(self) -> CampaignView | None:
        """The campaign that is selected."""
        return None if self.selected is None else self.view.campaign(self.selected)

    @property
    def at_hand(self) -> CampaignView | None:
        """The campaign that Pause and Stop are about: the selected one if it is conducted, else the one that is."""
        running, chosen = self.view.running, self.chosen
        return chosen if chosen in running else next(iter(running), None)

    @property
    def left_over(self) -> CampaignView | None:
        """The campaign that Resume is about if the queue is through with it, and not with all of its points."""
        chosen = self.chosen
        return chosen if chosen is not None and chosen.is_unfinished and not chosen.is_conducted else None

    @property
    def queue_at_hand(self) -> str:
        """Resource of the instrument whose queue Start and Pause are about; empty if nothing is in any."""
        waiting = next((one for one in self.view.campaigns if one.is_waiting), None)
        chosen = self.at_hand or self.chosen or waiting
        return "" if chosen is None else chosen.resource

    def reasons(self) -> dict[str, str]:
        """Return for each act why it is not to be done now; empty where it is."""
        chosen = self.chosen
        place = 0 if chosen is None else self.view.place_of(chosen.number)
        there = [one for one in self.view.campaigns if chosen and one.is_waiting and one.resource == chosen.resource]
        nothing = tr("Select a campaign first.") if chosen is None else tr("Only what waits can be moved.")
        return {
            "add": "",
            "start": self._no_start(),
            "pause": "" if self.is_going_on else tr("Nothing is being conducted."),
            "stop": "" if self.at_hand is not None else tr("Nothing is being conducted."),
            "up": "" if place > 1 else nothing if not place else tr("It is the next one already."),
            "down": "" if 0 < place < len(there) else nothing if not place else tr("It is the last one already."),
            "remove": self._no_removal(),
        }

    @property
    def is_going_on(self) -> bool:
        """Whether a campaign is conducted that would begin its next point by itself."""
        one = self.at_hand
        return one is not None and one.is_conducted and one.campaign_state != "paused"

    def _no_start(self) -> str:
        view, running = self.view, self.at_hand
        if self.left_over is not None:
            return ""
        if running is not None:
            is_held = view.is_killed(running) or running.campaign_state == "paused" or view.why_paused(running.resource)
            return "" if is_held else tr("It is being conducted.")
        waits = any(one.is_waiting and one.resource == self.queue_at_hand for one in view.campaigns)
        return "" if waits else tr("Nothing waits: add a protocol or a campaign first.")

    def _no_removal(self) -> str:
        chosen = self.chosen
        if chosen is None:
            return tr("Select a campaign first.")
        return tr("It is being conducted: stop it first.") if chosen.state == "running" else ""
