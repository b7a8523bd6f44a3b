"""What the command groups of a B2900 need of the instrument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim_instruments.core.clock import Clock
    from sim_instruments.keysight.b2900.channel import Channel


class Host(Protocol):
    """The instrument as its command groups see it.

    Attributes
    ----------
    clock : Clock
    channels : mapping of int to Channel
    """

    @property
    def clock(self) -> Clock:
        """Time base."""

    @property
    def channels(self) -> Mapping[int, Channel]:
        """Channels by their numbers."""

    def update(self) -> float:
        """Bring the instrument to the present; return it, instrument seconds."""
