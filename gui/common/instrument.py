"""Instruments as the window knows them: identity, connection, what a search found, simulated ones. Without Qt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

SIMULATED_KINDS = {
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
"""Titles of the instruments that can be simulated and driven, by the names that ``ionecho sim`` takes."""

USUAL_KIND = "keithley2461"
"""The simulated instrument that has a button of its own; the README's tour uses it."""


def instrument_title(maker: str, model: str) -> str:
    """Return maker and model, as people write them: Keithley 2461."""
    short = re.sub(r"[ ,]+(inc|instruments|technologies)\b\.?", "", maker, flags=re.IGNORECASE)
    name = re.sub(r"^model ", "", model, flags=re.IGNORECASE)
    return f"{short.title() if short.isupper() else short} {name}".strip()


@dataclass(frozen=True)
class Instrument:
    """An instrument that answered at an address, and the driver for it.

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

    @property
    def title(self) -> str:
        """Maker and model, as people write them."""
        return instrument_title(self.maker, self.model)


class ConnectionStage(Enum):
    """Stages of the connection to an instrument.

    ::

        NONE ──► STARTING_SIMULATOR ──► CONNECTING ──► CONNECTED
          └─────────────────────────────────▲  ▲──────────┘
        any stage ──► NONE   nobody answers, or the simulated instrument has ended
    """

    NONE = "not connected"
    STARTING_SIMULATOR = "a simulated instrument is starting"
    CONNECTING = "an address is being asked"
    CONNECTED = "an instrument has answered"


@dataclass(frozen=True)
class Connection:
    """The connection to an instrument.

    Attributes
    ----------
    stage : ConnectionStage
    address : str
        Resource, or name in the address book, that is being asked or has answered.
    instrument : Instrument or None
        Set when connected, and only then.
    kind : str
        Kind of the simulated instrument at `address`, or of the one that is starting; empty for a real one.
    """

    stage: ConnectionStage = ConnectionStage.NONE
    address: str = ""
    instrument: Instrument | None = None
    kind: str = ""

    @property
    def is_busy(self) -> bool:
        """Whether an answer is awaited."""
        return self.stage in {ConnectionStage.STARTING_SIMULATOR, ConnectionStage.CONNECTING}

    @property
    def is_simulated(self) -> bool:
        """Whether the instrument is a simulated one that this window serves."""
        return bool(self.kind)


@dataclass(frozen=True)
class Simulator:
    """A simulated instrument that this window serves.

    Attributes
    ----------
    kind, resource : str
    """

    kind: str
    resource: str


@dataclass(frozen=True)
class FoundInstrument:
    """An instrument of the address book, or one that a search found.

    Attributes
    ----------
    name : str
        In the address book; may be empty.
    resource, maker, model : str
        Maker and model are empty if it gave no answer.
    problem : str
        Why it cannot be used; empty if it can.
    """

    name: str
    resource: str
    maker: str = ""
    model: str = ""
    problem: str = ""

    @property
    def address(self) -> str:
        """What to connect to: the name, or the resource of an instrument without one."""
        return self.name or self.resource

    @property
    def text(self) -> str:
        """Name, make, place and problem, for a menu."""
        who = instrument_title(self.maker, self.model) if self.model else ""
        problem = "no driver" if who and self.problem else "silent" if self.problem else ""
        return " – ".join(part for part in (self.name, who, self.resource, problem) if part)
