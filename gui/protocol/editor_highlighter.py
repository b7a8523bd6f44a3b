"""Syntax colours of TOML, on a light and on a dark ground."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PySide6.QtGui import QFont, QSyntaxHighlighter, QTextCharFormat

if TYPE_CHECKING:
    from PySide6.QtGui import QColor, QTextDocument

    from gui.common.theme import Colours

_TOKEN = re.compile(
    r"""(?P<comment>\#.*)
      | (?P<header>^\s*\[\[?[^\[\]"']*\]\]?\s*(?=\#|$))
      | (?P<key>(?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*\s*(?==))
      | (?P<multi>\"\"\"|''')
      | (?P<string>"(?:\\.|[^"\\])*"?|'[^']*'?)
      | (?P<number>(?<![\w.])[+-]?(?:\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?|inf|nan|true|false)(?![\w.]))
    """,
    re.VERBOSE,
)
_MULTI = {1: '"""', 2: "'''"}
"""What ends a text of several lines, by the state of the line in which it is still open."""


class TomlHighlighter(QSyntaxHighlighter):
    """Colours keys, texts, numbers, tables and comments; also of a text that is no TOML yet."""

    def __init__(self, document: QTextDocument, colours: Colours) -> None:
        super().__init__(document)
        self._formats: dict[str, QTextCharFormat] = {}
        self.set_colours(colours)

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        self._formats = {
            "comment": _format(colours.faint, italic=True),
            "header": _format(colours.ink, bold=True),
            "key": _format(colours.current),
            "multi": _format(colours.voltage),
            "string": _format(colours.voltage),
            "number": _format(colours.fit),
        }
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        """Colour one line."""
        at = 0
        state = self.previousBlockState()
        if state in _MULTI:
            at = self._to_end(text, 0, state)
        while match := _TOKEN.search(text, at):
            kind = match.lastgroup or ""
            self.setFormat(match.start(), match.end() - match.start(), self._formats[kind])
            at = max(match.end(), match.start() + 1)
            if kind == "multi":
                opened = 1 if match[0] == _MULTI[1] else 2
                at = self._to_end(text, match.end(), opened)

    def _to_end(self, text: str, start: int, state: int) -> int:
        """Colour a text of several lines to its end, or to that of the line; return where it ends."""
        end = text.find(_MULTI[state], start)
        stop = len(text) if end < 0 else end + len(_MULTI[state])
        self.setFormat(start, stop - start, self._formats["multi"])
        self.setCurrentBlockState(state if end < 0 else 0)
        return stop


def _format(colour: QColor, *, bold: bool = False, italic: bool = False) -> QTextCharFormat:
    made = QTextCharFormat()
    made.setForeground(colour)
    if bold:
        made.setFontWeight(QFont.Weight.Bold)
    made.setFontItalic(italic)
    return made
