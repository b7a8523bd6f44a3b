"""What a reader of a program's own format is, and the readers that there are.

A reader says from the first bytes of a file whether it is one of its own. Other packages add theirs by the entry-point
group ``ionecho.readers``; one that fails is left out, and says so.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from daq.files.readers.record import RecordError, TextRecord
from protocols import IonechoError
from protocols.plugins import PluginError, contained, load, package_of, plugins_of

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint
    from pathlib import Path

    from daq.files.readers.record import ReadOptions

START_BYTES = 4096
"""Bytes at the beginning of a file by which a reader recognizes it: headers name their program within some hundred."""
_GROUP = "ionecho.readers"
_OURS = {
    "ec-lab": "daq.files.readers.eclab:EC_LAB",
    "pssession": "daq.files.readers.pssession:PS_SESSION",
    "gamry": "daq.files.readers.gamry:GAMRY",
    "chi": "daq.files.readers.chi:CH_INSTRUMENTS",
    "versastudio": "daq.files.readers.versastudio:VERSA_STUDIO",
    "neware": "daq.files.readers.neware:NEWARE_NESTED",
    "neware-binary": "daq.files.readers.neware_binary:NEWARE_BINARY",
    "keithley": "daq.files.readers.keithley:KEITHLEY_BUFFER",
}


@runtime_checkable
class RecordReader(Protocol):
    """Reader of one format."""

    def recognizes(self, start: bytes) -> bool:
        """Whether a file that begins with these bytes is one of this format."""

    def read(self, path: Path, options: ReadOptions) -> TextRecord:
        """Return the record in a file.

        Raises
        ------
        RecordError
            If there is none, or something must be stated to read it.
        """


def reader_of(start: bytes) -> tuple[RecordReader | None, tuple[str, ...]]:
    """Return the reader that recognizes a file by its first bytes, and what is wrong with those of other packages.

    Readers of other packages are asked first: they may be for one kind of the files that ours recognize.
    """
    problems = []
    plugins = plugins_of(_GROUP)
    problems += [f"readers of {package} are left out: {problem}" for package, problem in plugins.problems]
    for point in plugins.points:
        try:
            reader = _Contained(point)
            if reader.recognizes(start):
                return reader, tuple(problems)
        except PluginError as error:
            problems.append(f"{error}. It is left out.")
    for where in _OURS.values():
        module, _, name = where.partition(":")
        own: RecordReader = getattr(import_module(module), name)
        if own.recognizes(start):
            return own, tuple(problems)
    return None, tuple(problems)


def start_of(path: Path) -> bytes:
    """Return the first bytes of a file; none where it cannot be read, which the reader then says."""
    try:
        with path.open("rb") as file:
            return file.read(START_BYTES)
    except OSError:
        return b""


def decoded_start(start: bytes) -> str:
    """Return the first bytes of a file as text, whatever its encoding."""
    if start[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return start[: len(start) // 2 * 2].decode("utf-16", "replace")
    if start[1:2] == b"\0":
        return start[: len(start) // 2 * 2].decode("utf-16-le", "replace")
    return start.decode("utf-8-sig", "replace")


class _Contained:
    """Reader of another package, whose errors are its own."""

    def __init__(self, point: EntryPoint) -> None:
        self._where = f"reader {point.name!r} of {package_of(point)}"
        reader = load(point, self._where)
        with contained(f"{self._where} is no reader"):
            self._reader: RecordReader = reader() if isinstance(reader, type) else reader
            if not isinstance(self._reader, RecordReader):
                raise TypeError("it lacks `recognizes` or `read`")

    def recognizes(self, start: bytes) -> bool:
        with contained(f"{self._where} failed in `recognizes`"):
            return bool(self._reader.recognizes(start))

    def read(self, path: Path, options: ReadOptions) -> TextRecord:
        try:
            with contained(f"{self._where} failed in `read`", passed=(IonechoError,)):
                record = self._reader.read(path, options)
                if not isinstance(record, TextRecord):
                    raise TypeError(f"it returned {type(record).__name__}, no TextRecord")
                return record
        except PluginError as error:
            raise RecordError(str(error), str(path)) from error
