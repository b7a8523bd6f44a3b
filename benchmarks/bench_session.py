"""Benchmark of a session against plain pyvisa-py, over the same socket and the same serial line.

    python -m benchmarks.bench_session

The other end is a child process that knows one block and sends it as fast as it can: the rates are those of the
receiving side. Each figure is the median of several; the two programs take turns. Serial is a pseudo-terminal.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import socket
import time
import tty
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyvisa

from drivers import VisaSession

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SOCKET_VALUES = 1 << 20
_SERIAL_VALUES = 1 << 12
_BLOCKS = 7
_QUERIES = 500


def _block(n_values: int) -> bytes:
    data = np.random.default_rng(1).normal(size=n_values).tobytes()
    return f"#{len(str(len(data)))}{len(data)}".encode() + data + b"\n"


def _serve(receive: Callable[[], bytes], send: Callable[[bytes], object], n_values: int) -> None:
    block = _block(n_values)
    came = b""
    while part := receive():
        *lines, came = (came + part).split(b"\n")
        for line in lines:
            if line == b"DATA?":
                send(block)
            elif line.endswith(b"?"):
                send(b"MAKER,MODEL,1,2\n")


def _write_and_ask(session: VisaSession) -> str:
    session.write("X 1")
    return session.query("*IDN?")


def _serve_socket(server: socket.socket) -> None:
    while True:
        client, _ = server.accept()
        with client:
            _serve(partial(client.recv, 4096), client.sendall, _SOCKET_VALUES)


def _serve_terminal(far: int) -> None:
    def send(data: bytes) -> None:
        while data:
            data = data[os.write(far, data) :]

    _serve(lambda: os.read(far, 4096), send, _SERIAL_VALUES)


@contextmanager
def _peer(kind: str) -> Iterator[str]:
    context = multiprocessing.get_context("fork")
    if kind == "socket":
        server = socket.create_server(("127.0.0.1", 0))
        process = context.Process(target=_serve_socket, args=(server,), daemon=True)
        resource = f"TCPIP::127.0.0.1::{server.getsockname()[1]}::SOCKET"
    else:
        far, near = os.openpty()
        tty.setraw(near)
        process = context.Process(target=_serve_terminal, args=(far,), daemon=True)
        resource = f"ASRL{os.ttyname(near)}::INSTR"
    process.start()
    try:
        yield resource
    finally:
        process.terminate()
        process.join()


def _ours(resource: str, n_values: int) -> tuple[list[float], list[float], list[float]]:
    with VisaSession(resource, 20.0) as session:
        blocks = [_timed(lambda: session.query_block("DATA?", n_values, "<f8")) for _ in range(_BLOCKS)]
        queries = [_timed(lambda: session.query("*IDN?")) for _ in range(_QUERIES)]
        after_write = [_timed(lambda: _write_and_ask(session)) for _ in range(_BLOCKS)]
    return blocks, queries, after_write


def _plain(resource: str, n_values: int) -> tuple[list[float], list[float], list[float]]:
    opened: Any = pyvisa.ResourceManager("@py").open_resource(
        resource, timeout=20_000, read_termination="\n", write_termination="\n"
    )

    def block() -> None:
        values = opened.query_binary_values("DATA?", datatype="d", container=np.array)
        if len(values) != n_values:
            raise RuntimeError(f"{len(values)} values instead of {n_values}")

    blocks = [_timed(block) for _ in range(_BLOCKS)]
    queries = [_timed(lambda: opened.query("*IDN?")) for _ in range(_QUERIES)]
    after_write = [_timed(lambda: (opened.write("X 1"), opened.query("*IDN?"))) for _ in range(_BLOCKS)]
    opened.close()
    return blocks, queries, after_write


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def figures() -> dict[str, Any]:
    """Measure; return MB/s of blocks and microseconds of queries, ours and plain."""
    found: dict[str, Any] = {}
    for kind, n_values in (("socket", _SOCKET_VALUES), ("serial", _SERIAL_VALUES)):
        with _peer(kind) as resource:
            for name, measure in (("ours", _ours), ("plain pyvisa-py", _plain)):
                blocks, queries, after_write = (float(np.median(times)) for times in measure(resource, n_values))
                found[f"{kind}, {name}"] = {
                    "block_MB_per_s": round(8e-6 * n_values / blocks, 2),
                    "query_us": round(1e6 * queries, 1),
                    "write_then_query_us": round(1e6 * after_write, 1),
                }
    return found


def table(found: dict[str, Any]) -> str:
    """Return the figures as a table of Markdown."""
    rows = ["| session | blocks, MB/s | query, µs | write then query, µs |", "|---|---|---|---|"]
    for name, row in found.items():
        rows.append(
            f"| {name} | {row['block_MB_per_s']:g} | {row['query_us']:.0f} | {row['write_then_query_us']:.0f} |"
        )
    return "\n".join(rows)


if __name__ == "__main__":
    measured = figures()
    print(table(measured))
    print(json.dumps(measured))
