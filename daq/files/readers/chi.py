"""Reader of CH Instruments text: its table, the settings above it, and the steps that they tell.

The header has lines such as ``High E (V) = 0.1``. A chronoamperometry has no column of the potential; its first step,
to the high or the low one (``Init P/N``), is at 0 s of the record, and the next ones a pulse width apart.
"""

from __future__ import annotations

import re

from daq.files.readers.headed import HeadedReader, number_after

# Steps that a proposal has at most: a statement of more would be longer than a line.
_MOST_STEPS = 20


def _line(name: str) -> re.Pattern[str]:
    return re.compile(rf"^\s*{re.escape(name)}\s*=\s*([^\r\n]+)$", re.MULTILINE)


def _levels(header: str) -> str:
    """Return the steps of a chronoamperometry or of a current-time curve, as ``--drive`` takes them."""
    before, width = number_after(header, "Init E (V)"), number_after(header, "Pulse Width (sec)")
    high, low = number_after(header, "High E (V)"), number_after(header, "Low E (V)")
    if before is None:
        return ""
    if width is None or high is None or low is None:
        return f"{before:g} V; {before:g} V at 0 s"
    count = number_after(header, "Step") or 1.0
    pair = (low, high) if re.search(r"^\s*Init P/N\s*=\s*N", header, re.MULTILINE) else (high, low)
    steps = (f"{pair[k % 2]:g} V at {k * width:g} s" for k in range(min(max(int(count), 1), _MOST_STEPS)))
    return "; ".join([f"{before:g} V", *steps])


CH_INSTRUMENTS = HeadedReader(
    re.compile(r"^Instrument Model:\s*CHI", re.MULTILINE),
    (
        ("technique", re.compile(r"\A[^\n]*\n\s*([^\r\n]+)")),
        ("started", re.compile(r"\A\ufeff?([^\r\n]+)")),
        *((name, _line(name)) for name in ("Init E (V)", "High E (V)", "Low E (V)", "Init P/N", "Pulse Width (sec)")),
        *((name, _line(name)) for name in ("Anodic Current (A)", "Cathodic Current (A)", "Sample Interval (s)")),
        *((name, _line(name)) for name in ("Quiet Time (sec)", "Sensitivity (A/V)")),
    ),
    _levels,
)
"""Reader of text files of the CHI600 and CHI700 series."""
