"""Long arrays of a protocol file: as NumPy files beside it, or as compressed data within it.

Nobody reads a list of a million quantities, and as text it takes minutes to write. So an array may stand in a file as a
table::

    times = { file = "drive.sequence.times.npy", sha256 = "9f86d0..." }    # a NumPy file in the same folder
    times = { npy_zlib_base64 = 'eJyb7BfqGxDJyFDG...' }                  # the bytes of such a file, in the text

NumPy's format was chosen because it keeps every bit of a double, is documented in one page and is read by most
languages. The digest (of the whole file, so that ``sha256sum`` gives it) tells that the array is the one that was
planned: a file that was exchanged or cut short must not become a voltage on a cell.
"""

from __future__ import annotations

import base64
import hashlib
import io
import math
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from protocols.texts import MOST_BYTES, printable, read_file, shortened
from protocols.units import described

if TYPE_CHECKING:
    from numpy.typing import NDArray

DATA_KEY = "npy_zlib_base64"

_QUOTED = 120
"""Longest reason of the library that is quoted (characters): one line. Some are pages."""
_LEVEL = 1
"""Effort of the compression. Even times shrink to a third; noisy levels do not at any level. Level 6 doubles the time
to write and makes nothing smaller (1.5 million edges)."""


def is_stored(value: object) -> bool:
    """Return whether a table stands for an array."""
    return isinstance(value, Mapping) and ("file" in value or DATA_KEY in value)


def read_array(table: Mapping[str, Any], folder: Path | None) -> NDArray[Any]:
    """Return the array for which a table stands.

    Parameters
    ----------
    table : mapping
        With ``file`` and ``sha256``, or with ``npy_zlib_base64``.
    folder : Path or None
        Folder of the protocol file; None if there is none.

    Raises
    ------
    ValueError
        If the table is not right, or the array is not the one that was written. The message says which.
    """
    known = {DATA_KEY} if DATA_KEY in table else {"file", "sha256"}
    if set(table) != known or not all(isinstance(value, str) for value in table.values()):
        raise ValueError('an array is stored as { file = "...", sha256 = "..." } or as { npy_zlib_base64 = \'...\' }')
    if DATA_KEY in table:
        return _from_npy(_unpacked(table[DATA_KEY]), "the compressed data")
    return _read_file(table["file"], table["sha256"], folder)


def _unpacked(text: str) -> bytes:
    """Return the bytes of compressed data; a little text must not fill the memory."""
    unpacker = zlib.decompressobj()
    try:
        content = unpacker.decompress(base64.b64decode(text, validate=True), MOST_BYTES)
    except (ValueError, zlib.error) as error:  # binascii.Error, and characters that are not ASCII, are ValueErrors
        raise ValueError(f"the compressed data are damaged ({error})") from error
    if unpacker.unconsumed_tail:
        raise ValueError(f"the compressed data have more than {MOST_BYTES:,} bytes, the most that are read")
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("the compressed data are damaged: they are cut short, or something follows them")
    return content


def _read_file(name: str, digest: str, folder: Path | None) -> NDArray[Any]:
    if Path(name).name != name or not name.isprintable():
        raise ValueError(f"{described(name)} must be the name of a file in the folder of the protocol file")
    if folder is None:
        raise ValueError(f"{described(name)} is a file beside the protocol file: read that file, not its text alone")
    try:
        content = read_file(folder / name)
    except ValueError as error:
        raise ValueError(f"{described(name)}: {error}") from error
    if hashlib.sha256(content).hexdigest() != digest.lower():
        raise ValueError(f"{described(name)} is not the file that was written with this protocol: its sha256 differs")
    return _from_npy(content, described(name))


def _from_npy(content: bytes, what: str) -> NDArray[Any]:
    stream = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(stream)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read_header(stream)
        # Before room is made for it: a damaged shape may ask for more than there is.
        n_bytes, given = math.prod(shape) * dtype.itemsize, len(content) - stream.tell()
        if dtype.kind not in "iuf" or len(shape) != 1 or n_bytes != given:
            raise ValueError(f"{given} bytes are no {dtype} of shape {shape}")  # noqa: TRY301 - as the library says it
        stream.seek(0)
        array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    except Exception as error:  # the header is Python source, whose parser fails in many ways
        reason = shortened(printable(str(error)), _QUOTED)
        raise ValueError(f"{what}: no array in NumPy's format ({reason})") from error
    return array


def array_in_text(array: NDArray[Any]) -> dict[str, str]:
    """Return the table of an array that is kept in the text."""
    return {DATA_KEY: base64.b64encode(zlib.compress(_npy(array), _LEVEL)).decode("ascii")}


def array_beside(array: NDArray[Any], protocol_file: Path, key: str) -> dict[str, str]:
    """Write an array beside a protocol file and return its table.

    Parameters
    ----------
    array : ndarray
    protocol_file : Path
        The file that names it.
    key : str
        Path of the field, such as ``sequence.times``.
    """
    content = _npy(array)
    file = protocol_file.with_name(f"{protocol_file.stem}.{key}.npy")
    file.write_bytes(content)
    return {"file": file.name, "sha256": hashlib.sha256(content).hexdigest()}


def _npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()
