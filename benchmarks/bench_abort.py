"""Time from an abort to the answer of a simulator that is behind.

    python -m benchmarks.bench_abort [--runs 20]

A sweep of 1,600 points on a 2450 and a cyclic voltammogram of 32,000 on a Pico, at speeds that it cannot keep up with.
A third of a second after it is under way it is told to abort; what is timed is its answer, in wall time and in
processor time of its own thread. The load of the machine is told beside it.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import threading
import time
from typing import TYPE_CHECKING

from sim_instruments.serving.in_process import served_here

if TYPE_CHECKING:
    from collections.abc import Sequence

SPEEDS = (1.0, 5.0, 30.0)
"""Simulated seconds a real second: those of the requirement."""
_SWEEP = b":SENS:CURR:NPLC 0.01;AZER OFF\n:SOUR:SWE:VOLT:LIN 0, 1, 1600, 0\n:INIT\n:TRIG:STAT?\n"
_VOLTAMMOGRAM = b"""e
var c
var p
set_pgstat_chan 0
set_pgstat_mode 2
set_max_bandwidth 400
set_range ba 100u
set_e 0
cell_on
meas_loop_cv p c 0 400m -400m 1m 1 nscans(20)
pck_start
pck_add p
pck_add c
pck_end
endloop
on_finished:
cell_off

"""
CASES = {
    "keithley2450": (_SWEEP, b"RUNNING", b":ABOR;:TRIG:STAT?\n", b"ABORTED"),
    "emstat-pico": (_VOLTAMMOGRAM, b"M", b"Z\n", b"Z\n"),
}
"""Kinds: what is begun, what tells that it is under way, how it is aborted, and what the answer holds."""
_BEFORE_S = 0.3  # from there to the abort


def answered(kind: str, speed: float) -> tuple[float, float]:
    """Return wall time and processor time (s) from an abort to its answer."""
    begin, under_way, abort, answer = CASES[kind]
    with served_here(kind, "socket", speed=speed) as served:
        port = int(served.resource.split("::")[2])
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.sendall(begin)
            _hear(client, under_way)
            time.sleep(_BEFORE_S)
            thread = next(each for each in threading.enumerate() if each.name == f"simulated {kind}")
            clock = time.pthread_getcpuclockid(thread.ident or 0)
            wall_s, processor_s = time.monotonic(), time.clock_gettime(clock)
            client.sendall(abort)
            _hear(client, answer)
            return time.monotonic() - wall_s, time.clock_gettime(clock) - processor_s


def _hear(client: socket.socket, wanted: bytes) -> None:
    heard = b""
    while wanted not in heard:
        heard = heard[-len(wanted) :] + client.recv(1 << 16)


def told(times_s: Sequence[float]) -> str:
    """Return median and longest, ms."""
    return f"{1e3 * statistics.median(times_s):.1f} ms ({1e3 * max(times_s):.0f} ms)"


def main() -> None:
    """Time aborts of each kind at each speed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    for kind in CASES:
        for speed in SPEEDS:
            wall_s, processor_s = zip(*(answered(kind, speed) for _ in range(runs)), strict=True)
            load = os.getloadavg()[0]
            print(
                f"{kind} at {speed:g}: wall {told(wall_s)}, processor {told(processor_s)}, load {load:.1f}", flush=True
            )


if __name__ == "__main__":
    main()
