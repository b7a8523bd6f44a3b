"""Which instrument is it? A real one at a VISA address, or a simulated one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QVBoxLayout, QWidget

from gui.common.child_process import JsonChild
from gui.common.widgets import button, label
from gui.instrument.instrument_menu import InstrumentMenu

_SIMULATED = {
    "keithley2461": "Keithley 2461",
    "keithley2460": "Keithley 2460",
    "keithley2450": "Keithley 2450",
    "keithley2602b": "Keithley 2602B",
    "b2912a": "Keysight B2912A",
    "emstat-pico": "PalmSens EmStat Pico",
    "emstat4": "PalmSens EmStat4",
    "ec301": "SRS EC301",
    "zahner-pp212": "Zahner PP212",
}
"""What can be simulated, and driven; the first is taken by the button, the others by the menu beside it."""
_USUAL = "keithley2461"
_OPENER_WIDTH = 42
_HINT = "Enter its address, choose it from the menu, or take a simulated one."


@dataclass(frozen=True)
class Instrument:
    """Who answered at an address, and the driver for it.

    Attributes
    ----------
    resource, maker, model, serial, firmware : str
    driver : str
        Name of the driver.
    """

    resource: str
    maker: str
    model: str
    serial: str
    firmware: str
    driver: str


class ConnectionPanel(QWidget):
    """The box "Instrument": asks an address who is there, through a child process, and shows the answer."""

    connected = Signal(object)
    """`Instrument`, or None when there is none any more."""
    failed = Signal(str)
    """Why there is none."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._seed = seed
        self._simulated_at: dict[str, str] = {}
        self.address = QLineEdit()
        self.address.setObjectName("resourceEdit")
        self.address.setPlaceholderText("TCPIP::192.168.0.10::5025::SOCKET")
        self.address.setToolTip("VISA resource of the instrument, or its name in the address book")
        self.address.returnPressed.connect(self.connect_address)
        self._connect = button("Connect", "connectButton", self.connect_address)
        self._menu = InstrumentMenu(self)
        self._menu.chosen.connect(self._connect_to)
        self._found = button("", "foundButton", lambda: None, tip="Address book, and instruments that are found")
        self._found.setMenu(self._menu)
        self._simulate = button(
            "Simulated 2461",
            "simulateButton",
            self.simulate,
            tip="Start a simulated Keithley 2461 with a cell between its clips, and connect to it",
        )
        self._others = button("", "simulatedButton", lambda: None, tip="Other instruments that can be simulated")
        self._others.setMenu(self._simulated_menu())
        for opener in (self._found, self._others):
            opener.setFixedWidth(_OPENER_WIDTH)
        self._who = label("Not connected", "heading", "instrumentName")
        self._detail = label(_HINT, "faint", "instrumentDetail")
        self._discover = JsonChild("Asking who is there", self)
        self._discover.documented.connect(self._answered)
        self._discover.failed.connect(self._not_connected)
        self._simulators: dict[str, JsonChild] = {}
        self._lay_out()

    def _simulated_menu(self) -> QMenu:
        menu = QMenu(self)
        for kind, title in _SIMULATED.items():
            menu.addAction(f"Simulated {title}").triggered.connect(lambda _checked, kind=kind: self.simulate(kind))
        return menu

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

    @property
    def simulates(self) -> bool:
        """Whether the instrument is a simulated one that this window serves."""
        return self.address.text().strip() in self._simulated_at.values()

    def _connect_to(self, resource: str) -> None:
        self.address.setText(resource)
        self.connect_address()

    def connect_address(self) -> None:
        """Ask the address in the field who is there."""
        resource = self.address.text().strip()
        if resource:
            self._say("Connecting …", resource)
            self._allow(False)
            self._discover.start("discover", resource, "--json")

    def simulate(self, kind: str = _USUAL) -> None:
        """Start a simulated instrument, and connect to it."""
        if kind in self._simulated_at:
            self._connect_to(self._simulated_at[kind])
            return
        self._say(f"Starting a simulated {_SIMULATED[kind]} …", "")
        self._allow(False)
        server = JsonChild("The simulated instrument", self, serves=True)
        server.documented.connect(lambda document: self._simulated(kind, document))
        server.failed.connect(lambda why: self._simulation_ended(kind, why))
        self._simulators[kind] = server
        server.start("sim", kind, "--json", "--seed", str(self._seed))

    def _simulated(self, kind: str, document: dict[str, Any]) -> None:
        self._simulated_at[kind] = str(document["resource"])
        self._connect_to(self._simulated_at[kind])

    def _simulation_ended(self, kind: str, why: str) -> None:
        was_here = self._simulated_at.pop(kind, None) in {None, self.address.text().strip()}
        self._simulators.pop(kind).deleteLater()
        if was_here:
            self._not_connected(why)

    def _answered(self, document: dict[str, Any]) -> None:
        found = document["instruments"][0]
        if found["problem"]:
            self._not_connected(found["problem"])
            return
        fields = {name: str(found[name]) for name in Instrument.__dataclass_fields__}
        instrument = Instrument(**fields)
        self._say(
            f"{instrument.maker.title()} {instrument.model.removeprefix('MODEL ')}",
            f"{'Simulated, serial' if self.simulates else 'Serial'} {instrument.serial}",
        )
        self._detail.setToolTip(f"Firmware {instrument.firmware}")
        self._allow(True)
        self.connected.emit(instrument)

    def _not_connected(self, why: str) -> None:
        self._say("Not connected", _HINT)
        self._allow(True)
        self.connected.emit(None)
        self.failed.emit(why)

    def _say(self, who: str, detail: str) -> None:
        self._who.setText(who)
        self._detail.setText(detail)
        self._detail.setVisible(bool(detail))

    def _allow(self, allowed: bool) -> None:
        for widget in (self._connect, self.address, self._found, self._others):
            widget.setEnabled(allowed)
        here = self.address.text().strip()
        self._simulate.setEnabled(allowed and self._simulated_at.get(_USUAL) != here)

    def close_children(self) -> None:
        """End simulated instruments and questions that are under way; only for a window that closes."""
        for child in (self._discover, self._menu.search, *self._simulators.values()):
            child.end()
            child.wait_for_end()
