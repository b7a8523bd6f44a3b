"""Elements of other packages: those that can be used, and what is wrong with the others.

They are found by the entry-point group ``ionecho.elements``. One that cannot be loaded, is no element, or takes a code
that is taken is left out and reported; every circuit without it is fitted as if it were not there. What an element
raises while it is evaluated becomes a `FitError` that names its package.
"""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

from fitting.model.elements.base import Element, Quantity
from protocols import FitError, IonechoError
from protocols.plugins import PluginError, contained, load, package_of, plugins_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from importlib.metadata import EntryPoint

_GROUP = "ionecho.elements"


def plugin_elements(taken: Collection[str]) -> tuple[dict[str, type[Element]], tuple[str, ...]]:
    """Return the elements of other packages by their codes, and why others are left out.

    Parameters
    ----------
    taken : collection of str
        Codes of ionecho's own elements.
    """
    plugins = plugins_of(_GROUP)
    found: dict[str, type[Element]] = {}
    problems = [f"elements of {package} are left out: {problem}" for package, problem in plugins.problems]
    for point in plugins.points:
        try:
            kind = _loaded(point, {*taken, *found})
        except (FitError, PluginError) as error:
            problems.append(f"{error}. It is left out.")
        else:
            found[kind.code] = kind
    return found, tuple(problems)


def _loaded(point: EntryPoint, taken: Collection[str]) -> type[Element]:
    where = f"element {point.name!r} of {package_of(point) if point.dist is not None else point.value}"
    kind = load(point, where)
    with contained(f"{where} is no element", passed=(FitError,)):
        if not (isinstance(kind, type) and issubclass(kind, Element)):
            raise FitError(f"{where} is no class of fitting.Element")
        if inspect.isabstract(kind):
            raise FitError(f"{where} is not complete: it lacks {', '.join(sorted(kind.__abstractmethods__))}")
        if not isinstance(kind.code, str) or re.fullmatch(r"[A-Za-z]+", kind.code) is None:
            raise FitError(f"{where} has the code {kind.code!r}: a code is of letters only")
        if kind.code in taken:
            raise FitError(f"{where} takes the code {kind.code!r}, which is taken: it needs another")
        quantities = kind().quantities
        if not (isinstance(quantities, tuple) and all(isinstance(one, Quantity) for one in quantities)):
            raise FitError(f"{where} has `quantities` that are no tuple of fitting.Quantity")
        members = {name: _calling(where, name) for name in ("__init__", "evaluate", "start", "is_bounded")}
        metaclass: Any = type(kind)
        made: type[Element] = metaclass(kind.__name__, (kind,), {"__module__": kind.__module__, **members})
        for member in members.values():
            member.made = made  # type: ignore[attr-defined]
        return made


def _calling(where: str, name: str) -> Callable[..., Any]:
    """Return a method that calls the element's own."""

    def method(self: Any, *arguments: Any) -> Any:
        try:
            with contained(f"{where} failed in `{name}`", passed=(IonechoError,)):
                return getattr(super(method.made, self), name)(*arguments)  # type: ignore[attr-defined]
        except PluginError as error:
            raise FitError(str(error)) from error

    method.__name__ = name
    return method
