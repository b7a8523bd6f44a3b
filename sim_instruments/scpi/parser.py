"""Parser of SCPI program messages: which command a header names, and with which parameters.

IEEE 488.2 section 7 (program messages) and SCPI-99 volume 1 sections 6 and 7 (headers, parameters); nothing here knows
an instrument.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

from sim_instruments.scpi.status import ScpiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_MNEMONIC = re.compile(r"([A-Za-z][A-Za-z_]*)(\d*)$")
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:\s*[eE]\s*[+-]?\d+)?)\s*([A-Za-z/%]*)$")
_NONDECIMAL = re.compile(r"#([HQB])([0-9A-F]+)$", re.IGNORECASE)  # IEEE 488.2 section 7.7.4
# Non-decimal numeric data (IEEE 488.2, 7.7.4).
_BASES = {"H": 16, "Q": 8, "B": 2}
_CHANNEL_LIST = re.compile(r"\(\s*@\s*(\d+(?:\s*[:,]\s*\d+)*)\s*\)$")
_MARKS = re.compile(r"[\"'();,]")  # what separates parts of a message, or keeps them together
_CHARACTER_DATA = re.compile(r"[A-Za-z][A-Za-z0-9_:]*$")
# SCPI-99 volume 1, 7.1 and IEEE 488.2 table 7-1: MA is mega, M is milli, but for hertz and ohm.
_MULTIPLIERS = {"": 1.0, "G": 1e9, "MA": 1e6, "K": 1e3, "M": 1e-3, "U": 1e-6, "N": 1e-9, "P": 1e-12}
_MAX_MNEMONIC = 16  # IEEE 488.2 section 7.6.1.4.1 has 12, but Keithley's CONFIGURATION has 13; with suffix


@dataclass(frozen=True)
class Numeric:
    """A numeric parameter with limits; MIN, MAX and DEF stand for the limits and the default.

    Attributes
    ----------
    low, high, default : float
        In the SI unit.
    unit : str
        Unit suffix that is allowed (``V``, ``A``, ``S``, ``HZ``), or none.
    integer : bool
        Rounded to a whole number.
    words : tuple of (str, float)
        Character data that stand for numbers, such as INF.
    """

    low: float
    high: float
    default: float
    unit: str = ""
    integer: bool = False
    words: tuple[tuple[str, float], ...] = ()

    def __call__(self, text: str) -> float:
        """Return the value of a parameter's text."""
        if (value := self.keyword(text)) is None:
            value = self._number(text)
        if not self.low - 1e-12 * abs(self.low) <= value <= self.high + 1e-12 * abs(self.high):
            raise ScpiError(-222, text)
        return float(round(value)) if self.integer and math.isfinite(value) else value

    def keyword(self, text: str) -> float | None:
        """Return the value that MIN, MAX, DEF or one of `words` stands for, None for other text."""
        for form, value in (("MINimum", self.low), ("MAXimum", self.high), ("DEFault", self.default), *self.words):
            if text.upper() in short_and_long(form):
                return value
        return None

    def _number(self, text: str) -> float:
        if (other := _NONDECIMAL.match(text)) is not None:
            try:
                return float(int(other[2], _BASES[other[1].upper()]))
            except (ValueError, OverflowError):
                raise ScpiError(-121, text) from None
        if (match := _NUMBER.match(text)) is None:
            raise _not_a_number(text)
        value = float(match[1].replace(" ", ""))
        suffix = match[2].upper()
        if not suffix:
            return value
        if not self.unit:
            raise ScpiError(-138, text)
        if not suffix.endswith(self.unit):
            raise ScpiError(-131, text)
        prefix = suffix[: -len(self.unit)]
        if self.unit == "HZ" and prefix == "M":
            prefix = "MA"
        if prefix not in _MULTIPLIERS:
            raise ScpiError(-131, text)
        return value * _MULTIPLIERS[prefix]


def _not_a_number(text: str) -> ScpiError:
    if text[:1] in "\"'":
        return ScpiError(-104, text)
    if text[:1] == "#":
        return ScpiError(-168 if _is_block(text) else -161)
    if text[:1] == "(":
        return ScpiError(-178, text)
    return ScpiError(-224 if _CHARACTER_DATA.match(text) else -121, text)


def _is_block(text: str) -> bool:
    """Return whether a text is arbitrary block data: ``#13abc``, ``#0abc`` (IEEE 488.2 section 7.7.6)."""
    digits = int(text[1]) if text[1:2].isdecimal() else -1
    if digits <= 0:
        return digits == 0
    length = text[2 : 2 + digits]
    return len(length) == digits and length.isdecimal() and len(text) == 2 + digits + int(length)


@dataclass(frozen=True)
class Choice:
    """Character data out of a list, given as ``NORMal``-like forms; the value is the short form."""

    forms: tuple[str, ...]

    def __call__(self, text: str) -> str:
        """Return the short form of a parameter's text."""
        if text[:1] in "\"'":
            raise ScpiError(-104, text)
        if not _CHARACTER_DATA.match(text):
            raise ScpiError(-141, text)
        for form in self.forms:
            if text.upper() in short_and_long(form):
                return short_and_long(form)[0]
        raise ScpiError(-224, text)


