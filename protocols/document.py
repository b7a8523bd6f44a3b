"""TOML text of a protocol file: to tables of values and back; long arrays come from beside it or from within it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from protocols.errors import Problem, ProtocolError
from protocols.stored_arrays import DATA_KEY, array_beside, array_in_text, is_stored, read_array
from protocols.texts import printable, toml_tables

if TYPE_CHECKING:
    from pathlib import Path

    from tomlkit.items import InlineTable, Table


def read_toml(text: str, source: str, folder: Path | None = None) -> tuple[dict[str, Any], list[Problem]]:
    """Return the tables of a TOML text, with the arrays for which some of them stand.

    Parameters
    ----------
    text : str
    source : str
        Name of the file, for the error message.
    folder : Path or None
        Where the files of long arrays are.

    Returns
    -------
    tables : dict
    problems : list of Problem
        Of arrays that could not be read; their tables are left as they are.

    Raises
    ------
    ProtocolError
        If the text is not TOML.
    """
    try:
        tables = toml_tables(text)
    except ValueError as error:
        raise ProtocolError(str(error), source) from None
    problems: list[Problem] = []
    return _with_arrays(tables, "", folder, problems), problems


def _with_arrays(value: dict[str, Any], path: str, folder: Path | None, problems: list[Problem]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for key, one in value.items():
        below = f"{path}.{printable(key)}" if path else printable(key)
        read[key] = one
        if is_stored(one):
            try:
                read[key] = read_array(one, folder)
            except ValueError as error:
                problems.append(Problem(below, str(error)))
        elif isinstance(one, dict):
            read[key] = _with_arrays(one, below, folder, problems)
    return read


def write_toml(tables: Mapping[str, Any], *, beside: Path | None = None) -> str:
    """Return the TOML text of tables: single values first, then a table for each mapping.

    Parameters
    ----------
    tables : mapping
        Text, numbers, lists, arrays and mappings of these. Arrays are stored, lists are spelt out.
    beside : Path or None
        File of the protocol, beside which arrays are written; None keeps them in the text.
    """
    import tomlkit

    document = tomlkit.document()
    for key, value in sorted(tables.items(), key=lambda item: isinstance(item[1], Mapping)):
        document[key] = _table(value, key, beside) if isinstance(value, Mapping) else value
    return tomlkit.dumps(document)


def _table(values: Mapping[str, Any], path: str, beside: Path | None) -> Table:
    import tomlkit

    table = tomlkit.table()
    for key, value in values.items():
        table[key] = _stored(value, f"{path}.{key}", beside) if isinstance(value, np.ndarray) else value
    return table


def _stored(array: np.ndarray[Any, Any], path: str, beside: Path | None) -> InlineTable:
    import tomlkit

    stored = tomlkit.inline_table()
    for key, value in (array_in_text(array) if beside is None else array_beside(array, beside, path)).items():
        # A literal string is read in one piece; the others character by character (20 MB: 0.15 s and 1.4 s).
        stored[key] = tomlkit.string(value, literal=key == DATA_KEY)
    return stored
