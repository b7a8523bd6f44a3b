"""Signs of currents that a text keeps in a column of its own: charge or discharge."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from daq.files.readers.tables import Table

DISCHARGE_MARK = 128
"""Bit of a sample's flags, while it is being read, for a row of discharge; no flag of `drivers.Status`."""
_MODE_NAMES = re.compile(
    r"(?:md|mode|state|status|modus|zustand|(?:step|schritt)[\s_-]*(?:type|typ|name|mode|state)|betriebsart|action)",
    re.IGNORECASE,
)
_DISCHARGE = re.compile(
    r"d|dis|dch|dchg|disch\w*|entlad\w*|(?:cc|cv|cp|cr|cccv)[\s_-]*(?:d|dch|dchg|disch\w*)", re.IGNORECASE
)
_CHARGE = re.compile(
    r"c|ch|chg|charg\w*|laden|ladung|auflad\w*|(?:cc|cv|cp|cccv)[\s_-]*(?:c|chg|charg\w*)", re.IGNORECASE
)
_REST = re.compile(r"|-|r|rest\w*|ocv|pau\w*|ruhe\w*|idle|wait\w*|standby|off|p|s|o|i", re.IGNORECASE)


def mode_column(table: Table) -> int | None:
    """Return the column that says whether a row is of a charge or a discharge, None if there is none."""
    for place, heading in enumerate(table.headings[: table.width]):
        if _MODE_NAMES.fullmatch(heading.name.strip()) is None:
            continue
        labels = {cell.strip() for cell in table.column(place)}
        if any(is_discharge(one) or _CHARGE.fullmatch(one) for one in labels):
            return place
    return None


def unnamed_modes(table: Table) -> str:
    """Return the heading of a column of charges and discharges that is called otherwise; empty if there is none."""
    for place, heading in enumerate(table.headings[: table.width]):
        labels = {cell.strip() for cell in table.column(place)} - {""}
        kinds = [_DISCHARGE, _CHARGE]
        if all(any(one.fullmatch(label) for label in labels) for one in kinds) and all(map(is_known, labels)):
            return heading.text
    return ""


def is_discharge(label: str) -> bool:
    """Whether a label of a row means a discharge."""
    return _DISCHARGE.fullmatch(label.strip()) is not None


def is_known(label: str) -> bool:
    """Whether a label of a row means a charge, a discharge or a rest."""
    return any(one.fullmatch(label.strip()) for one in (_DISCHARGE, _CHARGE, _REST))