@dataclass(frozen=True)
class QuotedChoice:
    """A string out of a list, in quotes, such as ``"CURRent"``; the value is the short form."""

    forms: tuple[str, ...]

    def __call__(self, text: str) -> str:
        """Return the short form of a parameter's text."""
        content = string(text).upper()
        for form in self.forms:
            if content in short_and_long(form):
                return short_and_long(form)[0]
        raise ScpiError(-224, text)


def boolean(text: str) -> bool:
    """Return whether ON, 1, OFF or 0 was said (SCPI-99 volume 1, 7.3)."""
    if text.upper() in {"ON", "OFF"}:
        return text.upper() == "ON"
    if (match := _NUMBER.match(text)) is not None and not match[2]:
        return abs(float(match[1].replace(" ", ""))) >= 0.5  # rounded to a whole number
    raise ScpiError(-104 if text[:1] in "\"'" else -224, text)


def string(text: str) -> str:
    """Return the content of a quoted string; a doubled quote stands for one (IEEE 488.2 section 7.7.5)."""
    if text[:1] not in {'"', "'"}:
        raise ScpiError(-104, text)
    if len(text) < 2 or text[-1] != text[0]:
        raise ScpiError(-151, text)
    return text[1:-1].replace(text[0] * 2, text[0])


def words(text: str) -> str:
    """Return character data in capitals."""
    if not _CHARACTER_DATA.match(text):
        raise ScpiError(-141 if text[:1] not in "\"'" else -104, text)
    return text.upper()


@dataclass(frozen=True)
class ChannelList:
    """A channel list such as ``(@1,2)`` or ``(@1:2)``: expression data, SCPI-99 volume 1, 8.3.2.

    Attributes
    ----------
    last : int
        The instrument's highest channel; the lowest is 1.
    """

    last: int

    def __call__(self, text: str) -> tuple[int, ...]:
        """Return the channels of a parameter's text, in its order."""
        if not text.startswith("("):
            raise ScpiError(-104, text)
        if (match := _CHANNEL_LIST.match(text)) is None:
            raise ScpiError(-171, text)
        channels: list[int] = []
        for entry in match[1].split(","):
            first, _, end = entry.partition(":")
            bounds = int(first), int(end or first)
            if not all(1 <= bound <= self.last for bound in bounds):
                raise ScpiError(-222, text)
            channels += range(bounds[0], bounds[1] + 1) or range(bounds[0], bounds[1] - 1, -1)
        return tuple(channels)


@cache  # asked of each parameter of each message
def short_and_long(form: str) -> tuple[str, str]:
    """Return both spellings of a mnemonic: ``VOLTage`` gives VOLT and VOLTAGE."""
    return "".join(c for c in form if not c.islower()), form.upper()


@dataclass(frozen=True)
class Command:
    """What a header does.

    Attributes
    ----------
    act : callable
        Gets the numeric suffixes of the header, then the parameters; returns the answer of a query.
    parameters : tuple of callable
        Each makes a value of a parameter's text, or raises ScpiError; the last is repeated if `repeats`.
    required : int
        How many must be given.
    repeats : bool
        Whether the last parameter may be given many times.
    trailing_comma : bool
        Whether a comma after the last parameter counts as nothing.
    """

    act: Callable[..., Any]
    parameters: tuple[Callable[[str], Any], ...] = ()
    required: int = 0
    repeats: bool = False
    trailing_comma: bool = False

    def values(self, texts: Sequence[str]) -> list[Any]:
        """Return the parameters' values."""
        if texts and not texts[-1]:
            if not self.trailing_comma:
                raise ScpiError(-103, ", ".join(texts))
            texts = texts[:-1]
        if len(texts) < self.required:
            raise ScpiError(-109)
        if len(texts) > len(self.parameters) and not self.repeats:
            raise ScpiError(-108, texts[len(self.parameters)])
        readers = list(self.parameters) + [self.parameters[-1]] * (len(texts) - len(self.parameters)) if texts else []
        return [read(text) for read, text in zip(readers, texts, strict=False)]


@dataclass
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    suffixes: range | None = None  # of the mnemonic that leads here; None: no suffix but 1, which is not passed on
    commands: dict[bool, Command] = field(default_factory=dict)  # by "is a query"


@cache  # every instrument of a kind has the same patterns, and reading one takes ten times as long as entering it
def _paths_of(pattern: str) -> tuple[tuple[tuple[str, str, range | None], ...], ...]:
    """Return the ways that a pattern allows: short name, long name and suffixes of each of their mnemonics."""
    optional = re.findall(r"(\[:[^\[\]]*(?:\[1\])?\])|(:[^\[\]:?]+(?:\[1\])?)|(\*[A-Z]+)", pattern)
    parts = [(o[1:-1] if o else p or c, bool(o)) for o, p, c in optional]
    return tuple(
        tuple(_mnemonic_of(part) for (part, _), taken in zip(parts, chosen, strict=True) if taken)
        for chosen in product(*[(True, False) if is_optional else (True,) for _, is_optional in parts])
    )


