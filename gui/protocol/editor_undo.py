"""The text that is edited, and the way back: every change, typed or by the form, is one step of undo."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

_COMMAND_ID = 17
"""Tells Qt that two steps may become one; any number but -1."""


class Difference(NamedTuple):
    """A part of a text that was replaced: where, by how many characters, and with what."""

    start: int
    removed: str
    inserted: str

    def done(self, text: str) -> str:
        """Return a text with the change."""
        return text[: self.start] + self.inserted + text[self.start + len(self.removed) :]

    def undone(self, text: str) -> str:
        """Return a text without the change."""
        return text[: self.start] + self.removed + text[self.start + len(self.inserted) :]


def _n_alike(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their beginning, found by halving."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def difference(before: str, after: str) -> Difference:
    """Return the shortest part in which two texts differ."""
    start = _n_alike(before, after)
    rest = min(len(before), len(after)) - start
    end = min(_n_alike(before[::-1], after[::-1]), rest)
    return Difference(start, before[start : len(before) - end], after[start : len(after) - end])


class EditedText(QObject):
    """The text of the document, in one piece, with its undo stack.

    Attributes
    ----------
    text : str
    saved_text : str
        As it is on disk.
    stack : QUndoStack
    """

    changed = Signal(object)
    """The text is another one: where it differs (`Difference`)."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.text = ""
        self.saved_text = ""
        self.stack = QUndoStack(self)

    @property
    def is_modified(self) -> bool:
        """Whether it differs from what is on disk."""
        return self.text != self.saved_text

    def start(self, text: str, *, is_new: bool) -> None:
        """Begin with another document; a new one counts as modified."""
        change = difference(self.text, text)
        self.text = text
        self.saved_text = "" if is_new else text
        self.stack.clear()
        self.changed.emit(change)

    def change(self, text: str, title: str, origin: str = "") -> None:
        """Replace the text, as one step of undo; steps of one origin that follow each other become one.

        Parameters
        ----------
        text : str
        title : str
            What was done, for the menu.
        origin : str
            Such as the field that is being typed in; empty for a step of its own.
        """
        if text != self.text:
            self.stack.push(_Step(self, difference(self.text, text), title, origin))

    def take(self, text: str, change: Difference) -> None:
        """Take a text from a step of undo or redo."""
        self.text = text
        self.changed.emit(change)


class _Step(QUndoCommand):
    """One change of the text."""

    def __init__(self, document: EditedText, change: Difference, title: str, origin: str) -> None:
        super().__init__(title)
        self._document = document
        self.change = change
        self.origin = origin

    def id(self) -> int:
        return _COMMAND_ID

    def redo(self) -> None:
        self._document.take(self.change.done(self._document.text), self.change)

    def undo(self) -> None:
        change = self.change
        self._document.take(
            change.undone(self._document.text), Difference(change.start, change.inserted, change.removed)
        )

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Become one with the step after it, if both are of one origin and, where text is typed, of one word."""
        if not isinstance(other, _Step) or not self.origin or self.origin != other.origin:
            return False
        if self.origin == TYPED and not _continues(self.change, other.change):
            return False
        after = self._document.text
        before = self.change.undone(other.change.undone(after))
        self.change = difference(before, after)
        return True


TYPED = "typed"
"""Origin of changes that are typed into the text."""


def _continues(first: Difference, second: Difference) -> bool:
    """Whether a change goes on typing, or deleting, where another one has ended."""
    if "\n" in second.inserted or "\n" in second.removed:
        return False
    is_typing = bool(first.inserted) and not second.removed and second.start == first.start + len(first.inserted)
    is_deleting = not first.inserted and not second.inserted and second.start + len(second.removed) == first.start
    begins_word = first.inserted[-1:].isspace() and not second.inserted[:1].isspace()
    return (is_typing and not begins_word) or is_deleting
