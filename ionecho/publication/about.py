"""What the publisher says of a publication: title, licence, authors."""

from __future__ import annotations

import re
from dataclasses import dataclass

from protocols import InputError

_AUTHOR = re.compile(r"^(?P<name>[^<>]+?)\s*(?:<(?P<id>[^<>]+)>)?\s*$")
_ORCID = re.compile(r"(?:https?://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])")
_SPDX = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")


@dataclass(frozen=True)
class Author:
    """Somebody who is named as an author.

    Attributes
    ----------
    name : str
    orcid : str
        As an address; empty where it is not known.
    """

    name: str
    orcid: str = ""

    @classmethod
    def from_text(cls, text: str) -> Author:
        """Read ``Jane Doe`` or ``Jane Doe <0000-0002-1825-0097>``.

        Raises
        ------
        InputError
        """
        found = _AUTHOR.match(text.strip())
        if found is None:
            raise InputError(f"an author is 'Jane Doe' or 'Jane Doe <0000-0002-1825-0097>', not {text!r}", "--author")
        if found["id"] is None:
            return cls(found["name"])
        number = _ORCID.fullmatch(found["id"].strip())
        if number is None or not _is_checked(number[1]):
            raise InputError(f"{found['id']!r} is no ORCID: four groups of four digits", "--author")
        return cls(found["name"], f"https://orcid.org/{number[1]}")


def _is_checked(orcid: str) -> bool:
    """Whether the last digit is the check of the others (ISO 7064, 11-2)."""
    digits = orcid.replace("-", "")
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2
    return "0123456789X"[(12 - total % 11) % 11] == digits[-1]


def license_address(text: str) -> str:
    """Return the address of a licence: one that is given, or that of an SPDX identifier such as ``CC-BY-4.0``.

    Raises
    ------
    InputError
    """
    if text.startswith(("https://", "http://")):
        return text
    if not _SPDX.fullmatch(text):
        raise InputError(f"a licence is an SPDX identifier such as CC-BY-4.0, or an address, not {text!r}", "--license")
    return f"https://spdx.org/licenses/{text}"


@dataclass(frozen=True)
class About:
    """What is said of a publication.

    Attributes
    ----------
    title, description : str
    license : str
        Its address.
    authors : tuple of Author
    keywords : tuple of str
    institution : str
        Of the authors; empty if none is named.
    """

    title: str
    description: str
    license: str
    authors: tuple[Author, ...]
    keywords: tuple[str, ...] = ()
    institution: str = ""
