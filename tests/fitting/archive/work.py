"""Work for other processes, which import it by its name."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path

KILLER = -1


def double(numbers: Sequence[int]) -> list[int]:
    """Double numbers; one of them ends the process that has it."""
    for number in numbers:
        if number == KILLER:
            os.kill(os.getpid(), signal.SIGKILL)
    return [2 * number for number in numbers]


def name_once(paths: Sequence[str]) -> list[str]:
    """Return names; the first process that has a name with "once" in it is killed, as by somebody outside."""
    for path in paths:
        if "once" in Path(path).name and not Path(path).exists():
            Path(path).touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return [Path(path).name for path in paths]
