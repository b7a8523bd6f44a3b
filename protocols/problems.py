"""How do pydantic's findings read to the author of a protocol file?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocols.errors import Fault

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_PLAIN = {
    "missing": "is missing",
    "extra_forbidden": "is not known here: check its spelling, or remove it",
    "bool_type": "must be true or false",
    "dict_type": "must be a table",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "list_type": "must be a list, in brackets",
    "model_attributes_type": "must be a table",
    "model_type": "must be a table",
    "string_type": "must be text, in quotes",
    "tuple_type": "must be a list, in brackets",
    "union_tag_not_found": "kind is missing",
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
    return tuple(Fault(_path(under, found["loc"]), _in_plain_words(found)) for found in error.errors())


def _in_plain_words(found: ErrorDetails) -> str:
    if found["type"] == "union_tag_invalid":
        return f"kind is {found['ctx']['tag']}, and must be one of {found['ctx']['expected_tags']}"
    return _PLAIN.get(found["type"], found["msg"].removeprefix("Value error, "))


def _path(under: str, loc: tuple[int | str, ...]) -> str:
    path = under
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path
