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
        elif isinstance(one, list) and one and isinstance(one[0], dict):
            read[key] = [
                _with_arrays(entry, f"{below}[{k}]", folder, problems) if isinstance(entry, dict) else entry
                for k, entry in enumerate(one)
            ]
    return read


def with_arrays_in_text(text: str, folder: Path | None) -> str:
    """Return a TOML text with the arrays of files beside it as data within it, so that it needs no other file.

    Nothing else of the text changes.

    Parameters
    ----------
    text : str
        That `read_toml` has read without a problem.
    folder : Path or None
        Where the files are.
    """
    if not _names_files(toml_tables(text)):
        return text
    import tomlkit

    document = tomlkit.parse(text)
    _put_arrays_in(document, folder)
    return tomlkit.dumps(document)


def _names_files(value: object) -> bool:
    if isinstance(value, Mapping):
        return (is_stored(value) and "file" in value) or any(map(_names_files, value.values()))
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict) and any(map(_names_files, value))


def _put_arrays_in(value: Any, folder: Path | None) -> None:
    for key, one in list(value.items()) if isinstance(value, Mapping) else list(enumerate(value)):
        if is_stored(one) and "file" in one:
            value[key] = _stored(read_array(dict(one), folder), "", None)
        elif isinstance(one, Mapping | list):
            _put_arrays_in(one, folder)


def write_toml(tables: Mapping[str, Any], *, beside: Path | None = None) -> str:
    """Return the TOML text of tables: single values first, then a table for each mapping.

    Parameters
    ----------
    tables : mapping
        Text, numbers, lists, arrays and mappings of these; a list of mappings is a table each. Arrays are stored, lists
        are spelt out.
    beside : Path or None
        File of the protocol, beside which arrays are written; None keeps them in the text.
    """
    import tomlkit

    document = tomlkit.document()
    for key, value in sorted(tables.items(), key=lambda item: _is_table(item[1])):
        document[key] = _table(value, key, beside) if isinstance(value, Mapping) else _listed(value)
    return tomlkit.dumps(document)


def _is_table(value: object) -> bool:
    """Whether a value is written as a table, or as several of one name; they come after all single values."""
    return isinstance(value, Mapping) or (isinstance(value, list) and bool(value) and isinstance(value[0], Mapping))


def _table(values: Mapping[str, Any], path: str, beside: Path | None) -> Table:
    import tomlkit

    table = tomlkit.table()
    for key, value in values.items():
        table[key] = _stored(value, f"{path}.{key}", beside) if isinstance(value, np.ndarray) else _listed(value)
    return table


def _listed(value: Any) -> Any:
    """Return a list of single values as an array that is made at once, anything else as it is.

    tomlkit would put in one by one and number all anew each time: 0.14 s for 1500 numbers, here 0.01 s.
    """
    if not isinstance(value, list) or any(isinstance(one, Mapping | list | tuple) for one in value):
        return value
    import tomlkit
    from tomlkit.items import Array, Item, Trivia, Whitespace

    pieces: list[Item] = [piece for one in value for piece in (Whitespace(","), Whitespace(" "), tomlkit.item(one))]
    return Array(pieces[2:], Trivia())


def _stored(array: np.ndarray[Any, Any], path: str, beside: Path | None) -> InlineTable:
    import tomlkit

    stored = tomlkit.inline_table()
    for key, value in (array_in_text(array) if beside is None else array_beside(array, beside, path)).items():
        # A literal string is read in one piece; the others character by character (20 MB: 0.15 s and 1.4 s).
        stored[key] = tomlkit.string(value, literal=key == DATA_KEY)
    return stored
