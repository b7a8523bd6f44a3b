"""Language of the window: every text that the operator reads passes through `tr`. Without Qt, so that rules can use it.

Texts stand in the source in English. `tr` takes a literal only, so that a test can list all of them and hold the
catalogues to be complete; values are filled in afterwards: ``tr("{n} runs").format(n=3)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def _english(text: str) -> str:
    return text


_translate: Callable[[str], str] = _english


def tr(text: str) -> str:
    """Return a text in the language of the window; in English where the catalogue does not have it."""
    return _translate(text) or text


def set_translator(translate: Callable[[str], str] | None) -> None:
    """Choose the language for texts from now on.

    Parameters
    ----------
    translate : callable or None
        Returns the translation of an English text, or an empty text; None for English.
    """
    global _translate  # noqa: PLW0603 - one language for the whole process, as with gettext
    _translate = _english if translate is None else translate
