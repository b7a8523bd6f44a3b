"""A Keithley 2602B with a sample on channel a, as a program meets it."""

from __future__ import annotations

from collections import deque
from functools import partial
from importlib import resources
from typing import TYPE_CHECKING

from sim_instruments.core.clock import PacedClock
from sim_instruments.core.instrument import DEVICE_FAULTS
from sim_instruments.frontend.electronics import Noise
from sim_instruments.frontend.response import Drive
from sim_instruments.keithley.k2600.channel import KEITHLEY_2602B, LINE_HZ, Channel
from sim_instruments.keithley.k2600.channel_commands import ChannelCommands
from sim_instruments.keithley.k2600.client_session import TspClientSession
from sim_instruments.keithley.k2600.errors import ErrorQueue, TspError
from sim_instruments.keithley.k2600.interpreter import Interpreter
from sim_instruments.keithley.k2600.numbers import Format, whole
from sim_instruments.keithley.k2600.script_host import ScriptHost
from sim_instruments.keithley.k2600.status import OPERATION_COMPLETE, Status, add_status_commands
from sim_instruments.keithley.k2600.system_commands import COMMAND_TRIGGER, SystemCommands
from sim_instruments.keithley.k2600.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from sim_instruments.core.clock import Clock
    from sim_instruments.keithley.k2600.host import Client
    from sim_instruments.sample.cell import Cell

_MODEL, _SERIAL, _REVISION = "2602B", "4082301", "3.4.2"


