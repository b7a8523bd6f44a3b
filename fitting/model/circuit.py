"""Cell models from circuit strings, and what they conduct.

The grammar is that of impedance.py: ``-`` puts in series, ``p(a,b)`` in parallel, an element is its code and a label:
``R0-p(Cc1,C1)-CPE3``. Behind the cell, lags of the instrument: ``R0-Mig1-CPE1@Lag1``. `Pr` takes its number of modes
after a colon: ``Pr1:3``; `Tab` its table by name. Elements of other packages are found by the entry-point group
``ionecho.elements``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from fitting.model.elements.base import Bulk, Element, Quantity, StartScale
from fitting.model.elements.debye import ColeCole, Debye, Prony
from fitting.model.elements.diffusion import Warburg, WarburgOpen, WarburgShort
from fitting.model.elements.lag import NO_LAG, Lag, seen_through
from fitting.model.elements.lumped import Capacitor, ConstantPhase, Inductor, Resistor
from fitting.model.elements.migration import Migration
from fitting.model.elements.random_barrier import RandomBarrier
from fitting.model.elements.skewed_relaxations import ColeDavidson, HavriliakNegami, Jonscher
from fitting.model.elements.stretched import StretchedExponential
from fitting.model.elements.tabulated import RelaxationTable, Tabulated
from fitting.model.like_parts import LikeParts, like_parts_of
from fitting.model.nodes import Leaf, Node, Parallel, Series, beside
from fitting.model.plugin_elements import plugin_elements
from protocols import FitError, parse_quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fitting.transforms.laplace import Complexes, Floats

_PLAIN: Mapping[str, Callable[[], Element]] = {
    kind.code: kind
    for kind in (
        Resistor,
        Capacitor,
        Inductor,
        ConstantPhase,
        Warburg,
        WarburgOpen,
        WarburgShort,
        Debye,
        ColeCole,
        ColeDavidson,
        HavriliakNegami,
        StretchedExponential,
        Jonscher,
        Migration,
        RandomBarrier,
    )
}
_BUILT_IN = {*_PLAIN, Prony.code, Tabulated.code, Lag.code}
# Longest circuit (characters): some hundred elements. The brackets of a longer one could exhaust Python's stack.
_LONGEST = 500
_TOKEN = re.compile(r"(?P<code>[A-Za-z]+)(?P<label>_?\d*)(?::(?P<modes>\d+))?")


@cache
def installed_elements() -> tuple[Mapping[str, type[Element]], tuple[str, ...]]:
    """Return the elements of other packages by their codes, and why others are left out."""
    return plugin_elements(_BUILT_IN)


def elements_by_code() -> Mapping[str, Callable[[], Element]]:
    """Return the elements that need nothing but their code, those of other packages among them."""
    return {**_PLAIN, **installed_elements()[0]}


def element_problems() -> tuple[str, ...]:
    """Return which elements of other packages are left out, and why."""
    return installed_elements()[1]


class CircuitError(FitError):
    """A text that is no circuit.

    Attributes
    ----------
    reason : str
        Without the text and the mark at its place.
    at : int
        Which character it is about, from 0; that behind the last one if something is missing there.
    """

    def __init__(self, message: str, reason: str = "", at: int = 0) -> None:
        super().__init__(message)
        self.reason = reason
        self.at = at


class _Parser:
    """Recursive descent over one circuit string."""

    def __init__(self, text: str, tables: Mapping[str, RelaxationTable]) -> None:
        self.text = text
        self.tables = tables
        self.at = 0
        self.leaves: list[Leaf] = []
        self.lags: list[Leaf] = []
        self.n_parameters = 0

    def parse(self) -> Node:
        if len(self.text) > _LONGEST:
            raise FitError(f"circuit: it has {len(self.text)} characters; at most {_LONGEST} are read")
        node = self.series()
        while self.takes("@"):
            self.lags.append(self.leaf(Lag.code))
        if self.at < len(self.text):
            raise self.fault(f"{self.text[self.at]!r} is not expected here")
        return node

    def fault(self, message: str, at: int | None = None) -> CircuitError:
        where = self.at if at is None else at
        return CircuitError(f"circuit: {message}\n  {self.text}\n  {' ' * where}^", message, where)

    def takes(self, mark: str) -> bool:
        found = self.text.startswith(mark, self.at)
        self.at += len(mark) * found
        return found

    def series(self) -> Node:
        members = [self.member()]
        while self.takes("-"):
            members.append(self.member())
        return members[0] if len(members) == 1 else Series(tuple(members))

    def member(self) -> Node:
        opened = self.at
        if not self.takes("p("):
            return self.leaf()
        branches = [self.series()]
        while self.takes(","):
            branches.append(self.series())
        if not self.takes(")"):
            if self.at < len(self.text):
                raise self.fault("expected '-', ',' or ')'")
            raise self.fault("this bracket is never closed", opened + 1)
        if len(branches) < 2:
            raise self.fault("a parallel needs at least two branches, p(a,b)", opened)
        return Parallel(tuple(branches))

    def leaf(self, behind: str = "") -> Leaf:
        start = self.at
        match = _TOKEN.match(self.text, start)
        if match is None:
            raise self.fault("expected an element such as R0 or p(...)")
        if (match["code"] == Lag.code) != bool(behind):
            raise self.fault("a lag of the instrument, and nothing else, stands behind the cell: R0-C1@Lag1", start)
        name = match["code"] + match["label"]
        element = self.element(match, start)
        if any(leaf.name == name for leaf in self.leaves):
            raise self.fault(f"{name} is used twice: give each element a label of its own", start)
        self.at = match.end()
        stop = self.n_parameters + len(element.quantities)
        leaf = Leaf(name, element, slice(self.n_parameters, stop))
        self.n_parameters = stop
        self.leaves.append(leaf)
        return leaf

    def element(self, match: re.Match[str], start: int) -> Element:
        code, modes = match["code"], match["modes"]
        plain = elements_by_code()
        if code not in plain and code not in _BUILT_IN:
            known = ", ".join(sorted({*plain, *_BUILT_IN}))
            left_out = "".join(f"; {problem}" for problem in element_problems())
            raise self.fault(f"there is no element {code!r}; there are {known}{left_out}", start)
        if not match["label"]:
            raise self.fault(f"{code} needs a label, such as {code}1", match.end("code"))
        if modes is not None and code != Prony.code:
            raise self.fault(f"only {Prony.code} takes a number of modes", match.start("modes") - 1)
        if code == Lag.code:
            return Lag()
        if code in plain:
            return plain[code]()
        if code == Tabulated.code:
            name = code + match["label"]
            if name not in self.tables:
                raise self.fault(
                    f"{name} needs its table: CellModel(..., tables={{{name!r}: RelaxationTable...}})", start
                )
            return Tabulated(self.tables[name])
        n_modes = 2 if modes is None else int(modes)
        if not 1 <= n_modes <= 4:
            raise self.fault(f"{Prony.code} takes 1 to 4 modes", match.start("modes"))
        return Prony(n_modes)


@dataclass(frozen=True)
class ModelParameter:
    """A free parameter of a cell.

    Attributes
    ----------
    name : str
        ``R0``, ``Mig1.tau``.
    unit : str
    lower, upper : float
    """

    name: str
    unit: str
    lower: float
    upper: float

    def value_of(self, given: float | str) -> float:
        """Return the SI value of what was given, a number or text with a unit.

        Raises
        ------
        FitError
            If the text is no such quantity.
        """
        if not isinstance(given, str):
            return float(given)
        if "^n" in self.unit:
            raise FitError(f"{self.name}: its unit, {self.unit}, depends on its exponent; give a number, not {given!r}")
        try:
            return parse_quantity(given, self.unit)
        except ValueError as error:
            raise FitError(f"{self.name}: {error}") from None


class CellModel:
    """A cell as a circuit of elements.

    Parameters
    ----------
    circuit : str
        E.g. ``R0-Mig1-CPE1``, or ``R0-Mig1-CPE1@Lag1`` through an instrument of unknown time constant.
    fixed : mapping of str to float or str
        Parameters that are known, by name, in SI units or as text (``"300 ohm"``); they are not fitted.
    tables : mapping of str to RelaxationTable
        Of each `Tab` in the circuit, by its name (``Tab1``).

    Raises
    ------
    FitError
        If the string is no circuit (the message points at the character), or a fixed parameter is unknown or out of
        its bounds.
    """

    def __init__(
        self,
        circuit: str,
        fixed: Mapping[str, float | str] | None = None,
        tables: Mapping[str, RelaxationTable] | None = None,
    ) -> None:
        self.circuit = circuit
        self.tables = dict(tables or {})
        self.bounds: dict[str, str] = {}  # see `fitting.model.bounds`
        parser = _Parser(circuit, self.tables)
        self.tree = parser.parse()
        """The circuit as it branches, without the lags of the instrument."""
        self.leaves = tuple(parser.leaves)
        self._lags = tuple(parser.lags)
        unused = set(self.tables) - {leaf.name for leaf in self.leaves}
        if unused:
            raise FitError(f"{circuit} has no element {', '.join(sorted(unused))} that would take the table")
        every = [_named(leaf, quantity) for leaf in self.leaves for quantity in leaf.element.quantities]
        self.fixed = {name: _fixed_value(name, value, every) for name, value in (fixed or {}).items()}
        self.parameters = tuple(parameter for parameter in every if parameter.name not in self.fixed)
        """Free parameters, in the order of the circuit."""
        self._free = np.array([parameter.name not in self.fixed for parameter in every], dtype=bool)
        self._base = np.array([self.fixed.get(parameter.name, np.nan) for parameter in every], dtype=np.float64)
        self.like_parts: tuple[LikeParts, ...] = like_parts_of(self.tree, self._lags, self._base)
        """Parts of the circuit that may change places, class by class."""

    @classmethod
    def of(cls, model: CellModel | str) -> CellModel:
        """Return a circuit, given as it is or by its string."""
        return cls(model) if isinstance(model, str) else model

    def __repr__(self) -> str:
        return f"CellModel({self.circuit!r}, fixed={self.fixed!r})"

    def variant(self, circuit: str) -> CellModel:
        """Return another circuit, with what this one knows of the elements that both have: tables, held values."""
        tables = {
            name: table
            for name, table in self.tables.items()
            if re.search(rf"(?<![A-Za-z]){re.escape(name)}(?!\d)", circuit)
        }
        names = {parameter.name for parameter in CellModel(circuit, tables=tables).parameters}
        return CellModel(circuit, {name: value for name, value in self.fixed.items() if name in names}, tables)

    def complete(self, theta: Floats) -> Floats:
        """Return all parameters of the circuit, the fixed ones in their places."""
        values: Floats = self._base.copy()
        values[self._free] = theta
        return values

    def evaluate(self, s: Complexes, theta: Floats, *, seen: bool = True) -> tuple[Complexes, Complexes]:
        """Return the admittance and its derivatives.

        Parameters
        ----------
        s : ndarray of complex128, shape (n,)
            Complex frequency (rad/s); ``2j pi f`` gives the impedance spectrum.
        theta : ndarray, shape (n_free,)
            Values of `parameters` (SI).
        seen : bool
            Whether through the lags of the instrument, where there are any; else of the cell alone.

        Returns
        -------
        admittance : ndarray of complex128, shape (n,)
            Siemens.
        jacobian : ndarray of complex128, shape (n_free, n)
        """
        p = self.complete(theta)
        Y, dY = self.tree.evaluate(s, p)
        if self._lags:
            Y, dY = seen_through((Y, dY), [lag.evaluate(s, p) if seen else NO_LAG for lag in self._lags])
        return Y, dY if len(self.parameters) == len(self._free) else dY[self._free]

    def admittance(self, s: Complexes, theta: Floats, *, seen: bool = True) -> Complexes:
        """Return the admittance (S) at complex frequencies `s` (rad/s), `seen` through lags or of the cell alone."""
        return self.evaluate(s, theta, seen=seen)[0]

    def admittance_jacobian(self, s: Complexes, theta: Floats) -> Complexes:
        """Return the derivatives of the admittance to the free parameters, shape (n_free, n)."""
        return self.evaluate(s, theta)[1]

    def is_bounded(self, theta: Floats, highest: Complexes) -> bool:
        """Whether the current after a voltage step, as it is seen, has a bound, however small a resistance keeps it.

        `highest` are two frequencies (rad/s), a factor of 30 apart, for elements of other packages.
        """
        return bool(self._lags) or self.tree.is_bounded(self.complete(theta), highest)

    def start(self, scale: StartScale, draw: Floats) -> Floats:
        """Return starting values of the free parameters; see `starts`."""
        start: Floats = self.starts(scale, draw[None])[0]
        return start

    def starts(self, scale: StartScale, draws: Floats) -> Floats:
        """Return starting values of the free parameters, a row for each draw.

        `draws`, shape (n, n_all), are numbers of [0, 1), one for each parameter of the circuit, fixed or free.
        """
        parts = [leaf.element.starts(scale, draws[:, leaf.place]) for leaf in self.leaves]
        starts: Floats = np.concatenate(parts, axis=1)[:, self._free]
        return starts

    @property
    def n_all(self) -> int:
        """Number of parameters, the fixed ones counted."""
        return len(self._base)

    @property
    def lag_names(self) -> tuple[str, ...]:
        """Lags of the instrument beside the cell, fitted or held."""
        return tuple(lag.name for lag in self._lags)

    @property
    def bulk(self) -> Leaf | None:
        """The hopping conductor whose memory is reported: the circuit's first; of like ones, that of shortest time."""
        first = next((leaf for leaf in self.leaves if isinstance(leaf.element, Bulk)), None)
        if first is None:
            return None
        place = first.place.start
        for one in self.like_parts:
            place = one.counterpart(place)
        return next(leaf for leaf in self.leaves if leaf.place.start == place)

    @property
    def geometric_capacitor(self) -> Leaf | None:
        """The capacitor side by side with the hopping conductor: what its material polarises at once; None without."""
        if self.bulk is None:
            return None
        around = beside(self.tree, self.bulk)
        return next((one for one in around if isinstance(one, Leaf) and isinstance(one.element, Capacitor)), None)

    @property
    def free_places(self) -> list[int]:
        """Places of the free parameters among all of the circuit."""
        return [int(place) for place in np.flatnonzero(self._free)]


def _named(leaf: Leaf, quantity: Quantity) -> ModelParameter:
    single = len(leaf.element.quantities) == 1
    name = leaf.name if single else f"{leaf.name}.{quantity.symbol}"
    return ModelParameter(name, quantity.unit, quantity.lower, quantity.upper)


def _fixed_value(name: str, value: float | str, every: list[ModelParameter]) -> float:
    found = next((parameter for parameter in every if parameter.name == name), None)
    if found is None:
        names = ", ".join(parameter.name for parameter in every)
        raise FitError(f"cannot fix {name!r}: the circuit has {names}")
    number = found.value_of(value)
    if not (np.isfinite(number) and found.lower <= number <= found.upper):
        raise FitError(f"cannot fix {name} at {number:g}: it lies from {found.lower:g} to {found.upper:g} {found.unit}")
    return number
