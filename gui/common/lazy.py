"""Content of a dock that is made when the dock is first shown: a window that opens pays for what is in sight only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from PySide6.QtWidgets import QVBoxLayout, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QShowEvent

Content = TypeVar("Content", bound=QWidget)


class Lazy(QWidget, Generic[Content]):
    """A widget whose content is made when it is first shown.

    Parameters
    ----------
    name : str
        Object name.
    make : callable
        Makes the content, and connects it.
    """

    def __init__(self, name: str, make: Callable[[], Content]) -> None:
        super().__init__()
        self.setObjectName(name)
        self._make = make
        self.content: Content | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)

    def made(self) -> Content:
        """Return the content, which is made if need be."""
        if self.content is None:
            self.content = self._make()
            layout = self.layout()
            if layout is not None:
                layout.addWidget(self.content)
        return self.content

    def showEvent(self, event: QShowEvent) -> None:
        """Make the content."""
        self.made()
        super().showEvent(event)
