"""Tree of the queue: campaigns in their order, each with its points; what waits is moved by dragging it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPalette, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QTreeWidget,
    QTreeWidgetItem,
)

from gui.common.language import tr
from gui.common.queue_view import clock_text

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex, QPersistentModelIndex
    from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent
    from PySide6.QtWidgets import QStyleOptionViewItem, QWidget

    from gui.common.queue_view import CampaignView, PointView, QueueView

_NAME, _STATE, _PROGRESS, _END = range(4)
"""Columns."""
_KEY, _SHARE, _WHAT = (Qt.ItemDataRole.UserRole + k for k in range(3))
"""Roles: number of the campaign, share that is done, and what is shown (`CampaignView` or `PointView`)."""
_BAR = 3
"""Height (pixels) of the bar of what is done, as of the window's other progress bars."""
_WIDTHS = (320, 200, 100, 110)
"""Widths (pixels) of the columns: a name, a state (it takes what is left, for its reason), "1,204 of 2,000", a date."""


_NAME_SHARE = 0.32
"""Share of the width that names may take: half of what is left of a narrow dock. More, and reasons are cut."""


class QueueTree(QTreeWidget):
    """Campaigns of the queue."""

    moved = Signal(int, int)
    """A campaign (its number) is wanted at another place among what waits, from 1."""
    run_opened = Signal(object)
    """The run (Path) of a point was chosen by a double click or Enter."""
    looked_into = Signal(object)
    """Numbers of the campaigns whose points are in sight (frozenset)."""
    remove_wanted = Signal()
    menu_wanted = Signal(object)
    """Menu of what is selected, at this place of the screen (QPoint)."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("queueTree")
        self.setAccessibleName(tr("Queue"))
        self.setAccessibleDescription(
            tr("Campaigns in their order. Alt with the arrow keys moves what waits; the right arrow opens its points.")
        )
        self.setHeaderLabels([tr("Name"), tr("State"), tr("Done"), tr("End")])
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setAllColumnsShowFocus(True)
        self.setUniformRowHeights(True)
        self.setExpandsOnDoubleClick(False)
        self.setItemDelegateForColumn(_PROGRESS, _ProgressDelegate(self))
        header = self.header()
        for column, width in enumerate(_WIDTHS):
            header.resizeSection(column, width)
        header.setStretchLastSection(False)
        header.setSectionResizeMode(_STATE, QHeaderView.ResizeMode.Stretch)
        self._view: QueueView | None = None
        self._pressed: tuple[QPoint, int] | None = None
        self._target: int | None = None
        self.itemDoubleClicked.connect(lambda item, _column: self._open(item))
        self.itemExpanded.connect(lambda _: self._tell_opened())
        self.itemCollapsed.connect(lambda _: self._tell_opened())

    # -- show ---------------------------------------------------------------------------------------------------------

    def show_queue(self, view: QueueView, now_s: float) -> None:
        """Show the queue; what is selected and opened stays so."""
        before, self._view = self._view, view
        wanted = [one.number for one in view.campaigns]
        if wanted != [self._number(item) for item in self._items()]:
            self._rebuild(wanted)
        for item, one in zip(self._items(), view.campaigns, strict=True):
            known = None if before is None else before.campaign(one.number)
            self._fill(item, one, now_s)
            if known is None or known.points != one.points or item.childCount() != max(len(one.points), 1):
                self._fill_points(item, one, now_s)

    def _items(self) -> list[QTreeWidgetItem]:
        every = [self.topLevelItem(row) for row in range(self.topLevelItemCount())]
        return [one for one in every if one is not None]

    @staticmethod
    def _number(item: QTreeWidgetItem) -> int:
        return int(item.data(_NAME, _KEY))

    def _rebuild(self, wanted: list[int]) -> None:
        opened, selected = self.opened, self.selected_number
        by_number = {self._number(item): item for item in self._items()}
        self.blockSignals(True)  # it is told once, at the end
        while self.topLevelItemCount():
            self.takeTopLevelItem(0)
        for number in wanted:
            item = by_number.get(number) or _new_campaign(number)
            self.addTopLevelItem(item)
            item.setExpanded(number in opened)
            if number == selected:
                self.setCurrentItem(item)
        self.blockSignals(False)
        self.itemSelectionChanged.emit()
        if self.opened != opened:
            self._tell_opened()

    def _fill(self, item: QTreeWidgetItem, one: CampaignView, now_s: float) -> None:
        killed = self._view is not None and self._view.is_killed(one)
        item.setText(_NAME, one.name)
        item.setText(_STATE, campaign_state_text(one, killed=killed))
        item.setToolTip(_NAME, f"{one.resource}\n{one.folder}")
        item.setToolTip(_STATE, one.reason)
        item.setText(_PROGRESS, tr("{done} of {n}").format(done=one.n_done, n=one.n_points) if one.n_points else "")
        item.setData(_PROGRESS, _SHARE, one.n_done / one.n_points if one.n_points else 0.0)
        end_s = one.expected_end_s if one.campaign_state == "running" and not killed else None
        item.setText(_END, "" if end_s is None else tr("about {clock}").format(clock=clock_text(end_s, now_s)))
        item.setData(_NAME, _WHAT, one)

    def _fill_points(self, item: QTreeWidgetItem, one: CampaignView, now_s: float) -> None:
        """Show the points of a campaign, or that they are being read when it is opened."""
        while item.childCount() > max(len(one.points), 1):
            item.takeChild(item.childCount() - 1)
        while item.childCount() < max(len(one.points), 1):
            item.addChild(_new_point(one.number))
        children = [child for child in map(item.child, range(item.childCount())) if child is not None]
        if not one.points:
            children[0].setText(_NAME, tr("reading its points …"))
            return
        for child, point in zip(children, one.points, strict=True):
            if child.data(_NAME, _WHAT) == point:
                continue
            child.setText(_NAME, tr("{n}  {label}").format(n=point.number, label=point.label))
            child.setText(_STATE, point_state_text(point))
            child.setToolTip(_STATE, point.reason)
            child.setText(_PROGRESS, f"{point.n_samples:,}" if point.n_samples else "")
            child.setText(_END, "" if point.ended_s is None else clock_text(point.ended_s, now_s))
            child.setData(_NAME, _WHAT, point)

    @property
    def opened(self) -> frozenset[int]:
        """Numbers of the campaigns whose points are in sight."""
        return frozenset(self._number(item) for item in self._items() if item.isExpanded())

    def _tell_opened(self) -> None:
        if not self.signalsBlocked():
            self.looked_into.emit(self.opened)

    @property
    def selected_number(self) -> int | None:
        """Number of the campaign that is selected, or one of whose points is."""
        item = self.currentItem()
        return None if item is None else self._number(item)

    @property
    def selected_point(self) -> PointView | None:
        """The point that is selected."""
        item = self.currentItem()
        return None if item is None or item.parent() is None else item.data(_NAME, _WHAT)

    # -- keys and mouse -----------------------------------------------------------------------------------------------

    def _open(self, item: QTreeWidgetItem) -> None:
        if item.parent() is None:
            item.setExpanded(not item.isExpanded())
            return
        point: PointView | None = item.data(_NAME, _WHAT)
        if point is not None and point.is_measured:
            self.run_opened.emit(point.run)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move by Alt and arrows, open by Enter, remove by Delete."""
        key, item = event.key(), self.currentItem()
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.modifiers() & Qt.KeyboardModifier.AltModifier and key in steps:
            self.move_selected(steps[Qt.Key(key)])
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and item is not None:
            self._open(item)
        elif key == Qt.Key.Key_Delete and item is not None and item.parent() is None:
            self.remove_wanted.emit()
        else:
            super().keyPressEvent(event)

    def move_selected(self, by: int) -> None:
        """Ask for the campaign that is selected some places further down, or up."""
        number = self.selected_number
        if number is None or self._view is None:
            return
        place = self._view.place_of(number)
        if place and place + by >= 1:
            self.moved.emit(number, place + by)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of what waits."""
        super().mousePressEvent(event)
        item = self.itemAt(event.position().toPoint())
        is_ours = event.button() == Qt.MouseButton.LeftButton and item is not None and item.parent() is None
        if is_ours and item is not None and self._view is not None and self._view.place_of(self._number(item)):
            self._pressed = (event.position().toPoint(), self._number(item))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show where it would go."""
        if self._pressed is None:
            super().mouseMoveEvent(event)
            return
        at = event.position().toPoint()
        if self._target is None and (at - self._pressed[0]).manhattanLength() < QApplication.startDragDistance():
            return
        self._target = self._row_before(at)
        self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let it go: at another place it is moved there."""
        pressed, target = self._pressed, self._target
        self._pressed = self._target = None
        self.viewport().update()
        if pressed is None or target is None or self._view is None:
            super().mouseReleaseEvent(event)
            return
        number = pressed[1]
        above = [self._number(item) for item in self._items()[:target]]
        resource = next(one.resource for one in self._view.campaigns if one.number == number)
        others = [one for one in self._view.campaigns if one.is_waiting and one.resource == resource]
        place = 1 + sum(one.number in above for one in others if one.number != number)
        if place != self._view.place_of(number):
            self.moved.emit(number, place)

    def _row_before(self, at: QPoint) -> int:
        """Return how many campaigns are above a point of the widget."""
        middles = [self.visualItemRect(item).center().y() for item in self._items()]
        return sum(middle < at.y() for middle in middles)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the place where what is dragged would go."""
        super().paintEvent(event)
        if self._target is None:
            return
        items = self._items()
        last = self.visualItemRect(items[-1])
        y = self.visualItemRect(items[self._target]).top() if self._target < len(items) else last.bottom()
        painter = QPainter(self.viewport())
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2))
        painter.drawLine(0, y, self.viewport().width(), y)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give names a share of the width: what is left is for states and their reasons."""
        super().resizeEvent(event)
        self.header().resizeSection(_NAME, min(round(_NAME_SHARE * self.width()), _WIDTHS[_NAME]))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of what is selected."""
        if self.currentItem() is not None:
            self.menu_wanted.emit(event.globalPos())


