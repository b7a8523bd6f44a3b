"""Signs and flags of samples: what was stated, what a column of modes says, and what seems to be lost."""

from __future__ import annotations

import numpy as np

from daq.files.readers.modes import DISCHARGE_MARK
from daq.files.readers.samples import SampleStore
from drivers import Block, Status

# Share of the largest value that a value of the other sign must have for both signs to be there.
_BOTH_SIGNS = 0.01


def with_signs(store: SampleStore, negate: tuple[str, ...], modes_in: str = "") -> tuple[SampleStore, tuple[str, ...]]:
    """Return the samples with their signs, and notes.

    A current without a sign gets that of its mode: minus in a discharge. Then what was stated is turned.

    Parameters
    ----------
    store : SampleStore
        Rows of discharge have `DISCHARGE_MARK`, which is taken off.
    negate : tuple of str
        ``voltage`` or ``current``; ``none`` keeps all signs as they are.
    modes_in : str
        Heading of a column that seems to say charge and discharge, and is not known to.
    """
    ends, n_discharge = _ends(store)
    by_mode = n_discharge > 0 and ends["current"][0] == 0.0 and "none" not in negate
    turned = {name: name in negate for name in ("voltage", "current")}
    notes = [f"the sign of the {name} was turned (--negate {name})" for name in turned if turned[name]]
    if by_mode:
        text = f"the current has no sign: {n_discharge:,} rows of discharge count as negative (--negate none keeps it)"
        notes.insert(0, text)
    if by_mode or any(turned.values()) or n_discharge:
        result = SampleStore()
        for part in store.chunks():
            is_discharge = (part.status & DISCHARGE_MARK).astype(bool)
            current = np.where(is_discharge, -part.current_A, part.current_A) if by_mode else part.current_A
            result.append(
                Block(
                    part.t_s,
                    -part.voltage_V if turned["voltage"] else part.voltage_V,
                    -current if turned["current"] else current,
                    part.status & np.uint8(DISCHARGE_MARK - 1),
                )
            )
        store = result
    (low_V, high_V), (low_A, high_A) = ends["voltage"], ends["current"]
    both_V = min(-low_V, high_V) > _BOTH_SIGNS * max(-low_V, high_V)
    if both_V and (low_A == 0.0) != (high_A == 0.0) and not by_mode:
        notes.append("the voltage has both signs and the current has one: is it a magnitude, whose sign is lost?")
    elif modes_in and low_A == 0.0 < high_A:
        notes.append(f"no current is negative, and column {modes_in!r} says charge and discharge: is the sign lost?")
    return store, tuple(notes)


def _ends(store: SampleStore) -> tuple[dict[str, tuple[float, float]], int]:
    """Return the smallest and the largest voltage and current, and 0 if that is farther out; rows of discharge."""
    ends = {"voltage": (0.0, 0.0), "current": (0.0, 0.0)}
    n_discharge = 0
    for part in store.chunks():
        n_discharge += int(np.count_nonzero(part.status & DISCHARGE_MARK))
        for name, values in (("voltage", part.voltage_V), ("current", part.current_A)):
            known = values[np.isfinite(values)]
            if len(known):
                ends[name] = (min(ends[name][0], float(known.min())), max(ends[name][1], float(known.max())))
    return ends, n_discharge


def flag_notes(store: SampleStore) -> tuple[str, ...]:
    """Return how many samples have which flag."""
    words = {
        Status.OVERLOAD: ("sample is an overload", "samples are overloads"),
        Status.MISSING: ("sample has no voltage or no current", "samples have no voltage or no current"),
    }
    counts = dict.fromkeys(words, 0)
    for part in store.chunks():
        for flag in words:
            counts[flag] += int(np.count_nonzero(part.status & flag))
    return tuple(f"{n:,} {words[flag][n > 1]}: flagged, and left out of fits" for flag, n in counts.items() if n)
