"""Which other ends do the tests of sessions have? A few lines of socket code, whose one fault is known."""

from __future__ import annotations

import os
import select
import shutil
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest

from tests.patience import patience

PROJECT = Path(__file__).parents[2]

Answer = Callable[[socket.socket, bytes], object]


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
        with suppress(OSError), socket.create_connection(server.getsockname(), patience(1)):
            pass  # it ends the waiting for a client, on any system
        thread.join(patience(5))
        server.close()


def block(values: np.ndarray, *, definite: bool) -> bytes:
    data = values.tobytes()
    head = f"#{len(str(len(data)))}{len(data)}".encode() if definite else b"#0"
    return head + data + b"\n"


@contextmanager
def serial_instrument(answer: Callable[[int, bytes], None]) -> Iterator[tuple[str, int]]:
    """Serve a pseudo-terminal: `*IDN?` properly, everything else by `answer`; gives resource and the far end."""
    if sys.platform == "win32":
        pytest.skip("Windows has no pseudo-terminals")
    import tty

    far, near = os.openpty()
    tty.setraw(near)
    ours, stop = os.pipe()

    def serve() -> None:
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
        thread.join(patience(5))
        for end in (far, near, ours, stop):
            os.close(end)


@contextmanager
def dropper() -> Iterator[str]:
    """The imaginary instrument of examples/plugin, with 100 ohm on it."""
    server = socket.create_server(("127.0.0.1", 0))

    def talk(client: socket.socket) -> None:
        volts, on = 0.0, False
        with client, client.makefile("rwb", buffering=0) as lines:
            for line in lines:
                word, _, value = line.decode().strip().partition(" ")
                if word == "V":
                    volts = float(value)
                elif word == "OUT":
                    on = value == "1"
                else:
                    answers = {"*IDN?": "WORKSHOP,DROPPER,1,1.0", "OUT?": str(int(on)), "I?": str(on * volts / 100.0)}
                    if word in answers:  # the greetings of other dialects get no answer
                        lines.write((answers[word] + "\n").encode())

    def serve() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(client,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"TCPIP::127.0.0.1::{server.getsockname()[1]}::SOCKET"
    finally:
        server.close()


def plugins_installed_in(site: Path) -> str:
    """Install the example package, and one whose driver is broken, into a folder; return the PYTHONPATH with it."""
    example = PROJECT / "examples" / "plugin" / "ionecho_dropper"
    for name, home, source in (
        ("ionecho-dropper", "dropper = ionecho_dropper:Dropper", example),
        ("ionecho-broken", "broken = ionecho_broken:Nothing", None),
    ):
        info = site / f"{name.replace('-', '_')}-0.1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1.0\n")
        (info / "entry_points.txt").write_text(f"[ionecho.drivers]\n{home}\n")
        if source is not None:
            shutil.copytree(source, site / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    return os.pathsep.join([str(site), str(PROJECT)])
