"""How does a test serve a simulated instrument that it can reach into?"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sim_instruments.cell import load_cell
from sim_instruments.clock import RealClock
from sim_instruments.server import Served, make_host


@contextmanager
def served(transport: str, kind: str = "keithley2461", cell: str = "resistor") -> Iterator[Served]:
    """Serve an instrument from a thread of this process, so that a test can reach into it."""
    loop = asyncio.new_event_loop()
    one = Served(kind, make_host(kind, RealClock(), load_cell(cell)))
    ready = threading.Event()

    async def main() -> None:
        await one.open(transport, 0)
        ready.set()
        await one.host.live()

    task = loop.create_task(main())

    def run() -> None:
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            loop.run_until_complete(one.close())
        finally:
            loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(10)
    try:
        yield one
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(10)
