"""Address book: the names of a lab's instruments, in a TOML file of the user."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import platformdirs
import tomlkit

from protocols import InstrumentError

_NAME = re.compile(r"[A-Za-z0-9_-]+$")  # no colon: so a name is never a resource


def address_book() -> Path:
    """Return where the address book is: ``$IONECHO_CONFIG`` or the platform's folder for such files."""
    folder = os.environ.get("IONECHO_CONFIG") or platformdirs.user_config_dir("ionecho", appauthor=False)
    return Path(folder) / "instruments.toml"


def addresses() -> dict[str, str]:
    """Return the VISA resource of each name.

    Raises
    ------
    InstrumentError
        If the book cannot be read.
    """
    path = address_book()
    try:
        book = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise InstrumentError(f"the address book {path} cannot be read: {error}") from error
    entries = book.get("instruments", {})
    if not isinstance(entries, dict) or not all(isinstance(value, str) for value in entries.values()):
        raise InstrumentError(f'the address book {path}: [instruments] must hold lines such as smu = "TCPIP::..."')
    return dict(entries)


def resolved(resource: str) -> str:
    """Return the VISA resource that a name in the address book stands for; a resource stands for itself."""
    if "::" in resource or not _NAME.match(resource):
        return resource
    return addresses().get(resource, resource)


def remember(name: str, resource: str) -> None:
    """Enter an instrument, or change its address.

    Raises
    ------
    InstrumentError
        If the name cannot be one, or the book cannot be written.
    """
    if not _NAME.match(name):
        raise InstrumentError(f"{name!r} cannot be a name: letters, digits, - and _ only")
    _write(addresses() | {name: resource})


def forget(name: str) -> None:
    """Take an instrument out.

    Raises
    ------
    InstrumentError
        If it is not in the book.
    """
    known = addresses()
    if name not in known:
        raise InstrumentError(f"{name!r} is not in the address book (there are: {', '.join(sorted(known)) or 'none'})")
    del known[name]
    _write(known)


def _write(entries: dict[str, str]) -> None:
    path = address_book()
    document = tomlkit.document()
    document["instruments"] = dict(sorted(entries.items()))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(tomlkit.dumps(document), encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise InstrumentError(f"the address book {path} cannot be written: {error}") from error
