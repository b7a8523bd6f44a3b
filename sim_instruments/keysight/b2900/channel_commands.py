"""Entry of the commands of a channel, whose header ends with the channel's number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_instruments.scpi.parser import Command, CommandTree, Numeric, boolean
from sim_instruments.scpi.status import ScpiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.keysight.b2900.channel import Channel
    from sim_instruments.keysight.b2900.host import Host


class ChannelCommands:
    """Enters commands into the tree, for both channels at once.

    Parameters
    ----------
    tree : CommandTree
        Where they are entered.
    device : Host
        The instrument.
    """

    def __init__(self, tree: CommandTree, device: Host) -> None:
        self.tree = tree
        self.device = device

    def enter(self, pattern: str, command: Command) -> None:
        """Enter a command of one channel; ``[c]`` stands for its number, and an optional first node may be left out."""
        self.tree.add(pattern.replace("[:SOURce[c]]", ":SOURce[c]").replace("[c]", "<1-2>"), command)
        if pattern.startswith("[:SOURce[c]]"):
            act = command.act
            first = Command(lambda *values: act(1, *values), command.parameters, command.required, command.repeats)
            self.tree.add(pattern.removeprefix("[:SOURce[c]]"), first)

    def number(
        self, pattern: str, kind: Numeric, read: Callable[[Channel], float], write: Callable[[Channel, float], None]
    ) -> None:
        """Enter a number with its query, which answers bounds too (``MIN``, ``MAX``, ``DEF``)."""

        def query(number: int, bound: float | None = None) -> str:
            return nr3(read(self.device.channels[number]) if bound is None else bound)

        self.enter(pattern, Command(self.writer(write), (kind,), 1))
        self.enter(f"{pattern}?", Command(query, (_bound_of(kind),)))

    def choice(self, pattern: str, kind: Callable[[str], object], read: Callable[[Channel], str], field: str) -> None:
        """Enter a choice among words with its query."""
        self.enter(pattern, Command(self.writer(lambda c, value: setattr(c.settings, field, value)), (kind,), 1))
        self.enter(f"{pattern}?", Command(lambda number: read(self.device.channels[number])))

    def writer(self, write: Callable[..., None]) -> Callable[..., None]:
        """Return what brings the instrument to the present and then writes to the channel of a header."""

        def act(number: int, *values: object) -> None:
            self.device.update()
            write(self.device.channels[number], *values)

        return act

    def setting(self, pattern: str, kind: Numeric, field: str) -> None:
        """Enter a number that is a field of the channel's settings."""
        self.number(
            pattern, kind, lambda c: float(getattr(c.settings, field)), lambda c, v: setattr(c.settings, field, v)
        )

    def switch(self, pattern: str, field: str) -> None:
        """Enter a switch that is a field of the channel's settings."""
        self.choice(pattern, boolean, lambda c: str(int(getattr(c.settings, field))), field)


def _bound_of(kind: Numeric) -> Callable[[str], float]:
    def bound(text: str) -> float:
        if (value := kind.keyword(text)) is None:
            raise ScpiError(-224, text)
        return value

    return bound


def nr3(value: float) -> str:
    """Return a number as the B2900 writes it: ``+1.000001E-06`` (p. 1-12)."""
    return f"{value:+.6E}"
