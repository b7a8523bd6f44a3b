"""Language of the window: every text that the operator reads passes through `tr`. Without Qt, so that rules can use it.

Texts stand in the source in English. `tr` takes a literal only, so that a test can list all of them and hold the
catalogues to be complete; values are filled in afterwards: ``tr("{n} runs").format(n=3)``. A text that is kept in a
constant, before the language is known, is marked by `tr_later` and passes through `tr` when it is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _english(text: str) -> str:
    return text


_translate: Callable[[str], str] = _english


def tr(text: str) -> str:
    """Return a text in the language of the window; in English where the catalogue does not have it."""
    return _translate(text) or text


def tr_later(text: str) -> str:
    """Mark a text as one that is shown later through `tr`, and return it as it is."""
    return text


def set_translator(translate: Callable[[str], str] | None) -> None:
    """Choose the language for texts from now on.

    Parameters
    ----------
    translate : callable or None
        Returns the translation of an English text, or an empty text; None for English.
    """
    global _translate  # noqa: PLW0603 - one language for the whole process, as with gettext
    _translate = _english if translate is None else translate


def read_catalogue(path: Path) -> dict[str, str]:
    """Return the texts of a catalogue of Qt Linguist (TS, XML), by their English ones; unfinished ones are left out.

    Parameters
    ----------
    path : Path
    """
    from xml.etree import ElementTree as ET

    texts: dict[str, str] = {}
    for message in ET.parse(path).iter("message"):  # noqa: S314 - a file of this package
        source, translation = message.find("source"), message.find("translation")
        if source is None or translation is None or translation.get("type") == "unfinished":
            continue
        texts[source.text or ""] = translation.text or ""
    return texts
