"""A hand that does at random what a hand can do: clicks, keys, wheel, drags, sizes, docks."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, QTimer, QUrl, Slot
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QDockWidget, QFileDialog, QMenu, QWidget

if TYPE_CHECKING:
    from gui import MainWindow

_WEIGHTS = {
    "click": 34,
    "double": 4,
    "context": 4,
    "wheel": 10,
    "type": 10,
    "key": 14,
    "shortcut": 6,
    "drag": 7,
    "resize": 3,
    "dock": 6,
    "place": 2,
}
"""How often each is done, of 100: what people do most is done most."""
_TEXTS = ("10 mV", "De1-C1", "R0-", "[", '"', "-1e999", "T<262 K", "µA", "0", "1e-3 s", "x" * 60, "name = ", "Ω√\u202e")
_KEYS = (
    *("Key_Tab", "Key_Backtab", "Key_Return", "Key_Enter", "Key_Space", "Key_Escape", "Key_Delete", "Key_Backspace"),
    *("Key_Up", "Key_Down", "Key_Left", "Key_Right", "Key_Home", "Key_End", "Key_PageUp", "Key_PageDown"),
    *("Key_F2", "Key_F8", "Key_Plus", "Key_Minus", "Key_A", "Key_C", "Key_Menu"),
)
_SHORTCUTS = "KZ12SNFAVXCM"
"""With Ctrl. Ctrl+Q is pressed by `MonkeyPlay`, which opens another window then; Ctrl+O, which opens a dialog of files,
is left out: nothing of the disk is to be renamed or deleted by a hand that knows not what it does."""
_SIZES = ((900, 600), (1280, 700), (1920, 1080), (1000, 1000), (600, 400))
_RESCUE_MS = 60
"""How long a menu or a question that blocks stays open: a hand in a hurry."""
_NO_MODIFIER = Qt.KeyboardModifier.NoModifier


class Hand(QObject):
    """The hand.

    Parameters
    ----------
    seed : int
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._rng = random.Random(seed)  # noqa: S311 - not for secrets
        self._in_menus = random.Random(seed + 1)  # noqa: S311 - of its own: when a menu opens is a matter of time
        self._rescue = QTimer(self, interval=_RESCUE_MS)
        self._rescue.timeout.connect(self._leave_what_blocks)
        self._rescue.start()

    def act(self, window: MainWindow) -> str:
        """Do one thing, and return what was done."""
        for dialog in window.findChildren(QFileDialog):
            dialog.reject()
        (kind,) = self._rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()))
        if kind in {"resize", "dock", "place"}:
            return getattr(self, f"_{kind}")(window)  # type: ignore[no-any-return]
        widget = self._some_widget(window)
        if widget is None:
            return f"{kind}: nothing there"
        at = self._some_place(widget)
        name = f"{kind} {type(widget).__name__} {widget.objectName()} {at.x()},{at.y()}"
        getattr(self, f"_{kind}")(widget, at)
        return name

    @Slot(QUrl)
    def look_away(self, _place: QUrl) -> None:
        """Open no browser and no folder: they are no part of the window."""

    # -- where --------------------------------------------------------------------------------------------------------

    def _some_widget(self, window: MainWindow) -> QWidget | None:
        tops = [one for one in QApplication.topLevelWidgets() if one.isVisible() and isinstance(one, QDialog)]
        docks = [one for one in window.findChildren(QDockWidget) if not one.visibleRegion().isEmpty()]
        parts: list[QWidget] = [*docks, *docks, window]
        top = self._rng.choice(tops) if tops and self._rng.random() < 0.5 else self._rng.choice(parts)
        inside = [one for one in top.findChildren(QWidget) if _can_be_hit(one)]
        return self._rng.choice(inside) if inside else None

    def _some_place(self, widget: QWidget) -> QPoint:
        box = widget.visibleRegion().boundingRect()
        return QPoint(self._rng.randint(box.left(), box.right()), self._rng.randint(box.top(), box.bottom()))

    # -- what ---------------------------------------------------------------------------------------------------------

    def _click(self, widget: QWidget, at: QPoint) -> None:
        modifier = self._rng.choice((_NO_MODIFIER,) * 4 + (Qt.KeyboardModifier.ControlModifier,))
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, modifier, at)

    def _double(self, widget: QWidget, at: QPoint) -> None:
        QTest.mouseDClick(widget, Qt.MouseButton.LeftButton, _NO_MODIFIER, at)

    def _context(self, widget: QWidget, at: QPoint) -> None:
        QTest.mouseClick(widget, Qt.MouseButton.RightButton, _NO_MODIFIER, at)

    def _wheel(self, widget: QWidget, at: QPoint) -> None:
        turn = QPoint(0, self._rng.choice((-120, 120, -600, 600)))
        event = QWheelEvent(
            QPointF(at),
            QPointF(widget.mapToGlobal(at)),
            QPoint(),
            turn,
            Qt.MouseButton.NoButton,
            self._rng.choice((_NO_MODIFIER, Qt.KeyboardModifier.ControlModifier)),
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(widget, event)

    def _type(self, widget: QWidget, _at: QPoint) -> None:
        for letter in self._rng.choice(_TEXTS):  # not by `QTest.keyClicks`, which knows no letter beyond ASCII
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                if _can_be_hit(widget):
                    QApplication.sendEvent(widget, QKeyEvent(kind, 0, _NO_MODIFIER, letter))

    def _key(self, widget: QWidget, _at: QPoint) -> None:
        target = QApplication.focusWidget() if self._rng.random() < 0.7 else widget
        QTest.keyClick(target or widget, getattr(Qt.Key, self._rng.choice(_KEYS)))

    def _shortcut(self, widget: QWidget, _at: QPoint) -> None:
        if self._rng.random() < 0.3:
            QTest.keyClick(widget.window(), getattr(Qt.Key, f"Key_{self._rng.randrange(10)}"), _ALT)
        else:
            QTest.keyClick(widget.window(), getattr(Qt.Key, f"Key_{self._rng.choice(_SHORTCUTS)}"), _CTRL)

    def _drag(self, widget: QWidget, at: QPoint) -> None:
        to = self._some_place(widget)
        QTest.mousePress(widget, Qt.MouseButton.LeftButton, _NO_MODIFIER, at)
        for share in (0.1, 0.5, 1.0):
            QTest.mouseMove(widget, at + (to - at) * share)
        QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, _NO_MODIFIER, to)

    def _resize(self, window: MainWindow) -> str:
        size = self._rng.choice(_SIZES)
        window.resize(*size)
        return f"resize {size}"

    def _dock(self, window: MainWindow) -> str:
        dock = self._rng.choice(window.findChildren(QDockWidget))
        window.exchange.dock_wanted.emit(dock.objectName())
        return f"dock {dock.objectName()}"

    def _place(self, window: MainWindow) -> str:
        """Move a dock, let it float, or close it; or put all of them back."""
        dock = self._rng.choice(window.findChildren(QDockWidget))
        what = self._rng.choice(("move", "float", "close", "reset", "reset"))
        if what == "move":
            window.addDockWidget(self._rng.choice(list(Qt.DockWidgetArea)[:4]), dock)
        elif what == "float":
            dock.setFloating(not dock.isFloating())
        elif what == "close":
            dock.close()
        else:
            name = self._rng.choice(("window.reset", "window.measure", "window.analyse"))
            for action in window.actions():
                if action.objectName() == name:
                    action.trigger()
        return f"{what} {dock.objectName()}"

    def _leave_what_blocks(self) -> None:
        """Choose something from a menu that is open, or close it; reject a question that blocks."""
        popup, modal = QApplication.activePopupWidget(), QApplication.activeModalWidget()
        if isinstance(popup, QMenu) and self._in_menus.random() < 0.4:
            for _ in range(self._in_menus.randint(1, 6)):
                QTest.keyClick(popup, Qt.Key.Key_Down)
            chosen = popup.activeAction()
            if chosen is not None and chosen.objectName() not in {"window.open", "window.quit"}:
                QTest.keyClick(popup, Qt.Key.Key_Return)
        if (popup := QApplication.activePopupWidget()) is not None:
            popup.close()
        if isinstance(modal, QDialog):
            modal.reject()


_CTRL, _ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


def _can_be_hit(widget: QWidget) -> bool:
    is_file_dialog = isinstance(widget.window(), QFileDialog)
    return widget.isVisible() and widget.isEnabled() and not widget.visibleRegion().isEmpty() and not is_file_dialog
