"""Which instrument is it? A real one at a VISA address, or a simulated one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from gui.child_process import JsonChild
from gui.widgets import button, label


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
        self._simulated_at = ""
        self.address = QLineEdit()
        self.address.setObjectName("resourceEdit")
        self.address.setPlaceholderText("TCPIP::192.168.0.10::5025::SOCKET")
        self.address.setToolTip("VISA resource of the instrument")
        self.address.returnPressed.connect(self.connect_address)
        self._connect = button("Connect", "connectButton", self.connect_address)
        self._simulate = button(
            "Simulated 2461",
            "simulateButton",
            self.simulate,
            tip="Start a simulated Keithley 2461 with a cell between its clips, and connect to it",
        )
        self._who = label("Not connected", "heading", "instrumentName")
        self._detail = label("Enter its VISA address, or take the simulated one.", "faint", "instrumentDetail")
        self._discover = JsonChild("Asking who is there", self)
        self._discover.documented.connect(self._answered)
        self._discover.failed.connect(self._not_connected)
        self._simulator = JsonChild("The simulated instrument", self, serves=True)
        self._simulator.documented.connect(self._simulated)
        self._simulator.failed.connect(self._not_connected)
        self._lay_out()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self._connect)
        buttons.addWidget(self._simulate, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._who)
        layout.addWidget(self._detail)
        layout.addWidget(self.address)
        layout.addLayout(buttons)

    @property
    def simulates(self) -> bool:
        """Whether the instrument is the simulated one that this window serves."""
        return self._simulator.is_running and self.address.text().strip() == self._simulated_at

    def connect_address(self) -> None:
        """Ask the address in the field who is there."""
        resource = self.address.text().strip()
        if resource:
            self._say("Connecting …", resource)
            self._allow(False)
            self._discover.start("discover", resource, "--json")

    def simulate(self) -> None:
        """Start a simulated instrument, and connect to it."""
        if self._simulator.is_running:
            self.address.setText(self._simulated_at)
            self.connect_address()
            return
        self._say("Starting the simulated instrument …", "")
        self._allow(False)
        self._simulator.start("sim", "keithley2461", "--json", "--seed", str(self._seed))

    def _simulated(self, document: dict[str, Any]) -> None:
        self._simulated_at = str(document["resource"])
        self.address.setText(self._simulated_at)
        self.connect_address()

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
        self._say("Not connected", "Enter its VISA address, or take the simulated one.")
        self._allow(True)
        self.connected.emit(None)
        self.failed.emit(why)

    def _say(self, who: str, detail: str) -> None:
        self._who.setText(who)
        self._detail.setText(detail)
        self._detail.setVisible(bool(detail))

    def _allow(self, allowed: bool) -> None:
        for widget in (self._connect, self.address):
            widget.setEnabled(allowed)
        self._simulate.setEnabled(allowed and not self.simulates)

    def close_children(self) -> None:
        """End the simulated instrument and a question that is under way; only for a window that closes."""
        for child in (self._discover, self._simulator):
            child.end()
            child.wait_for_end()
