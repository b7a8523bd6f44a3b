"""Settings that outlive the window: geometry, docks, theme, language, columns, and what was opened last."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from gui.common.theme import Theme

_GEOMETRY = "window/geometry"
_DOCKS = "window/docks"
_FOLDER = "protocols/folder"
_THEME = "window/theme"
_LANGUAGE = "window/language"
_RECENT = "files/recent"
_COLUMNS = "runs/columns"
_N_RECENT = 10
"""Files and folders that were opened last: what a menu shows at a glance. Doubled, it is no longer a short list."""


class Settings:
    """Settings of this user. What cannot be read counts as not set.

    Parameters
    ----------
    store : QSettings, optional
        Where they are kept; by default the platform's place for settings.
    """

    def __init__(self, store: QSettings | None = None) -> None:
        self._store = QSettings("ionecho", "ionecho") if store is None else store

    @property
    def geometry(self) -> QByteArray | None:
        """Size and place of the window, as Qt saves them."""
        found = self._store.value(_GEOMETRY)
        return found if isinstance(found, QByteArray) and not found.isEmpty() else None

    @geometry.setter
    def geometry(self, geometry: QByteArray) -> None:
        self._store.setValue(_GEOMETRY, geometry)

    @property
    def docks(self) -> QByteArray | None:
        """Where the docks are, as Qt saves it."""
        found = self._store.value(_DOCKS)
        return found if isinstance(found, QByteArray) and not found.isEmpty() else None

    @docks.setter
    def docks(self, docks: QByteArray) -> None:
        self._store.setValue(_DOCKS, docks)

    @property
    def protocol_folder(self) -> Path:
        """Folder in which the last protocol file was opened; the current folder if it is gone."""
        found = Path(str(self._store.value(_FOLDER, "")))
        try:
            return found if str(found) != "." and found.is_dir() else Path.cwd()
        except OSError:  # a name that is too long, a folder that may not be looked into
            return Path.cwd()

    @protocol_folder.setter
    def protocol_folder(self, folder: Path) -> None:
        self._store.setValue(_FOLDER, str(folder))

    @property
    def theme(self) -> Theme:
        """Theme of the window."""
        found = str(self._store.value(_THEME, Theme.SYSTEM))
        return Theme(found) if found in set(Theme) else Theme.SYSTEM

    @theme.setter
    def theme(self, theme: Theme) -> None:
        self._store.setValue(_THEME, str(theme))

    @property
    def language(self) -> str:
        """Code of the language, for example ``de``; empty for the desktop's."""
        return str(self._store.value(_LANGUAGE, ""))

    @language.setter
    def language(self, code: str) -> None:
        self._store.setValue(_LANGUAGE, code)

    @property
    def run_columns(self) -> tuple[str, ...]:
        """Keys of the columns of the list of runs, in their order; empty for the usual ones."""
        return tuple(str(one) for one in self._list(_COLUMNS))

    @run_columns.setter
    def run_columns(self, keys: tuple[str, ...]) -> None:
        self._store.setValue(_COLUMNS, list(keys))

    @property
    def recent(self) -> tuple[Path, ...]:
        """Files and folders that were opened last, the newest first; some may be gone."""
        return tuple(Path(str(name)) for name in self._list(_RECENT)[:_N_RECENT])

    def remember(self, path: Path) -> None:
        """Keep a file or a folder that was opened, as the newest."""
        newest = path.absolute()
        others = [one for one in self.recent if one != newest]
        self._store.setValue(_RECENT, [str(one) for one in (newest, *others)][:_N_RECENT])

    def _list(self, name: str) -> list[object]:
        """Return what is kept as a list; Qt gives a list of one text back as that text."""
        kept = self._store.value(name, [])
        return [kept] if isinstance(kept, str) else list(kept) if isinstance(kept, list) else []
