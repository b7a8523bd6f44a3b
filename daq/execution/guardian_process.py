"""Guardian's process, as a front end starts it, and what the front end makes ready meanwhile."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO

from drivers import load_drivers
from protocols import IonechoError

# What `start_new_session` does elsewhere; both are known on Windows only.
_OWN_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)


def start_guardian(requests: IO[bytes] | int, stderr_file: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a guardian, which does not depend on this process, and return it at once.

    Parameters
    ----------
    requests : binary file or int
        A file with one request; or `subprocess.PIPE`, over which they are sent one after the other.
    stderr_file : binary file
        For what no error of ours could say. A file, no pipe: the guardian must not depend on this process's end of it.
    """
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "daq.execution.guardian"],
        stdin=requests,
        stdout=subprocess.DEVNULL,
        stderr=stderr_file,
        # Ctrl-C in the terminal is for the front end, which then asks for a safe stop.
        start_new_session=True,
        creationflags=_OWN_GROUP,
    )


def load_drivers_meanwhile(resource: str) -> None:
    """Load in a thread what switching off would need here: if guardian and runner die, it would take half a second."""
    threading.Thread(target=_load_drivers, args=(resource,), name="loading drivers", daemon=True).start()


def _load_drivers(resource: str) -> None:
    with suppress(IonechoError):  # whatever is wrong with the resource, the run's own processes say it
        load_drivers(resource)
