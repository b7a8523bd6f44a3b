"""Seal of a file: a digest of all that must not change, in front of HDF5's part.

A sealed file begins with a user block, which every HDF5 library skips: the kind and version of the file, one line of
JSON, and the SHA-256 of both and of all bytes of the file outside the parts that a run still writes. It is checked
before HDF5 sees the file: a damaged file makes the library loop or crash.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from daq.files.durable import read_at, write_at
from daq.files.image import SparseImage
from protocols import LaterVersionError, RunFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

# Room for the seal (bytes): HDF5 looks for its own beginning at 0, 512, 1024, 2048, ...; the longest seal has some 500.
SEAL_BYTES = 1024
# First bytes of every HDF5 file without a user block.
HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
# Version of sealed files; version 1 had no seal.
_VERSION = 2
# First line of a sealed file of any version.
_LATER = re.compile(rb"ionecho (?:run|results) file (\d{1,9})\n")
# Bytes that are read at a time for a digest.
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True)
class Seal:
    """What a seal says, once it has been found right.

    Attributes
    ----------
    about : dict
        What was said of the file when it was sealed.
    image : SparseImage
        The sealed bytes: the whole file but for the parts that were left out.
    """

    about: dict[str, Any]
    image: SparseImage


def write_seal(descriptor: int, kind: str, about: dict[str, Any], left_out: Sequence[tuple[int, int]]) -> None:
    """Seal a file as it is now.

    Parameters
    ----------
    descriptor : int
        An open file, whose first `SEAL_BYTES` are free.
    kind : str
        ``run`` or ``results``.
    about : dict
        Plain data, to be read without HDF5.
    left_out : sequence of (int, int)
        Offset and length of the parts that may still change.
    """
    size = os.fstat(descriptor).st_size
    ranges = sorted(left_out)
    head = _head(kind, {"size": size, "left_out": ranges, **about})
    digest = hashlib.sha256(head)
    for _, piece in pieces_outside(descriptor, size, ranges):
        digest.update(piece)
    text = head + digest.hexdigest().encode() + b"\n"
    if len(text) > SEAL_BYTES:
        raise ValueError(f"a seal of {len(text)} bytes does not fit into {SEAL_BYTES}")
    write_at(descriptor, 0, text.ljust(SEAL_BYTES, b"\0"))


def check_seal(descriptor: int, kind: str, where: Path) -> Seal | None:
    """Return what the seal of a file says; None for a file of an earlier version, which has none.

    Raises
    ------
    RunFileError
        If the seal is broken: the file has changed since it was made, or it is no file of ours.
    """
    start = read_at(descriptor, 0, SEAL_BYTES + len(HDF5_SIGNATURE))
    if start.startswith(HDF5_SIGNATURE):
        return None
    head, about, expected = _parsed(start[:SEAL_BYTES], kind, where, is_hdf5=start.endswith(HDF5_SIGNATURE))
    size, found = int(about["size"]), os.fstat(descriptor).st_size
    if found != size:
        raise RunFileError(f"{where} is damaged: it was made with {size} bytes and has {found}. {_advice(kind)}")
    image = SparseImage(size)
    digest = hashlib.sha256(head)
    for offset, piece in pieces_outside(descriptor, size, about["left_out"]):
        digest.update(piece)
        image.put(offset, piece)
    if digest.hexdigest().encode() != expected:
        raise RunFileError(
            f"{where} is damaged: {_PARTS[kind]} do not match the checksum that they were written with. {_advice(kind)}"
        )
    return Seal(about, image)


def peek_seal(descriptor: int, kind: str) -> dict[str, Any] | None:
    """Return what a seal says without checking it; None if there is none that can be read.

    For a first look at many files: whoever uses the content of one checks its seal.
    """
    start = read_at(descriptor, 0, SEAL_BYTES)
    try:
        return _split(start, kind)[1]
    except (ValueError, KeyError, TypeError):
        return None


# What of a file a seal covers, for a sentence.
_PARTS = {"run": "protocol, plan, drive or the description of the file", "results": "results"}


def _advice(kind: str) -> str:
    if kind == "run":
        return "Take a copy of it from a backup; `ionecho recover` cannot mend this."
    return "Delete it and fit the run again: the run itself is another file."


def _head(kind: str, about: dict[str, Any]) -> bytes:
    return f"ionecho {kind} file {_VERSION}\n{json.dumps(about)}\n".encode()


def _parsed(start: bytes, kind: str, where: Path, *, is_hdf5: bool) -> tuple[bytes, dict[str, Any], bytes]:
    try:
        return _split(start, kind)
    except (ValueError, KeyError, TypeError):
        if (later := _LATER.match(start)) is not None and int(later[1]) > _VERSION:
            raise LaterVersionError(
                f"{where}: a later version of ionecho made this file (form {int(later[1])}; this one reads up to"
                f" {_VERSION}), and it is left as it is: upgrade"
            ) from None
        reason = "its first bytes are damaged" if is_hdf5 else "it is no HDF5 file, or cut short"
        raise RunFileError(f"{where} is not a {kind} file of ionecho: {reason}. {_advice(kind)}") from None


def _split(start: bytes, kind: str) -> tuple[bytes, dict[str, Any], bytes]:
    """Return what the digest begins with, what the seal says, and the digest.

    Raises
    ------
    ValueError, KeyError, TypeError
        If it is no seal of this kind and version.
    """
    first, line, digest, rest = start.split(b"\n", 3)
    if first != f"ionecho {kind} file {_VERSION}".encode() or rest.strip(b"\0"):
        raise ValueError("no seal of this kind")
    about = json.loads(line)
    ranges = [(int(offset), int(count)) for offset, count in about["left_out"]]
    if kind == "run":
        int(about["offsets"]["state"])
    if int(about["size"]) < SEAL_BYTES or any(offset < SEAL_BYTES or count < 0 for offset, count in ranges):
        raise ValueError("impossible sizes")
    return first + b"\n" + line + b"\n", about, digest


def pieces_outside(descriptor: int, size: int, left_out: Sequence[tuple[int, int]]) -> Iterator[tuple[int, bytes]]:
    """Yield offset and content of the pieces of a file outside of its seal and of some parts.

    Parameters
    ----------
    descriptor : int
        An open file.
    size : int
        Where it ends (bytes).
    left_out : sequence of (int, int)
        Offset and length of these parts, in the order of the file.
    """
    position = SEAL_BYTES
    for start, count in [*left_out, (size, 0)]:
        while position < start:
            piece = read_at(descriptor, position, min(_PIECE_BYTES, start - position))
            if not piece:
                return
            yield position, piece
            position += len(piece)
        position = max(position, start + count)
