"""Entry of the commands of a channel, whose header ends with the channel's number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_instruments.frontend.electronics import Electronics
from sim_instruments.keysight.b2900.triggers import INFINITE
from sim_instruments.scpi.parser import Choice, Command, CommandTree, Numeric, boolean
from sim_instruments.scpi.status import ScpiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.keysight.b2900.channel import Channel
    from sim_instruments.keysight.b2900.host import Host


CHANNELS = 2
_LARGEST_V, _LARGEST_A = 210.0, 3.03
# Operation status: idle bits of transient and acquire; the bits after them say which layer waits.
_BITS = {(1, "transient"): 1, (1, "acquire"): 4, (2, "transient"): 7, (2, "acquire"): 10}
# Questionable status, table on p. 4-116.
_INTERLOCK_BIT, _TEMPERATURE_BIT, _LOST_BITS = (
    10,
    4,
    {(1, "transient"): 11, (1, "acquire"): 12, (2, "transient"): 13, (2, "acquire"): 14},
)
_TIMER = Numeric(1e-5, 1e5, 1e-5, "S")
_DELAY = Numeric(0.0, 1e5, 0.0, "S")
_COUNT = Numeric(1, INFINITE, 1, integer=True, words=(("INFinity", INFINITE),))
_SOURCES = Choice(("AINT", "BUS", "TIMer"))

# Ranges and resolution: B2911/B2912 data sheet. Assumed: noise and settling.
KEYSIGHT_B2912 = Electronics(
    current_ranges_A=(10e-9, 100e-9, 1e-6, 10e-6, 100e-6, 1e-3, 10e-3, 100e-3, 1.0, 1.5, 3.0),
    voltage_steps={0.2: 100e-9, 2.0: 1e-6, 20.0: 10e-6, 200.0: 100e-6},
    response_s=10e-6,
    noise_1us=1e-4,
)
_OPEN = {"R_s": 1.0, "G_inf": 1e-15}


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
