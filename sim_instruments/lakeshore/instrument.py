"""The Lake Shore 335 and 336 as their clients see them: lines, answers, refusals.

Lake Shore 336 and 335 user's manuals, chapter 6 (6.6.1 of the 336: interface commands); page by page in
docs/reference/sources/lakeshore-336.md. Lines end with CR LF; commands are joined by semicolons; a command that it does
not know or that is out of range gets no answer and sets a bit of the event status register. Autotuning, relays, the
network settings and the display are not modelled. The number of digits of a reading after its point is assumed to be
three or more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_instruments.lakeshore.controller import Controller, Output
from sim_instruments.lakeshore.input_commands import InputCommands
from sim_instruments.lakeshore.output_commands import OutputCommands
from sim_instruments.lakeshore.refusal import (
    COMMAND_ERROR,
    OPERATION_COMPLETE,
    POWER_ON,
    Refused,
    integer,
    outside_quotes,
)
from sim_instruments.sample.cryostat import Cryostat

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.core.clock import Clock
    from sim_instruments.sample.cell import Cell

# Bytes of a line after which it is dropped (assumed).
_MAX_LINE = 1000
_PLATINUM = (2, 1, 0, 0, 1)
"""``INTYPE`` of the sensor in the cryostat: platinum, autorange, kelvin."""
_PT_100 = 6
"""Its standard curve."""


class Talk:
    """One client's session.

    Parameters
    ----------
    device : LakeShore336
    """

    waiting = False

    def __init__(self, device: LakeShore336) -> None:
        self._device = device
        self._input = bytearray()
        self.output = bytearray()

    def receive(self, data: bytes) -> None:
        """Take bytes and answer every line that is complete."""
        self._input += data
        *lines, rest = self._input.split(b"\n")
        self._input = bytearray(rest[-_MAX_LINE:])
        for line in lines:
            answers = self._device.answers(line.decode("latin-1").strip())
            if answers:
                self.output += ";".join(answers).encode("latin-1") + b"\r\n"

    def run(self) -> None:
        """Go on with what waits: nothing ever does."""


class LakeShore336:
    """A Lake Shore 336 whose sensor A and heaters are in the cell's cryostat.

    Parameters
    ----------
    clock : Clock
        Time base.
    cell : Cell
        The sample: it is put into the cryostat.
    seed : int
        Of the noise.
    """

    identity = "LSCI,MODEL336,LSA23F7/#######,2.9"
    inputs = 4
    has_output_types = False
    voltage_outputs: tuple[int, ...] = (3, 4)

    def __init__(self, clock: Clock, cell: Cell, seed: int = 0) -> None:
        self.clock = clock
        self.cryostat = Cryostat()
        cell.put_into(self.cryostat.temperature_K)
        self._seed = seed
        self._switch_on()
        self._commands: dict[str, Callable[..., str | None]] = (
            self._common() | InputCommands(self).commands() | OutputCommands(self).commands()
        )

    def _switch_on(self) -> None:
        outputs = {1: Output(), 2: Output(mode=0)}
        outputs |= {number: Output(mode=0, is_voltage=True) for number in self.voltage_outputs}
        self.controller = Controller(self.cryostat, self._seed, self.inputs, outputs)
        self.controller.sensors[0].kind, self.controller.sensors[0].curve = _PLATINUM, _PT_100
        now = self.clock.now()
        here = self.cryostat.sensor_K(now)
        for output in self.controller.outputs.values():
            output.target_K = output.setpoint_K = here
        self.controller.skip_to(now)
        self.controller.heat(now)
        self.event_status, self.event_enable, self.service_enable = POWER_ON, 0, 0

    # -- as the server sees it ----------------------------------------------------------------------------------------

    @property
    def output_is_on(self) -> bool:
        """Whether the output is on at this moment."""
        return any(output.is_on for output in self.controller.outputs.values())

    @property
    def commands(self) -> tuple[str, ...]:
        """Names of all commands that it takes."""
        return tuple(self._commands)

    def prepare(self) -> None:
        """Do nothing: nothing takes long."""

    def client_session(self, _channel: str = "", /) -> Talk:
        """Return a client's session."""
        return Talk(self)

    def update(self) -> float:
        """Bring the loop to the present; return it, instrument seconds."""
        now = self.clock.now()
        self.controller.advance(now)
        return now

    def inject(self, fault: str) -> None:
        """Let one of `sim_instruments.core.instrument.DEVICE_FAULTS` happen now; what it does not have does nothing.

        An open or shorted cell is sensor A here, compliance an open heater.
        """
        now = self.update()
        match fault:
            case "cell-open":
                self.controller.sensors[0].fault = 128
            case "cell-short":
                self.controller.sensors[0].fault = 64
            case "compliance":
                self.controller.outputs[1].off()
                self.controller.outputs[1].error = 1
                self.controller.heat(now)
            case "overtemperature":
                self.controller.all_off(now)
            case "reboot":
                self._switch_on()

    def answers(self, line: str) -> list[str]:
        """Carry out a line; return the answers of its queries."""
        self.update()
        found: list[str] = []
        for command in filter(None, (part.strip() for part in outside_quotes(line, ";"))):
            try:
                answer = self._carried_out(command)
            except Refused as refusal:
                self.event_status |= refusal.bit
            else:
                if answer is not None:
                    found.append(answer)
        return found

    def _carried_out(self, command: str) -> str | None:
        name, _, rest = command.partition(" ")
        act = self._commands.get(name.upper())
        if act is None:
            raise Refused(COMMAND_ERROR)
        texts = [text.strip() for text in outside_quotes(rest, ",")] if rest.strip() else []
        try:
            return act(*texts)
        except (TypeError, ValueError):  # too many or too few parameters; not a number
            raise Refused(COMMAND_ERROR) from None

    # -- commands -----------------------------------------------------------------------------------------------------

    def _common(self) -> dict[str, Callable[..., str | None]]:
        def take_events() -> str:
            events, self.event_status = self.event_status, 0
            return f"{events:03d}"

        def clear() -> None:
            self.event_status = 0

        def complete() -> None:
            self.event_status |= OPERATION_COMPLETE

        def enable(field: str) -> Callable[[str], None]:
            return lambda text: setattr(self, field, integer(text, 0, 255))

        def set_mode(text: str) -> None:
            integer(text, 0, 2)  # local, remote, remote with locked keys: it listens in all of them

        def status_byte() -> str:
            return f"{32 if self.event_status & self.event_enable else 0:03d}"

        return {
            "*IDN?": lambda: self.identity,
            "*CLS": clear,
            "*RST": self._switch_on,
            "*ESR?": take_events,
            "*ESE": enable("event_enable"),
            "*ESE?": lambda: f"{self.event_enable:03d}",
            "*SRE": enable("service_enable"),
            "*SRE?": lambda: f"{self.service_enable:03d}",
            "*STB?": status_byte,
            "*OPC": complete,
            "*OPC?": lambda: "1",
            "*WAI": lambda: None,
            "*TST?": lambda: "0",
            "MODE": set_mode,
            "MODE?": lambda: "1",
        }


class LakeShore335(LakeShore336):
    """A Lake Shore 335: two inputs, two outputs, and the kind of each output in its heater setup."""

    identity = "LSCI,MODEL335,335A19C/#######,1.9"
    inputs = 2
    has_output_types = True
    voltage_outputs = ()
