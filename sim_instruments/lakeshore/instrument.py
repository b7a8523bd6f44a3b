"""Commands of the Lake Shore 335 and 336.

Lake Shore 336 and 335 user's manuals, chapter 6 (6.6.1 of the 336: interface commands). Lines end with CR LF; commands
are joined by semicolons; a command that it does not know or that is out of range gets no answer and sets a bit of the
event status register. Autotuning, zones, curves, alarms, relays, analog outputs and the display are not modelled. The
number of digits of a reading after its point is assumed to be three or more.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sim_instruments.lakeshore.controller import CURRENTS_A, RESISTANCES_OHM, ZERO_CELSIUS_K, Controller, Output
from sim_instruments.sample.cryostat import Cryostat

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.core.clock import Clock
    from sim_instruments.sample.cell import Cell

# Bits of the standard event status register (IEEE 488.2, 11.5.1).
_COMMAND_ERROR, _EXECUTION_ERROR, _OPERATION_COMPLETE, _POWER_ON = 32, 16, 1, 128
# Bytes of a line after which it is dropped (assumed).
_MAX_LINE = 1000
_INPUTS = "ABCD"


class _Refused(Exception):  # noqa: N818 - no error of the program
    """A command that is not carried out.

    Attributes
    ----------
    bit : int
        Of the standard event status register.
    """

    def __init__(self, bit: int) -> None:
        super().__init__(bit)
        self.bit = bit


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

    def __init__(self, clock: Clock, cell: Cell, seed: int = 0) -> None:
        self.clock = clock
        self.cryostat = Cryostat()
        cell.put_into(self.cryostat.temperature_K)
        self._seed = seed
        self._switch_on()
        self._commands: dict[str, Callable[..., str | None]] = (
            self._common() | self._reading() | self._loop() | self._heater()
        )

    def _switch_on(self) -> None:
        self.controller = Controller(self.cryostat, self._seed, self.inputs)
        now = self.clock.now()
        here = self.cryostat.sensor_K(now)
        for output in self.controller.outputs.values():
            output.target_K = output.setpoint_K = here
        self.controller.skip_to(now)
        self.controller.heat(now)
        self.event_status, self.event_enable, self.service_enable = _POWER_ON, 0, 0

    # -- as the server sees it ----------------------------------------------------------------------------------------

    @property
    def output_is_on(self) -> bool:
        """Whether the output is on at this moment."""
        return any(output.range and output.mode for output in self.controller.outputs.values())

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
        for command in filter(None, (part.strip() for part in _outside_quotes(line, ";"))):
            try:
                answer = self._carried_out(command)
            except _Refused as refusal:
                self.event_status |= refusal.bit
            else:
                if answer is not None:
                    found.append(answer)
        return found

    def _carried_out(self, command: str) -> str | None:
        name, _, rest = command.partition(" ")
        act = self._commands.get(name.upper())
        if act is None:
            raise _Refused(_COMMAND_ERROR)
        texts = [text.strip() for text in _outside_quotes(rest, ",")] if rest.strip() else []
        try:
            return act(*texts)
        except (TypeError, ValueError):  # too many or too few parameters; not a number
            raise _Refused(_COMMAND_ERROR) from None

    # -- commands -----------------------------------------------------------------------------------------------------

    def _common(self) -> dict[str, Callable[..., str | None]]:
        def take_events() -> str:
            events, self.event_status = self.event_status, 0
            return f"{events:03d}"

        def clear() -> None:
            self.event_status = 0

        def complete() -> None:
            self.event_status |= _OPERATION_COMPLETE

        def enable(field: str) -> Callable[[str], None]:
            return lambda text: setattr(self, field, int(_number(text, 0, 255)))

        def set_mode(text: str) -> None:
            _number(text, 0, 2)  # local, remote, remote with locked keys: it listens in all of them

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

    def _reading(self) -> dict[str, Callable[..., str | None]]:
        def each(show: Callable[[int, float], str]) -> Callable[..., str]:
            def act(text: str = "A") -> str:
                now = self.clock.now()
                numbers = range(self.inputs) if text == "0" else [self._input(text)]
                return ",".join(show(number, now) for number in numbers)

            return act

        def temperature(offset_K: float) -> Callable[[int, float], str]:
            def show(number: int, t_s: float) -> str:
                kelvin = self.controller.reading_K(number, t_s)
                return _plain(0.0 if kelvin is None else kelvin - offset_K)

            return show

        controller = self._controller

        def set_limit(text: str, limit: str) -> None:
            controller().sensors[self._input(text)].limit_K = _number(limit, 0, 9999)

        def set_name(text: str, name: str) -> None:
            controller().sensors[self._input(text)].name = name.strip('"')[:15]

        return {
            "KRDG?": each(temperature(0.0)),
            "CRDG?": each(temperature(ZERO_CELSIUS_K)),
            "SRDG?": each(lambda number, t_s: _plain(controller().sensor_ohm(number, t_s))),
            "RDGST?": lambda text="A": f"{controller().status(self._input(text), self.clock.now()):03d}",
            "TLIMIT": set_limit,
            "TLIMIT?": lambda text: f"{controller().sensors[self._input(text)].limit_K:+05.0f}",
            "INNAME": set_name,
            "INNAME?": lambda text: f"{controller().sensors[self._input(text)].name:<15}",
            "INTYPE?": lambda text: "2,1,0,0,1" if controller().sensors[self._input(text)].connected else "0,0,0,0,1",
        }

    def _loop(self) -> dict[str, Callable[..., str | None]]:
        def set_point(text: str, kelvin: str) -> None:
            output = self._output(text)
            output.target_K = _number(kelvin, 0.0, 9999.0)
            if not output.ramping:
                output.setpoint_K = output.target_K

        def ramp(text: str, on: str, rate: str) -> None:
            output = self._output(text)
            output.ramping, output.ramp_K_min = bool(int(_number(on, 0, 1))), _number(rate, 0.0, 100.0)

        def pid(text: str, p: str, i: str, d: str) -> None:
            output = self._output(text)
            output.p, output.i, output.d = _number(p, 0.1, 1000), _number(i, 0.0, 1000), _number(d, 0.0, 200)

        def shown_pid(text: str) -> str:
            output = self._output(text)
            return f"{output.p:+07.1f},{output.i:+07.1f},{output.d:+07.1f}"

        def shown_ramp(text: str) -> str:
            output = self._output(text)
            return f"{int(output.ramping)},{output.ramp_K_min:+06.1f}"

        return {
            "SETP": set_point,
            "SETP?": lambda text="1": _plain(self._output(text).setpoint_K),
            "RAMP": ramp,
            "RAMP?": shown_ramp,
            "RAMPST?": lambda text: str(int(self._output(text).on_the_way)),
            "PID": pid,
            "PID?": shown_pid,
        }

    def _heater(self) -> dict[str, Callable[..., str | None]]:
        def set_range(text: str, value: str) -> None:
            output = self._output(text)
            wanted = int(_number(value, 0, 3))
            if wanted == 0:
                output.off()
            elif output.error == 0:
                output.range = wanted
            self.controller.heat(self.clock.now())

        def mode(text: str, value: str, sensor: str, powerup: str) -> None:
            output = self._output(text)
            wanted = int(_number(value, 0, 5))
            if wanted not in {0, 1, 3}:
                raise _Refused(_EXECUTION_ERROR)  # zones, monitor and warm-up are not modelled
            output.mode, output.sensor = wanted, int(_number(sensor, 0, self.inputs))
            output.powerup = int(_number(powerup, 0, 1))

        def shown_mode(text: str) -> str:
            output = self._output(text)
            return f"{output.mode},{output.sensor},{output.powerup}"

        def manual(text: str, percent: str) -> None:
            self._output(text).manual = _number(percent, 0.0, 100.0)

        def status(text: str) -> str:
            output = self._output(text)
            error, output.error = output.error, 0  # reading it clears it
            return str(error)

        return {
            "RANGE": set_range,
            "RANGE?": lambda text: str(self._output(text).range),
            "OUTMODE": mode,
            "OUTMODE?": shown_mode,
            "MOUT": manual,
            "MOUT?": lambda text: f"{self._output(text).manual:+07.2f}",
            "HTR?": lambda text="1": f"{self._output(text).percent:+06.1f}",
            "HTRST?": status,
            "HTRSET": self._set_heater,
            "HTRSET?": self._heater_setup,
        }

    def _set_heater(self, text: str, resistance: str, current: str, user: str, shown: str) -> None:
        output = self._output(text)
        values = int(_number(resistance, 1, len(RESISTANCES_OHM))), int(_number(current, 0, len(CURRENTS_A)))
        output.resistance, output.current = values
        output.user_A, output.shows_power = _number(user, 0.0, 2.0), int(_number(shown, 1, 2)) == 2

    def _heater_setup(self, text: str) -> str:
        output = self._output(text)
        return f"{output.resistance},{output.current},{output.user_A:+.3f},{2 if output.shows_power else 1}"

    def _controller(self) -> Controller:
        return self.controller

    def _input(self, text: str) -> int:
        number = _INPUTS[: self.inputs].find(text.upper())
        if number < 0 or len(text) != 1:
            raise _Refused(_EXECUTION_ERROR)
        return number

    def _output(self, text: str) -> Output:
        output = self.controller.outputs.get(int(text))
        if output is None:
            raise _Refused(_EXECUTION_ERROR)
        return output


class LakeShore335(LakeShore336):
    """A Lake Shore 335: two inputs, and the kind of each output in its heater setup."""

    identity = "LSCI,MODEL335,335A19C/#######,1.9"
    inputs = 2

    def _set_heater(self, text: str, *values: str) -> None:
        kind, *rest = values
        _number(kind, 0, 1)
        super()._set_heater(text, *rest)

    def _heater_setup(self, text: str) -> str:
        return f"0,{super()._heater_setup(text)}"


def _number(text: str, low: float, high: float) -> float:
    value = float(text)
    if not low <= value <= high:
        raise _Refused(_EXECUTION_ERROR)
    return value


def _plain(value: float) -> str:
    """Return a reading as ``+273.150``: six digits and a sign."""
    whole = len(str(int(abs(value))))
    return f"{value:+.{max(0, 6 - whole)}f}"


def _outside_quotes(text: str, separator: str) -> list[str]:
    return re.split(rf'{separator}(?=(?:[^"]*"[^"]*")*[^"]*$)', text)
