"""Which other ends do the tests of sessions have? A few lines of socket code, whose one fault is known."""

from __future__ import annotations

import os
import socket
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

Answer = Callable[[socket.socket, bytes], None]


@contextmanager
def instrument(answer: Answer) -> Iterator[str]:
    """Serve one client at a time: `*IDN?` properly, everything else by `answer`."""
    server = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                client, _ = server.accept()
            except OSError:
                return
            with client, client.makefile("rb") as lines:
                try:
                    for line in lines:
                        if line == b"*IDN?\n":
                            client.sendall(b"MAKER,MODEL,1,2\n")
                        else:
                            answer(client, line)
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"TCPIP::127.0.0.1::{server.getsockname()[1]}::SOCKET"
    finally:
        over.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


def block(values: np.ndarray, *, definite: bool) -> bytes:
    data = values.tobytes()
    head = f"#{len(str(len(data)))}{len(data)}".encode() if definite else b"#0"
    return head + data + b"\n"


@contextmanager
def serial_instrument(answer: Callable[[int, bytes], None]) -> Iterator[tuple[str, int]]:
    """Serve a pseudo-terminal: `*IDN?` properly, everything else by `answer`; gives resource and the far end."""
    far, near = os.openpty()
    tty.setraw(near)
    ours, stop = os.pipe()

    def serve() -> None:
        import select

        came = b""
        while True:
            ready, _, _ = select.select([far, ours], [], [])
            if ours in ready:
                return
            came += os.read(far, 4096)
            *lines, came = came.split(b"\n")
            for line in lines:
                if line == b"*IDN?":
                    os.write(far, b"MAKER,MODEL,1,2\n")
                else:
                    answer(far, line + b"\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"ASRL{os.ttyname(near)}::INSTR", far
    finally:
        os.write(stop, b"x")
        thread.join(5)
        for end in (far, near, ours, stop):
            os.close(end)
