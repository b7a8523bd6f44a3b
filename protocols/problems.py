"""How do pydantic's findings read to the author of a protocol file?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocols.errors import Fault

if TYPE_CHECKING:
    from pydantic import ValidationError

_PLAIN = {
    "missing": "is missing",
    "extra_forbidden": "is not known here: check its spelling, or remove it",
}


def faults_of(error: ValidationError, under: str = "") -> tuple[Fault, ...]:
    """Return every finding with its path, such as ``sequence.levels[2]``.

    Parameters
    ----------
    error : ValidationError
        What pydantic raised.
    under : str
        Path of the part of the document that was validated.
    """
    return tuple(
        Fault(_path(under, found["loc"]), _PLAIN.get(found["type"], found["msg"].removeprefix("Value error, ")))
        for found in error.errors()
    )


def _path(under: str, loc: tuple[int | str, ...]) -> str:
    path = under
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path
