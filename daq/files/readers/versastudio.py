"""Reader of VersaStudio .par: its segments, and what the actions above them say of control and levels.

A file is sections in the manner of XML, with ``name=value`` lines; the headings of the table stand behind
``Definition=``.
"""

from __future__ import annotations

import re

from daq.files.readers.headed import HeadedReader


def _line(name: str) -> re.Pattern[str]:
    return re.compile(rf"<Action[1-9]\d*>(?:(?!</Action).)*?^{re.escape(name)}=([^\r\n]+)$", re.MULTILINE | re.DOTALL)


VERSA_STUDIO = HeadedReader(
    re.compile(r"\A\ufeff?<Application>\s*\n(?:[^<\n]*\n)*?Name=VersaStudio"),
    (
        ("technique", _line("Name")),
        ("started", re.compile(r"^DateAcquired=([^\r\n]+)", re.MULTILINE)),
        *((name, _line(f"{name},Value")) for name in ("Initial Potential (V)", "Potential (V)", "Final Potential (V)")),
        *((name, _line(f"{name},Value")) for name in ("Initial Current (A)", "Current (A)")),
        ("against", _line("Potential (V),Versus")),
        ("open circuit", re.compile(r"^Measured Open Circuit=([^\r\n]+)", re.MULTILINE)),
    ),
)
"""Reader of .par files."""
