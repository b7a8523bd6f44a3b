"""Does an interrupt from the keyboard pass through foreign code, and nothing else?"""

from __future__ import annotations

import signal
import threading
from typing import Any

import pytest

from protocols import ProtocolError
from protocols.plugins import PluginError, contained, in_words


class End(BaseException):
    """Raised by code that wants to end the interpreter in a way of its own."""


@pytest.mark.parametrize(
    "error", [ValueError("x"), SystemExit(1), KeyboardInterrupt(), GeneratorExit(), End("x"), MemoryError()]
)
def test_whatever_is_raised_becomes_one_error(error: BaseException) -> None:
    with pytest.raises(PluginError, match="the driver failed") as refused, contained("the driver failed"):
        raise error
    assert type(error).__name__ in str(refused.value)


def test_what_the_contract_knows_goes_on() -> None:
    with pytest.raises(ProtocolError), contained("it failed", passed=(ProtocolError,)):
        raise ProtocolError("x")


def test_ctrl_c_in_foreign_code_is_the_users() -> None:
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), contained("it failed"):
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_handler_keeps_its_say() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    try:
        with contained("it failed"):
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIGINT]


def test_in_a_thread_there_is_no_keyboard() -> None:
    caught: list[BaseException] = []

    def work() -> None:
        try:
            with contained("it failed"):
                raise KeyboardInterrupt
        except PluginError as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert len(caught) == 1


def test_an_exception_that_cannot_be_printed_is_named() -> None:
    class OddError(Exception):
        def __str__(self) -> str:
            raise ValueError

    assert in_words(OddError()) == "OddError"
    assert in_words(ValueError("\x1b[2J")) == r"ValueError: \x1b[2J"
    long: Any = in_words(ValueError(10_000 * "x"))
    assert len(long) < 400