class TspInstrument(ScriptHost):
    """A Keithley 2602B: the sample is connected to channel a, nothing on channel b.

    Parameters
    ----------
    clock : Clock
        Time base.
    cell : Cell
        The sample.
    seed : int
        Of the noise.
    """

    identity = f"Keithley Instruments Inc., Model {_MODEL}, {_SERIAL}, {_REVISION}"

    def __init__(self, clock: Clock, cell: Cell, seed: int = 0) -> None:
        self._clock = PacedClock(clock)
        self._cell = cell
        self._noise = Noise(seed)
        self.answers: deque[str] = deque()
        self._switch_on()

    def _switch_on(self) -> None:
        self.timeline = Timeline()
        self.timeline.move_to(self._clock.now())
        self.errors = ErrorQueue()
        self.format = Format()
        drive = Drive(self._cell, KEITHLEY_2602B.response_s)
        self.channels: Mapping[str, Channel] = {
            "smua": Channel(self.timeline, drive, self._noise, 1, self.errors),
            "smub": Channel(self.timeline, None, self._noise, 2, self.errors),
        }
        self.status = Status(self.errors, self.channels)
        self.active_client: Client | None = None
        self._completion_asked = False
        self._switches = {"prompts": 0, "prompts4882": 1, "showerrors": 0, "autolinefreq": 1}
        self.lua = Interpreter(lambda: self.timeline.now, lambda t_s: self.timeline.at(t_s, lambda: None), self.refuse)
        self._commands = SystemCommands(self.lua, self)
        self._add_nodes()

    def _add_nodes(self) -> None:
        lua = self.lua
        local = lua.node()
        for name, unit in self.channels.items():
            node = ChannelCommands(lua, unit).node
            lua.set_global(name, node)
            lua.constant(local, name, node)
        status = add_status_commands(lua, self.status)
        lua.set_global("status", status)
        facts = {
            "model": _MODEL,
            "serialno": _SERIAL,
            "revision": _REVISION,
            "linefreq": LINE_HZ,
            "description": f"Keithley {_MODEL}",
        }
        for name, value in facts.items():
            lua.constant(local, name, value)
        lua.constant(local, "reset", lua.function(self.reset))
        for name in self._switches:
            lua.attribute(local, name, partial(self._switches.get, name), partial(self._turn, name))
        lua.set_global("localnode", local)
        nodes = lua.node()
        lua.constant(nodes, 1, local)
        lua.set_global("node", nodes)
        problem = lua.keep("KIFactory", resources.files(__package__).joinpath("factory.lua").read_text("ascii"))
        if problem is not None:
            raise ValueError(f"the factory scripts cannot be read: {problem}")
        lua.start("KIFactory.run()")

    def _turn(self, name: str, value: Any) -> None:
        self._switches[name] = whole(0, 1)(value)

    # -- life ---------------------------------------------------------------------------------------------------------

    @property
    def output_is_on(self) -> bool:
        """Whether the output is on at this moment."""
        return any(unit.output for unit in self.channels.values())

    def prepare(self) -> None:
        """Work the cell's step response out now."""
        self._cell.step_charge(1.0)

    def client_session(self, _channel: str = "", /) -> TspClientSession:
        """Return a client's session."""
        return TspClientSession(self)

    def update(self) -> float:
        """Bring the instrument to the present: events, and scripts that waited for them.

        What cannot be worked out in time is left for later: the present is then what has been reached.
        """
        now, over = self._clock.now(), self._clock.turn()
        self._go_on()
        while self.timeline.step(now):
            self._go_on()
            if over():
                now = self.timeline.now
                self._clock.fall_behind(now)
        self.timeline.move_to(now)
        if self._completion_asked and not self.busy:
            self._completion_asked = False
            self.status.standard.event |= OPERATION_COMPLETE
        return now

    def _go_on(self) -> None:
        while self.lua.run():
            pass
        if self.active_client is not None and not self.lua.running:
            if self._switches["showerrors"]:
                while len(self.errors):
                    shown = "\t".join(self.format.text(part) for part in self.errors.next())
                    self.active_client.output += shown.encode("latin-1", "replace") + b"\n"
            if self._switches["prompts"]:
                self.active_client.output += b"TSP?\n" if len(self.errors) else b"TSP>\n"
            self.active_client = None

    @property
    def busy(self) -> bool:
        """Whether an overlapped operation is running."""
        return any(unit.busy for unit in self.channels.values())

    # -- what clients and scripts ask for -----------------------------------------------------------------------------

    def execute(self, chunk: str, active_client: Client) -> None:
        """Run a chunk for a client."""
        self.active_client = active_client
        active_client.answered = False
        self.lua.start(chunk)
        self._go_on()

    def refuse(self, error: TspError) -> None:
        """Queue an error."""
        self.errors.post(error)
        self.status.note_error(error.number)

    def abort(self) -> None:
        """Do as the message ``abort``: end the script that runs, and overlapped operations."""
        self.update()
        self.lua.abort()
        for unit in self.channels.values():
            unit.abort()
        self._go_on()

    def trigger(self) -> None:
        """Do as ``*TRG``."""
        self.update()
        if self.active_client is not None:
            self.active_client.answered = False
        self.timeline.fire(COMMAND_TRIGGER)
        self.update()

    def note_completion(self) -> None:
        """Do as ``opc()``: set the operation-complete bit when overlapped operations have ended."""
        self._completion_asked = True

    def clear_status(self) -> None:
        """Do as ``*CLS``."""
        self.errors.clear()
        self.status.clear()

    def reset(self) -> None:
        """Do as ``reset()``: the outputs go off, settings to their defaults; the error queue stays."""
        for unit in self.channels.values():
            unit.reset()
        self._commands.reset()

    def inject(self, fault: str) -> None:
        """Let one of `DEVICE_FAULTS` happen."""
        now = self.update()
        unit = self.channels["smua"]
        act: dict[str, Any] = {
            "cell-open": lambda: self._cell.contacts.open(now),
            "cell-short": lambda: self._cell.contacts.short(now),
            "compliance": unit.limit_hard,
            "error-storm": self._storm,
            "interlock-open": lambda: self._lock_out(unit),
            "overtemperature": lambda: self._overheat(unit),
            "buffer-overrun": unit.overrun_buffer,
            "reboot": self._reboot,
        }
        if fault not in DEVICE_FAULTS:
            raise ValueError(f"no such fault: {fault!r} (there are: {', '.join(DEVICE_FAULTS)})")
        act[fault]()

    def _storm(self) -> None:
        for _ in range(200):
            self.refuse(TspError(-286, " at line 1: attempt to index global `nothing' (a nil value)"))

    def _lock_out(self, unit: Channel) -> None:
        # A 2602B has no interlock; its output-enable line does the same if it is used.
        unit.switch(on=False)
        unit.blocked = True
        self.refuse(TspError(802))

    def _overheat(self, unit: Channel) -> None:
        unit.heat_up()
        self.refuse(TspError(5038))

    def _reboot(self) -> None:
        self.lua.abort()
        for unit in self.channels.values():
            unit.abort()
            unit.switch(on=False, open_relay=True)
        active_client = self.active_client
        self._switch_on()
        if active_client is not None:
            active_client.forget()
