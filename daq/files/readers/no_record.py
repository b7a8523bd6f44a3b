"""Tables that look like a record and are none: impedance spectra with the time of each point."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from daq.files.readers.cells import looks_numeric
from daq.files.readers.record import QUANTITIES, RecordError

if TYPE_CHECKING:
    from daq.files.readers.record import ReadOptions
    from daq.files.readers.tables import Table

_FREQUENCY = re.compile(r"f|freq(?:uency|uenz)?", re.IGNORECASE)
_IMPEDANCE = re.compile(r"-?re ?\(z\)|-?z(?:re|real|mod|'|’|′)|\|z\||z", re.IGNORECASE)
# Share of the rows at a frequency from which a table is a spectrum: a record may have spectra between its samples.
_MOST = 0.9


def require_record(table: Table, name: str, options: ReadOptions) -> None:
    """Raise `RecordError` if a table is an impedance spectrum.

    Owners who name all columns know what they want of it.
    """
    if not QUANTITIES.keys() - options.columns.keys():
        return
    if _is_spectrum(table):
        raise RecordError(
            f"{name} is an impedance spectrum (line {table.heading_line}): `ionecho fit` reads it as it is. If its "
            "times, voltages and currents are meant, name them (--time --voltage --current)"
        )


def _is_spectrum(table: Table) -> bool:
    names = [one.name.strip(" -_") for one in table.headings[: table.width]]
    frequencies = [k for k, name in enumerate(names) if _FREQUENCY.fullmatch(name)]
    if not frequencies or not any(
        _IMPEDANCE.fullmatch(name) or _IMPEDANCE.match(heading.text)
        for name, heading in zip(names, table.headings, strict=False)
        if len(name) < 12
    ):
        return False
    cells = [cell for cell in table.column(frequencies[0]) if looks_numeric(cell)]
    return sum(bool(cell.strip("0.,eE+- ")) for cell in cells) > _MOST * max(len(table.rows), 1)
