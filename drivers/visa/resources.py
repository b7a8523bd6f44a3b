"""VISA resources: the resource manager, what VISA finds, and the parts of a resource's name."""

from __future__ import annotations

import socket
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

from drivers.visa.late_module import load_later
from protocols import ConnectionLost

if TYPE_CHECKING:
    from pyvisa import ResourceManager


@lru_cache(maxsize=1)
def resource_manager() -> ResourceManager:
    """Return the one resource manager of all our sessions."""
    # All managers of one VISA library share a session table, and closing one closes the others' resources (pyvisa
    # issue 742). A library is known by its path, which pyvisa-py does not use: by this one we have our own.
    import pyvisa

    load_later("zeroconf")  # with asyncio and ssl: half of what pyvisa-py loads, and no session needs it
    return pyvisa.ResourceManager("ionecho@py")


def list_visa_resources() -> tuple[str, ...]:
    """Return what VISA itself finds. Takes some seconds; raw sockets are never among it."""
    return resource_manager().list_resources("?*")


def canonical_resource(resource: str) -> str:
    """Return a VISA resource name in the one spelling that all spellings of it have in common.

    ``tcpip::localhost::5025::socket`` and ``TCPIP0::127.0.0.1::5025::SOCKET`` are the same. Host names are looked up;
    one that cannot be is left as it is.
    """
    from pyvisa.rname import InvalidResourceName, ResourceName, TCPIPInstr, TCPIPSocket

    try:
        # The class of the resource is recognised in capitals only.
        name = ResourceName.from_string(resource.strip().upper())
    except InvalidResourceName:
        return resource.strip().upper()
    if isinstance(name, TCPIPInstr | TCPIPSocket):
        with suppress(OSError):
            name.host_address = socket.gethostbyname(name.host_address)
    return str(name)


def network_host(resource: str) -> str:
    """Return the address of the host that a resource is on, empty if it is on no network: simulators share one host."""
    from pyvisa.rname import InvalidResourceName, ResourceName, TCPIPInstr, TCPIPSocket

    try:
        name = ResourceName.from_string(canonical_resource(resource))
    except InvalidResourceName:
        return ""
    if isinstance(name, TCPIPInstr | TCPIPSocket) and not name.host_address.startswith("127."):
        return str(name.host_address)
    return ""


def interface_of(resource: str) -> str:
    """Return a resource's VISA interface and class, such as ``TCPIP SOCKET`` or ``ASRL INSTR``.

    Raises
    ------
    ConnectionLost
        If it is no VISA resource name.
    """
    from pyvisa.rname import InvalidResourceName, ResourceName

    try:
        name = ResourceName.from_string(resource.strip().upper())
    except InvalidResourceName:
        raise ConnectionLost(
            f"{resource!r} is no VISA resource, such as TCPIP::192.168.0.10::5025::SOCKET, nor in the address book"
        ) from None
    return f"{name.interface_type} {name.resource_class}"


def is_address(text: str) -> bool:
    """Whether a text is the VISA resource name of an instrument."""
    try:
        interface_of(text)
    except ConnectionLost:
        return False
    return True


def takes_one_client(resource: str) -> bool:
    """Whether a second session would take the first one's answers: so it is on serial lines."""
    return interface_of(resource).startswith("ASRL")
