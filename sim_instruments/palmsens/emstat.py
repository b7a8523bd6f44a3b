"""Commands of the instrument besides a script's own, and its answers (protocol, chapters 3 to 8).

A command is a line; the answer begins with the command's first character and ends with a line feed, before which stands
``!XXXX`` if it failed. While a script runs only ``Z`` (abort), ``Y`` (end the measurement loop), ``h`` and ``H`` (halt,
go on) are taken; without one they are refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_instruments.core.clock import PacedClock
from sim_instruments.palmsens.faults import NOT_SIMULATED, Code, ScriptFault
from sim_instruments.palmsens.grammar import Parser
from sim_instruments.palmsens.interpreter import Run
from sim_instruments.palmsens.model import EMSTAT4, PICO
from sim_instruments.palmsens.potentiostat import Potentiostat
from sim_instruments.palmsens.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.core.clock import Clock
    from sim_instruments.palmsens.grammar import Program
    from sim_instruments.palmsens.model import Model
    from sim_instruments.sample.cell import Cell

# Bytes of a line after which it is dropped (assumed).
_LONGEST_COMMAND = 4096
_DEAF_S = 0.05  # for which input is ignored after a fault (examples: "wait for > 50 ms after a failed command")
# ASCII control characters of software flow control.
_XON, _XOFF = 0x11, 0x13
_STORM = 20  # commands that are refused in an error storm

# Registers that can be read or written without harm (numbers and meaning: protocol, chapter 5, in part assumed).
_REGISTERS = {0x01: "00000000", 0x08: "00", 0x09: "00000000"}
_SERIAL_REGISTERS = {0x05, 0x06}
_KEY_REGISTER = 0x02


class EmStat:
    """A PalmSens instrument with one channel.

    Parameters
    ----------
    clock : Clock
    cell : Cell
    seed : int
        Of the noise.
    """

    model: Model

    def __init__(self, clock: Clock, cell: Cell, seed: int) -> None:
        self.clock = PacedClock(clock)
        self._sample = cell
        self.potentiostat = Potentiostat(self.model, cell, seed)
        self.run: Run | None = None
        self.loaded: Program | None = None
        self.stored: Program | None = None
        self.registers = dict(_REGISTERS)
        self.storage = Storage()
        self.storm = 0
        self.boots = 0

    @property
    def identity(self) -> str:
        """Firmware and serial number."""
        return f"PalmSens {self.model.firmware.partition('#')[0]}, serial {self.model.serial}"

    @property
    def output_is_on(self) -> bool:
        """Whether the output is on at this moment."""
        return self.potentiostat.cell_on

    def prepare(self) -> None:
        """Work the cell's step response out."""
        self.potentiostat.prepare()

    def update(self) -> float:
        """Let the script do what is due; return the time, or up to when that was done in time."""
        now = self.clock.now()
        if self.run is not None:
            reached = self.run.advance(now, self.clock.turn())
            if reached < now:
                now = reached
                self.clock.fall_behind(now)
            if self.run.ended:
                self.run = None
        return now

    def client_session(self, channel: str = "", /) -> Line:  # noqa: ARG002 - it has one port
        """Return the session of a client."""
        return Line(self)

    def start(self, program: Program, emit: Callable[[str], None]) -> None:
        """Run a program from now on."""
        self.run = Run(program, self.potentiostat, self.storage, self.clock.now(), emit)
        self.update()

    def inject(self, fault: str) -> None:
        """Let something happen to the instrument.

        Raises
        ------
        ValueError
            If that cannot happen to it: it has neither an interlock nor a thermometer.
        """
        now = self.update()
        if fault == "cell-open":
            self._sample.contacts.open(now)
        elif fault == "cell-short":
            self._sample.contacts.short(now)
        elif fault == "compliance":
            self.potentiostat.critical = True
        elif fault == "error-storm":
            self.storm = _STORM
        elif fault == "buffer-overrun":
            if self.run is not None:
                self.run.fail(now, Code.FAST_TIMING)
                self.run = None
        elif fault == "reboot":
            self._reboot(now)
        else:
            raise ValueError(f"an EmStat has no fault {fault!r}")
        self.potentiostat.disturb()

    def _reboot(self, now: float) -> None:
        """Lose everything but the stored script: the script ends without a word, the cell is off."""
        self.potentiostat.switch_off(now)
        self.potentiostat.reset()
        self.potentiostat.critical = False
        self.run = self.loaded = None
        self.registers = dict(_REGISTERS)
        self.boots += 1


class EmStatPico(EmStat):
    """An EmStat Pico: a serial line of 230400 baud with XON/XOFF."""

    model = PICO


class EmStat4LR(EmStat):
    """An EmStat4 LR on USB."""

    model = EMSTAT4