def _mnemonic_of(part: str) -> tuple[str, str, range | None]:
    name = part.lstrip(":").removesuffix("[1]")
    suffixes = None
    if (match := re.match(r"(.+)<(\d+)-(\d+)>$", name)) is not None:
        name, suffixes = match[1], range(int(match[2]), int(match[3]) + 1)
    return *short_and_long(name), suffixes


class CommandTree:
    """All headers of an instrument."""

    def __init__(self) -> None:
        self.root = _Node()

    def add(self, pattern: str, command: Command) -> None:
        """Enter a command.

        Parameters
        ----------
        pattern : str
            As manuals print it: ``[:SENSe[1]]:CURRent[:DC]:RANGe[:UPPer]?``. Brackets are optional nodes, ``[1]`` a
            suffix that may be 1, ``USER<1-5>`` a suffix that is passed on.
        command : Command
            What it does.
        """
        query = pattern.endswith("?")
        for path in _paths_of(pattern):
            node = self.root
            for short, long, suffixes in path:
                child = node.children.get(short)
                if child is None:
                    child = node.children[short] = _Node(suffixes=suffixes)
                node.children[long] = child
                node = child
            node.commands.setdefault(query, command)

    def find(self, path: Sequence[str], *, query: bool) -> tuple[Command, list[int]]:
        """Return the command of a header and its numeric suffixes.

        Raises
        ------
        ScpiError
            -102, -112, -113 or -114.
        """
        node, passed = self.root, []
        for mnemonic in path:
            # CALCulate3 is a name of its own where manuals make it one, not a suffix.
            if mnemonic.upper() in node.children and (mnemonic.startswith("*") or mnemonic[-1:].isdigit()):
                node = node.children[mnemonic.upper()]
                continue
            if (match := _MNEMONIC.match(mnemonic)) is None:
                raise ScpiError(-113 if mnemonic.startswith("*") else -102, mnemonic)
            if len(mnemonic) > _MAX_MNEMONIC:
                raise ScpiError(-112, mnemonic)
            if (child := node.children.get(match[1].upper())) is None:
                raise ScpiError(-113, mnemonic)
            node = child
            suffix = int(match[2] or 1)
            if node.suffixes is not None:
                passed.append(suffix)
            if suffix not in (node.suffixes or (1,)):
                raise ScpiError(-114, mnemonic)
        if query not in node.commands:
            raise ScpiError(-113, ":".join(path))
        return node.commands[query], passed


@dataclass(frozen=True)
class Unit:
    """One program message unit, read but not yet looked up.

    Attributes
    ----------
    path : tuple of str
        The whole header from the root, mnemonic by mnemonic.
    query : bool
        Whether it ends with a question mark.
    parameters : tuple of str
        Their texts.
    """

    path: tuple[str, ...]
    query: bool
    parameters: tuple[str, ...]


def units(message: str) -> Iterator[Unit]:
    """Yield the units of a program message (one line, without its terminator), following the header path.

    Raises
    ------
    ScpiError
        At the unit that cannot be read; those before it have been yielded.
    """
    level: tuple[str, ...] = ()
    for text in _split(message, ";"):
        if not text.strip():
            continue  # an empty unit, as in "a;;b" or a line that ends with a semicolon
        header, rest = (*text.split(maxsplit=1), "")[:2]
        query = header.endswith("?")
        header = header.removesuffix("?")
        common = header.startswith("*")
        names = header.removeprefix(":").split(":")
        if not all(names):
            raise ScpiError(-102, text.strip())
        path = tuple(names) if common or header.startswith(":") else level + tuple(names)
        if not common:
            level = path[:-1]  # SCPI-99 volume 1, 6.2.4: the path of the last header, common commands apart
        parameters = tuple(p.strip() for p in _split(rest, ",")) if rest.strip() else ()
        if not all(parameters[:-1]) or parameters == ("",):
            raise ScpiError(-103 if len(parameters) > 1 else -102, rest.strip())
        yield Unit(path, query, parameters)


def _split(text: str, separator: str) -> Iterator[str]:
    """Yield the parts of a text between separators that are not inside quotes or an expression's parentheses."""
    start, quote = 0, ""
    for mark in _MARKS.finditer(text):
        position, character = mark.start(), mark[0]
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character == "(" and separator == ",":
            quote = ")"  # expressions cannot be nested here
        elif character == separator:
            yield text[start:position]
            start = position + 1
    if quote == ")":
        raise ScpiError(-171, text[start:].strip())
    if quote:
        raise ScpiError(-151, text[start:].strip())
    yield text[start:]
