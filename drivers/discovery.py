"""Discovery of instruments: the address book, what VISA lists, the local network, the serial ports."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager, nullcontext, suppress

from drivers.address_book import addresses, resolved
from drivers.registry import Found, InstrumentInUseError, probe
from drivers.visa.resources import canonical_resource, list_visa_resources
from protocols import InstrumentError

# Service types of DNS-SD, and the resource of each.
_SERVICES = {
    # Service types of DNS-SD that instruments announce (LXI Device Specification 1.5, section 10).
    "_scpi-raw._tcp.local.": "TCPIP::{host}::{port}::SOCKET",
    "_hislip._tcp.local.": "TCPIP::{host}::hislip0,{port}::INSTR",
    "_vxi-11._tcp.local.": "TCPIP::{host}::inst0::INSTR",
}
_LISTEN_S = 1.5  # answers come within 0.12 s (RFC 6762, section 6); the rest is for slow instruments
_AT_ONCE = 8  # addresses that are asked side by side: a silent one costs a timeout

Progress = Callable[[Found, int, int], None]
"""Gets what was found, how many have answered, and how many are asked."""
Claim = Callable[[str], AbstractContextManager[object]]
"""Holds an instrument while it is asked, or raises `InstrumentInUseError`: then nothing is sent to it."""
Report = Callable[[str], None]
"""Gets where nobody could look, as a sentence with the reason."""


def discover(
    resources: list[str] | None = None,
    timeout_s: float = 1.0,
    progress: Progress | None = None,
    claim: Claim = nullcontext,
    report: Report = lambda _: None,
) -> list[Found]:
    """Ask the instruments at some addresses, or at all that can be found, for their identity.

    Parameters
    ----------
    resources : list of str, optional
        VISA resources or names of the address book. None looks everywhere, which takes some seconds; raw sockets that
        neither the address book has nor the network announces cannot be found: name them.
    timeout_s : float
        For each greeting.
    progress : callable, optional
        Called as answers come.
    claim : callable, optional
        Takes the VISA resource of an instrument and holds it while it is asked: a greeting ends the program of a
        2600B, and takes another client's answers on a serial line. `daq.locks.instrument_searched` is one.
    report : callable, optional
        Called for each place where this computer lets nobody look; the other places are searched all the same.

    Returns
    -------
    list of Found
        One an address, in the order of the addresses; of those that nobody named, only the ones that answer or are in
        use.
    """
    if resources is not None:
        return _probe_all([(resource, "") for resource in resources], timeout_s, progress, claim)
    named = {resource: name for name, resource in addresses().items()}
    seen = {canonical_resource(resource) for resource in named}
    candidates = list(named.items())
    for resource in candidate_resources(report):
        if canonical_resource(resource) not in seen:
            seen.add(canonical_resource(resource))
            candidates.append((resource, ""))
    answers = _probe_all(candidates, timeout_s, progress, claim)
    return [one for one in answers if one.name or one.identity is not None or one.is_in_use]


def candidate_resources(report: Report) -> list[str]:
    """Return addresses at which something may be: of all sources at once, each looked up in a thread of its own."""
    sources = {
        "VISA resources cannot be listed": _of_visa,
        "the network cannot be searched": _of_network,
        "serial ports cannot be listed": _of_serial_ports,
    }
    with ThreadPoolExecutor(len(sources)) as pool:
        looked_up = {failed: pool.submit(source) for failed, source in sources.items()}
    resources: list[str] = []
    for failed, listed in looked_up.items():
        try:
            resources += listed.result()
        except Exception as error:  # noqa: BLE001 - drivers of the system and their bindings fail in any way
            report(f"{failed}: {error or type(error).__name__}")
    return resources


def _of_visa() -> list[str]:
    # pyvisa-py guesses at Prologix adapters on every serial port.
    return [resource for resource in list_visa_resources() if not resource.startswith("PRLGX")]


def _of_network() -> list[str]:
    from zeroconf import ServiceBrowser, ServiceStateChange, Zeroconf

    resources: list[str] = []

    def on_change(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if state_change is not ServiceStateChange.Added:
            return
        info = zeroconf.get_service_info(service_type, name, timeout=1000)
        if info is not None and info.parsed_addresses():
            host = info.parsed_addresses()[0]
            resources.append(_SERVICES[service_type].format(host=host, port=info.port))

    zeroconf = Zeroconf()
    try:
        ServiceBrowser(zeroconf, list(_SERVICES), handlers=[on_change])
        threading.Event().wait(_LISTEN_S)
    finally:
        zeroconf.close()
    return resources


def _of_serial_ports() -> list[str]:
    from serial.tools import list_ports

    # A port without a USB identity is one of the motherboard's: nearly always empty, and slow to say so.
    devices = [port.device for port in list_ports.comports() if port.vid is not None]
    # To pyvisa-py COM3 is the board 3.
    return [f"ASRL{device.removeprefix('COM') if sys.platform == 'win32' else device}::INSTR" for device in devices]


def _probe_claimed(resource: str, timeout_s: float, name: str, claim: Claim) -> Found:
    try:
        with claim(resolved(resource)):
            return probe(resource, timeout_s, name)
    except InstrumentInUseError as user:
        return Found(resource, None, None, str(user), name, is_in_use=True)
    except InstrumentError as problem:
        return Found(resource, None, None, str(problem), name)


def _probe_all(
    candidates: list[tuple[str, str]], timeout_s: float, progress: Progress | None, claim: Claim
) -> list[Found]:
    answers: dict[int, Found] = {}
    with ThreadPoolExecutor(min(_AT_ONCE, max(1, len(candidates)))) as pool:
        asked = {
            pool.submit(_probe_claimed, resource, timeout_s, name, claim): index
            for index, (resource, name) in enumerate(candidates)
        }
        for done in as_completed(asked):
            answer = done.result()
            answers[asked[done]] = answer
            if progress is not None:
                with suppress(InstrumentError):
                    progress(answer, len(answers), len(candidates))
    return [answers[index] for index in range(len(candidates))]
