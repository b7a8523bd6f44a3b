"""Address book: the names of a lab's instruments, in a TOML file of the user."""

from __future__ import annotations

import os
import re
from pathlib import Path

import platformdirs

from protocols import InputError, InstrumentError, printable, read_text_file, toml_tables, when_free

_NAME = re.compile(r"[A-Za-z0-9_-]+")  # no colon: so a name is never a resource
_LONGEST_NAME = 100
"""Longest name (characters): what fits a column of a table. Doubled, tables break their lines."""
_LONGEST_RESOURCE = 255
"""Longest address (characters): what VISA libraries take (VPP-4.3, VI_FIND_BUFLEN is 256 with its end)."""


class AddressBookError(InputError, InstrumentError):
    """The address book, or what is to be entered into it, cannot be understood. Nothing was sent."""


def address_book() -> Path:
    """Return where the address book is: ``$IONECHO_CONFIG`` or the platform's folder for such files."""
    folder = os.environ.get("IONECHO_CONFIG") or platformdirs.user_config_dir("ionecho", appauthor=False)
    return Path(folder) / "instruments.toml"


def addresses() -> dict[str, str]:
    """Return the VISA resource of each name.

    Raises
    ------
    AddressBookError
        If the book cannot be read, or anything in it is not understood: an entry that was dropped without a word would
        be missed at the bench.
    """
    text = _text()
    return {} if text is None else _entries(text)


def _text() -> str | None:
    """Return what the book says, None if there is none yet."""
    path = address_book()
    try:
        return read_text_file(path)
    except ValueError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return None
        raise _unreadable(str(error)) from error


def _entries(text: str) -> dict[str, str]:
    try:
        book = toml_tables(text)
    except ValueError as error:
        raise _unreadable(str(error)) from error
    entries = book.pop("instruments", {})
    if book:
        raise _unreadable(f"{printable(next(iter(book)))!r} is not known there: it has one table, [instruments]")
    if not isinstance(entries, dict):
        raise _unreadable('[instruments] must hold lines such as smu = "TCPIP::192.168.0.10::5025::SOCKET"')
    for name, resource in entries.items():
        if not _is_name(name):
            raise _unreadable(f"{printable(name[:_LONGEST_NAME])!r} cannot be a name: {_NAMES_ARE}")
        if not isinstance(resource, str) or (wrong := _wrong_in(resource)):
            wrong = wrong if isinstance(resource, str) else "it is no text"
            raise _unreadable(
                f'the address of {name} is none: {wrong}. Write e.g. {name} = "TCPIP::192.168.0.10::5025::SOCKET"'
            )
    return dict(entries)


_NAMES_ARE = f"letters, digits, - and _ only, at most {_LONGEST_NAME}"


def _is_name(name: str) -> bool:
    return len(name) <= _LONGEST_NAME and _NAME.fullmatch(name) is not None


def _wrong_in(resource: str) -> str:
    """Return why a text can be no address; empty if it can."""
    if not resource.strip():
        return "it is empty"
    if len(resource) > _LONGEST_RESOURCE:
        return f"it has {len(resource)} characters, and no address has more than {_LONGEST_RESOURCE}"
    if printable(resource) != resource:
        return f"it has control characters ({printable(resource)!r})"
    return ""


def _unreadable(why: str) -> AddressBookError:
    return AddressBookError(f"the address book cannot be read: {why}", str(address_book()))


def resolved(resource: str) -> str:
    """Return the VISA resource that a name in the address book stands for; a resource stands for itself."""
    if "::" in resource or not _is_name(resource):
        return resource
    return addresses().get(resource, resource)


def remember(name: str, resource: str) -> None:
    """Enter an instrument, or change its address.

    Raises
    ------
    AddressBookError
        If the name cannot be one, or the book cannot be read or written.
    """
    if not _is_name(name):
        raise AddressBookError(f"{printable(name[:_LONGEST_NAME])!r} cannot be a name: {_NAMES_ARE}")
    if wrong := _wrong_in(resource):
        raise AddressBookError(f"this cannot be an address: {wrong}")
    _change(name, resource)


def forget(name: str) -> None:
    """Take an instrument out.

    Raises
    ------
    AddressBookError
        If it is not in the book, or the book cannot be read or written.
    """
    known = addresses()
    if name not in known:
        there = ", ".join(sorted(known)) or "none"
        raise AddressBookError(f"{printable(name)!r} is not in the address book (there are: {there})")
    _change(name, None)


def _change(name: str, resource: str | None) -> None:
    """Write the book with one entry changed, or without it; comments and the order of the others stay."""
    import tomlkit

    text = _text() or ""
    _entries(text)  # only a book that was understood is written anew
    document = tomlkit.parse(text)
    entries = document.setdefault("instruments", tomlkit.table())
    if resource is None:
        del entries[name]
    else:
        entries[name] = resource
    path = address_book()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(tomlkit.dumps(document), encoding="utf-8", newline="")
        when_free(lambda: fresh.replace(path))
    except OSError as error:
        raise AddressBookError(
            f"the address book cannot be written: {error.strerror or error}. It is as it was", str(path)
        ) from error
