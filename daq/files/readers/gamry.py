"""Reader of Gamry .DTA: its table, and what its header says of control, levels and electrode.

A header line is a tag, a kind, a value, and what it is called: ``VSTEP1  POTEN  5.0E-1  F  Step 1 Voltage (V)``. The
layout is that of files which other libraries publish with their tests.
"""

from __future__ import annotations

import re

from daq.files.readers.headed import HeadedReader


def _line(tag: str) -> re.Pattern[str]:
    return re.compile(rf"^{tag}\t\w+\t([^\t\r\n]+)", re.MULTILINE)


GAMRY = HeadedReader(
    re.compile(r"\A\ufeff?(?:EXPLAIN\s|[^\n]*\r?\nTAG\t)"),
    (
        ("technique", re.compile(r"^TAG\t([^\t\r\n]+)", re.MULTILINE)),
        ("started", _line("DATE")),
        ("electrode area (cm²)", _line("AREA")),
        ("potential before the step (V)", _line("VPRESTEP")),
        ("time before the step (s)", _line("TPRESTEP")),
        ("potential of step 1 (V)", _line("VSTEP1")),
        ("time of step 1 (s)", _line("TSTEP1")),
        ("potential of step 2 (V)", _line("VSTEP2")),
        ("time of step 2 (s)", _line("TSTEP2")),
        ("current of step 1 (A)", _line("ISTEP1")),
        ("current of step 2 (A)", _line("ISTEP2")),
        ("open circuit (V)", _line("EOC")),
        ("convention of the current", _line("CONVENTION")),
    ),
)
"""Reader of .DTA files."""
