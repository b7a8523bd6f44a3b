"""Server of simulated instruments: one or several on one cell, each over one transport."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from sim_instruments.catalogue import CATALOGUE
from sim_instruments.core.clock import RealClock
from sim_instruments.sample.cell import load_cell
from sim_instruments.serving.injected_faults import Fault, FaultError, FaultSchedule
from sim_instruments.serving.transports.channel import Host
from sim_instruments.serving.transports.hislip import HislipTransport
from sim_instruments.serving.transports.streams import Admission, PtyTransport, SocketTransport
from sim_instruments.serving.transports.vxi11 import Vxi11Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sim_instruments.core.clock import Clock
    from sim_instruments.sample.cell import Cell


# How long (s) closing may take after the program that started this one has ended: clients are dropped at once, so that
# a tenth of a second is usual. Longer waits would leave a process that nobody knows of.
_ENDS_WITHIN_S = 5.0


class Transport(Protocol):
    """How clients reach an instrument."""

    async def open(self) -> str:
        """Listen; return the VISA resource."""

    async def close(self) -> None:
        """Stop listening and drop every client."""


class TransportError(ValueError):
    """An instrument has no such transport."""


@dataclass(frozen=True)
class Reach:
    """How instruments are reached.

    Attributes
    ----------
    transport : str
        ``socket``, ``hislip``, ``vxi11``, ``pty``; empty for each instrument's usual one.
    port : int
        TCP port of the first, 0 for a free one; the others take free ones.
    admission : Admission
        How many clients the socket of each instrument serves.
    """

    transport: str = ""
    port: int = 0
    admission: Admission = field(default_factory=Admission)


@dataclass
class Served:
    """An instrument that is served.

    Attributes
    ----------
    kind : str
    host : Host
    resources : dict
        VISA resource of each of its ports; the usual one has the name ``""``.
    transports : list of Transport
    admission : Admission
        How many clients its sockets serve.
    """

    kind: str
    host: Host
    resources: dict[str, str] = field(default_factory=dict)
    transports: list[Transport] = field(default_factory=list)
    admission: Admission = field(default_factory=Admission)

    async def open(self, transport: str, port: int) -> None:
        """Make it reachable."""
        for channel in CATALOGUE[self.kind].channels:
            made = _transport(self.host, transport, channel, port if not channel else 0, self.admission)
            self.transports.append(made)
            self.resources[channel] = await made.open()

    async def close(self) -> None:
        """Take it off."""
        for transport in self.transports:
            await transport.close()


def _transport(host: Host, name: str, channel: str, port: int, admission: Admission) -> Transport:
    if admission.most and name != "socket":
        raise TransportError(f"clients are counted on raw sockets, not on {name!r}: --transport socket")
    match name:
        case "socket":
            return SocketTransport(host, channel, port, admission)
        case "pty":
            return PtyTransport(host, channel)
        case "hislip":
            return HislipTransport(host, port)
        case "vxi11":
            return Vxi11Transport(host, port)
    raise TransportError(f"there is no transport {name!r}: there are socket, hislip, vxi11 and pty")


def make_host(kind: str, clock: Clock, cell: Cell, seed: int = 0, faults: Sequence[str] = ()) -> Host:
    """Return an instrument that is ready to be served.

    Raises
    ------
    FaultError
        If a fault cannot be read.
    """
    schedule = FaultSchedule([Fault.parse(text) for text in faults])  # before anything is worked out
    device = CATALOGUE[kind].make(clock, cell, seed)
    device.prepare()
    return Host(device, schedule, clock.now)


def serve(
    kinds: str | Sequence[str] = "keithley2461",
    *,
    reach: Reach | None = None,
    seed: int = 0,
    speed: float = 1.0,
    cell: str | Path = "demo",
    faults: Sequence[str] = (),
    as_json: bool = False,
    until_eof: bool = False,
) -> None:
    """Serve simulated instruments on 127.0.0.1 until SIGTERM or SIGINT. Blocks.

    Lines on standard input are faults (``cell-open@0``), if it is a pipe. Nothing but the announcement is ever written
    to standard output.

    Parameters
    ----------
    kinds : str or sequence of str
        Which of `CATALOGUE`; several share the cell and the clock.
    reach : Reach, optional
        By each instrument's usual transport and free ports unless given.
    seed : int
        Of the noise: equal seeds and equal commands give equal records.
    speed : float
        Instrument seconds per wall second.
    cell : str or Path
        Name or file of the sample.
    faults : sequence of str
        What goes wrong in the first instrument; see `sim_instruments.serving.injected_faults`.
    as_json : bool
        Announce ``{"resource": ..., "pid": ..., "instruments": [...]}`` instead of lines for people.
    until_eof : bool
        End when standard input ends as well. A pipe ends with the process that holds its other end, however that
        process ends, on every operating system: so a simulator does not outlive the program that started it.

    Raises
    ------
    CellError
        If there is no such cell.
    TransportError, FaultError
        If an instrument has no such transport; if a fault cannot be read.
    OSError
        If the port is taken.
    """
    reach = reach or Reach()
    transport, port = reach.transport, reach.port
    chosen = [kinds] if isinstance(kinds, str) else list(kinds)
    for kind in chosen:
        if transport and transport not in CATALOGUE[kind].transports:
            raise TransportError(
                f"a {kind} has no transport {transport!r}: it has {', '.join(CATALOGUE[kind].transports)}"
            )
    clock, sample = RealClock(speed), load_cell(cell)
    served = [
        Served(kind, make_host(kind, clock, sample, seed + k, faults if k == 0 else ()), admission=reach.admission)
        for k, kind in enumerate(chosen)
    ]

    def announce() -> None:
        _print(_as_json(served) if as_json else _in_words(served))

    asyncio.run(_serve(served, transport, port, announce, until_eof=until_eof))


def _as_json(served: list[Served]) -> str:
    first = served[0]
    instruments = [{"kind": one.kind, "resource": one.resources[""], "resources": one.resources} for one in served]
    return json.dumps({"resource": first.resources[""], "pid": os.getpid(), "instruments": instruments})


def _in_words(served: list[Served]) -> str:
    lines = [
        f"{one.kind}{f' ({channel})' if channel else ''} listens at {resource}"
        for one in served
        for channel, resource in one.resources.items()
    ]
    return "\n".join(lines)


async def _serve(
    served: list[Served], transport: str, port: int, announce: Callable[[], None], *, until_eof: bool
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows has no signal handlers in asyncio
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    for k, one in enumerate(served):
        await one.open(transport or CATALOGUE[one.kind].transports[0], port if k == 0 else 0)
    announce()
    _read_input(served[0].host, loop, stop if until_eof else None)
    living = [asyncio.create_task(one.host.live()) for one in served]
    await stop.wait()
    for task in living:
        task.cancel()
    for one in served:
        await one.close()


def _read_input(host: Host, loop: asyncio.AbstractEventLoop, stop: asyncio.Event | None) -> None:
    """Plan the faults that come as lines on standard input, and stop at its end if there is something to stop."""
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        return
    try:
        descriptor = sys.stdin.fileno()
    except OSError:  # not a file of the operating system's
        return

    def listen() -> None:
        # What can no longer be read has ended. A stream of its own: Python closes `sys.stdin` at its end, and aborts
        # if a thread is reading from it then.
        with (
            contextlib.suppress(OSError, ValueError, RuntimeError),
            open(descriptor, encoding="utf-8", closefd=False) as lines,
        ):
            for line in lines:
                try:
                    loop.call_soon_threadsafe(host.faults.add, Fault.parse(line))
                except FaultError as unread:
                    sys.stderr.write(f"{unread}\n")
        if stop is not None:
            _end_with_parent(loop, stop)

    threading.Thread(target=listen, name="standard input", daemon=True).start()


def _end_with_parent(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """End this process in the usual way, and without ceremony if that takes too long: nobody is left who could."""
    with contextlib.suppress(RuntimeError):  # the loop has ended already
        loop.call_soon_threadsafe(stop.set)
    time.sleep(_ENDS_WITHIN_S)
    os._exit(1)


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
