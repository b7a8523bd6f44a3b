"""Interpreter of a loaded script: what it does, and when.

A script has a time of its own: each command is carried out at its own instant, however rarely the instrument is looked
at. `Run.advance` does what is due.

One file over 400 lines on purpose: the dispatch table of all commands and the state that they share.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sim_instruments.palmsens import arithmetic, array_functions, spectrum, techniques
from sim_instruments.palmsens.attached import BOARD_C, Attached
from sim_instruments.palmsens.commands import N_OUTPUTS
from sim_instruments.palmsens.faults import NOT_SIMULATED, Code, ScriptFault
from sim_instruments.palmsens.grammar import Variable
from sim_instruments.palmsens.measuring import Measuring
from sim_instruments.palmsens.memory import Memory
from sim_instruments.palmsens.output import Output
from sim_instruments.palmsens.pins import Pins
from sim_instruments.palmsens.settings import Settings
from sim_instruments.palmsens.spectrum import SineLoop
from sim_instruments.palmsens.values import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sim_instruments.palmsens.grammar import Argument, Program, Statement
    from sim_instruments.palmsens.potentiostat import Potentiostat
    from sim_instruments.palmsens.storage import Storage
    from sim_instruments.palmsens.techniques import Point

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "&": lambda a, b: bool(int(a) & int(b)),
    "|": lambda a, b: bool(int(a) | int(b)),
}
_BY_LINE, _BY_TIMER = 0x01, 0x04
"""Bits of what wakes it from ``hibernate``; 0x02 is the WAKE pin (example MSExample004)."""
_POWER_ON = datetime(2026, 1, 1)  # noqa: DTZ001 - the instrument's clock has no zone
"""Date of the real-time clock at instrument time 0 (assumed)."""
_LEAST_CURRENT_STEP_A = 1e-12
"""Smallest step of a current sweep (assumed)."""


@dataclass
class _Frame:
    """A loop that is being carried out.

    Attributes
    ----------
    at : int
        The statement at its head.
    measuring : Measuring, SineLoop or None
        If it is a measurement loop.
    outputs : tuple
        Variables that get what was measured.
    tells_scans : bool
        Whether scans have markers of their own.
    """

    at: int
    measuring: Measuring | SineLoop | None = None
    outputs: tuple[Argument, ...] = ()
    tells_scans: bool = False


class Run:
    """A script in the course of being carried out.

    Parameters
    ----------
    program : Program
    potentiostat : Potentiostat
    storage : Storage
    start_s : float
        Instrument time.
    emit : callable
        Gets each line of output.
    """

    def __init__(
        self,
        program: Program,
        potentiostat: Potentiostat,
        storage: Storage,
        start_s: float,
        emit: Callable[[str], None],
    ) -> None:
        self._program = program
        self._cell = potentiostat
        self._model = potentiostat.model
        self._emit = emit
        self._memory = Memory(potentiostat.model.array_elements)
        self.now_s = start_s
        self.ended = False
        self._at = 0
        self._told_at = 0  # the statement that a fault is told of
        self._due: Callable[[], None] | None = None  # what happens at now_s before the next statement
        self._frames: list[_Frame] = []
        self._timer_s = self._start_s = start_s
        self._interval_s, self._next_wake_s = 0.0, start_s
        self._settings = Settings(self._memory, potentiostat)
        self._storage = storage
        self._output = Output(emit, self._memory, potentiostat.model, storage, start_s)
        self._pins = Pins()
        self._attached = Attached(self._memory, potentiostat.model)
        self._wakes_by_line = False
        self._finishing = False
        self._halted_s: float | None = None
        self._handlers = self._commands()

    def _commands(self) -> dict[str, Callable[[Statement], None]]:
        memory, cell, settings, output = self._memory, self._cell, self._settings, self._output
        return {
            "var": lambda s: memory.declare(str(s.arguments[0])),
            "array": lambda s: memory.declare_array(str(s.arguments[0]), s.arguments[1]),
            "store_var": lambda s: memory.assign(
                s.arguments[0], Value(memory.value(s.arguments[1]).number, str(s.arguments[2]))
            ),
            "copy_var": lambda s: memory.assign(s.arguments[1], memory.value(s.arguments[0])),
            "alter_vartype": lambda s: memory.assign(
                s.arguments[0], Value(memory.value(s.arguments[0]).number, str(s.arguments[1]))
            ),
            "array_get": lambda s: memory.assign(s.arguments[2], memory.value(_element(s))),
            "array_set": lambda s: memory.assign(_element(s), memory.value(s.arguments[2])),
            "mean": self._mean,
            "if": self._if,
            "elseif": self._skip_branches,
            "else": self._skip_branches,
            "loop": self._loop,
            "endloop": self._endloop,
            "breakloop": self._breakloop,
            "abort": lambda _: self.abort(self.now_s),
            "wait": self._wait,
            "set_int": self._set_interval,
            "await_int": self._await_interval,
            "timer_start": self._start_timer,
            "timer_get": lambda s: memory.assign(s.arguments[0], Value(self.now_s - self._timer_s, "eb")),
            "get_time": lambda s: memory.assign(s.arguments[0], Value(self.now_s - self._start_s, "eb")),
            "set_pgstat_mode": settings.set_mode,
            "set_pgstat_chan": settings.set_channel,
            "set_max_bandwidth": settings.set_bandwidth,
            "set_range": settings.set_range,
            "set_cr": settings.set_range,
            "set_range_minmax": self._set_window,
            "set_pot_range": self._set_window,
            "set_autoranging": settings.set_autoranging,
            "set_acquisition_frac": settings.set_share,
            "set_e": self._set_potential,
            "cell_on": lambda _: cell.switch_on(self.now_s),
            "cell_off": lambda _: cell.switch_off(self.now_s),
            "meas": self._measure,
            "meas_fast_cv": self._fast_cyclic,
            "pck_start": output.begin_package,
            "pck_add": output.add_to_package,
            "pck_end": lambda _: self._say(output.complete_package()),
            "send_string": lambda s: self._say(output.text(s)),
            "set_script_output": output.set_output,
            **self._pin_commands(),
            **self._attached.commands(),
            "peak_detect": self._find_peaks,
            "meas_fast_ca": self._fast_amperometry,
            "set_i": lambda s: cell.set_current(memory.number(s.arguments[0])),
            "smooth": self._smooth,
            "linear_fit": self._fit_line,
            "file_open": self._open_file,
            "file_close": lambda _: self._storage.close(),
            "rtc_get": self._tell_time,
            "hibernate": self._hibernate,
        }

    def _pin_commands(self) -> dict[str, Callable[[Statement], None]]:
        pins, memory = self._pins, self._memory

        def whole(argument: Argument) -> int:
            return int(memory.number(argument))

        return {
            "set_gpio_cfg": lambda s: pins.configure(whole(s.arguments[0]), whole(s.arguments[1])),
            "set_gpio_pullup": lambda s: pins.pull_up(whole(s.arguments[0]), whole(s.arguments[1])),
            "set_gpio": lambda s: pins.write(whole(s.arguments[0])),
            "set_gpio_msk": lambda s: pins.write_masked(whole(s.arguments[0]), whole(s.arguments[1])),
            "get_gpio": lambda s: memory.assign(s.arguments[0], Value(pins.read(), "ec")),
            "get_gpio_msk": lambda s: memory.assign(s.arguments[1], Value(pins.read() & whole(s.arguments[0]), "ec")),
        }

    # -- what the outside does to it ----------------------------------------------------------------------------------

    def advance(self, to_s: float, over: Callable[[], bool] = lambda: False) -> float:
        """Carry out what is due until `to_s`; return up to when that was done, if it is over before."""
        while not self.ended and self._halted_s is None and self.now_s <= to_s:
            if over():
                return self.now_s
            try:
                self._step()
            except ScriptFault as fault:
                self._fail(fault)
        return to_s

    def abort(self, at_s: float) -> None:
        """Leave every loop at once and go to ``on_finished:`` (protocol, command Z)."""
        self._resume_clock(at_s)
        self._output.drop_package()
        while self._frames:
            self._leave()
        self._finish()

    def leave_measurement(self, at_s: float) -> bool:
        """End the measurement loop that is going on, if there is one (protocol, command Y)."""
        at = next((k for k, frame in enumerate(self._frames) if frame.measuring is not None), None)
        if at is None:
            return False
        self._resume_clock(at_s)
        self._output.drop_package()
        head = self._frames[at].at
        while len(self._frames) > at:
            self._leave()
        self._at = self._program.statements[head].target
        return True

    def halt(self, at_s: float) -> None:
        """Stop where it is; the cell stays as it is."""
        if self._halted_s is None:
            self._halted_s = at_s

    def resume(self, at_s: float) -> None:
        """Go on; what was due is that much later."""
        if self._halted_s is not None:
            self.now_s += at_s - self._halted_s
            self._halted_s = None

    def fail(self, at_s: float, code: Code) -> None:
        """Let a fault come up from outside."""
        self._resume_clock(at_s)
        self._fail(ScriptFault(code))

    def hear(self, at_s: float) -> None:
        """Wake up, if it sleeps and communication wakes it."""
        if self._wakes_by_line:
            self._wakes_by_line, self.now_s = False, min(self.now_s, at_s)

    def _resume_clock(self, at_s: float) -> None:
        self._halted_s = None
        self._due = None
        self.now_s = at_s

    def _fail(self, fault: ScriptFault) -> None:
        """End at once: after a fault ``on_finished:`` is not carried out and the cell stays as it is (manual 10.1)."""
        statement = self._program.statements[self._told_at]
        words = NOT_SIMULATED if fault.code == Code.NOT_SIMULATED else ""
        self._emit(f"!{fault.code:04X}: Line {statement.line}{words}\n")
        self._storage.close()
        self.ended = True

    def _finish(self) -> None:
        if self._program.finish is not None and not self._finishing:
            self._finishing = True
            self._at = self._program.finish + 1
        else:
            self._end()

    def _end(self) -> None:
        self._emit("\n")
        self._storage.close()
        self.ended = True

    # -- one command at a time ----------------------------------------------------------------------------------------

    def _step(self) -> None:
        self._wakes_by_line = False
        if self._due is not None:
            due, self._due = self._due, None
            due()
            return
        if self._at >= len(self._program.statements):
            self._end()
            return
        statement = self._program.statements[self._at]
        if statement.command == "on_finished:":
            self._finishing = True
        self.now_s += self._model.statement_s
        here = self._told_at = self._at
        if (handler := self._handlers.get(statement.command)) is not None:
            handler(statement)
        elif statement.command in arithmetic.OPERATIONS:
            self._calculate(statement)
        elif statement.command.startswith("meas_loop_"):
            self._begin_measurement(statement)
        if self._at == here and not self.ended:
            self._at += 1

    def _say(self, line: str) -> None:
        self.now_s = self._output.say(line, self.now_s)

    # -- variables ----------------------------------------------------------------------------------------------------

    def _calculate(self, statement: Statement) -> None:
        target = self._memory.value(statement.arguments[0])
        operands = [self._memory.value(argument).number for argument in statement.arguments[1:]]
        number = arithmetic.OPERATIONS[statement.command](target.number, *operands)
        self._memory.assign(statement.arguments[0], Value(number, target.kind))

    def _mean(self, statement: Statement) -> None:
        values = self._memory.array(str(statement.arguments[0]))
        mean = sum(float(value.number) for value in values) / len(values)
        self._memory.assign(statement.arguments[1], Value(mean, values[0].kind))

    def _smooth(self, statement: Statement) -> None:
        source, *count, target, strength = statement.arguments
        values = self._memory.array(str(source))
        wanted = int(self._memory.number(count[0])) if count else len(values)
        found = array_functions.smoothed(values[:wanted], int(self._memory.number(strength)))
        into = self._memory.array(str(target))
        if len(into) < len(found):
            raise ScriptFault(Code.ARRAY_TOO_SMALL)
        into[: len(found)] = found

    def _find_peaks(self, statement: Statement) -> None:
        """Fill arrays with indices and heights; the index is -1 where there is no peak (example MSExample014)."""
        source, count, places, heights, direction, least = statement.arguments
        values = self._memory.array(str(source))[: int(self._memory.number(count))]
        downward = bool(self._memory.number(direction))
        found = array_functions.peaks(values, downward=downward, least_height=self._memory.number(least))
        indices, sizes = self._memory.array(str(places)), self._memory.array(str(heights))
        for k in range(min(len(indices), len(sizes))):
            at, height = found[k] if k < len(found) else (-1, 0.0)
            indices[k], sizes[k] = Value(at, "ja"), Value(height, values[0].kind)

    def _fit_line(self, statement: Statement) -> None:
        x, y, *targets = statement.arguments
        line = array_functions.straight_line(self._memory.array(str(x)), self._memory.array(str(y)))
        for target, number in zip(targets, line, strict=True):
            self._memory.assign(target, Value(number, "ja"))

    def _tell_waveforms(self, statement: Statement, loop: SineLoop) -> None:
        if "eis_tdd" not in statement.options:
            return
        potentials, currents, count, rate, _ = statement.options["eis_tdd"]
        into = [self._memory.array(str(potentials)), self._memory.array(str(currents))]
        samples = min(len(array) for array in into)
        *waves, rate_Hz = loop.waveforms(samples)
        for array, wave, kind in zip(into, waves, ("ce", "cf"), strict=True):
            array[:samples] = [Value(number, kind) for number in wave]
        self._memory.assign(count, Value(samples, "ja"))
        self._memory.assign(rate, Value(rate_Hz, "cg"))

    # -- branches and loops -------------------------------------------------------------------------------------------

    def _holds(self, statement: Statement) -> bool:
        left, comparison, right = statement.arguments
        return _COMPARE[str(comparison)](self._memory.value(left).number, self._memory.value(right).number)

    def _if(self, statement: Statement) -> None:
        at = self._at
        while not self._holds(statement):
            at = statement.target
            statement = self._program.statements[at]
            if statement.command != "elseif":
                break
        self._at = at + 1

    def _skip_branches(self, statement: Statement) -> None:
        """Go behind the ``endif``: a branch before this one was taken."""
        while statement.command != "endif":
            self._at = statement.target
            statement = self._program.statements[self._at]
        self._at += 1

    def _loop(self, statement: Statement) -> None:
        self._say("L")
        self._frames.append(_Frame(self._at))
        self._turn(statement)

    def _turn(self, statement: Statement) -> None:
        """Go into a plain loop's body once more, or out of it."""
        head = self._frames[-1].at
        if self._holds(statement):
            self._at = head + 1
        else:
            self._leave()
            self._at = statement.target

    def _endloop(self, statement: Statement) -> None:
        head = self._program.statements[statement.target]
        if head.command == "loop":
            self._turn(head)
        else:
            self._next_point()

    def _breakloop(self, _: Statement) -> None:
        self._output.drop_package()
        head = self._program.statements[self._frames[-1].at]
        self._leave()
        self._at = head.target

    def _leave(self) -> None:
        """End the innermost loop with its marker."""
        frame = self._frames.pop()
        if frame.measuring is None:
            self._say("+")
            return
        if frame.tells_scans and frame.measuring.scan >= 0:
            self._say("-")
        self._say("*")

    # -- measurement loops --------------------------------------------------------------------------------------------

    def _begin_measurement(self, statement: Statement) -> None:
        technique = statement.command.removeprefix("meas_loop_").removesuffix("_alt_mux")
        n_outputs = N_OUTPUTS.get(technique, 2)
        numbers = [self._memory.number(argument) for argument in statement.arguments[n_outputs:]]
        if technique in {"cp", "lsp", "geis"} and not self._cell.is_galvanostat:
            raise ScriptFault(Code.WRONG_SITUATION)  # assumed: the mode must be that of a galvanostat
        measuring: Measuring | SineLoop
        if technique in {"eis", "geis", "acv"}:
            measuring = self._sine_loop(technique, numbers)
        else:
            points = self._points(technique, numbers, statement)
            measuring = Measuring(
                points,
                self._cell,
                self._settings.share,
                self.now_s + self._model.start_s,
                at_rest=technique == "ocp",
                is_galvanic=technique in {"cp", "lsp"},
            )
        self.now_s += self._model.start_s
        self._frames.append(_Frame(self._at, measuring, statement.arguments[:n_outputs], "nscans" in statement.options))
        self._say(f"M{techniques.MARKERS[technique]:04X}")
        if technique == "ca":
            self._cell.begin_series(self.now_s, numbers[1], self._settings.share * numbers[1])
        self._next_point()

    def _sine_loop(self, technique: str, numbers: list[float]) -> SineLoop:
        if not self._cell.cell_on:
            raise ScriptFault(Code.NEEDS_CELL_ON)
        if technique == "acv":
            points = spectrum.alternating_sweep(numbers, 0.5 * self._cell.mode.step_V)
            return SineLoop(points, self._cell, numbers[4], is_galvanic=False, is_sweep=True)
        points = spectrum.scan(numbers)
        return SineLoop(points, self._cell, numbers[0], is_galvanic=technique == "geis", is_sweep=False)

    def _points(self, technique: str, numbers: list[float], statement: Statement) -> Iterator[Point]:
        if technique == "ocp":
            if self._cell.cell_on:
                raise ScriptFault(Code.OCP_WITH_CELL_ON)
            return techniques.amperometry([0.0, *numbers])
        if not self._cell.cell_on:
            raise ScriptFault(Code.NEEDS_CELL_ON)
        if technique in {"ca", "cp"}:
            return techniques.amperometry(numbers[:3])
        if technique == "pad":
            return techniques.pulsed_amperometry(numbers)
        smallest_V = 0.5 * self._cell.mode.step_V
        if technique == "cv":
            return techniques.cyclic(numbers, smallest_V, statement.option("nscans", 1))
        if technique == "lsp":
            return techniques.linear_sweep(numbers, _LEAST_CURRENT_STEP_A)
        return techniques.SWEEPS[technique](numbers, smallest_V)

    def _next_point(self) -> None:
        frame = self._frames[-1]
        measuring = frame.measuring
        if measuring is None:
            raise TypeError("only measurement loops have points")
        self._told_at = frame.at
        scan = measuring.scan
        due_s = measuring.next_point(self.now_s)
        if due_s is None:
            self._leave()
            self._at = self._program.statements[frame.at].target
            return
        if frame.tells_scans and measuring.scan != scan:
            if scan >= 0:
                self._say("-")
            self._say(f"C{measuring.scan:04X}")
        self._await_reading(frame, measuring, due_s)

    def _await_reading(self, frame: _Frame, measuring: Measuring | SineLoop, due_s: float) -> None:
        self.now_s = max(self.now_s, due_s)

        def read() -> None:
            self._told_at = frame.at
            next_s = measuring.read(self.now_s)
            if next_s is not None:
                self._await_reading(frame, measuring, next_s)
                return
            for output, value in zip(frame.outputs, measuring.outputs(), strict=True):
                if isinstance(output, str):
                    self._attached.on_each_channel(self._program.statements[frame.at], value)
                else:
                    self._memory.assign(output, value)
            self._attached.also_measured(self._program.statements[frame.at])
            if isinstance(measuring, SineLoop):
                self._tell_waveforms(self._program.statements[frame.at], measuring)
            self._at = frame.at + 1

        self._due = read

    def _fast_cyclic(self, statement: Statement) -> None:
        """Measure a whole scan into two arrays; the script waits meanwhile."""
        potentials, currents, count, *numbers = statement.arguments
        if not self._cell.cell_on:
            raise ScriptFault(Code.NEEDS_CELL_ON)
        values = [self._memory.number(argument) for argument in numbers]
        self._fill(potentials, currents, count, list(techniques.cyclic(values, 0.5 * self._cell.mode.step_V, 1)))

    def _fast_amperometry(self, statement: Statement) -> None:
        """Measure at one potential into two arrays; the script waits meanwhile."""
        potentials, currents, count, *numbers = statement.arguments
        if not self._cell.cell_on:
            raise ScriptFault(Code.NEEDS_CELL_ON)
        values = [self._memory.number(argument) for argument in numbers]
        self._fill(potentials, currents, count, list(techniques.amperometry(values)))

    def _fill(self, potentials: Argument, currents: Argument, count: Argument, points: list[Point]) -> None:
        if len(points) > min(len(self._memory.array(str(potentials))), len(self._memory.array(str(currents)))):
            raise ScriptFault(Code.ARRAY_TOO_SMALL)
        for k, point in enumerate(points):
            hold_s, level_V = point.holds[0]
            told = self._cell.apply(self.now_s, level_V)
            self.now_s += hold_s
            self._memory.array(str(potentials))[k] = Value(told, "da")
            self._memory.array(str(currents))[k] = self._cell.read(self.now_s, self._settings.share * hold_s)
        self._memory.assign(count, Value(len(points), "ja"))

    # -- potentiostat -------------------------------------------------------------------------------------------------

    def _set_potential(self, statement: Statement) -> None:
        if any(frame.measuring is not None for frame in self._frames):
            raise ScriptFault(Code.POTENTIAL_IN_LOOP)
        self._cell.apply(self.now_s, self._memory.number(statement.arguments[0]))

    def _set_window(self, statement: Statement) -> None:
        if any(frame.measuring is not None for frame in self._frames):
            raise ScriptFault(Code.POTENTIAL_IN_LOOP)
        self._settings.set_window(statement)

    def _measure(self, statement: Statement) -> None:
        duration, target, kind = statement.arguments
        span_s = self._memory.number(duration)
        if span_s <= 0:
            raise ScriptFault(Code.NOT_POSITIVE)

        def read() -> None:
            if kind == "ba":
                value = self._cell.read(self.now_s, span_s)
            elif kind in {"ed", "ef"}:
                value = Value(BOARD_C, str(kind), 0)
            elif kind == "ab" and not self._cell.cell_on:
                value = self._cell.rest_potential()
            else:
                value = Value(self._cell.potential_V if self._cell.cell_on else 0.0, str(kind), 0, 0)
            self._memory.assign(target, value)

        self.now_s += span_s
        self._due = read

    # -- time, output, pins -------------------------------------------------------------------------------------------

    def _wait(self, statement: Statement) -> None:
        span_s = self._memory.number(statement.arguments[0])
        if span_s < 0:
            raise ScriptFault(Code.OUT_OF_BOUNDS)
        self.now_s += span_s

    def _set_interval(self, statement: Statement) -> None:
        self._interval_s = self._memory.number(statement.arguments[0])
        if self._interval_s <= 0:
            raise ScriptFault(Code.NOT_POSITIVE)
        self._next_wake_s = self.now_s + self._interval_s

    def _await_interval(self, _: Statement) -> None:
        if self._interval_s <= 0:
            raise ScriptFault(Code.WRONG_SITUATION)
        self.now_s = max(self.now_s, self._next_wake_s)
        self._next_wake_s += self._interval_s

    def _start_timer(self, _: Statement) -> None:
        self._timer_s = self.now_s

    def _tell_time(self, statement: Statement) -> None:
        now = _POWER_ON + timedelta(seconds=self.now_s)
        for argument, number in zip(statement.arguments, now.timetuple()[:6], strict=True):
            self._memory.assign(argument, Value(number, "ja"))

    def _hibernate(self, statement: Statement) -> None:
        """Sleep until something wakes it that the mask names; nobody is there to press its button."""
        wakes, seconds = (self._memory.number(argument) for argument in statement.arguments)
        if int(wakes) <= 0 or (int(wakes) & _BY_TIMER and seconds <= 0):
            raise ScriptFault(Code.OUT_OF_BOUNDS)
        self._wakes_by_line = bool(int(wakes) & _BY_LINE)
        self.now_s += seconds if int(wakes) & _BY_TIMER else math.inf

    def _open_file(self, statement: Statement) -> None:
        path, mode = statement.arguments
        name = self._memory.text(str(path)[2:-1]) if str(path).startswith("f") else str(path)[1:-1]
        self._storage.open(name, int(self._memory.number(mode)))


def _element(statement: Statement) -> Variable:
    """Return the array element that ``array_get`` and ``array_set`` are about."""
    index = statement.arguments[1]
    if isinstance(index, str):
        raise TypeError(f"{index!r} is no index")
    return Variable(str(statement.arguments[0]), index)
