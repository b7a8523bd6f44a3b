"""Commands of the TSP set of the Keithley 2450 family, by the SCPI commands that do the same.

Names are those of the 2461 reference manual (2461-901-01 Rev. A), section 8, in their alphabetical order there. An
attribute of an enumeration reads as the manual's name of it: ``smu.FUNC_DC_VOLTAGE``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sim_instruments.keithley.k2450.tsp_buffers import add_buffers
from sim_instruments.keithley.k2450.tsp_panel import add_panel
from sim_instruments.keithley.k2450.tsp_sweeps import add_pulses, add_sweeps
from sim_instruments.keithley.k2450.tsp_triggers import add_triggers
from sim_instruments.keithley.k2600.errors import TspError

if TYPE_CHECKING:
    from sim_instruments.keithley.k2450.tsp_host import TspHost

_SWITCH = {"OFF": "0", "ON": "1"}
_SOURCE_FUNCTIONS = {"FUNC_DC_VOLTAGE": "VOLT", "FUNC_DC_CURRENT": "CURR"}
_MEASURE_FUNCTIONS = {
    "FUNC_DC_VOLTAGE": '"VOLT:DC"',
    "FUNC_DC_CURRENT": '"CURR:DC"',
    "FUNC_RESISTANCE": '"RES"',
}
_OFF_MODES = {"OFFMODE_NORMAL": "NORM", "OFFMODE_ZERO": "ZERO", "OFFMODE_HIGHZ": "HIMP", "OFFMODE_GUARD": "GUAR"}
# Levels of overvoltage protection (p. 8-189).
_PROTECTIONS = {
    f"PROTECT_{level}V": f"PROT{level}" for level in (2, 5, 10, 20, 40, 60, 80, 100, 120, 140, 160, 180)
} | {"PROTECT_NONE": "NONE"}
_TERMINALS = {"TERMINALS_FRONT": "FRON", "TERMINALS_REAR": "REAR"}
_SENSES = {"SENSE_2WIRE": "0", "SENSE_4WIRE": "1"}
_FILTERS = {"FILTER_REPEAT_AVG": "REP", "FILTER_MOVING_AVG": "MOV"}


@dataclass(frozen=True)
class _Attribute:
    """An attribute of a node and its SCPI command.

    Attributes
    ----------
    path : str
        Below ``smu``.
    scpi : str
        Header; ``{s}`` is the source function, ``{m}`` the measure function, ``{d}`` the digitize function.
    names : dict of str to str, optional
        Manual's names of its values and what SCPI calls them; without them it is a number.
    is_query_only : bool
    """

    path: str
    scpi: str
    names: dict[str, str] | None = None
    is_query_only: bool = False


_ATTRIBUTES = (
    _Attribute("terminals", ":ROUT:TERM", _TERMINALS),
    _Attribute("source.func", ":SOUR:FUNC", _SOURCE_FUNCTIONS),
    _Attribute("source.level", ":SOUR:{s}"),
    _Attribute("source.range", ":SOUR:{s}:RANG"),
    _Attribute("source.autorange", ":SOUR:{s}:RANG:AUTO", _SWITCH),
    _Attribute("source.delay", ":SOUR:{s}:DEL"),
    _Attribute("source.autodelay", ":SOUR:{s}:DEL:AUTO", _SWITCH),
    _Attribute("source.readback", ":SOUR:{s}:READ:BACK", _SWITCH),
    _Attribute("source.offmode", ":OUTP:{s}:SMOD", _OFF_MODES),
    _Attribute("source.output", ":OUTP", _SWITCH),
    _Attribute("source.ilimit.level", ":SOUR:VOLT:ILIM"),
    _Attribute("source.vlimit.level", ":SOUR:CURR:VLIM"),
    _Attribute("source.ilimit.tripped", ":SOUR:VOLT:ILIM:TRIP", _SWITCH, is_query_only=True),
    _Attribute("source.vlimit.tripped", ":SOUR:CURR:VLIM:TRIP", _SWITCH, is_query_only=True),
    _Attribute("source.protect.level", ":SOUR:{s}:PROT", _PROTECTIONS),
    _Attribute("source.protect.tripped", ":SOUR:{s}:PROT:TRIP", _SWITCH, is_query_only=True),
    _Attribute("measure.func", ":SENS:FUNC", _MEASURE_FUNCTIONS),
    _Attribute("measure.range", ":SENS:{m}:RANG"),
    _Attribute("measure.autorange", ":SENS:{m}:RANG:AUTO", _SWITCH),
    _Attribute("measure.nplc", ":SENS:{m}:NPLC"),
    _Attribute("measure.sense", ":SENS:{m}:RSEN", _SENSES),
    _Attribute("measure.count", ":SENS:COUN"),
    _Attribute("measure.terminals", ":ROUT:TERM", _TERMINALS),  # an older name of smu.terminals, as scripts use it
    _Attribute("measure.autozero.enable", ":SENS:{m}:AZER", _SWITCH),
    _Attribute("measure.filter.enable", ":SENS:{m}:AVER", _SWITCH),
    _Attribute("measure.filter.count", ":SENS:{m}:AVER:COUN"),
    _Attribute("measure.filter.type", ":SENS:{m}:AVER:TCON", _FILTERS),
    _Attribute("digitize.samplerate", ":SENS:DIG:{d}:SRAT"),
    _Attribute("digitize.aperture", ":SENS:DIG:{d}:APER"),
    _Attribute("digitize.range", ":SENS:DIG:{d}:RANG"),
    _Attribute("digitize.count", ":SENS:DIG:COUN"),
    _Attribute("digitize.sense", ":SENS:DIG:{d}:RSEN", _SENSES),
    _Attribute(
        "digitize.func", ":SENS:DIG:FUNC", {"FUNC_DIGITIZE_CURRENT": '"CURR"', "FUNC_DIGITIZE_VOLTAGE": '"VOLT"'}
    ),
)
# What is kept and changes nothing else here: units, digits, capacitance, compensation.
_KEPT = {
    "source.highc": "smu.OFF",
    "measure.unit": "smu.UNIT_AMP",
    "measure.displaydigits": "smu.DIGITS_6_5",
    "measure.offsetcompensation": "smu.OFF",
}
_CONSTANTS = (
    *("DELAY_OFF", "DELAY_AUTO", "INFINITE", "RANGE_AUTO", "RANGE_BEST", "RANGE_FIXED"),
    *("UNIT_AMP", "UNIT_VOLT", "UNIT_OHM", "UNIT_WATT"),
    *(f"DIGITS_{digits}_5" for digits in (3, 4, 5, 6)),
)


# Measure attributes of a function that need not be the active one: ``smu.measure.setattribute``.
_OF_FUNCTION = {
    "ATTR_MEAS_RANGE": "measure.range",
    "ATTR_MEAS_RANGE_AUTO": "measure.autorange",
    "ATTR_MEAS_NPLC": "measure.nplc",
    "ATTR_MEAS_SENSE": "measure.sense",
    "ATTR_MEAS_AUTO_ZERO": "measure.autozero.enable",
    "ATTR_MEAS_FILTER_ENABLE": "measure.filter.enable",
    "ATTR_MEAS_FILTER_COUNT": "measure.filter.count",
    "ATTR_MEAS_FILTER_TYPE": "measure.filter.type",
}
# Of a model that pulses (pp. 8-190, 8-192).
_PULSED = (
    _Attribute("source.pulse.level", ":SOUR:PULS:{s}"),
    _Attribute("source.pulse.ilimit.level", ":SOUR:PULS:VOLT:ILIM"),
    _Attribute("source.pulse.vlimit.level", ":SOUR:PULS:CURR:VLIM"),
)


def add_commands(host: TspHost, *, digitizes: bool) -> None:
    """Enter all commands of the set."""
    lua = host.lua
    smu = lua.node("smu")
    nodes: dict[str, Any] = {"": smu}
    for attribute in (*_ATTRIBUTES, *(_PULSED if digitizes else ())):
        node, name = _place(host, nodes, attribute.path)
        read = partial(_read, host, attribute)
        lua.attribute(node, name, read, None if attribute.is_query_only else partial(_write, host, attribute))
    for path, first in _KEPT.items():
        node, name = _place(host, nodes, path)
        kept = {name: first}
        lua.attribute(node, name, partial(kept.get, name), partial(kept.__setitem__, name))
    names = {name for attribute in _ATTRIBUTES for name in attribute.names or ()}
    for name in (*names, *_CONSTANTS, *_OF_FUNCTION):
        lua.constant(smu, name, f"smu.{name}")
    lua.set_global("smu", smu)
    lua.constant(smu, "reset", lua.function(lambda: host.scpi("*RST")))
    _add_measuring(host, nodes)
    add_sweeps(host, nodes["source"])
    if digitizes:
        add_pulses(host, nodes["source"])
    add_buffers(host)
    add_triggers(host)
    add_panel(host)


def _place(host: TspHost, nodes: dict[str, Any], path: str) -> tuple[Any, str]:
    """Return the node that a path is in, made if it is not there yet, and the name in it."""
    parent, _, name = path.rpartition(".")
    if parent not in nodes:
        above, own = _place(host, nodes, parent)
        nodes[parent] = host.lua.node()
        host.lua.constant(above, own, nodes[parent])
    return nodes[parent], name


def _header(host: TspHost, template: str, function: str | None = None) -> str:
    meter = host.meter
    measured = function or meter.measure.function
    return template.format(s=meter.source.function, m=measured, d=meter.measure.digitize or "CURR")


def _read(host: TspHost, attribute: _Attribute, function: str | None = None) -> Any:
    answer = host.scpi(_header(host, attribute.scpi, function) + "?")
    if attribute.names is None:
        return None if answer is None else float(answer)
    return next((f"smu.{name}" for name, scpi in attribute.names.items() if scpi == str(answer)), None)


def _write(host: TspHost, attribute: _Attribute, value: Any, function: str | None = None) -> None:
    if attribute.names is None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TspError(-104, attribute.path)
        text = repr(float(value))
    else:
        name = str(value).removeprefix("smu.")
        if isinstance(value, float | int) and attribute.names is _SWITCH:
            name = "ON" if value else "OFF"
        if name not in attribute.names:
            raise TspError(1401, f"{attribute.path} = {value}")
        text = attribute.names[name]
    host.scpi(f"{_header(host, attribute.scpi, function)} {text}")


def _add_measuring(host: TspHost, nodes: dict[str, Any]) -> None:
    lua, measure = host.lua, nodes["measure"]

    def read(buffer: Any = None) -> Any:
        name = getattr(buffer, "name", "defbuffer1")
        answer = host.scpi(f':READ? "{name}"')
        return None if answer is None else float(answer)

    def of_function(function: Any, name: Any) -> tuple[_Attribute, str]:
        """Return the attribute and the function that are meant."""
        path = _OF_FUNCTION.get(str(name).removeprefix("smu."))
        measured = {"FUNC_DC_VOLTAGE": "VOLT", "FUNC_DC_CURRENT": "CURR", "FUNC_RESISTANCE": "RES"}
        chosen = measured.get(str(function).removeprefix("smu."))
        if path is None or chosen is None:
            raise TspError(1401, f"{function}, {name}")
        return next(each for each in _ATTRIBUTES if each.path == path), chosen

    def set_of(function: Any, name: Any, value: Any) -> None:
        attribute, chosen = of_function(function, name)
        _write(host, attribute, value, chosen)

    def get_of(function: Any, name: Any) -> Any:
        return _read(host, *of_function(function, name))

    lua.constant(measure, "setattribute", lua.function(set_of))
    lua.constant(measure, "getattribute", lua.function(get_of))
    lua.constant(measure, "read", lua.function(read))
    lua.constant(nodes["measure.autozero"], "once", lua.function(lambda: host.scpi(":SENS:AZER:ONCE")))
    for parent, subsystem in (("measure", ":SENS"), ("source", ":SOUR")):
        lists = lua.node()
        lua.constant(nodes[parent], "configlist", lists)
        for name, command in (("create", "CRE"), ("delete", "DEL"), ("store", "STOR"), ("recall", "REC")):

            def act(*given: Any, header: str = f"{subsystem}:CONF:LIST:{command}") -> None:
                host.scpi(f"{header} {_parameters(given)}")

            lua.constant(lists, name, lua.function(act))

        def size(name: str, header: str = f"{subsystem}:CONF:LIST:SIZE?") -> Any:
            answer = host.scpi(f'{header} "{name}"')
            return None if answer is None else float(answer)

        lua.constant(lists, "size", lua.function(size))


def _parameters(values: Any) -> str:
    """Return parameters as SCPI takes them."""
    return ", ".join(f'"{value}"' if isinstance(value, str) else f"{value:.12g}" for value in values)
