"""Commands of the trigger layers of a B2900: ARM, TRIGger, INITiate, ABORt, IDLE?."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_instruments.keysight.b2900.triggers import INFINITE
from sim_instruments.scpi.message_exchange import Wait
from sim_instruments.scpi.parser import ChannelList, Choice, Command, Numeric
from sim_instruments.scpi.status import ScpiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sim_instruments.keysight.b2900.channel import Channel
    from sim_instruments.keysight.b2900.channel_commands import ChannelCommands
    from sim_instruments.keysight.b2900.host import Host
    from sim_instruments.keysight.b2900.triggers import Action, Layer

CHANNELS = 2  # of a B2912A
# Limits and defaults of the trigger layers, in the manual's section of the TRIGger subsystem.
_TIMER = Numeric(1e-5, 1e5, 1e-5, "S")
_DELAY = Numeric(0.0, 1e5, 0.0, "S")
_COUNT = Numeric(1, INFINITE, 1, integer=True, words=(("INFinity", INFINITE),))
_SOURCES = Choice(("AINT", "BUS", "TIMer"))


class TriggerCommands:
    """Enters the commands of the trigger layers.

    Parameters
    ----------
    commands : ChannelCommands
        How commands are entered.
    device : Host
        The instrument.
    """

    def __init__(self, commands: ChannelCommands, device: Host) -> None:
        self._commands = commands
        self._device = device
        for layer in ("arm", "trigger"):
            node = {"arm": ":ARM[c]", "trigger": ":TRIGger[c]"}[layer]
            for name, actions in (
                (":TRANsient", ("transient",)),
                (":ACQuire", ("acquire",)),
                ("[:ALL]", ("transient", "acquire")),
            ):
                self._add_layer(f"{node}{name}", layer, actions)
        lists = (ChannelList(CHANNELS),)
        for header, what in (
            ("", ("transient", "acquire")),
            (":TRANsient", ("transient",)),
            (":ACQuire", ("acquire",)),
        ):
            optional = header or "[:ALL]"
            self._commands.tree.add(f":INITiate[:IMMediate]{optional}", Command(self._initiate(what), lists))
            self._commands.tree.add(f":ABORt{optional}", Command(self._abort(what), lists))
            self._commands.tree.add(f":IDLE{optional}?", Command(self._until_idle(what), lists))
            for layer in (":ARM", ":TRIGger"):
                self._commands.tree.add(f"{layer}{optional}[:IMMediate]", Command(self._bus_event(what), lists))

    def _add_layer(self, node: str, layer: str, actions: tuple[str, ...]) -> None:
        def layers(channel: Channel) -> Iterable[Layer]:
            return [getattr(getattr(channel, action), layer) for action in actions]

        def write(field: str) -> Callable[[Channel, object], None]:
            def act(channel: Channel, value: object) -> None:
                if channel.busy:
                    raise ScpiError(-221, "the trigger system is not idle")
                for one in layers(channel):
                    setattr(one, field, value)

            return act

        def read(field: str) -> Callable[[Channel], float]:
            return lambda channel: float(getattr(next(iter(layers(channel))), field))

        self._commands.number(f"{node}:TIMer", _TIMER, read("timer_s"), write("timer_s"))
        self._commands.number(f"{node}:DELay", _DELAY, read("delay_s"), write("delay_s"))
        count = write("count")
        self._commands.number(f"{node}:COUNt", _COUNT, read("count"), lambda c, v: count(c, int(v)))
        self._commands.enter(f"{node}:SOURce[:SIGNal]", Command(self._commands.writer(write("source")), (_SOURCES,), 1))
        self._commands.enter(
            f"{node}:SOURce[:SIGNal]?", Command(lambda n: str(next(iter(layers(self._device.channels[n]))).source))
        )

    def _chosen(self, channels: tuple[int, ...]) -> list[Channel]:
        return [self._device.channels[number] for number in channels or tuple(self._device.channels)]

    def _initiate(self, actions: tuple[str, ...]) -> Callable[..., None]:
        def act(channels: tuple[int, ...] = ()) -> None:
            now = self._device.update()
            for channel in self._chosen(channels):
                channel.initiate(now, transient="transient" in actions, acquire="acquire" in actions)
            self._device.update()

        return act

    def _abort(self, actions: tuple[str, ...]) -> Callable[..., None]:
        def act(channels: tuple[int, ...] = ()) -> None:
            now = self._device.update()
            for channel in self._chosen(channels):
                channel.abort(now, transient="transient" in actions, acquire="acquire" in actions)

        return act

    def _until_idle(self, actions: tuple[str, ...]) -> Callable[..., Wait]:
        def act(channels: tuple[int, ...] = ()) -> Wait:
            watched: list[Action] = [getattr(c, name) for c in self._chosen(channels) for name in actions]
            return Wait(lambda: all(action.phase == "idle" for action in watched), lambda: "1")

        return act

    def _bus_event(self, actions: tuple[str, ...]) -> Callable[..., None]:
        def act(_number: int, channels: tuple[int, ...] = ()) -> None:  # the list says which, not the header's number
            now = self._device.update()
            chosen = [getattr(c, name) for c in self._chosen(channels) for name in actions]
            waited = [action.event(now) for action in chosen]
            if not any(waited):
                raise ScpiError(-211)

        return act
