"""What tells whether a file is still the one that something was made from: its SHA-256, whole or without samples."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from daq.files.durable import open_in_place, read_at
from daq.files.layout import GROWING, Layout
from daq.files.seal import SEAL_BYTES, peek_seal, pieces_outside

if TYPE_CHECKING:
    from pathlib import Path


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint_of(path: Path) -> str:
    """Return the SHA-256 of all of a run file but its samples, which the rows of the block table have checksums of.

    A sample that rots on the disk leaves it as it is: whoever uses the samples verifies them (`Run.require_intact`).

    Parameters
    ----------
    path : Path
        A run file that was opened: nothing of it is checked here.

    Returns
    -------
    str
        Empty for a file of version 1, which has no seal.
    """
    descriptor = open_in_place(path)
    try:
        about = peek_seal(descriptor, "run")
        if about is None:
            return ""
        digest = hashlib.sha256(read_at(descriptor, 0, SEAL_BYTES))
        samples = [place for name, place in Layout.from_seal(about).growing.items() if name in GROWING]
        for _, piece in pieces_outside(descriptor, int(about["size"]), samples):
            digest.update(piece)
    finally:
        os.close(descriptor)
    return digest.hexdigest()