class _ProgressDelegate(QStyledItemDelegate):
    """Paints under a text how much is done."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        share = index.data(_SHARE)
        if not share:
            return
        rect: QRect = option.rect
        widget: QWidget = option.widget
        whole = QRect(rect.left() + 4, rect.bottom() - _BAR, rect.width() - 12, _BAR)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        role = QPalette.ColorRole.HighlightedText if is_selected else QPalette.ColorRole.Highlight
        ink = QColor(widget.palette().color(role))
        painter.fillRect(QRect(whole.left(), whole.top(), max(round(whole.width() * share), 1), _BAR), ink)


def _new_campaign(number: int) -> QTreeWidgetItem:
    item = QTreeWidgetItem()
    item.setData(_NAME, _KEY, number)
    item.addChild(_new_point(number))
    return item


def _new_point(number: int) -> QTreeWidgetItem:
    item = QTreeWidgetItem()
    item.setData(_NAME, _KEY, number)
    return item


def campaign_state_text(one: CampaignView, *, killed: bool) -> str:
    """Return how a campaign stands, in a few words."""
    if one.output_problem:
        return tr("output may be ON: {reason}").format(reason=one.output_problem)
    if killed:
        return tr("its process was killed")
    word = {
        "waiting": tr("waiting"),
        "running": tr("measuring"),
        "paused": tr("paused"),
        "done": tr("done"),
        "failed": tr("failed"),
        "stopped": tr("stopped"),
    }.get(one.campaign_state if one.is_open else one.state, one.state)
    return f"{word}: {one.reason}" if one.reason else word


def point_state_text(point: PointView) -> str:
    """Return how a point stands: with the reason of a failure, and how often it was tried."""
    word = {
        "waiting": tr("waiting"),
        "running": tr("measuring"),
        "done": tr("done"),
        "failed": tr("failed"),
        "stopped": tr("stopped"),
        "skipped": tr("skipped"),
    }.get(point.state, point.state)
    if point.attempts > 1:
        word = tr("{state} (attempt {n})").format(state=word, n=point.attempts)
    return f"{word}: {point.reason}" if point.reason else word
