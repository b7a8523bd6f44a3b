"""Status registers of a TSP instrument (manual section 12).

Modelled: the status byte, the standard event register, and per channel the operation, measurement and questionable
registers that tell of sweeps, trigger overruns, limits and temperature, with their summaries above. Transition filters
other than "rising" are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sim_instruments.keithley.k2600.numbers import whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.keithley.k2600.channel import Channel
    from sim_instruments.keithley.k2600.errors import ErrorQueue
    from sim_instruments.keithley.k2600.interpreter import Interpreter

# Bits of the status byte, section 12.
MEASUREMENT, SYSTEM, ERROR_AVAILABLE, QUESTIONABLE, MESSAGE_AVAILABLE, EVENT_SUMMARY, MASTER, OPERATION = (
    1 << bit for bit in range(8)
)
# Standard event register, section 12 (Rev. B p. E-20).
OPERATION_COMPLETE, QUERY_ERROR, DEVICE_ERROR, EXECUTION_ERROR, COMMAND_ERROR, USER_REQUEST, POWER_ON = (
    1 << bit for bit in (0, 2, 3, 4, 5, 6, 7)
)
SWEEPING, TRIGGER_OVERRUN = 1 << 3, 1 << 10
OVERRUNS = {"arm": 1 << 1, "source": 1 << 2, "measure": 1 << 3, "endpulse": 1 << 4}
VOLTAGE_LIMIT, CURRENT_LIMIT, READING_OVERFLOW, BUFFER_AVAILABLE, INSTRUMENT = 1, 2, 1 << 7, 1 << 8, 1 << 13
TOO_HOT = 1 << 12
_SUMMARIES = {
    "operation": {"sweeping": SWEEPING, "measuring": 1 << 4, "instrument": INSTRUMENT},
    "measurement": {"voltage_limit": 1, "current_limit": 2, "instrument": INSTRUMENT},
    "questionable": {"over_temperature": TOO_HOT, "instrument": INSTRUMENT},
}


@dataclass
class Register:
    """Condition, event and enable; events latch where a condition rises."""

    condition_now: Callable[[], int]
    enable: int = 0
    event: int = 0
    _seen: int = 0

    def look(self) -> int:
        """Return the condition; latch what has risen since the last look."""
        condition = self.condition_now()
        self.event |= condition & ~self._seen
        self._seen = condition
        return condition

    def read_event(self) -> int:
        """Return the event register and clear it."""
        self.look()
        event, self.event = self.event, 0
        return event

    @property
    def summary(self) -> bool:
        """Whether an enabled event is set."""
        self.look()
        return bool(self.event & self.enable)


def _of_units(units: list[Any], is_so: Callable[[Any], bool]) -> Callable[[], int]:
    """Return a condition with a bit for each channel: B1 for a, B2 for b."""
    return lambda: sum(2 << place for place, unit in enumerate(units) if is_so(unit))


def _of_summaries(below: dict[int, Register]) -> Callable[[], int]:
    return lambda: sum(bit for bit, register in below.items() if register.summary)


class Status:
    """All registers of an instrument.

    Parameters
    ----------
    errors : ErrorQueue
        Whose entries the status byte tells of.
    channels : dict of str to Channel
        By name.
    """

    def __init__(self, errors: ErrorQueue, channels: dict[str, Channel]) -> None:
        self._errors = errors
        self.message_available = False
        self.service_enable = 0
        self.standard = Register(lambda: 0)
        self.standard.event = POWER_ON
        self.registers: dict[tuple[str, ...], Register] = {}
        for name, unit in channels.items():
            self._of_channel(name, unit)
        units = list(channels.values())
        for path, is_so in (
            (("operation", "sweeping"), lambda unit: unit.sweeping),
            (("operation", "measuring"), lambda unit: unit.busy),
            (("measurement", "current_limit"), lambda unit: unit.source.func == 1 and unit.compliance),
            (("measurement", "voltage_limit"), lambda unit: unit.source.func == 0 and unit.compliance),
            (("questionable", "over_temperature"), lambda unit: unit.hot),
        ):
            self.registers[path] = Register(_of_units(units, is_so))
        for name in ("digio", "lan", "tsplink", "trigger_blender", "trigger_timer"):
            # Summaries that no program of ours needs: their overruns are told by each line, blender and timer itself.
            self.registers["operation", "instrument", name] = Register(lambda: 0)
            self.registers["operation", "instrument", name, "trigger_overrun"] = Register(lambda: 0)
        for top in ("operation", "measurement", "questionable"):
            inner = [self.registers[top, "instrument", name] for name in channels]
            self.registers[top, "instrument"] = Register(_of_units(inner, lambda register: register.summary))
            below = {bit: self.registers[top, name] for name, bit in _SUMMARIES[top].items()}
            self.registers[(top,)] = Register(_of_summaries(below))

    def _of_channel(self, name: str, unit: Channel) -> None:
        overrun = Register(lambda: sum(bit for key, bit in OVERRUNS.items() if unit.detectors[key].overrun))
        self.registers["operation", "instrument", name, "trigger_overrun"] = overrun
        self.registers["operation", "instrument", name] = Register(
            lambda: (SWEEPING if unit.sweeping else 0) | (TRIGGER_OVERRUN if overrun.summary else 0)
        )

        def measurement() -> int:
            limit = (CURRENT_LIMIT if unit.source.func else VOLTAGE_LIMIT) if unit.compliance else 0
            return limit | (BUFFER_AVAILABLE if any(buffer.n for buffer in unit.nvbuffers) else 0)

        self.registers["measurement", "instrument", name] = Register(measurement)
        self.registers["questionable", "instrument", name] = Register(lambda: TOO_HOT if unit.hot else 0)

    def byte(self) -> int:
        """Return the status byte (``status.condition``, ``*STB?``)."""
        bits = {
            MEASUREMENT: self.registers[("measurement",)].summary,
            ERROR_AVAILABLE: len(self._errors) > 0,
            QUESTIONABLE: self.registers[("questionable",)].summary,
            MESSAGE_AVAILABLE: self.message_available,
            EVENT_SUMMARY: self.standard.summary,
            OPERATION: self.registers[("operation",)].summary,
        }
        byte = sum(bit for bit, is_set in bits.items() if is_set)
        return byte | (MASTER if byte & self.service_enable & ~MASTER else 0)

    def note_error(self, number: int) -> None:
        """Set the standard event bit that goes with an error."""
        if -299 <= number <= -280 or -199 <= number <= -100:
            self.standard.event |= COMMAND_ERROR
        elif -280 < number <= -200 or number > 1000:
            self.standard.event |= EXECUTION_ERROR
        elif -499 <= number <= -400:
            self.standard.event |= QUERY_ERROR
        else:
            self.standard.event |= DEVICE_ERROR

    def reset(self) -> None:
        """Do as ``status.reset()``: events and enables cleared."""
        for register in (self.standard, *self.registers.values()):
            register.look()
            register.event = register.enable = 0
        self.service_enable = 0

    def clear(self) -> None:
        """Do as ``*CLS`` with the events."""
        for register in (self.standard, *self.registers.values()):
            register.read_event()


def add_status_commands(lua: Interpreter, status: Status) -> Any:
    """Return the node ``status``."""
    node = lua.node()
    lua.attribute(node, "condition", status.byte)
    byte = whole(0, 255)
    lua.attribute(
        node,
        "request_enable",
        lambda: status.service_enable,
        lambda value: setattr(status, "service_enable", byte(value) & ~MASTER),
    )
    lua.constant(node, "reset", lua.function(status.reset))
    constants = {
        "MSB": MEASUREMENT,
        "EAV": ERROR_AVAILABLE,
        "QSB": QUESTIONABLE,
        "MAV": MESSAGE_AVAILABLE,
        "ESB": EVENT_SUMMARY,
        "MSS": MASTER,
        "OSB": OPERATION,
    }
    for name, bit in constants.items():
        lua.constant(node, name, bit)
    nodes: dict[tuple[str, ...], Any] = {}
    for path, register in sorted({("standard",): status.standard, **status.registers}.items()):
        nodes[path] = here = lua.node()
        lua.constant(nodes[path[:-1]] if len(path) > 1 else node, path[-1], here)
        lua.attribute(here, "condition", register.look)
        lua.attribute(here, "event", register.read_event)
        lua.attribute(here, "enable", partial(getattr, register, "enable"), partial(_enable, register))
        bits = {"SWEEPING": SWEEPING, "SWE": SWEEPING} if path[0] == "operation" else {}
        for name, bit in bits.items():
            lua.constant(here, name, bit)
    for name, bit in (("OPC", OPERATION_COMPLETE), ("QYE", QUERY_ERROR), ("DDE", DEVICE_ERROR)):
        lua.constant(nodes[("standard",)], name, bit)
    for name, bit in (("EXE", EXECUTION_ERROR), ("CME", COMMAND_ERROR), ("URQ", USER_REQUEST), ("PON", POWER_ON)):
        lua.constant(nodes[("standard",)], name, bit)
    return node


def _enable(register: Register, value: Any) -> None:
    register.enable = whole(0, 65535)(value)
