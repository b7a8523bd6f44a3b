"""Questions to a simulated instrument over a plain socket: what it says of itself shares no code with a driver."""

from __future__ import annotations

import socket


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
