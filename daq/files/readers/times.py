"""Times of a record: seconds, clocks, dates, epochs and days of spreadsheets, as seconds from one zero."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from daq.files.readers.cells import CellError
from protocols.texts import shortened

if TYPE_CHECKING:
    from collections.abc import Callable

CLOCK, DATE, EPOCH, EXCEL = "clock", "date", "epoch", "excel"
DAY_S = 86400.0
"""A day (s)."""
# Longest cell that is quoted in a message (characters).
_QUOTED = 40
_SECONDS = r"\d{1,2}(?:[.,]\d{1,18}|:\d{3})?"
_CLOCK = re.compile(
    rf"(?P<sign>-?)(?:(?P<days>\d+)\s*(?:d(?:ays?)?[\s:,]*|[.\s]\s*(?=\d+:)))?(?P<hours>\d+):(?P<minutes>\d{{1,2}}):(?P<seconds>{_SECONDS})",
    re.IGNORECASE | re.ASCII,
)
_TWO_PARTS = re.compile(r"(?P<first>\d+):(?P<second>\d{1,2}(?:[.,]\d{1,18})?)", re.ASCII)
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan", "feb", "mar|mär|mrz", "apr", "may|mai", "jun", "jul", "aug", "sep", "oct|okt", "nov", "dec|dez"),
        start=1,
    )
    for name in names.split("|")
}
_DATE = re.compile(
    r"(?:(?P<iso>\d{4}[-/.]\d{1,2}[-/.]\d{1,2})|(?P<local>\d{1,2}(?P<mark>[-/.])\d{1,2}(?P=mark)\d{4}|\d{1,2}(?P<short>[./])\d{1,2}(?P=short)\d{2})"
    r"|(?P<named>\d{1,2}[-\s.]+[A-Za-zä]{3,9}\.?[-\s.]+\d{4}))"
    rf"(?:[T\s,]+(?P<hours>\d{{1,2}}):(?P<minutes>\d{{2}})(?::(?P<seconds>{_SECONDS}))?\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
# Zeros of a count of nanoseconds since 1970, with some more: beyond, it is damaged, and would take memory for each.
_MOST_ZEROS = 40
# Seconds since 1970 of times in this century up to 2103, and the powers of a thousand of finer ones.
_EPOCH_FROM, _EPOCH_TO = 946_684_800, 4_200_000_000
_FINER = {"s": 0, "ms": 3, "us": 6, "ns": 9}
# Days since 1899-12-30 of spreadsheets, from 1982 to 2091.
_EXCEL_FROM, _EXCEL_TO = 30_000.0, 70_000.0


@dataclass
class TimeReader:
    """Turns cells of a time column into seconds, in the order of the file.

    Times of day and since 1970 count from the whole second at or before the first sample, so that no digit is lost.

    Attributes
    ----------
    kind : str
        `CLOCK`, `DATE`, `EPOCH` or `EXCEL`.
    finer : int
        Powers of ten by which an epoch is finer than seconds.
    order : str
        ``dmy`` or ``mdy`` for dates that may be either.
    two_parts : str
        ``m:s`` or ``h:m`` for clocks of two parts.
    number : callable
        Reads a number in the way of the table.
    start : str
        Date and time from which seconds count, once the first cell was read; empty for clocks.
    """

    kind: str
    finer: int = 0
    order: str = ""
    two_parts: str = ""
    number: Callable[[str], float] = float
    start: str = ""
    _zero: Decimal | int | None = None
    _has_hours: bool = False
    _day: dict[str, int] = field(default_factory=dict)

    def seconds(self, cell: str) -> float:
        """Return the time of a cell (s).

        Raises
        ------
        CellError
            If it holds no time of this kind.
        """
        if self.kind == CLOCK:
            return self._clock(cell)
        if self.kind == DATE:
            return self._date(cell)
        return self._count(cell)

    def _clock(self, cell: str) -> float:
        match = _CLOCK.fullmatch(cell)
        if match is not None:
            seconds = 3600 * int(match["hours"]) + 60 * int(match["minutes"]) + _seconds(match["seconds"])
            seconds += DAY_S * int(match["days"] or 0)
            self._has_hours = True
            return -seconds if match["sign"] else seconds
        match = None if self._has_hours else _TWO_PARTS.fullmatch(cell)  # 59:59.9 may come before 1:00:00.0
        if match is None:
            raise CellError(f"expected a time such as 01:23:45.6, found {shortened(cell, _QUOTED)!r}")
        first, second = int(match["first"]), float(match["second"].replace(",", "."))
        if self.two_parts == "h:m":
            return 3600.0 * first + 60.0 * second
        if self.two_parts == "m:s" or not second.is_integer() or "." in match["second"]:
            return 60.0 * first + second
        raise CellError(f"{cell!r} may be hours and minutes or minutes and seconds: say which (--time-unit h:m or m:s)")

    def _date(self, cell: str) -> float:
        match = _DATE.fullmatch(cell)
        if match is None:
            raise CellError(f"expected a date and a time, found {shortened(cell, _QUOTED)!r}")
        text = match["iso"] or match["local"] or match["named"]
        day = self._day.get(text)
        if day is None:
            day = self._day[text] = _day_of(text, match, self.order)
        hours = int(match["hours"] or 0)
        if match["half"]:
            hours = hours % 12 + 12 * (match["half"][0] in "pP")
        whole = DAY_S * day + 3600 * hours + 60 * int(match["minutes"] or 0) - _zone_s(match["zone"])
        seconds = _seconds(match["seconds"] or "0")
        if self._zero is None:
            self._zero = int(whole) + math.floor(seconds)
            self.start = dt.datetime.fromordinal(day).date().isoformat() if day > 0 else ""
            self.start += f" {hours:02d}:{int(match['minutes'] or 0):02d}:{math.floor(seconds):02d}"
        return whole - int(self._zero) + seconds

    def _count(self, cell: str) -> float:
        """Return seconds of a count of seconds or days, whose many digits a float would not hold."""
        if "_" in cell or not cell.isascii():  # which Decimal takes for nothing, or for digits
            raise CellError(f"expected a number, found {shortened(cell, _QUOTED)!r}")
        try:
            value = Decimal(cell if self.number is float else repr(self.number(cell)) if "," in cell else cell)
        except InvalidOperation:
            raise CellError(f"expected a number, found {shortened(cell, _QUOTED)!r}") from None
        if not value.is_finite() or abs(value.adjusted()) > _MOST_ZEROS:
            raise CellError(f"expected a number, found {shortened(cell, _QUOTED)!r}")
        if self.kind == EPOCH and not _EPOCH_FROM <= value.scaleb(-self.finer) <= _EPOCH_TO:
            raise CellError(f"expected a time since 1970 as in other rows, found {shortened(cell, _QUOTED)!r}")
        seconds = value * 86400 if self.kind == EXCEL else value.scaleb(-self.finer)
        if self._zero is None:
            self._zero = seconds.to_integral_value(rounding="ROUND_FLOOR")
            since = (
                dt.datetime(1899, 12, 30, tzinfo=dt.UTC)
                if self.kind == EXCEL
                else dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
            )
            self.start = (since + dt.timedelta(seconds=int(self._zero))).isoformat(sep=" ", timespec="seconds")
        return float(seconds - self._zero)


def _seconds(text: str) -> float:
    whole, _, fraction = re.sub(r"[,:]", ".", text).partition(".")
    return float(f"{whole}.{fraction or 0}")


def _zone_s(zone: str | None) -> float:
    if not zone or zone in {"Z", "UTC", "GMT"}:
        return 0.0
    digits = zone[1:].replace(":", "")
    return (3600.0 * int(digits[:2]) + 60.0 * int(digits[2:])) * (-1 if zone[0] == "-" else 1)


def _day_of(text: str, match: re.Match[str], order: str) -> int:
    parts = [one for one in re.split(r"[-/.\s]+", text) if one]
    if match["iso"]:
        year, month, day = (int(one) for one in parts)
    elif match["named"]:
        day, year = int(parts[0]), int(parts[2])
        month = _MONTHS.get(parts[1][:3].casefold(), 0)
    else:
        first, second, year = (int(one) for one in parts)
        year += 2000 if year < 100 else 0
        day, month = (second, first) if order == "mdy" else (first, second)
    try:
        return dt.date(year, month, day).toordinal()
    except ValueError:
        raise CellError(f"{text!r} is no date; --time-unit dmy or mdy says whether days or months come first") from None


def looks_like_time(cell: str) -> bool:
    """Whether a cell may be a clock or a date."""
    if ":" not in cell and not re.match(r"\d{1,4}[-/.]\d{1,2}[-/.]\d", cell):
        return False
    return any(pattern.fullmatch(cell) for pattern in (_CLOCK, _TWO_PARTS, _DATE))


def kind_of(cells: list[str]) -> str | None:
    """Return `CLOCK` or `DATE` if most cells are one, None if they are numbers or no times."""
    written = [cell for cell in cells if cell]
    for kind, patterns in ((CLOCK, (_CLOCK, _TWO_PARTS)), (DATE, (_DATE,))):
        if sum(any(one.fullmatch(cell) for one in patterns) for cell in written) > 0.5 * len(written):
            return kind
    return None


def date_order_of(cells: list[str]) -> str:
    """Return ``dmy`` or ``mdy`` as some dates prove it, or as points do; empty if they may be either."""
    for cell in cells:
        match = _DATE.fullmatch(cell)
        if match is None or not match["local"]:
            continue
        if match["half"]:
            return "mdy"
        first, second = (int(one) for one in re.split(r"[-/.]", match["local"])[:2])
        if "." in match["local"] or first > 12:
            return "dmy"
        if second > 12:
            return "mdy"
    return ""


def is_local_date(cell: str) -> bool:
    """Whether a cell is a date whose day and month may be confused."""
    match = _DATE.fullmatch(cell)
    return match is not None and match["local"] is not None


def epoch_power(value: float) -> int | None:
    """Return the power of ten by which a count since 1970 is finer than seconds; None if a value is no such count."""
    for power in _FINER.values():
        if _EPOCH_FROM <= value / 10**power <= _EPOCH_TO:
            return power
    return None


def may_be_excel_days(values: list[float]) -> bool:
    """Whether numbers may be days of a spreadsheet: dates of our time, and less than a day apart."""
    return (
        len(values) > 1
        and all(_EXCEL_FROM < one < _EXCEL_TO for one in values)
        and values[-1] - values[0] < len(values)
    )
