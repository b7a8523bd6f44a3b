"""What is attached to an EmStat besides the cell: a thermometer on its bus, a multiplexer, a second working electrode.

- The module of an EmStat Pico has an ADT7420 at 0x48 (example MSExample003); an EmStat4 has an empty bus. Registers:
  Analog Devices, *ADT7420 data sheet*, rev. 0: temperature 0x00 and 0x01, status 0x02, configuration 0x03, identity
  0x0B; the pointer goes on with each byte.
- A multiplexer is on each model's connector, all of its channels on the one cell (assumed): a MUX16 of a Pico (type 4,
  example MSExample007), a MUX8, MUX16 or MUX8-R2 of an EmStat4 (types 1, 2 and 3, examples 022, 023 and 032).
- Nothing is connected to the second working electrode of a Pico: it reads no current.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sim_instruments.palmsens.faults import Code, ScriptFault
from sim_instruments.palmsens.values import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sim_instruments.palmsens.grammar import Argument, Statement
    from sim_instruments.palmsens.memory import Memory
    from sim_instruments.palmsens.model import Model

BOARD_C = 27.0
"""Temperature of the board, degrees Celsius (assumed)."""
_ADT7420 = 0x48
"""Address of the thermometer (example MSExample003)."""
_CONFIGURATION, _FINE = 0x03, 0x80
"""Register of the thermometer, and its bit for 16 instead of 13 bits (data sheet, table 11)."""
_STEPS_PER_C = 128
"""Of a temperature in 16 bits: 0.0078125 degrees each (data sheet, p. 12)."""
_HEARD, _NOT_HEARD = 0, 1
"""What the last variable of a transfer gets: 0 if it was acknowledged (example MSExample009); 1 else (assumed)."""
_CHANNELS = {1: 8, 2: 16, 3: 8, 4: 16}
"""Channels of a multiplexer by its type (examples 007 and 022)."""


class _Thermometer:
    """The registers of an ADT7420 that are read and written."""

    def __init__(self) -> None:
        self._registers = {0x02: 0x00, _CONFIGURATION: 0x00, 0x0B: 0xCB}
        self._pointer = 0

    def write(self, data: Sequence[int]) -> None:
        """Take the address of a register, and what is written from there on."""
        self._pointer, *rest = data
        for byte in rest:
            if self._pointer == _CONFIGURATION:
                self._registers[_CONFIGURATION] = byte & 0xFF
            self._pointer += 1

    def read(self, count: int) -> list[int]:
        """Return registers from the pointer on."""
        word = round(BOARD_C * _STEPS_PER_C)
        if not self._registers[_CONFIGURATION] & _FINE:
            word &= ~0b111  # 13 bits, and three flags of limits that are not passed
        word &= 0xFFFF
        known = self._registers | {0x00: word >> 8, 0x01: word & 0xFF}
        found = [known.get(self._pointer + k, 0) for k in range(count)]
        self._pointer += count
        return found


class Attached:
    """The bus, the multiplexer and the second electrode, by a script's commands.

    Parameters
    ----------
    memory : Memory
    model : Model
    """

    def __init__(self, memory: Memory, model: Model) -> None:
        self._memory = memory
        self._multiplexers = model.multiplexers
        self._bus = {_ADT7420: _Thermometer()} if model.has_thermometer else {}
        self._is_configured = False
        self._channels = 0

    def commands(self) -> dict[str, Callable[[Statement], None]]:
        """Return what carries out each command."""
        return {
            "i2c_config": self._configure_bus,
            "i2c_write": self._write,
            "i2c_write_byte": self._write_byte,
            "i2c_read": self._read,
            "i2c_read_byte": self._read_byte,
            "i2c_write_read": self._write_and_read,
            "mux_config": self._configure_multiplexer,
            "mux_get_channel_count": lambda s: self._memory.assign(s.arguments[0], Value(self._attached(), "ja")),
            "mux_set_channel": self._set_channel,
        }

    def also_measured(self, statement: Statement) -> None:
        """``add_meas``: a further quantity of a measurement loop, of the second electrode."""
        if "add_meas" in statement.options:
            _, kind, target = statement.options["add_meas"]
            self._memory.assign(target, Value(0.0, str(kind), 0, 0))

    # -- the bus ------------------------------------------------------------------------------------------------------

    def _configure_bus(self, statement: Statement) -> None:
        if self._whole(statement.arguments[1]) not in {7, 10}:
            raise ScriptFault(Code.OUT_OF_BOUNDS)
        self._is_configured = True

    def _write(self, statement: Statement) -> None:
        address, array, count, acknowledged = statement.arguments
        self._transfer(address, acknowledged, self._bytes(array, count), 0)

    def _write_byte(self, statement: Statement) -> None:
        address, byte, acknowledged = statement.arguments
        self._transfer(address, acknowledged, [self._whole(byte)], 0)

    def _read(self, statement: Statement) -> None:
        address, array, count, acknowledged = statement.arguments
        self._keep(array, self._transfer(address, acknowledged, [], self._whole(count)))

    def _read_byte(self, statement: Statement) -> None:
        address, target, acknowledged = statement.arguments
        for byte in self._transfer(address, acknowledged, [], 1):
            self._memory.assign(target, Value(byte, "ja"))

    def _write_and_read(self, statement: Statement) -> None:
        address, array, count, into, wanted, acknowledged = statement.arguments
        told = self._bytes(array, count)
        self._keep(into, self._transfer(address, acknowledged, told, self._whole(wanted)))

    def _transfer(self, address: Argument, acknowledged: Argument, told: Sequence[int], wanted: int) -> list[int]:
        """Write, then read; who is not there acknowledges nothing and gives nothing."""
        if not self._is_configured:
            raise ScriptFault(Code.WRONG_SITUATION)
        device = self._bus.get(self._whole(address))
        self._memory.assign(acknowledged, Value(_NOT_HEARD if device is None else _HEARD, "ja"))
        if device is None:
            return []
        if told:
            device.write(told)
        return device.read(wanted)

    def _bytes(self, array: Argument, count: Argument) -> list[int]:
        values, wanted = self._memory.array(str(array)), self._whole(count)
        if not 0 < wanted <= len(values):
            raise ScriptFault(Code.ARRAY_TOO_SMALL)
        return [int(value.number) & 0xFF for value in values[:wanted]]

    def _keep(self, array: Argument, found: Sequence[int]) -> None:
        into = self._memory.array(str(array))
        if len(found) > len(into):
            raise ScriptFault(Code.ARRAY_TOO_SMALL)
        into[: len(found)] = [Value(byte, "ja") for byte in found]

    # -- the multiplexer ----------------------------------------------------------------------------------------------

    def _configure_multiplexer(self, statement: Statement) -> None:
        kind = self._whole(statement.arguments[0])
        if kind not in self._multiplexers:
            raise ScriptFault(Code.NOT_SUPPORTED)
        self._channels = _CHANNELS[kind]

    def _attached(self) -> int:
        if not self._channels:
            raise ScriptFault(Code.WRONG_SITUATION)
        return self._channels

    def _set_channel(self, statement: Statement) -> None:
        if not 1 <= self._whole(statement.arguments[0]) <= self._attached():
            raise ScriptFault(Code.NO_SUCH_CHANNEL)

    def on_each_channel(self, statement: Statement, value: Value) -> None:
        """Put what was measured into the array of ``meas_loop_ca_alt_mux``: all channels have the one cell."""
        first, last = (self._whole(argument) for argument in statement.arguments[-2:])
        if not 1 <= first <= last <= self._attached():
            raise ScriptFault(Code.NO_SUCH_CHANNEL)
        into, count = self._memory.array(str(statement.arguments[1])), last - first + 1
        if len(into) < count:
            raise ScriptFault(Code.ARRAY_TOO_SMALL)
        into[:count] = [replace(value) for _ in range(count)]

    def _whole(self, argument: Argument) -> int:
        return int(self._memory.number(argument))
