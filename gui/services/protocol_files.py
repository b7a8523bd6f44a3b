"""Files of the protocol editor: read with their line ends, saved without losing anything, kept as drafts.

These functions wait for the disk: they belong into worker threads.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from daq.files.durable import write_atomically
from protocols import InputError
from protocols.document import with_arrays_in_text
from protocols.library import content_of, find
from protocols.texts import read_file, utf8_text

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_TEXT = 50_000
"""Longest text that is edited (characters): five hundred steps. A key press takes 0.04 s then, measured; doubled, twice
as long, which is felt."""
DRAFTS = "drafts"
"""Folder, beside the runs, of texts that were planned or queued before they were saved."""
_MARK = b"\xef\xbb\xbf"
_DIGEST_LENGTH = 8
"""Letters of the digest in a draft's name: two texts of one name get the same in one of four thousand million cases."""
_LONGEST_NAME = 60
"""Longest part of a draft's name that is the protocol's (characters): a file's name has 255 bytes, of which a character
may take four."""


class ChangedOnDiskError(InputError):
    """The file was changed by somebody else since it was read; it was not replaced."""


@dataclass(frozen=True)
class TextFile:
    """A file of a protocol as it was read or saved.

    Attributes
    ----------
    path : Path
    text : str
        With plain line ends.
    digest : str
        Of its bytes: who finds another one knows that somebody has changed it.
    line_end : str
        Of the file.
    has_mark : bool
        Whether it begins with a byte order mark.
    """

    path: Path
    text: str
    digest: str
    line_end: str = "\n"
    has_mark: bool = False


def open_text(path: Path) -> TextFile:
    """Read the file of a protocol.

    Raises
    ------
    InputError
        If it cannot be read as text, or is too long to be edited.
    """
    try:
        data = read_file(path)
        text = utf8_text(data)
    except ValueError as error:
        raise InputError(str(error), path.name) from None
    if len(text) > LONGEST_TEXT:
        raise InputError(
            f"it has {len(text):,} characters; at most {LONGEST_TEXT:,} are edited here. It can be planned and run",
            path.name,
        )
    line_end = "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"
    plain = text.replace("\r\n", "\n")
    if any(one in plain for one in "\r\x00\u2029\ufdd0\ufdd1"):
        raise InputError("it has characters that no editor of text keeps, such as a lone carriage return", path.name)
    return TextFile(path, plain, _digest(data), line_end, data.startswith(_MARK))


def ready_text(name: str) -> str:
    """Return the text of a ready protocol."""
    return content_of(find(name))


def digest_on_disk(path: Path) -> str:
    """Return the digest of a file as it is now; empty if it cannot be read."""
    try:
        return _digest(read_file(path))
    except ValueError:
        return ""


def save_text(file: TextFile, text: str, *, replace_changed: bool = False) -> TextFile:
    """Save a text in the place of the file that was read; the old file stays until the new one is safely there.

    Parameters
    ----------
    file : TextFile
        As it was read; an empty digest replaces whatever is there.
    text : str
    replace_changed : bool
        Whether a file that somebody else has changed meanwhile is replaced too.

    Raises
    ------
    ChangedOnDiskError
        If it was changed meanwhile, and is not to be replaced.
    OSError
        If it cannot be written; the old file is as it was.
    """
    target = file.path.resolve()  # a link stays a link
    if file.digest and not replace_changed and target.exists() and digest_on_disk(target) != file.digest:
        raise ChangedOnDiskError("the file was changed by another program since it was read", file.path.name)
    data = (_MARK if file.has_mark else b"") + text.replace("\n", file.line_end).encode("utf-8")
    target.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(target) as making:
        making.write_bytes(data)
        with suppress(OSError):  # a new file has no rights to keep
            shutil.copymode(target, making)
    return TextFile(file.path, text, _digest(data), file.line_end, file.has_mark)


def keep_draft(folder: Path, title: str, text: str, beside: Path | None) -> Path:
    """Keep a text that is no file yet, and return its file. The same text is kept once.

    Parameters
    ----------
    folder : Path
        Of the runs.
    title : str
    text : str
    beside : Path or None
        Where the files of its long arrays are; the draft has them in it.
    """
    whole = text
    with suppress(ValueError):  # with faults it is kept as it stands
        whole = with_arrays_in_text(text, beside)
    name = re.sub(r"[^\w-]+", "_", title).strip("_")[:_LONGEST_NAME] or "protocol"
    digest = _digest(whole.encode("utf-8"))[:_DIGEST_LENGTH]
    path = folder / DRAFTS / f"{name}-{digest}.toml"
    if not path.exists():
        save_text(TextFile(path, "", ""), whole)
    return path


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
