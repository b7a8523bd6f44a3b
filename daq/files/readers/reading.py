"""Reading of a record, by the reader of its format or as any delimited text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from daq.files.readers.contract import reader_of, start_of
from daq.files.readers.control import with_control
from daq.files.readers.delimited import read_table, require_options
from daq.files.readers.record import ReadOptions, TextRecord
from daq.files.readers.text_file import TextFile

if TYPE_CHECKING:
    from pathlib import Path


def read_text(
    path: Path,
    columns: dict[str, str] | None = None,
    separator: str | None = None,
    units: dict[str, str] | None = None,
    options: ReadOptions | None = None,
) -> TextRecord:
    """Read time, voltage and current from a text of another program.

    Parameters
    ----------
    path : Path
    columns : dict, optional
        Heading or number (from 1) of the column for ``time``, ``voltage``, ``current``; found by the headings where not
        given.
    separator : str, optional
        Found where not given.
    units : dict, optional
        Unit of each quantity; taken from the heading (``Current [mA]``) where not given, else SI.
    options : ReadOptions, optional
        All that can be stated, in place of the arguments before.

    Raises
    ------
    QuestionError
        If the text can be read in several ways; it carries the candidates.
    RecordError
        If a number cannot be read (line and column are named), or times do not increase.
    """
    stated = options or ReadOptions(columns or {}, units or {}, separator)
    require_options(stated)
    reader, problems = reader_of(start_of(path))
    record = read_table(TextFile.of(path), stated) if reader is None else reader.read(path, stated)
    found = with_control(record, stated.control)
    return replace(found, notes=(*found.notes, *problems)) if problems else found
