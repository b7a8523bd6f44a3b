"""Libraries that are extras: loaded when they are asked for, and named where they are not there."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from protocols import RunFileError


def library(name: str, extra: str) -> Any:
    """Return a library.

    Parameters
    ----------
    name : str
    extra : str
        Extra of ionecho that brings it.

    Raises
    ------
    RunFileError
        If it is not installed.
    """
    try:
        return import_module(name)
    except ImportError:
        raise RunFileError(f'this needs {name}, which is not installed: pip install "ionecho[{extra}]"') from None
