"""Tables of samples as text with commas, and a description of their columns beside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from daq.files.durable import write_small_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from daq.export.table import SampleTable

DESCRIPTION = "-metadata.json"
"""Behind the name of a text: where a reader of CSV on the Web looks for its description
(https://www.w3.org/TR/tabular-data-model/#locating-metadata)."""
_DATATYPES = {"f8": "double", "u1": "unsignedByte", "u4": "unsignedInt"}
"""Names of XML Schema, which CSV on the Web has."""


def write_text(table: SampleTable, path: Path) -> None:
    """Write a table; numbers as short as they are exact, and an empty cell where there is none."""
    row = ",".join(["%s"] * len(table.columns)) + "\n"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(column.name for column in table.columns) + "\n")
        for piece in table.pieces():
            text = "".join(map(row.__mod__, zip(*map(_numbers, piece), strict=True)))
            file.write(text.replace("nan", ""))


def _numbers(column: NDArray[Any]) -> list[Any]:
    """Return a column as Python's own numbers, whose text is the shortest that is exact."""
    numbers: list[Any] = column.tolist()
    return numbers


def describe_text(table: SampleTable, path: Path, facts: Mapping[str, str]) -> Path:
    """Write the description of a text by CSV on the Web (https://www.w3.org/TR/tabular-metadata/) beside it."""
    columns: list[dict[str, Any]] = [
        {
            "titles": column.name,
            "dc:description": column.about,
            "datatype": _DATATYPES[column.dtype],
            **({"schema:unitText": column.unit} if column.unit else {}),
        }
        for column in table.columns
    ]
    document = {
        "@context": "http://www.w3.org/ns/csvw",
        "url": path.name,
        "dialect": {"lineTerminators": ["\n"]},
        "tableSchema": {"columns": columns},
        "notes": [dict(facts)],
    }
    beside = path.with_name(path.name + DESCRIPTION)
    write_small_file(beside, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    return beside
