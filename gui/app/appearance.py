"""Appearance of the window: its theme and its colours, as chosen or as the desktop is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from gui.app.languages import codes, name_of
from gui.common.language import tr, tr_later
from gui.common.theme import Theme, colours_of, set_theme, style_sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gui.app.settings import Settings
    from gui.common.theme import Colours

_THEMES = {
    Theme.SYSTEM: tr_later("As the desktop"),
    Theme.LIGHT: tr_later("Light"),
    Theme.DARK: tr_later("Dark"),
}


class Appearance(QObject):
    """Theme, colours and language of a window.

    Parameters
    ----------
    window : QWidget
        Gets the style sheet.
    settings : Settings or None
    """

    recoloured = Signal(object)
    """`Colours`: the palette has changed."""
    told = Signal(str)
    """Something that the operator must read."""

    def __init__(self, window: QWidget, settings: Settings | None) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        theme = Theme.SYSTEM if settings is None else settings.theme
        self.themes = _choices(
            window, tr("&Theme"), "menu.theme", theme, {one: tr(text) for one, text in _THEMES.items()}
        )
        names = {"": tr("As the desktop"), **{code: name_of(code) for code in codes()}}
        language = "" if settings is None else settings.language
        self.languages = _choices(window, tr("&Language"), "menu.language", language, names)
        _on_choice(self.themes, lambda chosen: self._choose_theme(Theme(chosen)))
        _on_choice(self.languages, self._choose_language)

    def begin(self) -> None:
        """Take the theme that was kept."""
        if self._settings is not None:
            set_theme(self._settings.theme)
        self.follow_palette()

    def colours(self) -> Colours:
        """Return the colours of now."""
        return colours_of(QApplication.palette())

    def follow_palette(self) -> None:
        """Follow the application's palette, when the system turns dark or light too."""
        sheet = style_sheet(QApplication.palette())
        if sheet != self._window.styleSheet():
            self._window.setStyleSheet(sheet)
            self.recoloured.emit(self.colours())

    def _choose_theme(self, theme: Theme) -> None:
        set_theme(theme)
        if self._settings is not None:
            self._settings.theme = theme

    def _choose_language(self, code: str) -> None:
        if self._settings is not None:
            self._settings.language = code
        self.told.emit(tr("The window speaks this language when it is opened the next time."))


def _choices(
    parent: QWidget, title: str, name: str, chosen: str, texts: Mapping[Theme, str] | Mapping[str, str]
) -> QMenu:
    """Return a menu of which one entry is marked."""
    menu = QMenu(title, parent)
    menu.setObjectName(name)
    group = QActionGroup(menu)
    for value, text in texts.items():
        entry = menu.addAction(text)
        entry.setCheckable(True)
        entry.setData(value)
        entry.setChecked(value == chosen)
        group.addAction(entry)
    return menu


def _on_choice(menu: QMenu, do: Callable[[str], None]) -> None:
    menu.triggered.connect(lambda entry: do(str(entry.data())))
