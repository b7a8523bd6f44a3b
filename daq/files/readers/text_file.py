"""Text of another program: its encoding, and its lines in pieces of bounded size."""

from __future__ import annotations

import codecs
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from daq.files.readers.record import RecordError
from protocols import printable, require_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Longest text that is read (bytes): a record of three hundred million samples.
_MOST_BYTES = 16 * 1024**3
# Characters that are taken apart at once: 30,000 lines. Doubled, an import takes 20 MB more and no less time.
_PIECE = 1024**2
# Longest line (characters): thousands of columns. A file of one line is no table.
_LONGEST_LINE = 100_000
# Bytes at the beginning that tell UTF-16 without a mark, and a file that is no text.
_HEAD = 4096
# Share of zero bytes in every second place above which a text is UTF-16: of Latin letters and digits all are.
_ZERO_SHARE = 0.7
# Share of control characters above which a file is no text.
_CONTROL_SHARE = 0.1
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", ""),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
# Files whose first bytes say what they are, and what helps.
_BINARY = (
    (b"PK\x03\x04", "this is a workbook or a ZIP archive: save the sheet as CSV, or unpack the archive"),
    (b"\x89HDF", "this is an HDF5 file, not a text"),
    (b"\xd0\xcf\x11\xe0", "this is an old Excel workbook: save the sheet as CSV"),
    (b"BIO-LOGIC MODULAR FILE", "this is a binary file of EC-Lab: export it there as text (.mpt)"),
    (b"\x1f\x8b", "this is compressed: unpack it first"),
)


@dataclass(frozen=True)
class TextFile:
    """A text whose encoding is known.

    Attributes
    ----------
    path : Path
    encoding : str
        Python's name of it.
    note : str
        How the text was read if it is not UTF-8; empty if it is.
    """

    path: Path
    encoding: str
    note: str

    @classmethod
    def of(cls, path: Path) -> TextFile:
        """Look at a file that a user named.

        Raises
        ------
        RecordError
            If it cannot be read, or is no text.
        """
        try:
            require_file(path, _MOST_BYTES)
            with path.open("rb") as file:
                head = file.read(_HEAD)
            encoding, note = _encoding_of_head(head) or _encoding_of(path)
        except (OSError, ValueError) as error:
            raise RecordError(str(error), str(path)) from error
        if note != "UTF-16":
            _require_text(path, head)
        return cls(path, encoding, f"the text was read as {note}" if note in {"UTF-16", "UTF-32"} else note)

    def pieces(self) -> Iterator[tuple[int, str]]:
        """Yield whole lines with the number of the first of them (from 1); lines end with a line feed.

        Only the last line of the file may have no end.

        Raises
        ------
        RecordError
            If a line is too long for a table.
        """
        number = 1
        try:
            with self.path.open(encoding=self.encoding, errors="replace", newline=None) as file:
                while text := file.read(_PIECE):
                    if not text.endswith("\n"):
                        text += file.readline(_LONGEST_LINE + 1)
                    self._require_lines(number, text)
                    # A minus of typesetting; zeros are what a crash leaves of the last block of a file.
                    yield number, text.replace("\N{MINUS SIGN}", "-").replace("\0", "")
                    number += text.count("\n")
        except OSError as error:
            raise RecordError(f"the file cannot be read: {error}", str(self.path)) from error

    def _require_lines(self, number: int, text: str) -> None:
        if len(text) <= _LONGEST_LINE:
            return
        longest = max(len(line) for line in text.split("\n"))
        if longest > _LONGEST_LINE:
            what = f"from line {number} on, a line has {longest:,} characters or more: this is no table"
            if text.lstrip().startswith(("{", "[")):
                what += ". It begins like JSON: export the curves as CSV (PSTrace: Data > Export to CSV)"
            raise RecordError(what, str(self.path))


def _encoding_of_head(head: bytes) -> tuple[str, str] | None:
    for mark, encoding, name in _MARKS:
        if head.startswith(mark):
            return encoding, name
    if len(head) >= 4:
        half = len(head) // 2
        if head[1::2].count(0) > _ZERO_SHARE * half > head[::2].count(0):
            return "utf-16-le", "UTF-16"
        if head[::2].count(0) > _ZERO_SHARE * half > head[1::2].count(0):
            return "utf-16-be", "UTF-16"
    return None


def _encoding_of(path: Path) -> tuple[str, str]:
    """Return UTF-8 if the whole file is that; else Windows-1252, or Latin-1, which takes any byte."""
    try:
        _decode_all(path, "utf-8")
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
    else:
        return "utf-8", ""
    name, encoding = "Latin-1", "latin-1"
    with suppress(UnicodeDecodeError):
        _decode_all(path, "cp1252")
        name, encoding = "Windows-1252", "cp1252"
    shown = printable(bytes([byte]).decode(encoding))
    return encoding, f"the text is not in UTF-8: it was read as {name}, byte 0x{byte:02X} as {shown!r}"


def _decode_all(path: Path, encoding: str) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        while data := file.read(_PIECE):
            decoder.decode(data)
    with suppress(UnicodeDecodeError):  # a character that was cut off with the file
        decoder.decode(b"", final=True)


def _require_text(path: Path, head: bytes) -> None:
    for mark, message in _BINARY:
        if head.startswith(mark):
            raise RecordError(message, str(path))
    n_controls = sum(byte < 32 and byte not in b"\t\n\r\f\v\x1a\0" for byte in head)
    if n_controls > _CONTROL_SHARE * len(head):
        raise RecordError("this is no text: export the record as text or CSV in the program that wrote it", str(path))