class Line:
    """One client on the line.

    Parameters
    ----------
    device : EmStat
    """

    def __init__(self, device: EmStat) -> None:
        self._device = device
        self._boots = device.boots
        self._input = bytearray()
        self._pending = bytearray()
        self._held = False
        self._parser: Parser | None = None
        self._loads_for = ""  # the command that a script is being loaded for
        self._deaf_until = 0.0
        self.output = bytearray()

    @property
    def waiting(self) -> bool:
        """Whether a script runs, which may say something at any time."""
        return self._device.run is not None

    def receive(self, data: bytes) -> None:
        """Take bytes from the client and act on every line that is complete."""
        self._device.update()
        self._forget_after_boot()
        for byte in data:
            if byte in {_XON, _XOFF}:
                self._held = byte == _XOFF
        data = bytes(byte for byte in data if byte not in {_XON, _XOFF})
        self._flush()
        if self._device.clock.now() < self._deaf_until:
            return
        self._input += data
        while b"\n" in self._input and self._device.clock.now() >= self._deaf_until:
            line, _, rest = bytes(self._input).partition(b"\n")
            self._input = bytearray(rest)
            self._take(line.decode("latin-1").rstrip("\r"))
        if self._device.clock.now() < self._deaf_until:
            self._input.clear()
        if len(self._input) > _LONGEST_COMMAND:
            self._refuse(chr(self._input[0]), Code.LINE_TOO_LONG)
            self._input.clear()

    def run(self) -> None:
        """Let the instrument go on."""
        self._device.update()
        self._forget_after_boot()
        self._flush()

    def _forget_after_boot(self) -> None:
        if self._boots != self._device.boots:
            self._boots = self._device.boots
            self._input.clear()
            self._parser = None

    def _say(self, text: str) -> None:
        self._pending += text.encode("latin-1")
        self._flush()

    def _flush(self) -> None:
        if not self._held:
            self.output += self._pending
            self._pending.clear()

    def _refuse(self, command: str, code: Code, where: str = "") -> None:
        """Tell a fault; then the instrument hears nothing for a while (of wall time, by which lines are sent)."""
        self._say(f"{command[:1]}!{code:04X}{where}{NOT_SIMULATED if code == Code.NOT_SIMULATED else ''}\n")
        self._deaf_until = self._device.clock.now() + _DEAF_S / self._device.clock.wall_s(1.0)
        self._parser = None

    # -- lines --------------------------------------------------------------------------------------------------------

    def _take(self, line: str) -> None:
        if self._parser is not None:
            self._load(line)
            return
        if self._device.run is not None:
            self._device.run.hear(self._device.clock.now())
        if not line:
            return  # flushes half a command that somebody left (examples, abort_and_sync)
        if self._device.storm:
            self._device.storm -= 1
            self._refuse(line, Code.UNSPECIFIED)
        elif line in {"Z", "Y", "h", "H"}:
            self._control(line)
        elif self._device.run is not None:
            self._refuse(line, Code.WRONG_MODE)
        else:
            self._command(line)

    def _control(self, command: str) -> None:
        run = self._device.run
        if run is None:
            self._refuse(command, Code.WRONG_MODE)
            return
        now = self._device.clock.now()
        self._say(f"{command}\n")
        if command == "Z":
            run.abort(now)
        elif command == "Y":
            run.leave_measurement(now)
        elif command == "h":
            run.halt(now)
        else:
            run.resume(now)
        self._device.update()

    def _command(self, line: str) -> None:
        model = self._device.model
        if line == "t":
            self._say(f"t{model.firmware}\nR*\n")
        elif line == "i":
            self._say(f"i{model.serial}\n")
        elif line == "v":
            self._say(f"v{model.script_version}\n")
        elif line in {"e", "l"}:
            self._parser, self._loads_for = Parser(model.script_bytes, model.lacks), line
        elif line == "r":
            self._run_loaded()
        elif line == "Fmscr":
            self._store()
        elif line == "Lmscr":
            self._fetch()
        elif line[0] in "GS":
            self._register(line)
        else:
            self._refuse(line, Code.UNKNOWN_COMMAND)

    def _load(self, line: str) -> None:
        parser = self._parser
        if parser is None:
            return
        try:
            if line:
                parser.feed(line)
                return
            program = parser.close()
        except ScriptFault as fault:
            self._device.loaded = None
            self._refuse(self._loads_for, fault.code, f": Line {parser.line}, Col {fault.column}")
            return
        self._parser = None
        self._device.loaded = program
        self._say(f"{self._loads_for}\n")
        if self._loads_for == "e":
            self._device.start(program, self._say)

    def _run_loaded(self) -> None:
        if self._device.loaded is None:
            self._refuse("r", Code.NO_SCRIPT)
            return
        self._say("r\n")
        self._device.start(self._device.loaded, self._say)

    def _store(self) -> None:
        if self._device.loaded is None:
            self._refuse("F", Code.NO_SCRIPT)
            return
        self._device.stored = self._device.loaded
        self._say("F\n")

    def _fetch(self) -> None:
        if self._device.stored is None:
            self._refuse("L", Code.NO_SCRIPT)
            return
        self._device.loaded = self._device.stored
        self._say("L\n")

    def _register(self, line: str) -> None:
        """``G<number>`` reads, ``S<number><value>`` writes; both in hexadecimal."""
        digits = line[1:]
        if len(digits) < 2:
            self._refuse(line, Code.ARGUMENT_TOO_SHORT)
            return
        try:
            number, value = int(digits[:2], 16), digits[2:]
            int(value or "0", 16)
        except ValueError:
            self._refuse(line, Code.NOT_HEXADECIMAL)
            return
        reads = line[0] == "G"
        registers = self._device.registers
        if number == _KEY_REGISTER:
            self._refuse(line, Code.WRITE_ONLY_REGISTER) if reads else self._say("S\n")
        elif number in _SERIAL_REGISTERS:
            text = self._device.model.serial.encode().hex().upper()
            self._say(f"G{text}\n") if reads else self._refuse(line, Code.READ_ONLY_REGISTER)
        elif number not in registers:
            self._refuse(line, Code.UNKNOWN_REGISTER)
        elif reads:
            self._say(f"G{registers[number]}\n")
        elif len(value) != len(registers[number]):
            self._refuse(line, Code.ARGUMENT_TOO_SHORT)
        else:
            registers[number] = value.upper()
            self._say("S\n")
