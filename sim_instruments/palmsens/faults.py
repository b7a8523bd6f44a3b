"""Errors that a script can have, and how they are reported (manual, appendix A)."""

from __future__ import annotations

import enum


class Code(enum.IntEnum):
    """Error numbers of appendix A, as far as this instrument can come to them."""

    UNSPECIFIED = 0x0001
    UNKNOWN_COMMAND = 0x0003
    UNKNOWN_REGISTER = 0x0004
    READ_ONLY_REGISTER = 0x0005
    WRONG_MODE = 0x0006
    UNEXPECTED_VALUE = 0x0007
    LINE_TOO_LONG = 0x0008
    OUT_OF_VARIABLE_MEMORY = 0x000B
    NO_SCRIPT = 0x000C
    INVALID_POTENTIAL = 0x000F
    NOT_A_NUMBER = 0x0010
    OCP_WITH_CELL_ON = 0x0014
    NOT_SUPPORTED = 0x001B
    STEP_TOO_SMALL = 0x001C
    PULSE_TOO_SMALL = 0x001D
    UNKNOWN_PGSTAT_MODE = 0x0021
    UNKNOWN_PAD_MODE = 0x0025
    DIVISION_BY_ZERO = 0x0028
    NO_SUCH_CHANNEL = 0x002F
    CRITICAL_OVERLOAD = 0x0032
    WRITE_ONLY_REGISTER = 0x0043
    ARGUMENT_TOO_SHORT = 0x004B
    FAST_TIMING = 0x0058
    CANNOT_MEET_TIMING = 0x005A
    NOT_HEXADECIMAL = 0x006D
    UNKNOWN_SCRIPT_COMMAND = 0x4001
    UNEXPECTED_CHARACTER = 0x4004
    SCRIPT_TOO_LARGE = 0x4005
    INVALID_OPTION = 0x4008
    NESTED_MEASUREMENT = 0x400B
    WRONG_SITUATION = 0x400C
    TOO_DEEP = 0x400D
    WRONG_SCOPE = 0x400E
    INDEX_OUT_OF_BOUNDS = 0x400F
    ENDED_UNEXPECTEDLY = 0x4018
    WRONG_PACKAGE = 0x401B
    PACKAGE_TOO_LONG = 0x401C
    ALREADY_DECLARED = 0x4026
    NEEDS_CELL_ON = 0x4027
    NO_STEPS = 0x4029
    INVALID_NAME = 0x402B
    NAME_TOO_LONG = 0x402C
    POTENTIAL_IN_LOOP = 0x4032
    NOT_POSITIVE = 0x4204
    OUT_OF_BOUNDS = 0x4205
    WRONG_NUMBER_TYPE = 0x4207
    UNKNOWN_VARIABLE_TYPE = 0x4209
    TOO_MANY_ARGUMENTS = 0x420A
    UNDECLARED = 0x420B
    LITERAL_NOT_ALLOWED = 0x420D
    ARRAY_NOT_ALLOWED = 0x420E
    ARRAY_TOO_SMALL = 0x420F
    OPEN_BRACE = 0x4210
    NOT_SIMULATED = 0x7FFF  # no code of the instrument: it has the command, this simulation has not


NOT_SIMULATED = ": not simulated"
"""What follows a line and column after that code: an instrument would have gone on."""


class ScriptFault(Exception):  # noqa: N818 - the instrument's fault, not an error of ours
    """Something in a script is wrong.

    Parameters
    ----------
    code : Code
    column : int
        Where in the line the parser stood, from 1; 0 if it came up in the run.
    """

    def __init__(self, code: Code, column: int = 0) -> None:
        self.code = code
        self.column = column
        super().__init__(f"{code.name} ({code:04X})")
