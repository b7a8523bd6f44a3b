"""Ctrl-C for a program that a test has started, as a terminal gives it: to that program and to its children."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

# A console of its own, without a window: Windows gives Ctrl-C to all programs of a console, so to the tests too.
OWN_CONSOLE: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)

# Leaves its own console, joins that of the program, and is itself not disturbed by what it sends there.
_SENDER = """
import ctypes, sys
kernel = ctypes.WinDLL("kernel32", use_last_error=True)
kernel.FreeConsole()
for done in (
    lambda: kernel.AttachConsole(int(sys.argv[1])),
    lambda: kernel.SetConsoleCtrlHandler(None, True),
    lambda: kernel.GenerateConsoleCtrlEvent(int(sys.argv[2]), 0),
):
    if not done():
        raise ctypes.WinError(ctypes.get_last_error())
"""


def start_interruptible(command: list[str], **options: Any) -> subprocess.Popen[Any]:
    """Start a program that `interrupt` can reach; options as those of `Popen`."""
    return subprocess.Popen(command, creationflags=OWN_CONSOLE, start_new_session=True, **options)


def interrupt(process: subprocess.Popen[Any]) -> None:
    """Give Ctrl-C to a program and its children, but for those that have left its group or console."""
    if sys.platform == "win32":
        subprocess.run([sys.executable, "-c", _SENDER, str(process.pid), str(signal.CTRL_C_EVENT.value)], check=True)
    else:
        os.killpg(process.pid, signal.SIGINT)
