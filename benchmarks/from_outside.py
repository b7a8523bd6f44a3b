"""Questions to a simulated instrument over a plain socket, and to the system about the processes of a run.

What an instrument says of itself shares no code with a driver.
"""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil


def asked(resource: str, query: str, limit_s: float = 5.0) -> str:
    """Return the answer to a query over a connection of its own.

    Parameters
    ----------
    resource : str
        VISA resource of a socket on this computer.
    query : str
    limit_s : float
    """
    port = int(resource.split("::")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=limit_s) as link, link.makefile("r") as lines:
        link.sendall(query.encode() + b"\n")
        return lines.readline().strip()


def is_runner(child: psutil.Process) -> bool:
    """Whether a child of a guardian is its runner.

    The first one of a guardian is a copy of it on Linux, with its command line; it calls itself so only a moment after
    the guardian has told of it. All others are spawned, and multiprocessing has a resource tracker beside them.
    """
    command = child.cmdline()
    if "spawn_main" in " ".join(command):
        return True
    guardian = child.parent()
    return sys.platform == "linux" and guardian is not None and command == guardian.cmdline()
