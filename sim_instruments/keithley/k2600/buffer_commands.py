"""Commands of the reading buffers of a channel: ``bufferVar``, ``smuX.makebuffer()``, ``smuX.buffer``.

Series 2600B Reference Manual (2600BS-901-01 Rev. F), pp. 9-24, 9-25 and section 9 under their names.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

from sim_instruments.keithley.k2600 import buffers
from sim_instruments.keithley.k2600.buffers import Column, ReadingBuffer
from sim_instruments.keithley.k2600.errors import TspError
from sim_instruments.keithley.k2600.numbers import number, one_of, whole

if TYPE_CHECKING:
    from sim_instruments.keithley.k2600.channel import Channel
    from sim_instruments.keithley.k2600.interpreter import Interpreter


def add_buffer_commands(lua: Interpreter, node: Any, unit: Channel) -> None:
    """Enter the buffers of a channel into its node, and what makes and counts them."""
    commands = _BufferCommands(lua, unit)
    statistics = lua.node()
    lua.constant(node, "buffer", statistics)
    lua.constant(statistics, "getstats", lua.function(commands.statistics))
    lua.constant(statistics, "recalculatestats", lua.function(lambda _: None))  # they are always up to date
    lua.constant(node, "savebuffer", lua.function(lambda _: None))  # nothing is switched off here
    lua.constant(node, "makebuffer", lua.function(commands.make))
    for place, buffer in enumerate(unit.nvbuffers, 1):
        lua.constant(node, f"nvbuffer{place}", commands.node_of(buffer))


class _BufferCommands:
    def __init__(self, lua: Interpreter, unit: Channel) -> None:
        self._lua = lua
        self._unit = unit

    def statistics(self, buffer: Any) -> Any:
        """Return ``smuX.buffer.getstats()``: a table of n, mean, stddev, min and max; its fields are assumed."""
        if not isinstance(buffer, ReadingBuffer):
            raise TspError(4909)
        readings, lua = buffer.column("readings"), self._lua
        if not len(readings):
            return lua.mapping({"n": 0})
        columns = {"reading": readings, "timestamp": buffer.column("timestamps")}
        extremes = {
            name: lua.mapping({key: float(values[place]) for key, values in columns.items()})
            for name, place in (("min", readings.argmin()), ("max", readings.argmax()))
        }
        spread = float(readings.std(ddof=1)) if len(readings) > 1 else 0.0
        return lua.mapping({"n": len(readings), "mean": float(readings.mean()), "stddev": spread, **extremes})

    def make(self, size: Any) -> Any:
        return self.node_of(ReadingBuffer(whole(1, buffers.LARGEST)(size), self._unit.collect))

    def node_of(self, buffer: ReadingBuffer) -> Any:
        lua = self._lua
        node = lua.array("reading_buffer", buffer, partial(buffer.entry, "readings"))
        for name in buffers.COLUMNS:
            column = lua.array("synchronous_table", Column(buffer, name), partial(buffer.entry, name))
            lua.constant(column, "getreading", lua.function(partial(buffer.entry, name)))
            lua.constant(node, name, column)
        lua.constant(node, "clear", lua.function(buffer.clear))
        lua.constant(node, "clearcache", lua.function(lambda: None))  # nothing is cached here
        self._lua.setting(
            node, "cachemode", one_of(0, 1), lambda: buffer.cache_mode, partial(_set_whole, buffer, "cache_mode")
        )
        for name, setting, check in (
            ("fillmode", "fill_mode", one_of(0, 1)),
            ("fillcount", "fill_count", whole(0, buffers.LARGEST)),
        ):
            self._lua.setting(
                node, name, check, partial(getattr, buffer, setting), partial(_set_whole, buffer, setting)
            )
        for name, read in (
            ("n", lambda: buffer.n),
            ("capacity", lambda: buffer.capacity),
            ("basetimestamp", lambda: buffer.base_s),
        ):
            lua.attribute(node, name, read)
        switch = one_of(0, 1)
        self._lua.setting(
            node,
            "appendmode",
            switch,
            lambda: buffer.append_mode,
            lambda value: setattr(buffer, "append_mode", int(value)),
        )
        collected = (("collectsourcevalues", "collect_source_values"), ("collecttimestamps", "collect_timestamps"))
        for name, setting in collected:

            def write(value: float, setting: str = setting) -> None:
                buffer.require_empty()
                setattr(buffer, setting, int(value))

            self._lua.setting(node, name, switch, partial(getattr, buffer, setting), write)

        def set_resolution(value: float) -> None:
            buffer.require_empty()
            buffer.timestamp_resolution_s = 1e-6 * 2.0 ** max(0, round(math.log2(value / 1e-6)))  # Rev. C p. 7-35

        self._lua.setting(
            node, "timestampresolution", number(1e-9, 10.0), lambda: buffer.timestamp_resolution_s, set_resolution
        )
        return node


def _set_whole(buffer: ReadingBuffer, name: str, value: float) -> None:
    setattr(buffer, name, int(value))
