"""Is foreign code contained: what it raises, what it prints, and nothing of what others do meanwhile?"""

from __future__ import annotations

import signal
import sys
import threading
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any

import pytest

from protocols import ProtocolError
from protocols.plugins import PluginError, contained, in_words, load
from tests.patience import patience

if TYPE_CHECKING:
    from pathlib import Path


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


def test_what_a_plugin_prints_is_no_output_but_what_another_thread_prints_meanwhile_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "slow_to_import.py").write_text(
        "import threading\nloading, go_on = threading.Event(), threading.Event()\n"
        "def load():\n    print('of the plug-in')\n    loading.set()\n    go_on.wait()\n"
    )
    (tmp_path / "prints_and_waits.py").write_text("import slow_to_import\nslow_to_import.load()\nplugin = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    events: Any = __import__("slow_to_import")
    point = EntryPoint("slow", "prints_and_waits:plugin", "ionecho.drivers")
    before = sys.stdout
    thread = threading.Thread(target=load, args=(point, "the driver 'slow'"), daemon=True)
    thread.start()

    class LoadedMeanwhile:
        def __str__(self) -> str:
            events.go_on.set()
            thread.join(patience(10))
            return "the main thread,"

    try:
        assert events.loading.wait(patience(10))
        sys.stdout.write("of\n")
        print(LoadedMeanwhile(), "while the import ends")  # noqa: T201 - it does not hold the stream that it has found
    finally:
        events.go_on.set()
    sys.stdout.write("afterwards\n")
    output, errors = capsys.readouterr()
    assert output == "of\nthe main thread, while the import ends\nafterwards\n"
    assert errors == "of the plug-in\n"
    assert sys.stdout is before
