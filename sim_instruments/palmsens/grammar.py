"""Grammar of script lines (manual, chapters 3, 9, 11 and 14).

A fault's column is where the parser stood: at the character it did not expect, else behind the word that it could not
use. So the unknown command ``invalid_command`` in the first line is told as "Line 1, Col 16" (SDK).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sim_instruments.palmsens.commands import (
    NOT_SIMULATED,
    OLDER_SIGNATURES,
    OPTIONS,
    OPTIONS_NOT_SIMULATED,
    SIGNATURES,
)
from sim_instruments.palmsens.faults import Code, ScriptFault
from sim_instruments.palmsens.values import TYPES, literal

_COMPARISONS = ("==", "!=", "<=", ">=", "<", ">", "&", "|")  # the last two of bits (examples 004 and 005)
_NAME = re.compile(r"[a-z][a-z0-9_]*$")
_LONGEST_NAME = 32  # assumed
_DEEPEST = 16  # assumed
# Characters of a script line.
LONGEST_LINE = 255
_WORD = re.compile(r'f?"[^"]*"|[a-z_]+\([^)]*\)|[^\s"]\S*')


@dataclass(frozen=True)
class Literal:
    """A number that stands in the script."""

    number: float | int


@dataclass(frozen=True)
class Variable:
    """A variable, or an element of an array.

    Attributes
    ----------
    name : str
    index : Literal, Variable or None
    """

    name: str
    index: Literal | Variable | None = None


Argument = Literal | Variable | str


@dataclass
class Statement:
    """A command with its arguments.

    Attributes
    ----------
    command : str
    arguments : tuple
    options : dict
        Arguments of optional arguments, such as ``nscans(3)``, by name.
    line : int
        In the script, from 1.
    target : int
        Where a jump goes: behind the block, or to its head from its end.
    """

    command: str
    arguments: tuple[Argument, ...]
    options: dict[str, tuple[Argument, ...]]
    line: int
    target: int = -1

    def option(self, name: str, default: int) -> int:
        """Return the whole number of an optional argument, or what holds without it."""
        found = self.options.get(name, ())
        return int(found[0].number) if found and isinstance(found[0], Literal) else default


@dataclass
class Program:
    """A script that was found right.

    Attributes
    ----------
    statements : list of Statement
    finish : int or None
        Index of the statement after ``on_finished:``.
    """

    statements: list[Statement] = field(default_factory=list)
    finish: int | None = None


class Parser:
    """Takes a script line by line, as the instrument does while it is loaded.

    Parameters
    ----------
    script_bytes : int
        Size of the script memory.
    lacks : frozenset of str
        Commands that the instrument has not.
    """

    def __init__(self, script_bytes: int, lacks: frozenset[str] = frozenset()) -> None:
        self.program = Program()
        self.line = 0
        self._free = script_bytes
        self._lacks = lacks
        self._variables: set[str] = set()
        self._arrays: set[str] = set()
        self._open: list[int] = []  # statements whose block is not closed yet
        self._last = 1

    def feed(self, text: str) -> None:
        """Take one line, without its end.

        Raises
        ------
        ScriptFault
            If it is wrong.
        """
        self.line += 1
        self._free -= len(text) + 1
        self._last = len(text) + 1
        if len(text) > LONGEST_LINE:
            raise ScriptFault(Code.LINE_TOO_LONG, LONGEST_LINE + 1)
        if self._free < 0:
            raise ScriptFault(Code.SCRIPT_TOO_LARGE, self._last)
        words = [(match.group(), match.start() + 1) for match in _WORD.finditer(_uncommented(text))]
        if not words:
            return
        (command, column), *arguments = words
        behind = column + len(command)
        if command in self._lacks:
            raise ScriptFault(Code.NOT_SUPPORTED, behind)
        if command in NOT_SIMULATED:
            raise ScriptFault(Code.NOT_SIMULATED, behind)
        if command not in SIGNATURES:
            raise ScriptFault(Code.UNKNOWN_SCRIPT_COMMAND, behind)
        statement = self._statement(command, arguments)
        self._place(statement, behind)

    def close(self) -> Program:
        """Return the program after its last line.

        Raises
        ------
        ScriptFault
            If a block is still open.
        """
        if self._open:
            raise ScriptFault(Code.ENDED_UNEXPECTEDLY, self._last)
        return self.program

    # -- arguments ----------------------------------------------------------------------------------------------------

    def _statement(self, command: str, words: list[tuple[str, int]]) -> Statement:
        signature = SIGNATURES[command]
        older = OLDER_SIGNATURES.get(command, "")
        if older and len(words) == len(older):
            signature = older
        parsed: list[Argument] = []
        for kind in signature:
            if not words:
                raise ScriptFault(Code.UNEXPECTED_CHARACTER, self._last)
            word, column = words.pop(0)
            parsed.append(self._argument(kind, word, column))
        options = dict(self._option(command, word, column) for word, column in words)
        return Statement(command, tuple(parsed), options, self.line)

    def _argument(self, kind: str, word: str, column: int) -> Argument:
        if kind in "vio":
            return self._operand(kind, word, column)
        behind = column + len(word)
        if kind == "N":
            return self._declared(word, behind)
        if kind == "s":
            return self._text(word, column)
        known, code, at = {
            "t": (TYPES, Code.UNKNOWN_VARIABLE_TYPE, behind),
            "a": (self._arrays, Code.UNDECLARED, behind),
            "c": (_COMPARISONS, Code.UNEXPECTED_CHARACTER, column),
        }[kind]
        if word not in known:
            raise ScriptFault(code, at)
        return word

    def _operand(self, kind: str, word: str, column: int) -> Argument:
        if _NAME.match(word.partition("[")[0]):
            if kind == "i":
                raise ScriptFault(Code.UNEXPECTED_CHARACTER, column)
            return self._variable(word, column)
        if kind == "o":
            raise ScriptFault(Code.LITERAL_NOT_ALLOWED, column + len(word))
        return Literal(literal(word, column))

    def _declared(self, word: str, behind: int) -> str:
        if not _NAME.match(word):
            raise ScriptFault(Code.INVALID_NAME, behind)
        if len(word) > _LONGEST_NAME:
            raise ScriptFault(Code.NAME_TOO_LONG, behind)
        if word in self._variables or word in self._arrays:
            raise ScriptFault(Code.ALREADY_DECLARED, behind)
        return word

    def _variable(self, word: str, column: int) -> Variable:
        behind = column + len(word)
        name, bracket, rest = word.partition("[")
        if not bracket:
            if name in self._arrays:
                raise ScriptFault(Code.ARRAY_NOT_ALLOWED, behind)
            if name not in self._variables:
                raise ScriptFault(Code.UNDECLARED, behind)
            return Variable(name)
        if name not in self._arrays:
            raise ScriptFault(Code.UNDECLARED, column + len(name))
        if not rest.endswith("]"):
            raise ScriptFault(Code.UNEXPECTED_CHARACTER, behind)
        index = self._argument("v", rest[:-1], column + len(name) + 1)
        if isinstance(index, str):
            raise ScriptFault(Code.UNEXPECTED_CHARACTER, behind)
        if isinstance(index, Literal) and not isinstance(index.number, int):
            raise ScriptFault(Code.WRONG_NUMBER_TYPE, behind)
        return Variable(name, index)

    def _text(self, word: str, column: int) -> str:
        if not word.startswith(('"', 'f"')):
            raise ScriptFault(Code.UNEXPECTED_CHARACTER, column)
        if word.startswith("f"):
            for piece in word[2:-1].split("{")[1:]:
                name, brace, _ = piece.partition("}")
                if not brace:
                    raise ScriptFault(Code.OPEN_BRACE, column + len(word))
                self._variable(name, column + word.index("{" + name))
        return word

    def _option(self, command: str, word: str, column: int) -> tuple[str, tuple[Argument, ...]]:
        name, bracket, rest = word.partition("(")
        if not bracket:
            raise ScriptFault(Code.TOO_MANY_ARGUMENTS, column + len(word))
        if name in OPTIONS_NOT_SIMULATED:
            raise ScriptFault(Code.NOT_SIMULATED, column + len(name))
        if name not in (known := OPTIONS.get(command, {})):
            raise ScriptFault(Code.INVALID_OPTION, column + len(name))
        if not rest.endswith(")"):
            raise ScriptFault(Code.UNEXPECTED_CHARACTER, column + len(word))
        start = column + len(name) + 1
        words = [(match.group(), start + match.start()) for match in re.finditer(r"\S+", rest[:-1])]
        if len(words) != len(known[name]):
            raise ScriptFault(Code.UNEXPECTED_CHARACTER, column + len(word))
        parsed = [self._argument(kind, *one) for kind, one in zip(known[name], words, strict=True)]
        return name, tuple(parsed)

    # -- blocks -------------------------------------------------------------------------------------------------------

    def _place(self, statement: Statement, behind: int) -> None:
        """Append a statement, and tell the jumps of its block where they go."""
        here = len(self.program.statements)
        command = statement.command
        if command == "on_finished:":
            if self._open or self.program.finish is not None:
                raise ScriptFault(Code.WRONG_SCOPE, behind)
            self.program.finish = here
        elif command in {"var", "array"}:
            (self._variables if command == "var" else self._arrays).add(str(statement.arguments[0]))
        elif command in {"endif", "else", "elseif"}:
            self._end_branch(command, here, behind)
        elif command == "endloop":
            self._end_loop(statement, here, behind)
        elif command == "breakloop":
            loops = [at for at in self._open if _is_loop(self.program.statements[at].command)]
            if not loops:
                raise ScriptFault(Code.WRONG_SITUATION, behind)
        if command in {"loop", "if"} or command.startswith("meas_loop_"):
            self._open_block(command, here, behind)
        self.program.statements.append(statement)

    def _open_block(self, command: str, here: int, behind: int) -> None:
        opened = [self.program.statements[at].command for at in self._open]
        if command.startswith("meas_loop_") and any(outer.startswith("meas_loop_") for outer in opened):
            raise ScriptFault(Code.NESTED_MEASUREMENT, behind)
        if len(self._open) >= _DEEPEST:
            raise ScriptFault(Code.TOO_DEEP, behind)
        self._open.append(here)

    def _end_branch(self, command: str, here: int, behind: int) -> None:
        head = self.program.statements[self._open[-1]] if self._open else None
        if head is None or head.command not in {"if", "elseif", "else"}:
            raise ScriptFault(Code.WRONG_SCOPE, behind)
        if head.command == "else" and command != "endif":
            raise ScriptFault(Code.WRONG_SCOPE, behind)
        head.target = here
        self._open.pop()
        if command != "endif":
            self._open.append(here)

    def _end_loop(self, statement: Statement, here: int, behind: int) -> None:
        if not self._open or not _is_loop(self.program.statements[self._open[-1]].command):
            raise ScriptFault(Code.WRONG_SCOPE, behind)
        head = self._open.pop()
        statement.target = head
        self.program.statements[head].target = here + 1


def _is_loop(command: str) -> bool:
    return command == "loop" or command.startswith("meas_loop_")


def _uncommented(text: str) -> str:
    """Return a line without its comment; ``#`` within quotes is text."""
    quoted = False
    for at, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif character == "#" and not quoted:
            return text[:at]
    return text
