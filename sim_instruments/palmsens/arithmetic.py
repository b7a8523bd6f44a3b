"""Results of a script's calculations (manual, 14.2 and 14.3).

Whole numbers stay whole among themselves; mixed with others they become floating-point (assumed).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim_instruments.palmsens.faults import Code, ScriptFault

if TYPE_CHECKING:
    from collections.abc import Callable

Number = float | int


def _finite(value: Number) -> Number:
    if isinstance(value, float) and not math.isfinite(value):
        raise ScriptFault(Code.NOT_A_NUMBER)
    return value


def _divide(a: Number, b: Number) -> Number:
    if b == 0:
        raise ScriptFault(Code.DIVISION_BY_ZERO)
    if isinstance(a, int) and isinstance(b, int):
        return int(a / b)  # towards zero, as in C (assumed)
    return _finite(a / b)


def _remainder(a: Number, b: Number) -> Number:
    if b == 0:
        raise ScriptFault(Code.DIVISION_BY_ZERO)
    return int(math.fmod(a, b)) if isinstance(a, int) and isinstance(b, int) else math.fmod(a, b)


def _power(a: Number, b: Number) -> Number:
    try:
        power: complex | float = float(a) ** float(b)
    except (OverflowError, ZeroDivisionError):
        raise ScriptFault(Code.NOT_A_NUMBER) from None
    if isinstance(power, complex):
        raise ScriptFault(Code.NOT_A_NUMBER)
    return _finite(power)


def _logarithm(a: Number) -> Number:
    if a <= 0:
        raise ScriptFault(Code.NOT_A_NUMBER)
    return math.log10(a)


def _whole(a: Number) -> int:
    if not isinstance(a, int):
        raise ScriptFault(Code.WRONG_NUMBER_TYPE)
    return a


OPERATIONS: dict[str, Callable[..., Number]] = {
    "add_var": lambda a, b: _finite(a + b),
    "sub_var": lambda a, b: _finite(a - b),
    "mul_var": lambda a, b: _finite(a * b),
    "div_var": _divide,
    "mod_var": _remainder,
    "pow_var": _power,
    "bit_and_var": lambda a, b: _whole(a) & _whole(b),
    "bit_or_var": lambda a, b: _whole(a) | _whole(b),
    "bit_xor_var": lambda a, b: _whole(a) ^ _whole(b),
    "bit_lsl_var": lambda a, b: _whole(a) << _whole(b),
    "bit_lsr_var": lambda a, b: _whole(a) >> _whole(b),
    "bit_inv_var": lambda a: ~_whole(a),
    "int_to_float": lambda a: float(_whole(a)),
    "float_to_int": math.trunc,
    "log_var": _logarithm,
}
"""By command: what the first variable becomes, of itself and of the other arguments."""
