"""Read-back of an output."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class OutputReadback:
    """The answer to "is the output off?".

    Attributes
    ----------
    off : bool
        Read back from the instrument, not assumed.
    answer : str
        What it said.
    """

    off: bool
    answer: str = field(default="")
