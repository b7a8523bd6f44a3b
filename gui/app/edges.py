"""Upper and lower edge of the window, which no dock can cover: menus, alarm, header above; messages, status below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QLabel, QMainWindow, QStatusBar, QVBoxLayout, QWidget

from gui.app.alarm_call import AlarmCall
from gui.app.header import header
from gui.app.header_bar import HeaderBar
from gui.app.rules import Command
from gui.app.status_line import StatusLine
from gui.app.stop_keys import StopKeys
from gui.common.language import tr
from gui.common.messages import Messages
from gui.run.output_alarm import OutputAlarmBanner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import SignalInstance
    from PySide6.QtWidgets import QMenuBar

    from gui.app.actions import Actions
    from gui.app.area import Context
    from gui.app.state import AppState


def _column(widget: QWidget, parts: Sequence[QWidget]) -> None:
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for part in parts:
        column.addWidget(part)


class UpperEdge(QWidget):
    """What stands above the docks: menus, alarm, header with Run and Stop; the window is never narrower than that.

    Parameters
    ----------
    menus : QMenuBar
    actions : Actions
    window : QWidget
        Asks for attention in an alarm.
    """

    def __init__(self, menus: QMenuBar, actions: Actions, window: QWidget) -> None:
        super().__init__()
        self.setObjectName("upperEdge")
        self._actions = actions
        self._call = AlarmCall(window)
        self._alarm = OutputAlarmBanner(actions[Command.CONFIRM_OFF])
        self._header = HeaderBar(actions[Command.RUN], actions[Command.STOP])
        self._keys = StopKeys(self)
        self._keys.pressed_twice.connect(actions[Command.STOP].trigger)
        _column(self, (menus, self._alarm, self._header))

    def show_state(self, state: AppState, before: AppState) -> None:
        """Show how the run and the output stand."""
        self._actions.show_state(state)
        self._header.show_header(header(state))
        if state is before or state.alarms != before.alarms:
            self._alarm.show_reasons([alarm.reason for alarm in state.alarms])
            self._call.follow(state, before)

    def event(self, event: QEvent) -> bool:
        """Keep the window as wide as the parts need: Qt looks at the height only of what stands in place of menus."""
        if event.type() == QEvent.Type.LayoutRequest and self.parentWidget() is not None:
            self.window().setMinimumWidth(self.minimumSizeHint().width())
        return super().event(event)


def lay_out_edges(window: QMainWindow, upper: UpperEdge, context: Context, importing: SignalInstance) -> None:
    """Put the edges into a window, and tell them what they show.

    Parameters
    ----------
    window : QMainWindow
    upper : UpperEdge
    context : Context
    importing : signal
        Name of a text that is being imported; empty when there is none.
    """
    commands, actions, exchange = context.commands, context.actions, context.exchange
    actions[Command.RUN].triggered.connect(commands.start_run)
    actions[Command.STOP].triggered.connect(commands.stop)
    actions[Command.CONFIRM_OFF].triggered.connect(commands.confirm_off)
    actions[Command.ZOOM_OUT].triggered.connect(exchange.zoom_out_wanted)
    messages = Messages()
    for message in (commands.message, exchange.message):
        message.connect(messages.say)
    window.setMenuWidget(upper)
    lines = (
        _work_line("importLine", importing, tr("A run is being made of {name} …")),
        _work_line("writeLine", exchange.writing, tr("{name} is being written …")),
    )
    window.setStatusBar(_lower_edge(messages, *lines, StatusLine(context)))


def _work_line(object_name: str, named: SignalInstance, text: str) -> QLabel:
    """Return a line that is there while something with a name is being done by a process."""
    made = QLabel()
    made.setObjectName(object_name)
    made.setContentsMargins(16, 4, 16, 4)
    made.hide()

    def show(name: str) -> None:
        made.setText(text.format(name=name))
        made.setVisible(bool(name))

    named.connect(show)
    return made


def _lower_edge(*parts: QWidget) -> QStatusBar:
    """Return what stands below the docks: messages until they are dismissed, above the status line."""
    bar = QStatusBar()
    bar.setObjectName("lowerEdge")
    bar.setSizeGripEnabled(False)
    whole = QWidget()
    _column(whole, parts)
    bar.addWidget(whole, 1)
    return bar
