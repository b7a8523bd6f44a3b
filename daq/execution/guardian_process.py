"""Guardian's process, as a front end starts it."""

from __future__ import annotations

import subprocess
import sys
from typing import IO

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
