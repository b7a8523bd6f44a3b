"""The first Ctrl-C stops; those that come after it, however late, cut nothing off."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from ionecho.commands.interrupts import stopping_signals

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
