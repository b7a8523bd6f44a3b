"""Reading buffers and output of the TSP set of the Keithley 2450 family.

2461 reference manual (2461-901-01 Rev. A), section 8: ``buffer``, ``bufferVar``, ``printbuffer``, ``format``.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sim_instruments.keithley.k2600.errors import TspError
from sim_instruments.keithley.k2600.numbers import ASCII, REAL32, REAL64, one_of, whole

if TYPE_CHECKING:
    from sim_instruments.keithley.common.buffers import ReadingBuffer, Readings
    from sim_instruments.keithley.k2450.tsp_host import TspHost

_STYLES = {
    "buffer.STYLE_STANDARD": "STAN",
    "buffer.STYLE_COMPACT": "COMP",
    "buffer.STYLE_FULL": "FULL",
    "buffer.STYLE_WRITABLE": "WRIT",
    "buffer.STYLE_WRITABLE_FULL": "FULLWRIT",
}
_FILLS = ("buffer.FILL_ONCE", "buffer.FILL_CONTINUOUS")
_NUMBERS = ("readings", "relativetimestamps", "timestamps", "sourcevalues", "statuses", "sourcestatuses", "seconds")
_WORDS = ("formattedreadings", "sourceformattedvalues", "units", "sourceunits")
_UNITS = {"Amp": "A", "Volt": "V", "Ohm": "Ohm"}


class BufferHandle:
    """What a script's name for a buffer stands for.

    Parameters
    ----------
    host : TspHost
    name : str
    """

    def __init__(self, host: TspHost, name: str) -> None:
        self._host = host
        self.name = name

    @property
    def buffer(self) -> ReadingBuffer:
        """The buffer, brought to the present."""
        self._host.meter.update()
        if self.name not in self._host.meter.buffers:
            raise TspError(4909, self.name)
        return self._host.meter.buffers[self.name]

    def entry(self, column: str, index: Any) -> Any:
        """Return an entry (from 1) of a column; None beyond its ends."""
        buffer, place = self.buffer, int(index)
        if not 1 <= place <= len(buffer):
            return None
        return _value(buffer.rows(place, place), column)


class Column:
    """One column of a buffer, as ``printbuffer`` takes it.

    Parameters
    ----------
    handle : BufferHandle
    name : str
    """

    def __init__(self, handle: BufferHandle, name: str) -> None:
        self.handle = handle
        self.name = name


def _value(rows: Readings, column: str) -> Any:
    reading, source = float(rows.reading[0]), float(rows.source[0])
    values: dict[str, Any] = {
        "readings": reading,
        "relativetimestamps": float(rows.time[0]),
        "timestamps": float(rows.time[0]),
        "seconds": float(int(rows.time[0])),
        "sourcevalues": source,
        "statuses": float(rows.status[0]),
        "sourcestatuses": float(rows.source_status[0]),
        "formattedreadings": f"{reading:+.6G} {_UNITS[rows.unit]}",
        "sourceformattedvalues": f"{source:+.6G} {_UNITS[rows.source_unit]}",
        "units": rows.unit,
        "sourceunits": rows.source_unit,
    }
    return values[column]


def add_buffers(host: TspHost) -> None:
    """Enter the buffers, and what prints them."""
    lua = host.lua
    node = lua.node()
    for name in (*_STYLES, *_FILLS):
        lua.constant(node, name.removeprefix("buffer."), name)
    made: dict[str, Any] = {}

    def make(size: Any, style: Any = "buffer.STYLE_STANDARD") -> Any:
        name = f"tspbuffer{len(made) + 1}"
        if style not in _STYLES:
            raise TspError(1401, str(style))
        host.scpi(f':TRAC:MAKE "{name}", {whole(10, 27_500_000)(size)}, {_STYLES[style]}')
        made[name] = _node(host, BufferHandle(host, name))
        return made[name]

    def statistics(handle: Any = None) -> Any:
        buffer = (handle or BufferHandle(host, "defbuffer1")).buffer
        if not len(buffer):
            return lua.mapping({"n": 0})
        reading = buffer.rows(1, len(buffer)).reading
        spread = float(reading.std(ddof=1)) if len(reading) > 1 else 0.0
        return lua.mapping({"n": len(reading), "mean": float(reading.mean()), "stddev": spread})

    lua.constant(node, "make", lua.function(make))
    lua.constant(node, "delete", lua.function(lambda handle: host.scpi(f':TRAC:DEL "{handle.name}"')))
    lua.constant(node, "getstats", lua.function(statistics))
    lua.constant(node, "clearstats", lua.function(lambda *_: None))
    lua.set_global("buffer", node)
    for name in ("defbuffer1", "defbuffer2"):
        lua.set_global(name, _node(host, BufferHandle(host, name)))
    _add_printing(host)


def _node(host: TspHost, handle: BufferHandle) -> Any:
    lua = host.lua
    node = lua.array("reading_buffer", handle, partial(handle.entry, "readings"))
    for name in (*_NUMBERS, *_WORDS):
        lua.constant(node, name, lua.array("table", Column(handle, name), partial(handle.entry, name)))
    lua.constant(node, "clear", lua.function(lambda: host.scpi(f':TRAC:CLE "{handle.name}"')))
    lua.attribute(node, "n", lambda: len(handle.buffer))
    lua.attribute(
        node,
        "capacity",
        lambda: handle.buffer.size,
        lambda size: host.scpi(f':TRAC:POIN {whole(10, 27_500_000)(size)}, "{handle.name}"'),
    )

    def fill(mode: Any) -> None:
        continuous = mode in {_FILLS[1], 1}
        host.scpi(f':TRAC:FILL:MODE {"CONT" if continuous else "ONCE"}, "{handle.name}"')

    lua.attribute(node, "fillmode", lambda: _FILLS[int(handle.buffer.continuous)], fill)
    return node


def _add_printing(host: TspHost) -> None:
    lua, form = host.lua, host.format

    def say(*values: Any) -> None:
        text = "\t".join(form.text(value) for value in values)
        host.say(text.encode("latin-1", "replace") + b"\n", ends=True)

    def print_buffer(first: Any, last: Any, *given: Any) -> None:
        columns = [Column(item, "readings") if isinstance(item, BufferHandle) else item for item in given]
        if not columns or not all(isinstance(column, Column) for column in columns):
            raise TspError(1401, "what is printed must be reading buffers or their columns")
        end = min(int(last), *(len(column.handle.buffer) for column in columns))
        values = [column.handle.entry(column.name, k) for k in range(max(int(first), 1), end + 1) for column in columns]
        if form.data == ASCII:
            packed = form.packed([], [form.text(value) for value in values], first=True)
        else:
            packed = form.packed([value if isinstance(value, float) else 0.0 for value in values], [], first=True)
        host.say(form.opening + packed + b"\n", ends=True)

    lua.set_global("print", lua.printing(say))
    lua.set_global("printbuffer", lua.function(print_buffer))
    node = lua.node()
    for name, value in {"ASCII": ASCII, "REAL32": REAL32, "SREAL": REAL32, "REAL": REAL64, "REAL64": REAL64}.items():
        lua.constant(node, name, value)
    for name, value in {"NORMAL": 0, "BIGENDIAN": 0, "SWAPPED": 1, "LITTLEENDIAN": 1}.items():
        lua.constant(node, name, value)
    for name, setting, check in (
        ("data", "data", one_of(ASCII, REAL32, REAL64)),
        ("byteorder", "byteorder", one_of(0, 1)),
        ("asciiprecision", "precision", whole(0, 16)),
    ):

        def write(value: Any, setting: str = setting, check: Any = check) -> None:
            setattr(form, setting, check(value) or 7 if setting == "precision" else check(value))

        lua.attribute(node, name, partial(getattr, form, setting), write)
    lua.set_global("format", node)
