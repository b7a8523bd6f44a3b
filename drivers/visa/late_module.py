"""Modules that are loaded when the first of their names is used, whoever imports them before.

For what another package imports at its start and a run never uses. The loader of the standard library for this,
`importlib.util.LazyLoader`, takes an import alone for a use.
"""

from __future__ import annotations

import importlib.util
import sys
import threading
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

# Names that tools look for in every module that is imported (inspect, warnings): that is no use of it.
_NO_USE = frozenset({"__wrapped__", "__warningregistry__"})
# Held while such a module is loaded: another thread that uses it meanwhile waits until it is whole.
_LOADING = threading.RLock()


class _LateModule(ModuleType):
    def __init__(self, spec: ModuleSpec) -> None:
        super().__init__(spec.name)
        self.__spec__, self.__loader__, self.__file__ = spec, spec.loader, spec.origin
        self.__path__ = list(spec.submodule_search_locations or [])
        self._waiting = spec.loader

    def __getattr__(self, name: str) -> Any:
        if name in _NO_USE:
            raise AttributeError(name)
        with _LOADING:
            loader = self.__dict__.pop("_waiting", None)  # none while this thread loads it
            if loader is not None:
                try:
                    loader.exec_module(self)
                except BaseException:
                    self._waiting = loader
                    raise
                self.__class__ = ModuleType  # type: ignore[assignment]
        return ModuleType.__getattribute__(self, name)


def load_later(name: str) -> None:
    """Have a module loaded when the first of its names is used. Does nothing if it is loaded, or not there."""
    if name not in sys.modules and (spec := importlib.util.find_spec(name)) is not None:
        sys.modules[name] = _LateModule(spec)
