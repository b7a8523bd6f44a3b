"""Ready protocols, and the file that a user names."""

from __future__ import annotations

from pathlib import Path

from protocols.errors import ProtocolError
from protocols.texts import read_text_file, reason_of

_FOLDER = Path(__file__).parent


def names() -> list[str]:
    """Return the names of the ready protocols."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def find(path: str | Path) -> Path:
    """Return the file of a protocol: a path, or the name of a ready protocol.

    Raises
    ------
    ProtocolError
        If there is neither.
    """
    given = Path(path)
    try:
        if given.is_dir():
            raise ProtocolError("this is a folder: name a protocol file in it", str(path))
        if given.exists():
            return given
        ready = _FOLDER / f"{path}.toml"
        if given.parent == Path() and ready.is_file():
            return ready
    except OSError as error:  # a name that is too long, a folder that may not be looked into
        raise ProtocolError(f"the file cannot be read: {reason_of(error)}", str(path)) from None
    raise ProtocolError(
        f"there is no such file, nor a ready protocol of that name (ready: {', '.join(names())})", str(path)
    )


def content_of(file: Path) -> str:
    """Return the text of a file of a protocol or a campaign.

    Raises
    ------
    ProtocolError
        If it cannot be read as text.
    """
    try:
        return read_text_file(file)
    except ValueError as error:
        raise ProtocolError(str(error), file.name) from None
