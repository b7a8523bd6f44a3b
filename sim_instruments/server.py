"""How does a simulated instrument come onto the network? (raw socket, as a Keithley's port 5025)"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING

from sim_instruments.cell import load_cell
from sim_instruments.clock import RealClock
from sim_instruments.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sim_instruments.instrument import Conversation, Instrument

_TICK_S = 0.01  # how often the instrument is brought to the present with nobody asking
_POLL_S = 0.001  # how often a client's waiting command is tried again


class Server:
    """A raw-socket server on 127.0.0.1 with any number of clients, each with a message exchange of its own.

    Parameters
    ----------
    device : Instrument
        The instrument behind it.
    """

    def __init__(self, device: Instrument) -> None:
        self._device = device
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()

    async def start(self, port: int = 0) -> int:
        """Listen; return the port (a free one if 0 was given)."""
        self._server = await asyncio.start_server(self._client, "127.0.0.1", port)
        address: tuple[str, int] = self._server.sockets[0].getsockname()
        return address[1]

    async def close(self) -> None:
        """Stop listening and drop every client."""
        if self._server is not None:
            self._server.close()
        for task in list(self._clients):
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def run_device(self) -> None:
        """Bring the instrument to the present for ever, so that little is left to do when someone asks."""
        while True:
            self._device.update()
            await asyncio.sleep(_TICK_S)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._clients.add(task)
        transport_socket: socket.socket = writer.get_extra_info("socket")
        transport_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):  # a client that vanishes harms nobody
                await self._converse(self._device.conversation(), reader, writer)
        finally:
            writer.close()
            if task is not None:
                self._clients.discard(task)

    async def _converse(
        self, exchange: Conversation, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while data := await reader.read(65536):
            exchange.receive(data)
            await _send(exchange, writer)
            while exchange.waiting and not reader.at_eof():
                await asyncio.sleep(_POLL_S)
                exchange.run()
                await _send(exchange, writer)


async def _send(exchange: Conversation, writer: asyncio.StreamWriter) -> None:
    if exchange.output:
        writer.write(bytes(exchange.output))
        exchange.output.clear()
        await writer.drain()


def serve(
    instrument: str = "keithley2461",
    *,
    port: int = 0,
    seed: int = 0,
    speed: float = 1.0,
    cell: str | Path = "demo",
    as_json: bool = False,
    say: Callable[[str], None] | None = None,
) -> None:
    """Serve a simulated instrument on 127.0.0.1 until SIGTERM or SIGINT. Blocks.

    Parameters
    ----------
    instrument : str
        Which of `KINDS`.
    port : int
        TCP port, 0 for a free one.
    seed : int
        Of the noise: equal seeds and equal commands give equal records.
    speed : float
        Instrument seconds per wall second.
    cell : str or Path
        Name or file of the sample.
    as_json : bool
        Announce ``{"resource": ..., "pid": ...}`` instead of a line for people.
    say : callable, optional
        Gets the line of announcement; printed by default. Nothing else is ever written.

    Raises
    ------
    CellError
        If there is no such cell.
    OSError
        If the port is taken.
    """
    device = KINDS[instrument].make(RealClock(speed), load_cell(cell), seed)
    # The first reading of all would otherwise wait half a second for the cell's step response.
    device.prepare()

    def announce(bound: int) -> None:
        resource = f"TCPIP::127.0.0.1::{bound}::SOCKET"
        line = (
            json.dumps({"resource": resource, "pid": os.getpid()}) if as_json else f"{instrument} listens at {resource}"
        )
        (say or _print)(line)

    asyncio.run(_serve(device, port, announce))


async def _serve(device: Instrument, port: int, announce: Callable[[int], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows has no signal handlers in asyncio
            loop.add_signal_handler(number, stop.set)
    server = Server(device)
    announce(await server.start(port))
    ticking = asyncio.create_task(server.run_device())
    await stop.wait()
    ticking.cancel()
    await server.close()


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
