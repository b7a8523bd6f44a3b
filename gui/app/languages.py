"""Languages of the window: which ones there are, and the one that is chosen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator

from gui.common.language import read_catalogue, set_translator

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

FOLDER = Path(__file__).parents[1] / "languages"
"""Catalogues of Qt Linguist, one a language, named by its code."""
ENGLISH = "en"
_NAME = "textsOfQt"


def codes() -> list[str]:
    """Return the codes of the languages, English first."""
    return [ENGLISH, *sorted(path.stem for path in FOLDER.glob("*.ts"))]


def name_of(code: str) -> str:
    """Return the name of a language as its speakers write it."""
    name = QLocale(code).nativeLanguageName()
    return name[:1].upper() + name[1:]


def speak(application: QApplication, chosen: str) -> str:
    """Give windows that are opened from now on a language, and return its code.

    Parameters
    ----------
    application : QApplication
        Gets Qt's own texts of the language, such as those of buttons in dialogs.
    chosen : str
        Code; empty, or one that there is no catalogue of, for the desktop's language if there is one of that.
    """
    for before in application.findChildren(QTranslator, _NAME):
        application.removeTranslator(before)
        before.deleteLater()
    code = chosen if chosen in codes() else QLocale.system().name().partition("_")[0]
    if code not in codes() or code == ENGLISH:
        set_translator(None)
        return ENGLISH
    texts = read_catalogue(FOLDER / f"{code}.ts")
    set_translator(lambda text: texts.get(text, ""))
    own = QTranslator(application)
    own.setObjectName(_NAME)
    if own.load(f"qtbase_{code}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        application.installTranslator(own)
    return code
