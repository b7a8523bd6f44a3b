"""Store: the one place that keeps the window's state and tells when it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Concatenate, ParamSpec

from PySide6.QtCore import QObject, Signal

from gui.app.state import AppState

if TYPE_CHECKING:
    from collections.abc import Callable

    Arguments = ParamSpec("Arguments")


class Store(QObject):
    """The window's state. Lives in the GUI thread and is used from there only.

    Attributes
    ----------
    state : AppState
        The newest state.
    """

    changed = Signal(object, object)
    """The new `AppState`, and the one before it."""

    def __init__(self, parent: QObject | None = None, state: AppState | None = None) -> None:
        super().__init__(parent)
        self.state = AppState() if state is None else state

    def apply(
        self,
        transition: Callable[Concatenate[AppState, Arguments], AppState],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> None:
        """Take the next state from a transition of `gui.app.transitions`, and tell if it differs."""
        before = self.state
        self.state = transition(before, *args, **kwargs)
        if self.state != before:
            self.changed.emit(self.state, before)
