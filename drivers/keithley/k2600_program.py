"""Program of a Keithley 2600B: its script, its settings, and the lines that load them.

Why there is a script, and what its trigger model does, is described in `drivers.keithley.k2600`.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivers.contract.plan import DrivePlan

READ_SAMPLES = 1000
"""Readings of one answer: 32 kB, well within the timeout of an exchange."""
_LOADED_AT_ONCE = 50
"""Values in one line: none becomes longer than the instrument's input takes."""

PROGRAM = """
function echo_run(settle, longest, silence, look)
    local b, sent, coming, heard, over, held = echo_buffer, 0, 0, 0, false, 1
    smua.source.output = smua.OUTPUT_ON
    delay(settle)
    timer.reset()
    smua.trigger.initiate()
    repeat
        local asked = trigger.wait(look)
        local now = timer.measure.t()
        local sweeping = bit.test(status.operation.instrument.smua.condition, 4)
        local made = b.n
        if not over then held = smua.source.output end
        local silent = now - heard > silence
        if not over and (silent or not sweeping or now > longest) then
            over = true
            smua.abort()
            smua.source.output = smua.OUTPUT_OFF
        end
        local finished = silent
        if asked then
            heard = now
            if coming > 0 then
                printbuffer(sent + 1, sent + coming, b, b.timestamps, b.sourcevalues, b.statuses)
                sent, coming = sent + coming, 0
            else
                coming = math.min(made - sent, AT_ONCE)
                print(string.format("%d %d %d %d", held, sweeping and 1 or 0, sent, coming))
                finished = finished or (over and coming == 0)
            end
        end
    until finished
    smua.source.output = smua.OUTPUT_OFF
end
""".replace("AT_ONCE", str(READ_SAMPLES))
"""What looks after a run in the instrument. `settle` is the time from output on to the start, `look` that between two
looks at the sweep, and so by how much later than the sweep the output goes off.

Answers to a trigger, in turn: "held sweeping sent coming", then the readings that are coming, if there are any. `held`
is the output as it was found after those readings were counted: as long as it is 1 they were all made with the output
on. The script's own switching off does not count.
"""


def settings_for(plan: DrivePlan, line_Hz: float) -> dict[str, float]:
    """Return ranges, limits, off state and counts of a plan, by the names under which they are set and read back."""
    return {
        "smua.source.func": 1,  # OUTPUT_DCVOLTS
        # High impedance: in the normal off mode the source stays on the cell at 0 V (p. 2-41 ff.).
        "smua.source.offmode": 2,
        "smua.source.rangev": plan.voltage_range_V,
        "smua.source.levelv": float(plan.sequence.rest_V),
        "smua.source.limiti": plan.compliance_A,
        "smua.source.delay": 0,
        "smua.sense": int(plan.four_wire),
        "smua.measure.rangei": plan.current_range_A,
        "smua.measure.nplc": float(f"{plan.aperture_s * line_Hz:.6g}"),
        "smua.measure.autozero": 1,  # once, now: asynchronous measurement allows no other (p. 9-264)
        "smua.measure.delay": 0,
        "smua.measure.count": 1,
        "smua.trigger.count": plan.base_points * plan.repeats,
        "smua.trigger.source.action": 1,
        "smua.trigger.measure.action": 2,  # ASYNC
        "smua.trigger.endpulse.action": 1,  # SOURCE_HOLD: no way back to the idle level between two levels
        "smua.trigger.endsweep.action": 0,  # SOURCE_IDLE: back to the rest
        "trigger.timer[1].count": plan.base_points * plan.repeats,
        **({"trigger.timer[2].delay": plan.interval_s} if plan.grid is None else {}),
        # Its pass-through event is the first sample's.
        "trigger.timer[2].count": max(plan.n_samples - 1, 1),
        "format.data": 3,  # REAL64
        "format.byteorder": 1,  # little-endian
    }


def trigger_model_for(plan: DrivePlan) -> tuple[str, ...]:
    """Return the lines that connect timers, source and measurement."""
    return (
        "trigger.timer[1].delaylist = echo_dwells",
        "trigger.timer[1].stimulus = smua.trigger.ARMED_EVENT_ID",
        *(("trigger.timer[2].delaylist = echo_pauses",) if plan.grid is not None else ()),
        "trigger.timer[2].passthrough = true",
        "trigger.timer[2].stimulus = smua.trigger.ARMED_EVENT_ID",
        "smua.trigger.source.listv(echo_levels)",
        "smua.trigger.source.stimulus = 0",
        "smua.trigger.endpulse.stimulus = trigger.timer[1].EVENT_ID",
        "smua.trigger.measure.stimulus = trigger.timer[2].EVENT_ID",
        f"echo_buffer = smua.makebuffer({plan.n_samples + 2})",
        "echo_buffer.collectsourcevalues = 1",
        "echo_buffer.timestampresolution = 1e-6",
        "smua.trigger.measure.i(echo_buffer)",
        "trigger.clear()",
    )


def list_lines(name: str, values: list[float]) -> Iterator[str]:
    """Yield lines that make a list in the instrument: none longer than its input takes."""
    yield f"{name} = {{}}"
    for start in range(0, len(values), _LOADED_AT_ONCE):
        part = ",".join(f"{value!r}" for value in values[start : start + _LOADED_AT_ONCE])
        yield f"for _, value in ipairs({{{part}}}) do table.insert({name}, value) end"


def pause_lines(name: str, plan: DrivePlan) -> Iterator[str]:
    """Yield lines that make the list of times between readings; none if those are evenly spaced.

    Equal times are counted: 60,000 numbers would take minutes to send.
    """
    if plan.grid is None:
        return
    yield f"{name} = {{}}"
    pauses = [float(f"{pause:.9g}") for pause in np.diff(plan.grid.begins_s)]
    for pause, group in groupby(pauses):
        count = sum(1 for _ in group)
        yield f"for _ = 1, {count} do table.insert({name}, {pause!r}) end"
    if not pauses:
        yield f"table.insert({name}, {plan.interval_s!r})"
