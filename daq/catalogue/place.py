"""Place of the catalogue, and the folders that it follows.

Everything but the list of folders is made from the run files again when it is lost, so that list is a text of its own.
"""

from __future__ import annotations

import os
from pathlib import Path

from protocols import InputError, RunFileError, when_free

ENVIRONMENT = "IONECHO_CATALOGUE"
"""Environment variable that names a folder in place of the user's own."""
_DATABASE, _FOLDERS = "catalogue.sqlite", "folders.txt"
"""Names of the two files in it."""
_MOST_BYTES = 1 << 20
"""Longest list of folders (bytes): some ten thousand. Doubled, nothing changes."""


class CatalogueError(InputError, RunFileError):
    """The catalogue cannot be kept, or what is asked of it cannot be understood. No run file is touched."""


def catalogue_folder() -> Path:
    """Return where the catalogue is: ``$IONECHO_CATALOGUE`` or the platform's folder for a user's data."""
    if chosen := os.environ.get(ENVIRONMENT):
        return Path(chosen)
    import platformdirs  # a place that was chosen needs no search

    return Path(platformdirs.user_data_dir("ionecho", appauthor=False))


def database_path() -> Path:
    """Return the file of the catalogue."""
    return catalogue_folder() / _DATABASE


def followed_folders() -> list[Path]:
    """Return the folders whose runs are in the catalogue, in the order in which they were given."""
    path = catalogue_folder() / _FOLDERS
    try:
        with when_free(lambda: path.open("rb")) as file:
            lines = file.read(_MOST_BYTES).decode("utf-8", "surrogateescape").splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CatalogueError(f"the list of followed folders cannot be read: {error}", str(path)) from error
    return list(dict.fromkeys(Path(line) for line in lines if line.strip()))


def follow(folder: Path) -> None:
    """Follow a folder and all below it; one that lies in a followed one is followed already.

    Raises
    ------
    CatalogueError
        If the list cannot be written, or cannot hold the name of the folder.
    """
    where = Path(os.path.abspath(folder))  # noqa: PTH100 - `resolve` would follow links, and a link may be meant
    if len(str(where).splitlines()) > 1:
        raise CatalogueError("a folder with a line end in its name cannot be followed", str(where))
    known = followed_folders()
    if any(where.is_relative_to(one) for one in known):
        return
    _write([*(one for one in known if not one.is_relative_to(where)), where])


def unfollow(folder: Path) -> None:
    """Follow a folder no longer.

    Raises
    ------
    CatalogueError
        If it is not followed, or the list cannot be written.
    """
    where, known = Path(os.path.abspath(folder)), followed_folders()  # noqa: PTH100 - as in `follow`
    if where not in known:
        there = ", ".join(map(str, known)) or "none"
        raise CatalogueError(f"{where} is not followed (there are: {there})")
    _write([one for one in known if one != where])


def _write(folders: list[Path]) -> None:
    path = catalogue_folder() / _FOLDERS
    text = "".join(f"{one}\n" for one in folders)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
        fresh.write_bytes(text.encode("utf-8", "surrogateescape"))
        when_free(lambda: fresh.replace(path))
    except OSError as error:
        raise CatalogueError(f"the list of followed folders cannot be written: {error}", str(path)) from error
