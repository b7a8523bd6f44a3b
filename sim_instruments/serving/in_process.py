"""A simulated instrument served from a thread of this process, so that a test can reach into it."""

from __future__ import annotations

import asyncio
import queue
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sim_instruments.core.clock import RealClock
from sim_instruments.sample.cell import load_cell
from sim_instruments.serving.output_record import OutputRecord
from sim_instruments.serving.server import Served, make_host
from sim_instruments.serving.transports.streams import Admission

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# How long a served instrument may take to begin or to end on a busy machine.
_PATIENCE_S = 10.0


class InProcess:
    """A served instrument, and the way to do something to it between two of its steps.

    Parameters
    ----------
    served : Served
    loop : AbstractEventLoop
        In which it lives.
    output : OutputRecord
        When its output really was on; kept if `served_here` was asked to.
    """

    def __init__(self, served: Served, loop: asyncio.AbstractEventLoop, output: OutputRecord) -> None:
        self.served = served
        self.output = output
        self._loop = loop

    @property
    def resource(self) -> str:
        """VISA resource of its usual port."""
        return self.served.resources[""]

    def do(self, act: Callable[[], object]) -> None:
        """Do something in the instrument's own thread, and wait until it is done."""
        done = threading.Event()

        def acted() -> None:
            try:
                act()
            finally:
                done.set()

        self._loop.call_soon_threadsafe(acted)
        if not done.wait(_PATIENCE_S):
            raise TimeoutError("the simulated instrument is stuck")


@contextmanager
def served_here(
    kind: str,
    transport: str = "",
    cell: str = "resistor",
    speed: float = 1.0,
    *,
    seed: int = 0,
    faults: Sequence[str] = (),
    record_output: bool = False,
    admission: Admission | None = None,
) -> Iterator[InProcess]:
    """Serve an instrument while the context lasts.

    Parameters
    ----------
    kind, transport, cell, speed, seed, faults
        As `serve` has them.
    record_output : bool
        Whether to look at the true state of its output every 2 ms.
    admission : Admission, optional
        How many clients its socket serves; any number unless given.
    """
    from sim_instruments.catalogue import CATALOGUE

    host = make_host(kind, RealClock(speed), load_cell(cell), seed, faults)
    one = Served(kind, host, admission=admission or Admission())
    output = OutputRecord(one.host.device)
    ready = threading.Event()
    begun: queue.SimpleQueue[tuple[asyncio.AbstractEventLoop, asyncio.Task[None]]] = queue.SimpleQueue()

    async def live() -> None:
        await one.open(transport or CATALOGUE[kind].transports[0], 0)
        ready.set()
        if record_output:
            await asyncio.gather(one.host.live(), output.keep())
        else:
            await one.host.live()

    def run() -> None:
        # Made in this thread, not in the main one: under Windows a loop takes the signals of the process there, and
        # each that comes after the loop was closed here prints an error.
        loop = asyncio.new_event_loop()
        task = loop.create_task(live())
        begun.put((loop, task))
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            loop.run_until_complete(one.close())
        finally:
            ready.set()
            loop.close()

    thread = threading.Thread(target=run, name=f"simulated {kind}")
    thread.start()
    loop, task = begun.get()
    ready.wait(_PATIENCE_S)
    try:
        yield InProcess(one, loop, output)
    finally:
        if not task.done():
            loop.call_soon_threadsafe(task.cancel)
        thread.join(_PATIENCE_S)
