"""Panel of the connection: an address, what answered there, and simulated instruments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QVBoxLayout, QWidget

from gui.common.instrument import SIMULATED_KINDS, USUAL_KIND, Connection, ConnectionStage
from gui.common.language import tr, tr_later
from gui.common.widgets import action_button, button, follow_action, label
from gui.instrument.instrument_menu import InstrumentMenu

if TYPE_CHECKING:
    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QPushButton

_DETAIL_LINES = 2
"""Lines below the name of the instrument: what `_HINT` takes. Doubled, the protocols lose a row."""
# Just wide enough for the arrow of a menu.
_OPENER_WIDTH = 28
_HINT = tr_later("Enter its address, choose it from the menu, or take a simulated one.")


class ConnectionPanel(QWidget):
    """The box "Instrument": says what is connected, and asks for another instrument.

    Parameters
    ----------
    connect, find, simulate, simulate_usual : QAction
        Whether, and why not, the address can be connected to, the menus opened and the button pressed.
    """

    connect_wanted = Signal(str)
    """Connect to this address."""
    simulate_wanted = Signal(str)
    """Connect to a simulated instrument of this kind."""

    def __init__(self, connect: QAction, find: QAction, simulate: QAction, simulate_usual: QAction) -> None:
        super().__init__()
        self.address = QLineEdit()
        self.address.setObjectName("resourceEdit")
        self.address.setAccessibleName(tr("Address of the instrument"))
        self.address.setPlaceholderText("TCPIP::192.168.0.10::5025::SOCKET")
        self.address.returnPressed.connect(self._ask)
        self.menu = InstrumentMenu(self)
        self.menu.chosen.connect(self._ask_for)
        self._connect = action_button(connect, "connectButton")
        self._simulate = action_button(simulate_usual, "simulateButton")
        connect.triggered.connect(self._ask)
        simulate_usual.triggered.connect(lambda: self.simulate_wanted.emit(USUAL_KIND))
        self._found = self._opener("foundButton", self.menu, find)
        self._others = self._opener("simulatedButton", self._simulated_menu(), simulate)
        self._connect_action = connect
        connect.changed.connect(self._follow_connect)
        self._follow_connect()
        self._who = label(tr("Not connected"), "heading", "instrumentName")
        self._detail = label(tr(_HINT), "faint", "instrumentDetail")
        # As high with any text: what stands below it must not move while somebody aims at it.
        self._detail.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._detail.setFixedHeight(_DETAIL_LINES * self._detail.fontMetrics().lineSpacing() + 2)
        self._lay_out()

    def _opener(self, name: str, menu: QMenu, action: QAction) -> QPushButton:
        made = button("", name, lambda: None)
        made.setAccessibleName(action.text())
        made.setMenu(menu)
        made.setFixedWidth(_OPENER_WIDTH)
        action.changed.connect(lambda: follow_action(made, action))
        follow_action(made, action)
        return made

    def _simulated_menu(self) -> QMenu:
        menu = QMenu(self)
        for kind, title in SIMULATED_KINDS.items():
            entry = menu.addAction(tr("Simulated {title}").format(title=title))
            entry.triggered.connect(lambda _checked, kind=kind: self.simulate_wanted.emit(kind))
        return menu

    def _follow_connect(self) -> None:
        action = self._connect_action
        self.address.setEnabled(action.isEnabled())
        tip = tr("VISA resource of the instrument, or its name in the address book")
        self.address.setToolTip(tip if action.isEnabled() else action.toolTip())

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self._connect)
        buttons.addWidget(self._simulate, 1)
        buttons.addWidget(self._others)
        address = QHBoxLayout()
        address.addWidget(self.address, 1)
        address.addWidget(self._found)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._who)
        layout.addWidget(self._detail)
        layout.addLayout(address)
        layout.addLayout(buttons)
        layout.addStretch(1)

    def _ask(self) -> None:
        self.connect_wanted.emit(self.address.text().strip())

    def _ask_for(self, address: str) -> None:
        self.address.setText(address)
        self._ask()

    def show_connection(self, connection: Connection, in_run: str | None = None) -> None:
        """Say what is connected.

        Parameters
        ----------
        connection : Connection
        in_run : str, optional
            The instrument of the run in progress, empty if it is not known yet; None without a run.
        """
        if connection.address and connection.address != self.address.text():
            self.address.setText(connection.address)
        # The beginning of a long address tells more than its end.
        self.address.setCursorPosition(0)
        who, detail, tip = _texts(connection, in_run)
        self._who.setText(who)
        self._detail.setText(detail)
        self._detail.setToolTip(tip)


def _texts(connection: Connection, in_run: str | None) -> tuple[str, str, str]:
    """Return what the panel says of a connection: who, detail, tool tip."""
    instrument = connection.instrument
    if instrument is not None:
        serial = tr("Simulated, serial {number}") if connection.is_simulated else tr("Serial {number}")
        firmware = tr("Firmware {version}").format(version=instrument.firmware)
        return instrument.title, serial.format(number=instrument.serial), firmware
    if in_run is not None:
        return in_run or tr("Instrument of the run"), tr("In the hands of the run that this window follows."), ""
    if connection.stage is ConnectionStage.STARTING_SIMULATOR:
        title = SIMULATED_KINDS.get(connection.kind, connection.kind)
        return tr("Starting a simulated {title} …").format(title=title), "", ""
    if connection.stage is ConnectionStage.CONNECTING:
        return tr("Connecting …"), connection.address, ""
    return tr("Not connected"), tr(_HINT), ""
