"""Ready protocols, and the file that a user names."""

from __future__ import annotations

from pathlib import Path

from protocols.errors import ProtocolError

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
    if given.is_file():
        return given
    if given.is_dir():
        raise ProtocolError("this is a folder: name a protocol file in it", str(path))
    ready = _FOLDER / f"{path}.toml"
    if given.parent == Path() and ready.is_file():
        return ready
    raise ProtocolError(
        f"there is no such file, nor a ready protocol of that name (ready: {', '.join(names())})", str(path)
    )
