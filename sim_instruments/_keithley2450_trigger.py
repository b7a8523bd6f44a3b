"""How is a Keithley 2450, 2460 or 2461 programmed: trigger blocks, source configuration lists, sweeps and pulses?

Pages are those of the 2461 reference manual, section 6.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim_instruments.scpi import Choice, Command, CommandTree, Numeric, boolean, string, words
from sim_instruments.status import ScpiError
from sim_instruments.trigger_model import (
    Block,
    BranchAlways,
    BranchCounter,
    BranchLimited,
    BufferClear,
    ConfigRecall,
    ConfigStep,
    Delay,
    DynamicDelay,
    LogEvent,
    NoOperation,
    Notify,
    SourceState,
    TakeReadings,
    Wait,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.source_meter import SourceMeter
    from sim_instruments.source_settings import SourceSettings
    from sim_instruments.trigger_model import TriggerModel

_MAX_BLOCKS = 63
_BLOCK = Numeric(1, _MAX_BLOCKS, 1, integer=True)
_COUNT = Numeric(0, math.inf, 1, integer=True, words=(("INFinity", math.inf),))
_LOOPS = Numeric(1, 0x7FFFFFFF, 1, integer=True)
_DELAY = Numeric(0.0, 10e3, 0.0, "S")
_LIMIT = Numeric(1e-8, 10.5, 1.05e-4, "A")
_WIDTH = Numeric(150e-6, 10e3, 150e-6, "S")  # p. 6-121: minimum pulse width 150 us
_PULSES = Numeric(0, 268_435_455, 1, integer=True)  # 0: for ever
_POINTS_PER_COMMAND = 100  # pp. 6-78, 6-108
_MAX_POINTS = 2500
# Where the generated sweeps keep their points; the names are assumed.
_SWEEP_LIST, _PULSE_LIST = "SimSweepSource", "SimPulseSource"
_LOG_EVENTS = {
    **{f"INFO{k}": 2733 + k for k in range(1, 5)},
    **{f"WARN{k}": 2737 + k for k in range(1, 5)},
    **{f"ERR{k}": 2741 + k for k in range(1, 5)},
}


def add_trigger_commands(tree: CommandTree, meter: SourceMeter, level: Numeric, *, pulses: bool) -> None:
    """Enter the trigger model, configuration list and sweep commands, and those of pulses if the model has them."""
    _add_model(tree, meter)
    _add_blocks(tree, meter)
    _add_configuration_lists(tree, meter)
    _add_sweeps(tree, meter, level)
    if pulses:
        _add_pulses(tree, meter, level)


def _add_model(tree: CommandTree, meter: SourceMeter) -> None:
    def model() -> TriggerModel:
        return meter.trigger_model  # *RST makes a new one

    def load_empty_or_loop(name: str, count: float = 1.0, delay: float = 0.0, buffer: str = "defbuffer1") -> None:
        meter.require_idle()
        if name.upper() == "EMPTY":
            model().load([])
        elif name.upper() == "SIMPLELOOP":  # p. 6-227
            meter.buffer(buffer)
            digitize = meter.measure.digitize is not None
            model().load(
                [
                    BufferClear(buffer),
                    SourceState(on=True),
                    Delay(delay),
                    TakeReadings(buffer, 1, digitize),
                    BranchCounter(int(count), 3),
                    SourceState(on=False),
                ]
            )
        else:
            raise ScpiError(-224, name)

    def state() -> str:
        now = meter.update()
        name, block = model().shown(now)
        return f"{name.value};{name.value};{block}"

    tree.add(":TRIGger:LOAD", Command(load_empty_or_loop, (string, _LOOPS, _DELAY, string), 1))
    tree.add(":INITiate[:IMMediate]", Command(meter.start_model))
    tree.add(":ABORt", Command(meter.abort))
    tree.add(":TRIGger:STATe?", Command(state))
    tree.add(
        ":TRIGger:BLOCk:LIST?",
        Command(lambda: '"' + "; ".join(f"{k}) {b.text()}" for k, b in enumerate(model().blocks, 1)) + '"'),
    )
    tree.add(
        ":TRIGger:BLOCk:BRANch:COUNter:COUNt?", Command(lambda number: str(model().loops(int(number))), (_BLOCK,), 1)
    )


def _add_blocks(tree: CommandTree, meter: SourceMeter) -> None:
    def enter(
        name: str, make: Callable[..., Block], parameters: tuple[Callable[[str], object], ...], required: int
    ) -> None:
        def act(number: float, *values: object) -> None:
            meter.require_idle()
            meter.trigger_model.set_block(int(number), make(*values))

        tree.add(f":TRIGger:BLOCk:{name}", Command(act, (_BLOCK, *parameters), 1 + required))

    def known_buffer(name: str = "defbuffer1") -> str:
        return meter.buffer(name).name

    def known_list(name: str) -> str:
        meter.source_list(name)
        return name

    def measure(name: str = "defbuffer1", count: float = 1.0) -> Block:
        return _readings(known_buffer(name), count, digitize=False)

    def digitize(name: str = "defbuffer1", count: float = 1.0) -> Block:
        return _readings(known_buffer(name), count, digitize=True)

    def either(name: str = "defbuffer1", count: float = 1.0) -> Block:
        return _readings(known_buffer(name), count, digitize=meter.measure.digitize is not None)

    enter("BUFFer:CLEar", lambda name="defbuffer1": BufferClear(known_buffer(name)), (string,), 0)
    enter("CONFig:RECall", lambda name, index=1.0: ConfigRecall(known_list(name), int(index)), (string, _LOOPS), 1)
    enter("CONFig:NEXT", lambda name: ConfigStep(known_list(name), 1), (string,), 1)
    enter("CONFig:PREVious", lambda name: ConfigStep(known_list(name), -1), (string,), 1)
    enter("SOURce:STATe", SourceState, (boolean,), 1)
    enter("DELay:CONStant", _constant_delay, (_DELAY,), 1)
    enter("DELay:DYNamic", lambda which: DynamicDelay(which[0], which[1]), (_user_delay,), 1)
    enter("MEASure", measure, (string, _COUNT), 0)
    enter("DIGitize", digitize, (string, _COUNT), 0)
    enter("MDIGitize", either, (string, _COUNT), 0)  # of later firmware, which keeps the older two
    enter("BRANch:COUNter", lambda target, to: BranchCounter(int(target), int(to)), (_LOOPS, _BLOCK), 2)
    enter("BRANch:ALWays", lambda to: BranchAlways(int(to)), (_BLOCK,), 1)
    enter("NOP", NoOperation, (), 0)
    enter("NOTify", lambda number: Notify(int(number)), (Numeric(1, 8, 1, integer=True),), 1)
    enter("WAIT", Wait, (Choice(("COMMand",)),), 1)
    enter("LOG:EVENt", _log_event, (words, string), 2)


def _readings(buffer: str, count: float, *, digitize: bool) -> Block:
    return TakeReadings(buffer, None if math.isinf(count) else int(count), digitize)


def _constant_delay(seconds: float) -> Block:
    if 0.0 < seconds < 167e-9:  # p. 6-199
        raise ScpiError(-222, f"{seconds:g} s")
    return Delay(seconds)


def _log_event(kind: str, message: str) -> Block:
    if kind not in _LOG_EVENTS:
        raise ScpiError(-224, kind)
    return LogEvent(_LOG_EVENTS[kind], message)


def _user_delay(text: str) -> tuple[str, int]:
    """Read ``SOURce<n>`` or ``MEASure<n>`` (p. 6-200)."""
    name = words(text)
    kind, number = name.rstrip("0123456789"), name[len(name.rstrip("0123456789")) :]
    kind = Choice(("SOURce", "MEASure"))(kind)
    if number not in {"1", "2", "3", "4", "5"}:
        raise ScpiError(-224, text)
    return kind, int(number)


def _add_configuration_lists(tree: CommandTree, meter: SourceMeter) -> None:
    node = ":SOURce[1]:CONFiguration:LIST"
    index = Numeric(1, 300_000, 1, integer=True)

    def create(name: str) -> None:
        meter.require_idle()
        if name in meter.source_lists or not name.isidentifier():
            raise ScpiError(-224, f"configuration list {name!r}")
        meter.source_lists[name] = []

    def delete(name: str, number: float | None = None) -> None:
        meter.require_idle()
        points = meter.source_list(name)
        if number is None:
            del meter.source_lists[name]
        elif number > len(points):
            raise ScpiError(-222, f"index {number:.0f} of {name!r}")
        else:
            del points[int(number) - 1]

    def store(name: str, number: float | None = None) -> None:
        meter.require_idle()
        meter.store(name, None if number is None else int(number))

    def recall(name: str, number: float = 1.0) -> None:
        meter.require_idle()
        meter.recall(meter.update(), name, int(number))

    tree.add(f"{node}:CREate", Command(create, (string,), 1))
    tree.add(f"{node}:DELete", Command(delete, (string, index), 1))
    tree.add(f"{node}:STORe", Command(store, (string, index), 1))
    tree.add(f"{node}:RECall", Command(recall, (string, index), 1))
    tree.add(f"{node}:SIZE?", Command(lambda name: str(meter.list_size(name)), (string,), 1))
    tree.add(f"{node}:CATalog?", Command(lambda: ", ".join(f'"{name}"' for name in meter.source_lists) or '""'))


def _add_list(tree: CommandTree, node: str, level: Numeric) -> list[float]:
    """Enter a list of levels that is set in groups of 100 (pp. 6-78, 6-108); return the list itself."""
    points: list[float] = []

    def replace(*values: float) -> None:
        _check_length(len(values), len(values))
        points[:] = values

    def append(*values: float) -> None:
        _check_length(len(values), len(points) + len(values))
        points.extend(values)

    tree.add(node, Command(replace, (level,), 1, repeats=True))
    tree.add(f"{node}?", Command(lambda: ", ".join(f"{value:.10G}" for value in points) or "0"))
    tree.add(f"{node}:APPend", Command(append, (level,), 1, repeats=True))
    tree.add(f"{node}:POINts?", Command(lambda: str(len(points))))
    return points


def _check_length(given: int, total: int) -> None:
    if given > _POINTS_PER_COMMAND or total > _MAX_POINTS:
        raise ScpiError(-223, f"{given} values, {total} in all")


def _add_sweeps(tree: CommandTree, meter: SourceMeter, level: Numeric) -> None:
    points = _add_list(tree, ":SOURce[1]:LIST:VOLTage", level)

    def sweep(
        start: float,
        delay: float = 0.0,
        count: float = 1.0,
        fail_abort: bool = True,
        buffer: str = "defbuffer1",
    ) -> None:
        """Load a sweep with one reading a point (p. 6-78); the trigger model that the instrument makes is assumed."""
        meter.require_idle()
        chosen = points[int(start) - 1 :]  # p. 6-78: from a point of the list on
        if not chosen:
            raise ScpiError(-221, "the source list is empty from there on")
        meter.buffer(buffer)
        meter.source_lists[_SWEEP_LIST] = [_at(meter, level) for level in chosen]
        body: list[Block] = [Delay(delay), TakeReadings(buffer, 1, meter.measure.digitize is not None)]
        _load(meter, _SWEEP_LIST, buffer, body, len(chosen) * int(count), fail_abort=fail_abort)

    number = Numeric(1, _MAX_POINTS, 1, integer=True)
    tree.add(":SOURce[1]:SWEep:VOLTage:LIST", Command(sweep, (number, _DELAY, _PULSES, boolean, string), 1))


@dataclass(frozen=True)
class _Pulses:
    """What pulse trains and pulse list sweeps have in common, in the order of their parameters (p. 6-121)."""

    measure: bool = True
    buffer: str = "defbuffer1"
    delay_s: float = 0.0
    off_s: float = 0.0
    bias_limit_A: float = 1.05e-4
    pulse_limit_A: float = 1.05e-4
    fail_abort: bool = True

    def load(self, meter: SourceMeter, levels: list[float], bias_V: float, width_s: float, count: int) -> None:
        """Load the trigger model of the pulses; the one that the instrument makes is assumed."""
        meter.require_idle()
        meter.buffer(self.buffer)
        if not levels:
            raise ScpiError(-221, "the pulse list is empty")
        reading = meter.measure.interval_s if self.measure else 0.0
        if reading > width_s:
            raise ScpiError(-221, f"a reading takes {reading:g} s, the pulse {width_s:g} s")
        alternating: list[SourceSettings] = []
        for level in levels:
            alternating += [_at(meter, bias_V, self.bias_limit_A), _at(meter, level, self.pulse_limit_A)]
        meter.source_lists[_PULSE_LIST] = alternating
        # The reading ends with the pulse.
        digitize = meter.measure.digitize is not None
        top: list[Block] = [TakeReadings(self.buffer, 1, digitize)] if self.measure else []
        body = [Delay(self.delay_s), ConfigStep(_PULSE_LIST, 1), Delay(width_s - reading), *top]
        pulses = len(levels) * count
        _load(meter, _PULSE_LIST, self.buffer, body, pulses, fail_abort=self.fail_abort, off_s=self.off_s)


def _add_pulses(tree: CommandTree, meter: SourceMeter, level: Numeric) -> None:
    points = _add_list(tree, ":SOURce[1]:PULSe:LIST:VOLTage", level)
    before = (boolean, string, _DELAY, _DELAY)
    after = (_LIMIT, _LIMIT, boolean)

    def train(bias: float, top: float, width: float, count: float, *rest: Any) -> None:
        _Pulses(*rest).load(meter, [top], bias, width, int(count))

    def sweep(bias: float, width: float, *rest: Any) -> None:
        """Take the parameters in the order of the linear pulse sweep (p. 6-110) less its levels: assumed."""
        count = int(rest[4]) if len(rest) > 4 else 1
        _Pulses(*rest[:4], *rest[5:]).load(meter, list(points), bias, width, count)

    tree.add(":SOURce[1]:PULSe:TRain:VOLTage", Command(train, (level, level, _WIDTH, _PULSES, *before, *after), 4))
    tree.add(":SOURce[1]:PULSe:SWEep:VOLTage:LIST", Command(sweep, (level, _WIDTH, *before, _PULSES, *after), 2))


def _at(meter: SourceMeter, level: float, limit: float | None = None) -> SourceSettings:
    """Return the active source settings at another level, on a range that holds it."""
    settings = copy.deepcopy(meter.source)
    settings.level_V = level
    if limit is not None:
        settings.limit_A = limit
    if settings.auto_range:
        settings.range_V = meter.electronics.voltage_range(level)
    return settings


def _load(
    meter: SourceMeter,
    config_list: str,
    buffer: str,
    body: list[Block],
    loops: int,
    *,
    fail_abort: bool,
    off_s: float | None = None,
) -> None:
    """Load a sweep's trigger model: `body` and a recall (then, for pulses, `off_s`), `loops` times (0: for ever)."""
    blocks: list[Block] = [BufferClear(buffer), ConfigRecall(config_list, 1), SourceState(on=True)]
    first = len(blocks) + 1
    blocks += body
    limited_at = len(blocks)
    if fail_abort:
        blocks.append(NoOperation())
    blocks.append(ConfigStep(config_list, 1))
    if off_s is not None:
        blocks.append(Delay(off_s))
    blocks.append(BranchCounter(loops, first) if loops else BranchAlways(first))
    blocks.append(SourceState(on=False))
    if fail_abort:
        blocks[limited_at] = BranchLimited(len(blocks))
    meter.trigger_model.load(blocks)
