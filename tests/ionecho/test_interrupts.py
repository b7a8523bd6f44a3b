"""The first Ctrl-C stops; those that come after it, however late, cut nothing off."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ionecho.commands.interrupts import stopping_signals
from tests.patience import patience

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def test_a_second_signal_is_ignored_also_after_the_run_is_over() -> None:
    with stopping_signals() as interrupts:
        interrupts.release()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGINT)  # while the command says how the run ended


def test_without_a_signal_the_next_one_is_as_it_was_before() -> None:
    with stopping_signals() as interrupts:
        interrupts.release()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


LATE = """
import os, signal, sys
from ionecho.commands.interrupts import stopping_signals

class Late:
    def __del__(self, kill=os.kill, process=os.getpid(), number=signal.SIGINT):
        kill(process, number)

late = Late()
signal.signal(signal.SIGINT, signal.default_int_handler)
with stopping_signals() as interrupts:
    try:
        interrupts.release()
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        pass
sys.exit(3)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send Ctrl-C to itself alone there")
def test_a_second_signal_while_the_interpreter_is_taken_down_leaves_the_exit_status() -> None:
    assert subprocess.run([sys.executable, "-c", LATE], check=False, timeout=patience(60)).returncode == 3
