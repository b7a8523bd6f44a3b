"""Line ends, greeting and serial settings of an instrument."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Dialect:
    """How lines end on an instrument's link, and what makes it say who it is.

    Attributes
    ----------
    greeting : str
        What is sent when a link is opened; the answer must name the instrument.
    write_end, read_end : str
        Line ends.
    baud : int
        On serial lines.
    software_flow : bool
        XON/XOFF on serial lines.
    data_bits : int
        On serial lines.
    odd_parity : bool
        On serial lines; else there is none.
    refusal : str
        Regular expression of an answer by which the instrument refuses the greeting for the moment; empty if it never
        does.
    """

    greeting: str = "*IDN?"
    write_end: str = "\n"
    read_end: str = "\n"
    baud: int = 9600
    software_flow: bool = False
    data_bits: int = 8
    odd_parity: bool = False
    refusal: str = ""

    def is_refusal(self, answer: str) -> bool:
        """Whether an answer to the greeting refuses it for the moment."""
        return bool(self.refusal) and re.match(self.refusal, answer) is not None
