"""Variables and arrays of a running script."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim_instruments.palmsens.faults import Code, ScriptFault
from sim_instruments.palmsens.grammar import Literal, Variable
from sim_instruments.palmsens.values import Value

if TYPE_CHECKING:
    from sim_instruments.palmsens.grammar import Argument


class Memory:
    """Variables and arrays by name. The grammar has made sure that names are declared.

    Parameters
    ----------
    elements : int
        How many array elements there is room for.
    """

    def __init__(self, elements: int) -> None:
        self._elements = elements
        self._variables: dict[str, Value] = {}
        self._arrays: dict[str, list[Value]] = {}

    def declare(self, name: str) -> None:
        """Make a variable."""
        self._variables[name] = Value()

    def declare_array(self, name: str, length: Argument) -> None:
        """Make an array."""
        # A length need not be a whole-number literal (vendor's example_eis_tdd), nor whole (MSExample031 divides it).
        count = int(self.number(length))
        if count <= 0:
            raise ScriptFault(Code.NOT_POSITIVE)
        if sum(len(array) for kept, array in self._arrays.items() if kept != name) + count > self._elements:
            raise ScriptFault(Code.OUT_OF_VARIABLE_MEMORY)
        self._arrays[name] = [Value() for _ in range(count)]

    def array(self, name: str) -> list[Value]:
        """Return the elements of an array."""
        return self._arrays[name]

    def value(self, argument: Argument) -> Value:
        """Return what an argument stands for."""
        if isinstance(argument, Literal):
            return Value(argument.number)
        if not isinstance(argument, Variable):
            raise TypeError(f"{argument!r} has no value")
        if argument.index is None:
            return self._variables[argument.name]
        return self._arrays[argument.name][self.index(argument.name, argument.index)]

    def number(self, argument: Argument) -> float:
        """Return the number that an argument stands for, as floating-point."""
        number = float(self.value(argument).number)
        if not math.isfinite(number):
            raise ScriptFault(Code.NOT_A_NUMBER)
        return number

    def index(self, array: str, argument: Argument) -> int:
        """Return a whole number that is within an array."""
        index = self.value(argument).number
        if not isinstance(index, int):
            raise ScriptFault(Code.WRONG_NUMBER_TYPE)
        if not 0 <= index < len(self._arrays[array]):
            raise ScriptFault(Code.INDEX_OUT_OF_BOUNDS)
        return index

    def assign(self, argument: Argument, value: Value) -> None:
        """Put a copy of a value into a variable or an element."""
        if not isinstance(argument, Variable):
            raise TypeError(f"nothing can be assigned to {argument!r}")
        copy = Value(value.number, value.kind, value.status, value.range_code)
        if argument.index is None:
            self._variables[argument.name] = copy
        else:
            self._arrays[argument.name][self.index(argument.name, argument.index)] = copy

    def text(self, pattern: str) -> str:
        """Return an f-string's text with its ``{variable}`` filled in."""
        text, *pieces = pattern.split("{")
        for piece in pieces:
            name, _, rest = piece.partition("}")
            text += f"{self.value(_named(name)).number:g}{rest}"
        return text


def _named(text: str) -> Variable:
    """Return the variable of an f-string; an index there is a whole number or a variable."""
    name, bracket, rest = text.partition("[")
    if not bracket:
        return Variable(name)
    index = rest.removesuffix("]")
    return Variable(name, Literal(int(index.removesuffix("i"))) if index[:1].isdigit() else Variable(index))
