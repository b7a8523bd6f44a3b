"""Text that comes from outside: files that people wrote, and names that are shown.

Every reader of such a file in this project takes its text from `read_text_file` and its tables from `toml_tables`, so
that a file which is no text, or no TOML, is refused in the same words everywhere. Each raises a `ValueError` with one
sentence; the reader makes its own error of it.

Every name that is shown goes through `printable` on its way to a terminal, a title or a label.
"""

from __future__ import annotations

import os
import re
import stat
import sys
import tomllib
import unicodedata
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from protocols.busy_files import when_free

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 256 * 1024 * 1024
"""Longest text that is read (bytes): a protocol of ten million edges. It takes some 2 GB of memory to parse; doubled, a
file that was named by mistake could take all that a bench computer has."""
MOST_DEPTH = 32
"""Deepest nesting of tables and lists in a file: the deepest that means anything has 4. Doubled, nothing changes."""
_BYTE_ORDER_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
# Encodings of text that is not UTF-8, in the order in which they are tried; the last one takes any byte.
_OTHER_ENCODINGS = (("cp1252", "Windows-1252"), ("latin-1", "Latin-1"))
# Categories of characters that act on a terminal or change the order of what is read: controls, formats (among them the
# overrides of direction), surrogates (bytes of a file name that are no text), separators of lines and paragraphs.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Formats that some scripts need within a word: zero-width non-joiner and joiner.
_JOINERS = "\u200c\u200d"
# What else a refusal means on Windows: a table that is open in a spreadsheet cannot be replaced.
_OR_IT_IS_OPEN = ", or another program has it open: close it there" if sys.platform == "win32" else ""


# A key of many parts with dots between: the time that tomllib takes for one grows with the square of their number, so
# that a line of a megabyte would take hours.
_DEEP_KEY = re.compile(rf"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){{{MOST_DEPTH},}}""")


def printable(text: str, keep: str = "") -> str:
    r"""Return text whose control characters are spelt out.

    An escape sequence is shown as ``\x1b[2J``, and does nothing.

    Parameters
    ----------
    text : str
    keep : str
        Control characters that stay, such as a line end in a message of ours.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(one if one in keep or not is_control(one) else _spelt_out(one) for one in text)


def is_control(character: str) -> bool:
    """Whether a character is a control, a format or half of one, rather than something to be seen."""
    return unicodedata.category(character) in _HIDDEN_CATEGORIES and character not in _JOINERS


def _spelt_out(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def shortened(text: str, most: int) -> str:
    """Return text of at most so many characters, with an ellipsis where some were left out."""
    return text if len(text) <= most else text[: most - 1] + "…"


def read_text_file(path: Path) -> str:
    """Return the text of a file that a user named: UTF-8, with or without a byte order mark.

    Raises
    ------
    ValueError
        With one sentence: why it cannot be read, or which byte of it is no text.
    """
    return utf8_text(read_file(path))


def read_file(path: Path, most: int = MOST_BYTES) -> bytes:
    """Return the content of a regular file that a user named.

    Parameters
    ----------
    path : Path
    most : int
        Longest file that is read (bytes).

    Raises
    ------
    ValueError
        With one sentence: why it cannot be read. What is no regular file is not opened: a pipe without a writer would
        keep the program waiting.
    """
    require_file(path, most)
    try:
        return when_free(path.read_bytes)
    except OSError as error:
        raise ValueError(f"the file cannot be read: {reason_of(error)}") from error
    except MemoryError as error:
        raise ValueError("the file cannot be read: there is not enough memory for it") from error


def require_file(path: Path, most: int = MOST_BYTES) -> None:
    """Raise `ValueError` with one sentence unless a path is that of a regular file that is not too long."""
    try:
        status = path.stat()
    except OSError as error:
        raise ValueError(f"the file cannot be read: {reason_of(error)}") from error
    if stat.S_ISDIR(status.st_mode):
        raise ValueError("this is a folder: name a file in it")
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("this is a device or a pipe, not a file: copy its content into a file")
    if status.st_size > most:
        raise ValueError(f"the file has {status.st_size:,} bytes; at most {most:,} are read")


def reason_of(error: OSError) -> str:
    """Return in a few words what the operating system says is wrong."""
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, PermissionError):
        return "you have no permission for that" + _OR_IT_IS_OPEN
    return error.strerror or os.strerror(error.errno or 0)


def utf8_text(data: bytes) -> str:
    """Return bytes as text.

    Raises
    ------
    ValueError
        With one sentence: the first byte that is no UTF-8, its line and column, and what to do.
    """
    for mark, name in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            raise ValueError(f"this is text in {name}: save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = error.start + (len(data) - len(error.object))  # the mark is no part of what is decoded
    begin = data.rfind(b"\n", 0, at) + 1
    line, column = data.count(b"\n", 0, at) + 1, len(data[begin:at].decode("utf-8-sig")) + 1
    byte = data[at]
    meant = bytes([byte]).decode("cp1252", "replace")
    as_1252 = "" if meant == "\N{REPLACEMENT CHARACTER}" or is_control(meant) else f" ({meant!r} in Windows-1252)"
    raise ValueError(
        f"this is no text in UTF-8: byte 0x{byte:02X}{as_1252} in line {line}, column {column}. Save the file as UTF-8"
    )


def any_text(data: bytes) -> tuple[str, str]:
    """Return the text of another program, whatever its encoding, and a note if that is not UTF-8.

    Only for tables of numbers, in which a letter that was read wrongly changes no value.
    """
    mark = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), "")
    if mark:
        return data.decode(mark, errors="replace"), f"the text was read as {mark}"
    try:
        return data.decode("utf-8-sig"), ""
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
    for encoding, name in _OTHER_ENCODINGS:
        with suppress(UnicodeDecodeError):
            shown = printable(bytes([byte]).decode(encoding))
            return data.decode(
                encoding
            ), f"the text is not in UTF-8: it was read as {name}, byte 0x{byte:02X} as {shown!r}"
    raise ValueError("this is no text")  # not reached: the last encoding takes any byte


def toml_tables(text: str) -> dict[str, Any]:
    """Return the tables of a TOML text.

    Raises
    ------
    ValueError
        With one sentence: why it is no TOML, or is none that can mean anything here.
    """
    if any(line.count(".") >= MOST_DEPTH and _DEEP_KEY.search(line) for line in text.splitlines()):
        raise ValueError(f"a key has more than {MOST_DEPTH} parts with dots between")
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"this is not TOML: {printable(str(error))}") from None
    except RecursionError:
        raise ValueError(f"brackets or braces are nested more than {MOST_DEPTH} deep") from None
    except ValueError:  # Python refuses to read whole numbers of more than 4300 digits
        raise ValueError("a number in it has too many digits to be one") from None
    if _is_deep(tables):
        raise ValueError(f"tables or lists are nested more than {MOST_DEPTH} deep")
    return tables


def _is_deep(tables: dict[str, Any]) -> bool:
    """Whether values are nested deeper than `MOST_DEPTH`; without recursion, which such values would exhaust."""
    level: list[Any] = [tables]
    for _ in range(MOST_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
