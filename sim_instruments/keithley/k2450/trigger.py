"""Programming of the Keithley 2450, 2460 and 2461: trigger blocks and source configuration lists.

Pages are those of the 2461 reference manual, section 6.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

from sim_instruments.keithley.common.trigger_model import (
    Block,
    BranchAlways,
    BranchCounter,
    BranchDuring,
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
from sim_instruments.scpi.parser import Choice, Command, CommandTree, Numeric, boolean, string, words
from sim_instruments.scpi.status import ScpiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.keithley.common.source_meter import SourceMeter
    from sim_instruments.keithley.common.trigger_model import TriggerModel

# Limits and defaults of the trigger model, as in the manual's TRIGger subsystem.
_MAX_BLOCKS = 63
_BLOCK = Numeric(1, _MAX_BLOCKS, 1, integer=True)
_COUNT = Numeric(0, math.inf, 1, integer=True, words=(("INFinity", math.inf),))
_LOOPS = Numeric(1, 0x7FFFFFFF, 1, integer=True)
_DELAY = Numeric(0.0, 10e3, 0.0, "S")
_LOG_EVENTS = {
    **{f"INFO{k}": 2733 + k for k in range(1, 5)},
    **{f"WARN{k}": 2737 + k for k in range(1, 5)},
    **{f"ERR{k}": 2741 + k for k in range(1, 5)},
}


_DURATION = Numeric(0.0, 100e3, 1.0, "S")  # 2450: p. 6-163


def _as_given(text: str) -> str:
    return text


def _one_reading(meter: SourceMeter, buffer: str, delay_s: float) -> list[Block]:
    digitize = meter.measure.digitize is not None
    return [Delay(delay_s), TakeReadings(meter.buffer(buffer).name, 1, digitize)]


def _simple_loop(
    meter: SourceMeter, count: float = 1.0, delay_s: float = 0.0, buffer: str = "defbuffer1"
) -> list[Block]:
    """Return the blocks of SimpleLoop (p. 6-227)."""
    body = _one_reading(meter, buffer, delay_s)
    return [BufferClear(buffer), SourceState(on=True), *body, BranchCounter(int(count), 3), SourceState(on=False)]


def _duration_loop(meter: SourceMeter, seconds: float, delay_s: float = 0.0, buffer: str = "defbuffer1") -> list[Block]:
    """Return the blocks of DurationLoop (2450: p. 6-163): readings for a time, one after the other."""
    body = _one_reading(meter, buffer, delay_s)
    return [BufferClear(buffer), SourceState(on=True), *body, BranchDuring(seconds, 3), SourceState(on=False)]


def _config_lists(
    meter: SourceMeter, measured: str, sourced: str, delay_s: float = 0.0, buffer: str = "defbuffer1"
) -> list[Block]:
    """Return the blocks of ConfigList (p. 8-260): a reading at each point of a source and a measure list."""
    points = max(len(meter.measure_list(measured)), len(meter.source_list(sourced)))
    body = _one_reading(meter, buffer, delay_s)
    return [
        BufferClear(buffer),
        ConfigRecall(measured, 1, sourced, 1),
        SourceState(on=True),
        BranchAlways(6),
        ConfigStep(measured, 1, sourced),
        *body,
        BranchCounter(max(points, 1), 5),
        SourceState(on=False),
    ]


# Templates of trigger models: their parameters after the name, how many must be given, and their blocks (assumed but
# for those of SimpleLoop).
_TEMPLATES: dict[str, tuple[tuple[Callable[[str], object], ...], int, Callable[..., list[Block]]]] = {
    "EMPTY": ((), 0, lambda _: []),
    "SIMPLELOOP": ((_LOOPS, _DELAY, string), 0, _simple_loop),
    "DURATIONLOOP": ((_DURATION, _DELAY, string), 1, _duration_loop),
    "CONFIGLIST": ((string, string, _DELAY, string), 2, _config_lists),
}


def add_trigger_commands(tree: CommandTree, meter: SourceMeter) -> None:
    """Enter the trigger model and configuration list commands."""
    _add_model(tree, meter)
    _add_blocks(tree, meter)
    _add_configuration_lists(tree, meter)


def _add_model(tree: CommandTree, meter: SourceMeter) -> None:
    def model() -> TriggerModel:
        return meter.trigger_model  # *RST makes a new one

    def load(name: str, *parameters: str) -> None:
        meter.require_idle()
        if (template := _TEMPLATES.get(name.upper())) is None:
            raise ScpiError(-224, name)
        readers, required, blocks = template
        if len(parameters) < required:
            raise ScpiError(-109)
        if len(parameters) > len(readers):
            raise ScpiError(-108, parameters[len(readers)])
        values = [read(text) for read, text in zip(readers, parameters, strict=False)]
        model().load(blocks(meter, *values))

    def state() -> str:
        now = meter.update()
        name, block = model().shown(now)
        return f"{name.value};{name.value};{block}"

    tree.add(":TRIGger:LOAD", Command(load, (string, _as_given), 1, repeats=True))
    # The form of the first firmware, which later ones keep (2450: p. 6-163; that of SimpleLoop is assumed).
    for form, name in (("DURation", "DurationLoop"), ("SIMPle", "SimpleLoop")):
        old = Command(partial(load, name), (_as_given,), 0, repeats=True)
        tree.add(f":TRIGger:LOAD:LOOP:{form}", old)
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
        meter.list_size(name)
        return name

    def recall(name: str, index: float = 1.0, other: str = "", other_index: float = 1.0) -> Block:
        return ConfigRecall(known_list(name), int(index), other and known_list(other), int(other_index))

    def measure(name: str = "defbuffer1", count: float = 1.0) -> Block:
        return _readings(known_buffer(name), count, digitize=False)

    def digitize(name: str = "defbuffer1", count: float = 1.0) -> Block:
        return _readings(known_buffer(name), count, digitize=True)

    def either(name: str = "defbuffer1", count: float = 1.0) -> Block:
        return _readings(known_buffer(name), count, digitize=meter.measure.digitize is not None)

    enter("BUFFer:CLEar", lambda name="defbuffer1": BufferClear(known_buffer(name)), (string,), 0)

    def step(by: int) -> Callable[..., Block]:
        return lambda name, other="": ConfigStep(known_list(name), by, other and known_list(other))

    enter("CONFig:RECall", recall, (string, _LOOPS, string, _LOOPS), 1)
    enter("CONFig:NEXT", step(1), (string, string), 1)
    enter("CONFig:PREVious", step(-1), (string, string), 1)
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
    _add_lists(tree, meter, ":SOURce[1]", "source_lists", meter.store, meter.source_list)
    _add_lists(tree, meter, "[:SENSe[1]]", "measure_lists", meter.store_measure, meter.measure_list)


def _add_lists(
    tree: CommandTree,
    meter: SourceMeter,
    subsystem: str,
    lists: str,
    keep: Callable[[str, int | None], None],
    points_of: Callable[[str], list[Any]],
) -> None:
    """Enter the configuration lists of the source, or of the measurement."""
    node = f"{subsystem}:CONFiguration:LIST"
    index = Numeric(1, 300_000, 1, integer=True)

    def create(name: str) -> None:
        meter.require_idle()
        if name in meter.source_lists or name in meter.measure_lists or not name.isidentifier():
            raise ScpiError(-224, f"configuration list {name!r}")
        getattr(meter, lists)[name] = []  # *RST makes new ones

    def delete(name: str, number: float | None = None) -> None:
        meter.require_idle()
        points = points_of(name)
        if number is None:
            del getattr(meter, lists)[name]
        elif number > len(points):
            raise ScpiError(-222, f"index {number:.0f} of {name!r}")
        else:
            del points[int(number) - 1]

    def store(name: str, number: float | None = None) -> None:
        meter.require_idle()
        keep(name, None if number is None else int(number))

    def recall(name: str, number: float = 1.0) -> None:
        meter.require_idle()
        points_of(name)
        meter.recall(meter.update(), name, int(number))

    tree.add(f"{node}:CREate", Command(create, (string,), 1))
    tree.add(f"{node}:DELete", Command(delete, (string, index), 1))
    tree.add(f"{node}:STORe", Command(store, (string, index), 1))
    tree.add(f"{node}:RECall", Command(recall, (string, index), 1))
    tree.add(f"{node}:SIZE?", Command(lambda name: str(len(points_of(name))), (string,), 1))
    tree.add(f"{node}:CATalog?", Command(lambda: ", ".join(f'"{name}"' for name in getattr(meter, lists)) or '""'))
